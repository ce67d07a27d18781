"""How soon things are shown while push works."""

from homeassistant.exceptions import HomeAssistantError
import pytest

from tests.push.helpers import ATTEMPTS, House

# -- live


async def test_a_bolt_turned_by_hand_is_shown_while_no_time_goes_by(
    pushed: House,
) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    door = sandbox.door("Garage Side Door")
    for thrown in (True, False, True):
        sandbox.turn_bolt(door, thrown=thrown)
        await harness.settle()
        state = harness.state(door)
        assert state.state == ("locked" if thrown else "unlocked")
        assert state.attributes["changed_by"] == "manual"
        await harness.advance(1)


@pytest.mark.parametrize("action", ["lock", "unlock"])
async def test_a_command_ends_at_once_on_its_event(pushed: House, action: str) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    door = sandbox.door("Garage Side Door" if action == "lock" else "Front Door")
    door.command_seconds = 5.2
    press = harness.press(door, action)
    await harness.advance(5.1)
    assert harness.state(door).state == f"{action}ing"
    asked = sandbox.count(ATTEMPTS)
    assert 1 <= asked <= 16  # often in the first seconds: its event may be lost
    await harness.advance(0.11)
    assert press.done()
    assert harness.state(door).state == f"{action}ed"
    assert "assumed_state" not in harness.state(door).attributes
    assert sandbox.count(ATTEMPTS) == asked
    await press


async def test_attempts_are_asked_for_every_two_seconds_once_they_take_long(
    pushed: House,
) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    sandbox.faults.add("attempt_duration", seconds=21)
    sandbox.faults.add("event_dropped")
    press = harness.press(sandbox.door("Garage Side Door"), "lock")
    await harness.advance(5)
    asked = sandbox.count(ATTEMPTS)
    await harness.advance(15)
    assert 6 <= sandbox.count(ATTEMPTS) - asked <= 8
    await harness.until(press)


async def test_a_failed_command_ends_at_once_with_the_reason(pushed: House) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    door = sandbox.door("Garage Side Door")
    door.command_seconds = 5.0
    sandbox.faults.add(
        "attempt_fail", error_type="battery_dead", message="The battery is too weak."
    )
    press = harness.press(door, "lock")
    await harness.advance(5.01)
    assert press.done()
    with pytest.raises(HomeAssistantError, match="The battery is too weak"):
        await press
    assert harness.state(door).state == "unlocked"
    activity = harness.state(door, "event", "activity")
    assert activity.attributes["activity"] == "lock_failed"
    assert activity.attributes["reason"] == "The battery is too weak."


async def test_a_failure_is_told_even_when_nobody_says_why(pushed: House) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    door = sandbox.door("Garage Side Door")
    sandbox.faults.add("attempt_fail", times=1)
    press = harness.press(door, "lock")
    await harness.settle()
    sandbox.faults.add("http_status", status=400, path=ATTEMPTS)
    await harness.advance(2)
    with pytest.raises(HomeAssistantError):
        await harness.until(press)
    activity = harness.state(door, "event", "activity")
    assert activity.attributes["activity"] == "lock_failed"
    assert activity.attributes["reason"] is None


async def test_seam_that_does_not_answer_holds_up_no_other_door(
    pushed: House,
) -> None:
    """Why one door failed cannot be read; another door is unlocked meanwhile."""
    harness, sandbox = pushed.harness, pushed.sandbox
    failing, other = sandbox.door("Garage Side Door"), sandbox.door("Front Door")
    sandbox.faults.add("attempt_fail", times=1)
    press = harness.press(failing, "lock")
    await harness.settle()
    sandbox.faults.add("http_hang", path=ATTEMPTS)
    await harness.advance(2)
    sandbox.turn_bolt(other, thrown=False)
    await harness.advance(3)
    assert harness.state(other).state == "unlocked"
    with pytest.raises(HomeAssistantError):
        await harness.until(press)
