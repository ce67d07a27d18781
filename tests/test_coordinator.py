"""Readings: what comes of them, of those that fail, and of those that are odd."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
import logging
import math
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import (
    Event,
    EventStateChangedData,
    EventStateReportedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import mock_restore_cache
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.seam.const import DOMAIN
from custom_components.seam.lock_state.reread import REREAD_DELAYS
from custom_components.seam.lock_state.states import LockStates
from custom_components.seam.push import PushHealth
from tests.harness import Harness
from tests.push.helpers import open_house
from tests.seam_sandbox import ABSENT, Door, SeamSandbox

DEVICES = "/devices/list"
WORKSPACE = "/workspaces/get"
EVENTS = "/events/list"
QUARTER = 15 * 60
# After so many seconds a missing lock counts as gone.
GONE_AFTER = 180


@dataclass(slots=True)
class Writes:
    """What was written to the state machine.

    Attributes:
        changed: the entity, its old state and its new state.
        reported: entities that wrote what was there already.
    """

    changed: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    reported: list[str] = field(default_factory=list)

    @property
    def entities(self) -> set[str]:
        return {entity_id for entity_id, _, _ in self.changed} | set(self.reported)

    def of(self, entity_id: str | None) -> list[str | None]:
        """Return the new states of one entity, in order."""
        return [new for one, _, new in self.changed if one == entity_id]


@contextmanager
def written(hass: HomeAssistant) -> Generator[Writes]:
    """Collect all that is written."""
    writes = Writes()

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        old, new = event.data["old_state"], event.data["new_state"]
        writes.changed.append(
            (
                event.data["entity_id"],
                None if old is None else old.state,
                None if new is None else new.state,
            )
        )

    @callback
    def reported(event: Event[EventStateReportedData]) -> None:
        writes.reported.append(event.data["entity_id"])

    @callback
    def every(_data: EventStateReportedData) -> bool:
        return True

    stops = (
        hass.bus.async_listen(EVENT_STATE_CHANGED, changed),
        hass.bus.async_listen(EVENT_STATE_REPORTED, reported, every),
    )
    try:
        yield writes
    finally:
        for stop in stops:
            stop()


def our_log(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Return what this integration has logged above DEBUG."""
    return [
        record
        for record in caplog.records
        if record.name.startswith("custom_components.seam")
        and record.levelno > logging.DEBUG
    ]


def reauth_flows(hass: HomeAssistant) -> list[Any]:
    """Return the flows that ask for a new key."""
    return [
        flow
        for flow in hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        if flow["context"]["source"] == SOURCE_REAUTH
    ]


def readings(sandbox: SeamSandbox, since: int = 0) -> list[float]:
    """Return when all devices were listed, without single ones."""
    return [
        request.time
        for request in sandbox.requests[since:]
        if request.path == DEVICES
        and "device_ids" not in request.body
        and "page_cursor" not in request.body
    ]


def rereadings(sandbox: SeamSandbox) -> list[float]:
    """Return when single devices were listed."""
    return [
        request.time
        for request in sandbox.requests
        if request.path == DEVICES and "device_ids" in request.body
    ]


def device_of(harness: Harness, unique_id: str) -> dr.AnyDeviceEntry:
    """Return the device of a door or of the workspace."""
    return next(
        device
        for device in dr.async_entries_for_config_entry(
            dr.async_get(harness.hass), harness.entry.entry_id
        )
        if (DOMAIN, unique_id) in device.identifiers
    )


def picture(harness: Harness) -> set[tuple[str, str, str, str | None, str | None]]:
    """Return what people see and may have changed of all entities."""
    return {
        (one.entity_id, one.unique_id, one.id, one.name, one.area_id)
        for one in er.async_entries_for_config_entry(
            er.async_get(harness.hass), harness.entry.entry_id
        )
    }


def set_property(
    sandbox: SeamSandbox, door: Door | None, name: str, value: object
) -> None:
    """Let Seam say something else of a door than what is true."""
    sandbox.add_fault(
        "http_property", path=DEVICES, device_id=door, name=name, value=value
    )


# -- who is told


