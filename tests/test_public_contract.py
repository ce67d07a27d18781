"""The public contract: what people's automations, dashboards and history rely on.

A change of the snapshot is a breaking change for them from version 0.1.0 on: it
needs a line in CHANGELOG.md, and a way from the old to the new.
"""

from typing import Any

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import (
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from syrupy.assertion import SnapshotAssertion

from custom_components.seam.const import DOMAIN
from tests.harness import Harness
from tests.seam_sandbox import SeamSandbox

# Lists of events come no later than this, in seconds.
LISTED = 31.0
# What these attributes say is part of the contract, not only their names.
SPOKEN = ("device_class", "event_types", "options", "state_class")
ACTIVITY, DOORBELL = "<device_id>-activity", "<device_id>-doorbell"


def entries(harness: Harness) -> list[er.RegistryEntry]:
    """Return all entities of the workspace."""
    return er.async_entries_for_config_entry(
        er.async_get(harness.hass), harness.entry.entry_id
    )


async def enable_all(harness: Harness) -> None:
    """Enable what is disabled by default."""
    registry = er.async_get(harness.hass)
    for entity in entries(harness):
        registry.async_update_entity(entity.entity_id, disabled_by=None)
    await harness.advance(LISTED)  # Home Assistant reloads the entry by itself


def pattern(harness: Harness, unique_id: str) -> str:
    """Return a unique id with names for the ids in it."""
    for device_id in harness.sandbox.doors:
        unique_id = unique_id.replace(device_id, "<device_id>")
    return unique_id.replace(harness.sandbox.workspace_id, "<workspace_id>")


async def let_all_happen(harness: Harness) -> None:
    """Let each activity happen once, and old news as well."""
    sandbox = harness.sandbox
    door = sandbox.door("Front Door")
    sandbox.enter_code(door)
    await harness.advance(LISTED)
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(LISTED)
    sandbox.enter_code(door, "000000")
    sandbox.ring(door)
    await harness.advance(LISTED)
    unsure = sandbox.add_fault("attempt_unconfirmed", value=False)
    sandbox.add_fault("event_dropped", times=1)
    await harness.until(harness.press(door, "unlock"))
    sandbox.faults.clear(unsure)
    late = sandbox.add_fault("event_late", seconds=400)
    sandbox.tamper(door)
    await harness.advance(400 + LISTED)
    sandbox.faults.clear(late)


async def test_entities(
    harness: Harness, sandbox: SeamSandbox, snapshot: SnapshotAssertion
) -> None:
    """By unique id: translation key, names of attributes, and what some of them say."""
    await harness.set_up()
    await enable_all(harness)
    shown: dict[str, set[str]] = {}

    @callback
    def note(state: State) -> None:
        shown.setdefault(state.entity_id, set()).update(map(str, state.attributes))

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        if event.data["new_state"] is not None:
            note(event.data["new_state"])

    for state in harness.hass.states.async_all():
        note(state)
    harness.hass.bus.async_listen(EVENT_STATE_CHANGED, changed)
    await let_all_happen(harness)
    found: dict[str, dict[str, Any]] = {}
    for entity in entries(harness):
        state = harness.hass.states.get(entity.entity_id)
        assert state is not None
        key = f"{entity.domain}: {pattern(harness, entity.unique_id)}"
        said = {
            str(name): sorted(map(str, value))
            if isinstance(value, list)
            else str(value)
            for name, value in state.attributes.items()
            if name in SPOKEN
        }
        contract = {
            "translation_key": entity.translation_key,
            "has_entity_name": entity.has_entity_name,
            **said,
        }
        # The same for every lock.
        assert {**found.setdefault(key, contract), **contract} == found[key]
        names = found[key].setdefault("attributes", [])
        names[:] = sorted({*names, *shown[entity.entity_id]})
    # Each of the two has told of something by now.
    for key in (ACTIVITY, DOORBELL):
        assert "occurred_at" in found[f"event: {key}"]["attributes"]
    assert dict(sorted(found.items())) == snapshot


async def test_event_on_the_bus(
    harness: Harness, sandbox: SeamSandbox, snapshot: SnapshotAssertion
) -> None:
    """Fields of `seam_activity` and the kinds of what they hold."""
    fired: list[dict[str, Any]] = []

    @callback
    def keep(event: Event) -> None:
        fired.append(dict(event.data))

    harness.hass.bus.async_listen(f"{DOMAIN}_activity", keep)
    await harness.set_up()
    await let_all_happen(harness)
    assert {"unlocked", "locked", "access_denied", "tampered"} <= {
        data["type"] for data in fired
    }
    fields: dict[str, set[str]] = {}
    for data in fired:
        for name, value in data.items():
            fields.setdefault(name, set()).add(type(value).__name__)
    # What only a line of its own has.
    always = {name for name in fields if all(name in data for data in fired)}
    assert {
        name: {"kinds": sorted(kinds), "always": name in always}
        for name, kinds in sorted(fields.items())
    } == snapshot


async def test_options(
    hass: HomeAssistant, harness: Harness, snapshot: SnapshotAssertion
) -> None:
    """Keys of the options."""
    assert await async_setup_component(hass, "homeassistant", {})
    await harness.set_up()
    flow = await hass.config_entries.options.async_init(harness.entry.entry_id)
    schema = flow["data_schema"]
    assert schema is not None
    assert sorted(str(key) for key in schema.schema) == snapshot


async def test_actions(
    hass: HomeAssistant, harness: Harness, snapshot: SnapshotAssertion
) -> None:
    """Actions of our own, of which there are none yet."""
    await harness.set_up()
    assert sorted(hass.services.async_services_for_domain(DOMAIN)) == snapshot
