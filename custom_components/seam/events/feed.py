"""The one way that events come in, pushed or listed; each is handed on once."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..api import ActionAttempt, Event, SeamClient, SeamError
from ..const import DOMAIN, LOGGER
from ..coordinator import SeamCoordinator
from ..lock_state.commands import Commands
from ..lock_state.evidence import speaks_of_jam
from ..lock_state.snapshot import Actor, Move
from .activity import Activity
from .actors import Actors
from .store import SeamStore, Section
from .types import EVENT_TYPES, EventType

# An event that is told later than this is old news, in seconds.
LATE = 300.0
# How long events may wait for the reason why a command failed, in seconds.
REASON_TIMEOUT = 2.0
SEEN = 10_000
SAVE_DELAY = 30.0


class EventFeed:
    """Takes events in, drops repeats, and hands each on once, oldest first."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: SeamClient,
        *,
        coordinator: SeamCoordinator,
        commands: Commands,
        actors: Actors,
        store: SeamStore,
    ) -> None:
        """Take back what was seen before the last restart."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._coordinator = coordinator
        self._commands = commands
        self._actors = actors
        self._store = store
        kept = store.section("feed") or {}
        self._seen: OrderedDict[str, None] = OrderedDict.fromkeys(kept.get("seen", ()))
        store.register("feed", self._as_stored)
        # When each event was made that a list brought before push did.
        self.unpushed: dict[str, float] = {}
        self._pushed: list[Event] = []
        self._lock = asyncio.Lock()
        self._listeners: dict[str, list[Callable[[Activity], None]]] = {}
        # Ended before those who listen are taken down.
        self.taking = True

    def _as_stored(self) -> Section:
        return {"seen": list(self._seen)}

    @callback
    def async_listen(
        self, device_id: str, listener: Callable[[Activity], None]
    ) -> CALLBACK_TYPE:
        """Hand the activities of one lock to a listener."""
        listeners = self._listeners.setdefault(device_id, [])
        listeners.append(listener)
        return lambda: listeners.remove(listener)

    # -- taking in

    @callback
    def async_take_pushed(self, event: Event) -> None:
        """Hand on a pushed event soon, together with those that came with it."""
        self._pushed.append(event)
        if len(self._pushed) == 1:
            self._entry.async_create_background_task(
                self._hass, self._async_take_all_pushed(), f"{DOMAIN} pushed"
            )

    async def _async_take_all_pushed(self) -> None:
        async with self._lock:
            events, self._pushed = self._pushed, []
            await self._async_take(events, "push")

    async def async_take(self, events: Iterable[Event], source: str) -> None:
        """Hand on what is new among some events, oldest first."""
        async with self._lock:
            await self._async_take(events, source)

    async def _async_take(self, events: Iterable[Event], source: str) -> None:
        new: dict[str, Event] = {}
        for event in events:
            if self._is_ours(event):
                if source == "push":
                    self.unpushed.pop(event.event_id, None)
                if event.event_id not in self._seen:
                    new.setdefault(event.event_id, event)
        if not new:
            return
        ordered = sorted(new.values(), key=lambda event: event.occurred_at)
        attempts = await self._async_failed_attempts(ordered)
        await self._actors.async_learn_names(ordered)
        for event in ordered:
            actor = await self._actors.async_actor(event)
            if not self.taking:
                return  # nobody listens any more; it comes again at the next start
            self._remember(event, source)
            attempt = attempts.get(event.action_attempt_id or "")
            self._hand_on(event, actor, attempt, source)
        self._store.async_save_soon(SAVE_DELAY)

    def _is_ours(self, event: Event) -> bool:
        return event.workspace_id in (None, self._entry.unique_id)

    def _remember(self, event: Event, source: str) -> None:
        if source == "list" and event.event_type in EVENT_TYPES:
            self.unpushed[event.event_id] = event.created_at
        self._seen[event.event_id] = None
        while len(self._seen) > SEEN:
            self._seen.popitem(last=False)

    def _is_late(self, event: Event) -> bool:
        return self._client.now() - event.occurred_at > LATE

    async def _async_failed_attempts(
        self, events: Iterable[Event]
    ) -> dict[str, ActionAttempt]:
        """Fetch, with one request, why commands failed: the events do not tell."""
        failed = {
            event.action_attempt_id
            for event in events
            if _type(event).failed is not None
            and event.action_attempt_id is not None
            and not self._is_late(event)
        }
        if not failed:
            return {}
        try:
            async with asyncio.timeout(REASON_TIMEOUT):
                attempts = await self._client.list_action_attempts(failed)
        except TimeoutError:
            LOGGER.debug("Reasons of failed action attempts did not come in time")
            return {}
        except SeamError as err:
            LOGGER.debug("Failed action attempts could not be read: %s", err)
            return {}
        return {attempt.action_attempt_id: attempt for attempt in attempts}

    def _hand_on(
        self, event: Event, actor: Actor, attempt: ActionAttempt | None, source: str
    ) -> None:
        kind, late = _type(event), self._is_late(event)
        if event.event_type == "device.removed" and event.device_id and not late:
            self._coordinator.async_expect_gone(event.device_id)
        if kind.needs_reading and not late:
            self._entry.async_create_background_task(
                self._hass,
                self._coordinator.async_request_refresh(),
                f"{DOMAIN} refresh",
            )
        if event.device_id is not None and self._coordinator.knows(event.device_id):
            self._apply(event, event.device_id, kind, actor, attempt, late=late)
        self._commands.async_handle_event(event, attempt, position=kind.locked)
        self._tell(event, kind, actor, attempt, source, late=late)

    def _apply(
        self,
        event: Event,
        device_id: str,
        kind: EventType,
        actor: Actor,
        attempt: ActionAttempt | None,
        *,
        late: bool,
    ) -> None:
        """Add what an event says of a lock; order and repetition do not matter."""
        coordinator, at = self._coordinator, event.occurred_at
        locked, wish = kind.locked, kind.failed
        if locked is not None:
            heard_at = self._client.now()
            coordinator.async_apply(
                device_id,
                lambda evidence: evidence.with_event(locked, at, heard_at),
                # Old news names no one.
                None if late else Move(locked, at, actor),
            )
        elif kind.accepted is False and not self._actors.is_ours(
            event.action_attempt_id
        ):
            heard_at = self._client.now()
            coordinator.async_apply(
                device_id,
                lambda evidence: evidence.with_unlock_elsewhere(at, heard_at),
            )
        elif wish is not None:
            jammed = attempt is not None and speaks_of_jam(
                attempt.error_type, attempt.error_message
            )
            coordinator.async_apply(
                device_id,
                lambda evidence: evidence.with_failure(wish, at, jammed=jammed),
            )

    @callback
    def async_report_unconfirmed(self, device_id: str, actor: Actor) -> None:
        """Note in the history that nothing has confirmed a lock command."""

    def _tell(
        self,
        event: Event,
        kind: EventType,
        actor: Actor,
        attempt: ActionAttempt | None,
        source: str,
        *,
        late: bool,
    ) -> None:
        """Hand an activity to those who listen to its lock."""
        listeners = self._listeners.get(event.device_id or "")
        if (name := kind.activity) is None or not listeners:
            return
        reason = event.reason_message or event.reason_code
        if attempt is not None:
            reason = attempt.error_message or attempt.error_type
            if speaks_of_jam(attempt.error_type, attempt.error_message):
                name = "jammed"
        activity = Activity(
            event=event,
            kind=name,
            actor=actor,
            code_name=self._actors.code_name(event),
            late=late,
            source=source,
            reason=reason,
        )
        for listener in list(listeners):
            listener(activity)


def _type(event: Event) -> EventType:
    """Return what the event means; nothing when its type is not known."""
    return EVENT_TYPES.get(event.event_type) or EventType(event.event_type)