async def test_a_reading_without_news_writes_nothing(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    with written(hass) as writes:
        before = len(sandbox.requests)
        await harness.advance(600)
    assert len(readings(sandbox, before)) >= 9
    assert writes.changed == []
    assert writes.reported == []


async def test_only_the_lock_that_changed_is_told(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Guest Suite")
    device_id = device_of(harness, door.device_id).id
    its_own = {
        entity.entity_id
        for entity in er.async_entries_for_device(er.async_get(hass), device_id)
    }
    with written(hass) as writes:
        sandbox.set_battery(door, 0.41)
        await harness.advance(61)
    assert harness.state(door, "sensor", "battery").state == "41.0"
    assert writes.entities
    assert writes.entities <= its_own


# -- locks come and go


async def test_new_locks_appear_by_themselves(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.add_lock("Canary Gate", "yale")
    await harness.advance(61)
    assert harness.state(door).state == "locked"
    assert harness.state(door, "sensor", "battery").state == "85.0"
    assert harness.state(door, "event", "activity").state == "unknown"
    await harness.until(harness.press(door, "unlock"))
    assert harness.state(door).state == "unlocked"


@pytest.mark.usefixtures("socket_enabled", "enable_custom_integrations")
async def test_the_first_lock_of_an_empty_workspace_appears(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
) -> None:
    async with Harness.with_locks(hass, freezer, 0) as harness:
        await harness.set_up()
        assert hass.states.async_all("lock") == []
        door = harness.sandbox.add_lock("Canary Gate")
        await harness.advance(61)
        assert harness.state(door).state == "locked"


async def test_a_battery_that_is_told_later_appears(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    shed = sandbox.door("Garden Shed")
    assert harness.entity_id(shed, "sensor", "battery") is None
    sandbox.set_online(shed, online=True)
    await harness.advance(61)
    assert harness.state(shed).state == "locked"
    assert harness.state(shed, "sensor", "battery").state == "85.0"


async def test_what_becomes_no_lock_stays_what_it_was(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    for name in (
        "can_remotely_lock",
        "can_remotely_unlock",
        "properties.locked",
        "device_type",
    ):
        set_property(sandbox, door, name, ABSENT)
    await harness.advance(61)
    assert harness.state(door).state == "unknown"


async def test_an_empty_list_for_an_hour_deletes_nothing(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    area = ar.async_get(hass).async_create("Canary Area")
    entity_id = harness.entity_id(door)
    assert entity_id is not None
    er.async_get(hass).async_update_entity(
        entity_id,
        new_entity_id="lock.canary_renamed",
        name="Canary Name",
        area_id=area.id,
    )
    await harness.settle()
    before = picture(harness)
    devices = {
        device.id
        for device in dr.async_entries_for_config_entry(
            dr.async_get(hass), harness.entry.entry_id
        )
    }
    fault = sandbox.add_fault("http_empty_list", path=DEVICES)
    for _ in range(12):
        await harness.advance(300)
        for one in sandbox.doors.values():
            if one.model.is_lock:
                assert harness.state(one).state == "unavailable"
        assert picture(harness) == before
    assert fault.hits >= 55

    sandbox.clear_faults()
    await harness.advance(61)
    assert picture(harness) == before
    assert devices == {
        device.id
        for device in dr.async_entries_for_config_entry(
            dr.async_get(hass), harness.entry.entry_id
        )
    }
    renamed = hass.states.get("lock.canary_renamed")
    assert renamed is not None
    assert renamed.state == "locked"
    assert renamed.name == "Canary Name"


async def test_half_a_list_hides_no_lock_for_ever(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    before = picture(harness)
    sandbox.add_fault("http_half_list", path=DEVICES)
    await harness.advance(GONE_AFTER - 5)
    assert harness.state(sandbox.door("Workshop")).state == "locked"
    await harness.advance(66)
    assert harness.state(sandbox.door("Front Door")).state == "locked"
    assert harness.state(sandbox.door("Workshop")).state == "unavailable"
    sandbox.clear_faults()
    await harness.advance(61)
    assert harness.state(sandbox.door("Workshop")).state == "locked"
    assert picture(harness) == before


@pytest.mark.parametrize("kind", ["http_half_list", "http_empty_list"])
async def test_a_list_that_is_short_by_mistake_is_asked_for_again_at_once(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox, kind: str
) -> None:
    await harness.set_up()
    before = len(sandbox.requests)
    with written(hass) as writes:
        sandbox.add_fault(kind, path=DEVICES, times=1)
        await harness.advance(61)
    assert writes.entities == set()
    first, second, *_ = readings(sandbox, before)
    assert second - first < 1


async def test_a_lock_that_is_gone_is_not_asked_for_twice_for_ever(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    sandbox.add_fault("event_dropped")
    sandbox.remove_device("Front Door")
    before = len(sandbox.requests)
    await harness.advance(3600)
    assert len(readings(sandbox, before)) == pytest.approx(180 + 1, abs=2)


async def test_a_lock_that_seam_says_is_removed_is_gone_with_the_next_list(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    # A list that is short by mistake is no reason to believe it of another one.
    sandbox.add_fault(
        "http_property",
        path=DEVICES,
        name="device_id",
        value=None,
        device_id=sandbox.door("Workshop"),
        times=1,
    )
    sandbox.remove_device(door)
    await harness.advance(40)
    assert harness.state(door).state == "unavailable"
    assert harness.state(sandbox.door("Workshop")).state == "locked"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at the device's page."""

    harness: Harness
    websocket: Any

    async def delete(self, device_id: str) -> bool:
        """Delete a device; say whether Home Assistant let it happen."""
        await self.websocket.send_json_auto_id(
            {"type": "config/device_registry/remove", "device_id": device_id}
        )
        answer = await self.websocket.receive_json()
        await self.harness.settle()
        success: bool = answer["success"]
        return success


@pytest.fixture
async def person(
    hass: HomeAssistant, harness: Harness, hass_ws_client: WebSocketGenerator
) -> Person:
    """Return somebody who may delete devices."""
    assert await async_setup_component(hass, "config", {})
    await harness.set_up()
    return Person(harness, await hass_ws_client())


async def test_a_person_can_delete_a_lock_that_is_gone(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox, person: Person
) -> None:
    door = sandbox.door("Front Door")
    sandbox.remove_device(door)
    await harness.advance(61)
    assert harness.state(door).state == "unavailable"
    device = device_of(harness, door.device_id)
    # What another integration knows of it as well is none of our business.
    dr.async_get(hass).async_update_device(
        device.id, new_identifiers={*device.identifiers, ("other_canary", "1")}
    )
    assert await person.delete(device.id)
    assert harness.entity_id(door) is None
    assert "lock.hall_front_door" not in hass.states.async_entity_ids()
    await harness.advance(300)
    assert harness.entity_id(door) is None


async def test_nobody_can_delete_what_is_there(
    harness: Harness, sandbox: SeamSandbox, person: Person
) -> None:
    door = sandbox.door("Front Door")
    assert not await person.delete(device_of(harness, door.device_id).id)
    assert harness.state(door).state == "locked"
    assert not await person.delete(device_of(harness, sandbox.workspace_id).id)
    assert harness.workspace_state("sensor", "push")


async def test_what_was_deleted_comes_back_when_it_is_listed_again(
    harness: Harness,
    sandbox: SeamSandbox,
    person: Person,
    hass_ws_client: WebSocketGenerator,
) -> None:
    door = sandbox.door("Front Door")
    set_property(sandbox, None, "device_id", None)
    await harness.advance(61 + GONE_AFTER)
    person = Person(harness, await hass_ws_client())  # the page is loaded again
    assert await person.delete(device_of(harness, door.device_id).id)
    sandbox.clear_faults()
    await harness.advance(61)
    assert harness.state(door).state == "locked"
    assert harness.state(door, "event", "activity")
    assert harness.state(door, "sensor", "battery").state == "85.0"
    await harness.until(harness.press(door, "unlock"))
    assert harness.state(door).state == "unlocked"


async def test_a_lock_can_be_deleted_while_a_command_is_on_its_way(
    harness: Harness,
    sandbox: SeamSandbox,
    person: Person,
    caplog: pytest.LogCaptureFixture,
) -> None:
    door = sandbox.door("Garage Side Door")
    sandbox.faults.add("attempt_pending")
    press = harness.press(door, "lock")
    await harness.advance(5)
    sandbox.remove_device(door)
    await harness.entry.runtime_data.poller.async_list()
    await harness.advance(12)
    assert not press.done()
    assert await person.delete(device_of(harness, door.device_id).id)
    await harness.advance(400)
    assert press.done()
    assert press.exception() is not None
    assert not [one for one in our_log(caplog) if one.levelno >= logging.ERROR]
    assert "Task exception was never retrieved" not in caplog.text


# -- what goes wrong


async def test_one_refusal_of_the_key_is_none(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    with written(hass) as writes:
        sandbox.add_fault("http_status", status=401, path=DEVICES, times=1)
        await harness.advance(130)
    assert reauth_flows(hass) == []
    assert writes.entities == set()
    assert harness.state(sandbox.door("Front Door")).state == "locked"


@pytest.mark.parametrize("status", [401, 403])
async def test_a_key_that_is_refused_twice_is_asked_for(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox, status: int
) -> None:
    await harness.set_up()
    sandbox.add_fault("http_status", status=status)
    await harness.advance(61)
    (flow,) = reauth_flows(hass)
    assert flow["step_id"] == "reauth_confirm"
    await harness.advance(600)
    assert len(reauth_flows(hass)) == 1


async def test_without_a_key_nothing_is_claimed(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox
) -> None:
    """Nobody asks any more until there is a new key, so nobody knows."""
    await harness.set_up()
    door = sandbox.door("Front Door")
    sandbox.set_api_key(None)
    await harness.advance(61)
    assert reauth_flows(hass)
    sandbox.turn_bolt(door, thrown=False)
    await harness.advance(QUARTER)
    assert harness.state(door).state == "unavailable"


@pytest.mark.parametrize("retry_after", ["200", "date:200"])
async def test_retry_after_is_obeyed(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox, retry_after: str
) -> None:
    await harness.set_up()
    before = len(sandbox.requests)
    sandbox.add_fault(
        "http_status", status=429, retry_after=retry_after, path=DEVICES, times=1
    )
    await harness.advance(400)
    refused, after, *_ = readings(sandbox, before)
    assert 198 <= after - refused <= 205
    assert reauth_flows(hass) == []
    assert harness.state(sandbox.door("Front Door")).state == "locked"


async def test_a_short_retry_after_is_obeyed_within_the_reading(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    before = len(sandbox.requests)
    sandbox.add_fault("http_status", status=429, retry_after="7", path=DEVICES, times=1)
    await harness.advance(75)
    refused, after, *_ = readings(sandbox, before)
    assert 7 <= after - refused < 8


async def test_nothing_else_asks_before_retry_after_is_over(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    """News of a device asks for a reading, but not while Seam wants peace."""
    await harness.set_up()
    before = len(sandbox.requests)
    sandbox.add_fault(
        "http_status", status=429, retry_after="200", path=DEVICES, times=1
    )
    await harness.advance(70)
    assert len(readings(sandbox, before)) == 1
    sandbox.set_battery("Front Door", 0.05)
    await harness.advance(100)
    assert len(readings(sandbox, before)) == 1
    await harness.advance(120)
    assert harness.state(sandbox.door("Front Door"), "sensor", "battery").state == "5.0"


TROUBLE: dict[str, dict[str, Any]] = {
    "500": {"kind": "http_status", "status": 500},
    "503 without words": {"kind": "http_status", "status": 503, "value": ABSENT},
    "429": {"kind": "http_status", "status": 429},
    "403 of a firewall": {"kind": "http_html", "status": 403},
    "HTML": {"kind": "http_html"},
    "text": {"kind": "http_text"},
    "no key": {"kind": "http_no_key"},
    "cut off": {"kind": "http_cut_off"},
    "reset": {"kind": "http_reset"},
    "hangs": {"kind": "http_hang"},
}


@pytest.mark.parametrize("name", TROUBLE)
async def test_a_blip_is_not_seen(
    hass: HomeAssistant,
    harness: Harness,
    sandbox: SeamSandbox,
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    caplog.clear()
    fault = dict(TROUBLE[name])
    with written(hass) as writes:
        sandbox.add_fault(fault.pop("kind"), path=DEVICES, **fault)
        await harness.advance(300)
        assert harness.state(door).state == "locked"
        sandbox.clear_faults()
        await harness.advance(130)
    assert writes.entities == set()
    assert reauth_flows(hass) == []
    down, up = our_log(caplog)
    assert down.levelno == logging.ERROR
    assert "could not be read" in down.getMessage() or "too often" in down.getMessage()
    assert up.levelno == logging.INFO
    assert sandbox.api_key not in caplog.text


async def test_an_outage_is_seen_after_a_quarter_of_an_hour(
    hass: HomeAssistant,
    harness: Harness,
    sandbox: SeamSandbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    caplog.clear()
    sandbox.add_fault("http_status", status=503)
    await harness.advance(QUARTER - 10)
    assert harness.state(door).state == "locked"
    await harness.advance(80)
    assert harness.state(door).state == "unavailable"
    assert harness.state(door, "binary_sensor", "online").state == "unavailable"
    await harness.advance(3600)
    assert harness.state(door).state == "unavailable"
    assert len(our_log(caplog)) == 1

    with written(hass) as writes:
        sandbox.clear_faults()
        await harness.advance(90)
    # It was locked, and is: nothing but its being there again has changed.
    assert writes.of(harness.entity_id(door)) == ["locked"]
    assert writes.of(harness.entity_id(door, "event", "activity")) == []
    assert len(our_log(caplog)) == 2
    assert reauth_flows(hass) == []


async def test_back_online_with_the_same_state_is_no_news(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    with written(hass) as writes:
        sandbox.set_online(door, online=False)
        await harness.advance(61)
        assert harness.state(door).state == "unavailable"
        sandbox.set_online(door, online=True)
        await harness.advance(61)
    assert writes.of(harness.entity_id(door)) == ["unavailable", "locked"]
    assert writes.of(harness.entity_id(door, "event", "activity")) == []


async def test_an_account_that_lost_its_login_takes_only_its_own_locks_along(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    sandbox.disconnect_account("august")
    await harness.advance(61)
    assert harness.state(sandbox.door("Front Door")).state == "unavailable"
    assert harness.state(sandbox.door("Back Door")).state == "locked"
    sandbox.reconnect_account("august")
    await harness.advance(61)
    assert harness.state(sandbox.door("Front Door")).state == "locked"


async def test_what_an_unreachable_lock_still_shows_is_no_proof(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    sandbox.set_error(door, "hub_disconnected")
    await harness.advance(61)
    assert harness.state(door).state == "unavailable"
    set_property(sandbox, door, "properties.locked", ABSENT)
    sandbox.clear_error(door, "hub_disconnected")
    await harness.advance(61)
    assert harness.state(door).state == "unknown"


# -- odd answers


async def test_a_device_that_cannot_be_read_hides_no_other(
    harness: Harness, sandbox: SeamSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    await harness.set_up()
    sandbox.add_fault("http_bad_item", path=DEVICES)
    sandbox.turn_bolt("Garage Side Door", thrown=True)
    await harness.advance(61 + GONE_AFTER)
    assert harness.state(sandbox.door("Garage Side Door")).state == "locked"
    assert harness.state(sandbox.door("Front Door")).state == "unavailable"
    assert our_log(caplog) == []
    sandbox.clear_faults()
    await harness.advance(61)
    assert harness.state(sandbox.door("Front Door")).state == "locked"


async def test_what_next_year_brings_breaks_nothing(
    harness: Harness, sandbox: SeamSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    await harness.set_up()
    before = picture(harness)
    sandbox.add_fault("http_strange")
    sandbox.turn_bolt("Garage Side Door", thrown=True)
    await harness.advance(130)
    assert harness.state(sandbox.door("Garage Side Door")).state == "locked"
    assert harness.state(sandbox.door("Front Door")).state == "locked"
    await harness.until(harness.press(sandbox.door("Back Door"), "unlock"))
    assert harness.state(sandbox.door("Back Door")).state == "unlocked"
    assert picture(harness) == before
    assert our_log(caplog) == []


async def test_next_year_from_the_start(harness: Harness, sandbox: SeamSandbox) -> None:
    sandbox.add_fault("http_strange")
    await harness.set_up()
    assert harness.state(sandbox.door("Front Door")).state == "locked"


async def test_a_cursor_that_leads_in_circles_is_left(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    sandbox.add_fault("http_repeated_cursor", path=DEVICES)
    await harness.set_up()
    assert harness.state(sandbox.door("Front Door")).state == "locked"
    assert sandbox.count(DEVICES) <= 3


@pytest.mark.parametrize(
    "value", [ABSENT, None, "locked", "true", 1, 0, [], {"value": True}]
)
async def test_no_word_on_the_bolt_is_unknown(
    harness: Harness, sandbox: SeamSandbox, value: object
) -> None:
    door = sandbox.door("Front Door")
    set_property(sandbox, door, "properties.locked", value)
    await harness.set_up()
    assert harness.state(door).state == "unknown"
    sandbox.clear_faults()
    await harness.advance(61)
    assert harness.state(door).state == "locked"
    set_property(sandbox, door, "properties.locked", value)
    await harness.advance(61)
    assert harness.state(door).state == "unknown"


async def test_nothing_of_the_bolt_outlives_a_restart(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox
) -> None:
    door = sandbox.door("Front Door")
    await harness.set_up()
    sandbox.turn_bolt(door, thrown=False)
    await harness.advance(1)
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(30)
    entity_id = harness.entity_id(door)
    assert entity_id is not None
    assert harness.state(door).state == "locked"
    await harness.unload()

    mock_restore_cache(hass, [State(entity_id, "locked", {"changed_by": "manual"})])
    set_property(sandbox, door, "properties.locked", ABSENT)
    await harness.set_up()
    assert harness.state(door).state == "unknown"
    assert harness.state(door).attributes.get("changed_by") is None
    await harness.advance(120)
    assert harness.state(door).state == "unknown"


# -- pace


@pytest.mark.usefixtures("socket_enabled", "enable_custom_integrations")
@pytest.mark.parametrize(("locks", "pages"), [(8, 1), (600, 2)])
async def test_requests_do_not_grow_with_locks(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    locks: int,
    pages: int,
) -> None:
    async with Harness.with_locks(hass, freezer, locks) as harness:
        await harness.set_up()
        sandbox = harness.sandbox
        assert len(hass.states.async_all("lock")) == locks
        before = len(sandbox.requests)
        await harness.advance(1800)
        asked = [one.path for one in sandbox.requests[before:]]
        assert asked.count(DEVICES) == pytest.approx(90, abs=2)
        assert len(asked) <= 155
        for one, other in pairwise(readings(sandbox, before)):
            assert other - one == pytest.approx(20 * pages, abs=2)


@pytest.mark.parametrize("skew", [600.0, -600.0])
async def test_a_clock_that_is_wrong_by_ten_minutes_does_no_harm(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox, skew: float
) -> None:
    sandbox.set_clock_skew(skew)
    await harness.set_up()
    door = sandbox.door("Garage Side Door")
    activity = harness.entity_id(door, "event", "activity")
    assert activity is not None
    with written(hass) as writes:
        for thrown in (True, False, True):
            sandbox.turn_bolt(door, thrown=thrown)
            await harness.advance(25)
            assert harness.state(door).state == ("locked" if thrown else "unlocked")
            told = hass.states.get(activity)
            assert told is not None
            assert told.attributes["event_type"] != "reported_late"
            await harness.advance(60)
    assert len(writes.of(activity)) == 3
    await harness.until(harness.press(door, "unlock"))
    assert harness.state(door).state == "unlocked"
    await harness.advance(120)
    assert harness.state(door).state == "unlocked"


# -- doubt


async def test_a_disputed_lock_is_read_again_a_few_times(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    # Seam looks at it every ten minutes and tells "locked" until then.
    sandbox.set_brand(door, "e")
    sandbox.add_fault("event_dropped")  # each new fact would begin the delays anew
    await harness.until(harness.press(door, "unlock"))
    begun = harness.hass.loop.time()
    asked = len(rereadings(sandbox))
    await harness.advance(300)
    assert harness.state(door).state == "unlocked"
    found = rereadings(sandbox)[asked:]
    assert [at - begun for at in found] == pytest.approx(REREAD_DELAYS, abs=1)


async def test_the_ladder_ends_when_the_reading_follows(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    sandbox.tune(door, reading_lag=40)
    sandbox.turn_bolt(door, thrown=False)
    await harness.advance(120)
    assert harness.state(door).state == "unlocked"
    assert 1 <= len(rereadings(sandbox)) < len(REREAD_DELAYS)


async def test_disputes_that_are_due_together_share_a_request(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    doors = [sandbox.door("Front Door"), sandbox.door("Workshop")]
    for door in doors:
        sandbox.set_brand(door, "e")
        sandbox.tune(door, auto_lock=0)
    sandbox.add_fault("event_dropped")
    await harness.set_up()
    presses = [harness.press(door, "unlock") for door in doors]
    for press in presses:
        await harness.until(press)
    asked = len(rereadings(sandbox))
    await harness.advance(300)
    assert [harness.state(door).state for door in doors] == ["unlocked", "unlocked"]
    assert len(rereadings(sandbox)) - asked == len(REREAD_DELAYS)


async def test_a_later_dispute_of_another_lock_delays_no_reading(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    doors = [sandbox.door("Front Door"), sandbox.door("Workshop")]
    for door in doors:
        sandbox.set_brand(door, "e")
        sandbox.tune(door, auto_lock=0)
    sandbox.add_fault("event_dropped")
    await harness.set_up()
    await harness.until(harness.press(doors[0], "unlock"))
    begun, asked = harness.hass.loop.time(), len(sandbox.requests)
    for _ in range(10):  # as often as somebody presses elsewhere
        await harness.until(harness.press(doors[1], "unlock"))
        await harness.advance(4)
    of_first = [
        one.time - begun
        for one in sandbox.requests[asked:]
        if one.path == DEVICES and doors[0].device_id in one.body.get("device_ids", ())
    ]
    assert of_first == pytest.approx(REREAD_DELAYS, abs=1)


async def test_a_ladder_survives_that_seam_does_not_answer(
    harness: Harness, sandbox: SeamSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    sandbox.tune(door, reading_lag=30)
    sandbox.turn_bolt(door, thrown=False)
    sandbox.add_fault("http_html", path=DEVICES, times=2)
    await harness.advance(200)
    assert harness.state(door).state == "unlocked"
    assert not [one for one in our_log(caplog) if one.levelno > logging.ERROR]


async def test_a_door_that_locks_itself_in_silence_is_followed(
    harness: Harness, sandbox: SeamSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As with push, readings are rare: little but the following may see it.
    monkeypatch.setattr(PushHealth, "is_alive", lambda _: True)
    await harness.set_up()
    door = sandbox.door("Back Door")
    sandbox.tune(door, reports_auto_lock=False, auto_lock=20)
    await harness.advance(61)
    sandbox.enter_code(door)
    await harness.entry.runtime_data.poller.async_list()
    await harness.advance(16)
    assert harness.state(door).state == "unlocked"
    await harness.advance(45)
    assert door.bolt_thrown
    assert harness.state(door).state == "locked"
    assert harness.state(door).attributes.get("changed_by") is None
    asked = len(rereadings(sandbox))
    await harness.advance(300)
    assert len(rereadings(sandbox)) == asked


async def test_a_relock_that_is_told_says_that_it_was_automatic(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Back Door")
    sandbox.enter_code(door)
    await harness.advance(61)
    assert harness.state(door).state == "locked"
    assert harness.state(door).attributes["changed_by"] == "automatic"


async def test_following_a_relock_survives_that_seam_does_not_answer(
    harness: Harness, sandbox: SeamSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    await harness.set_up()
    door = sandbox.door("Back Door")
    sandbox.tune(door, reports_auto_lock=False)
    sandbox.enter_code(door)
    await harness.entry.runtime_data.poller.async_list()
    await harness.advance(16)
    assert harness.state(door).state == "unlocked"
    sandbox.add_fault("http_html", path=DEVICES)
    await harness.advance(50)
    sandbox.clear_faults()
    await harness.advance(60)
    assert harness.state(door).state == "locked"
    assert not [one for one in our_log(caplog) if one.exc_info]


@pytest.mark.parametrize("told", [True, False])
async def test_a_door_opener_is_not_unlocked_for_ever(
    harness: Harness, sandbox: SeamSandbox, told: bool
) -> None:
    await harness.set_up()
    door = sandbox.door("Main Entrance")
    sandbox.tune(door, reports_auto_lock=told)
    assert harness.state(door).state == "unknown"
    await harness.until(harness.press(door, "unlock"))
    assert harness.state(door).state in ("unlocked", "unknown")
    await harness.advance(130)
    assert door.bolt_thrown
    assert harness.state(door).state != "unlocked"


async def test_an_outage_while_push_works_is_no_blip_of_hours(
    harness: Harness, sandbox: SeamSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With many pages and push, readings are rarer than the time of grace."""
    monkeypatch.setattr("custom_components.seam.api.client.PAGE_LIMIT", 2)
    monkeypatch.setattr(PushHealth, "is_alive", lambda _: True)
    monkeypatch.setattr(LockStates, "may_move_unheard", lambda *_: False)
    await harness.set_up()
    door = sandbox.door("Front Door")
    before = len(sandbox.requests)
    await harness.advance(1000)
    assert readings(sandbox, before) == []
    fault = sandbox.add_fault("http_status", status=503, path=DEVICES, times=3)
    await harness.advance(510)
    assert fault.hits == 3
    assert harness.state(door).state == "locked"
    # It does not wait for the next turn to look again.
    await harness.advance(60 * math.ceil(len(sandbox.doors) / 2) + 10)
    assert len(readings(sandbox, before)) == 4


# -- back soon, and no more requests than when all is well


@pytest.mark.parametrize("path", [DEVICES, None])
async def test_a_mistaken_refusal_of_the_key_is_over_within_a_minute(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox, path: str | None
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    # The list and the check of the key are refused, or all for a moment.
    paths = (DEVICES, WORKSPACE) if path else (None,)
    for one in paths:
        sandbox.add_fault("http_status", status=401, path=one, times=1 if path else 3)
    for _ in range(40):
        await harness.advance(1)
        if reauth_flows(hass):
            break
    assert reauth_flows(hass)
    assert harness.state(door).state == "unavailable"
    await harness.advance(60)
    assert harness.state(door).state == "locked"
    assert reauth_flows(hass) == []
    sandbox.turn_bolt(door, thrown=False)
    await harness.advance(35)
    assert harness.state(door).state == "unlocked"


async def test_a_refusal_while_the_key_cannot_be_checked_is_none(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    sandbox.add_fault("http_status", status=401, path=DEVICES, times=1)
    sandbox.add_fault("http_status", status=503, path=WORKSPACE)
    await harness.advance(200)
    assert reauth_flows(hass) == []
    assert harness.state(sandbox.door("Front Door")).state == "locked"


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "http_status", "status": 500},
        {"kind": "http_status", "status": 503, "value": ABSENT},
        {"kind": "http_html"},
        {"kind": "http_reset"},
    ],
    ids=["500", "503", "HTML", "reset"],
)
async def test_an_outage_costs_no_more_requests_than_a_quiet_hour(
    harness: Harness, sandbox: SeamSandbox, fault: dict[str, Any]
) -> None:
    await harness.set_up()
    await harness.advance(900)
    before = len(sandbox.requests)
    await harness.advance(3600)
    idle = len(sandbox.requests) - before
    fault = dict(fault)
    sandbox.add_fault(fault.pop("kind"), **fault)
    before = len(sandbox.requests)
    await harness.advance(3600)
    assert len(sandbox.requests) - before <= idle
    sandbox.clear_faults()
    door = sandbox.door("Front Door")
    sandbox.turn_bolt(door, thrown=False)
    await harness.advance(80)
    assert harness.state(door).state == "unlocked"


async def test_a_pause_that_seam_wants_is_kept_when_set_up_is_tried_again(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    sandbox.add_fault(
        "http_status", status=429, retry_after="200", path=DEVICES, times=1
    )
    await harness.set_up(state=ConfigEntryState.SETUP_RETRY)
    await harness.advance(195)
    assert len(readings(sandbox)) == 1
    await harness.advance(250)
    assert harness.entry.state is ConfigEntryState.LOADED
    assert harness.state(sandbox.door("Front Door")).state == "locked"


async def test_push_that_loses_events_leaves_no_slow_readings(
    harness: Harness, sandbox: SeamSandbox, hass_client_no_auth: ClientSessionGenerator
) -> None:
    house = await open_house(harness, hass_client_no_auth)
    for door in sandbox.doors.values():
        set_property(sandbox, door, "properties.door_open", ABSENT)
    await harness.set_up()
    await house.proven()
    # All have shown that their movements are told.
    for door in sandbox.doors.values():
        if door.model.is_lock:
            sandbox.house.tell(door, "lock.locked", method="manual")
            door.bolt_thrown = True
            sandbox.house.learn(door)
    await harness.advance(2000)
    before = len(sandbox.requests)
    await harness.advance(1800)
    assert len(readings(sandbox, before)) <= 7
    sandbox.add_fault("webhook_dropped")
    sandbox.turn_bolt("Garage Side Door", thrown=False)
    await harness.advance(1000)
    assert house.push == "degraded"
    before = len(sandbox.requests)
    await harness.advance(600)
    assert len(readings(sandbox, before)) >= 28
