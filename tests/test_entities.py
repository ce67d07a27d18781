"""Entities: what each lock gets, what it is called, and what it shows."""

import asyncio
from collections import Counter
import time
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.translation import (
    async_translate_state,
    async_translate_state_attr,
)
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.seam.const import DOMAIN
from tests.harness import Harness
from tests.seam_sandbox import ABSENT, Door, SeamSandbox
from tests.seam_sandbox.catalogue import FIRST_LOCKS

MOST_ENABLED = 5


def entries_of(harness: Harness) -> list[er.RegistryEntry]:
    """Return all entities of the entry, in the order of their ids."""
    found = er.async_entries_for_config_entry(
        er.async_get(harness.hass), harness.entry.entry_id
    )
    return sorted(found, key=lambda entity: entity.entity_id)


async def set_up_all(harness: Harness) -> None:
    """Set up, and enable what is disabled by default."""
    await harness.set_up()
    await enable_all(harness)


async def enable_all(harness: Harness) -> None:
    """Enable what is disabled by default."""
    for entity in entries_of(harness):
        er.async_get(harness.hass).async_update_entity(
            entity.entity_id, disabled_by=None
        )
    await harness.advance(31)  # Home Assistant reloads the entry by itself
    assert all(harness.hass.states.get(one.entity_id) for one in entries_of(harness))


def device_of(harness: Harness, door: Door) -> dr.DeviceEntry | None:
    """Return the device of a door, None when it has none."""
    return next(
        (
            device
            for device in dr.async_entries_for_config_entry(
                dr.async_get(harness.hass), harness.entry.entry_id
            )
            if isinstance(device, dr.DeviceEntry)
            and (DOMAIN, door.device_id) in device.identifiers
        ),
        None,
    )


def set_property(sandbox: SeamSandbox, door: Door, name: str, value: Any) -> None:
    """Let Seam say something else of a door than what is true."""
    sandbox.add_fault(
        "http_property",
        path="/devices/list",
        device_id=door,
        name=f"properties.{name}",
        value=value,
    )


async def fail_to_lock(harness: Harness, door: Door) -> None:
    """Press lock, and see it fail."""
    press = harness.press(door, "lock")
    await harness.until(asyncio.ensure_future(asyncio.wait([press])))
    assert press.exception() is not None


# -- what there is


async def test_everything(harness: Harness, snapshot: SnapshotAssertion) -> None:
    """One picture for each device: what it is, its entities, and their states."""
    await harness.set_up()
    by_default = {
        entity.entity_id for entity in entries_of(harness) if entity.disabled_by is None
    }
    await enable_all(harness)
    devices = dr.async_entries_for_config_entry(
        dr.async_get(harness.hass), harness.entry.entry_id
    )
    for device in devices:
        assert isinstance(device, dr.DeviceEntry)
        picture = {
            name: getattr(device, name)
            for name in (
                "area_id",
                "configuration_url",
                "entry_type",
                "manufacturer",
                "model",
                "model_id",
                "serial_number",
            )
        }
        entities: dict[str, Any] = {}
        for entity in entries_of(harness):
            if entity.device_id != device.id:
                continue
            state = harness.hass.states.get(entity.entity_id)
            assert state is not None
            entities[entity.entity_id] = {
                "unique_id": entity.unique_id,
                "enabled": entity.entity_id in by_default,
                "category": entity.entity_category,
                "translation_key": entity.translation_key,
                # Only the time itself may differ, by how long a reload takes.
                "state": (
                    "a time"
                    if state.attributes.get("device_class") == "timestamp"
                    and state.state != "unknown"
                    else state.state
                ),
                "attributes": {
                    str(name): value for name, value in state.attributes.items()
                },
            }
        assert {"device": picture, "entities": entities} == snapshot(name=device.name)


async def test_few_entities_are_enabled_by_default(harness: Harness) -> None:
    await harness.set_up()
    enabled = Counter(
        entity.device_id for entity in entries_of(harness) if entity.disabled_by is None
    )
    assert len(enabled) == len(FIRST_LOCKS) + 1
    assert max(enabled.values()) <= MOST_ENABLED
    # The lock and what happens at it are what all of this is for.
    for plan in FIRST_LOCKS:
        door = harness.sandbox.door(plan.name)
        assert harness.state(door)
        assert harness.state(door, "event", "activity")


