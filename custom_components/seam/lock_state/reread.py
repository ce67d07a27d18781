"""When single locks are read again: disputes, and doors that lock in silence."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..api import SeamError
from ..const import LOGGER

# When a lock is read again, in seconds after the newest fact about it.
REREAD_DELAYS = (2.0, 5.0, 13.0, 25.0, 45.0)
# Locks that are due within this time of each other share one request.
TOGETHER = 0.5
# A lock that locks itself is read again this long after it was unlocked, when it
# does not say how long it waits, and this much after it should have locked.
RELOCK_DELAY = 30.0
RELOCK_MARGIN = 5.0


class Reread:
    """Reads disputed locks again, each at delays of its own.

    A new fact about a lock begins its delays anew; other locks do not matter.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        read: Callable[[Collection[str]], Awaitable[None]],
        is_disputed: Callable[[str], bool],
        relock_due: Callable[[str], None],
    ) -> None:
        """Start with nothing to read.

        Args:
            hass: Home Assistant.
            read: reads some locks with one request; raises SeamError.
            is_disputed: whether a lock is still worth it.
            relock_due: told of a lock that should have locked itself by now, and
                was read again if that was possible.
        """
        self._hass = hass
        self._read = read
        self._is_disputed = is_disputed
        self._relock_due = relock_due
        # Loop times at which each lock is due, soonest first.
        self._due: dict[str, list[float]] = {}
        self._relocks: dict[str, float] = {}
        self._cancel: CALLBACK_TYPE | None = None
        self._next: float | None = None
        self._stopped = False

    @callback
    def async_start(self, device_id: str) -> None:
        """Read a lock again after each delay from now, while it is disputed."""
        now = self._hass.loop.time()
        self._due[device_id] = [now + delay for delay in REREAD_DELAYS]
        self._schedule()

    @callback
    def async_follow_relock(self, device_id: str, delay: float | None) -> None:
        """Read a lock once it should have locked itself.

        Args:
            device_id: Seam's id of the lock.
            delay: in seconds after now; None: it does not say.
        """
        delay = RELOCK_DELAY if delay is None else delay
        self._relocks[device_id] = self._hass.loop.time() + delay + RELOCK_MARGIN
        self._schedule()

    @callback
    def async_forget(self, device_id: str) -> None:
        """Read a lock no more."""
        self._due.pop(device_id, None)
        self._relocks.pop(device_id, None)

    @callback
    def async_stop(self) -> None:
        """Read nothing any more."""
        self._stopped = True
        self._due.clear()
        self._relocks.clear()
        self._schedule()

    def _schedule(self) -> None:
        soonest = min(
            (*(due[0] for due in self._due.values()), *self._relocks.values()),
            default=None,
        )
        if soonest == self._next:
            return
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
        self._next = soonest
        if soonest is not None and not self._stopped:
            self._cancel = async_call_later(
                self._hass,
                max(soonest - self._hass.loop.time(), 0.0),
                HassJob(self._async_read_due, cancel_on_shutdown=True),
            )

    async def _async_read_due(self, _now: datetime) -> None:
        self._cancel = self._next = None
        until = self._hass.loop.time() + TOGETHER
        wanted: set[str] = set()
        for device_id, due in list(self._due.items()):
            if due[0] > until:
                continue
            if self._is_disputed(device_id):
                wanted.add(device_id)
                left = [at for at in due if at > until]
            else:
                left = []
            if left:
                self._due[device_id] = left
            else:
                del self._due[device_id]
        relocks = [device_id for device_id, at in self._relocks.items() if at <= until]
        for device_id in relocks:
            del self._relocks[device_id]
        wanted.update(relocks)
        self._schedule()
        if not wanted:
            return
        try:
            await self._read(wanted)
        except SeamError as err:
            LOGGER.debug("Reading %s lock(s) again failed: %s", len(wanted), err)
        if not self._stopped:
            for device_id in relocks:
                self._relock_due(device_id)
