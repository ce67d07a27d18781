"""Diagnostics: what helps, and nothing that tells who lives there."""

import asyncio
from http import HTTPStatus
import json
from typing import Any

from aiohttp.test_utils import TestClient
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion

from custom_components.seam.const import CONF_ENDPOINT, CONF_PUSH, DOMAIN
from tests.harness import Harness
from tests.push.helpers import House
from tests.seam_sandbox import CANARY_CLEANER, CANARY_GUEST, CANARY_PIN, SeamSandbox
from tests.seam_sandbox.catalogue import CANARY_CLEANER_PIN


@pytest.fixture
async def client(
    hass: HomeAssistant, harness: Harness, hass_client: ClientSessionGenerator
) -> TestClient[Any, Any]:
    """Return somebody who asks for diagnostics of a house that has push."""
    assert await async_setup_component(hass, "diagnostics", {})
    assert await async_setup_component(hass, "webhook", {})
    client: TestClient[Any, Any] = await hass_client()
    await hass.config.async_update(internal_url=str(client.make_url("")).rstrip("/"))
    await harness.set_up()
    await House(harness, client).proven()
    return client


async def download(
    harness: Harness, client: TestClient[Any, Any], device: str | None = None
) -> Any:
    """Return the diagnostics of the entry, or of one of its devices."""
    path = f"/api/diagnostics/config_entry/{harness.entry.entry_id}"
    if device is not None:
        path += f"/device/{device}"
    response = await client.get(path)
    assert response.status == HTTPStatus.OK
    return (await response.json())["data"]


def device_ids(harness: Harness) -> dict[str, str]:
    """Return Home Assistant's ids of all devices, by Seam's."""
    return {
        seams: device.id
        for device in dr.async_entries_for_config_entry(
            dr.async_get(harness.hass), harness.entry.entry_id
        )
        for domain, seams in device.identifiers
        if domain == DOMAIN
    }


def shape(value: Any) -> Any:
    """Return the keys of something, and the kinds of its values."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return type(value).__name__


async def live(harness: Harness, sandbox: SeamSandbox) -> None:
    """Let all that is secret pass by."""
    sandbox.enter_code("Front Door")
    sandbox.enter_code("Back Door", CANARY_CLEANER_PIN)
    sandbox.enter_code("Workshop", "000000")
    sandbox.set_error(
        "Guest Suite", "august_lock_not_authorized", f"Call {CANARY_GUEST}"
    )
    door = sandbox.door("Garage Side Door")
    sandbox.faults.add("attempt_fail", message=f"{CANARY_GUEST}: {CANARY_PIN}")
    press = harness.press(door, "lock")
    await harness.until(asyncio.ensure_future(asyncio.wait([press])))
    assert press.exception() is not None
    await harness.advance(61)


async def test_what_is_in_it(
    harness: Harness,
    sandbox: SeamSandbox,
    client: TestClient[Any, Any],
    snapshot: SnapshotAssertion,
) -> None:
    await live(harness, sandbox)
    found = await download(harness, client)
    assert shape(found) == snapshot
    assert found["push"]["state"] == "working"
    assert found["push"]["pushed"] >= 4
    assert found["own_endpoint"] is True
    assert found["reading"]["pages"] == 1
    assert found["reading"]["last_success"] is True
    assert len(found["locks"]) == 8


async def test_what_is_told_of_a_lock(
    harness: Harness,
    sandbox: SeamSandbox,
    client: TestClient[Any, Any],
    snapshot: SnapshotAssertion,
) -> None:
    await live(harness, sandbox)
    ids = device_ids(harness)
    door = sandbox.door("Front Door")
    found = await download(harness, client, ids[door.device_id])
    age = found.pop("seconds_since_proof")
    assert 0 <= age <= 62
    assert found == snapshot
    door = sandbox.door("Garage Side Door")
    found = await download(harness, client, ids[door.device_id])
    assert found["lock_failed"] is True
    found = await download(
        harness, client, ids[sandbox.door("Main Entrance").device_id]
    )
    assert found["seconds_since_proof"] is None
    # The workspace itself is no lock.
    assert await download(harness, client, ids[sandbox.workspace_id]) == {}


async def test_nothing_in_it_is_anybodys_business(
    harness: Harness, sandbox: SeamSandbox, client: TestClient[Any, Any]
) -> None:
    await live(harness, sandbox)
    ids = device_ids(harness)
    told = [await download(harness, client)]
    told += [await download(harness, client, device) for device in ids.values()]
    said = json.dumps(told).lower()
    data = harness.entry.data
    secrets = [
        sandbox.api_key,
        CANARY_PIN,
        CANARY_CLEANER_PIN,
        CANARY_GUEST,
        CANARY_CLEANER,
        "canary",
        data[CONF_WEBHOOK_ID],
        data[CONF_PUSH]["webhook_id"],
        data[CONF_PUSH]["secret"],
        data[CONF_PUSH]["url"],
        data[CONF_ENDPOINT],
        "127.0.0.1",
        "http",
        "SBX-",
        harness.entry.entry_id,
        sandbox.workspace_id,
        *(door.device_id for door in sandbox.doors.values()),
        *(door.device_id[:8] for door in sandbox.doors.values()),
        *(door.name for door in sandbox.doors.values()),
        *(door.room for door in sandbox.doors.values() if door.room),
        *(door.account_id for door in sandbox.doors.values()),
        *(
            code.access_code_id
            for door in sandbox.doors.values()
            for code in door.codes.values()
        ),
        *(event["event_id"] for event in sandbox.events),
        *sandbox.attempts.all,
        *ids.values(),
    ]
    assert len(sandbox.events) >= 4
    assert [secret for secret in secrets if secret.lower() in said] == []


async def test_of_a_lock_that_is_gone(
    harness: Harness, sandbox: SeamSandbox, client: TestClient[Any, Any]
) -> None:
    door = sandbox.door("Front Door")
    ids = device_ids(harness)
    sandbox.remove_device(door)
    await harness.advance(61)
    found = await download(harness, client, ids[door.device_id])
    assert found["listed"] is False
    assert found["available"] is False


@pytest.mark.parametrize("seconds", [5, 1200])
async def test_of_an_outage(
    harness: Harness, sandbox: SeamSandbox, client: TestClient[Any, Any], seconds: int
) -> None:
    sandbox.add_fault("http_status", status=503)
    await harness.advance(61 + seconds)
    found = await download(harness, client)
    assert found["reading"]["last_success"] is False
    assert found["seconds_since_events_were_listed_last"] >= seconds
    in_touch = {lock["available"] for lock in found["locks"] if lock["online"]}
    assert in_touch == {seconds == 5}
