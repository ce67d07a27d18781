"""The document catches what is wrong, and what the sandbox says is right by it."""

from copy import deepcopy
import json
from typing import Any

from aiohttp import ClientSession
import pytest

from custom_components.seam.api import SeamClient
from custom_components.seam.events.types import EVENT_TYPES
from tests.seam_sandbox import (
    ACCESS_TOKEN,
    BRANDS,
    CANARY_PIN,
    FaultKind,
    ManualClock,
    Recorded,
    SeamSandbox,
)
from tests.seam_sandbox.server import Answer

from . import document
from .document import Recorder, answer_problems, request_problems, schema_problems

pytestmark = pytest.mark.conformance

UUID = "b9112f74-0f4f-5b4e-9581-af9a4d60b3d5"
LONG_AGO = "2020-01-01T00:00:00Z"


# -- the document itself


def test_it_says_where_it_comes_from() -> None:
    raw = json.loads(document.DOCUMENT.read_bytes())
    assert raw["x-source"].startswith("@seamapi/types")
    assert raw["x-license"].startswith("The MIT License")


def test_its_discriminators_all_stand_inline() -> None:
    """What _without_discriminators leaves out can be told by oneOf alone."""
    assert '"discriminator"' in document.DOCUMENT.read_text(encoding="utf-8")
    assert '"discriminator"' not in json.dumps(document.load())


def test_our_events_are_documented() -> None:
    assert set(document.event_variants()) >= EVENT_TYPES.keys()


@pytest.mark.parametrize(
    ("path", "method", "body", "problem"),
    [
        ("/locks/lock_door", "POST", {"device_id": UUID}, None),
        ("/locks/lock_door", "POST", {}, "'device_id' is a required property"),
        ("/locks/lock_door", "POST", {"device_id": "x"}, "is not a 'uuid'"),
        (
            "/locks/lock_door",
            "POST",
            {"device_id": UUID, "force": True},
            "force is not documented",
        ),
        ("/locks/lock_door", "GET", {"device_id": UUID}, "is not documented"),
        ("/locks/open_door", "POST", {}, "is not documented"),
        ("/devices/list", "POST", {"page_cursor": None}, None),
        ("/devices/list", "POST", {"limit": "many"}, "is not of type"),
        ("/workspaces/get", "POST", {}, None),
        ("/workspaces/get", "POST", {"name": "x"}, "takes no parameters"),
        ("/events/list", "POST", {"between": [LONG_AGO]}, "too short"),
        ("/events/list", "POST", {"event_types": ["lock.exploded"]}, "is not one of"),
    ],
)
def test_wrong_requests_are_found(
    path: str, method: str, body: dict[str, Any], problem: str | None
) -> None:
    found = request_problems(path, method, body)
    if problem is None:
        assert found == []
    else:
        assert any(problem in one for one in found), found


def test_ids_that_are_words_pass_without_formats() -> None:
    body = {"device_id": "august_device_1"}
    assert request_problems("/locks/lock_door", "POST", body)
    assert not request_problems("/locks/lock_door", "POST", body, formats=False)


@pytest.fixture
async def devices(sandbox: SeamSandbox) -> dict[str, Any]:
    """Return the sandbox's answer to /devices/list."""
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    async with (
        ClientSession(headers=headers) as session,
        session.post(f"{sandbox.url}/devices/list", json={}) as response,
    ):
        answer: dict[str, Any] = await response.json()
    return answer


@pytest.mark.parametrize(
    "spoil",
    [
        lambda answer: answer.pop("pagination"),
        lambda answer: answer["devices"][0].pop("device_id"),
        lambda answer: answer["devices"][0].update(device_id="front"),
        lambda answer: answer["devices"][0].update(can_remotely_lock="yes"),
        lambda answer: answer["devices"][0].update(created_at="yesterday"),
        lambda answer: answer["devices"][0].update(device_type="door_lock"),
        lambda answer: answer["devices"][0]["properties"].pop("online"),
        lambda answer: answer["devices"][0]["properties"].update(locked="locked"),
        lambda answer: answer["devices"][0]["properties"].update(battery={"level": 1}),
        lambda answer: answer["devices"][0]["errors"].append({"error_code": "x"}),
    ],
)
def test_wrong_answers_are_found(devices: dict[str, Any], spoil: Any) -> None:
    assert answer_problems("/devices/list", "POST", 200, devices) == []
    spoiled = deepcopy(devices)
    spoil(spoiled)
    assert answer_problems("/devices/list", "POST", 200, spoiled) != []


