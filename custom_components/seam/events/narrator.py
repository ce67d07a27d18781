"""Tells the history of each lock in order, though some of it waits for a name."""

import asyncio
from collections import deque
from dataclasses import dataclass, replace

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Context, HomeAssistant, callback

from ..api import ActionAttempt, Event, SeamClient, SeamError
from ..const import DOMAIN, LOGGER
from ..lock_state.evidence import speaks_of_jam
from ..lock_state.snapshot import Actor
from .activity import Activity
from .actors import Actors
from .history import History
from .interpreter import Interpreter
from .types import JAMMED, event_type

# An event that is told later than this is old news, in seconds.
LATE = 300.0
# How long a failure may wait for its reason, in seconds.
REASON_TIMEOUT = 2.0


@dataclass(slots=True, eq=False)
class _Untold:
    """An event whose history waits.

    Attributes:
        event: what happened.
        source: the way it came.
        actor: who did it, as far as it was told already.
        told: nothing is left to do.
    """

    event: Event
    source: str
    actor: Actor
    told: bool = False


class Narrator:
    """Hands on events with their actor: the position at once, the history in order."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: SeamClient,
        *,
        actors: Actors,
        history: History,
        interpreter: Interpreter,
    ) -> None:
        """Start with nothing to tell."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._actors = actors
        self._history = history
        self._interpreter = interpreter
        # By device, in order.
        self._untold: dict[str, deque[_Untold]] = {}
        entry.async_on_unload(actors.async_listen_sent(self._async_command_sent))

    def is_late(self, event: Event) -> bool:
        """Return whether an event is old news."""
        return self._client.now() - event.occurred_at > LATE

    async def async_narrate(self, event: Event, device_id: str, source: str) -> None:
        """Hand on an event of a lock that is known.

        This waits for nothing: what needs a name or a reason is told later.
        """
        row = event_type(event.event_type)
        if row.failed is not None:
            self._tell_in_order(_Untold(event, source, Actor()), device_id)
            return
        actor = _with_context(await self._actors.async_actor(event))
        late = self.is_late(event)
        activity = self._activity(event, device_id, source, actor)
        is_next = device_id not in self._untold and self._actors.is_settled(event)
        if activity is not None and is_next:
            self._history.async_announce(activity)
        self._interpreter.async_tell(event, device_id, actor, late=late)
        if activity is None:
            return
        if is_next:
            self._history.async_tell(activity)
        else:
            self._tell_in_order(_Untold(event, source, actor), device_id)

    async def async_flush(self) -> None:
        """Tell now what waits: those who listen will soon be gone."""
        for device_id, waiting in list(self._untold.items()):
            for untold in list(waiting):
                await self._async_tell(untold, device_id, None)

    # -- what waits for a name or a reason

    def _tell_in_order(self, untold: _Untold, device_id: str) -> None:
        """Tell the history of an event after those of the same lock before it."""
        if (waiting := self._untold.get(device_id)) is not None:
            waiting.append(untold)
            return
        self._untold[device_id] = deque((untold,))
        self._entry.async_create_background_task(
            self._hass, self._async_tell_all(device_id), f"{DOMAIN} history"
        )

    async def _async_tell_all(self, device_id: str) -> None:
        waiting = self._untold[device_id]
        try:
            while waiting:
                untold = waiting[0]
                try:
                    attempt = await self._async_attempt(untold.event)
                    await self._actors.async_settle(untold.event)
                    await self._async_tell(untold, device_id, attempt)
                except Exception:
                    LOGGER.exception("A %s could not be told", untold.event.event_type)
                waiting.popleft()
        finally:
            del self._untold[device_id]

    @callback
    def _async_command_sent(self, action_attempt_id: str) -> None:
        """Tell at once what only waited to hear that it was our own command.

        So its name is there when the command ends, a moment later.
        """
        for device_id, waiting in list(self._untold.items()):
            event = waiting[0].event
            if event.action_attempt_id == action_attempt_id and not _is_failure(event):
                self._entry.async_create_background_task(
                    self._hass,
                    self._async_tell(waiting[0], device_id, None),
                    f"{DOMAIN} history",
                )

    async def _async_tell(
        self, untold: _Untold, device_id: str, attempt: ActionAttempt | None
    ) -> None:
        if untold.told:
            return
        event, is_failure = untold.event, _is_failure(untold.event)
        actor = _with_context(await self._actors.async_actor(event))
        activity = self._activity(event, device_id, untold.source, actor, attempt)
        untold.told = True
        if activity is None:
            return
        self._history.async_announce(activity)
        if is_failure:
            self._interpreter.async_tell_failure(
                event, device_id, attempt, jammed=activity.type == JAMMED
            )
        elif not activity.late and (
            activity.commanded or actor.changed_by != untold.actor.changed_by
        ):
            self._interpreter.async_name(event, device_id, actor)
        self._history.async_tell(activity)

    async def _async_attempt(self, event: Event) -> ActionAttempt | None:
        """Fetch why a command failed: its event does not tell."""
        attempt_id = event.action_attempt_id
        if not _is_failure(event) or attempt_id is None or self.is_late(event):
            return None
        try:
            async with asyncio.timeout(REASON_TIMEOUT):
                attempts = await self._client.list_action_attempts((attempt_id,))
        except TimeoutError:
            LOGGER.debug("The reason of a failed action attempt did not come in time")
            return None
        except SeamError as err:
            LOGGER.debug("A failed action attempt could not be read: %s", err)
            return None
        return next(
            (found for found in attempts if found.action_attempt_id == attempt_id), None
        )

    # -- what is told

    @callback
    def _activity(
        self,
        event: Event,
        device_id: str,
        source: str,
        actor: Actor,
        attempt: ActionAttempt | None = None,
    ) -> Activity | None:
        """Return what the history says of an event, None when it is no history."""
        row = event_type(event.event_type)
        if (name := row.activity) is None:
            return None
        reason = event.reason_message or event.reason_code
        if attempt is not None:
            reason = attempt.error_message or attempt.error_type
            if speaks_of_jam(attempt.error_type, attempt.error_message):
                name = JAMMED
        names = self._actors.names_in_history
        return Activity(
            device_id=device_id,
            type=name,
            occurred_at=event.occurred_at,
            actor=actor,
            commanded=names and self._actors.is_ours(event),
            late=self.is_late(event),
            source=source,
            locked=row.failed if row.locked is None else row.locked,
            reason=reason,
            access_code_id=event.access_code_id if names else None,
            access_code_is_managed=event.access_code_is_managed if names else None,
            is_via_bluetooth=event.is_via_bluetooth,
            is_via_nfc=event.is_via_nfc,
        )


def _is_failure(event: Event) -> bool:
    return event_type(event.event_type).failed is not None


def _with_context(actor: Actor) -> Actor:
    """Return an actor with a context: a fresh one, if no command had one.

    So nothing that happens by itself is put down to whoever pressed last.
    """
    return actor if actor.context else replace(actor, context=Context())
