"""Reads all locks of a workspace with one list; tells just those that changed."""

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
import time
from typing import override

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util.hass_dict import HassKey

from .api import (
    DeviceList,
    SeamClient,
    SeamCredentialsError,
    SeamError,
    SeamRateLimitError,
)
from .const import DOMAIN, LOGGER
from .events_wanted import EventsWanted
from .exceptions import auth_error, read_error
from .listeners import notify
from .lock_state.evidence import Evidence, Verdict
from .lock_state.refusal import locks_itself
from .lock_state.reread import RELOCK_DELAY, Reread
from .lock_state.snapshot import LockSnapshot, Move, Moving
from .lock_state.states import Change, LockStates
from .store import SeamStore

# How often the list of devices is read, for each page of it: requests an hour
# stay the same however many locks there are. docs/performance.md has the curve
# from which it was chosen.
READ_INTERVAL = timedelta(seconds=20)
# How long a bolt that a list shows thrown waits for the event that tells who threw
# it, in seconds; one that it shows drawn waits for nothing.
EVENTS_FIRST = 1.0
# The same while push is alive, but a lock may move without an event.
READ_INTERVAL_UNSURE = timedelta(seconds=60)
# The same while every movement is pushed.
READ_INTERVAL_WITH_PUSH = timedelta(minutes=5)
# While Seam cannot be read: soon after the first failure, then less often than
# when all is well.
READ_INTERVAL_AFTER_FAILURE = timedelta(seconds=60)
READ_INTERVAL_IN_OUTAGE = timedelta(seconds=75)
# Readings that events ask for come no closer together than this, in seconds.
READ_COOLDOWN = 3.0
# How long the last proof stands while Seam cannot be read, in seconds.
GRACE = 15 * 60.0
# After a refused key, in seconds: the pauses grow from here up to the longest.
FIRST_REFUSED_PAUSE = 30.0
LONGEST_REFUSED_PAUSE = 600.0
CHECK_INTERVAL = timedelta(seconds=60)
# Power may fail soon after an unlock, which must not be forgotten; in seconds.
SAVE_DELAY = 1.0
# An unlock that nobody follows may act for so long after it was sent, in seconds.
ACT_WITHIN = 60.0

# When Seam wants to be asked again, by `time.monotonic`, for each entry: kept
# when set-up is tried again.
_NOT_BEFORE: HassKey[dict[str, float]] = HassKey(f"{DOMAIN}_not_before")


