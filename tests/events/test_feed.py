"""The feed: what is listed, how often, and what a gap leaves behind."""

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
import pytest

from tests.harness import Harness
from tests.seam_sandbox import SeamSandbox

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
        def changed(event: Event[EventStateChangedData]) -> None:
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
    assert len(sandbox.requests) - before <= 4

    sandbox.clear_faults()
    await harness.advance(620)
    assert harness.state(door).state == "locked"
    before = sandbox.count("/devices/list")
    await harness.advance(300)
    assert sandbox.count("/devices/list") - before >= 4
