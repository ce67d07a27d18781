"""The one way that events come in, pushed or listed; each is handed on once."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.storage import Store

from .api import (
    ActionAttempt,
    Event,
    SeamCredentialsError,
    SeamError,
    SeamInputError,
    SeamRateLimitError,
)
from .commands import Commands
from .const import DOMAIN, EVENT_KINDS, EVENT_TYPES, FAILURES, LOGGER
from .coordinator import SeamCoordinator
from .known import speaks_of_jam
from .who import Actor, Who

if TYPE_CHECKING:
    from .coordinator import SeamConfigEntry

# Seconds between two lists of events: while nothing is pushed, and while
# push is proven alive. Whatever happens, never less than the shortest.
PACE_WITHOUT_PUSH = 15.0
PACE_WITH_PUSH = 600.0
SHORTEST_PACE = 2.0
# Events may become visible a little later than they were made; seconds.
OVERLAP = 120.0
# How far ahead is asked, so that no clock that is behind hides an event; seconds.
AHEAD = 86400.0
# How far back a gap is filled, in seconds.
LONGEST_GAP = 7 * 86400.0
# An event that is told later than this is old news, in seconds.
LATE = 300.0
# An event this old that only a list brought was lost on its way, in seconds.
LOST = 60.0
# How long events may wait for the reason why a command failed, in seconds.
REASON_TIMEOUT = 2.0
SEEN = 10_000
SAVE_DELAY = 30.0


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of a lock's history, and what else is known of it.

    Attributes:
        event: as Seam told it, without its PIN.
        kind: what the history calls it.
        actor: who caused it.
        code_name: of the access code that was used, or None.
        late: it is old news.
        source: `push` or `list`.
        reason: why it failed or was denied, or None.
    """

    event: Event
    kind: str
    actor: Actor
    code_name: str | None
    late: bool
    source: str
    reason: str | None


class _Stored(TypedDict):
    """What a restart needs; both times are seconds since the epoch."""

    cursor: float | None
    listed_at: float | None
    seen: list[str]
    names: dict[str, str]


def _store(hass: HomeAssistant, entry_id: str) -> Store[_Stored]:
    return Store(hass, 1, f"{DOMAIN}.{entry_id}", private=True, atomic_writes=True)


async def async_remove_store(hass: HomeAssistant, entry_id: str) -> None:
    """Delete what the feed of an entry has kept."""
    await _store(hass, entry_id).async_remove()


