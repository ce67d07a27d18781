"""Exactly one webhook at Seam: made, healed, withdrawn and removed."""

import asyncio
import logging
import time
from typing import Any
from unittest.mock import patch
import uuid

from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.seam.const import CONF_PUSH, DOMAIN
from custom_components.seam.events.types import EVENT_TYPES
from tests.harness import Harness
from tests.push.helpers import (
    CREATE,
    DELETE,
    LIST,
    House,
    far_away,
    our_log,
)
from tests.seam_sandbox import SeamSandbox
from tests.seam_sandbox.webhooks import Webhook

# -- a webhook's life


async def test_only_what_is_used_is_asked_for(pushed: House) -> None:
    assert set(pushed.registered.event_types) == set(EVENT_TYPES)
    assert pushed.registered.url == pushed.base + pushed.path
    assert pushed.harness.entry.data[CONF_PUSH] == {
        "webhook_id": pushed.registered.webhook_id,
        "secret": pushed.registered.secrets[0],
        "url": pushed.registered.url,
    }


async def test_a_restart_keeps_the_webhook(pushed: House) -> None:
    data = dict(pushed.harness.entry.data)
    await pushed.reload()
    await pushed.proven()
    assert pushed.harness.entry.data == data
    assert pushed.sandbox.count(CREATE) == 1


async def test_a_hundred_reloads_leave_one_webhook(pushed: House) -> None:
    # All but the last are cut off somewhere on their way.
    for number in range(100):
        hass, entry = pushed.hass, pushed.harness.entry
        assert await hass.config_entries.async_reload(entry.entry_id)
        for _ in range(number % 40):
            await asyncio.sleep(0)
    await pushed.harness.settle()
    assert pushed.push == "reachable"
    assert pushed.registered.secrets[0] == entry.data[CONF_PUSH]["secret"]


@pytest.mark.parametrize(
    "trouble", ["deleted", "types", "address", "secret", "another's"]
)
async def test_what_is_wrong_at_the_start_is_healed(
    pushed: House, trouble: str
) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    await harness.unload()
    old = pushed.registered
    data = dict(harness.entry.data)
    match trouble:
        case "deleted":
            sandbox.delete_webhooks()
        case "types":
            old.event_types = ["lock.locked"]
        case "address":
            old.url = "http://127.0.0.1:9/elsewhere"
        case "secret":
            del data[CONF_PUSH]
        case _:
            data[CONF_PUSH] = {**data[CONF_PUSH], "webhook_id": str(uuid.uuid4())}
    pushed.hass.config_entries.async_update_entry(harness.entry, data=data)
    await harness.set_up()
    await pushed.proven()
    assert pushed.registered.webhook_id != old.webhook_id
    assert set(pushed.registered.event_types) == set(EVENT_TYPES)

    await harness.advance(1)
    door = sandbox.door("Garage Side Door")
    sandbox.turn_bolt(door, thrown=True)
    await harness.settle()
    assert harness.state(door).state == "locked"


async def test_left_overs_of_ours_go_and_other_peoples_stay(pushed: House) -> None:
    sandbox = pushed.sandbox
    workspace = sandbox.workspace_id
    others = [
        sandbox.webhooks.create(workspace, url, ["*"])
        for url in (
            "https://other.canary.test/api/webhook/0001",
            f"{pushed.base}/api/webhook/of-another-home",
            "https://other.canary.test/hook",
        )
    ]
    for base in (pushed.base, "https://former.canary.test"):
        sandbox.webhooks.create(workspace, base + pushed.path, ["*"])
    kept = pushed.harness.entry.data[CONF_PUSH]["webhook_id"]
    await pushed.reload()
    assert set(sandbox.webhooks.all) == {
        kept,
        *(webhook.webhook_id for webhook in others),
    }
    assert pushed.push == "reachable"

    await pushed.remove()
    assert set(sandbox.webhooks.all) == {webhook.webhook_id for webhook in others}


