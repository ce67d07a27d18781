"""What is known of every lock, kept fresh; tells just those whose lock changed."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
import time
from typing import TYPE_CHECKING, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .api import (
    Device,
    DeviceList,
    SeamClient,
    SeamCredentialsError,
    SeamError,
    SeamRateLimitError,
)
from .const import (
    DOMAIN,
    GRACE,
    LADDER,
    LOGGER,
    READ_COOLDOWN,
    READ_INTERVAL,
    READ_INTERVAL_WITH_PUSH,
    RELOCK_DELAY,
    RELOCK_MARGIN,
    UNREACHABLE_ERRORS,
)
from .known import SETTLE, Known, Source, Verdict
from .lock_state.snapshot import Actor
from .translate import auth_error, read_error

if TYPE_CHECKING:
    from .commands import Commands
    from .events.feed import EventFeed
    from .events.history import History
    from .events.poller import EventPoller
    from .events.store import SeamStore
    from .push import Push


@dataclass(frozen=True, slots=True)
class SeamData:
    """What runs for one workspace; the entry's runtime data."""

    coordinator: SeamCoordinator
    commands: Commands
    feed: EventFeed
    history: History
    poller: EventPoller
    store: SeamStore
    push: Push


type SeamConfigEntry = ConfigEntry[SeamData]


class Moving(StrEnum):
    """What a command in flight is doing to the bolt."""

    LOCKING = "locking"
    UNLOCKING = "unlocking"


@dataclass(frozen=True, slots=True)
class LockSnapshot:
    """All that entities show of one lock; equal when nothing visible changed.

    Attributes:
        device: the newest reading of it.
        available: what it says can be relied on.
        listed: Seam still lists it.
        in_touch: Seam itself has been read lately.
        locked: True only from proof; None is unknown.
        assumed: nobody has confirmed the last command yet.
        jammed: the last command ended in a jam.
        lock_failed: locking failed, and nothing has proven locked since.
        moving: the command in flight, or None.
        actor: who brought the bolt to where it is, None when not told.
    """

    device: Device
    available: bool
    listed: bool
    in_touch: bool
    locked: bool | None
    assumed: bool
    jammed: bool
    lock_failed: bool
    moving: Moving | None
    actor: Actor | None


@dataclass(frozen=True, slots=True)
class _Move:
    """Who moved a bolt, where to, and when."""

    locked: bool
    at: float
    actor: Actor


def is_reachable(device: Device) -> bool:
    """Return whether what the device says can be relied on."""
    return device.online is not False and not any(
        problem.code in UNREACHABLE_ERRORS for problem in device.errors
    )


