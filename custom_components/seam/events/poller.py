"""Lists events: how often, from when on, and what a gap leaves behind."""

import asyncio
from contextlib import suppress
from typing import Protocol

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..api import (
    SeamClient,
    SeamCredentialsError,
    SeamError,
    SeamInputError,
    SeamRateLimitError,
)
from ..const import DOMAIN, LOGGER
from ..coordinator import SeamCoordinator
from .feed import EventFeed
from .store import SeamStore, Section
from .types import EVENT_TYPES

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
        events_wanted: asyncio.Event,
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
        # By the loop's clock, which nobody sets.
        self._cursor_moved = hass.loop.time()
        kept = store.section("poller") or {}
        self._cursor: float | None = kept.get("cursor")
        self._listed_at: float | None = kept.get("listed_at")
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
        refused = False
        while True:
            wait = SHORTEST_PACE
            self._wanted.clear()
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
                    await self._wanted.wait()

    def _pace(self) -> float:
        if not self._health.is_alive():
            return PACE_WITHOUT_PUSH
        # Soon, to see whether what was listed comes by push as well.
        return LOST if self._feed.unpushed else PACE_WITH_PUSH

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
        await self._feed.async_take(events, "list")
        newest = max((event.created_at for event in events), default=self._cursor)
        if newest > self._cursor:
            self._cursor, self._cursor_moved = newest, self._hass.loop.time()
        self._listed_at = now
        self._look_for_lost()

    def _look_for_lost(self) -> None:
        """Tell of events that should have been pushed by now."""
        now = self._client.now()
        for event_id, created_at in list(self._feed.unpushed.items()):
            if now - created_at > LOST:
                del self._feed.unpushed[event_id]
                self._health.async_event_lost(created_at)