async def test_a_secret_that_seam_has_changed_is_healed_without_a_reload(
    pushed: House,
) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    door = sandbox.door("Garage Side Door")
    old = pushed.registered
    sandbox.change_webhook_secrets()
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(3)
    # What was refused made us ask at once.
    assert harness.state(door).state == "locked"
    await harness.advance(130)
    assert pushed.push == "degraded"
    assert pushed.registered.webhook_id != old.webhook_id

    sandbox.turn_bolt(door, thrown=False)
    await harness.settle()
    assert harness.state(door).state == "unlocked"
    assert pushed.push == "working"


async def test_a_secret_in_rotation_is_good(pushed: House) -> None:
    door = pushed.sandbox.door("Garage Side Door")
    pushed.sandbox.change_webhook_secrets(keep_old=True)
    pushed.sandbox.turn_bolt(door, thrown=True)
    await pushed.harness.settle()
    assert pushed.harness.state(door).state == "locked"


async def test_an_entry_that_is_removed_leaves_no_webhook(
    pushed: House, caplog: pytest.LogCaptureFixture
) -> None:
    await pushed.remove()
    assert not pushed.sandbox.webhooks.all
    assert our_log(caplog, logging.INFO) == []


async def test_a_webhook_that_is_gone_already_is_no_trouble(
    pushed: House, caplog: pytest.LogCaptureFixture
) -> None:
    pushed.sandbox.delete_webhooks()
    await pushed.remove()
    assert our_log(caplog, logging.INFO) == []


