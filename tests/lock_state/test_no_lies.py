"""Cases in which `locked` was shown while the bolt was drawn; none may come back."""

import asyncio

from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.seam.push import PushHealth
from tests.harness import Harness
from tests.seam_sandbox import Door, SeamSandbox

DEVICES = "/devices/list"
EVENTS = "/events/list"
UNLOCK = "/locks/unlock_door"
QUARTER = 15 * 60
# How soon an unlock that is in Seam's readings at once has to be seen.
SOON = 30


async def reload(harness: Harness) -> None:
    """Reload the entry."""
    await harness.until(
        asyncio.create_task(
            harness.hass.config_entries.async_reload(harness.entry.entry_id)
        )
    )
    await harness.settle()


class Witness:
    """Sees for how long `locked` was shown over a drawn bolt."""

    def __init__(self, harness: Harness, door: Door) -> None:
        self._harness = harness
        self.door = door
        self._since: float | None = None
        self.longest = 0.0
        harness.watchers.append(self.look)

    def look(self) -> None:
        now = self._harness.hass.loop.time()
        entity_id = self._harness.entity_id(self.door)
        state = self._harness.hass.states.get(entity_id) if entity_id else None
        if state is None or state.state != "locked" or self.door.bolt_thrown:
            self._since = None
            return
        self._since = now if self._since is None else self._since
        self.longest = max(self.longest, now - self._since)


@pytest.fixture
def door(sandbox: SeamSandbox) -> Door:
    """Return a locked door with nothing but a bolt."""
    door = sandbox.door("Workshop")
    sandbox.tune(door, auto_lock=0)
    return door


@pytest.fixture
def witness(harness: Harness, door: Door) -> Witness:
    """Return one who watches that door."""
    return Witness(harness, door)


# A2


@pytest.mark.parametrize("jump", [7200.0, -7200.0])
async def test_our_own_clock_jumps(
    harness: Harness, sandbox: SeamSandbox, door: Door, witness: Witness, jump: float
) -> None:
    await harness.set_up()
    await harness.advance(30)
    harness.set_own_clock(jump)
    # The command goes out before any answer could tell that the time is wrong.
    await harness.until(harness.press(door, "lock"))
    await harness.advance(1)
    sandbox.turn_bolt(door, thrown=False)
    await harness.advance(SOON)
    assert harness.state(door).state == "unlocked"
    await harness.advance(QUARTER)
    assert harness.state(door).state == "unlocked"
    assert witness.longest <= SOON


# A4


async def test_a_long_retry_after_is_obeyed_without_going_blind(
    harness: Harness, sandbox: SeamSandbox, door: Door
) -> None:
    await harness.set_up()
    sandbox.add_fault("http_status", status=429, retry_after="7200")
    await harness.advance(40)
    before = len(sandbox.requests)
    sandbox.turn_bolt(door, thrown=False)
    await harness.advance(QUARTER + 60)
    assert harness.state(door).state == "unavailable"
    # One for each 10 minutes, which is as long as such a wish is believed.
    for path in (DEVICES, EVENTS):
        assert sum(one.path == path for one in sandbox.requests[before:]) <= 2
    sandbox.clear_faults()
    await harness.advance(620)
    assert harness.state(door).state == "unlocked"


# A5


async def test_pages_without_end(
    harness: Harness, sandbox: SeamSandbox, door: Door
) -> None:
    await harness.set_up()
    before = len(sandbox.requests)
    sandbox.add_fault("http_endless_pages", path=DEVICES)
    sandbox.add_fault("event_dropped")
    await harness.advance(21)
    sandbox.turn_bolt(door, thrown=False)
    await harness.advance(QUARTER)
    # What came is as good as ever.
    assert harness.state(door).state == "unlocked"
    await harness.advance(3 * QUARTER)
    asked = sum(one.path == DEVICES for one in sandbox.requests[before:])
    assert asked <= 300
    sandbox.clear_faults()
    await harness.advance(QUARTER)
    assert harness.state(door).state == "unlocked"


# A7


@pytest.mark.parametrize("crash", [False, True])
async def test_a_reload_does_not_forget_a_confirmed_unlock(
    harness: Harness, sandbox: SeamSandbox, door: Door, witness: Witness, crash: bool
) -> None:
    sandbox.tune(door, poll_seconds=600.0, reports_moves=False)
    await harness.set_up()
    await harness.advance(30)
    await harness.until(harness.press(door, "unlock"))
    if crash:
        await harness.advance(2)  # what was saved by then is all that is left
        harness.entry.runtime_data.store.async_save = _nothing
    await reload(harness)
    for _ in range(70):
        assert harness.state(door).state in ("unlocked", "unknown")
        await harness.advance(10)
    assert witness.longest == 0


async def _nothing() -> None:
    """Save nothing: the power has failed."""


async def test_a_reload_does_not_forget_an_unlock_that_an_event_told(
    harness: Harness, sandbox: SeamSandbox, door: Door, witness: Witness
) -> None:
    await harness.set_up()
    await harness.advance(30)
    sandbox.tune(door, reading_lag=300.0)
    sandbox.turn_bolt(door, thrown=False)
    await harness.entry.runtime_data.poller.async_list()
    await harness.settle()
    assert harness.state(door).state == "unlocked"
    await reload(harness)
    for _ in range(40):
        assert harness.state(door).state in ("unlocked", "unknown")
        await harness.advance(10)
    assert witness.longest < SOON


