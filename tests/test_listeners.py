"""Those who listen: one that raises stops nobody, and core's own rules hold."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.seam.lock import SeamLock
from tests.harness import Harness
from tests.seam_sandbox import SeamSandbox

DEVICES = "/devices/list"


class CanaryError(Exception):
    """What a listener raises."""


def raises(*_args: Any) -> None:
    """Listen, and raise."""
    raise CanaryError


async def test_a_listener_that_raises_stops_nobody(
    harness: Harness, sandbox: SeamSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the entities nor new locks nor the readings and events to come."""
    await harness.set_up()
    coordinator = harness.entry.runtime_data.coordinator
    # Before all others.
    coordinator._locks_listeners.insert(0, raises)
    coordinator._proof_listeners.insert(0, raises)
    coordinator._listeners = {
        raises: (raises, None),
        **coordinator._listeners,
    }
    for thrown in (True, False, True):
        sandbox.turn_bolt("Garage Side Door", thrown=thrown)
        await harness.advance(35)
        door = sandbox.door("Garage Side Door")
        assert harness.state(door).state == ("locked" if thrown else "unlocked")
    new = sandbox.add_lock("Canary Gate")
    await harness.advance(35)
    assert harness.state(new).state == "locked"
    await harness.until(harness.press(new, "unlock"))
    assert harness.state(new).state == "unlocked"
    assert "CanaryError" in caplog.text


async def test_an_entity_that_raises_stops_no_other(
    harness: Harness, sandbox: SeamSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    await harness.set_up()
    front = sandbox.door("Front Door")
    update = SeamLock._handle_coordinator_update

    def broken(entity: SeamLock) -> None:
        if entity.unique_id == front.device_id:
            raise CanaryError
        update(entity)

    monkeypatch.setattr(SeamLock, "_handle_coordinator_update", broken)
    await harness.unload()
    await harness.set_up()
    for thrown in (True, False):
        sandbox.turn_bolt(front, thrown=not thrown)
        sandbox.turn_bolt("Garage Side Door", thrown=thrown)
        await harness.advance(35)
        door = sandbox.door("Garage Side Door")
        assert harness.state(door).state == ("locked" if thrown else "unlocked")


async def test_who_listens_without_a_context_hears_of_each_change(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    """As with any coordinator of Home Assistant."""
    await harness.set_up()
    coordinator = harness.entry.runtime_data.coordinator
    heard: list[None] = []
    stop = coordinator.async_add_listener(lambda: heard.append(None))
    await harness.advance(61)
    assert heard == []
    sandbox.set_battery("Front Door", 0.3)
    await harness.advance(25)
    assert len(heard) == 1
    sandbox.set_battery("Workshop", 0.3)
    await harness.advance(25)
    assert len(heard) == 2
    stop()
    sandbox.set_battery("Workshop", 0.2)
    await harness.advance(25)
    assert len(heard) == 2


async def test_without_polling_nothing_is_read_and_nothing_is_claimed(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox
) -> None:
    harness.entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(harness.entry, pref_disable_polling=True)
    await harness.set_up()
    door = sandbox.door("Front Door")
    assert harness.state(door).state == "locked"
    asked = sandbox.count(DEVICES)
    await harness.advance(14 * 60)
    assert sandbox.count(DEVICES) == asked
    assert harness.state(door).state == "locked"
    await harness.advance(3 * 60)
    assert harness.state(door).state == "unavailable"
    # A person may still ask for it.
    await harness.entry.runtime_data.coordinator.async_request_refresh()
    await harness.settle()
    assert harness.state(door).state == "locked"