async def test_the_id_of_seam_is_the_identity(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    ids = {*sandbox.doors, sandbox.workspace_id}
    for entity in entries_of(harness):
        seams_id = entity.unique_id[:36]
        assert seams_id in ids
        rest = entity.unique_id[36:]
        assert bool(rest) is (entity.domain != "lock")
        assert not rest or rest.startswith("-")
    assert {harness.entity_id(door) for door in sandbox.doors.values()} >= set(
        harness.hass.states.async_entity_ids("lock")
    )


async def test_what_is_no_lock_gets_nothing(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    for name in ("Hallway Thermostat", "Living Room Noise"):
        assert device_of(harness, sandbox.door(name)) is None
    devices = dr.async_entries_for_config_entry(
        dr.async_get(harness.hass), harness.entry.entry_id
    )
    assert len(devices) == len(FIRST_LOCKS) + 1


async def test_what_the_device_tells_of_itself(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    device = device_of(harness, door)
    assert device is not None
    assert device.name == "Front Door"
    assert device.manufacturer == "August"
    assert device.model == "Wi-Fi Smart Lock"
    assert device.model_id == "august_lock"
    assert device.serial_number == f"SBX-{door.device_id[:8].upper()}"
    assert device.configuration_url is not None
    assert device.configuration_url.endswith(f"/devices/{door.device_id}")
    assert device.area_id == "hall"


async def test_another_name_at_seam_becomes_the_devices(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    entity_id = harness.entity_id(door)
    sandbox.rename(door, "Canary Door")
    await harness.advance(61)
    await harness.unload()
    await harness.set_up()
    device = device_of(harness, door)
    assert device is not None
    assert device.name == "Canary Door"
    assert harness.entity_id(door) == entity_id
    assert harness.state(door).name == "Canary Door"


# -- batteries


async def test_battery(harness: Harness, sandbox: SeamSandbox) -> None:
    await harness.set_up()
    state = harness.state(sandbox.door("Front Door"), "sensor", "battery")
    assert float(state.state) == 85
    assert state.attributes["unit_of_measurement"] == "%"


async def test_no_battery_no_sensor(harness: Harness, sandbox: SeamSandbox) -> None:
    door = sandbox.door("Front Door")
    for name in ("battery", "battery_level"):
        set_property(sandbox, door, name, ABSENT)
    await set_up_all(harness)
    assert harness.entity_id(door, "sensor", "battery") is None
    assert harness.entity_id(door, "binary_sensor", "battery_low") is None
    assert harness.entity_id(door, "sensor", "keypad_battery") is not None


@pytest.mark.parametrize("level", [-1, 1.01, 85, "full", None, True, [0.5]])
async def test_a_level_that_makes_no_sense_is_unknown(
    harness: Harness, sandbox: SeamSandbox, level: object
) -> None:
    door = sandbox.door("Front Door")
    set_property(sandbox, door, "battery", {"level": level, "status": "full"})
    set_property(sandbox, door, "battery_level", ABSENT)
    await harness.set_up()
    assert harness.state(door, "sensor", "battery").state == "unknown"


async def test_a_level_without_a_battery_counts(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    door = sandbox.door("Front Door")
    set_property(sandbox, door, "battery", ABSENT)
    await harness.set_up()
    assert float(harness.state(door, "sensor", "battery").state) == 85


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("critical", "on"),
        ("low", "on"),
        ("good", "off"),
        ("full", "off"),
        ("from_next_year", "off"),
    ],
)
async def test_low_is_what_the_maker_calls_low(
    harness: Harness,
    sandbox: SeamSandbox,
    status: str,
    state: str,
) -> None:
    door = sandbox.door("Front Door")
    set_property(sandbox, door, "battery", {"level": 0.9, "status": status})
    await set_up_all(harness)
    assert harness.state(door, "binary_sensor", "battery_low").state == state


async def test_no_word_on_the_battery_is_unknown(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await set_up_all(harness)
    door = sandbox.door("Front Door")
    set_property(sandbox, door, "battery", {"level": 0.9})
    await harness.advance(61)
    assert harness.state(door, "binary_sensor", "battery_low").state == "unknown"


async def test_the_battery_of_the_keypad(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await set_up_all(harness)
    levels = {"Front Door": 70, "Guest Suite": 15}
    for name, level in levels.items():
        state = harness.state(sandbox.door(name), "sensor", "keypad_battery")
        assert float(state.state) == level
    for name in ("Back Door", "Main Entrance"):
        assert harness.entity_id(sandbox.door(name), "sensor", "keypad_battery") is None
    sandbox.set_keypad_battery("Front Door", 0.11)
    await harness.advance(61)
    state = harness.state(sandbox.door("Front Door"), "sensor", "keypad_battery")
    assert float(state.state) == 11


# -- doors and connections


async def test_the_door_is_not_the_lock(harness: Harness, sandbox: SeamSandbox) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    assert harness.state(door, "binary_sensor", "door").state == "off"
    sandbox.turn_bolt(door, thrown=False)
    await harness.advance(61)
    assert harness.state(door, "binary_sensor", "door").state == "off"
    assert sandbox.open_door(door)
    await harness.advance(61)
    assert harness.state(door, "binary_sensor", "door").state == "on"
    assert harness.state(door).state == "unlocked"


async def test_only_a_door_that_tells_has_a_door_sensor(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    door = sandbox.door("Front Door")
    set_property(sandbox, door, "door_open", None)
    await harness.set_up()
    assert harness.entity_id(door, "binary_sensor", "door") is None
    back = sandbox.door("Back Door")
    assert harness.entity_id(back, "binary_sensor", "door") is None
    sandbox.clear_faults()
    await harness.advance(61)
    assert harness.state(door, "binary_sensor", "door").state == "off"


@pytest.mark.parametrize("value", [None, ABSENT, "open", 1])
async def test_a_door_that_says_nothing_is_unknown(
    harness: Harness, sandbox: SeamSandbox, value: object
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    set_property(sandbox, door, "door_open", value)
    await harness.advance(61)
    assert harness.state(door, "binary_sensor", "door").state == "unknown"
    assert harness.state(door).state == "locked"


async def test_the_connection_is_told_while_nothing_else_is(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    shed = sandbox.door("Garden Shed")
    assert harness.state(shed).state == "unavailable"
    assert harness.state(shed, "binary_sensor", "online").state == "off"
    door = sandbox.door("Front Door")
    assert harness.state(door, "binary_sensor", "online").state == "on"
    set_property(sandbox, door, "online", ABSENT)
    await harness.advance(61)
    assert harness.state(door, "binary_sensor", "online").state == "unknown"
    assert harness.state(door).state == "locked"


# -- problems


async def test_a_jam_is_a_problem(harness: Harness, sandbox: SeamSandbox) -> None:
    await set_up_all(harness)
    door = sandbox.door("Garage Side Door")
    assert harness.state(door, "binary_sensor", "problem").state == "off"
    sandbox.jam(door)
    await fail_to_lock(harness, door)
    assert harness.state(door, "binary_sensor", "problem").state == "on"
    sandbox.unjam(door)
    await harness.until(harness.press(door, "lock"))
    assert harness.state(door, "binary_sensor", "problem").state == "off"


async def test_a_lock_that_failed_is_a_problem_until_it_is_locked(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await set_up_all(harness)
    door = sandbox.door("Garage Side Door")
    sandbox.faults.add("attempt_fail", error_type="battery_dead", times=1)
    await fail_to_lock(harness, door)
    await harness.advance(180)
    assert harness.state(door).state == "unlocked"
    assert harness.state(door, "binary_sensor", "problem").state == "on"
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(61)
    assert harness.state(door, "binary_sensor", "problem").state == "off"


async def test_locked_while_the_door_stands_open_is_a_problem(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await set_up_all(harness)
    door = sandbox.door("Front Door")
    sandbox.turn_bolt(door, thrown=False)
    sandbox.open_door(door)
    await harness.advance(61)
    assert harness.state(door, "binary_sensor", "problem").state == "off"
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(61)
    assert harness.state(door).state == "locked"
    assert harness.state(door, "binary_sensor", "door").state == "on"
    assert harness.state(door, "binary_sensor", "problem").state == "on"


async def test_an_error_of_the_device_is_a_problem(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await set_up_all(harness)
    door = sandbox.door("Front Door")
    sandbox.set_error(door, "august_lock_not_authorized")
    await harness.advance(61)
    assert harness.state(door).state == "locked"
    assert harness.state(door, "binary_sensor", "problem").state == "on"
    sandbox.clear_error(door, "august_lock_not_authorized")
    await harness.advance(61)
    assert harness.state(door, "binary_sensor", "problem").state == "off"
    # A problem is told also of a lock that can no longer be reached.
    shed = sandbox.door("Garden Shed")
    assert harness.state(shed, "binary_sensor", "problem").state == "on"


# -- how old and how sure


async def test_last_confirmed_says_when_and_by_what(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await set_up_all(harness)
    door = sandbox.door("Garage Side Door")

    def confirmed() -> tuple[float, str | None]:
        state = harness.state(door, "sensor", "last_confirmed")
        proven_at = dt_util.parse_datetime(state.state, raise_on_error=True)
        age = time.time() - proven_at.timestamp()
        return age, state.attributes["source"]

    age, source = confirmed()
    assert source == "reading"
    assert age == pytest.approx(0, abs=2)

    await harness.advance(15)
    age, source = confirmed()
    assert source == "reading"
    assert age == pytest.approx(15, abs=2)

    await harness.advance(9)  # a reading in which nothing has changed
    assert confirmed()[0] < 6

    sandbox.faults.add("event_dropped")
    await harness.until(harness.press(door, "lock"))
    age, source = confirmed()
    assert source == "attempt"
    assert age < 5

    sandbox.clear_faults()
    await harness.advance(61)
    sandbox.add_fault("http_status", path="/devices/list", status=503)
    sandbox.turn_bolt(door, thrown=False)
    await harness.advance(31)
    age, source = confirmed()
    assert source == "event"
    assert age == pytest.approx(31, abs=2)


async def test_last_confirmed_of_a_lock_that_says_nothing_is_unknown(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await set_up_all(harness)
    state = harness.state(sandbox.door("Main Entrance"), "sensor", "last_confirmed")
    assert state.state == "unknown"
    assert state.attributes["source"] is None


# -- words


async def test_every_state_is_told_in_words(
    hass: HomeAssistant,
    harness: Harness,
    sandbox: SeamSandbox,
) -> None:
    """Go through what a lock can be, and look for the words of all that shows."""
    assert await async_setup_component(hass, "homeassistant", {})
    await set_up_all(harness)
    door = sandbox.door("Garage Side Door")
    plain = {"battery", "keypad_battery", "last_confirmed", "push_round_trip"}
    seen: set[str] = set()

    def look() -> None:
        for entity in entries_of(harness):
            state = hass.states.get(entity.entity_id)
            assert state is not None
            if entity.domain in ("button", "event") or (
                entity.unique_id[37:] in plain and entity.domain == "sensor"
            ):
                for name in ("event_type", "what"):
                    if (said := state.attributes.get(name)) is not None:
                        assert _words(hass, entity, name, said) != said
                source = state.attributes.get("source")
                if source is not None:
                    assert _words(hass, entity, "source", source) != source
                continue
            if state.state in ("unknown", "unavailable"):
                continue
            seen.add(state.state)
            words = async_translate_state(
                hass,
                state.state,
                entity.domain,
                DOMAIN,
                entity.translation_key,
                state.attributes.get("device_class"),
            )
            assert words != state.state, entity.entity_id
            changed_by = state.attributes.get("changed_by")
            if changed_by in ("manual", "automatic", "remote", "keycode", "card"):
                assert _words(hass, entity, "changed_by", changed_by) != changed_by

    look()
    press = harness.press(door, "lock")
    await harness.settle()
    look()
    await harness.until(press)
    look()
    press = harness.press(door, "unlock")
    await harness.settle()
    look()
    await harness.until(press)
    sandbox.jam(door)
    await fail_to_lock(harness, door)
    look()
    sandbox.unjam(door)
    sandbox.use_card(door, thrown=True)
    sandbox.enter_code("Front Door")
    sandbox.turn_bolt("Workshop", thrown=False)
    await harness.advance(61)
    look()
    await harness.advance(61)
    look()
    assert seen >= {"locked", "unlocked", "locking", "unlocking", "jammed", "on", "off"}


def _words(
    hass: HomeAssistant, entity: er.RegistryEntry, attribute: str, value: str
) -> str:
    return async_translate_state_attr(
        hass, value, entity.domain, DOMAIN, entity.translation_key, None, attribute
    )
