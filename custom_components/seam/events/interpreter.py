"""What events say of a bolt, handed to the coordinator and the commands.

The one place that knows how those two are told.
"""

from homeassistant.core import callback

from ..api import ActionAttempt, Event, SeamClient
from ..const import LOGGER
from ..coordinator import SeamCoordinator
from ..lock_state.commands import Commands
from ..lock_state.snapshot import Actor, Move
from ..lock_state.states import Change
from .types import event_type


class Interpreter:
    """Tells what an event proves; order and repetition do not matter."""

    def __init__(
        self, client: SeamClient, coordinator: SeamCoordinator, commands: Commands
    ) -> None:
        """Keep whom to tell, and who knows the time."""
        self._client = client
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
        heard_at = self._client.now()
        if device_id is None:
            pass
        elif (locked := row.locked) is not None:
            self._apply(
                device_id,
                lambda evidence: evidence.with_event(locked, at, heard_at),
                None if late else Move(locked, at, actor),
            )
        elif row.accepted is False:
            # Whoever asked for it: the bolt may be drawn. A lock command that was
            # accepted proves nothing, and takes nothing back.
            self._apply(
                device_id,
                lambda evidence: evidence.with_unlock_elsewhere(at, heard_at),
            )
        self._commands.async_handle_event(event, None, position=row.locked)

    @callback
    def async_name(self, event: Event, device_id: str, actor: Actor) -> None:
        """Tell who did what was told before."""
        locked = event_type(event.event_type).locked
        if locked is not None:
            move = Move(locked, event.occurred_at, actor)
            self._apply(device_id, lambda evidence: evidence, move)

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
            lambda evidence: evidence.with_failure(
                wish, event.occurred_at, jammed=jammed
            ),
        )
        self._commands.async_handle_event(event, attempt, position=None)

    def _apply(
        self,
        device_id: str,
        change: Change,
        move: Move | None = None,
    ) -> None:
        """Add a proof of one lock, and who moved it."""
        try:
            self._coordinator.async_apply(device_id, change, move)
        except Exception:
            LOGGER.exception("What an event says of a lock could not be shown")
