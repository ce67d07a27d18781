"""The sandbox's API behaves as Seam's is documented to."""

from aiohttp import ClientSession
import pytest

from custom_components.seam.api import AttemptStatus, SeamClient

from . import (
    ACCESS_TOKEN,
    OTHER_API_KEY,
    FaultKind,
    ManualClock,
    SeamSandbox,
)
from .asking import Asking, Json

# -- commands


async def test_a_command_takes_its_time_and_moves_the_bolt(
    sandbox: SeamSandbox, client: SeamClient, clock: ManualClock
) -> None:
    door = sandbox.door("Front Door")
    started = await client.unlock_door(door.device_id)
    assert started.status is AttemptStatus.PENDING

    await clock.advance(1.299)
    before = await client.get_action_attempt(started.action_attempt_id)
    assert before.status is AttemptStatus.PENDING
    assert sandbox.door("Front Door").bolt_thrown

    await clock.advance(0.001)
    (after,) = await client.list_action_attempts([started.action_attempt_id])
    assert after.status is AttemptStatus.SUCCESS
    assert after.was_confirmed
    assert not sandbox.door("Front Door").bolt_thrown
    assert (await client.get_device(door.device_id)).locked is False


async def test_a_command_tells_two_events(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock
) -> None:
    door = sandbox.door("Garage Side Door")
    attempt = (await seam.call("/locks/lock_door", device_id=door.device_id))[
        "action_attempt"
    ]
    assert attempt["action_type"] == "LOCK_DOOR"
    assert attempt["result"] is attempt["error"] is None
    await clock.advance(2)

    locked, succeeded = await seam.events()
    assert locked["event_type"] == "lock.locked"
    assert locked["method"] == "remote"
    assert locked["action_attempt_id"] == attempt["action_attempt_id"]
    assert locked["device_id"] == door.device_id
    assert succeeded["event_type"] == "action_attempt.lock_door.succeeded"
    assert succeeded["status"] == "success"
    assert succeeded["device_id"] == door.device_id


async def test_a_jammed_bolt_fails_the_command(
    sandbox: SeamSandbox, client: SeamClient, clock: ManualClock, seam: Asking
) -> None:
    sandbox.jam("Garage Side Door")
    door = sandbox.door("Garage Side Door")
    started = await client.lock_door(door.device_id)
    await clock.advance(2)
    ended = await client.get_action_attempt(started.action_attempt_id)
    assert ended.status is AttemptStatus.ERROR
    assert ended.error_message is not None
    assert "jammed" in ended.error_message
    assert not door.bolt_thrown
    assert [one["event_type"] for one in await seam.events()] == [
        "action_attempt.lock_door.failed"
    ]

    sandbox.unjam(door)
    await client.lock_door(door.device_id)
    await clock.advance(2)
    assert sandbox.door("Garage Side Door").bolt_thrown


async def test_an_offline_lock_fails_the_command(
    sandbox: SeamSandbox, client: SeamClient, clock: ManualClock
) -> None:
    sandbox.set_online("Front Door", online=False, reason="hub_disconnected")
    started = await client.unlock_door(sandbox.door("Front Door").device_id)
    await clock.advance(2)
    ended = await client.get_action_attempt(started.action_attempt_id)
    assert ended.status is AttemptStatus.ERROR
    assert sandbox.door("Front Door").bolt_thrown


async def test_an_unlock_only_door_refuses_to_lock_and_falls_shut(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock
) -> None:
    door = sandbox.door("Main Entrance")
    refused = await seam.call("/locks/lock_door", device_id=door.device_id)
    assert refused["error"]["type"] == "invalid_input"

    await seam.call("/locks/unlock_door", device_id=door.device_id)
    await clock.advance(1.3)
    assert not door.bolt_thrown
    await clock.advance(5)
    assert sandbox.door("Main Entrance").bolt_thrown
    assert "locked" not in (await seam.device(door.device_id))["properties"]


async def test_too_many_commands_for_a_device(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock
) -> None:
    body = {"device_id": sandbox.door("Front Door").device_id}
    other = {"device_id": sandbox.door("Back Door").device_id}
    for _ in range(15):
        assert (await seam.ask("/locks/lock_door", json=body)).status == 200
    assert (await seam.ask("/locks/lock_door", json=body)).status == 429
    assert (await seam.ask("/locks/unlock_door", json=body)).status == 200
    assert (await seam.ask("/locks/lock_door", json=other)).status == 200
    await clock.advance(61)
    assert (await seam.ask("/locks/lock_door", json=body)).status == 200


