"""When push is believed, and what follows from that."""

from itertools import pairwise
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from tests.harness import Harness
from tests.push.helpers import (
    CREATE,
    DEVICES,
    EVENTS,
    House,
    open_house,
    our_log,
    plain_locks,
)

# -- only what Seam itself delivers is a proof


async def test_a_test_that_came_back_alone_is_no_proof(house: House) -> None:
    harness = house.harness
    await harness.set_up()
    await house.tested()
    for _ in range(3):
        assert house.push == "reachable"
        assert not harness.entry.runtime_data.push.health.is_alive()
        await house.press_button()
        await harness.advance(30)
    assert harness.workspace_state("sensor", "push_round_trip").state != "unknown"
    harness.sandbox.turn_bolt("Garage Side Door", thrown=True)
    await harness.settle()
    assert house.push == "working"


async def test_nothing_slows_down_while_all_that_seam_sends_is_lost(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    hass_client_no_auth: ClientSessionGenerator,
    enable_custom_integrations: None,
) -> None:
    """The test passes all the while: it does not come from Seam."""
    async with plain_locks(hass, freezer, 3) as harness:
        house = await open_house(harness, hass_client_no_auth)
        sandbox = harness.sandbox
        sandbox.faults.add("webhook_dropped")
        await harness.set_up()
        await house.tested()
        await harness.advance(60)
        assert house.push == "reachable"
        before = len(sandbox.requests)
        await harness.advance(600)
        assert house.push == "reachable"
        assert 19 <= house.asked(EVENTS, before) <= 21
        assert 29 <= house.asked(DEVICES, before) <= 31
        door = sandbox.door("Door 0")
        for thrown in (False, True) * 6:
            sandbox.turn_bolt(door, thrown=thrown)
            await harness.advance(22)
            assert harness.state(door).state == ("locked" if thrown else "unlocked")
            assert house.push != "working"
            await harness.advance(40)


async def test_an_event_that_never_came_is_lost_before_the_first_one_too(
    house: House,
) -> None:
    harness, sandbox = house.harness, house.sandbox
    await harness.set_up()
    await house.tested()
    first = house.registered
    fault = sandbox.faults.add("webhook_dropped")
    await harness.advance(5)
    sandbox.turn_bolt("Garage Side Door", thrown=True)
    await harness.advance(80)
    assert house.push == "degraded"
    assert house.registered.webhook_id != first.webhook_id
    # Nor does the test make it good again, or worse.
    made = sandbox.count(CREATE)
    await house.press_button()
    await harness.advance(1)
    assert house.push == "degraded"
    assert sandbox.count(CREATE) == made
    await harness.advance(1800)
    assert house.repair_issue() is not None
    sandbox.faults.clear(fault)
    sandbox.turn_bolt("Garage Side Door", thrown=False)
    await harness.settle()
    assert house.push == "working"
    assert house.repair_issue() is None


async def test_what_was_made_before_the_address_worked_is_not_lost(
    house: House,
) -> None:
    harness = house.harness
    await house.hass.config.async_update(internal_url=None)
    await harness.set_up()
    await harness.advance(5)
    harness.sandbox.turn_bolt("Garage Side Door", thrown=True)
    await harness.advance(20)
    await house.hass.config.async_update(internal_url=house.base)
    await harness.settle()
    await house.tested()
    await harness.advance(120)
    assert house.push == "reachable"


async def test_after_a_restart_seam_has_to_deliver_again(pushed: House) -> None:
    await pushed.reload()
    await pushed.tested()
    assert pushed.push == "reachable"
    pushed.sandbox.turn_bolt("Garage Side Door", thrown=True)
    await pushed.harness.settle()
    assert pushed.push == "working"


async def test_a_change_that_leaves_the_address_keeps_what_is_known(
    house: House,
) -> None:
    """Seen by whoever looks at the history of the sensor."""
    harness = house.harness
    await harness.set_up()
    await house.tested()
    seen: list[str] = []
    house.hass.bus.async_listen(
        "state_changed",
        lambda event: (
            seen.append(event.data["new_state"].state)
            if event.data["entity_id"].endswith("_push")
            else None
        ),
    )
    await house.hass.config.async_update(external_url="https://other.canary.test")
    await harness.settle()
    await house.tested()
    assert "unproven" not in seen


# -- health


