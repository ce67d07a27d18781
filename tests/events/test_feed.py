"""The feed: what is listed, how often, and what a gap leaves behind."""

from itertools import count
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import (
    Event as HassEvent,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
import pytest

from custom_components.seam.api import Event
from custom_components.seam.events.activity import Activity
from tests.harness import Harness
from tests.seam_sandbox import SeamSandbox
from tests.seam_sandbox.events import iso

NUMBERS = count()
EVENTS = "/events/list"
LIST = 31.0  # after this long an event has been listed, in seconds


def activity(harness: Harness, name: str) -> tuple[str, object]:
    """Return the type of what happened last at a door, and what it was."""
    attributes = harness.state(
        harness.sandbox.door(name), "event", "activity"
    ).attributes
    return attributes["event_type"], attributes["activity"]


def doorbell(harness: Harness, name: str) -> object:
    """Return the type of what a doorbell told last."""
    door = harness.sandbox.door(name)
    return harness.state(door, "event", "doorbell").attributes["event_type"]


@pytest.mark.usefixtures("socket_enabled", "enable_custom_integrations")
async def test_a_burst_beyond_one_answer_is_read_whole_and_then_left_alone(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    async with Harness.with_locks(hass, freezer) as harness:
        sandbox = harness.sandbox
        await harness.set_up()
        await harness.advance(LIST)
        rung: list[str] = []

        @callback
        def changed(event: HassEvent[EventStateChangedData]) -> None:
            new = event.data["new_state"]
            if new is not None and new.attributes.get("event_type") == "ring":
                rung.append(new.attributes["occurred_at"])

        stop = hass.bus.async_listen(EVENT_STATE_CHANGED, changed)
        for _ in range(700):
            sandbox.ring("Front Door")
            freezer.tick(0.01)
        await harness.advance(LIST)
        assert len(rung) == 700

        await harness.advance(260)
        before = sandbox.count(EVENTS)
        await harness.advance(300)
        assert sandbox.count(EVENTS) - before <= 21
        assert len(rung) == 700
        stop()


async def test_what_happened_while_away_comes_late_and_starts_nothing(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    await harness.advance(LIST)
    await harness.unload()
    sandbox.enter_code("Front Door")
    await harness.advance(60)
    sandbox.turn_bolt("Front Door", thrown=True)
    sandbox.turn_bolt("Garage Side Door", thrown=True)
    await harness.advance(3600)
    sandbox.ring("Back Door")
    await harness.advance(10)

    states: list[str] = []
    entity_id = harness.entity_id(sandbox.door("Front Door"))
    harness.hass.bus.async_listen(
        "state_changed",
        lambda event: (
            states.append(event.data["new_state"].state)
            if event.data["entity_id"] == entity_id
            else None
        ),
    )
    await harness.set_up()
    await harness.advance(LIST)
    assert activity(harness, "Front Door") == ("reported_late", "locked")
    assert activity(harness, "Garage Side Door") == ("reported_late", "locked")
    assert doorbell(harness, "Back Door") == "ring"
    assert set(states) == {"locked"}
    front = harness.state(sandbox.door("Front Door"))
    assert front.attributes.get("changed_by") is None


@pytest.mark.parametrize("skew", [-600.0, 600.0])
async def test_a_wrong_clock_loses_nothing(
    harness: Harness, sandbox: SeamSandbox, skew: float
) -> None:
    sandbox.set_clock_skew(skew)
    await harness.set_up()
    await harness.advance(LIST)
    for thrown in (False, True, False):
        sandbox.turn_bolt("Front Door", thrown=thrown)
        await harness.advance(LIST)
        what = "locked" if thrown else "unlocked"
        assert harness.state(sandbox.door("Front Door")).state == what
        assert activity(harness, "Front Door") == (what, what)


async def test_strange_events_are_passed_over(
    harness: Harness,
    sandbox: SeamSandbox,
    hass: HomeAssistant,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await harness.set_up()
    await harness.advance(LIST)
    for kind in (
        "event_without_device",
        "event_unknown_type",
        "event_foreign_workspace",
    ):
        sandbox.add_fault(kind, times=1)
        sandbox.turn_bolt("Front Door", thrown=False)
        sandbox.ring("Back Door")
        await harness.advance(LIST)
        sandbox.turn_bolt("Front Door", thrown=True)
        await harness.advance(LIST)
    assert doorbell(harness, "Back Door") == "ring"
    assert harness.state(sandbox.door("Front Door")).state == "locked"
    assert not [
        record
        for record in caplog.records
        if record.name.startswith("custom_components.seam")
        and record.levelname in ("WARNING", "ERROR")
    ]


async def test_a_key_refused_by_mistake_is_believed_again(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    sandbox.add_fault("http_status", status=401)
    await harness.advance(90)
    door = sandbox.door("Front Door")
    assert harness.state(door).state == "unavailable"
    before = len(sandbox.requests)
    await harness.advance(1200)
    # It is tried soon at first, so that a mistake is over within a minute.
    assert len(sandbox.requests) - before <= 10

    sandbox.clear_faults()
    await harness.advance(620)
    assert harness.state(door).state == "locked"
    before = sandbox.count("/devices/list")
    await harness.advance(300)
    assert sandbox.count("/devices/list") - before >= 4


# -- what is told by whom, in which order


def make(sandbox: SeamSandbox, event_type: str, **fields: Any) -> Event:
    """Return an event as the client reads it."""
    now = sandbox.clock.now()
    return Event.from_json(
        {
            "event_id": f"canary-{next(NUMBERS)}",
            "event_type": event_type,
            "workspace_id": sandbox.workspace_id,
            "device_id": sandbox.door("Front Door").device_id,
            "created_at": iso(now),
            "occurred_at": iso(now),
            **fields,
        }
    )


def push(harness: Harness, event_type: str, **fields: Any) -> None:
    """Hand an event in as push does."""
    harness.entry.runtime_data.feed.async_take_pushed(
        make(harness.sandbox, event_type, **fields)
    )


def lock(harness: Harness) -> str:
    return harness.state(harness.sandbox.door("Front Door")).state


@pytest.mark.parametrize("ahead", [3600.0, 30 * 86400.0, 50 * 365 * 86400.0])
async def test_an_event_from_the_future_outweighs_nothing(
    harness: Harness, sandbox: SeamSandbox, ahead: float
) -> None:
    await harness.set_up()
    await harness.advance(LIST)
    then = iso(sandbox.clock.now() + ahead)
    push(harness, "lock.locked", created_at=then, occurred_at=then)
    await harness.advance(5)
    sandbox.turn_bolt("Front Door", thrown=False)
    await harness.advance(LIST)
    assert lock(harness) == "unlocked"


async def test_an_event_before_its_locks_first_reading_is_not_lost(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    await harness.advance(LIST)
    sandbox.faults.add("event_dropped")
    door = sandbox.add_lock("Canary Gate")
    sandbox.tune(door, reading_lag=120, auto_lock=None)
    sandbox.turn_bolt(door, thrown=False)
    states: list[str] = []

    @callback
    def changed(event: HassEvent[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        if new is not None and new.entity_id == "lock.canary_gate":
            states.append(new.state)

    stop = hass.bus.async_listen(EVENT_STATE_CHANGED, changed)
    push(harness, "lock.unlocked", method="manual", device_id=door.device_id)
    await harness.advance(5)
    # The first list is from before it, and the lock never says so.
    assert states == ["unlocked"]
    assert activity(harness, "Canary Gate") == ("unlocked", "unlocked")
    stop()


async def test_what_waits_for_its_lock_is_bounded(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    feed = harness.entry.runtime_data.feed
    readings = sandbox.count("/devices/list")
    for number in range(300):
        push(harness, "lock.unlocked", device_id=f"stranger-{number % 3}")
    await harness.settle()
    assert len(feed._unlisted) <= 200
    await harness.advance(30)
    assert sandbox.count("/devices/list") - readings <= 4
    await harness.advance(700)
    sandbox.turn_bolt("Front Door", thrown=False)
    await harness.advance(LIST)
    assert not feed._unlisted


async def test_anybodys_unlock_counts_as_accepted(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    door = sandbox.door("Front Door")
    sandbox.tune(door, reading_lag=300)
    await harness.set_up()
    await harness.advance(LIST)
    assert lock(harness) == "locked"
    sandbox.faults.add("event_dropped")
    sandbox.turn_bolt(door, thrown=False)
    push(harness, "action_attempt.unlock_door.succeeded", action_attempt_id="another")
    await harness.settle()
    assert lock(harness) == "unlocked"


async def test_anybodys_lock_command_takes_nothing_back(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    await harness.advance(LIST)
    for _ in range(2):
        state = lock(harness)
        push(harness, "action_attempt.lock_door.succeeded", action_attempt_id="another")
        await harness.settle()
        assert lock(harness) == state
        assert not harness.state(sandbox.door("Front Door")).attributes.get(
            "assumed_state"
        )
        sandbox.turn_bolt("Front Door", thrown=False)
        await harness.advance(LIST)


async def test_our_own_unlock_stays_certain_when_its_end_is_told(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    door = sandbox.door("Front Door")
    await harness.set_up()
    await harness.until(harness.press(door, "unlock"))
    await harness.advance(LIST)
    assert lock(harness) == "unlocked"
    coordinator = harness.entry.runtime_data.coordinator
    assert not coordinator.data[door.device_id].assumed


@pytest.mark.parametrize("hangs", [True, False])
async def test_a_pushed_unlock_waits_for_no_name(
    harness: Harness, sandbox: SeamSandbox, hangs: bool
) -> None:
    if hangs:
        sandbox.add_fault("http_hang", path="/access_codes/get")
    await harness.set_up()
    await harness.advance(LIST)
    door = sandbox.door("Front Door")
    code = next(iter(door.codes.values()))
    sandbox.faults.add("event_dropped")
    sandbox.turn_bolt(door, thrown=False)
    push(
        harness,
        "lock.unlocked",
        method="keycode",
        access_code_id=code.access_code_id,
        access_code_is_managed=True,
    )
    assert lock(harness) == "unlocked"  # not a turn of the loop later
    await harness.advance(2.1)
    told = harness.state(door, "event", "activity").attributes
    assert told["activity"] == "unlocked"
    assert (told["actor"] is None) is hangs


async def test_history_keeps_its_order_while_a_name_is_waited_for(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox
) -> None:
    sandbox.add_fault("http_hang", path="/access_codes/get")
    await harness.set_up()
    await harness.advance(LIST)
    heard: list[object] = []
    others: list[object] = []
    door, other = sandbox.door("Front Door"), sandbox.door("Garage Side Door")
    ours = harness.entity_id(door, "event", "activity")
    theirs = harness.entity_id(other, "event", "activity")

    @callback
    def changed(event: HassEvent[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        for entity_id, told in ((ours, heard), (theirs, others)):
            if new is not None and new.entity_id == entity_id:
                told.append(new.attributes["activity"])

    stop = hass.bus.async_listen(EVENT_STATE_CHANGED, changed)
    sandbox.faults.add("event_dropped")
    sandbox.turn_bolt(door, thrown=False)
    push(harness, "lock.unlocked", method="keycode", access_code_id="canary-code")
    push(harness, "lock.access_denied")
    push(harness, "lock.locked", method="manual", device_id=other.device_id)
    await harness.settle()
    assert (heard, others) == ([], ["locked"])
    await harness.advance(2.1)
    assert heard == ["unlocked", "access_denied"]
    stop()


async def test_what_waits_is_told_before_a_reload(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    sandbox.add_fault("http_hang", path="/access_codes/get")
    await harness.set_up()
    await harness.advance(LIST)
    sandbox.faults.add("event_dropped")
    sandbox.turn_bolt("Front Door", thrown=False)
    push(harness, "lock.unlocked", method="keycode", access_code_id="canary-code")
    seen: list[object] = []

    @callback
    def changed(event: HassEvent[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        if new is not None and new.attributes.get("activity"):
            seen.append(new.attributes["activity"])

    stop = harness.hass.bus.async_listen(EVENT_STATE_CHANGED, changed)
    await harness.unload()
    stop()
    assert seen == ["unlocked"]


# -- listeners


async def test_a_listener_that_raises_stops_nobody(
    harness: Harness, sandbox: SeamSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    await harness.set_up()
    await harness.advance(LIST)
    door = sandbox.door("Front Door")
    history = harness.entry.runtime_data.history
    entities = history._entities[door.device_id]

    def bad(_activity: Activity) -> None:
        raise OverflowError("year")

    stop = history.async_listen(door.device_id, ("unlocked",), bad)
    entities.insert(0, entities.pop())
    for thrown in (False, True):
        sandbox.turn_bolt(door, thrown=thrown)
        await harness.advance(LIST)
        assert activity(harness, "Front Door")[1] == (
            "locked" if thrown else "unlocked"
        )
    said = [
        record
        for record in caplog.records
        if record.name.startswith("custom_components.seam")
        and record.levelname == "ERROR"
    ]
    assert len(said) == 1
    stop()


async def test_an_entity_that_raises_ends_no_lists_and_no_event(
    harness: Harness, sandbox: SeamSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever of the coordinator's listeners it is."""
    await harness.set_up()
    await harness.advance(LIST)
    door, other = sandbox.door("Front Door"), sandbox.door("Garage Side Door")
    coordinator = harness.entry.runtime_data.coordinator
    whole = coordinator.async_apply

    def apply(device_id: str, *args: Any) -> None:
        whole(device_id, *args)
        if device_id == door.device_id:
            raise OverflowError("year")

    with patch.object(coordinator, "async_apply", apply):
        sandbox.turn_bolt(door, thrown=False)
        sandbox.turn_bolt(other, thrown=True)
        await harness.advance(LIST)
    assert activity(harness, "Front Door") == ("unlocked", "unlocked")
    assert activity(harness, "Garage Side Door") == ("locked", "locked")
    assert harness.state(other).state == "locked"
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(LIST)
    assert activity(harness, "Front Door") == ("locked", "locked")


async def test_an_activity_is_held_for_its_entity_and_not_for_ever(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    await harness.advance(LIST)
    history = harness.entry.runtime_data.history
    told: list[Activity] = []
    sandbox.ring("Back Door")
    device_id = sandbox.door("Back Door").device_id
    with patch.object(history, "_unclaimed", []):
        await harness.advance(LIST)
    history.async_listen(device_id, ("locked",), told.append)
    await harness.settle()
    assert told == []
    stop = history.async_listen(device_id, ("ring",), told.append)
    await harness.settle()
    assert [one.type for one in told] == ["ring"]
    stop()
    history.async_tell(told[0])
    await harness.advance(61)
    history.async_listen(device_id, ("ring",), told.append)
    await harness.settle()
    assert len(told) == 1


# -- doorbells


async def test_the_first_ring_makes_a_doorbell_that_stays(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    assert harness.entity_id(door, "event", "doorbell") is None
    states: list[State] = []

    @callback
    def changed(event: HassEvent[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        if new is not None and new.entity_id.endswith("doorbell"):
            states.append(new)

    stop = hass.bus.async_listen(EVENT_STATE_CHANGED, changed)
    sandbox.ring(door)
    await harness.advance(LIST)
    # It has a state before it rings, so that an automation sees the first one.
    assert [state.attributes["event_type"] for state in states] == [None, "ring"]
    assert states[1].attributes["device_class"] == "doorbell"
    assert harness.state(door, "event", "activity").state == "unknown"
    sandbox.ring(door)
    await harness.advance(LIST)
    assert [state.attributes["event_type"] for state in states[2:]] == ["ring"]

    await harness.unload()
    await harness.set_up()
    assert harness.state(door, "event", "doorbell").attributes["event_type"] == "ring"
    del states[:]
    sandbox.ring(door)
    await harness.advance(LIST)
    assert [state.attributes["event_type"] for state in states] == ["ring"]
    stop()


async def test_an_old_ring_rings_no_bell(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    sandbox.faults.add("event_late", seconds=400)
    sandbox.ring("Front Door")
    await harness.advance(400 + LIST)
    assert doorbell(harness, "Front Door") == "reported_late"
