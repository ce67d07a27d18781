"""Seam's record of what happened, with all fields that it documents."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
import json
from pathlib import Path
from typing import Any

from .catalogue import make_id
from .clock import Clock
from .faults import ZERO_TIME, FaultKind, Faults

type Event = dict[str, Any]

DOCUMENT = Path(__file__).parent.parent / "conformance" / "seam-openapi-locks.json"


@cache
def known_event_types() -> frozenset[str]:
    """Return the types that a webhook may ask for, from Seam's own document."""
    schemas = json.loads(DOCUMENT.read_bytes())["components"]["schemas"]
    return frozenset(
        name
        for variant in schemas["event"]["oneOf"]
        for name in variant["properties"]["event_type"]["enum"]
    ) | {"*"}


def iso(moment: float) -> str:
    """Return a time as Seam writes it: UTC, in milliseconds."""
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def from_iso(text: str) -> float:
    """Return a time that Seam or a caller wrote, as seconds since the epoch.

    Raises:
        ValueError: when it is no time.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()


def _facts(event: Event) -> dict[str, str | None]:
    """Return what faults of an event are narrowed down by."""
    return {"event_type": event["event_type"], "device_id": event.get("device_id")}


class EventLog:
    """All events of the workspace.

    Attributes:
        events: as `/events/list` returns them, in the order of their making.
        listeners: told of each event once it is made.
        dropped: events that a fault kept from being made.
    """

    def __init__(
        self,
        clock: Clock,
        faults: Faults,
        workspace_id: str,
        kept: int | None = None,
    ) -> None:
        """Start with no events.

        Args:
            clock: true time.
            faults: what goes wrong.
            workspace_id: whose events these are.
            kept: how many are remembered at least; None: all.
        """
        self._clock = clock
        self._faults = faults
        self._workspace_id = workspace_id
        self._number = 0
        self._held: list[Event] = []
        # When each event was made, in seconds since the epoch.
        self._made: list[float] = []
        self._kept = kept
        self.events: list[Event] = []
        self.listeners: list[Callable[[Event], None]] = []
        self.dropped: list[Event] = []

    def now(self) -> float:
        """Return the time by Seam's clock, in seconds since the epoch."""
        return self._clock.now() + self._faults.clock_skew

    def record(
        self,
        event_type: str,
        fields: dict[str, Any],
        occurred_at: float | None = None,
    ) -> Event:
        """Make an event, unless a fault is in the way.

        Args:
            event_type: such as `lock.locked`.
            fields: all but the common ones; None leaves a field out.
            occurred_at: true time in seconds since the epoch; now if None.
        """
        if occurred_at is None:
            occurred_at = self._clock.now()
        self._number += 1
        event: Event = {
            "event_id": make_id("event", self._number),
            "event_type": event_type,
            "workspace_id": self._workspace_id,
            "created_at": "",
            "occurred_at": iso(occurred_at + self._faults.clock_skew),
            **{name: value for name, value in fields.items() if value is not None},
        }
        facts = {"event_type": event_type, "device_id": fields.get("device_id")}
        take = self._faults.take
        if take(FaultKind.EVENT_DROPPED, **facts):
            event["created_at"] = iso(self.now())
            self.dropped.append(event)
            return event
        if take(FaultKind.EVENT_WITHOUT_DEVICE, **facts):
            event.pop("device_id", None)
        if take(FaultKind.EVENT_UNKNOWN_TYPE, **facts):
            event["event_type"] = "lock.something_new"
            event["something_new"] = {"deep": [None, {"er": True}]}
        if take(FaultKind.EVENT_FOREIGN_WORKSPACE, **facts):
            event["workspace_id"] = make_id("workspace", "foreign")
        if skew := take(FaultKind.EVENT_OCCURRED_SKEW, **facts):
            skewed = occurred_at + self._faults.clock_skew + skew.seconds
            event["occurred_at"] = iso(skewed)
        copies = 2 if take(FaultKind.EVENT_DOUBLED, **facts) else 1
        if late := take(FaultKind.EVENT_LATE, **facts):
            self._clock.call_later(late.seconds, lambda: self._make(event, copies))
        elif take(FaultKind.EVENT_REORDERED, **facts):
            self._held.append(event)
        else:
            self._make(event, copies)
        return event

    def _make(self, event: Event, copies: int) -> None:
        held, self._held = self._held, []
        for made in (*[event] * copies, *held):
            made["created_at"] = iso(self.now() + self._created_skew(made))
            if zero := self._faults.take(FaultKind.EVENT_ZERO_TIME, **_facts(made)):
                made[zero.name or "occurred_at"] = ZERO_TIME
            self.events.append(made)
            self._made.append(from_iso(made["created_at"]))
            for listener in list(self.listeners):
                listener(made)
        if self._kept is not None and len(self.events) >= 2 * self._kept:
            # In place: somebody may hold the list.
            del self.events[: -self._kept], self._made[: -self._kept]

    def _created_skew(self, event: Event) -> float:
        fault = self._faults.take(FaultKind.EVENT_CREATED_SKEW, **_facts(event))
        return fault.seconds if fault is not None else 0.0

    def list(
        self, since: float, until: float | None, limit: int, **wanted: set[str] | None
    ) -> list[Event]:
        """Return what was made between two times (exclusive), oldest first.

        Args:
            since: in seconds since the epoch.
            until: the same; None: no end.
            limit: how many at most.
            wanted: allowed values of a field; None: all.
        """
        found: list[Event] = []
        for created_at, event in zip(self._made, self.events, strict=True):
            if created_at <= since or (until is not None and created_at >= until):
                continue
            if all(
                values is None or event.get(name) in values
                for name, values in wanted.items()
            ):
                found.append(event)
                if len(found) == limit:
                    break
        return found