async def test_one_event_that_push_has_lost_ends_the_trust(pushed: House) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    door = sandbox.door("Garage Side Door")
    old = pushed.registered
    await harness.advance(10)
    sandbox.faults.add("webhook_dropped", times=1)
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(61)
    # A reading has shown it, and that made us ask for the event.
    assert harness.state(door).state == "locked"
    assert harness.state(door, "event", "activity").attributes["source"] == "polling"
    await harness.advance(65)
    assert pushed.push == "degraded"
    # A new webhook is tried at once, and asking is at its old pace.
    assert pushed.registered.webhook_id != old.webhook_id
    before = len(sandbox.requests)
    await harness.advance(150)
    assert 4 <= pushed.asked(EVENTS, before) <= 6
    assert pushed.repair_issue() is None

    # What is lost before push is back says nothing of it from then on.
    sandbox.faults.add("webhook_dropped", times=1)
    sandbox.turn_bolt("Front Door", thrown=False)
    await harness.advance(20)
    sandbox.turn_bolt(door, thrown=False)
    await harness.settle()
    assert harness.state(door).state == "unlocked"
    assert pushed.push == "working"
    await harness.advance(200)
    assert pushed.push == "working"


async def test_a_person_is_told_when_it_lasts(
    pushed: House, caplog: pytest.LogCaptureFixture
) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    door = sandbox.door("Garage Side Door")
    fault = sandbox.faults.add("webhook_dropped")
    await harness.advance(10)
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(135)
    assert pushed.push == "degraded"
    before = len(sandbox.requests)
    # Each change is still shown within the pace of asking.
    for thrown in (False, True) * 8:
        await harness.advance(82)
        sandbox.turn_bolt(door, thrown=thrown)
        await harness.advance(22)
        assert harness.state(door).state == ("locked" if thrown else "unlocked")
    assert pushed.repair_issue() is None
    await harness.advance(150)
    issue = pushed.repair_issue()
    assert issue is not None
    assert issue.translation_placeholders == {"name": "Canary House"}
    # A few new webhooks were tried, ever more seldom, and one is there.
    assert 3 <= pushed.asked(CREATE, before) <= 6
    assert len(sandbox.webhooks.all) == 1

    sandbox.faults.clear(fault)
    sandbox.turn_bolt(door, thrown=False)
    await harness.settle()
    await pushed.proven()
    assert pushed.repair_issue() is None
    assert our_log(caplog, logging.INFO) == []


async def test_what_seam_gave_up_on_is_found_out(pushed: House) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    door = sandbox.door("Garage Side Door")
    sandbox.disable_webhooks()
    await harness.advance(10)
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(140)
    assert pushed.push == "degraded"
    sandbox.turn_bolt(door, thrown=False)
    await harness.settle()
    await pushed.proven()


async def test_the_end_of_an_entry_ends_the_issue_too(pushed: House) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    sandbox.faults.add("webhook_dropped")
    await harness.advance(10)
    sandbox.turn_bolt("Garage Side Door", thrown=True)
    await harness.advance(2000)
    assert pushed.repair_issue() is not None
    await pushed.remove()
    assert pushed.repair_issue() is None


async def test_what_comes_a_little_later_is_not_lost(pushed: House) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    door = sandbox.door("Garage Side Door")
    sandbox.faults.add("webhook_delayed", seconds=50, times=1)
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(300)
    assert harness.state(door).state == "locked"
    assert pushed.push == "working"


async def test_what_comes_long_after_moves_nothing(pushed: House) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    door = sandbox.door("Garage Side Door")
    sandbox.faults.add("webhook_delayed", seconds=1200, times=1)
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(600)
    sandbox.turn_bolt(door, thrown=False)
    await harness.advance(580)
    assert harness.state(door).state == "unlocked"
    assert pushed.told(door) is not None
    picture = pushed.picture()
    await harness.advance(60)
    assert pushed.picture() == picture


@pytest.mark.parametrize("restamps", [True, False])
async def test_a_call_that_was_not_heard_comes_again(
    pushed: House, restamps: bool
) -> None:
    """Svix tries again after five seconds, five minutes, and so on."""
    harness, sandbox = pushed.harness, pushed.sandbox
    sandbox.webhooks.restamps = restamps
    door = sandbox.door("Garage Side Door")
    address = pushed.base
    # Nobody is at home for a moment.
    pushed.registered.url = "http://127.0.0.1:9/"
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(1)
    pushed.registered.url = address + pushed.path
    await harness.advance(5)
    assert harness.state(door).state == "locked"
    assert harness.state(door, "event", "activity").attributes["source"] == "push"