def test_wrong_errors_are_found() -> None:
    good = {"ok": False, "error": {"type": "a", "message": "b", "request_id": "c"}}
    assert answer_problems("/devices/list", "POST", 404, good) == []
    assert answer_problems("/devices/list", "POST", 500, good) != []
    assert answer_problems("/devices/list", "POST", 404, {"ok": False}) != []
    assert answer_problems("/devices/list", "POST", 404, {**good, "ok": True}) != []


def test_a_recorder_tells_what_was_wrong() -> None:
    recorder = Recorder()
    with pytest.raises(AssertionError, match="nothing was recorded"):
        recorder.check()
    answer = Answer(status=200)
    recorded = Recorded("POST", "/locks/lock_door", {}, {}, 0.0, answer)
    recorder(recorded, b'{"ok": true}')
    with pytest.raises(AssertionError) as caught:
        recorder.check()
    assert "request of /locks/lock_door: the whole: 'device_id'" in str(caught.value)
    assert "answer of /locks/lock_door: the whole: 'action_att" in str(caught.value)

    recorder = Recorder()
    answer.faulty = True
    recorded.body["device_id"] = UUID
    recorder(recorded, b"<html>")
    recorder.check()


# -- the sandbox


async def test_every_endpoint_of_the_sandbox_is_documented(
    sandbox: SeamSandbox,
) -> None:
    for path, endpoint in sandbox.api.endpoints.items():
        operations = document.load()["paths"][path]
        assert {method.lower() for method in endpoint.methods} <= operations.keys()
        schema = (
            operations["post"]
            .get("requestBody", {})
            .get("content", {})
            .get("application/json", {})
            .get("schema", {})
        )
        assert endpoint.fields.keys() <= schema.get("properties", {}).keys(), path
        required = {name for name, one in endpoint.fields.items() if one.required}
        assert required == set(schema.get("required", [])), path


async def _live_a_day(sandbox: SeamSandbox, client: SeamClient) -> None:
    """Let all happen that can happen in a house."""
    assert isinstance(sandbox.clock, ManualClock)
    front = sandbox.door("Front Door")
    for name in ("Front Door", "Guest Suite", "Garden Shed", "Main Entrance"):
        await client.unlock_door(sandbox.door(name).device_id)
    sandbox.turn_bolt("Cellar", thrown=False)
    sandbox.jam("Cellar")
    await client.lock_door(sandbox.door("Cellar").device_id)
    await client.unlock_door(sandbox.door("Workshop").device_id)
    await client.lock_door(sandbox.door("Garage Side Door").device_id)
    await sandbox.clock.advance(10)
    sandbox.open_door(front)
    sandbox.close_door(front)
    sandbox.turn_bolt(front, thrown=True)
    sandbox.enter_code(front)
    sandbox.enter_code(front, "737373")
    sandbox.enter_code(front, "000000")
    sandbox.use_card(front)
    sandbox.use_app(front, thrown=True, bluetooth=True, nfc=False)
    sandbox.ring(front)
    sandbox.tamper(front)
    sandbox.set_battery(front, 0.05)
    sandbox.set_keypad_battery(front, 0.05)
    sandbox.set_online(front, online=False, reason="hub_disconnected")
    sandbox.set_online(front, online=True, reason="hub_disconnected")
    sandbox.disconnect_account("yale")
    sandbox.disconnect_account("august")
    sandbox.reconnect_account("august")
    sandbox.set_error("Workshop", "subscription_required")
    sandbox.set_warning("Workshop", "power_saving_mode")
    sandbox.rename(front, "Front")
    sandbox.add_lock("Attic", "nuki")
    sandbox.remove_device("Attic")
    sandbox.other_app(front, thrown=True, tells_move=False)
    sandbox.other_app("Workshop")
    await sandbox.clock.advance(2)
    for brand in BRANDS:
        sandbox.set_brand(front, brand)
        sandbox.add_fault(FaultKind.ATTEMPT_LOST, times=1)
        await client.unlock_door(front.device_id)
        await sandbox.clock.advance(2)
    # Odd times are times all the same.
    for kind in (
        FaultKind.EVENT_CREATED_SKEW,
        FaultKind.EVENT_OCCURRED_SKEW,
        FaultKind.EVENT_ZERO_TIME,
        FaultKind.HTTP_DATE,
    ):
        sandbox.add_fault(kind, times=1, seconds=3600)
        sandbox.turn_bolt("Workshop", thrown=not sandbox.door("Workshop").bolt_thrown)
    sandbox.set_clock_skew(600)
    await client.lock_door(front.device_id)


