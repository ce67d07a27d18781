"""Compares what Home Assistant shows of each bolt with where the bolt is.

Time stands still whenever it looks, and nothing changes between two looks.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from statistics import median
from typing import Any

from homeassistant.const import ATTR_ASSUMED_STATE, EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, State, callback
import orjson

from tests.harness import Harness
from tests.seam_sandbox import Door, Recorded

from .table import percentile

# Nobody sees what lasts no longer than this, in seconds: an event on its way.
SHORTEST = 0.1
# Seam's times are in whole milliseconds, cut off.
ROUNDING = 0.001


class Kind(StrEnum):
    """What can be wrong with what is shown; several may be so at a time."""

    LOCKED_WHILE_OPEN = "locked while open"
    UNLOCKED_WHILE_LOCKED = "unlocked while locked"
    UNKNOWN = "unknown"
    ASSUMED = "assumed"
    # Locked while open, although Home Assistant had been told of the unlock.
    LIE = "locked while open after newer proof"
    # The newest thing told was an event, and something else was shown.
    NOT_LAST_EVENT = "other than its last event"
    # Neither a position, nor a movement, nor unknown.
    OTHER = "unavailable or jammed"


class Ending(StrEnum):
    """How a call of `lock.lock` ended."""

    PROVED = "returned, locked and shown so"
    UNPROVED = "returned, locked but not shown so"
    FALSE_RETURN = "returned though not locked"
    FALSE_ALARM = "raised though locked"
    RIGHT_ALARM = "raised rightly"


@dataclass(slots=True)
class Spans:
    """For how long something was so, each time, in seconds."""

    lengths: list[float] = field(default_factory=list)

    def add(self, seconds: float) -> None:
        """Add one time, unless nobody could see it."""
        if seconds > SHORTEST:
            self.lengths.append(seconds)

    def share(self, whole: float) -> float:
        """Return which part of a time it took, 0..1."""
        return sum(self.lengths) / whole

    @property
    def p95(self) -> float:
        """Return what 95 % of them do not exceed, 0 without any."""
        if len(self.lengths) <= 1:
            return sum(self.lengths)
        return percentile(self.lengths, 95)

    def told(self) -> str:
        """Return median, 95 % and worst, and how often, as text."""
        if not self.lengths:
            return "never"
        middle = median(self.lengths)
        worst, often = max(self.lengths), len(self.lengths)
        return f"{middle:.0f} / {self.p95:.0f} / {worst:.0f} s, {often} x"


@dataclass(slots=True)
class _Watched:
    """What is known of one door.

    Attributes:
        door: the truth.
        entity_id: of its lock.
        since: of what is so at present, since when; in seconds since the epoch.
        open_since: when the bolt was drawn, None while it is thrown.
        told_open_at: the newest time at which Home Assistant was told it is open.
        event: the newest event told: its time, and whether it said locked.
        acted_at: the newest end of a command that Home Assistant was told of.
    """

    door: Door
    entity_id: str
    since: dict[Kind, float] = field(default_factory=dict)
    open_since: float | None = None
    told_open_at: float = 0.0
    event: tuple[float, bool] | None = None
    acted_at: float = 0.0


class Oracle:
    """Looks at all doors from its making until `finish`.

    Attributes:
        spans: by what was so.
        endings: of `lock.lock`.
    """

    def __init__(self, harness: Harness, doors: Sequence[Door]) -> None:
        """Begin to look at doors that Home Assistant has."""
        self._harness = harness
        self._sandbox = harness.sandbox
        self._watched: dict[str, _Watched] = {}
        self._changes = 0
        self._looked_at: tuple[int, int] = (-1, -1)
        self._heard: set[str] = set()
        self.spans = {kind: Spans() for kind in Kind}
        self.endings: Counter[Ending] = Counter()
        self._began = self._sandbox.clock.now()
        for door in doors:
            entity_id = harness.entity_id(door)
            if entity_id is None:
                raise LookupError(door.name)
            self._watched[door.device_id] = _Watched(door, entity_id)
        self._sandbox.api.observers.append(self._answered)
        harness.watchers.append(self.look)
        self._stop = harness.hass.bus.async_listen(EVENT_STATE_CHANGED, self._changed)
        self.look()

    def finish(self) -> float:
        """Look no more; return for how long was looked, in seconds of all doors."""
        self.look()
        self._stop()
        self._harness.watchers.remove(self.look)
        self._sandbox.api.observers.remove(self._answered)
        now = self._sandbox.clock.now()
        for watched in self._watched.values():
            for kind, since in watched.since.items():
                self.spans[kind].add(now - since)
            watched.since.clear()
        return (now - self._began) * len(self._watched)

    def shown_wrong(self, door: Door) -> set[Kind]:
        """Return what is wrong with what is shown of a door at present."""
        return set(self._watched[door.device_id].since)

    def call_ended(self, door: Door, *, raised: bool) -> None:
        """Note how a call of `lock.lock` ended, at that moment."""
        if raised:
            ending = Ending.FALSE_ALARM if door.bolt_thrown else Ending.RIGHT_ALARM
        elif not door.bolt_thrown:
            ending = Ending.FALSE_RETURN
        elif self._shown(self._watched[door.device_id]).state == "locked":
            ending = Ending.PROVED
        else:
            ending = Ending.UNPROVED
        self.endings[ending] += 1

    # -- what Home Assistant is told

    def _answered(self, request: Recorded, body: bytes) -> None:
        """Note what an answer of the API tells."""
        if request.answer.status != HTTPStatus.OK:
            return
        answer = orjson.loads(body)
        for event in answer.get("events", ()):
            self.told(event)
        for device in answer.get("devices", ()):
            watched = self._watched.get(device["device_id"])
            # With a lag it may tell of a time before the bolt was drawn.
            if watched is None or watched.door.reading_lag or watched.door.poll_seconds:
                continue
            if device["properties"].get("locked") is False:
                self._told_open(watched, request.time)
        attempts = [*answer.get("action_attempts", ())]
        if one := answer.get("action_attempt"):
            attempts.append(one)
        for attempt in attempts:
            known = self._sandbox.attempts.all[attempt["action_attempt_id"]]
            watched = self._watched.get(known.door.device_id)
            if watched is None or known.status != "success" or not known.ended_at:
                continue
            watched.acted_at = max(watched.acted_at, known.ended_at)
            if not known.lock:
                self._told_open(watched, known.ended_at)

    def told(self, event: dict[str, Any]) -> None:
        """Note what an event tells, listed or pushed."""
        watched = self._watched.get(event.get("device_id", ""))
        if event["event_id"] in self._heard or watched is None:
            return
        self._heard.add(event["event_id"])
        self._looked_at = -1, -1
        if event["event_type"] not in ("lock.locked", "lock.unlocked"):
            return
        locked = event["event_type"] == "lock.locked"
        at = datetime.fromisoformat(event["occurred_at"]).timestamp()
        if watched.event is None or at >= watched.event[0]:
            watched.event = at, locked
        if not locked:
            self._told_open(watched, at)

    def _told_open(self, watched: _Watched, at: float) -> None:
        watched.told_open_at = max(watched.told_open_at, at)
        self._looked_at = -1, -1

    @callback
    def _changed(self, _event: Event[EventStateChangedData]) -> None:
        self._changes += 1

    # -- what it shows

    def look(self) -> None:
        """Compare all that is shown with the truth."""
        seen = self._changes, self._sandbox.house.revision
        if seen == self._looked_at:
            return
        self._looked_at = seen
        now = self._sandbox.clock.now()
        for watched in self._watched.values():
            if watched.door.bolt_thrown:
                watched.open_since = None
            elif watched.open_since is None:
                watched.open_since = now
            found = self._find(watched, self._shown(watched))
            since = watched.since
            for kind in [kind for kind in since if kind not in found]:
                self.spans[kind].add(now - since.pop(kind))
            for kind in found:
                since.setdefault(kind, now)

    def _shown(self, watched: _Watched) -> State:
        state = self._harness.hass.states.get(watched.entity_id)
        if state is None:
            raise LookupError(watched.entity_id)
        return state

    def _find(self, watched: _Watched, state: State) -> set[Kind]:
        """Return what is wrong with a state."""
        found: set[Kind] = set()
        shown = state.state
        if shown == "locked" and watched.open_since is not None:
            found.add(Kind.LOCKED_WHILE_OPEN)
            if watched.told_open_at >= watched.open_since - ROUNDING:
                found.add(Kind.LIE)
        elif shown == "unlocked" and watched.open_since is None:
            found.add(Kind.UNLOCKED_WHILE_LOCKED)
        elif shown == "unknown":
            found.add(Kind.UNKNOWN)
        elif shown not in ("locked", "unlocked", "locking", "unlocking"):
            found.add(Kind.OTHER)
        if state.attributes.get(ATTR_ASSUMED_STATE):
            found.add(Kind.ASSUMED)
        if (
            watched.event is not None
            and watched.event[0] >= watched.acted_at - ROUNDING
            and shown not in ("locking", "unlocking")
            and shown != ("locked" if watched.event[1] else "unlocked")
        ):
            found.add(Kind.NOT_LAST_EVENT)
        return found
