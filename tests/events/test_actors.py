"""Who moved a bolt: the right one, every time, and no one when nobody knows."""

from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from typing import Any

from homeassistant.auth.models import User
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import (
    Context,
    Event as HassEvent,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.setup import async_setup_component
import pytest

from custom_components.seam.api import Event
from custom_components.seam.const import CONF_NAMES_IN_HISTORY
from custom_components.seam.events.actors import NAME_TIMEOUT
from tests.harness import Harness
from tests.seam_sandbox import (
    CANARY_CLEANER,
    CANARY_GUEST,
    CANARY_PIN,
    Door,
    SeamSandbox,
)
from tests.seam_sandbox.catalogue import CANARY_CLEANER_PIN

MANAGED = "/access_codes/get"
UNMANAGED = "/access_codes/unmanaged/get"
LIST = 31.0  # after this long an event has been listed, in seconds


@pytest.fixture
async def door(harness: Harness, sandbox: SeamSandbox) -> Door:
    """Return a door with a keypad, set up in Home Assistant, that stays open."""
    await harness.set_up()
    return sandbox.door("Front Door")


@pytest.fixture
async def automation(
    hass: HomeAssistant, harness: Harness, door: Door
) -> AsyncGenerator[str]:
    """Return the event that an automation unlocks the door on."""
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "alias": "Canary Good Morning",
                "triggers": {"trigger": "event", "event_type": "canary_morning"},
                "actions": {
                    "action": "lock.unlock",
                    "target": {"entity_id": harness.entity_id(door)},
                },
            }
        },
    )
    await harness.settle()
    yield "canary_morning"
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"})
    await harness.settle()


