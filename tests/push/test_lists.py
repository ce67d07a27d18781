"""What is asked for when nothing is pushed."""

from typing import Any

from custom_components.seam.events.types import EVENT_TYPES
from tests.harness import Harness
from tests.push.helpers import EVENTS, House
from tests.seam_sandbox import SeamSandbox

# -- what is asked when nothing is pushed


async def test_a_server_that_does_not_know_all_types_is_asked_for_all(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    await harness.advance(5)
    sandbox.faults.add(
        "http_status",
        status=400,
        error_type="invalid_event_types",
        path=EVENTS,
        times=1,
    )
    door = sandbox.door("Garage Side Door")
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(22)
    assert harness.state(door).state == "locked"
    first, _, last = [one for one in sandbox.requests if one.path == EVENTS]
    assert set(first.body["event_types"]) == set(EVENT_TYPES)
    assert "event_types" not in last.body


async def test_a_server_that_knows_no_lists_is_no_end(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    fault = sandbox.faults.add("http_status", status=400, path=EVENTS)
    await harness.set_up()
    await harness.advance(60)
    sandbox.faults.clear(fault)
    door = sandbox.door("Garage Side Door")
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(60)  # the pauses have grown meanwhile
    assert harness.state(door, "event", "activity").attributes["activity"] == "locked"


async def test_lists_wait_as_long_as_seam_wants(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    await harness.advance(5)
    before = len(sandbox.requests)
    sandbox.faults.add(
        "http_status", status=429, retry_after="100", path=EVENTS, times=1
    )
    await harness.advance(100)
    asked = [one for one in sandbox.requests[before:] if one.path == EVENTS]
    assert len(asked) == 1
    await harness.advance(60)
    asked = [one for one in sandbox.requests[before:] if one.path == EVENTS]
    assert len(asked) > 1
    assert asked[1].time - asked[0].time >= 100


async def test_nothing_is_kept_of_an_entry_that_is_gone(
    hass_storage: dict[str, Any], pushed: House
) -> None:
    door = pushed.sandbox.door("Front Door")
    pushed.sandbox.enter_code(door)
    await pushed.harness.advance(1)
    key = f"seam.{pushed.harness.entry.entry_id}"
    await pushed.reload()
    assert key in hass_storage
    pushed.sandbox.turn_bolt(door, thrown=True)
    await pushed.harness.settle()
    await pushed.remove()
    await pushed.harness.advance(60)
    assert key not in hass_storage
