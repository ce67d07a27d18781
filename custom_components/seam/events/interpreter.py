"""What events say of a bolt, handed to the coordinator and the commands.

The one place that knows how those two are told.
"""

from collections.abc import Callable

from homeassistant.core import callback

from ..api import ActionAttempt, Event
from ..commands import Commands
from ..const import LOGGER
from ..coordinator import SeamCoordinator
from ..known import Known
from ..lock_state.snapshot import Actor, Move
from .types import event_type

# An unlock that is told within this time after another one is the same, in seconds.
SAME_UNLOCK = 30.0


class Interpreter:
    """Tells what an event proves; order and repetition do not matter."""

    def __init__(self, coordinator: SeamCoordinator, commands: Commands) -> None:
        """Keep whom to tell."""
        self._coordinator = coordinator
        self._commands = commands

    @callback
    def async_tell(
        self, event: Event, device_id: str | None, actor: Actor, *, late: bool
    ) -> None:
        """Tell of an event of any type but a failure.

        Args:
            event: what happened.
            device_id: Seam's id of a lock that is known, None when it is none.
            actor: who did it.
            late: it is old news, which names no one.
        """
        row, at = event_type(event.event_type), event.occurred_at
        if device_id is None:
            pass
        elif (locked := row.locked) is not None:
            self._apply(
                device_id,
                lambda known: known.with_event(locked, at),
                None if late else Move(locked, at, actor),
            )
            if not locked and not late:
                self._coordinator.async_follow_relock(device_id)
        elif row.accepted is False:
            # Whoever asked for it: the bolt may be drawn. A lock command that was
            # accepted proves nothing, and takes nothing back.
            self._apply(device_id, lambda known: _with_unlock(known, at))
        self._commands.async_handle_event(event, None, position=row.locked)

    @callback
    def async_name(self, event: Event, device_id: str, actor: Actor) -> None:
        """Tell who did what was told before."""
        locked = event_type(event.event_type).locked
        if locked is not None:
            move = Move(locked, event.occurred_at, actor)
            self._apply(device_id, lambda known: known, move)

    @callback
    def async_tell_failure(
        self,
        event: Event,
        device_id: str,
        attempt: ActionAttempt | None,
        *,
        jammed: bool,
    ) -> None:
        """Tell that a command failed.

        Args:
            event: of the failure.
            device_id: Seam's id of the lock.
            attempt: the command, None when Seam did not tell in time.
            jammed: its error speaks of a jam.
        """
        wish = event_type(event.event_type).failed is True
        self._apply(
            device_id,
            lambda known: known.with_failure(wish, event.occurred_at, jammed=jammed),
        )
        self._commands.async_handle_event(event, attempt, position=None)

    def _apply(
        self,
        device_id: str,
        change: Callable[[Known], Known],
        move: Move | None = None,
    ) -> None:
        """Add a proof of one lock, and who moved it."""
        try:
            if move is not None:
                self._coordinator.async_name_actor(
                    device_id, move.actor, locked=move.locked, at=move.at
                )
            self._coordinator.async_learn(device_id, change)
        except Exception:
            LOGGER.exception("What an event says of a lock could not be shown")


def _with_unlock(known: Known, at: float) -> Known:
    """Add that somebody's unlock command has succeeded at a time."""
    if at <= known.opened_at:
        return known
    if known.locked_at < known.opened_at and at - known.opened_at < SAME_UNLOCK:
        return known.with_event(False, at)
    return known.with_acceptance(False, at, at)