async def test_an_event_that_comes_twice_is_told_once(pushed: House) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    door = sandbox.door("Garage Side Door")
    for kind in ("webhook_doubled", "event_doubled"):
        sandbox.faults.add(kind)
    heard: list[str | None] = []
    entity_id = harness.entity_id(door, "event", "activity")

    def hear(event: Any) -> None:
        if event.data["entity_id"] == entity_id:
            heard.append(event.data["new_state"].attributes.get("activity"))

    pushed.hass.bus.async_listen("state_changed", hear)
    for thrown in (True, False, True):
        sandbox.turn_bolt(door, thrown=thrown)
        await harness.advance(20)
    await harness.advance(700)
    assert heard == ["locked", "unlocked", "locked"]


# -- how often Seam is asked


async def move_each_lock(harness: Harness) -> None:
    """Let each lock show that its movements are told by events."""
    for thrown in (False, True):
        for door in harness.sandbox.doors.values():
            harness.sandbox.turn_bolt(door, thrown=thrown)
        await harness.advance(1)


async def requests_in_an_hour(harness: Harness, house: House | None) -> int:
    """Count them, with push that is proven if there is a house."""
    await harness.set_up()
    if house is not None:
        await house.proven()
        await move_each_lock(harness)
    await harness.advance(300)  # past the first registrations and readings
    before = len(harness.sandbox.requests)
    await harness.advance(3600)
    return len(harness.sandbox.requests) - before


@pytest.mark.parametrize("locks", [5, 501])
async def test_without_push_an_hour_takes_three_hundred_requests(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    socket_enabled: None,
    enable_custom_integrations: None,
    locks: int,
) -> None:
    async with Harness.with_locks(hass, freezer, locks) as harness:
        assert await requests_in_an_hour(harness, None) <= 301


@pytest.mark.parametrize("locks", [5, 501])
async def test_with_push_an_hour_takes_twenty_requests(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    hass_client_no_auth: ClientSessionGenerator,
    enable_custom_integrations: None,
    locks: int,
) -> None:
    async with plain_locks(hass, freezer, locks) as harness:
        house = await open_house(harness, hass_client_no_auth)
        count = await requests_in_an_hour(harness, house)
        assert house.push == "working"  # as it was the whole hour long
        assert count <= 20


async def test_with_push_readings_and_lists_are_rare(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    hass_client_no_auth: ClientSessionGenerator,
    enable_custom_integrations: None,
) -> None:
    async with plain_locks(hass, freezer, 3) as harness:
        house = await open_house(harness, hass_client_no_auth)
        await harness.set_up()
        await house.proven()
        # A lock that has not shown yet that it tells events is read more often.
        before = len(harness.sandbox.requests)
        await harness.advance(600)
        assert 9 <= house.asked(DEVICES, before) <= 11
        await move_each_lock(harness)
        times: dict[str, list[float]] = {DEVICES: [], EVENTS: []}
        await harness.advance(2500)
        for request in house.sandbox.requests:
            if request.path in times:
                times[request.path].append(request.time)
        for path, pace in ((DEVICES, 300), (EVENTS, 600)):
            late = times[path][-4:]
            gaps = [b - a for a, b in pairwise(late)]
            assert gaps == pytest.approx([pace] * 3, abs=2), path
        # A door sensor has no events, so a lock that has one is read often.
        harness.sandbox.add_lock("Front Door")
        await harness.advance(10)
        before = len(harness.sandbox.requests)
        await harness.advance(600)
        assert 9 <= house.asked(DEVICES, before) <= 11
        assert house.push == "working"


# -- who listens


async def test_a_listener_that_raises_stops_nobody_else(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    harness, sandbox = house.harness, house.sandbox
    await harness.set_up()
    await house.proven()

    def broken() -> None:
        raise ZeroDivisionError

    health = harness.entry.runtime_data.push.health
    # Before all others, as if it had listened first.
    health._listeners.insert(0, broken)
    sandbox.faults.add("webhook_dropped")
    await harness.advance(5)
    sandbox.turn_bolt("Garage Side Door", thrown=True)
    await harness.advance(135)
    assert house.push == "degraded"
    assert house.asked(CREATE, 0) >= 2  # the registration has heard of it as well
    errors = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert len(errors) == 1
    assert errors[0].exc_info is not None
