"""One command in flight, and the limit of commands for one lock."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError

from ..api import ActionAttempt

# Seam takes 15 of each kind a minute for one device (seam-api.md, section 8.1).
COMMANDS_A_MINUTE = 15
MINUTE = 60.0


@dataclass(slots=True, eq=False)
class Command:
    """One command in flight.

    Attributes:
        device_id: Seam's id of the lock.
        name: of the lock, also when it is gone meanwhile.
        lock: True to lock, False to unlock.
        context: of the call in Home Assistant.
        begun: loop time at which it was sent.
        sent_at: the time by Seam's clock, as well as we know it.
        started_at: the earliest time by Seam's clock at which it can have acted.
        superseded: earlier commands of the same lock that had not ended when
            this one was sent; they may still move the bolt.
        attempt: resolves with the attempt once it is final, or with None once
            an event has proven the lock's position, or nothing will come.
        proof: set whenever there is more to know of the lock.
        outcome: resolves with what the caller gets: an error, or None.
        attempt_id: Seam's id of the attempt, None until Seam answered.
        doubted_until: until when it may have acted unseen, by Seam's clock.
    """

    device_id: str
    name: str
    lock: bool
    context: Context
    begun: float
    sent_at: float
    started_at: float
    superseded: tuple[Command, ...]
    attempt: asyncio.Future[ActionAttempt | None]
    outcome: asyncio.Future[HomeAssistantError | None]
    proof: asyncio.Event = field(default_factory=asyncio.Event)
    attempt_id: str | None = None
    doubted_until: float = float("-inf")

    @property
    def is_over(self) -> bool:
        """Return whether it can move the bolt no more, as far as is known."""
        return self.attempt.done()

    @property
    def is_alone(self) -> bool:
        """Return whether nothing sent before it can move the bolt any more."""
        return all(earlier.is_over for earlier in self.superseded)

    def end(self, error: HomeAssistantError | None = None) -> None:
        """Let the callers go; the first outcome counts."""
        if not self.outcome.done():
            self.outcome.set_result(error)

    def finish(self, attempt: ActionAttempt | None) -> None:
        """Take its final attempt, or None; the first one counts."""
        if not self.attempt.done():
            self.attempt.set_result(attempt)


class CommandLimit:
    """Keeps below Seam's limit of commands for one lock."""

    def __init__(self) -> None:
        """Start with nothing sent."""
        self._sent: dict[tuple[str, bool], deque[float]] = {}

    def take(self, device_id: str, *, lock: bool, now: float) -> float | None:
        """Count a command; return how many seconds to wait if it is one too many.

        Args:
            device_id: Seam's id of the lock.
            lock: its kind.
            now: loop time.
        """
        sent = self._sent.setdefault((device_id, lock), deque())
        while sent and now - sent[0] >= MINUTE:
            sent.popleft()
        if len(sent) >= COMMANDS_A_MINUTE:
            return MINUTE - (now - sent[0])
        sent.append(now)
        return None