@contextmanager
def written(hass: HomeAssistant, entity_id: str | None) -> Generator[list[State]]:
    """Collect the states that an entity writes."""
    states: list[State] = []

    @callback
    def changed(event: HassEvent[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        if new is not None and new.entity_id == entity_id:
            states.append(new)

    stop = hass.bus.async_listen(EVENT_STATE_CHANGED, changed)
    try:
        yield states
    finally:
        stop()


def said(states: list[State]) -> list[tuple[str, str | None]]:
    """Return what was said of the bolt, and of who did it."""
    return [(state.state, state.attributes.get("changed_by")) for state in states]


def changed_by(harness: Harness, door: Door) -> str | None:
    """Return who moved a bolt last, as the lock says."""
    who: str | None = harness.state(door).attributes.get("changed_by")
    return who


def told(harness: Harness, door: Door) -> dict[str, Any]:
    """Return what the lock's newest event says."""
    return dict(harness.state(door, "event", "activity").attributes)


# -- codes


async def test_a_code_is_told_by_its_name_in_the_same_write_once_it_is_known(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox, door: Door
) -> None:
    with written(hass, harness.entity_id(door)) as states:
        sandbox.enter_code(door)
        await harness.advance(LIST)
        # Where the bolt is comes first, whose code it was follows.
        # (The very first time a reading may be earlier: nobody knows yet that the
        # lock tells events.)
        assert said(states)[-2:] == [
            ("unlocked", "keycode"),
            ("unlocked", CANARY_GUEST),
        ]
        sandbox.turn_bolt(door, thrown=True)
        await harness.advance(LIST)
        del states[:]
        sandbox.enter_code(door)
        await harness.advance(LIST)
    assert said(states) == [("unlocked", CANARY_GUEST)]
    event = told(harness, door)
    assert event["event_type"] == "unlocked"
    assert event["actor"] == CANARY_GUEST
    assert event["method"] == "keycode"
    assert event["access_code_is_managed"] is True
    assert event["access_code_id"] == door.codes[CANARY_PIN].access_code_id
    assert CANARY_PIN not in repr(event)


async def test_seam_is_asked_for_a_name_once(
    harness: Harness, sandbox: SeamSandbox, door: Door
) -> None:
    for _ in range(3):
        sandbox.enter_code(door)
        await harness.advance(LIST)
        assert changed_by(harness, door) == CANARY_GUEST
        sandbox.turn_bolt(door, thrown=True)
        await harness.advance(LIST)
        assert changed_by(harness, door) == "manual"
    assert sandbox.count(MANAGED) == 1
    assert sandbox.count(UNMANAGED) == 0


async def test_a_code_that_seam_does_not_manage_has_a_name_too(
    harness: Harness, sandbox: SeamSandbox, door: Door
) -> None:
    for _ in range(2):
        sandbox.enter_code(door, CANARY_CLEANER_PIN)
        await harness.advance(LIST)
        assert changed_by(harness, door) == CANARY_CLEANER
        sandbox.turn_bolt(door, thrown=True)
        await harness.advance(LIST)
    assert sandbox.count(UNMANAGED) == 1


async def use_deleted_code(harness: Harness, door: Door, access_code_id: str) -> None:
    """Let an event tell of a code that Seam no longer knows."""
    harness.sandbox.house.move_bolt(
        door,
        thrown=False,
        method="keycode",
        access_code_id=access_code_id,
        access_code_is_managed=True,
    )
    await harness.advance(LIST)


async def test_a_name_outlives_its_code_and_a_restart(
    harness: Harness, sandbox: SeamSandbox, door: Door
) -> None:
    sandbox.enter_code(door)
    await harness.advance(LIST)
    code = door.codes.pop(CANARY_PIN)
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(LIST)
    await use_deleted_code(harness, door, code.access_code_id)
    assert changed_by(harness, door) == CANARY_GUEST

    await harness.unload()
    await harness.set_up()
    assert changed_by(harness, door) is None
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(LIST)
    await use_deleted_code(harness, door, code.access_code_id)
    assert changed_by(harness, door) == CANARY_GUEST
    assert sandbox.count(MANAGED) == 1


async def test_a_code_that_nobody_knows_is_not_asked_for_again(
    harness: Harness, sandbox: SeamSandbox, door: Door
) -> None:
    code = door.codes.pop(CANARY_PIN)
    for _ in range(3):
        await use_deleted_code(harness, door, code.access_code_id)
        assert changed_by(harness, door) == "keycode"
        assert told(harness, door)["actor"] is None
        sandbox.turn_bolt(door, thrown=True)
        await harness.advance(LIST)
    await harness.advance(700)
    await use_deleted_code(harness, door, code.access_code_id)
    assert sandbox.count(MANAGED) == sandbox.count(UNMANAGED) == 1


async def test_few_names_are_remembered_at_a_time(
    harness: Harness,
    sandbox: SeamSandbox,
    door: Door,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("custom_components.seam.events.actors.REMEMBERED", 1)
    for pin, name in (
        (CANARY_PIN, CANARY_GUEST),
        (CANARY_CLEANER_PIN, CANARY_CLEANER),
        (CANARY_PIN, CANARY_GUEST),
    ):
        sandbox.enter_code(door, pin)
        await harness.advance(LIST)
        assert changed_by(harness, door) == name
        sandbox.turn_bolt(door, thrown=True)
        await harness.advance(LIST)
    assert sandbox.count(MANAGED) == 3


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "http_hang"},
        {"kind": "http_latency", "seconds": 60.0},
        {"kind": "http_status", "status": 503},
        {"kind": "http_status", "status": 429, "retry_after": "30"},
        {"kind": "http_html"},
        {"kind": "http_reset"},
    ],
    ids=["hangs", "late", "503", "429", "HTML", "reset"],
)
async def test_no_name_is_waited_for(
    hass: HomeAssistant,
    harness: Harness,
    sandbox: SeamSandbox,
    door: Door,
    fault: dict[str, Any],
) -> None:
    """The door comes first: its name may come next time."""
    fault = dict(fault)
    kind = fault.pop("kind")
    for path in (MANAGED, UNMANAGED):
        sandbox.add_fault(kind, path=path, **fault)
    sandbox.enter_code(door)
    while not sandbox.count(MANAGED):
        await harness.advance(0.1)
    # At once, with what is known.
    assert harness.state(door).state == "unlocked"
    assert changed_by(harness, door) == "keycode"
    with written(hass, harness.entity_id(door)) as states:
        await harness.advance(NAME_TIMEOUT + 0.2)
    assert states == []
    assert told(harness, door)["activity"] == "unlocked"
    assert told(harness, door)["actor"] is None

    # It is asked for again, but not at once.
    sandbox.clear_faults()
    asked = sandbox.count(MANAGED)
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(LIST)
    sandbox.enter_code(door)
    await harness.advance(LIST)
    assert sandbox.count(MANAGED) == asked
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(600)
    sandbox.enter_code(door)
    await harness.advance(LIST)
    assert changed_by(harness, door) == CANARY_GUEST


