"""Lists events: how often, from when on, and what a gap leaves behind."""

import asyncio
from contextlib import suppress
from typing import Protocol

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..api import (
    EventList,
    SeamClient,
    SeamCredentialsError,
    SeamError,
    SeamInputError,
    SeamRateLimitError,
)
from ..api.parse import number
from ..const import DOMAIN, LOGGER
from ..coordinator import SeamCoordinator
from ..events_wanted import EventsWanted
from ..store import SeamStore, Section
from .activity import SOURCE_POLLING
from .feed import EventFeed
from .types import EVENT_TYPES

# Seconds between two lists of events: while nothing is pushed, and while push is
# proven alive. Whatever happens, never less than the shortest.
PACE_WITHOUT_PUSH = 30.0
PACE_WITH_PUSH = 600.0
SHORTEST_PACE = 2.0
# Events may become visible a little later than they were made; seconds.
OVERLAP = 120.0
# How far ahead is asked, so that no clock that is behind hides an event; seconds.
AHEAD = 86400.0
# How far back a gap is filled, in seconds.
LONGEST_GAP = 7 * 86400.0
# After a refused key the pauses grow from here; whatever Seam says, none is longer.
FIRST_REFUSED_PAUSE = 30.0
LONGEST_PAUSE = 600.0
# While Seam does not answer the pauses grow up to this.
LONGEST_OUTAGE_PAUSE = 60.0
# An event this old that only a list brought was lost on its way, in seconds.
LOST = 60.0


class Health(Protocol):
    """What the poller needs to know of push."""

    def is_alive(self) -> bool:
        """Return whether every event is expected to be pushed."""

    def async_event_lost(self, created_at: float) -> None:
        """Take note that an event was made that was not pushed."""


