"""Commands: Seam's action attempts, and how they end."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .catalogue import make_id
from .clock import Clock
from .events import EventLog
from .faults import ABSENT, Fault, FaultKind, Faults
from .house import Door, House

# Seam's limit of equal commands for a device, in a minute.
PER_MINUTE = 15


class TooManyCommandsError(Exception):
    """The device has had too many commands in the last minute."""


@dataclass(slots=True, eq=False)
class Attempt:
    """An action attempt.

    Attributes:
        action_attempt_id: uuid.
        door: whose.
        lock: True: LOCK_DOOR; False: UNLOCK_DOOR.
        status: `pending`, `success` or `error`.
        result: as Seam says it, or None.
        error: the same.
        begun_at: true time, in seconds since the epoch.
        tells_move: an event tells of the bolt, if the lock has such events.
        ended_at: the same, or None.
        hangs: nothing will ever end it by itself.
    """

    action_attempt_id: str
    door: Door
    lock: bool
    begun_at: float
    tells_move: bool = True
    status: str = "pending"
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    ended_at: float | None = None
    hangs: bool = False

    @property
    def action_type(self) -> str:
        """Return Seam's name of the command."""
        return "LOCK_DOOR" if self.lock else "UNLOCK_DOOR"

    def as_json(self) -> dict[str, Any]:
        """Return the `action_attempt` object."""
        return {
            "action_attempt_id": self.action_attempt_id,
            "action_type": self.action_type,
            "status": self.status,
            "result": self.result,
            "error": self.error,
        }


class Attempts:
    """All commands, by id in `all`."""

    def __init__(
        self, clock: Clock, house: House, log: EventLog, faults: Faults
    ) -> None:
        """Start with none."""
        self._clock = clock
        self._house = house
        self._log = log
        self._faults = faults
        self._recent: dict[tuple[str, bool], deque[float]] = {}
        self._pending: dict[str, Attempt] = {}
        self.all: dict[str, Attempt] = {}

    def start(self, door: Door, *, lock: bool, tells_move: bool = True) -> Attempt:
        """Begin a command.

        Args:
            door: whose.
            lock: True to lock, False to unlock.
            tells_move: an event tells of the bolt, if the lock has such events.

        Raises:
            TooManyCommandsError: over Seam's limit for the device.
        """
        now = self._clock.now()
        recent = self._recent.setdefault((door.device_id, lock), deque())
        while recent and recent[0] <= now - 60:
            recent.popleft()
        if len(recent) >= PER_MINUTE:
            raise TooManyCommandsError
        recent.append(now)
        attempt = Attempt(
            action_attempt_id=make_id("attempt", len(self.all) + 1),
            door=door,
            lock=lock,
            begun_at=now,
            tells_move=tells_move,
        )
        self.all[attempt.action_attempt_id] = attempt
        self._pending[attempt.action_attempt_id] = attempt
        if self._faults.take(FaultKind.ATTEMPT_PENDING, device_id=door.device_id):
            attempt.hangs = True
            return attempt
        duration = self._faults.take(
            FaultKind.ATTEMPT_DURATION, device_id=door.device_id
        )
        self._clock.call_later(
            duration.seconds if duration else door.command_seconds,
            lambda: self._end(attempt),
        )
        return attempt

    def pending(self) -> Iterator[Attempt]:
        """Go through the commands that have not ended."""
        return iter(self._pending.values())

    def fail_hanging(self) -> None:
        """End the commands that would never end; their bolts have not moved."""
        for attempt in [one for one in self.pending() if one.hangs]:
            self.fail(attempt, "uncategorized_error", "The lock did not answer.")

    def _take(self, attempt: Attempt, kind: FaultKind) -> Fault | None:
        return self._faults.take(kind, device_id=attempt.door.device_id)

    def _end(self, attempt: Attempt) -> None:
        door = attempt.door
        if door.device_id not in self._house.doors:
            self.fail(attempt, "device_removed", "The device is gone.")
            return
        if fault := self._take(attempt, FaultKind.ATTEMPT_FAIL):
            self.fail(
                attempt,
                fault.error_type or "uncategorized_error",
                fault.message or "The lock did not answer.",
            )
            return
        if not door.online:
            self.fail(attempt, "device_disconnected", "The device is offline.")
            return
        if self._take(attempt, FaultKind.ATTEMPT_LIAR):
            self._succeed(attempt)
            return
        if self._take(attempt, FaultKind.ATTEMPT_LOST):
            self._succeed(attempt, confirmed=False)
            return
        if self._take(attempt, FaultKind.ATTEMPT_JAM):
            door.jammed = True
            self._house.changed(door)
        silent = self._take(attempt, FaultKind.ATTEMPT_SILENT) is not None
        if not self._house.move_bolt(
            door,
            thrown=attempt.lock,
            method="remote",
            action_attempt_id=attempt.action_attempt_id,
            silent=silent or not attempt.tells_move,
        ):
            self.fail(
                attempt,
                "lock_jammed",
                "The lock is jammed: the bolt could not be moved.",
            )
            return
        self._succeed(attempt, silent=silent)
        if fault := self._take(attempt, FaultKind.ATTEMPT_REVERTED):
            self._clock.call_later(
                fault.seconds,
                lambda: self._turn_back(attempt),
            )

    def _turn_back(self, attempt: Attempt) -> None:
        self._house.move_bolt(attempt.door, thrown=not attempt.lock, method="manual")

    def _succeed(
        self, attempt: Attempt, *, silent: bool = False, confirmed: bool = True
    ) -> None:
        said: bool | str | None = attempt.door.confirms
        if said is None:
            said = ABSENT
        elif not confirmed:
            said = False
        if fault := self._take(attempt, FaultKind.ATTEMPT_UNCONFIRMED):
            said = fault.value
        attempt.status = "success"
        attempt.result = {}
        if said is None:
            attempt.result = None
        elif said != ABSENT:
            attempt.result["was_confirmed_by_device"] = said
        self._ended(attempt, silent=silent)

    def fail(self, attempt: Attempt, error_type: str, message: str) -> None:
        """End a command with an error."""
        attempt.status = "error"
        attempt.error = {"type": error_type, "message": message}
        self._ended(attempt)

    def _ended(self, attempt: Attempt, *, silent: bool = False) -> None:
        attempt.ended_at = self._clock.now()
        self._pending.pop(attempt.action_attempt_id, None)
        if silent:
            return
        verb = "lock_door" if attempt.lock else "unlock_door"
        outcome = "succeeded" if attempt.status == "success" else "failed"
        self._log.record(
            f"action_attempt.{verb}.{outcome}",
            {
                "action_attempt_id": attempt.action_attempt_id,
                "action_type": attempt.action_type,
                "status": attempt.status,
                "device_id": attempt.door.device_id,
                "connected_account_id": attempt.door.account_id,
            },
        )