class EventFeed:
    """Takes events in, drops repeats, and hands each on once, oldest first."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: SeamConfigEntry,
        coordinator: SeamCoordinator,
        commands: Commands,
        who: Who,
    ) -> None:
        """Start with nothing seen."""
        self._hass = hass
        self._entry = entry
        self._coordinator = coordinator
        self._commands = commands
        self._client = coordinator.client
        self._who = who
        self._store = _store(hass, entry.entry_id)
        self._cursor: float | None = None
        self._listed_at: float | None = None
        # By the loop's clock, which nobody sets.
        self._cursor_moved = hass.loop.time()
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._unpushed: dict[str, float] = {}
        self._pushed: list[Event] = []
        self._types: frozenset[str] = EVENT_TYPES
        self._lock = asyncio.Lock()
        self._woken = asyncio.Event()
        self._listeners: dict[str, list[Callable[[Happening], None]]] = {}
        # Ended before those who listen are taken down.
        self.taking = True
        # Set by whoever brings pushed events.
        self.push_is_alive: Callable[[], bool] = lambda: False
        self.on_lost: Callable[[float], None] = lambda _: None

    # -- life

    async def async_load(self) -> None:
        """Take back what was known before the last restart."""
        stored = await self._store.async_load()
        if stored is not None:
            self._cursor = stored["cursor"]
            self._listed_at = stored["listed_at"]
            self._seen = OrderedDict.fromkeys(stored["seen"])
            self._who.restore(stored["names"])

    @callback
    def async_begin(self) -> None:
        """Begin to list events; all who want to hear of them are there."""
        self._entry.async_create_background_task(
            self._hass, self._async_list_for_ever(), f"{DOMAIN} events"
        )

    async def async_save(self) -> None:
        """Keep what a restart needs."""
        await self._store.async_save(self._as_stored())

    def _as_stored(self) -> _Stored:
        return {
            "cursor": self._cursor,
            "listed_at": self._listed_at,
            "seen": list(self._seen),
            "names": self._who.as_stored(),
        }

    @property
    def gap(self) -> float:
        """Return how long ago events were listed, in seconds; 0 if never."""
        if self._listed_at is None:
            return 0.0
        return self._client.now() - self._listed_at

    @callback
    def async_listen(
        self, device_id: str, listener: Callable[[Happening], None]
    ) -> CALLBACK_TYPE:
        """Hand the happenings of one lock to a listener."""
        listeners = self._listeners.setdefault(device_id, [])
        listeners.append(listener)
        return lambda: listeners.remove(listener)

    @callback
    def async_list_soon(self) -> None:
        """List events now instead of at the next turn."""
        self._woken.set()

    # -- lists

    async def _async_list_for_ever(self) -> None:
        refused = False
        while True:
            wait = SHORTEST_PACE
            self._woken.clear()
            try:
                await self.async_list()
                if refused:  # Seam was at fault, so the readings may go on
                    refused = False
                    await self._coordinator.async_request_refresh()
            except SeamCredentialsError:
                wait, refused = PACE_WITH_PUSH, True
            except SeamRateLimitError as err:
                wait = max(wait, err.retry_after or PACE_WITHOUT_PUSH)
            except SeamError as err:
                LOGGER.debug("Events could not be listed: %s", err)
            await asyncio.sleep(wait)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pace() - SHORTEST_PACE):
                    await self._woken.wait()

    def _pace(self) -> float:
        if not self.push_is_alive():
            return PACE_WITHOUT_PUSH
        # Soon, to see whether what was listed comes by push as well.
        return LOST if self._unpushed else PACE_WITH_PUSH

    async def async_list(self) -> None:
        """List what is new since the last time, and hand it on.

        Raises:
            SeamError: when Seam could not be read; nothing is lost by that.
        """
        now = self._client.now()
        if self._cursor is None:  # what was before the first start is not ours
            self._cursor = now
        # What has become visible late has done so by now: no need to look again.
        quiet = self._hass.loop.time() - self._cursor_moved
        overlap = OVERLAP if quiet < 2 * OVERLAP else 0.0
        since = max(self._cursor - overlap, now - LONGEST_GAP)
        until = now + AHEAD
        try:
            listed = await self._client.list_events(since, until, self._types)
        except SeamInputError:
            if not self._types:
                raise
            # A server that does not know one of our types: take them all.
            self._types = frozenset()
            listed = await self._client.list_events(since, until)
        events = listed.events
        await self.async_take(events, "list")
        newest = max((event.created_at for event in events), default=self._cursor)
        if newest > self._cursor:
            self._cursor, self._cursor_moved = newest, self._hass.loop.time()
        self._listed_at = now
        self._look_for_lost()

    def _look_for_lost(self) -> None:
        """Tell of events that should have been pushed by now."""
        now = self._client.now()
        for event_id, created_at in list(self._unpushed.items()):
            if now - created_at > LOST:
                del self._unpushed[event_id]
                self.on_lost(created_at)

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
                    self._unpushed.pop(event.event_id, None)
                if event.event_id not in self._seen:
                    new.setdefault(event.event_id, event)
        if not new:
            return
        ordered = sorted(new.values(), key=lambda event: event.occurred_at)
        attempts = await self._async_failed_attempts(ordered)
        await self._who.async_learn_names(ordered)
        for event in ordered:
            actor = await self._who.async_actor(event)
            if not self.taking:
                return  # nobody listens any more; it comes again at the next start
            self._remember(event, source)
            attempt = attempts.get(event.action_attempt_id or "")
            self._hand_on(event, actor, attempt, source)
        self._store.async_delay_save(self._as_stored, SAVE_DELAY)

    def _is_ours(self, event: Event) -> bool:
        return event.workspace_id in (None, self._entry.unique_id)

    def _remember(self, event: Event, source: str) -> None:
        if source == "list" and event.event_type in EVENT_TYPES:
            self._unpushed[event.event_id] = event.created_at
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
            if event.event_type in FAILURES
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
        late = self._is_late(event)
        self._coordinator.async_take_event(event, actor, attempt, late=late)
        self._commands.async_take_event(event, attempt)
        listeners = self._listeners.get(event.device_id or "")
        if (kind := EVENT_KINDS.get(event.event_type)) is None or not listeners:
            return
        reason = event.reason_message or event.reason_code
        if attempt is not None:
            reason = attempt.error_message or attempt.error_type
            if speaks_of_jam(attempt.error_type, attempt.error_message):
                kind = "jammed"
        happening = Happening(
            event=event,
            kind=kind,
            actor=actor,
            code_name=self._who.code_name(event),
            late=late,
            source=source,
            reason=reason,
        )
        for listener in list(listeners):
            listener(happening)
