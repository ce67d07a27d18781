"""The one way that events come in, pushed or listed; each is handed on once."""

from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import replace

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..api import Event, SeamClient
from ..const import DOMAIN, LOGGER
from ..coordinator import SeamCoordinator
from ..lock_state.snapshot import Actor
from ..store import SeamStore, Section
from .activity import SOURCE_PUSH
from .interpreter import Interpreter
from .narrator import Narrator
from .types import event_type

# How many event ids are remembered, and how many events wait for their lock to be
# listed, for how long in seconds.
REMEMBERED = 10_000
WAITING = 200
WAITING_FOR = 600.0
# How soon it is kept what was seen, in seconds, if nobody has heard of it.
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
        interpreter: Interpreter,
        narrator: Narrator,
        store: SeamStore,
    ) -> None:
        """Take back what was seen before the last restart."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._coordinator = coordinator
        self._interpreter = interpreter
        self._narrator = narrator
        self._store = store
        kept = (store.section("feed") or {}).get("seen")
        self._seen: OrderedDict[str, None] = OrderedDict.fromkeys(
            seen
            for seen in (kept if isinstance(kept, list) else ())
            if isinstance(seen, str)
        )
        store.register("feed", self._as_stored)
        # When each event was made that a list brought before push did.
        self.unpushed: OrderedDict[str, float] = OrderedDict()
        # Of devices that no reading has shown yet: loop time, event and source.
        self._unlisted: deque[tuple[float, Event, str]] = deque(maxlen=WAITING)
        self._reading_asked: OrderedDict[str, None] = OrderedDict()
        # Ended before those who listen are taken down.
        self.taking = True
        entry.async_on_unload(coordinator.async_add_locks_listener(self._async_listed))

    def _as_stored(self) -> Section:
        return {"seen": list(self._seen)}

    async def async_stop(self) -> None:
        """Take nothing more in, and tell what waits to be told.

        What comes now comes again at the next start.
        """
        self.taking = False
        await self._narrator.async_flush()

    # -- taking in

    @callback
    def async_take_pushed(self, event: Event) -> None:
        """Hand on a pushed event; where its bolt is, before this returns."""
        self._entry.async_create_background_task(
            self._hass, self.async_take((event,), SOURCE_PUSH), f"{DOMAIN} pushed"
        )

    async def async_take(self, events: Iterable[Event], source: str) -> None:
        """Hand on what is new among some events, oldest first."""
        new: list[Event] = []
        for event in events:
            if event.workspace_id not in (None, self._entry.unique_id):
                continue
            if source == SOURCE_PUSH:
                self.unpushed.pop(event.event_id, None)
            if event.event_id not in self._seen:
                new.append(self._capped(event))
        new.sort(key=lambda event: event.occurred_at)
        for event in new:
            if not self.taking:
                return  # nobody listens any more; it comes again at the next start
            if event.event_id in self._seen:
                continue  # twice in one list
            self._remember(event, source)
            await self._async_take_one(event, source)
        if new:
            self._store.async_save_soon(SAVE_DELAY)

    def _capped(self, event: Event) -> Event:
        """Return an event that does not speak of the future.

        A time yet to come would outweigh all that happens until then.
        """
        latest = self._client.now() + self._client.clock_error
        if max(event.created_at, event.occurred_at) <= latest:
            return event
        return replace(
            event,
            created_at=min(event.created_at, latest),
            occurred_at=min(event.occurred_at, latest),
        )

    def _remember(self, event: Event, source: str) -> None:
        if source != SOURCE_PUSH:
            self.unpushed[event.event_id] = event.created_at
            while len(self.unpushed) > REMEMBERED:
                self.unpushed.popitem(last=False)
        self._seen[event.event_id] = None
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)

    # -- devices that no reading has shown yet

    def _wait_until_listed(self, event: Event, device_id: str, source: str) -> None:
        self._unlisted.append((self._hass.loop.time(), event, source))
        # Once for each device: it may be one that is never listed.
        if event_type(event.event_type).locked is None:
            return
        if device_id not in self._reading_asked:
            self._reading_asked[device_id] = None
            while len(self._reading_asked) > WAITING:
                self._reading_asked.popitem(last=False)
            self._read_soon()

    @callback
    def _async_listed(self, _snapshots: object) -> None:
        """Hand on what waited for its lock to be listed."""
        if not self._unlisted:
            return
        waiting, oldest = list(self._unlisted), self._hass.loop.time() - WAITING_FOR
        self._unlisted.clear()
        for came, event, source in waiting:
            if came < oldest or event.device_id is None:
                continue
            if self._coordinator.knows(event.device_id):
                self._entry.async_create_background_task(
                    self._hass, self._async_take_one(event, source), f"{DOMAIN} event"
                )
            else:
                self._unlisted.append((came, event, source))

    def _read_soon(self) -> None:
        self._entry.async_create_background_task(
            self._hass, self._coordinator.async_request_refresh(), f"{DOMAIN} refresh"
        )

    # -- handing on

    async def _async_take_one(self, event: Event, source: str) -> None:
        """Hand on an event; whatever it does, the next one has its turn."""
        try:
            await self._async_hand_on(event, source)
        except Exception:
            LOGGER.exception("A %s could not be handed on", event.event_type)

    async def _async_hand_on(self, event: Event, source: str) -> None:
        row, device_id = event_type(event.event_type), event.device_id
        late = self._narrator.is_late(event)
        if event.event_type == "device.removed" and device_id and not late:
            self._coordinator.async_expect_gone(device_id)
        if row.needs_reading and not late:
            self._read_soon()
        if device_id is not None and self._coordinator.knows(device_id):
            await self._narrator.async_narrate(event, device_id, source)
            return
        if device_id is not None and (row.activity or row.accepted is not None):
            self._wait_until_listed(event, device_id, source)
        # It may tell of a command without telling of its lock.
        self._interpreter.async_tell(event, None, Actor(), late=late)