class EventPoller:
    """Lists events for ever, and hands them to the feed."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: SeamClient,
        *,
        coordinator: SeamCoordinator,
        feed: EventFeed,
        store: SeamStore,
        health: Health,
        events_wanted: EventsWanted,
    ) -> None:
        """Take back what was kept; nothing is listed yet.

        Args:
            hass: Home Assistant.
            entry: the workspace.
            client: lists.
            coordinator: reads again once a refused key is good.
            feed: takes the events.
            store: keeps how far was listed.
            health: of push, for the pace.
            events_wanted: set by whoever wants events to be listed soon.
        """
        self._hass = hass
        self._entry = entry
        self._client = client
        self._coordinator = coordinator
        self._feed = feed
        self._health = health
        self._wanted = events_wanted
        self._types: frozenset[str] = frozenset(EVENT_TYPES)
        # How often in a row Seam refused the key, and how often it did not answer.
        self._refused = 0
        self._failed = 0
        self._broken = False
        # The last list was cut off: there is more.
        self._cut_off = False
        # By the loop's clock, which nobody sets.
        self._cursor_moved = hass.loop.time()
        kept = store.section("poller") or {}
        self._cursor = number(kept.get("cursor"))
        self._listed_at = number(kept.get("listed_at"))
        store.register("poller", self._as_stored)

    def _as_stored(self) -> Section:
        return {"cursor": self._cursor, "listed_at": self._listed_at}

    @property
    def gap(self) -> float:
        """Return how long ago events were listed, in seconds; 0 if never."""
        if self._listed_at is None:
            return 0.0
        return self._client.now() - self._listed_at

    @callback
    def async_begin(self) -> None:
        """Begin to list events; all who want to hear of them are there."""
        self._entry.async_create_background_task(
            self._hass, self._async_list_for_ever(), f"{DOMAIN} events"
        )

    async def _async_list_for_ever(self) -> None:
        while True:
            self._wanted.clear()
            pause = await self._async_try()
            self._wanted.note_listed()
            await asyncio.sleep(max(pause, SHORTEST_PACE))
            if pause == 0.0:
                await self._async_wait()

    async def _async_try(self) -> float:
        """List once; return for how long nothing may be listed then, in seconds.

        Nothing ends the lists: 0 when they go on at their pace.
        """
        try:
            more = await self.async_list()
        except SeamCredentialsError:
            self._refused += 1
            return min(FIRST_REFUSED_PAUSE * self._refused**2, LONGEST_PAUSE)
        except SeamRateLimitError as err:
            return min(err.retry_after or PACE_WITHOUT_PUSH, LONGEST_PAUSE)
        except SeamError as err:
            LOGGER.debug("Events could not be listed: %s", err)
        except Exception:
            if not self._broken:
                LOGGER.exception("Events could not be listed; this goes on")
            self._broken = True
        else:
            self._failed, self._broken = 0, False
            if self._refused:  # Seam was at fault, so the readings may go on
                self._refused = 0
                await self._coordinator.async_request_refresh()
            return SHORTEST_PACE if more else 0.0
        self._failed += 1
        # Never more requests than without the outage.
        return max(
            min(PACE_WITHOUT_PUSH * self._failed, LONGEST_OUTAGE_PAUSE), self._pace()
        )

    async def _async_wait(self) -> None:
        """Wait until it is time to list again, or until somebody wants it."""
        pace: float | None = self._pace() - SHORTEST_PACE
        if self._entry.pref_disable_polling:  # as Home Assistant's coordinators do
            pace = None
        with suppress(TimeoutError):
            async with asyncio.timeout(pace):
                await self._wanted.wait()

    def _pace(self) -> float:
        if not self._health.is_alive():
            return PACE_WITHOUT_PUSH
        # Soon, to see whether what was listed comes by push as well.
        return LOST if self._feed.unpushed else PACE_WITH_PUSH

    async def async_list(self) -> bool:
        """List what is new since the last time, and hand it on.

        Returns:
            Whether there is more than could be listed at once.

        Raises:
            SeamError: when Seam could not be read; nothing is lost by that.
        """
        now = self._client.now()
        # What was before the first start is not ours. And no event is from the
        # future: believed, it would hide all that happens until then.
        self._cursor = now if self._cursor is None else min(self._cursor, now)
        # What has become visible late has done so by now: no need to look again.
        # Nor where the last list was cut off: it would be cut off there again.
        quiet = self._hass.loop.time() - self._cursor_moved
        overlap = OVERLAP if quiet < 2 * OVERLAP and not self._cut_off else 0.0
        since = max(self._cursor - overlap, now - LONGEST_GAP)
        until = now + AHEAD
        listed = await self._async_list_events(since, until)
        await self._feed.async_take(listed.events, SOURCE_POLLING)
        self._cut_off = listed.complete_until < until
        self._move_cursor(listed, now)
        self._look_for_lost()
        if not self._cut_off:
            self._listed_at = now
        elif listed.error is not None:  # what came before it is kept
            raise listed.error
        return self._cut_off

    async def _async_list_events(self, since: float, until: float) -> EventList:
        """List the events made between two times."""
        try:
            return await self._client.list_events(since, until, self._types)
        except SeamInputError as err:
            if not self._types or not _is_about_types(err):
                raise
            # A server that does not know one of our types: take them all.
            self._types = frozenset()
            return await self._client.list_events(since, until)

    def _move_cursor(self, listed: EventList, now: float) -> None:
        """Begin the next list where this one ends."""
        if self._cut_off:
            cursor = min(listed.complete_until, now)
        else:
            newest = max((event.created_at for event in listed.events), default=0.0)
            cursor = min(newest, now)
        if self._cursor is None or cursor > self._cursor:
            self._cursor, self._cursor_moved = cursor, self._hass.loop.time()

    def _look_for_lost(self) -> None:
        """Tell of events that should have been pushed by now."""
        now = self._client.now()
        for event_id, created_at in list(self._feed.unpushed.items()):
            if now - created_at > LOST:
                del self._feed.unpushed[event_id]
                self._health.async_event_lost(created_at)


def _is_about_types(err: SeamInputError) -> bool:
    """Return whether Seam refuses one of the event types that were asked for."""
    said = f"{err.error_type} {err.message}".lower().replace(" ", "_")
    return "event_type" in said
