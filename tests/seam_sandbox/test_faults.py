"""What is made to go wrong does go wrong, and nothing else."""

from email.utils import parsedate_to_datetime

from aiohttp import ClientError
import pytest

from custom_components.seam.api import AttemptStatus, SeamClient

from . import (
    ZERO_TIME,
    FaultKind,
    ManualClock,
    SeamSandbox,
)
from .asking import Asking, Json, begin, until
from .catalogue import MODELS
from .events import from_iso, iso

# -- what goes wrong with answers


@pytest.mark.parametrize("status", [401, 403, 429, 500, 502, 503])
async def test_a_status_for_a_while(
    sandbox: SeamSandbox, seam: Asking, status: int
) -> None:
    fault = sandbox.add_fault(
        FaultKind.HTTP_STATUS, path="/devices/list", status=status, times=2
    )
    assert (await seam.ask("/workspaces/get")).status == 200
    for _ in range(2):
        response = await seam.ask("/devices/list")
        assert response.status == status
        assert (await response.json())["error"]["message"]
    assert (await seam.ask("/devices/list")).status == 200
    assert fault.hits == 2
    assert [one.answer.faulty for one in sandbox.requests] == [
        False,
        True,
        True,
        False,
    ]


async def test_retry_after_in_seconds_or_as_a_date(
    sandbox: SeamSandbox, seam: Asking
) -> None:
    sandbox.add_fault(FaultKind.HTTP_STATUS, status=429, times=1)
    assert "Retry-After" not in (await seam.ask("/devices/list")).headers
    sandbox.add_fault(FaultKind.HTTP_STATUS, status=429, retry_after="17", times=1)
    assert (await seam.ask("/devices/list")).headers["Retry-After"] == "17"
    sandbox.add_fault(FaultKind.HTTP_STATUS, status=429, retry_after="date:30", times=1)
    response = await seam.ask("/devices/list")
    date, until = (
        parsedate_to_datetime(response.headers[name])
        for name in ("Date", "Retry-After")
    )
    assert (until - date).total_seconds() == 30


async def test_answers_that_are_not_seams(sandbox: SeamSandbox, seam: Asking) -> None:
    sandbox.add_fault(FaultKind.HTTP_HTML, times=1)
    response = await seam.ask("/devices/list")
    assert (response.status, response.content_type) == (200, "text/html")
    sandbox.add_fault(FaultKind.HTTP_HTML, times=1, status=502)
    assert (await seam.ask("/devices/list")).status == 502
    sandbox.add_fault(FaultKind.HTTP_TEXT, times=1)
    assert (await seam.ask("/devices/list")).content_type == "text/plain"
    sandbox.add_fault(FaultKind.HTTP_NO_KEY, times=1)
    assert await (await seam.ask("/devices/list")).json() == {"ok": True}
    sandbox.add_fault(FaultKind.HTTP_STATUS, times=1, status=503, value="absent")
    response = await seam.ask("/devices/list")
    assert (response.status, response.content_length) == (503, 0)


@pytest.mark.parametrize(
    "kind",
    [FaultKind.HTTP_RESET, FaultKind.HTTP_CUT_OFF, FaultKind.HTTP_ANSWER_LOST],
)
async def test_broken_connections(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock, kind: FaultKind
) -> None:
    body = {"device_id": sandbox.door("Front Door").device_id}
    sandbox.add_fault(kind, times=1)
    with pytest.raises((ClientError, ConnectionError)):
        await seam.ask("/locks/unlock_door", json=body)
    await clock.advance(2)
    # A lost answer does not mean that nothing was done.
    done = kind is not FaultKind.HTTP_RESET
    assert sandbox.door("Front Door").bolt_thrown is not done
    assert (await seam.ask("/workspaces/get")).status == 200


async def test_short_lists(sandbox: SeamSandbox, seam: Asking) -> None:
    sandbox.add_fault(FaultKind.HTTP_HALF_LIST, times=1)
    assert len((await seam.call("/devices/list"))["devices"]) == 5
    sandbox.add_fault(FaultKind.HTTP_EMPTY_LIST, times=1)
    assert (await seam.call("/devices/list"))["devices"] == []
    assert len((await seam.call("/devices/list"))["devices"]) == 10


async def test_a_cursor_that_leads_round_and_round(
    sandbox: SeamSandbox, client: SeamClient
) -> None:
    sandbox.add_fault(FaultKind.HTTP_REPEATED_CURSOR)
    found = await client.list_devices()
    assert found.pages == 2
    assert sandbox.count("/devices/list") == 2


