"""Promises that no other test holds; `script/mutants` breaks each of them."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from functools import reduce
import gc
import logging
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.models import User
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import (
    Context,
    Event as HassEvent,
    EventStateChangedData,
    HomeAssistant,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.seam.api import Event, checked_endpoint
from custom_components.seam.const import CONF_NAMES_IN_HISTORY, CONF_PUSH, DOMAIN
from custom_components.seam.events.activity import SOURCE_POLLING
from custom_components.seam.lock_state.evidence import SETTLE, STALE, Evidence, Verdict
from custom_components.seam.push.receiver import MAX_BODY
from tests.harness import Harness
from tests.push.helpers import Forgery, House, open_house, plain_locks
from tests.seam_sandbox import Door, SeamSandbox
from tests.seam_sandbox.events import iso
from tests.seam_sandbox.webhooks import Webhook

LOCK = "/locks/lock_door"
UNLOCK = "/locks/unlock_door"
DEVICES = "/devices/list"
EVENTS = "/events/list"
ATTEMPTS = "/action_attempts/list"
ONE_ATTEMPT = "/action_attempts/get"
# After so many seconds an event has been listed without push.
LISTED = 31.0

type Step = Callable[[Evidence], Evidence]

# -- what proofs add up to


def reading(locked: bool | None, at: float) -> Step:
    return lambda evidence: evidence.with_reading(locked, at)


def event(locked: bool, at: float, heard_at: float | None = None) -> Step:
    heard = at if heard_at is None else heard_at
    return lambda evidence: evidence.with_event(locked, at, heard)


def confirmed(locked: bool, sent_at: float, seen_at: float) -> Step:
    """Return a step that adds a confirmed command; our clock is off by up to 2 s."""
    return lambda evidence: evidence.with_attempt(
        locked,
        sent_at=sent_at,
        seen_at=seen_at,
        started_at=sent_at - 2,
        ended_at=seen_at + 2,
    )


def silence(locked: bool, sent_at: float, until: float) -> Step:
    return lambda evidence: evidence.with_silence(locked, sent_at=sent_at, until=until)


def known(*steps: Step, first: Evidence | None = None) -> Evidence:
    return reduce(lambda evidence, step: step(evidence), steps, first or Evidence())


def judged(*steps: Step, first: Evidence | None = None) -> Verdict:
    return known(*steps, first=first).verdict


def test_a_tie_means_unlocked() -> None:
    assert judged(event(True, 5), event(False, 5)).locked is False
    assert judged(event(False, 5), event(True, 5)).locked is False


def test_the_newest_proof_wins_in_any_order() -> None:
    assert judged(event(True, 5), event(False, 7), event(True, 9)).locked is True
    late = event(False, 4, heard_at=12)
    assert judged(event(False, 9), late, event(True, 6, 13)).locked is False


def test_an_older_reading_is_dropped() -> None:
    assert judged(reading(False, 2), reading(True, 1)).locked is False


def test_a_view_that_turned_is_believed_once_it_settled() -> None:
    turned = reading(True, 99), event(False, 100), reading(False, 101)
    soon = judged(*turned, reading(True, 105))
    assert soon.locked is False
    assert soon.disputed
    assert judged(*turned, reading(True, 101 + SETTLE)).locked is True


def test_readings_that_followed_too_soon_prove_nothing() -> None:
    """The first may show what was before the unlock: then it has not followed."""
    verdict = judged(event(False, 100), reading(False, 105), reading(True, 170))
    assert verdict.locked is False
    assert verdict.disputed


def test_an_old_value_is_not_believed_for_ten_minutes() -> None:
    verdict = judged(event(False, 100), reading(True, 700))
    assert verdict.locked is False
    assert verdict.disputed
    assert judged(event(False, 100), reading(True, 101 + STALE)).locked is True


def test_a_view_that_turned_long_ago_shows_no_turn() -> None:
    turned = reading(True, 100), reading(False, 150)
    again = reading(True, 380), confirmed(False, 400, 401)
    assert judged(*turned, *again, reading(True, 430)).locked is False


def test_after_an_event_two_readings_are_believed() -> None:
    one = event(False, 100), reading(True, 101 + SETTLE)
    assert judged(*one).locked is False
    assert judged(*one, reading(True, 130)).locked is True


def unlocked_at_once(begun: float) -> tuple[Step, ...]:
    """Return an unlock that shows in the reading right after it, and a relock."""
    return (
        reading(True, begun),
        confirmed(False, begun + 1, begun + 2),
        reading(False, begun + 3),
        confirmed(True, begun + 100, begun + 101),
        reading(True, begun + 120),
    )


# At another second of the minute each, as Seam may look once a minute.
PROMPT_UNLOCKS = tuple(unlocked_at_once(number * 1013.0) for number in range(8))
# Unlocked, and locked by hand before a reading has shown it.
QUICK_RELOCK = (
    confirmed(False, 9000, 9001),
    reading(True, 9002 + SETTLE),
    reading(True, 9030),
)


def test_one_quick_unlock_makes_no_prompt_lock() -> None:
    assert judged(*PROMPT_UNLOCKS[0], *QUICK_RELOCK).locked is False


def test_a_prompt_lock_is_believed_soon() -> None:
    steps = (step for steps in PROMPT_UNLOCKS for step in steps)
    assert judged(*steps, *QUICK_RELOCK).locked is True


def test_an_unlock_that_may_still_act_leaves_no_locked() -> None:
    out = reading(True, 1), silence(False, 10, until=70)
    assert judged(*out).locked is None
    assert judged(*out, reading(True, 75)).locked is None
    assert judged(*out, event(True, 60)).locked is None
    assert judged(*out, event(True, 80)).locked is True


def test_a_command_without_an_end_voids_what_was_known() -> None:
    assert judged(reading(True, 1), silence(True, 10, until=40)).locked is None
    assert judged(event(True, 1), silence(True, 10, until=40)).locked is None


def test_a_reading_from_before_a_command_says_nothing() -> None:
    assert judged(reading(False, 9.5), confirmed(True, 10, 11)).locked is True


def test_an_accepted_lock_command_is_no_proof() -> None:
    evidence = known(reading(False, 1)).with_acceptance(
        True, sent_at=10, seen_at=11, ended_at=13
    )
    assert evidence.verdict.locked is not True


def test_an_unlock_that_lost_by_its_time_is_looked_into() -> None:
    """The clock of a lock may be behind."""
    verdict = judged(event(True, 100), event(False, 95, heard_at=105))
    assert verdict.locked is True
    assert verdict.disputed


def test_a_contradiction_is_unlocked_and_looked_into() -> None:
    verdict = judged(event(True, 5), reading(False, 6))
    assert verdict.locked is False
    assert verdict.disputed


def test_a_lock_that_falls_silent_is_unknown() -> None:
    steps = reading(True, 1), event(True, 100), reading(None, 101)
    assert judged(*steps).locked is None


def test_what_is_restored_is_proof_of_unlocked_alone() -> None:
    kept = known(reading(True, 1), event(False, 100)).as_stored()
    evidence = Evidence.restored(kept, 150)
    assert evidence.verdict.locked is False
    read = reading(True, 160), reading(True, 200)
    assert judged(*read, first=evidence).locked is False
    assert Evidence.restored(known(reading(True, 1)).as_stored(), 2) == Evidence()


def test_nothing_is_restored_from_the_future() -> None:
    evidence = Evidence.restored({"unlocked_at": 1e12}, 200)
    assert judged(event(True, 300), first=evidence).locked is True


def test_old_news_of_a_failure_changes_nothing() -> None:
    evidence = known(event(True, 100)).with_failure(True, 90, jammed=True)
    assert not evidence.is_jammed
    assert not evidence.lock_failed


def test_a_jam_is_over_once_the_bolt_has_moved() -> None:
    jammed = known(reading(False, 1)).with_failure(True, 2, jammed=True)
    assert jammed.is_jammed
    assert not known(event(False, 4), first=jammed).is_jammed


# -- commands


async def failure(harness: Harness, press: asyncio.Task[Any]) -> HomeAssistantError:
    """Return the error that a press ends with."""
    with pytest.raises(HomeAssistantError) as caught:
        await harness.until(press)
    return caught.value


async def test_an_equal_press_joins_after_seams_answer_too(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Garage Side Door")
    sandbox.faults.add("event_dropped")
    first = harness.press(door, "lock")
    await harness.advance(0.3)
    assert sandbox.count(LOCK) == 1
    second = harness.press(door, "lock")
    await harness.until(first)
    await harness.until(second)
    assert sandbox.count(LOCK) == 1


async def test_a_command_ends_after_thirty_seconds(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    sandbox.faults.add("attempt_pending")
    begun = harness.hass.loop.time()
    await failure(harness, harness.press(sandbox.door("Garage Side Door"), "lock"))
    assert 29 < harness.hass.loop.time() - begun < 34


async def test_proof_from_before_the_press_ends_no_command(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    await harness.advance(10)
    assert harness.state(door).state == "locked"
    sandbox.faults.add("attempt_unconfirmed", value=False)
    sandbox.faults.add("attempt_silent")
    sandbox.faults.add("http_status", path=DEVICES, status=503)
    error = await failure(harness, harness.press(door, "lock"))
    assert error.translation_key == "lock_unconfirmed"


async def test_an_unlock_after_the_deadline_is_not_lost(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    """Though no event tells of it and Seam shows the old value for long."""
    await harness.set_up()
    door = sandbox.door("Front Door")
    sandbox.tune(door, reading_lag=500)
    sandbox.faults.add("attempt_duration", seconds=50)
    sandbox.faults.add("attempt_silent")
    await failure(harness, harness.press(door, "unlock"))
    await harness.advance(40)
    assert not door.bolt_thrown
    assert harness.state(door).state == "unlocked"


async def test_a_lock_out_of_reach_proves_no_command(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Garage Side Door")
    sandbox.faults.add("attempt_lost")
    sandbox.faults.add("event_dropped")
    press = harness.press(door, "lock")
    await harness.settle()
    sandbox.set_error(door, "hub_disconnected")
    sandbox.faults.add("http_property", name="properties.locked", value=True)
    await harness.advance(20)
    assert not press.done()
    error = await failure(harness, press)
    assert error.translation_key == "lock_unconfirmed"
    verdict = harness.entry.runtime_data.coordinator.verdict(door.device_id)
    assert verdict.locked is not True


async def test_questions_for_attempts_obey_retry_after(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    sandbox.faults.add("event_dropped")
    sandbox.faults.add("http_status", path=ATTEMPTS, status=429, retry_after="60")
    press = harness.press(sandbox.door("Garage Side Door"), "lock")
    await harness.advance(20)
    assert sandbox.count(ATTEMPTS) == 1
    await harness.advance(20)
    assert press.done()
    press.exception()


async def test_commands_in_flight_share_one_question(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    sandbox.faults.add("event_dropped")
    doors = [sandbox.door(name) for name in ("Garage Side Door", "Front Door")]
    presses = [harness.press(door, "lock") for door in doors]
    for press in presses:
        await harness.until(press)
    assert sandbox.count(ONE_ATTEMPT) == 0
    assert any(
        len(request.body["action_attempt_ids"]) == len(doors)
        for request in sandbox.requests
        if request.path == ATTEMPTS
    )


async def test_a_lost_unlock_that_is_pending_is_followed(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    sandbox.tune(door, reading_lag=500)
    sandbox.faults.add("attempt_duration", seconds=20)
    sandbox.faults.add("attempt_silent")
    sandbox.faults.add("http_answer_lost", path=UNLOCK)
    await failure(harness, harness.press(door, "unlock"))
    assert harness.state(door).state == "unknown"
    await harness.advance(30)
    assert not door.bolt_thrown
    assert harness.state(door).state == "unlocked"


async def test_a_lost_unlock_that_has_acted_is_no_locked(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    sandbox.tune(door, reading_lag=500)
    sandbox.faults.add("attempt_silent")
    sandbox.faults.add("http_answer_lost", path=UNLOCK)
    await failure(harness, harness.press(door, "unlock"))
    for _ in range(15):
        await harness.advance(20)
        assert not door.bolt_thrown
        assert harness.state(door).state != "locked"


async def test_an_unlock_that_seam_never_got_leaves_no_doubt(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    sandbox.faults.add("http_status", path=UNLOCK, status=500)
    await failure(harness, harness.press(door, "unlock"))
    assert harness.state(door).state == "unknown"
    await harness.advance(60)
    assert harness.state(door).state == "locked"


async def test_a_caller_that_goes_away_takes_no_other_along(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Garage Side Door")
    first, second = harness.press(door, "lock"), harness.press(door, "lock")
    await harness.advance(0.3)
    first.cancel()
    await harness.until(second)
    assert harness.state(door).state == "locked"


async def test_what_nothing_confirms_is_an_activity(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Garage Side Door")
    sandbox.faults.add("attempt_lost")
    sandbox.faults.add("event_dropped")
    await failure(harness, harness.press(door, "lock"))
    await harness.settle()
    activity = harness.state(door, "event", "activity")
    assert activity.attributes["event_type"] == "unconfirmed"


# -- readings


def reauth_flows(hass: HomeAssistant) -> list[Any]:
    return [
        flow
        for flow in hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        if flow["context"]["source"] == SOURCE_REAUTH
    ]


def rereadings(sandbox: SeamSandbox, door: Door, since: int) -> list[float]:
    """Return when a door was read alone or with a few others."""
    return [
        one.time
        for one in sandbox.requests[since:]
        if one.path == DEVICES and door.device_id in one.body.get("device_ids", ())
    ]


async def test_a_refusal_and_a_failing_check_ask_for_no_key(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    refused = sandbox.add_fault("http_status", status=401, path=DEVICES, times=1)
    sandbox.add_fault("http_status", status=503, path="/workspaces/get")
    for _ in range(130):  # it may be asked for, and soon no more
        await harness.advance(1)
        assert reauth_flows(hass) == []
        assert harness.state(sandbox.door("Front Door")).state == "locked"
    assert refused.hits == 1


async def test_the_question_for_a_key_is_taken_back(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    key = sandbox.api_key
    sandbox.set_api_key(None)
    await harness.advance(61)
    assert reauth_flows(hass)
    sandbox.set_api_key(key)
    await harness.advance(601)
    assert reauth_flows(hass) == []
    assert harness.state(sandbox.door("Front Door")).state == "locked"


async def test_a_lock_whose_account_lost_its_login_is_unavailable(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    """Though it is said to be online."""
    await harness.set_up()
    door = sandbox.door("Front Door")
    sandbox.set_error(door, "account_disconnected")
    await harness.advance(61)
    assert harness.state(door).state == "unavailable"


async def test_another_name_at_seam_needs_no_reload(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    sandbox.rename(door, "Canary Door")
    await harness.advance(61)
    assert harness.state(door).name == "Canary Door"


async def test_without_names_a_press_leads_to_nobody_at_once(
    harness: Harness, sandbox: SeamSandbox, hass_admin_user: User
) -> None:
    await harness.set_up(options={CONF_NAMES_IN_HISTORY: False})
    door = sandbox.door("Garage Side Door")
    context = Context(user_id=hass_admin_user.id)
    press = harness.press(door, "lock", context=context)
    await harness.advance(0.3)
    state = harness.state(door)
    assert state.state == "locking"
    assert state.context.user_id is None
    assert state.context.id != context.id
    await harness.until(press)


def test_all_that_an_address_embeds_must_be_local() -> None:
    """A Teredo address of a client in a private network, but a public server."""
    assert checked_endpoint("http://[2001:0:808:808::3f57:fffe]") is None


def tell(harness: Harness, door: Door, kind: str, **fields: Any) -> None:
    """Hand an event in as push does."""
    now = iso(harness.sandbox.clock.now())
    harness.entry.runtime_data.feed.async_take_pushed(
        Event.from_json(
            {
                "event_id": f"canary-{kind}-{now}-{door.device_id}",
                "event_type": kind,
                "workspace_id": harness.sandbox.workspace_id,
                "device_id": door.device_id,
                "created_at": now,
                "occurred_at": now,
                **fields,
            }
        )
    )


async def disputed(harness: Harness, *names: str) -> list[Door]:
    """Set up doors of which Seam shows for long what was, and tell no event."""
    sandbox = harness.sandbox
    doors = [sandbox.door(name) for name in names]
    for door in doors:
        sandbox.tune(door, reading_lag=500, auto_lock=0)
    sandbox.faults.add("event_dropped")
    await harness.set_up()
    return doors


async def test_a_new_fact_begins_the_readings_anew(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    (door,) = await disputed(harness, "Front Door")
    tell(harness, door, "lock.unlocked")
    await harness.advance(10)  # the next one would be due 3 s after
    tell(harness, door, "lock.unlocked")
    begun, since = harness.hass.loop.time(), len(sandbox.requests)
    await harness.advance(6)
    found = [at - begun for at in rereadings(sandbox, door, since)]
    assert found == pytest.approx([2, 5], abs=0.5)


async def test_another_locks_news_delays_no_reading(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    first, second = await disputed(harness, "Front Door", "Workshop")
    tell(harness, first, "lock.unlocked")
    begun, since = harness.hass.loop.time(), len(sandbox.requests)
    for _ in range(12):
        await harness.advance(1.5)
        tell(harness, second, "lock.unlocked")
    found = [at - begun for at in rereadings(sandbox, first, since)]
    assert found == pytest.approx([2, 5, 13], abs=0.6)


async def test_a_failed_rereading_is_no_news(
    harness: Harness, sandbox: SeamSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    (door,) = await disputed(harness, "Front Door")
    tell(harness, door, "lock.unlocked")
    await harness.advance(1)
    caplog.clear()
    failed = sandbox.faults.add("http_html", path=DEVICES, times=1)
    await harness.advance(3)
    assert failed.hits == 1
    gc.collect()  # then a task that failed is told
    await harness.settle()
    assert [one for one in caplog.records if one.levelno > logging.INFO] == []


async def test_nothing_is_read_after_an_unload(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    (door,) = await disputed(harness, "Front Door")
    tell(harness, door, "lock.unlocked")
    await harness.advance(1)
    await harness.unload()
    since = len(sandbox.requests)
    await harness.advance(60)
    assert len(sandbox.requests) == since


async def test_a_lock_that_two_lists_lack_is_still_there(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    short = sandbox.add_fault("http_empty_list", path=DEVICES)
    await harness.advance(100)
    assert short.hits >= 2
    assert harness.state(door).state == "locked"
    sandbox.clear_faults()
    await harness.advance(61)
    assert harness.state(door).state == "locked"


async def test_a_listener_without_context_hears_of_changes(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    heard: list[str] = []
    door = sandbox.door("Front Door")
    stop = harness.entry.runtime_data.coordinator.async_add_listener(
        lambda: heard.append("it")
    )
    await harness.advance(61)
    assert not heard
    sandbox.turn_bolt(door, thrown=False)
    await harness.advance(61)
    assert heard
    stop()


async def switch_polling_off(harness: Harness) -> None:
    harness.hass.config_entries.async_update_entry(
        harness.entry, pref_disable_polling=True
    )
    await harness.settle()


async def test_with_polling_off_nothing_is_claimed_for_ever(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    harness.entry.add_to_hass(harness.hass)
    await switch_polling_off(harness)
    await harness.set_up()
    door = sandbox.door("Front Door")
    await harness.advance(14 * 60)
    assert harness.state(door).state == "locked"
    await harness.advance(3 * 60)
    assert harness.state(door).state == "unavailable"


async def test_with_polling_off_nothing_is_listed(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    harness.entry.add_to_hass(harness.hass)
    await switch_polling_off(harness)
    await harness.set_up()
    await harness.advance(3600)
    assert sandbox.count(EVENTS) <= 2
    assert sandbox.count(DEVICES) <= 2


async def test_a_restart_keeps_an_unlock_that_was_told(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    door = sandbox.door("Front Door")
    sandbox.tune(door, reading_lag=500)
    await harness.set_up()
    sandbox.turn_bolt(door, thrown=False)
    await harness.advance(LISTED)
    assert harness.state(door).state == "unlocked"
    await harness.unload()
    await harness.set_up()
    assert harness.state(door).state == "unlocked"
    await harness.advance(100)
    assert harness.state(door).state == "unlocked"


# -- events


async def test_events_are_told_oldest_first(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    seen: list[str] = []
    entity_id = harness.entity_id(door, "event", "activity")

    @callback
    def changed(event: HassEvent[EventStateChangedData]) -> None:
        if event.data["entity_id"] == entity_id and event.data["new_state"]:
            seen.append(event.data["new_state"].attributes["event_type"])

    stop = harness.hass.bus.async_listen(EVENT_STATE_CHANGED, changed)
    now = sandbox.clock.now()
    older, newer = (
        Event.from_json(
            {
                "event_id": f"canary-{kind}",
                "event_type": kind,
                "device_id": door.device_id,
                "created_at": iso(now),
                "occurred_at": iso(at),
            }
        )
        for kind, at in (("lock.unlocked", now - 9), ("lock.locked", now - 3))
    )
    feed = harness.entry.runtime_data.feed
    await feed.async_take((newer, older), SOURCE_POLLING)
    await harness.settle()
    stop()
    assert seen == ["unlocked", "locked"]


async def test_another_workspaces_event_moves_nothing(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    tell(harness, door, "lock.unlocked", workspace_id="canary-other-workspace")
    await harness.settle()
    assert harness.state(door).state == "locked"


async def test_an_event_waits_for_its_lock_to_be_listed(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    await harness.advance(5)
    sandbox.faults.add("event_dropped")
    door = sandbox.add_lock("Canary New Door")
    sandbox.faults.clear()
    # Seam shows for long that it is locked.
    sandbox.tune(door, reading_lag=500)
    sandbox.house.move_bolt(door, thrown=False, method="manual", silent=True)
    tell(harness, door, "lock.unlocked")
    await harness.advance(10)
    assert harness.state(door).state == "unlocked"


async def test_an_event_that_names_nobody_keeps_no_name(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    sandbox.enter_code(door)
    await harness.advance(LISTED)
    assert harness.state(door).attributes["changed_by"] is not None
    tell(harness, door, "lock.unlocked", method="unknown")
    await harness.settle()
    assert harness.state(door).state == "unlocked"
    assert harness.state(door).attributes.get("changed_by") is None


async def test_a_kept_cursor_from_the_future_hides_nothing(
    harness: Harness, sandbox: SeamSandbox, hass_storage: dict[str, Any]
) -> None:
    hass_storage[f"{DOMAIN}.{harness.entry.entry_id}"] = {
        "version": 1,
        "data": {"poller": {"cursor": sandbox.clock.now() + 7200, "listed_at": None}},
    }
    await harness.set_up()
    door = sandbox.door("Front Door")
    sandbox.tamper(door)
    await harness.advance(LISTED)
    activity = harness.state(door, "event", "activity")
    assert activity.attributes["event_type"] == "tampered"


async def test_a_future_event_is_not_kept_as_the_cursor(
    harness: Harness, sandbox: SeamSandbox, hass_storage: dict[str, Any]
) -> None:
    await harness.set_up()
    sandbox.tamper("Front Door")
    ahead = iso(sandbox.clock.now() + 7200)
    sandbox.events[-1] |= {"created_at": ahead, "occurred_at": ahead}
    await harness.advance(LISTED)
    await harness.unload()
    kept = hass_storage[f"{DOMAIN}.{harness.entry.entry_id}"]["data"]["poller"]
    assert kept["cursor"] <= sandbox.clock.now() + 1


async def test_what_is_kept_is_private(harness: Harness) -> None:
    await harness.set_up()
    assert harness.entry.runtime_data.store._file._private is True


# -- push


@pytest.fixture
async def house(harness: Harness, hass_client_no_auth: ClientSessionGenerator) -> House:
    """Return a workspace that can be pushed to, not yet set up."""
    return await open_house(harness, hass_client_no_auth)


@pytest.fixture
async def pushed(house: House) -> House:
    """Return a workspace with push that is proven, after a quiet while."""
    await house.harness.set_up()
    await house.proven()
    await house.harness.advance(5)
    return house


async def test_a_pushed_event_ends_its_command_at_once(pushed: House) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    door = sandbox.door("Garage Side Door")
    # Nobody tells of the attempt but the event of the bolt.
    for path in (ATTEMPTS, ONE_ATTEMPT):
        sandbox.faults.add("http_status", path=path, status=503)
    sandbox.tune(door, reading_lag=60)
    begun = harness.hass.loop.time()
    await harness.until(harness.press(door, "lock"))
    assert harness.hass.loop.time() - begun < door.command_seconds + 0.2
    assert harness.state(door).state == "locked"


async def test_with_push_attempts_are_asked_for_slowly_later(pushed: House) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    sandbox.faults.add("attempt_pending")
    press = harness.press(sandbox.door("Garage Side Door"), "lock")
    since = len(sandbox.requests)
    await harness.advance(4)
    assert pushed.asked(ATTEMPTS, since) >= 8
    await harness.advance(2)
    since = len(sandbox.requests)
    await harness.advance(20)
    assert 9 <= pushed.asked(ATTEMPTS, since) <= 11
    await failure(harness, press)


async def test_a_refused_call_makes_us_list_the_events(pushed: House) -> None:
    """It may have been Seam, with a secret that we no longer know."""
    await pushed.harness.advance(60)
    since = len(pushed.sandbox.requests)
    door = pushed.sandbox.door("Front Door")
    call = pushed.event(door, "lock.unlocked")
    assert await pushed.tell(call, Forgery(401, version="v2")) == 401
    await pushed.harness.advance(3)
    assert pushed.asked(EVENTS, since) == 1


async def test_a_captured_call_is_not_handed_on_again(pushed: House) -> None:
    door = pushed.sandbox.door("Front Door")
    captured = pushed.call(pushed.event(door, "lock.unlocked"))
    counts = pushed.harness.entry.runtime_data.push.health.counts
    before = counts["pushed"]
    for _ in range(3):
        assert await pushed.send(captured) == 200
    assert counts["pushed"] == before + 1


async def test_a_body_that_does_not_tell_its_size_is_bounded(pushed: House) -> None:
    async def chunks() -> AsyncGenerator[bytes]:
        for _ in range(9):
            yield b" " * (MAX_BODY // 8)

    call = pushed.call(pushed.event(pushed.sandbox.door("Front Door"), "lock.unlocked"))
    async with pushed.client.post(
        pushed.path, data=chunks(), headers=call.headers
    ) as response:
        assert response.status == 413


async def test_the_notice_goes_with_an_unload(pushed: House) -> None:
    health = pushed.harness.entry.runtime_data.push.health
    pushed.sandbox.faults.add("webhook_dropped")
    await pushed.harness.advance(10)
    health.async_event_lost(pushed.sandbox.clock.now())
    await pushed.harness.advance(1900)
    assert pushed.repair_issue() is not None
    await pushed.harness.unload()
    assert pushed.repair_issue() is None


async def teach(house: House, names: list[str]) -> None:
    """Let each lock prove that its movements are told by events."""
    for name in names:
        for thrown in (False, True):
            house.sandbox.turn_bolt(name, thrown=thrown)
            await house.harness.advance(1)
    # What was unlocked lately may lock itself in silence.
    await house.harness.advance(16 * 60)


async def test_a_lost_event_makes_readings_frequent_again(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    hass_client_no_auth: ClientSessionGenerator,
    enable_custom_integrations: None,
    socket_enabled: None,
) -> None:
    """In a house without door sensors, where each lock has told of itself."""
    async with plain_locks(hass, freezer, 2) as harness:
        house = await open_house(harness, hass_client_no_auth)
        await harness.set_up()
        await house.proven()
        await teach(house, ["Door 0", "Door 1"])
        since = len(house.sandbox.requests)
        await harness.advance(900)
        assert 2 <= house.asked(DEVICES, since) <= 4
        harness.entry.runtime_data.push.health.async_event_lost(
            house.sandbox.clock.now()
        )
        assert house.push == "degraded"
        since = len(house.sandbox.requests)
        await harness.advance(100)
        assert house.asked(DEVICES, since) >= 3


async def test_a_silent_lock_is_read_each_minute_with_push(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    hass_client_no_auth: ClientSessionGenerator,
    enable_custom_integrations: None,
    socket_enabled: None,
) -> None:
    async with plain_locks(hass, freezer, 2) as harness:
        house = await open_house(harness, hass_client_no_auth)
        await harness.set_up()
        await house.proven()
        await teach(house, ["Door 0"])
        since = len(house.sandbox.requests)
        await harness.advance(600)
        assert 9 <= house.asked(DEVICES, since) <= 11


async def test_there_is_one_webhook_whatever_was_left(pushed: House) -> None:
    webhooks, workspace = pushed.sandbox.webhooks, pushed.sandbox.workspace_id
    other = webhooks.create(workspace, "https://other.canary.test/hook", ["*"])
    webhooks.create(workspace, "https://former.canary.test" + pushed.path, ["*"])
    await pushed.reload()
    kept = pushed.harness.entry.data[CONF_PUSH]["webhook_id"]
    assert set(webhooks.all) == {kept, other.webhook_id}


async def test_a_reload_keeps_the_webhook(pushed: House) -> None:
    before = pushed.registered.webhook_id
    await pushed.reload()
    assert pushed.registered.webhook_id == before


async def test_the_webhook_goes_with_its_entry(pushed: House) -> None:
    await pushed.remove()
    assert not pushed.sandbox.webhooks.all


async def test_without_an_address_the_webhook_is_withdrawn(pushed: House) -> None:
    await pushed.hass.config.async_update(internal_url=None)
    await pushed.harness.settle()
    assert not pushed.sandbox.webhooks.all
    assert pushed.push == "no_address"


async def test_a_webhook_without_a_secret_is_not_kept(house: House) -> None:
    make = Webhook.as_json

    def without_secret(webhook: Webhook, *, with_secret: bool = False) -> Any:
        return make(webhook)

    with patch.object(Webhook, "as_json", without_secret):
        await house.harness.set_up()
    assert not house.sandbox.webhooks.all
    assert CONF_PUSH not in house.harness.entry.data