# -- events


async def test_events_need_a_time(seam: Asking) -> None:
    answer = await seam.call("/events/list")
    assert answer["error"]["type"] == "invalid_input"
    answer = await seam.call("/events/list", since="yesterday")
    assert answer["error"]["type"] == "invalid_input"


async def test_events_of_a_window_kind_device_and_number(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock
) -> None:
    front, back = sandbox.door("Front Door"), sandbox.door("Back Door")
    sandbox.turn_bolt(front, thrown=False)
    await clock.advance(10)
    sandbox.turn_bolt(back, thrown=False)
    await clock.advance(10)
    sandbox.turn_bolt(front, thrown=True)
    first, second, third = await seam.events()

    def ids(found: list[Json]) -> list[str]:
        return [one["event_id"] for one in found]

    wanted = ids([second, third])
    answer = await seam.call("/events/list", since=first["created_at"])
    assert ids(answer["events"]) == wanted
    between = [first["created_at"], third["created_at"]]
    answer = await seam.call("/events/list", between=between)
    assert ids(answer["events"]) == ids([second])
    assert ids(await seam.events(event_types=["lock.locked"])) == ids([third])
    assert ids(await seam.events(event_type="lock.locked")) == ids([third])
    assert ids(await seam.events(device_ids=[back.device_id])) == ids([second])
    assert ids(await seam.events(device_id=front.device_id)) == ids([first, third])
    assert ids(await seam.events(limit=2)) == ids([first, second])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (FaultKind.EVENT_DROPPED, ["lock.locked"]),
        (
            FaultKind.EVENT_DOUBLED,
            ["lock.unlocked", "lock.unlocked", "lock.locked"],
        ),
        (FaultKind.EVENT_REORDERED, ["lock.locked", "lock.unlocked"]),
        (FaultKind.EVENT_UNKNOWN_TYPE, ["lock.something_new", "lock.locked"]),
    ],
)
async def test_events_go_wrong(
    sandbox: SeamSandbox, seam: Asking, kind: FaultKind, expected: list[str]
) -> None:
    sandbox.add_fault(kind, times=1)
    sandbox.turn_bolt("Front Door", thrown=False)
    sandbox.turn_bolt("Front Door", thrown=True)
    found = await seam.events()
    assert [one["event_type"] for one in found] == expected
    if kind is FaultKind.EVENT_DOUBLED:
        assert found[0] == found[1]


async def test_events_come_late_without_a_device_or_from_elsewhere(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock
) -> None:
    sandbox.add_fault(FaultKind.EVENT_LATE, times=1, seconds=3600)
    sandbox.turn_bolt("Front Door", thrown=False)
    sandbox.add_fault(FaultKind.EVENT_WITHOUT_DEVICE, times=1)
    sandbox.turn_bolt("Front Door", thrown=True)
    sandbox.add_fault(FaultKind.EVENT_FOREIGN_WORKSPACE, times=1)
    sandbox.turn_bolt("Front Door", thrown=False)
    assert len(await seam.events()) == 2
    await clock.advance(3600)
    no_device, foreign, late = await seam.events()
    assert "device_id" not in no_device
    assert foreign["workspace_id"] != sandbox.workspace_id
    assert late["occurred_at"] == no_device["created_at"] < late["created_at"]


# -- keys and workspaces


@pytest.mark.parametrize(
    ("headers", "status", "error_type"),
    [
        ({}, 401, "unauthorized"),
        ({"Authorization": "Basic abc"}, 401, "unauthorized"),
        ({"Authorization": "Bearer seam_canaryKEY_wrong"}, 401, "unauthorized"),
        (
            {"Authorization": "Bearer seam_cst_canary"},
            401,
            "client_session_token_used_for_api_key",
        ),
        ({"Authorization": f"Bearer {ACCESS_TOKEN}"}, 400, "missing_workspace_id"),
        (
            {"Authorization": f"Bearer {ACCESS_TOKEN}", "seam-workspace": "nowhere"},
            404,
            "workspace_not_found",
        ),
    ],
)
async def test_bad_keys(
    sandbox: SeamSandbox, headers: dict[str, str], status: int, error_type: str
) -> None:
    async with (
        ClientSession(sandbox.url) as session,
        session.post("/workspaces/get", headers=headers) as response,
    ):
        answer = await response.json()
        assert response.status == status
        assert answer["ok"] is False
        assert answer["error"]["type"] == error_type
        assert answer["error"]["request_id"] == response.headers["seam-request-id"]