async def test_many_names_at_once_are_all_learned(
    harness: Harness, sandbox: SeamSandbox, door: Door
) -> None:
    doors = [
        one
        for one in sandbox.doors.values()
        if one.model.codes and one.online and not one.model.momentary
    ]
    assert len(doors) > 5
    for one in doors:
        sandbox.tune(one, auto_lock=None)
        sandbox.enter_code(one)
    await harness.advance(LIST)
    for one in doors:
        assert told(harness, one)["actor"] == CANARY_GUEST


# -- Home Assistant's own commands


async def test_a_users_command_is_theirs(
    hass: HomeAssistant, harness: Harness, door: Door, hass_admin_user: User
) -> None:
    context = Context(user_id=hass_admin_user.id)
    with written(hass, harness.entity_id(door)) as states:
        await harness.until(harness.press(door, "unlock", context=context))
        await harness.advance(LIST)
    assert hass_admin_user.name
    assert [state for state in said(states) if state[0] == "unlocked"] == [
        ("unlocked", hass_admin_user.name)
    ]
    assert {state.context.id for state in states} == {context.id}
    event = told(harness, door)
    assert event["actor"] == hass_admin_user.name
    assert event["method"] == "remote"
    assert harness.state(door, "event", "activity").context.id == context.id


async def test_an_automations_command_is_its_own(
    hass: HomeAssistant, harness: Harness, door: Door, automation: str
) -> None:
    with written(hass, harness.entity_id(door)) as states:
        hass.bus.async_fire(automation)
        await harness.advance(LIST + 5)
    assert [state for state in said(states) if state[0] == "unlocked"] == [
        ("unlocked", "Canary Good Morning")
    ]
    run = hass.states.get("automation.canary_good_morning")
    assert run is not None
    assert harness.state(door).context.id == run.context.id
    assert told(harness, door)["actor"] == "Canary Good Morning"


async def test_a_command_that_nobody_sent_is_remote(
    harness: Harness, door: Door
) -> None:
    await harness.until(harness.press(door, "unlock"))
    await harness.advance(LIST)
    assert changed_by(harness, door) == "remote"
    assert told(harness, door)["actor"] is None


async def test_a_command_ends_with_its_name_when_no_event_tells_of_it(
    hass: HomeAssistant,
    harness: Harness,
    sandbox: SeamSandbox,
    door: Door,
    hass_admin_user: User,
) -> None:
    sandbox.faults.add("event_dropped")
    context = Context(user_id=hass_admin_user.id)
    with written(hass, harness.entity_id(door)) as states:
        await harness.until(harness.press(door, "unlock", context=context))
    assert said(states)[-1] == ("unlocked", hass_admin_user.name)
    assert ("unlocked", None) not in said(states)


async def test_a_user_who_is_gone_has_no_name(
    hass: HomeAssistant, harness: Harness, door: Door, hass_admin_user: User
) -> None:
    context = Context(user_id=hass_admin_user.id)
    press = harness.press(door, "unlock", context=context)
    await harness.advance(0.3)
    await hass.auth.async_remove_user(hass_admin_user)
    await harness.until(press)
    # The name is that of the press, if it was looked up before; never another's.
    assert changed_by(harness, door) in {hass_admin_user.name, "remote"}
    await harness.advance(LIST)
    assert told(harness, door)["actor"] is None


async def test_another_ones_command_is_not_ours(
    harness: Harness, sandbox: SeamSandbox, door: Door, hass_admin_user: User
) -> None:
    context = Context(user_id=hass_admin_user.id)
    await harness.until(harness.press(door, "unlock", context=context))
    await harness.advance(LIST)
    sandbox.use_app(door, thrown=True, bluetooth=True, nfc=False)
    await harness.advance(LIST)
    assert changed_by(harness, door) == "remote"
    assert harness.state(door).context.id != context.id
    event = told(harness, door)
    assert event["actor"] is None
    assert event["is_via_bluetooth"] is True
    assert event["is_via_nfc"] is False