@pytest.mark.parametrize("brand", ["a", "b", "d", "e"])
@pytest.mark.parametrize("after", [0.0, 0.3, 5.0])
async def test_a_reload_in_the_middle_of_an_unlock(
    harness: Harness,
    sandbox: SeamSandbox,
    witness: Witness,
    brand: str,
    after: float,
) -> None:
    """Seam goes on with it, and only its own pace tells that it was done."""
    door = witness.door
    sandbox.set_brand(door, brand)
    sandbox.tune(door, command_seconds=6.0)
    await harness.set_up()
    await harness.advance(30)
    press = harness.press(door, "unlock")
    await harness.advance(after)
    await reload(harness)
    with pytest.raises(HomeAssistantError):
        await harness.until(press)
    for _ in range(70):
        await harness.advance(10)
        assert not door.bolt_thrown
    assert harness.state(door).state in ("unlocked", "unknown")
    assert witness.longest <= (SOON if brand in "ab" else 0) or after == 0.0


# A8


@pytest.mark.parametrize("tells_move", [True, False])
async def test_another_app_unlocks(
    harness: Harness,
    sandbox: SeamSandbox,
    door: Door,
    witness: Witness,
    tells_move: bool,
) -> None:
    # Where Seam hears of movements, its readings follow.
    sandbox.tune(door, reading_lag=0.0 if tells_move else 600.0)
    await harness.set_up()
    await harness.advance(30)
    sandbox.other_app(door, tells_move=tells_move)
    await harness.advance(SOON + 5)
    assert harness.state(door).state == "unlocked"
    assert witness.longest <= SOON


async def test_our_unlock_acts_after_a_hand_has_ended_the_call(
    harness: Harness, sandbox: SeamSandbox, door: Door, witness: Witness
) -> None:
    sandbox.tune(door, command_seconds=20.0, reading_lag=600.0)
    await harness.set_up()
    await harness.advance(30)
    press = harness.press(door, "unlock")
    await harness.advance(3)
    sandbox.turn_bolt(door, thrown=False)
    await harness.entry.runtime_data.poller.async_list()
    await harness.until(press)
    sandbox.turn_bolt(door, thrown=True)
    await harness.entry.runtime_data.poller.async_list()
    await harness.settle()
    # Nobody tells of what the command does now.
    sandbox.add_fault("event_dropped")
    await harness.advance(25)
    assert not door.bolt_thrown
    assert harness.state(door).state == "unlocked"
    assert witness.longest < 3


# A9


async def test_an_unlock_by_a_clock_that_is_behind(
    harness: Harness, sandbox: SeamSandbox, door: Door, witness: Witness
) -> None:
    await harness.set_up()
    await harness.advance(60)
    sandbox.turn_bolt(door, thrown=False)
    await harness.advance(30)
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(60)
    assert harness.state(door).state == "locked"
    sandbox.add_fault("event_occurred_skew", seconds=-90.0)
    sandbox.turn_bolt(door, thrown=False)
    await harness.advance(60)
    assert harness.state(door).state == "unlocked"
    assert witness.longest <= SOON


# A10


async def test_a_brand_with_events_does_not_slow_the_others(
    harness: Harness,
    sandbox: SeamSandbox,
    door: Door,
    witness: Witness,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(PushHealth, "is_alive", lambda _: True)
    sandbox.set_brand(door, "b")
    await harness.set_up()
    other = sandbox.door("Back Door")
    for thrown in (False, True):
        sandbox.turn_bolt(other, thrown=thrown)
        await harness.entry.runtime_data.poller.async_list()
        await harness.advance(30)
    await harness.advance(2 * QUARTER)
    sandbox.turn_bolt(door, thrown=False)
    await harness.advance(75)
    assert harness.state(door).state == "unlocked"
    assert witness.longest <= 75


# A12


@pytest.mark.parametrize("thrown", [True, False])
async def test_a_device_that_is_listed_twice_is_as_the_less_secure_one(
    harness: Harness, sandbox: SeamSandbox, door: Door, thrown: bool
) -> None:
    other = sandbox.door("Garage Side Door")
    door.bolt_thrown, other.bolt_thrown = thrown, not thrown
    door.seen, other.seen = door.belief(), other.belief()
    sandbox.add_fault(
        "http_property",
        path=DEVICES,
        device_id=other,
        name="device_id",
        value=door.device_id,
    )
    await harness.set_up()
    assert harness.state(door).state == "unlocked"
    await harness.advance(60)
    assert harness.state(door).state == "unlocked"


# A13


@pytest.mark.parametrize("brand", ["a", "b", "c", "d", "e"])
async def test_an_unlock_whose_answer_was_lost_acts_late(
    harness: Harness,
    sandbox: SeamSandbox,
    door: Door,
    witness: Witness,
    brand: str,
) -> None:
    sandbox.set_brand(door, brand)
    sandbox.tune(door, command_seconds=20.0)
    await harness.set_up()
    await harness.advance(30)
    sandbox.add_fault("http_answer_lost", path=UNLOCK)
    sandbox.add_fault("attempt_silent")
    with pytest.raises(HomeAssistantError) as caught:
        await harness.until(harness.press(door, "unlock"))
    assert caught.value.translation_key == "unlock_uncertain"
    await harness.advance(660)
    assert not door.bolt_thrown
    assert harness.state(door).state in ("unlocked", "unknown")
    assert witness.longest == 0


# -- what is not reached counts for nothing


async def test_what_an_unreachable_lock_shows_proves_nothing(
    harness: Harness, sandbox: SeamSandbox, door: Door
) -> None:
    sandbox.set_error(door, "hub_disconnected")
    await harness.set_up()
    await harness.advance(60)
    verdict = harness.entry.runtime_data.coordinator.verdict(door.device_id)
    assert verdict.locked is None
    sandbox.clear_error(door, "hub_disconnected")
    await harness.advance(30)
    assert harness.state(door).state == "locked"
