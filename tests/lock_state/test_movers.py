"""Who moved a bolt: the name and the context of each state, and none where unwanted."""

from typing import Any

from homeassistant.auth.models import User
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import (
    Context,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.seam.const import CONF_NAMES_IN_HISTORY, DOMAIN
from tests.harness import Harness
from tests.seam_sandbox import (
    ABSENT,
    CANARY_CLEANER,
    CANARY_GUEST,
    Door,
    SeamSandbox,
)
from tests.seam_sandbox.catalogue import CANARY_CLEANER_PIN

DEVICES = "/devices/list"
LIST = 32


@pytest.fixture
def admin(hass: HomeAssistant) -> User:
    """Return somebody who presses in Home Assistant."""
    return MockUser(name="Admin Canary-Demo", is_owner=True).add_to_hass(hass)


@pytest.fixture
def door(sandbox: SeamSandbox) -> Door:
    """Return a locked door with nothing but a bolt and a keypad."""
    door = sandbox.door("Workshop")
    sandbox.tune(door, auto_lock=0)
    return door


def all_states(harness: Harness) -> list[State]:
    """Collect all states that are written from now on."""
    written: list[State] = []

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        if (new := event.data["new_state"]) is not None:
            written.append(new)

    harness.hass.bus.async_listen(EVENT_STATE_CHANGED, changed)
    return written


def mover(harness: Harness, door: Door) -> str | None:
    found: str | None = harness.state(door).attributes.get("changed_by")
    return found


# C1, F2


@pytest.mark.parametrize("thrown_by", ["hand", "itself"])
async def test_who_pressed_last_is_not_who_moved_it_next(
    harness: Harness, sandbox: SeamSandbox, door: Door, admin: User, thrown_by: str
) -> None:
    await harness.set_up()
    context = Context(user_id=admin.id)
    await harness.until(harness.press(door, "unlock", context=context))
    assert harness.state(door).context.user_id == admin.id
    await harness.advance(1)
    if thrown_by == "hand":
        sandbox.turn_bolt(door, thrown=True)
    else:
        sandbox.house.move_bolt(door, thrown=True, method="automatic")
    await harness.advance(LIST)
    state = harness.state(door)
    assert state.state == "locked"
    assert state.attributes["changed_by"] == (
        "manual" if thrown_by == "hand" else "automatic"
    )
    assert state.context.user_id is None
    assert state.context.id != context.id


async def test_a_code_at_the_door_is_not_who_pressed_last(
    harness: Harness, sandbox: SeamSandbox, door: Door, admin: User
) -> None:
    await harness.set_up()
    context = Context(user_id=admin.id)
    await harness.until(harness.press(door, "lock", context=context))
    await harness.advance(2)
    sandbox.enter_code(door)
    await harness.advance(LIST)
    assert mover(harness, door) == CANARY_GUEST
    assert harness.state(door).context.user_id is None


# C2


async def test_late_news_of_another_one_changes_no_name(
    harness: Harness, sandbox: SeamSandbox, door: Door
) -> None:
    await harness.set_up()
    late = sandbox.add_fault("event_late", seconds=130, times=1)
    sandbox.enter_code(door)
    sandbox.faults.clear(late)
    await harness.advance(30)
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(LIST)
    sandbox.enter_code(door, CANARY_CLEANER_PIN)
    await harness.advance(LIST)
    assert mover(harness, door) == CANARY_CLEANER
    absent = sandbox.add_fault(
        "http_property",
        path=DEVICES,
        device_id=door,
        name="properties.locked",
        value=ABSENT,
        times=1,
    )
    await harness.advance(25)
    assert absent.hits == 1
    await harness.advance(60)
    assert harness.state(door).state == "unlocked"
    assert mover(harness, door) == CANARY_CLEANER


# I


async def test_who_is_not_named_is_nobody(
    harness: Harness, sandbox: SeamSandbox, door: Door
) -> None:
    await harness.set_up()
    sandbox.enter_code(door)
    await harness.advance(LIST)
    assert mover(harness, door) == CANARY_GUEST
    sandbox.house.tell(door, "lock.unlocked", method="unknown")
    await harness.advance(LIST)
    assert harness.state(door).state == "unlocked"
    assert mover(harness, door) is None


# F16


async def test_the_last_mover_is_not_shown_while_a_command_runs(
    harness: Harness, sandbox: SeamSandbox, door: Door
) -> None:
    await harness.set_up()
    sandbox.enter_code(door)
    await harness.advance(LIST)
    assert mover(harness, door) == CANARY_GUEST
    press = harness.press(door, "lock")
    await harness.advance(0.5)
    assert harness.state(door).state == "locking"
    assert mover(harness, door) is None
    await harness.until(press)


# F4


def leads_to(state: State, people: tuple[str, ...], ids: set[str]) -> bool:
    """Return whether a state tells of a person, by name or by id."""
    told = f"{state.as_dict()!r}"
    return any(one in told for one in (*people, *ids))


async def test_without_names_nothing_leads_to_a_person(
    harness: Harness, sandbox: SeamSandbox, door: Door, admin: User
) -> None:
    await harness.set_up(options={CONF_NAMES_IN_HISTORY: False})
    written = all_states(harness)
    for action in ("unlock", "lock", "unlock"):
        context = Context(user_id=admin.id)
        await harness.until(harness.press(door, action, context=context))
        await harness.advance(LIST)
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(LIST)
    sandbox.enter_code(door)
    await harness.advance(LIST)
    assert mover(harness, door) == "keycode"
    people = (CANARY_GUEST, str(admin.name))
    ids = {admin.id, *(code.access_code_id for code in door.codes.values())}
    found = [state for state in written if leads_to(state, people, ids)]
    assert [(state.entity_id, state.state) for state in found] == []
    assert len(written) >= 8


async def test_names_that_are_not_wanted_any_more_are_gone_at_once(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    harness: Harness,
    sandbox: SeamSandbox,
    door: Door,
) -> None:
    await harness.set_up()
    sandbox.enter_code(door)
    await harness.advance(LIST + 35)
    kept = f"{DOMAIN}.{harness.entry.entry_id}"
    assert CANARY_GUEST in repr(hass_storage[kept])
    written = all_states(harness)

    flow = await hass.config_entries.options.async_init(harness.entry.entry_id)
    await hass.config_entries.options.async_configure(
        flow["flow_id"], {CONF_NAMES_IN_HISTORY: False}
    )
    await harness.advance(2)
    # Nothing flashes: of all entities only that lock has something new to say.
    assert {state.entity_id for state in written} == {harness.entity_id(door)}
    assert [state.state for state in written] == ["unlocked"]
    assert mover(harness, door) == "keycode"
    assert CANARY_GUEST not in repr(hass_storage[kept])

    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(LIST)
    sandbox.enter_code(door)
    await harness.advance(LIST)
    assert mover(harness, door) == "keycode"

    flow = await hass.config_entries.options.async_init(harness.entry.entry_id)
    await hass.config_entries.options.async_configure(
        flow["flow_id"], {CONF_NAMES_IN_HISTORY: True}
    )
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(LIST)
    sandbox.enter_code(door)
    await harness.advance(LIST)
    assert mover(harness, door) == CANARY_GUEST


# C6


async def test_a_new_name_at_seam_reaches_the_device_and_a_chosen_one_stays(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox, door: Door
) -> None:
    await harness.set_up()
    registry = dr.async_get(hass)

    def device() -> dr.AnyDeviceEntry:
        found = registry.async_get_device_by_identifier(
            (DOMAIN, door.device_id), harness.entry.entry_id
        )
        assert found is not None
        return found

    assert device().name == door.name
    sandbox.rename(door, "Canary Shed")
    await harness.advance(LIST)
    assert device().name == "Canary Shed"
    registry.async_update_device(device().id, name_by_user="Canary Mine")
    sandbox.rename(door, "Canary Barn")
    await harness.advance(LIST)
    assert device().name == "Canary Barn"
    assert device().name_by_user == "Canary Mine"
    assert harness.state(door).name == "Canary Mine"