async def test_all_that_the_sandbox_says_is_documented(
    sandbox: SeamSandbox, recorder: Recorder
) -> None:
    sandbox.api.observers.append(recorder)
    async with ClientSession() as session:
        client = SeamClient(session, sandbox.api_key, endpoint=sandbox.url)
        await _live_a_day(sandbox, client)

        async def ask(path: str, **body: Any) -> Any:
            headers = {"Authorization": f"Bearer {sandbox.api_key}"}
            url = sandbox.url + path
            async with session.post(url, json=body, headers=headers) as response:
                answer = await response.json()
                assert response.status == 200, answer
                return answer

        front = sandbox.door("Front").device_id
        await ask("/workspaces/get")
        await ask("/workspaces/list")
        await ask("/devices/list", limit=3)
        await ask("/devices/list", device_ids=[front])
        await ask("/devices/get", device_id=front)
        await ask("/devices/get", name="Cellar")
        attempts = (await ask("/action_attempts/list"))["action_attempts"]
        assert {one["status"] for one in attempts} == {"pending", "success", "error"}
        for one in attempts:
            await ask(
                "/action_attempts/get", action_attempt_id=one["action_attempt_id"]
            )
        events = (await ask("/events/list", since=LONG_AGO))["events"]
        told = {one["event_type"] for one in events}
        assert told >= EVENT_TYPES.keys()
        codes = (await ask("/access_codes/list", device_id=front))["access_codes"]
        await ask("/access_codes/get", access_code_id=codes[0]["access_code_id"])
        await ask("/access_codes/get", device_id=front, code=CANARY_PIN)
        await ask("/access_codes/unmanaged/get", device_id=front, code="737373")
        created = await ask("/webhooks/create", url="https://example.com/hook")
        webhook = {"webhook_id": created["webhook"]["webhook_id"]}
        await ask("/webhooks/list")
        await ask("/webhooks/get", **webhook)
        await ask("/webhooks/update", **webhook, event_types=["lock.locked"])
        await ask("/webhooks/delete", **webhook)
    assert recorder.paths == sandbox.api.endpoints.keys()
    recorder.check()


async def test_the_large_house_is_documented_too(
    socket_enabled: None, recorder: Recorder
) -> None:
    sandbox = SeamSandbox(60, clock=ManualClock())
    sandbox.api.observers.append(recorder)
    await sandbox.start()
    async with ClientSession() as session:
        client = SeamClient(session, sandbox.api_key, endpoint=sandbox.url)
        assert (await client.list_devices()).skipped == 0
    await sandbox.stop()
    recorder.check()


async def test_errors_have_seams_envelope(
    sandbox: SeamSandbox, recorder: Recorder
) -> None:
    """The requests are wrong on purpose; the answers are not."""
    sandbox.api.observers.append(recorder)
    statuses = []
    async with ClientSession(sandbox.url) as session:
        key = {"Authorization": f"Bearer {sandbox.api_key}"}
        for path, headers, body in (
            ("/devices/list", {}, {}),
            ("/workspaces/get", {"Authorization": f"Bearer {ACCESS_TOKEN}"}, {}),
            ("/locks/lock_door", key, {}),
            ("/devices/get", key, {"device_id": UUID.replace("b", "c")}),
        ):
            async with session.post(path, json=body, headers=headers) as response:
                statuses.append(response.status)
    assert statuses == [401, 400, 400, 404]
    assert not [one for one in recorder.problems if one.startswith("answer")]


async def test_what_is_pushed_is_documented(sandbox: SeamSandbox) -> None:
    bodies: list[bytes] = []

    async def post(_url: str, body: bytes, _headers: dict[str, str]) -> int:
        bodies.append(body)
        return 200

    pushing = SeamSandbox(clock=ManualClock(), post=post)
    pushing.webhooks.create(pushing.workspace_id, "https://example.com", ["*"])
    pushing.enter_code("Front Door")
    pushing.set_online("Front Door", online=False)
    await pushing.settle()
    assert len(bodies) == 2
    for body in bodies:
        assert schema_problems("event", json.loads(body)) == []


async def test_faulty_answers_are_not_judged_but_requests_are(
    sandbox: SeamSandbox, recorder: Recorder
) -> None:
    sandbox.api.observers.append(recorder)
    for kind in (FaultKind.HTTP_HTML, FaultKind.HTTP_STRANGE, FaultKind.HTTP_NO_KEY):
        sandbox.add_fault(kind, times=1)
        async with (
            ClientSession(sandbox.url) as session,
            session.post(
                "/devices/list",
                json={},
                headers={"Authorization": f"Bearer {sandbox.api_key}"},
            ),
        ):
            pass
    assert recorder.problems == []
    assert recorder.paths == {"/devices/list"}
