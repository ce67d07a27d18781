"""Hundreds of doors live through a day at random, while everything goes wrong.

Each door is a world of its own: hands, codes, apps, commands, jams and outages
move it or keep it, and what Seam tells of it comes late, twice, in another order,
or never. Home Assistant may not know where a bolt is. It may not say locked
while a bolt is open and it has been told so.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
import os
import random
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components import webhook
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.aiohttp import MockRequest
import orjson
import pytest

from custom_components.seam.events.activity import SOURCE_COMMAND
from custom_components.seam.events.types import EVENT_TYPES
from tests.harness import Harness
from tests.seam_sandbox import CANARY_PIN, Door, Recorded, SeamSandbox

ACTIVITIES = {name for name, row in EVENT_TYPES.items() if row.activity}
WORLDS = 500
ROUNDS = 20 if os.environ.get("SEAM_DEEP") else 4
DAY = 600
ACTIONS = 6
# When the entry is reloaded, and when our own clock jumps to how many seconds ahead.
RELOADS = frozenset({170, 430})
CLOCK_JUMPS = {240: 7200.0, 300: -3600.0, 360: 0.0}
# After this long without a fault nothing is on its way any more.
QUIET = 900
ADDRESS = "http://127.0.0.1:1"


def parsed(moment: str) -> datetime:
    """Return a time that Seam wrote."""
    return datetime.fromisoformat(moment)


class Oracle:
    """Knows the truth, and what Home Assistant has been told of it."""

    def __init__(self, harness: Harness) -> None:
        """Begin to listen."""
        self.harness = harness
        self.sandbox = harness.sandbox
        self.known: set[str] = set()
        self.open_since: dict[str, float] = {}
        self.told_open: dict[str, tuple[float, str]] = {}
        self.last_event: dict[str, tuple[float, str]] = {}
        self.happened: Counter[tuple[str, str]] = Counter()
        self.shown: dict[str, str] = {}
        self.lies: list[str] = []
        self.locks: dict[str, str] = {}
        self.look()
        self.sandbox.api.observers.append(self.answered)
        harness.watchers.append(self.look)
        harness.hass.bus.async_listen(EVENT_STATE_CHANGED, self.changed)

    def now(self) -> float:
        """Return the true time."""
        return self.sandbox.clock.now()

    def find_entities(self) -> None:
        """Learn the entity of each door."""
        for door in self.sandbox.doors.values():
            if entity_id := self.harness.entity_id(door):
                self.locks[door.device_id] = entity_id

    def answered(self, request: Recorded, body: bytes) -> None:
        """Note what an answer of the API tells."""
        if request.answer.status != 200:
            return
        answer = orjson.loads(body)
        for event in answer.get("events", ()):
            self.told(event)
        for device in answer.get("devices", ()):
            properties = device["properties"]
            door = self.sandbox.doors[device["device_id"]]
            if door.reading_lag or door.poll_seconds:
                continue  # it may tell of a time before the bolt was opened
            if properties.get("locked") is False and properties.get("online"):
                self.note_open(device["device_id"], request.time, "reading")
        for attempt in answer.get("action_attempts", ()):
            known = self.sandbox.attempts.all[attempt["action_attempt_id"]]
            if known.status == "success" and not known.lock and known.ended_at:
                self.note_open(known.door.device_id, known.ended_at, "attempt")

    def told(self, event: dict[str, Any]) -> None:
        """Note what an event tells, listed or pushed."""
        if event["event_id"] in self.known:
            return
        self.known.add(event["event_id"])
        if event["event_type"] in ("lock.locked", "lock.unlocked"):
            at = parsed(event["occurred_at"]).timestamp()
            told = at, event["event_type"].removeprefix("lock.")
            device_id = event["device_id"]
            self.last_event[device_id] = max(told, self.last_event.get(device_id, told))
        if event["event_type"] == "lock.unlocked" and "device_id" in event:
            at = parsed(event["occurred_at"]).timestamp()
            self.note_open(event["device_id"], at, "event")

    def note_open(self, device_id: str, at: float, by: str) -> None:
        """Note that Home Assistant was told of an open bolt."""
        if at >= self.told_open.get(device_id, (0.0, ""))[0]:
            self.told_open[device_id] = at, by

    def look(self) -> None:
        """Compare what Home Assistant says with what it could know."""
        now = self.now()
        for device_id, door in self.sandbox.doors.items():
            if door.bolt_thrown:
                self.open_since.pop(device_id, None)
                continue
            # Seam's times are cut off to whole milliseconds.
            since = self.open_since.setdefault(device_id, now) - 0.001
            told_at, by = self.told_open.get(device_id, (0.0, ""))
            if told_at < since:
                continue
            entity_id = self.locks.get(device_id)
            state = self.harness.hass.states.get(entity_id) if entity_id else None
            if state is not None and state.state == "locked":
                self.lies.append(
                    f"{door.name} is open since {now - since:.1f} s, as {by} told "
                    f"{now - told_at:.1f} s ago"
                )

    @callback
    def changed(self, event: Event[EventStateChangedData]) -> None:
        """Count what the event entities tell."""
        new = event.data["new_state"]
        if new is None or new.domain != "event" or "occurred_at" not in new.attributes:
            return
        if new.attributes["source"] == "command":
            return  # no event of Seam's: a command that nothing has confirmed
        if new.attributes["source"] == SOURCE_COMMAND:
            return  # our own word on a command that nothing confirmed
        # After a reload an entity shows again what it told before.
        if self.shown.get(new.entity_id) != new.state:
            self.shown[new.entity_id] = new.state
            self.happened[event.data["entity_id"], new.attributes["occurred_at"]] += 1


def shuffle_world(rng: random.Random, sandbox: SeamSandbox, door: Door) -> None:
    """Decide what is wrong with all that is told of a door."""
    sandbox.tune(
        door,
        reading_lag=rng.choice((0.0, 0.0, 1.0, 9.0)),
        poll_seconds=rng.choice((None, None, None, 60.0, 600.0)),
        reports_auto_lock=rng.random() < 0.7,
        command_seconds=rng.choice((0.3, 1.3, 8.0)),
    )
    faults: tuple[tuple[str, dict[str, Any]], ...] = (
        ("event_late", {"seconds": rng.choice((2, 40, 200))}),
        ("event_doubled", {}),
        ("event_reordered", {}),
        ("event_dropped", {}),
        ("webhook_dropped", {}),
        ("webhook_doubled", {}),
        ("webhook_delayed", {"seconds": rng.choice((1, 30, 300))}),
        ("attempt_pending", {}),
        ("attempt_fail", {"message": "It is jammed."}),
        ("attempt_unconfirmed", {"value": rng.choice((False, None))}),
        ("attempt_duration", {"seconds": rng.choice((5, 45))}),
        ("attempt_silent", {}),
        ("attempt_lost", {}),
    )
    for kind, options in rng.sample(faults, k=rng.choice((0, 1, 1, 2, 3))):
        sandbox.add_fault(
            kind, device_id=door.device_id, times=rng.choice((1, 2, None)), **options
        )


def act(rng: random.Random, harness: Harness, door: Door) -> None:
    """Do something to a door."""
    sandbox = harness.sandbox

    async def press(action: str) -> None:
        with suppress(HomeAssistantError):  # what goes wrong is what this is about
            await harness.press(door, action)

    actions: tuple[tuple[int, Callable[[], object]], ...] = (
        (3, lambda: sandbox.turn_bolt(door, thrown=not door.bolt_thrown)),
        (2, lambda: sandbox.enter_code(door, rng.choice((CANARY_PIN, "000000")))),
        (1, lambda: sandbox.use_card(door, thrown=rng.random() < 0.5)),
        (1, lambda: sandbox.use_app(door, thrown=rng.random() < 0.5)),
        (1, lambda: sandbox.jam(door)),
        (2, lambda: sandbox.unjam(door)),
        (1, lambda: sandbox.set_online(door, online=not door.online)),
        (1, lambda: sandbox.tamper(door)),
        (1, lambda: sandbox.other_app(door, thrown=rng.random() < 0.5)),
        (4, lambda: harness.hass.async_create_task(press("lock"))),
        (4, lambda: harness.hass.async_create_task(press("unlock"))),
    )
    weights = [weight for weight, _ in actions]
    rng.choices([action for _, action in actions], weights)[0]()


async def disturb(harness: Harness, second: int) -> None:
    """Reload the entry and set our own clock wrong, at their times."""
    if second in RELOADS:
        await harness.unload()
        await harness.set_up()
    if second in CLOCK_JUMPS:
        harness.set_own_clock(CLOCK_JUMPS[second])


@pytest.mark.parametrize("push", [True, False])
@pytest.mark.parametrize("seed", range(ROUNDS // 2))
@pytest.mark.usefixtures("socket_enabled", "enable_custom_integrations")
async def test_worlds(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, seed: int, push: bool
) -> None:
    rng = random.Random(f"{seed} {push}")
    oracles: list[Oracle] = []

    async def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        """Bring a pushed event in as the cloud would."""
        request = MockRequest(body, "worlds", method="POST", headers=headers)
        webhook_id = url.rpartition("/")[2]
        response = await webhook.async_handle_webhook(hass, webhook_id, request)
        oracles[0].told(orjson.loads(body))
        return response.status

    async with Harness.with_locks(hass, freezer, WORLDS, post=post) as harness:
        sandbox = harness.sandbox
        if push:
            await hass.config.async_update(internal_url=ADDRESS)
        oracle = Oracle(harness)
        oracles.append(oracle)
        await harness.set_up()
        oracle.find_entities()
        locks = [door for door in sandbox.doors.values() if door.model.is_lock]
        for door in locks:
            shuffle_world(rng, sandbox, door)
        plan: dict[int, list[Door]] = {}
        for door in locks:
            for _ in range(ACTIONS):
                plan.setdefault(rng.randrange(DAY), []).append(door)

        for second in range(DAY):
            for door in plan.get(second, ()):
                act(rng, harness, door)
            await disturb(harness, second)
            await harness.advance(1.0)
        assert not oracle.lies

        # Quiet: what Seam still has to tell arrives, and nothing new goes wrong.
        sandbox.faults.clear()
        await harness.advance(QUIET)
        assert not oracle.lies
        wrong = {}
        for door in locks:
            if (state := harness.state(door).state) in ("locked", "unlocked"):
                if (state == "locked") is door.bolt_thrown:
                    continue
                # No reading tells of this door: its last event is all there is,
                # or an unlock that a command was told to have done.
                told = oracle.last_event.get(door.device_id, (0.0, "unlocked"))[1]
                if door.model.reports_locked or told != state or state == "locked":
                    wrong[door.name] = state
            else:
                assert state in ("unknown", "unavailable", "jammed")
        assert not wrong

        events = {event["event_id"]: event for event in sandbox.events}
        expected = Counter(
            (
                str(harness.entity_id(told, "event", "activity")),
                parsed(event["occurred_at"]).isoformat(),
            )
            for event in events.values()
            if event["event_type"] in ACTIVITIES
            and (told := sandbox.doors.get(event["device_id"]))
        )
        assert oracle.happened == expected
        assert sum(expected.values()) > WORLDS