# -- nobody


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("manual", "manual"),
        ("automatic", "automatic"),
        ("card", "card"),
        ("remote", "remote"),
        ("unknown", None),
    ],
)
async def test_the_last_ones_name_does_not_stay(
    *,
    hass: HomeAssistant,
    harness: Harness,
    sandbox: SeamSandbox,
    door: Door,
    method: str,
    expected: str | None,
) -> None:
    with written(hass, harness.entity_id(door)) as states:
        sandbox.enter_code(door)
        await harness.advance(LIST)
        sandbox.house.move_bolt(door, thrown=True, method=method)
        await harness.advance(LIST)
    assert said(states)[-2:] == [("unlocked", CANARY_GUEST), ("locked", expected)]
    event = told(harness, door)
    assert event["actor"] is None
    assert event["method"] == expected
    assert event["access_code_id"] is None


async def test_what_only_a_reading_shows_was_nobody(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox, door: Door
) -> None:
    sandbox.enter_code(door)
    await harness.advance(61)
    assert changed_by(harness, door) == CANARY_GUEST
    sandbox.faults.add("event_dropped")
    with written(hass, harness.entity_id(door)) as states:
        sandbox.turn_bolt(door, thrown=True)
        await harness.advance(61)
    assert said(states) == [("locked", None)]


async def test_the_same_one_twice_is_told_twice(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox, door: Door
) -> None:
    entity_id = harness.entity_id(door, "event", "activity")
    with written(hass, entity_id) as states:
        sandbox.enter_code(door)
        await harness.advance(LIST)
        sandbox.enter_code(door)
        await harness.advance(LIST)
    assert [state.attributes["actor"] for state in states] == [CANARY_GUEST] * 2


async def test_old_news_names_no_one_at_the_lock(
    harness: Harness, sandbox: SeamSandbox, door: Door
) -> None:
    sandbox.faults.add("event_late", seconds=400)
    sandbox.enter_code(door)
    await harness.advance(61)
    assert harness.state(door).state == "unlocked"
    await harness.advance(400)
    assert changed_by(harness, door) is None
    event = told(harness, door)
    assert event["event_type"] == "reported_late"
    assert event["activity"] == "unlocked"
    assert event["actor"] == CANARY_GUEST


async def test_a_denial_moves_and_names_nothing(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox, door: Door
) -> None:
    with written(hass, harness.entity_id(door)) as states:
        sandbox.enter_code(door, "000000")
        await harness.advance(LIST)
    assert states == []
    event = told(harness, door)
    assert event["event_type"] == "access_denied"
    assert event["reason"] == "An unknown code was entered."
    assert "000000" not in repr(event)


# -- privacy