async def test_a_removal_that_seam_does_not_hear_of_is_told_without_ids(
    pushed: House, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = pushed.secrets()
    pushed.sandbox.faults.add("http_status", status=503, path=DELETE)
    await pushed.remove()
    (message,) = our_log(caplog, logging.INFO)
    assert "could not be removed at Seam" in message
    assert not any(secret in message for secret in secrets)


async def test_an_entry_that_never_was_set_up_goes_quietly(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    other = house.sandbox.webhooks.create(
        house.sandbox.workspace_id, "https://other.canary.test/hook", ["*"]
    )
    house.harness.entry.add_to_hass(house.hass)
    await house.remove()
    assert list(house.sandbox.webhooks.all) == [other.webhook_id]
    assert our_log(caplog, logging.INFO) == []


async def test_a_webhook_in_the_making_is_not_left_behind(house: House) -> None:
    """The entry goes while Seam is still at work on its webhook."""
    house.sandbox.faults.add("http_late_answer", path=CREATE, seconds=5)
    await house.harness.set_up()
    assert len(house.sandbox.webhooks.all) == 1
    await house.remove()
    assert not house.sandbox.webhooks.all


# How Seam makes a webhook that nobody waits for any more: it takes its time, or
# it is quick and only its answer is slow, until the client has given up.
SLOW = pytest.mark.parametrize(
    ("kind", "seconds"), [("http_latency", 8), ("http_late_answer", 90)]
)


@SLOW
@pytest.mark.parametrize("end", ["unloaded", "removed"])
async def test_a_webhook_that_is_made_too_late_is_taken_back(
    house: House, kind: str, seconds: float, end: str, caplog: pytest.LogCaptureFixture
) -> None:
    house.sandbox.faults.add(kind, path=CREATE, seconds=seconds)
    await house.harness.set_up()
    await house.harness.advance(2)
    assert house.sandbox.count(CREATE) == 1
    if end == "removed":
        await house.remove()
    else:
        await house.harness.unload()
    await house.harness.advance(60)
    assert not house.sandbox.webhooks.all
    assert our_log(caplog, logging.INFO) == []


@SLOW
async def test_a_reload_while_a_webhook_is_made_leaves_one(
    house: House, kind: str, seconds: float
) -> None:
    house.sandbox.faults.add(kind, path=CREATE, seconds=seconds, times=1)
    await house.harness.set_up()
    await house.harness.advance(2)
    await house.reload()
    await house.harness.advance(60)
    await house.proven()
    kept = house.harness.entry.data[CONF_PUSH]
    assert house.registered.webhook_id == kept["webhook_id"]
    assert house.registered.secrets[0] == kept["secret"]


async def test_what_is_taken_back_is_not_what_the_next_start_makes(
    house: House,
) -> None:
    """The old one is given up just while the new one is in the making."""
    for seconds in (90, 20):
        house.sandbox.faults.add(
            "http_late_answer", path=CREATE, seconds=seconds, times=1
        )
    await house.harness.set_up()
    await house.harness.advance(20)
    await house.reload()
    await house.harness.advance(120)
    await house.proven()
    kept = house.harness.entry.data[CONF_PUSH]
    assert house.registered.webhook_id == kept["webhook_id"]


async def test_a_reload_while_a_webhook_is_replaced_leaves_the_old_one(
    pushed: House,
) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    sandbox.faults.add("http_late_answer", path=CREATE, seconds=90, times=1)
    sandbox.faults.add("webhook_dropped", times=1)
    made = sandbox.count(CREATE)
    sandbox.turn_bolt("Garage Side Door", thrown=True)
    for _ in range(200):
        if sandbox.count(CREATE) > made:
            break
        await harness.advance(1)
    assert sandbox.count(CREATE) == made + 1
    kept = harness.entry.data[CONF_PUSH]
    await pushed.reload()
    # Until the client has given up waiting, and long after.
    await harness.advance(120)
    assert harness.entry.data[CONF_PUSH] == kept
    assert pushed.registered.webhook_id == kept["webhook_id"]
    assert "push_pending" not in harness.entry.data


async def test_a_start_ends_what_the_last_one_had_begun(house: House) -> None:
    """The power went away just when Seam had made a webhook at another address."""
    harness, sandbox = house.harness, house.sandbox
    sandbox.faults.add("http_hang", path=CREATE, times=1)
    await harness.set_up()
    await harness.advance(2)
    in_the_middle = dict(harness.entry.data)
    url = house.base + house.path
    await harness.unload()
    await harness.advance(60)
    sandbox.webhooks.create(sandbox.workspace_id, url, sorted(EVENT_TYPES))
    house.hass.config_entries.async_update_entry(harness.entry, data=in_the_middle)
    await harness.set_up()
    await house.proven()
    assert harness.entry.data.keys() == {
        *in_the_middle.keys() - {"push_pending"},
        CONF_PUSH,
    }


async def test_the_removal_of_an_entry_waits_ten_seconds_for_seam_and_no_more(
    pushed: House, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = pushed.secrets()
    pushed.sandbox.faults.add("http_hang")
    begun = time.time()
    await pushed.remove()
    assert 9 < time.time() - begun < 11
    (message,) = our_log(caplog, logging.INFO)
    assert "could not be removed at Seam" in message
    assert not any(secret in message for secret in secrets)
    assert not pushed.hass.config_entries.async_entries(DOMAIN)


async def test_a_webhook_without_a_secret_is_not_used(house: House) -> None:
    make = Webhook.as_json

    def without_secret(webhook: Webhook, *, with_secret: bool = False) -> Any:
        return make(webhook)

    with patch.object(Webhook, "as_json", without_secret):
        await house.harness.set_up()
    assert house.push == "failed"
    assert not house.sandbox.webhooks.all
    assert CONF_PUSH not in house.harness.entry.data
    await house.harness.advance(61)
    await house.proven()


@pytest.mark.parametrize("status", [429, 503])
async def test_a_registration_that_fails_is_tried_again_less_and_less(
    house: House, status: int
) -> None:
    harness, sandbox = house.harness, house.sandbox
    fault = sandbox.faults.add("http_status", status=status, path=CREATE)
    await harness.set_up()
    assert house.push == "failed"
    assert sandbox.count(CREATE) == 1
    # 60, 120, 240, 480 seconds
    await harness.advance(61)
    assert sandbox.count(CREATE) == 2
    await harness.advance(121)
    assert sandbox.count(CREATE) == 3
    await harness.advance(200)
    assert sandbox.count(CREATE) == 3
    assert house.push == "failed"
    sandbox.faults.clear(fault)
    await harness.advance(41)
    await house.proven()
    # The next failure is not made to wait for the sake of this one.
    fault = sandbox.faults.add("http_status", status=status, path=CREATE)
    sandbox.delete_webhooks()
    await house.reload()
    assert house.push == "failed"
    sandbox.faults.clear(fault)
    await harness.advance(61)
    await house.proven()


async def test_after_days_away_the_webhook_is_made_anew(pushed: House) -> None:
    """Seam may have given up on it, and does not say so."""
    harness = pushed.harness
    old = pushed.registered
    await harness.unload()
    pushed.sandbox.disable_webhooks()
    harness.freezer.tick(2 * 86400.0)
    await harness.set_up()
    await pushed.proven()
    assert pushed.registered.webhook_id != old.webhook_id
    assert not pushed.registered.disabled


# -- with an address, with another one, and without


async def test_without_an_address_it_asks_and_says_so(
    harness: Harness, sandbox: SeamSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    await harness.set_up()
    assert harness.workspace_state("sensor", "push").state == "no_address"
    assert harness.workspace_state("sensor", "push_round_trip").state == "unknown"
    assert sandbox.count(LIST) == sandbox.count(CREATE) == 0
    door = sandbox.door("Garage Side Door")
    await harness.advance(5)
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(22)
    assert harness.state(door).state == "locked"
    assert our_log(caplog, logging.INFO) == []
    assert not ir.async_get(harness.hass).issues


async def test_an_own_address_on_the_internet(house: House) -> None:
    """Many routers do not let a house call itself from outside."""
    await far_away(house, "https://home.canary.test")
    assert house.registered.url == f"https://home.canary.test{house.path}"
    assert house.push == "unproven"
    await house.harness.advance(5)
    assert house.push == "unproven"
    door = house.sandbox.door("Garage Side Door")
    other = house.event(door, "lock.locked", workspace_id=str(uuid.uuid4()))
    assert await house.tell(other) == 200
    assert house.push == "unproven"
    house.sandbox.turn_bolt(door, thrown=True)
    await house.harness.settle()
    assert house.harness.state(door).state == "locked"
    assert house.push == "working"


@pytest.mark.parametrize("address", [None, "http://home.canary.test:8123"])
async def test_an_address_that_seam_cannot_use_is_not_told(
    house: House, address: str | None
) -> None:
    await far_away(house, address)
    assert house.push == "no_address"
    assert not house.sandbox.webhooks.all


async def test_another_address_is_registered_without_a_reload(
    pushed: House, hass_client_no_auth: ClientSessionGenerator
) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    old = pushed.registered
    moved = House(harness, await hass_client_no_auth())
    assert moved.base != pushed.base
    await pushed.hass.config.async_update(internal_url=moved.base)
    await harness.settle()
    await moved.proven()
    assert moved.registered.webhook_id != old.webhook_id
    assert moved.registered.url == moved.base + moved.path
    door = sandbox.door("Garage Side Door")
    sandbox.turn_bolt(door, thrown=True)
    await harness.settle()
    assert harness.state(door).state == "locked"

    # What else is changed in the settings is none of our business.
    before = len(sandbox.requests)
    await pushed.hass.config.async_update(location_name="Canary")
    await harness.settle()
    assert len(sandbox.requests) == before


async def test_without_its_address_the_webhook_is_withdrawn(pushed: House) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    url = pushed.base
    fault = sandbox.faults.add("http_status", status=503, path=DELETE)
    await pushed.hass.config.async_update(internal_url=None)
    await harness.settle()
    assert len(sandbox.webhooks.all) == 1
    sandbox.faults.clear(fault)
    await harness.advance(61)
    assert pushed.push == "no_address"
    assert not sandbox.webhooks.all
    assert CONF_PUSH not in harness.entry.data

    await pushed.hass.config.async_update(internal_url=url)
    await harness.settle()
    await pushed.proven()


async def test_what_is_gone_at_seam_needs_no_withdrawal(pushed: House) -> None:
    pushed.sandbox.delete_webhooks()
    await pushed.hass.config.async_update(internal_url=None)
    await pushed.harness.settle()
    assert pushed.push == "no_address"
