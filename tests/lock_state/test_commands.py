"""Commands: what is shown while they run, what ends them, and what is refused."""

import asyncio
import logging
from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import intent
from homeassistant.setup import async_setup_component
import pytest

from tests.harness import Harness
from tests.seam_sandbox import ABSENT, Door, SeamSandbox

LOCK = "/locks/lock_door"
UNLOCK = "/locks/unlock_door"
DEVICES = "/devices/list"
LIST_ATTEMPTS = "/action_attempts/list"


async def failure(harness: Harness, press: asyncio.Task[Any]) -> HomeAssistantError:
    """Return the error that a press ends with."""
    with pytest.raises(HomeAssistantError) as caught:
        await harness.until(press)
    return caught.value


async def send(harness: Harness, door: Door, *, lock: bool) -> None:
    """Send a command past Home Assistant's own check of availability."""
    await harness.entry.runtime_data.commands.async_send(
        door.device_id, lock=lock, context=Context()
    )


async def test_locking_is_shown_at_once_and_ends_with_proof(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Garage Side Door")
    assert harness.state(door).state == "unlocked"

    press = harness.press(door, "lock")
    await harness.settle()
    assert harness.state(door).state == "locking"
    await harness.advance(1.0)
    assert harness.state(door).state == "locking"
    assert not press.done()

    await harness.advance(0.6)
    assert press.done()
    assert door.bolt_thrown
    assert harness.state(door).state == "locked"
    assert "assumed_state" not in harness.state(door).attributes


async def test_unlocking_too(harness: Harness, sandbox: SeamSandbox) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    press = harness.press(door, "unlock")
    await harness.settle()
    assert harness.state(door).state == "unlocking"
    await harness.until(press)
    assert not door.bolt_thrown
    assert harness.state(door).state == "unlocked"


async def test_a_failure_says_why_and_the_last_proof_stands(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Garage Side Door")
    sandbox.faults.add(
        "attempt_fail", error_type="battery_dead", message="The battery is too weak."
    )
    error = await failure(harness, harness.press(door, "lock"))
    assert error.translation_key == "lock_failed"
    assert "The battery is too weak." in str(error)
    assert door.name in str(error)
    assert harness.state(door).state == "unlocked"


async def test_a_jam_is_shown_until_the_bolt_moves(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Garage Side Door")
    sandbox.jam(door)
    await failure(harness, harness.press(door, "lock"))
    assert harness.state(door).state == "jammed"

    sandbox.unjam(door)
    press = harness.press(door, "lock")
    await harness.settle()
    assert harness.state(door).state == "locking"
    await harness.until(press)
    assert harness.state(door).state == "locked"


@pytest.mark.parametrize("action", ["lock", "unlock"])
async def test_an_attempt_that_never_ends_leaves_the_lock_unknown(
    harness: Harness, sandbox: SeamSandbox, action: str
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door" if action == "unlock" else "Garage Side Door")
    sandbox.faults.add("attempt_pending")
    sandbox.faults.add("http_property", name="properties.locked", value=ABSENT)
    press = harness.press(door, action)
    await harness.advance(29)
    assert harness.state(door).state == f"{action}ing"
    error = await failure(harness, press)
    assert error.translation_key == f"{action}_unconfirmed"
    assert harness.state(door).state == "unknown"
    assert sandbox.count(LOCK) + sandbox.count(UNLOCK) == 1


async def test_what_ends_after_the_deadline_still_counts(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Garage Side Door")
    sandbox.faults.add("attempt_duration", seconds=50)
    sandbox.faults.add("event_dropped")
    await failure(harness, harness.press(door, "lock"))
    assert harness.state(door).state == "unlocked"
    await harness.advance(30)
    assert door.bolt_thrown
    assert harness.state(door).state == "locked"


@pytest.mark.parametrize("value", [False, None, ABSENT])
async def test_accepted_is_not_confirmed(
    harness: Harness, sandbox: SeamSandbox, value: object
) -> None:
    await harness.set_up()
    door = sandbox.door("Garage Side Door")
    sandbox.faults.add("attempt_unconfirmed", value=value)
    sandbox.faults.add("attempt_silent")
    # Until a reading proves it.
    hidden = sandbox.faults.add("http_status", path=DEVICES, status=503)
    press = harness.press(door, "lock")
    await harness.advance(10)
    assert harness.state(door).state == "locking"
    assert not press.done()
    sandbox.faults.clear(hidden)
    await harness.until(press)
    assert harness.state(door).state == "locked"
    assert "assumed_state" not in harness.state(door).attributes


async def test_what_nothing_proves_in_time_is_an_error(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Garage Side Door")
    sandbox.faults.add("attempt_lost")
    sandbox.faults.add("event_dropped")
    press = harness.press(door, "lock")
    await harness.advance(29)
    assert not press.done()
    error = await failure(harness, press)
    assert error.translation_key == "lock_unconfirmed"
    assert harness.state(door).state in ("unlocked", "unknown")


async def test_an_unlock_ends_when_seam_accepted_it(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    door.reading_lag = 300.0
    sandbox.faults.add("attempt_unconfirmed", value=False)
    sandbox.faults.add("attempt_silent")
    begun = harness.hass.loop.time()
    await harness.until(harness.press(door, "unlock"))
    assert harness.hass.loop.time() - begun < 2
    assert harness.state(door).state == "unlocked"
    assert harness.state(door).attributes["assumed_state"] is True


async def test_accepted_while_the_reading_says_nothing_is_unknown(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Garage Side Door")
    sandbox.faults.add("attempt_unconfirmed", value=False)
    sandbox.faults.add("attempt_silent")
    sandbox.faults.add("http_property", name="properties.locked", value=ABSENT)
    error = await failure(harness, harness.press(door, "lock"))
    assert error.translation_key == "lock_unconfirmed"
    assert harness.state(door).state == "unknown"


async def test_a_lock_that_never_tells_its_position_ends_when_seam_accepted(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    door = sandbox.door("Garage Side Door")
    sandbox.set_brand(door, "f")
    sandbox.faults.add("event_dropped", event_type="lock.locked")
    await harness.set_up()
    begun = harness.hass.loop.time()
    await harness.until(harness.press(door, "lock"))
    assert harness.hass.loop.time() - begun < 2
    assert harness.state(door).state == "unknown"


async def test_an_accepted_unlock_counts_as_unlocked(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    door.reading_lag = 300.0
    sandbox.faults.add("attempt_unconfirmed", value=False)
    sandbox.faults.add("attempt_silent")
    await harness.until(harness.press(door, "unlock"))
    for _ in range(20):
        assert harness.state(door).state == "unlocked"
        await harness.advance(20)


async def test_a_lie_does_not_outlive_the_next_reading(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Garage Side Door")
    sandbox.faults.add("attempt_liar")
    await harness.until(harness.press(door, "lock"))
    await harness.advance(61)
    assert not door.bolt_thrown
    assert harness.state(door).state == "unlocked"


# -- more than one press


async def test_two_equal_presses_are_one_command(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Garage Side Door")
    first, second = harness.press(door, "lock"), harness.press(door, "lock")
    await harness.until(first)
    await harness.until(second)
    assert sandbox.count(LOCK) == 1


async def test_a_lock_right_after_an_unlock_is_proven(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    """Also while little is known of Seam's clock, and no event has told."""
    await harness.set_up()
    door = sandbox.door("Front Door")
    sandbox.faults.add("event_dropped")
    for action, state in (("unlock", "unlocked"), ("lock", "locked")) * 2:
        await harness.until(harness.press(door, action))
        assert harness.state(door).state == state


async def test_the_opposite_supersedes(harness: Harness, sandbox: SeamSandbox) -> None:
    await harness.set_up()
    door = sandbox.door("Garage Side Door")
    first = harness.press(door, "lock")
    await harness.advance(0.3)
    second = harness.press(door, "unlock")
    error = await failure(harness, first)
    assert error.translation_key == "lock_superseded"
    assert harness.state(door).state == "unlocking"
    await harness.until(second)
    await harness.advance(120)
    assert harness.state(door).state == ("locked" if door.bolt_thrown else "unlocked")


async def test_what_a_superseded_command_does_later_is_not_lost(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    """An unlock that is slow must not hide behind the lock that came after it."""
    await harness.set_up()
    door = sandbox.door("Front Door")
    sandbox.faults.add("attempt_duration", seconds=6, times=1)
    sandbox.faults.add("attempt_silent")
    slow = harness.press(door, "unlock")
    await harness.advance(0.3)
    quick = harness.press(door, "lock")
    await failure(harness, slow)
    error = await failure(harness, quick)
    assert error.translation_key == "lock_unconfirmed"
    assert not door.bolt_thrown
    assert harness.state(door).state == "unlocked"


async def test_a_caller_that_goes_away_does_not_take_the_command_along(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Garage Side Door")
    press = harness.press(door, "lock")
    await harness.advance(0.3)
    press.cancel()
    await harness.advance(2)
    assert harness.state(door).state == "locked"


async def test_two_hundred_doors_do_not_ask_two_hundred_times(
    hass: Any, freezer: Any, socket_enabled: None, enable_custom_integrations: None
) -> None:
    async with Harness.with_locks(hass, freezer, 200) as harness:
        await harness.set_up()
        doors = [
            door
            for door in harness.sandbox.doors.values()
            if door.online and door.can_lock and door.model.confirms
        ]
        assert len(doors) > 90
        presses = [harness.press(door, "lock") for door in doors]
        for press in presses:
            await harness.until(press)
        assert all(harness.state(door).state == "locked" for door in doors)
        assert harness.sandbox.count(LIST_ATTEMPTS) < 12


# -- what is refused


async def test_an_offline_lock_is_refused_with_the_reason(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Garden Shed")
    # Home Assistant itself leaves unavailable locks out of a call.
    await harness.until(harness.press(door, "unlock"))
    with pytest.raises(HomeAssistantError) as caught:
        await send(harness, door, lock=False)
    assert not isinstance(caught.value, ServiceValidationError)
    assert caught.value.translation_key == "offline_because"
    assert "The device is offline." in str(caught.value)
    assert sandbox.count(UNLOCK) == 0


async def test_a_lock_that_can_only_be_unlocked_is_never_asked_to_lock(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Main Entrance")
    error = await failure(harness, harness.press(door, "lock"))
    assert isinstance(error, ServiceValidationError)
    assert error.translation_key == "cannot_lock"
    assert sandbox.count(LOCK) == 0


async def test_a_lock_that_cannot_now_says_why(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    door = sandbox.door("Cellar")
    door.can_lock = False
    await harness.set_up()
    error = await failure(harness, harness.press(door, "lock"))
    assert error.translation_key == "cannot_lock_now_because"
    assert "The signal of the gateway is weak." in str(error)
    door.warnings.clear()
    sandbox.house.changed(door)
    await harness.advance(61)
    error = await failure(harness, harness.press(door, "lock"))
    assert error.translation_key == "cannot_lock_now"
    assert sandbox.count(LOCK) == 0


async def test_a_lock_that_seam_no_longer_lists_is_refused(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    sandbox.remove_device(door)
    await harness.advance(61)
    assert harness.state(door).state == "unavailable"
    with pytest.raises(HomeAssistantError) as caught:
        await send(harness, door, lock=True)
    assert caught.value.translation_key == "gone"
    assert not isinstance(caught.value, ServiceValidationError)


async def test_one_door_is_not_asked_too_often(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Garage Side Door")
    door.command_seconds = 0.1
    for _ in range(15):
        await harness.until(harness.press(door, "lock"))
    error = await failure(harness, harness.press(door, "lock"))
    assert error.translation_key == "lock_rate_limited"
    assert sandbox.count(LOCK) == 15
    await harness.advance(60)
    await harness.until(harness.press(door, "lock"))


# -- what goes wrong on the way


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        ({"kind": "http_status", "status": 400, "message": "No."}, "lock_failed"),
        (
            {"kind": "http_status", "status": 429, "retry_after": "7"},
            "lock_rate_limited",
        ),
    ],
)
async def test_a_command_that_seam_did_not_take_changes_nothing(
    harness: Harness, sandbox: SeamSandbox, fault: dict[str, Any], key: str
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    fault = dict(fault)
    sandbox.faults.add(fault.pop("kind"), path=LOCK, **fault)
    error = await failure(harness, harness.press(door, "lock"))
    assert error.translation_key == key
    assert harness.state(door).state == "locked"
    assert sandbox.count(LOCK) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "http_status", "status": 503},
        {"kind": "http_html"},
        {"kind": "http_reset"},
        {"kind": "http_answer_lost"},
        {"kind": "http_cut_off"},
        {"kind": "http_hang"},
    ],
)
async def test_a_command_that_may_have_got_through_makes_locked_void(
    harness: Harness, sandbox: SeamSandbox, fault: dict[str, Any]
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    door.reading_lag = 500.0
    fault = dict(fault)
    sandbox.faults.add(fault.pop("kind"), path=UNLOCK, **fault)
    sandbox.faults.add("attempt_silent")
    error = await failure(harness, harness.press(door, "unlock"))
    assert error.translation_key == "unlock_uncertain"
    assert (
        f"Seam did not answer properly. {door.name} may or may not be unlocked. Check"
        " the door (" in str(error)
    )
    assert sandbox.count(UNLOCK) == 1
    assert harness.state(door).state != "locked"
    await harness.advance(5)
    assert harness.state(door).state != "locked"
    # Only once it is certain that Seam has never heard of it.
    if not door.bolt_thrown:
        for _ in range(20):
            assert harness.state(door).state != "locked"
            await harness.advance(20)
    else:
        await harness.advance(60)
        assert harness.state(door).state == "locked"


async def test_unloading_ends_a_command_with_an_error(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    press = harness.press(sandbox.door("Garage Side Door"), "lock")
    await harness.advance(0.3)
    await harness.unload()
    error = await failure(harness, press)
    assert error.translation_key == "lock_interrupted"


async def test_polling_survives_a_failed_question(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Garage Side Door")
    sandbox.faults.add("event_dropped")
    sandbox.faults.add(
        "http_status", status=429, retry_after="2", path=LIST_ATTEMPTS, times=3
    )
    await harness.until(harness.press(door, "lock"))
    assert harness.state(door).state == "locked"


async def test_the_context_of_the_press_is_on_the_state(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Garage Side Door")
    context = Context()
    await harness.until(harness.press(door, "lock", context=context))
    assert harness.state(door).context.id == context.id


# -- quick turns


async def test_each_of_three_quick_turns_ends_by_itself(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    """The third call must not take the first one's end for its own."""
    await harness.set_up()
    door = sandbox.door("Garage Side Door")
    door.command_seconds = 4.0
    first = harness.press(door, "lock")
    await harness.advance(1.5)
    second = harness.press(door, "unlock")
    await harness.advance(1.5)
    third = harness.press(door, "lock")
    await harness.advance(3.0)  # two of them have ended
    sandbox.faults.add("attempt_fail")
    await harness.advance(0.9)
    assert not third.done()
    assert (await failure(harness, first)).translation_key == "lock_superseded"
    assert (await failure(harness, second)).translation_key == "unlock_superseded"
    assert (await failure(harness, third)).translation_key == "lock_failed"
    assert not door.bolt_thrown
    assert harness.state(door).state == "unlocked"


async def test_a_lock_soon_after_an_unlock_ends_with_its_own_proof(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    door.command_seconds = 4.0
    first = harness.press(door, "unlock")
    await harness.advance(2)
    second = harness.press(door, "lock")
    begun = harness.hass.loop.time()
    assert (await failure(harness, first)).translation_key == "unlock_superseded"
    await harness.until(second)
    # Seam's own event tells that it was the last one; it is listed within 2 s.
    assert harness.hass.loop.time() - begun < 4 + 2.5
    assert door.bolt_thrown
    assert harness.state(door).state == "locked"
    await harness.advance(60)
    assert harness.state(door).state == "locked"


async def test_a_second_press_joins_also_once_seam_has_answered(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Garage Side Door")
    sandbox.faults.add("event_dropped")
    first = harness.press(door, "lock")
    await harness.advance(0.3)
    second = harness.press(door, "lock")
    await harness.until(first)
    await harness.until(second)
    assert sandbox.count(LOCK) == 1
    assert harness.state(door).state == "locked"


async def test_questions_for_attempts_obey_retry_after(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Garage Side Door")
    sandbox.faults.add("event_dropped")
    sandbox.faults.add("attempt_pending")
    sandbox.faults.add("http_status", status=429, retry_after="60", path=LIST_ATTEMPTS)
    press = harness.press(door, "lock")
    await harness.advance(20)
    assert sandbox.count(LIST_ATTEMPTS) == 1
    await failure(harness, press)


@pytest.mark.parametrize("fault", ["http_status", "http_answer_lost"])
async def test_one_lost_answer_does_not_hide_the_truth_for_minutes(
    harness: Harness, sandbox: SeamSandbox, fault: str
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    sandbox.faults.add(fault, path=UNLOCK, times=1)
    error = await failure(harness, harness.press(door, "unlock"))
    assert error.translation_key == "unlock_uncertain"
    await harness.advance(60)
    assert harness.state(door).state == ("locked" if door.bolt_thrown else "unlocked")


@pytest.mark.parametrize("after", [1, 5, 15, 30, 45])
async def test_what_is_only_accepted_is_soon_known_from_readings(
    harness: Harness, sandbox: SeamSandbox, after: float
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    sandbox.set_brand(door, "d")
    await harness.until(harness.press(door, "unlock"))
    await harness.advance(after)
    await harness.until(harness.press(door, "lock"))
    assert harness.state(door).state == "locked"
    assert "assumed_state" not in harness.state(door).attributes


async def test_assumed_ends_with_what_agrees(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    """Readings that contradict an accepted unlock do not confirm it."""
    await harness.set_up()
    door = sandbox.door("Front Door")
    sandbox.set_brand(door, "e")
    await harness.until(harness.press(door, "unlock"))
    for _ in range(5):
        assert harness.state(door).state == "unlocked"
        assert harness.state(door).attributes["assumed_state"] is True
        await harness.advance(20)
    sandbox.poll(door)
    await harness.advance(30)
    assert harness.state(door).state == "unlocked"
    assert "assumed_state" not in harness.state(door).attributes


# -- doors that can only be unlocked


async def test_locking_a_door_that_locks_itself_waits_for_that(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    door = sandbox.door("Main Entrance")
    sandbox.tune(door, reports_position=True)
    await harness.set_up()
    await harness.until(harness.press(door, "unlock"))
    await harness.advance(2)
    assert harness.state(door).state == "unlocked"
    press = harness.press(door, "lock")
    await harness.advance(1)
    assert not press.done()
    await harness.until(press)
    assert door.bolt_thrown
    assert harness.state(door).state == "locked"
    assert sandbox.count(LOCK) == 0


async def test_locking_a_door_that_does_not_lock_itself_in_time_is_an_error(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    door = sandbox.door("Main Entrance")
    sandbox.tune(door, reports_position=True)
    await harness.set_up()
    await harness.until(harness.press(door, "unlock"))
    sandbox.jam(door)
    press = harness.press(door, "lock")
    await harness.advance(29)
    assert not press.done()
    error = await failure(harness, press)
    assert isinstance(error, ServiceValidationError)
    assert sandbox.count(LOCK) == 0


async def test_by_voice_a_door_that_cannot_be_locked_is_answered_with_an_error(
    hass: HomeAssistant,
    harness: Harness,
    sandbox: SeamSandbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Home Assistant logs by itself what fails within 0.2 s; we add nothing."""
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "intent", {})
    await harness.set_up()
    door = sandbox.door("Main Entrance")
    async_expose_entity(hass, "conversation", harness.entity_id(door) or "", True)
    caplog.clear()
    with pytest.raises(intent.IntentHandleError):
        await harness.until(
            asyncio.create_task(
                intent.async_handle(
                    hass,
                    "test",
                    intent.INTENT_TURN_ON,
                    {"name": {"value": door.name}, "domain": {"value": "lock"}},
                )
            )
        )
    assert sandbox.count(LOCK) == 0
    assert not [
        one
        for one in caplog.records
        if one.name.startswith("custom_components.seam") and one.levelno > logging.DEBUG
    ]
