"""The life of an entry: its start, its end, and that nothing is left of it."""

import asyncio
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components import webhook
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.storage import Store
from homeassistant.setup import async_setup_component
from homeassistant.util.async_ import get_scheduled_timer_handles
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.seam.const import DOMAIN
from tests.harness import Harness
from tests.push.helpers import House
from tests.seam_sandbox import ABSENT, SeamSandbox
from tests.seam_sandbox.catalogue import MODELS, Plan

DEVICES = "/devices/list"
WORKSPACE = "/workspaces/get"
DAY = 86400


def reauth_flows(hass: HomeAssistant) -> list[Any]:
    """Return the flows that ask for a new key."""
    return [
        flow
        for flow in hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        if flow["context"]["source"] == SOURCE_REAUTH
    ]


def our_log(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what this integration has logged above DEBUG."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.seam")
        and record.levelno > logging.DEBUG
    ]


async def reload(harness: Harness) -> None:
    """Reload the entry."""
    await harness.until(
        asyncio.create_task(
            harness.hass.config_entries.async_reload(harness.entry.entry_id)
        )
    )
    await harness.settle()


def left_behind(hass: HomeAssistant) -> dict[str, Any]:
    """Count what an entry could leave behind; the sandbox's own is not its."""
    hooks = hass.data.get(webhook.DOMAIN, {})
    timers = [
        handle
        for handle in get_scheduled_timer_handles(hass.loop)
        if not handle.cancelled() and "RealClock" not in repr(handle)
    ]
    return {
        "listeners": hass.bus.async_listeners(),
        "webhooks": len(hooks),
        "timers": len(timers),
        "tasks": len(asyncio.all_tasks()),
        "background": len(hass._background_tasks),
        "states": len(hass.states.async_all()),
    }


# -- the start


async def test_it_starts_and_ends(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    assert harness.state(door).state == "locked"
    await harness.unload()
    assert harness.entry.state is ConfigEntryState.NOT_LOADED
    assert harness.state(door).state == "unavailable"
    asked = len(sandbox.requests)
    await harness.advance(600)
    assert len(sandbox.requests) == asked


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "http_status", "status": 500},
        {"kind": "http_status", "status": 502, "value": ABSENT},
        {"kind": "http_status", "status": 429, "retry_after": "90"},
        {"kind": "http_html"},
        {"kind": "http_reset"},
        {"kind": "http_hang"},
        {"kind": "http_status", "status": 401, "times": 1},
    ],
    ids=["500", "502", "429", "HTML", "reset", "hangs", "401 once"],
)
async def test_trouble_at_the_start_passes_by_itself(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox, fault: dict[str, Any]
) -> None:
    fault = dict(fault)
    sandbox.add_fault(fault.pop("kind"), path=DEVICES, **fault)
    await harness.set_up(state=ConfigEntryState.SETUP_RETRY)
    assert harness.entry.reason
    assert sandbox.api_key not in harness.entry.reason
    assert reauth_flows(hass) == []
    assert hass.states.async_all("lock") == []
    sandbox.clear_faults()
    await harness.advance(180)
    assert harness.entry.state is ConfigEntryState.LOADED
    assert harness.state(sandbox.door("Front Door")).state == "locked"


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_at_the_start_is_asked_for(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox, status: int
) -> None:
    sandbox.add_fault("http_status", status=status)
    await harness.set_up(state=ConfigEntryState.SETUP_ERROR)
    (flow,) = reauth_flows(hass)
    assert flow["step_id"] == "reauth_confirm"
    asked = len(sandbox.requests)
    await harness.advance(3600)
    assert len(sandbox.requests) == asked


async def test_a_refused_list_with_a_good_key_is_no_reason_for_a_new_one(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox
) -> None:
    sandbox.add_fault("http_status", status=403, path=DEVICES)
    await harness.set_up(state=ConfigEntryState.SETUP_RETRY)
    assert reauth_flows(hass) == []


# -- the end