async def test_pages_that_never_end(sandbox: SeamSandbox, seam: Asking) -> None:
    sandbox.add_fault(FaultKind.HTTP_ENDLESS_PAGES, path="/devices/list", times=3)
    cursors: list[str] = []
    page = await seam.call("/devices/list", limit=2)
    first = page["devices"]
    while (cursor := page["pagination"]["next_page_cursor"]).startswith("again"):
        cursors.append(cursor)
        page = await seam.call("/devices/list", limit=2, page_cursor=cursor)
        assert page["devices"] == first
    assert len(set(cursors)) == 3


async def test_an_unreadable_device_and_strange_ones(
    sandbox: SeamSandbox, client: SeamClient, seam: Asking
) -> None:
    sandbox.add_fault(FaultKind.HTTP_BAD_ITEM, times=1)
    found = await client.list_devices()
    assert (found.skipped, len(found.devices)) == (1, 9)

    sandbox.add_fault(FaultKind.HTTP_STRANGE, times=2)
    found = await client.list_devices()
    assert (found.skipped, len(found.devices)) == (0, 10)
    first = (await seam.call("/devices/list"))["devices"][0]
    assert first["device_type"] == "from_next_year"
    assert first["properties"]["keypad_battery"] is None


async def test_properties_that_are_wrong(sandbox: SeamSandbox, seam: Asking) -> None:
    front, back = sandbox.door("Front Door"), sandbox.door("Back Door")
    sandbox.add_fault(
        FaultKind.HTTP_PROPERTY,
        device_id="Front Door",
        name="properties.locked",
        value="absent",
    )
    sandbox.add_fault(
        FaultKind.HTTP_PROPERTY,
        device_id="Back Door",
        name="properties.locked",
        value="locked",
    )
    assert "locked" not in (await seam.device(front.device_id))["properties"]
    assert (await seam.device(back.device_id))["properties"]["locked"] == "locked"
    sandbox.clear_faults()
    assert (await seam.device(front.device_id))["properties"]["locked"] is True


async def test_slow_answers_take_the_clocks_time(
    sandbox: SeamSandbox, client: SeamClient, clock: ManualClock
) -> None:
    sandbox.add_fault(FaultKind.HTTP_LATENCY, times=1, seconds=5)
    answer = begin(client.get_workspace())
    await until(lambda: clock.next_at is not None)
    assert not answer.done()
    await clock.advance(5)
    assert (await answer).workspace_id == sandbox.workspace_id


async def test_an_event_may_come_before_the_answer(
    sandbox: SeamSandbox, client: SeamClient, clock: ManualClock
) -> None:
    door = sandbox.door("Front Door")
    sandbox.add_fault(FaultKind.HTTP_LATE_ANSWER, times=1, seconds=5)
    answer = begin(client.unlock_door(door.device_id))
    await until(lambda: clock.next_at is not None)
    await clock.advance(2)
    assert [one["event_type"] for one in sandbox.events] == [
        "lock.unlocked",
        "action_attempt.unlock_door.succeeded",
    ]
    assert not answer.done()
    await clock.advance(3)
    assert (await answer).status is AttemptStatus.PENDING


async def test_a_hanging_request_ends_with_the_sandbox(
    sandbox: SeamSandbox, seam: Asking
) -> None:
    sandbox.add_fault(FaultKind.HTTP_HANG)
    answer = begin(seam.ask("/workspaces/get"))
    await until(lambda: sandbox.count("/workspaces/get") == 1)
    assert not answer.done()
    await sandbox.stop()
    assert (await answer).status == 503


async def test_a_wrong_clock_is_wrong_everywhere(
    sandbox: SeamSandbox, seam: Asking
) -> None:
    sandbox.set_clock_skew(600)
    sandbox.turn_bolt("Front Door", thrown=False)
    (event,) = await seam.events()
    response = await seam.ask("/workspaces/get")
    date = parsedate_to_datetime(response.headers["Date"]).timestamp()
    assert date == int(sandbox.clock.now() + 600)
    assert event["created_at"] == event["occurred_at"]
    assert sandbox.log.now() == sandbox.clock.now() + 600
    sandbox.set_clock_skew(-600)
    response = await seam.ask("/workspaces/get")
    date = parsedate_to_datetime(response.headers["Date"]).timestamp()
    assert date == int(sandbox.clock.now() - 600)


# -- what goes wrong with commands


@pytest.mark.parametrize("broken", [False, True])
async def test_a_date_that_is_off_once(
    sandbox: SeamSandbox, seam: Asking, broken: bool
) -> None:
    sandbox.add_fault(FaultKind.HTTP_DATE, times=1, seconds=3600)
    if broken:
        sandbox.add_fault(FaultKind.HTTP_HTML, times=1, status=502)
    dates = []
    for status in (502 if broken else 200, 200):
        response = await seam.ask("/devices/list")
        assert response.status == status
        dates.append(parsedate_to_datetime(response.headers["Date"]).timestamp())
    assert dates == [sandbox.clock.now() + 3600, sandbox.clock.now()]