async def test_without_names_in_history_there_is_none_anywhere(
    *,
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    harness: Harness,
    sandbox: SeamSandbox,
    door: Door,
    automation: str,
    hass_admin_user: User,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # What was learned before goes as well.
    sandbox.enter_code(door)
    await harness.advance(LIST)
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(LIST)

    options = await hass.config_entries.options.async_init(harness.entry.entry_id)
    await hass.config_entries.options.async_configure(
        options["flow_id"], {CONF_NAMES_IN_HISTORY: False}
    )
    await harness.settle()
    await harness.advance(LIST)
    caplog.clear()
    fired: list[Any] = []

    @callback
    def every(event: HassEvent[Any]) -> None:
        fired.append(event.as_dict())

    stop = hass.bus.async_listen("*", every)
    asked = sandbox.count(MANAGED)
    sandbox.enter_code(door)
    await harness.advance(LIST)
    assert harness.state(door).state == "unlocked"
    assert changed_by(harness, door) == "keycode"
    assert told(harness, door)["actor"] is None
    assert told(harness, door)["method"] == "keycode"
    context = Context(user_id=hass_admin_user.id)
    await harness.until(harness.press(door, "lock", context=context))
    await harness.advance(LIST)
    assert changed_by(harness, door) == "remote"
    hass.bus.async_fire(automation)
    await harness.advance(LIST)
    assert changed_by(harness, door) == "remote"
    await harness.advance(61)
    stop()

    assert sandbox.count(MANAGED) == asked
    ours = [
        event
        for event in fired
        if not str(event["event_type"]).startswith(("automation", "call_service"))
        and "automation." not in str(event["data"].get("entity_id"))
    ]
    assert len(ours) > 5
    for name in (CANARY_GUEST, "Canary Good Morning"):
        assert name not in repr(ours)
        assert name not in repr(
            [state.as_dict() for state in hass.states.async_all(["lock", "event"])]
        )
        assert name not in repr(hass_storage[f"seam.{harness.entry.entry_id}"])
    assert CANARY_GUEST not in caplog.text


async def test_two_waiting_at_once_hold_up_nothing(
    harness: Harness, sandbox: SeamSandbox, door: Door
) -> None:
    """A press ends while the name of somebody at another door is waited for."""
    sandbox.add_fault("http_hang", path=MANAGED)
    other = sandbox.door("Guest Suite")
    sandbox.enter_code(other)
    press = harness.press(door, "unlock")
    await harness.until(press, 6)
    assert harness.state(door).state == "unlocked"
    await harness.advance(LIST)
    assert harness.state(other).state == "unlocked"


# -- commands, in whatever order their news comes


async def newest_event(harness: Harness, event_type: str) -> Event:
    """Wait for an event of a type, and return it as the client reads it."""
    while not (
        found := [
            event
            for event in harness.sandbox.events
            if event["event_type"] == event_type
        ]
    ):
        await harness.advance(0.1)
    return Event.from_json(found[-1])


async def test_an_event_may_come_before_the_answer_to_its_command(
    hass: HomeAssistant, harness: Harness, door: Door, hass_admin_user: User
) -> None:
    harness.sandbox.add_fault("http_late_answer", path="/locks/unlock_door", seconds=3)
    context = Context(user_id=hass_admin_user.id)
    press = harness.press(door, "unlock", context=context)
    event = await newest_event(harness, "lock.unlocked")
    assert not press.done()
    harness.entry.runtime_data.feed.async_take_pushed(event)
    with written(hass, harness.entity_id(door)) as states:
        await harness.until(press)
        await harness.advance(3)
    # Never with another name, or without one.
    assert said(states)[-1] == ("unlocked", hass_admin_user.name)
    assert {name for _, name in said(states)} == {hass_admin_user.name}
    assert harness.state(door).context.id == context.id
    assert told(harness, door)["actor"] == hass_admin_user.name
    assert harness.state(door, "event", "activity").context.id == context.id


async def test_anothers_attempt_is_not_waited_for_for_ever(
    harness: Harness, sandbox: SeamSandbox, door: Door
) -> None:
    sandbox.house.move_bolt(
        door, thrown=False, method="remote", action_attempt_id="another"
    )
    event = await newest_event(harness, "lock.unlocked")
    harness.entry.runtime_data.feed.async_take_pushed(event)
    assert harness.state(door).state == "unlocked"
    await harness.advance(2.1)
    assert told(harness, door)["activity"] == "unlocked"
    assert told(harness, door)["actor"] is None
    assert harness.entry.runtime_data.feed.taking
    assert not harness.entry.runtime_data.feed._narrator._actors._answers


@pytest.mark.parametrize("cut", [False, True], ids=["reload", "power cut"])
async def test_a_name_survives_a_reload_in_mid_command(
    *,
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    harness: Harness,
    sandbox: SeamSandbox,
    door: Door,
    hass_admin_user: User,
    cut: bool,
) -> None:
    sandbox.tune(door, command_seconds=5)
    context = Context(user_id=hass_admin_user.id)
    press = harness.press(door, "unlock", context=context)
    await harness.advance(2)
    key = f"seam.{harness.entry.entry_id}"
    kept = hass_storage[key]
    await harness.unload()
    if cut:
        hass_storage[key] = kept
    await harness.settle()
    assert press.exception() is not None
    await harness.set_up()
    await harness.advance(LIST + 5)
    assert changed_by(harness, door) == hass_admin_user.name
    assert harness.state(door).context.id == context.id
    event = told(harness, door)
    assert event["actor"] == hass_admin_user.name
    assert harness.state(door, "event", "activity").context.user_id == (
        hass_admin_user.id
    )


async def test_an_automation_survives_a_reload_in_mid_command(
    hass: HomeAssistant,
    harness: Harness,
    sandbox: SeamSandbox,
    door: Door,
    automation: str,
) -> None:
    sandbox.tune(door, command_seconds=5)
    hass.bus.async_fire(automation)
    await harness.advance(2)
    await harness.unload()
    await harness.set_up()
    await harness.advance(LIST + 5)
    assert changed_by(harness, door) == "Canary Good Morning"


async def test_commands_are_kept_for_a_day(
    hass_storage: dict[str, Any], harness: Harness, door: Door
) -> None:
    await harness.until(harness.press(door, "unlock"))
    await harness.advance(2)
    key = f"seam.{harness.entry.entry_id}"
    assert len(hass_storage[key]["data"]["actors"]["attempts"]) == 1
    harness.freezer.tick(86401)
    await harness.unload()
    assert hass_storage[key]["data"]["actors"]["attempts"] == {}


async def test_a_name_survives_that_the_lock_only_accepted(
    harness: Harness, sandbox: SeamSandbox, door: Door, hass_admin_user: User
) -> None:
    sandbox.faults.add("attempt_unconfirmed", value=False)
    context = Context(user_id=hass_admin_user.id)
    await harness.until(harness.press(door, "unlock", context=context))
    await harness.advance(LIST)
    assert changed_by(harness, door) == hass_admin_user.name
    assert told(harness, door)["actor"] == hass_admin_user.name


async def test_one_code_at_two_doors_is_asked_for_once(
    harness: Harness, sandbox: SeamSandbox, door: Door
) -> None:
    code = next(iter(door.codes.values()))
    other = sandbox.door("Garage Side Door")
    for one in (door, other):
        sandbox.house.move_bolt(
            one,
            thrown=not one.bolt_thrown,
            method="keycode",
            access_code_id=code.access_code_id,
            access_code_is_managed=True,
        )
    await harness.advance(LIST)
    assert told(harness, door)["actor"] == told(harness, other)["actor"] == CANARY_GUEST
    assert sandbox.count(MANAGED) == 1


async def test_without_names_nothing_leads_to_a_person(
    hass_storage: dict[str, Any],
    harness: Harness,
    sandbox: SeamSandbox,
    door: Door,
    hass_admin_user: User,
) -> None:
    await harness.unload()
    await harness.set_up(options={CONF_NAMES_IN_HISTORY: False})
    sandbox.enter_code(door)
    await harness.advance(LIST)
    event = told(harness, door)
    assert event["method"] == "keycode"
    for name in ("actor", "access_code_id", "access_code_is_managed"):
        assert event[name] is None
    context = Context(user_id=hass_admin_user.id)
    await harness.until(harness.press(door, "lock", context=context))
    await harness.advance(LIST)
    for state in (harness.state(door), harness.state(door, "event", "activity")):
        assert state.context.user_id is None
        assert state.context.id != context.id
    kept = hass_storage[f"seam.{harness.entry.entry_id}"]["data"]
    assert kept["actors"] == {}
    assert sandbox.count(MANAGED) == 0


async def test_what_moves_by_itself_has_a_context_of_its_own(
    harness: Harness, sandbox: SeamSandbox, door: Door, hass_admin_user: User
) -> None:
    """Home Assistant would put it down to the last command for five seconds."""
    context = Context(user_id=hass_admin_user.id)
    await harness.until(harness.press(door, "unlock", context=context))
    await harness.advance(3)
    sandbox.turn_bolt(door, thrown=True)
    event = await newest_event(harness, "lock.locked")
    harness.entry.runtime_data.feed.async_take_pushed(event)
    assert harness.state(door).state == "locked"
    activity = harness.state(door, "event", "activity")
    assert activity.attributes["event_type"] == "locked"
    assert harness.state(door).context.id == activity.context.id != context.id