async def test_a_hundred_reloads_leave_nothing(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    await harness.advance(120)
    await reload(harness)
    before = left_behind(hass)
    entities = {entity.entity_id for entity in er.async_get(hass).entities.values()}
    for number in range(100):
        if number % 10 == 0:  # in the middle of something
            sandbox.enter_code("Front Door")
            press = harness.press(sandbox.door("Garage Side Door"), "lock")
            await harness.settle()
            await reload(harness)
            assert press.done()
            press.exception()
        else:
            await reload(harness)
    # What a lock has just done is still looked into: let that come to its end.
    await harness.advance(120)
    await reload(harness)
    assert left_behind(hass) == before
    assert {e.entity_id for e in er.async_get(hass).entities.values()} == entities


async def test_what_is_removed_leaves_nothing(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    harness: Harness,
    sandbox: SeamSandbox,
) -> None:
    assert await async_setup_component(hass, "webhook", {})
    await harness.settle()
    before = left_behind(hass)
    await harness.set_up()
    sandbox.enter_code("Front Door")
    sandbox.enter_code("Guest Suite")
    await harness.advance(90)
    kept = f"{DOMAIN}.{harness.entry.entry_id}"
    assert kept in hass_storage
    sandbox.turn_bolt("Front Door", thrown=True)
    await harness.advance(16)

    await harness.until(
        asyncio.create_task(hass.config_entries.async_remove(harness.entry.entry_id))
    )
    await harness.advance(120)
    assert kept not in hass_storage
    entry_id = harness.entry.entry_id
    assert er.async_entries_for_config_entry(er.async_get(hass), entry_id) == []
    assert dr.async_entries_for_config_entry(dr.async_get(hass), entry_id) == []
    assert hass.states.async_all(["lock", "event", "sensor", "binary_sensor"]) == []
    after = left_behind(hass)
    # The platforms that were loaded for it listen on; they belong to nobody.
    for what in ("webhooks", "tasks", "background", "states"):
        assert after[what] == before[what], what


@pytest.fixture
def last_moment(
    harness: Harness, sandbox: SeamSandbox, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """Let somebody enter a code while the entry saves what it knows.

    Returns:
        The key of what was saved, once it has happened.
    """
    save = Store.async_save
    came: list[str] = []

    async def slow_save(store: Store[Any], data: Any) -> None:
        await save(store, data)
        if store.key.startswith(DOMAIN) and not came:
            came.append(store.key)
            sandbox.enter_code("Front Door")
            await harness.entry.runtime_data.poller.async_list()

    monkeypatch.setattr(Store, "async_save", slow_save)
    return came


async def test_news_in_the_last_moment_leaves_no_file(
    hass_storage: dict[str, Any], harness: Harness, last_moment: list[str]
) -> None:
    await harness.set_up()
    await harness.until(
        asyncio.create_task(
            harness.hass.config_entries.async_remove(harness.entry.entry_id)
        )
    )
    await harness.advance(60)
    (kept,) = last_moment
    assert kept not in hass_storage


async def test_news_in_the_last_moment_is_told_after_the_reload(
    harness: Harness, sandbox: SeamSandbox, last_moment: list[str]
) -> None:
    await harness.set_up()
    await reload(harness)
    await harness.advance(31)
    assert last_moment
    told = harness.state(sandbox.door("Front Door"), "event", "activity")
    assert told.attributes["event_type"] == "unlocked"


# -- silence


async def test_an_idle_hour_says_nothing(
    hass: HomeAssistant, harness: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    await harness.set_up()
    await harness.advance(3600)
    assert our_log(caplog) == []


@pytest.mark.usefixtures("socket_enabled", "enable_custom_integrations")
async def test_an_idle_day_with_push_says_nothing(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    hass_client_no_auth: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With a few people going in and out, as on any day."""
    async with Harness.with_locks(hass, freezer, 0) as harness:
        doors = [
            harness.sandbox.add_device(Plan(name=f"Door {n}", model=MODELS[maker]))
            for n, maker in enumerate(("schlage", "yale", "salto"))
        ]
        assert await async_setup_component(hass, "webhook", {})
        client = await hass_client_no_auth()
        await hass.config.async_update(
            internal_url=str(client.make_url("")).rstrip("/")
        )
        await harness.set_up()
        await House(harness, client).proven()
        for hour in range(24):
            door = doors[hour % len(doors)]
            if hour % 6 == 0:
                harness.sandbox.enter_code(door)
            await harness.advance(DAY / 24)
        assert harness.workspace_state("sensor", "push").state == "working"
        assert harness.state(doors[1]).state == "locked"
        assert our_log(caplog) == []