async def test_a_date_of_any_kind(sandbox: SeamSandbox, seam: Asking) -> None:
    date = "Fri, 31 Dec 9999 23:59:59 GMT"
    sandbox.add_fault(FaultKind.HTTP_DATE, times=1, value=date)
    assert (await seam.ask("/devices/list")).headers["Date"] == date


# -- what goes wrong with the times of events


async def test_times_of_events_that_are_off(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock
) -> None:
    hour = {"times": 1, "seconds": 3600}
    sandbox.add_fault(FaultKind.EVENT_CREATED_SKEW, event_type="lock.unlocked", **hour)
    sandbox.add_fault(FaultKind.EVENT_OCCURRED_SKEW, event_type="lock.locked", **hour)
    sandbox.turn_bolt("Front Door", thrown=False)
    sandbox.turn_bolt("Front Door", thrown=True)
    now = clock.now()
    times = [
        [from_iso(one[name]) - now for name in ("created_at", "occurred_at")]
        for one in await seam.events()
    ]
    assert times == [[3600, 0], [0, 3600]]
    # Who asks for what was made until now does not get it yet.
    until = [iso(now - 60), iso(now + 60)]
    listed = await seam.call("/events/list", between=until)
    assert [one["event_type"] for one in listed["events"]] == ["lock.locked"]


@pytest.mark.parametrize("name", [None, "occurred_at"])
async def test_the_zero_time(
    sandbox: SeamSandbox, seam: Asking, name: str | None
) -> None:
    sandbox.add_fault(FaultKind.EVENT_ZERO_TIME, times=1, name=name)
    sandbox.turn_bolt("Front Door", thrown=False)
    (event,) = await seam.events()
    assert event["occurred_at"] == ZERO_TIME
    assert from_iso(event["created_at"]) == sandbox.clock.now()


# -- what goes wrong with commands


async def _command(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock, seconds: float = 2
) -> Json:
    """Unlock the front door, and return how the attempt stands afterwards."""
    started = await seam.call(
        "/locks/unlock_door", device_id=sandbox.door("Front Door").device_id
    )
    await clock.advance(seconds)
    answer = await seam.call(
        "/action_attempts/get",
        action_attempt_id=started["action_attempt"]["action_attempt_id"],
    )
    attempt: Json = answer["action_attempt"]
    return attempt


async def test_an_attempt_that_stays_pending(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock
) -> None:
    sandbox.add_fault(FaultKind.ATTEMPT_PENDING, times=1)
    attempt = await _command(sandbox, seam, clock, seconds=86400)
    assert attempt["status"] == "pending"
    assert sandbox.door("Front Door").bolt_thrown
    assert (await _command(sandbox, seam, clock))["status"] == "success"

    # Once all faults are cleared it is over, and has told so.
    sandbox.clear_faults()
    answer = await seam.call(
        "/action_attempts/get", action_attempt_id=attempt["action_attempt_id"]
    )
    assert answer["action_attempt"]["status"] == "error"
    assert sandbox.events[-1]["event_type"] == "action_attempt.unlock_door.failed"


async def test_an_attempt_that_fails_as_told(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock
) -> None:
    sandbox.add_fault(
        FaultKind.ATTEMPT_FAIL,
        device_id="Front Door",
        error_type="august_error",
        message="Try again later",
    )
    attempt = await _command(sandbox, seam, clock)
    assert attempt["status"] == "error"
    assert attempt["result"] is None
    assert attempt["error"] == {"type": "august_error", "message": "Try again later"}
    assert [one["event_type"] for one in await seam.events()] == [
        "action_attempt.unlock_door.failed"
    ]


async def test_an_attempt_that_jams_the_bolt(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock
) -> None:
    sandbox.add_fault(FaultKind.ATTEMPT_JAM, times=1)
    attempt = await _command(sandbox, seam, clock)
    assert attempt["error"]["type"] == "lock_jammed"
    assert sandbox.door("Front Door").jammed
    # It stays jammed until somebody frees it.
    assert (await _command(sandbox, seam, clock))["status"] == "error"


@pytest.mark.parametrize(
    ("value", "result"),
    [(False, {"was_confirmed_by_device": False}), ("absent", {}), (None, None)],
)
async def test_an_attempt_that_nobody_confirms(
    sandbox: SeamSandbox,
    seam: Asking,
    clock: ManualClock,
    value: object,
    result: object,
) -> None:
    sandbox.add_fault(FaultKind.ATTEMPT_UNCONFIRMED, value=value)
    attempt = await _command(sandbox, seam, clock)
    assert (attempt["status"], attempt["result"]) == ("success", result)
    assert not sandbox.door("Front Door").bolt_thrown