async def test_a_key_opens_its_own_workspace_only(
    sandbox: SeamSandbox, session: ClientSession
) -> None:
    other = SeamClient(session, OTHER_API_KEY, endpoint=sandbox.url)
    workspace = await other.get_workspace()
    assert workspace.workspace_id != sandbox.workspace_id
    assert (await other.list_devices()).devices == ()
    door = sandbox.door("Front Door").device_id
    headers = {"Authorization": f"Bearer {OTHER_API_KEY}"}
    for path in ("/devices/get", "/locks/unlock_door"):
        async with session.post(
            path, json={"device_id": door}, headers=headers
        ) as response:
            assert response.status == 404


async def test_an_access_token_chooses_a_workspace(
    sandbox: SeamSandbox, session: ClientSession
) -> None:
    token = SeamClient(session, ACCESS_TOKEN, endpoint=sandbox.url)
    found = await token.list_workspaces()
    assert len(found) == 3
    assert sandbox.workspace_id in {one.workspace_id for one in found}
    inside = SeamClient(
        session, ACCESS_TOKEN, endpoint=sandbox.url, workspace_id=sandbox.workspace_id
    )
    assert len((await inside.list_devices()).devices) == 10


async def test_a_key_can_be_replaced(sandbox: SeamSandbox, seam: Asking) -> None:
    old = sandbox.api_key
    sandbox.set_api_key("seam_canaryKEY_rotated")
    assert (await seam.call("/workspaces/get"))["error"]["type"] == "unauthorized"
    sandbox.set_api_key(old)
    assert (await seam.call("/workspaces/get"))["ok"] is True
    sandbox.set_api_key(None)
    assert (await seam.call("/workspaces/get"))["error"]["type"] == "unauthorized"


# -- requests


async def test_wrong_parameters_are_told_in_a_tree(seam: Asking) -> None:
    response = await seam.ask("/locks/lock_door")
    error = (await response.json())["error"]
    assert response.status == 400
    assert error["type"] == "invalid_input"
    assert error["validation_errors"] == {
        "_errors": [],
        "device_id": {"_errors": ["Required"]},
    }
    response = await seam.ask(
        "/devices/list", json={"device_ids": ["x", 1], "limit": 0}
    )
    assert (await response.json())["error"]["validation_errors"] == {
        "_errors": [],
        "device_ids": {
            "_errors": [],
            "0": {"_errors": ["Invalid uuid"]},
            "1": {"_errors": ["Expected string, received number"]},
        },
        "limit": {"_errors": ["Number must be greater than 0"]},
    }
    response = await seam.ask("/devices/list", json={"device_ids": None})
    assert response.status == 400
    response = await seam.ask("/devices/list", json=None, data=b"{")
    assert (await response.json())["error"]["type"] == "invalid_input"
    response = await seam.ask("/devices/list", json=None, data=b"[]")
    assert response.status == 400


async def test_reads_may_be_get_and_commands_not(
    sandbox: SeamSandbox, session: ClientSession
) -> None:
    wanted = [sandbox.door("Cellar").device_id, sandbox.door("Workshop").device_id]
    query = [("device_ids", one) for one in wanted] + [("limit", "1")]
    async with session.get("/devices/list", params=query) as response:
        answer = await response.json()
        assert [one["device_id"] for one in answer["devices"]] == wanted[:1]
        assert answer["pagination"]["has_next_page"] is True
    async with session.get("/locks/lock_door") as response:
        assert response.status == 405
        assert (await response.json())["error"]["type"] == "method_not_allowed"


async def test_an_unknown_route_is_plain_text(seam: Asking) -> None:
    response = await seam.ask("/acs/users/list")
    assert response.status == 404
    assert await response.text() == "404"


async def test_requests_are_kept_without_the_key(
    sandbox: SeamSandbox, seam: Asking
) -> None:
    await seam.call("/devices/list", limit=2)
    (request,) = sandbox.requests
    assert request.path == "/devices/list"
    assert request.body == {"limit": 2}
    assert request.answer.status == 200
    assert not request.answer.faulty
    assert request.time == sandbox.clock.now()
    assert sandbox.api_key not in str(request)