class SeamCoordinator(DataUpdateCoordinator[dict[str, LockSnapshot]]):
    """Reads all locks of a workspace with one list.

    `data` maps Seam's device id to the lock's snapshot. A lock that was seen
    once stays in it until its device is removed by a person.
    """

    config_entry: ConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: SeamClient,
        *,
        store: SeamStore,
        push_is_alive: Callable[[], bool],
        events_wanted: EventsWanted,
    ) -> None:
        """Start with what a restart has left.

        Args:
            hass: Home Assistant.
            entry: of the workspace.
            client: of the workspace.
            store: already loaded.
            push_is_alive: whether every event is expected to be pushed.
            events_wanted: set when events should be listed soon.
        """
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
        self.pages = 1
        self._store = store
        self._push_is_alive = push_is_alive
        self._events_wanted = events_wanted
        self._states = LockStates()
        self._states.restore(store.section("locks"), client.now())
        store.register(
            "locks", lambda: self._states.as_stored(client.now() + ACT_WITHIN)
        )
        self.data = self._told = self._states.data
        self._locks_listeners: list[Callable[[Iterable[LockSnapshot]], None]] = []
        self._proof_listeners: list[Callable[[], None]] = []
        self._reread = Reread(
            hass, self.async_read_again, self._is_disputed, self._async_relock_due
        )
        self._last_reading = time.monotonic()
        self._good_until = self._last_reading + GRACE
        # How often in a row the key was refused.
        self._refused = 0
        self._cancel_try: CALLBACK_TYPE | None = None
        self._in_outage = False
        self._cancel_check: CALLBACK_TYPE | None = None

    @override
    async def _async_setup(self) -> None:
        self._cancel_check = async_track_time_interval(
            self.hass, self._async_check_touch, CHECK_INTERVAL, cancel_on_shutdown=True
        )

    @override
    async def async_shutdown(self) -> None:
        if self._cancel_check is not None:
            self._cancel_check()
            self._cancel_check = None
        if self._cancel_try is not None:
            self._cancel_try()
            self._cancel_try = None
        self._reread.async_stop()
        await super().async_shutdown()

    # -- reading

    @override
    async def _async_update_data(self) -> dict[str, LockSnapshot]:
        try:
            reading = await self._async_list()
        except ConfigEntryAuthFailed:
            # Nobody believes what was read until the key is good again.
            self._set_touch(in_touch=False)
            self._refused += 1
            self._try_refused_key_later()
            raise
        except SeamError as err:
            self._set_touch(in_touch=time.monotonic() <= self._good_until)
            interval = (
                max(READ_INTERVAL_IN_OUTAGE * self.pages, self._pace())
                if self._in_outage
                else READ_INTERVAL_AFTER_FAILURE
            )
            if isinstance(err, SeamRateLimitError) and err.retry_after:
                # Soon after Seam wants to be asked again.
                interval = min(interval, timedelta(seconds=err.retry_after))
            self.update_interval = interval
            self._in_outage = True
            raise read_error(err) from err
        self._in_outage = False
        self._end_reauth()
        # A list that broke off early is no shorter, and one that never ends costs
        # what was asked for.
        self.pages = (
            reading.pages if reading.complete else max(self.pages, reading.pages)
        )
        if not self._push_is_alive() and self._states.expects_event(reading):
            await self._events_wanted.async_list_first(EVENTS_FIRST)
        self._take_in(reading)
        self.async_update_pace()
        return self.data

    async def _async_list(self) -> DeviceList:
        """List all devices; a refused key must be refused twice to count.

        A lock that was not missing before is asked for again at once: a list may
        be short by mistake.
        """
        try:
            reading = await self._async_list_devices()
            if reading.complete and self._states.newly_missing(reading):
                with suppress(SeamError):
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
        waits = self.hass.data.setdefault(_NOT_BEFORE, {})
        entry_id = self.config_entry.entry_id
        if (left := waits.get(entry_id, 0.0) - time.monotonic()) > 0:
            msg = "Seam asked for a pause"
            raise SeamRateLimitError(msg, retry_after=left)
        error: SeamError | None = None
        try:
            reading = await self.client.list_devices(device_ids)
            error = reading.error
        except SeamRateLimitError as err:
            error = err
            raise
        finally:
            if isinstance(error, SeamRateLimitError):
                waits[entry_id] = time.monotonic() + (error.retry_after or 0.0)
        return reading

    async def async_read_again(self, device_ids: Collection[str]) -> None:
        """Read some locks again, with one request.

        Raises:
            SeamError: when Seam could not be read.
        """
        reading = await self._async_list_devices(device_ids)
        self._renew(self._states.add_reading(reading), by_reading=True)
        self._tell()

    def _take_in(self, reading: DeviceList) -> None:
        """Add a list of all devices to what is known."""
        states = self._states
        touched = states.add_list(reading, time.monotonic())
        if not states.in_touch:
            states.in_touch = True
            touched = list(states.devices)
        self._renew(touched, by_reading=True)

    # -- pace and availability

    @callback
    def async_update_pace(self) -> None:
        """Read less often while every movement is pushed."""
        interval = self._pace()
        changed = interval != self.update_interval
        self.update_interval = interval
        # Where readings are rare, the next one still has its time of grace.
        late = (interval - READ_INTERVAL).total_seconds()
        self._good_until = self._last_reading + late + GRACE
        if changed and self._unsub_refresh is not None:
            # Counted from the last reading, or changes in quick turns would put
            # the next one off for ever.
            gone = timedelta(seconds=time.monotonic() - self._last_reading)
            self.update_interval = max(interval - gone, timedelta(seconds=1))
            self._schedule_refresh()
            self.update_interval = interval

    def _pace(self) -> timedelta:
        interval = READ_INTERVAL
        if self._push_is_alive():
            interval = (
                READ_INTERVAL_UNSURE
                if self._states.may_move_unheard(time.monotonic())
                else READ_INTERVAL_WITH_PUSH
            )
        return interval * self.pages

    @callback
    def _async_check_touch(self, _now: datetime) -> None:
        """See whether Seam was read lately, also while nobody reads."""
        if self._states.in_touch and time.monotonic() > self._good_until:
            self._set_touch(in_touch=False)
            self._tell()

    def _set_touch(self, *, in_touch: bool) -> None:
        if self._states.in_touch and not in_touch:
            self._states.in_touch = False
            self._renew(self._states.devices, by_reading=False)

    def _try_refused_key_later(self) -> None:
        """Try again in longer and longer pauses: Seam may have been mistaken."""
        if self._cancel_try is not None:
            self._cancel_try()
        pause = min(FIRST_REFUSED_PAUSE * self._refused**2, LONGEST_REFUSED_PAUSE)

        async def try_again(_now: datetime) -> None:
            self._cancel_try = None
            await self.async_refresh()

        if self._cancel_check is not None:  # set up, and not taken down
            self._cancel_try = async_call_later(
                self.hass, pause, HassJob(try_again, cancel_on_shutdown=True)
            )

    def _end_reauth(self) -> None:
        """Take the question for a new key back: the old one is good again."""
        if not self._refused:
            return
        self._refused = 0
        for flow in self.config_entry.async_get_active_flows(
            self.hass, {SOURCE_REAUTH}
        ):
            self.hass.config_entries.flow.async_abort(flow["flow_id"])

    def _async_relock_due(self, device_id: str) -> None:
        """Claim no longer that a door is unlocked that must have locked itself.

        Of one that can only be unlocked, and never tells its position, nothing
        more is heard once it is shut again.
        """
        if not self.knows(device_id):
            return
        evidence, now = self._states.evidence(device_id), self.client.now()
        proven_at = evidence.verdict.proven_at
        if (
            evidence.verdict.locked is not False
            or proven_at is None
            or evidence.tells_position
            or not locks_itself(self._states.devices[device_id])
        ):
            return
        if (left := proven_at + RELOCK_DELAY - now) > 0:
            self._reread.async_follow_relock(device_id, left)  # unlocked once more
            return
        self.async_apply(
            device_id,
            lambda known: known.with_silence(locked=True, sent_at=now, until=now),
        )

    # -- what commands and events add

    def knows(self, device_id: str) -> bool:
        """Return whether a lock was ever listed."""
        return device_id in self._states.devices

    def evidence(self, device_id: str) -> Evidence:
        """Return the evidence on a lock."""
        return self._states.evidence(device_id)

    def verdict(self, device_id: str) -> Verdict:
        """Return what the evidence on a lock adds up to."""
        return self._states.verdict(device_id)

    @callback
    def async_apply(
        self, device_id: str, change: Change, move: Move | None = None
    ) -> None:
        """Add a fact to the evidence on a lock, and tell of it.

        Args:
            device_id: Seam's id of the lock.
            change: returns the evidence with the fact.
            move: who moved the bolt, when the fact tells.
        """
        self._states.apply(device_id, change, move)
        self._store.async_save_soon(SAVE_DELAY)
        self._renew((device_id,), by_reading=False)
        if self._is_disputed(device_id):
            self._reread.async_start(device_id)
        self._tell()

    @callback
    def async_set_moving(self, device_id: str, moving: Moving | None) -> None:
        """Show that a command is in flight, or no longer."""
        self._states.set_moving(device_id, moving)
        self._renew((device_id,), by_reading=False)
        self._tell()

    @callback
    def async_set_unlocking(self, device_id: str, *, unlocking: bool) -> None:
        """Note that an unlock command is in flight, or one less.

        A restart must not forget it: nobody would believe that the door opens.
        """
        if unlocking:
            self._states.unlocking[device_id] += 1
            self._store.async_save_soon(SAVE_DELAY)
        elif self._states.unlocking[device_id] > 1:
            self._states.unlocking[device_id] -= 1
        else:
            del self._states.unlocking[device_id]

    @callback
    def async_expect_gone(self, device_id: str) -> None:
        """Believe the next list at once when it does not have a lock."""
        self._states.expect_gone(device_id)

    @callback
    def async_forget_names(self) -> None:
        """Show no longer who moved the locks, nor by which command."""
        self._renew(self._states.forget_names(), by_reading=False)
        self._tell()

    @callback
    def async_forget(self, device_id: str) -> None:
        """Drop a lock whose device a person has removed."""
        self._states.forget(device_id)
        self.data = self._told = self._states.data
        self._reread.async_forget(device_id)
        notify(self._locks_listeners, ())

    def _is_disputed(self, device_id: str) -> bool:
        return self.knows(device_id) and self.verdict(device_id).disputed

    def _renew(self, device_ids: Iterable[str], *, by_reading: bool) -> None:
        """Renew snapshots, and see what follows from those that changed."""
        states = self._states
        changed = states.renew(device_ids, time.monotonic())
        for device_id, old in changed.items():
            new = states.data[device_id]
            if by_reading and states.is_surprise(device_id, old):
                self._events_wanted.set()
            is_new = old is new  # and was unlocked before the last restart
            if new.locked is False and (
                (old.locked is not False and new.device.auto_lock_enabled)
                or ((old.locked is not False or is_new) and locks_itself(new.device))
            ):
                self._reread.async_follow_relock(device_id, new.device.auto_lock_delay)
            if by_reading and self._is_disputed(device_id):
                self._reread.async_start(device_id)
        if changed and self._push_is_alive():
            self.async_update_pace()
        self.data = states.data

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

    def _tell(self) -> None:
        """Tell those, and only those, whose lock has changed since last told."""
        notify(self._proof_listeners)
        told, self._told = self._told, self.data
        if told is self.data:
            return
        changed = {
            device_id: snapshot
            for device_id, snapshot in self.data.items()
            if told.get(device_id) is not snapshot
        }
        notify(self._locks_listeners, changed.values())
        notify(
            [
                update
                for update, context in list(self._listeners.values())
                if context is None or context in changed
            ]
        )

    @callback
    @override
    def async_update_listeners(self) -> None:
        self._tell()

    @callback
    @override
    def _async_refresh_finished(self) -> None:
        self._tell()