async def test_brands_confirm_or_do_not(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock
) -> None:
    results = []
    for name in ("Front Door", "Guest Suite", "Cellar"):
        started = await seam.call(
            "/locks/lock_door", device_id=sandbox.door(name).device_id
        )
        await clock.advance(2)
        ended = await seam.call(
            "/action_attempts/list",
            action_attempt_ids=[started["action_attempt"]["action_attempt_id"]],
        )
        results.append(ended["action_attempts"][0]["result"])
    assert results == [
        {"was_confirmed_by_device": True},
        {"was_confirmed_by_device": False},
        {},
    ]


async def test_an_attempt_that_takes_long(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock
) -> None:
    sandbox.add_fault(FaultKind.ATTEMPT_DURATION, seconds=45)
    assert (await _command(sandbox, seam, clock, 44))["status"] == "pending"
    await clock.advance(1)
    assert not sandbox.door("Front Door").bolt_thrown


async def test_a_lock_that_lies(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock
) -> None:
    sandbox.add_fault(FaultKind.ATTEMPT_LIAR, times=1)
    attempt = await _command(sandbox, seam, clock)
    assert attempt["result"] == {"was_confirmed_by_device": True}
    assert sandbox.door("Front Door").bolt_thrown
    assert [one["event_type"] for one in await seam.events()] == [
        "action_attempt.unlock_door.succeeded"
    ]


@pytest.mark.parametrize(
    ("maker", "result"),
    [
        ("august", {"was_confirmed_by_device": False}),
        ("nuki", {"was_confirmed_by_device": False}),
        ("ttlock", {}),
    ],
)
async def test_an_attempt_that_is_accepted_and_never_done(
    sandbox: SeamSandbox,
    seam: Asking,
    clock: ManualClock,
    maker: str,
    result: dict[str, bool],
) -> None:
    sandbox.tune("Front Door", confirms=MODELS[maker].confirms)
    sandbox.add_fault(FaultKind.ATTEMPT_LOST, times=1)
    attempt = await _command(sandbox, seam, clock)
    assert (attempt["status"], attempt["result"]) == ("success", result)
    await clock.advance(3600)
    assert sandbox.door("Front Door").bolt_thrown
    assert [one["event_type"] for one in await seam.events()] == [
        "action_attempt.unlock_door.succeeded"
    ]


async def test_a_fault_by_chance_is_the_same_in_each_run(socket_enabled: None) -> None:
    runs = []
    for _ in range(2):
        sandbox = SeamSandbox(clock=ManualClock())
        sandbox.add_fault(FaultKind.EVENT_DROPPED, chance=0.3)
        for at in range(200):
            sandbox.turn_bolt("Front Door", thrown=at % 2 == 1)
        runs.append([one["occurred_at"] for one in sandbox.events])
        assert 40 < len(sandbox.log.dropped) < 80
        await sandbox.stop()
    assert runs[0] == runs[1]


async def test_a_command_may_act_long_after_its_answer_was_lost(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock
) -> None:
    door = sandbox.door("Front Door")
    sandbox.add_fault(FaultKind.HTTP_ANSWER_LOST, path="/locks/unlock_door", times=1)
    sandbox.add_fault(FaultKind.ATTEMPT_DURATION, times=1, seconds=20)
    with pytest.raises(ClientError):
        await seam.ask("/locks/unlock_door", json={"device_id": door.device_id})
    await clock.advance(19)
    assert door.bolt_thrown
    await clock.advance(1)
    assert not door.bolt_thrown


async def test_an_attempt_that_no_event_tells_of(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock
) -> None:
    sandbox.add_fault(FaultKind.ATTEMPT_SILENT, times=1)
    assert (await _command(sandbox, seam, clock))["status"] == "success"
    assert not sandbox.door("Front Door").bolt_thrown
    assert await seam.events() == []


async def test_a_hand_that_turns_it_back(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock
) -> None:
    sandbox.add_fault(FaultKind.ATTEMPT_REVERTED, times=1, seconds=10)
    assert (await _command(sandbox, seam, clock))["status"] == "success"
    assert not sandbox.door("Front Door").bolt_thrown
    await clock.advance(10)
    assert sandbox.door("Front Door").bolt_thrown
    assert (await seam.events())[-1]["method"] == "manual"


async def test_all_faults_can_be_cleared(sandbox: SeamSandbox, seam: Asking) -> None:
    one = sandbox.add_fault(FaultKind.HTTP_STATUS, status=500)
    other = sandbox.add_fault(FaultKind.HTTP_STATUS, status=502)
    sandbox.faults.clear(one)
    assert (await seam.ask("/devices/list")).status == 502
    sandbox.set_clock_skew(60)
    sandbox.clear_faults()
    assert (await seam.ask("/devices/list")).status == 200
    assert (one.hits, other.hits) == (0, 1)
    assert sandbox.log.now() == sandbox.clock.now()