class SeamCoordinator(DataUpdateCoordinator[dict[str, LockSnapshot]]):
    """Reads all locks of a workspace with one list, and keeps what is known.

    `data` maps Seam's device id to the lock's snapshot. A lock that was seen
    once stays in it until its device is removed by a person.
    """

    config_entry: SeamConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: SeamConfigEntry,
        client: SeamClient,
        events_wanted: asyncio.Event,
    ) -> None:
        """Start with nothing known."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=f"{DOMAIN} devices",
            update_interval=READ_INTERVAL,
            always_update=False,
            request_refresh_debouncer=Debouncer(
                hass, LOGGER, cooldown=READ_COOLDOWN, immediate=True
            ),
        )
        self.client = client
        self.data = {}
        self.pages = 1
        self._devices: dict[str, Device] = {}
        self._known: dict[str, Known] = {}
        self._moving: dict[str, Moving] = {}
        self._moves: dict[str, _Move] = {}
        self._relocks: dict[str, CALLBACK_TYPE] = {}
        self._push_is_alive = False
        self._proof_listeners: list[Callable[[], None]] = []
        self._events_wanted = events_wanted
        self._listed: frozenset[str] = frozenset()
        self._in_touch = True
        self._last_reading = time.monotonic()
        self._good_until = self._last_reading + GRACE
        self._not_before = self._last_reading
        self._told = self.data
        self._locks_listeners: list[Callable[[Iterable[LockSnapshot]], None]] = []
        self._disputed: set[str] = set()
        self._cancel_rung: CALLBACK_TYPE | None = None

    # -- reading

    @override
    async def _async_update_data(self) -> dict[str, LockSnapshot]:
        try:
            reading = await self._async_list()
        except ConfigEntryAuthFailed:
            # Nobody reads any more until there is a new key.
            self._in_touch = False
            self._take_stock(self._devices)
            raise
        except SeamError as err:
            if time.monotonic() > self._good_until:
                self._in_touch = False
            self._take_stock(self._devices)
            # However seldom readings are, a failed one is tried again soon.
            self.update_interval = READ_INTERVAL * self.pages
            raise read_error(err) from err
        self._in_touch = True
        self.pages = reading.pages
        locks = self._take_in(reading)
        self._listed = frozenset(locks)
        self._set_pace()
        self._take_stock(self._devices)
        return self.data

    @callback
    def async_set_push(self, alive: bool) -> None:
        """Read less often while every movement is pushed."""
        if alive is self._push_is_alive:
            return
        self._push_is_alive = alive
        self._set_pace()
        self._schedule_refresh()

    def _set_pace(self) -> None:
        interval = READ_INTERVAL
        if self._push_is_alive and not any(
            self._devices[device_id].door_open is not None for device_id in self._listed
        ):
            interval = READ_INTERVAL_WITH_PUSH
        interval *= self.pages
        self.update_interval = interval
        # Where readings are rare, the next one still has its time of grace.
        late = (interval - READ_INTERVAL).total_seconds()
        self._good_until = self._last_reading + late + GRACE

    async def _async_list(self) -> DeviceList:
        """List all devices; a refused key must be refused twice to count."""
        try:
            reading = await self._async_list_devices()
        except SeamCredentialsError:
            try:
                await self.client.get_workspace()
            except SeamCredentialsError as err:
                raise auth_error(err) from err
            raise
        self._last_reading = time.monotonic()
        return reading

    async def _async_list_devices(self, device_ids: Collection[str] = ()) -> DeviceList:
        """List devices, but not while Seam does not want to be asked."""
        if (left := self._not_before - time.monotonic()) > 0:
            msg = "Seam wants to be left in peace for a while"
            raise SeamRateLimitError(msg, retry_after=left)
        try:
            return await self.client.list_devices(device_ids)
        except SeamRateLimitError as err:
            self._not_before = time.monotonic() + (err.retry_after or 0.0)
            raise

    async def async_read_again(self, device_ids: Collection[str]) -> None:
        """Read some locks again, with one request.

        Raises:
            SeamError: when Seam could not be read.
        """
        reading = await self._async_list_devices(device_ids)
        self._take_stock(self._take_in(reading))
        self._tell()

    def _take_in(self, reading: DeviceList) -> list[str]:
        """Add a reading to what is known; return the ids of its locks."""
        locks: list[str] = []
        for device in reading.devices:
            device_id = device.device_id
            if not device.is_lock and device_id not in self._devices:
                continue
            locks.append(device_id)
            known = self._known.get(device_id, Known())
            newer = known.with_reading(
                # What an unreachable lock still shows is no proof.
                device.locked if is_reachable(device) else None,
                reading.begun_at,
            )
            if newer is not known:
                self._known[device_id] = newer
                self._devices[device_id] = device
        return locks

    # -- what commands and events add

    @callback
    def async_learn(self, device_id: str, learn: Callable[[Known], Known]) -> None:
        """Add a proof of one lock to what is known, and tell of it."""
        self._known[device_id] = learn(self._known.get(device_id, Known()))
        self._take_stock((device_id,))
        self._tell()

    @callback
    def async_name_actor(
        self, device_id: str, actor: Actor, *, locked: bool, at: float
    ) -> None:
        """Remember who moved a bolt; to be told with the proof that follows."""
        move = self._moves.get(device_id)
        if move is None or at >= move.at:
            self._moves[device_id] = _Move(locked, at, actor)

    def knows(self, device_id: str) -> bool:
        """Return whether the device was listed at least once."""
        return device_id in self._devices

    @callback
    def async_set_moving(self, device_id: str, moving: Moving | None) -> None:
        """Show that a command is in flight, or no longer."""
        if moving is None:
            self._moving.pop(device_id, None)
        else:
            self._moving[device_id] = moving
        self._take_stock((device_id,))
        self._tell()

    def verdict(self, device_id: str) -> Verdict:
        """Return what the proofs of one lock add up to."""
        return self._known.get(device_id, Known()).verdict

    @callback
    def async_forget(self, device_id: str) -> None:
        """Drop a lock whose device a person has removed."""
        self.data = {key: kept for key, kept in self.data.items() if key != device_id}
        self._told = self.data
        self._devices.pop(device_id, None)
        self._known.pop(device_id, None)
        self._moves.pop(device_id, None)
        self._disputed.discard(device_id)
        self._drop_relock(device_id)
        for listener in list(self._locks_listeners):
            listener(())

    # -- who is told

    @callback
    def async_add_locks_listener(
        self, listener: Callable[[Iterable[LockSnapshot]], None]
    ) -> CALLBACK_TYPE:
        """Call back with the snapshots that changed, new locks included.

        With none of them when a lock was forgotten.
        """
        self._locks_listeners.append(listener)
        return lambda: self._locks_listeners.remove(listener)

    @callback
    def async_add_proof_listener(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call back after every reading and proof, whether it changed anything."""
        self._proof_listeners.append(listener)
        return lambda: self._proof_listeners.remove(listener)

    def _take_stock(self, device_ids: Iterable[str]) -> None:
        """Renew the snapshots of some locks where something visible changed."""
        changed: dict[str, LockSnapshot] = {}
        for device_id in device_ids:
            if (device := self._devices.get(device_id)) is None:
                continue
            known = self._known[device_id]
            verdict = known.verdict
            move = self._moves.get(device_id)
            if move is not None and move.locked is not verdict.locked:
                # It was moved since, by nobody knows whom.
                del self._moves[device_id]
                move = None
            listed = device_id in self._listed
            snapshot = LockSnapshot(
                device=device,
                available=self._in_touch and listed and is_reachable(device),
                listed=listed,
                in_touch=self._in_touch,
                locked=verdict.locked,
                assumed=verdict.assumed,
                jammed=known.is_jammed,
                lock_failed=known.lock_failed,
                moving=self._moving.get(device_id),
                actor=move.actor if move is not None else None,
            )
            if verdict.disputed:
                self._dispute(device_id)
            else:
                self._disputed.discard(device_id)
            old = self.data.get(device_id)
            if snapshot != old:
                changed[device_id] = snapshot
                if (
                    old is not None
                    and old.locked is not None
                    and verdict.locked is not old.locked
                    and verdict.source is Source.READING
                ):
                    # A movement that no event has told yet.
                    self._events_wanted.set()
        if changed:
            self.data = {**self.data, **changed}

    def _tell(self) -> None:
        """Tell those, and only those, whose lock has changed since last told."""
        for listener in list(self._proof_listeners):
            listener()
        told, self._told = self._told, self.data
        if told is self.data:
            return
        changed = {
            device_id: snapshot
            for device_id, snapshot in self.data.items()
            if told.get(device_id) is not snapshot
        }
        for locks_listener in list(self._locks_listeners):
            locks_listener(changed.values())
        for update, context in list(self._listeners.values()):
            if context in changed:
                update()

    @callback
    @override
    def async_update_listeners(self) -> None:
        self._tell()

    @callback
    @override
    def _async_refresh_finished(self) -> None:
        self._tell()

    # -- the ladder: a disputed lock is read again soon, a few times

    def _dispute(self, device_id: str) -> None:
        if device_id in self._disputed:
            return
        self._disputed.add(device_id)
        self._stop_ladder()
        self._climb(0)

    def _climb(self, rung: int) -> None:
        if rung >= len(LADDER):
            return
        waited = LADDER[rung - 1] if rung else 0.0
        self._cancel_rung = async_call_later(
            self.hass,
            LADDER[rung] - waited,
            HassJob(partial(self._async_rung, rung), cancel_on_shutdown=True),
        )

    async def _async_rung(self, rung: int, _now: datetime) -> None:
        self._cancel_rung = None
        if not self._disputed:
            return
        try:
            await self.async_read_again(self._disputed)
        except SeamError as err:
            LOGGER.debug("Reading disputed locks again failed: %s", err)
        if self._cancel_rung is None:  # no newer dispute has begun the ladder anew
            self._climb(rung + 1)

    def _stop_ladder(self) -> None:
        if self._cancel_rung is not None:
            self._cancel_rung()
            self._cancel_rung = None

    # -- doors that lock themselves do not always tell

    @callback
    def async_follow_relock(self, device_id: str) -> None:
        """Read an unlocked door while it is open, and once it should have locked."""
        device = self._devices[device_id]
        if not device.auto_lock_enabled:
            return
        delay = (
            RELOCK_DELAY if device.auto_lock_delay is None else device.auto_lock_delay
        )
        settled = SETTLE + RELOCK_MARGIN
        self._drop_relock(device_id)
        self._read_in(device_id, (settled, max(delay + RELOCK_MARGIN - settled, 0.0)))

    def _read_in(self, device_id: str, waits: tuple[float, ...]) -> None:
        if not waits:
            return

        async def read(_now: datetime) -> None:
            del self._relocks[device_id]
            self._read_in(device_id, waits[1:])
            try:
                await self.async_read_again((device_id,))
            except SeamError as err:
                LOGGER.debug("Reading a lock that locks itself failed: %s", err)

        self._relocks[device_id] = async_call_later(
            self.hass, waits[0], HassJob(read, cancel_on_shutdown=True)
        )

    def _drop_relock(self, device_id: str) -> None:
        if cancel := self._relocks.pop(device_id, None):
            cancel()

    @override
    async def async_shutdown(self) -> None:
        self._stop_ladder()
        for device_id in list(self._relocks):
            self._drop_relock(device_id)
        await super().async_shutdown()
