"""How far push can be relied on, and the repair issue when it cannot.

It knows nothing of the other parts: they tell it what has happened, and listen.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_call_later

from ..api import SeamClient
from ..const import DOMAIN
from ..listeners import notify

# How long push may be degraded before a person is told; seconds.
ISSUE_DELAY = 1800.0
ISSUE = "push_degraded"


class PushState(StrEnum):
    """How far push can be relied on; see docs/architecture.md."""

    # Seam has no way to reach Home Assistant.
    NO_ADDRESS = "no_address"
    # The webhook could not be registered.
    FAILED = "failed"
    # It is registered; nothing has come through yet.
    UNPROVEN = "unproven"
    # Our own test came through, which Seam has no part in.
    REACHABLE = "reachable"
    # Seam itself has delivered an event, and none was lost since.
    WORKING = "working"
    # An event was lost, and Seam has delivered none since.
    DEGRADED = "degraded"


def issue_id(entry_id: str) -> str:
    """Return the id of an entry's repair issue."""
    return f"{ISSUE}_{entry_id}"


class PushHealth:
    """Keeps the state of push, and tells those who listen when it changes.

    Attributes:
        round_trip: of the last test that came back, in seconds; None: no test did.
        counts: what has happened since the start, for diagnostics.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: SeamClient,
        events_wanted: asyncio.Event,
    ) -> None:
        """Start with nothing known; the issue ends with the entry.

        Args:
            hass: Home Assistant.
            entry: whose push it is.
            client: knows Seam's time.
            events_wanted: set when the list of events should be read soon.
        """
        self._hass = hass
        self._entry = entry
        self._client = client
        self._events_wanted = events_wanted
        self._state = PushState.NO_ADDRESS
        # Events made after this, in seconds since the epoch, ought to be pushed.
        self._expected_since = 0.0
        self._listeners: list[Callable[[], None]] = []
        self._cancel_issue: CALLBACK_TYPE | None = None
        self.round_trip: float | None = None
        self.counts = {"pushed": 0, "refused": 0, "lost": 0, "registered": 0}
        entry.async_on_unload(self._end_issue)

    # -- what others ask

    @property
    def state(self) -> PushState:
        """Return how far push can be relied on."""
        return self._state

    def is_alive(self) -> bool:
        """Return whether push may be relied on: only what Seam delivered proves it."""
        return self._state is PushState.WORKING

    @property
    def is_reachable(self) -> bool:
        """Return whether something has come through, and nothing was lost since."""
        return self._state in (PushState.REACHABLE, PushState.WORKING)

    @callback
    def async_listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call back when the state or the round trip changes."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # -- what others tell

    @callback
    def async_no_address(self) -> None:
        """Note that Seam has no way to reach Home Assistant."""
        self._set_state(PushState.NO_ADDRESS)

    @callback
    def async_registration_failed(self) -> None:
        """Note that the webhook could not be registered."""
        if self._state is not PushState.DEGRADED:
            self._set_state(PushState.FAILED)

    @callback
    def async_unproven(self) -> None:
        """Note that nothing is known of the way from Seam to here any more.

        Once push has lost an event, only an event makes it good again.
        """
        if self._state is not PushState.DEGRADED:
            self._set_state(PushState.UNPROVEN)

    @callback
    def async_tested(self, round_trip: float) -> None:
        """Note that a test came back, after so many seconds.

        It shows that the address works, and no more: it did not come from Seam.
        """
        self.round_trip = round_trip
        if self._state is PushState.UNPROVEN:
            self._expected_since = self._client.now()
            self._set_state(PushState.REACHABLE)
        else:
            notify(self._listeners)

    @callback
    def async_delivered(self) -> None:
        """Believe in push: Seam itself has delivered an event."""
        if not self.is_alive():
            self._expected_since = self._client.now()
            self._set_state(PushState.WORKING)

    @callback
    def async_event_lost(self, created_at: float) -> None:
        """Stop believing in push: it did not bring an event.

        Args:
            created_at: when the event was made, in seconds since the epoch.
        """
        if self.is_reachable and created_at > self._expected_since:
            self.counts["lost"] += 1
            self._set_state(PushState.DEGRADED)

    # -- inside

    def _set_state(self, state: PushState) -> None:
        if state is self._state:
            return
        self._state = state
        if state is PushState.DEGRADED:
            self._cancel_issue = async_call_later(
                self._hass,
                ISSUE_DELAY,
                HassJob(self._create_issue, cancel_on_shutdown=True),
            )
        elif state in (PushState.WORKING, PushState.NO_ADDRESS):
            self._end_issue()
        self._events_wanted.set()
        notify(self._listeners)

    @callback
    def _create_issue(self, _now: datetime) -> None:
        """Tell a person that push does not work."""
        self._cancel_issue = None
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id(self._entry.entry_id),
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=ISSUE,
            translation_placeholders={"name": self._entry.title},
        )

    def _end_issue(self) -> None:
        if self._cancel_issue is not None:
            self._cancel_issue()
            self._cancel_issue = None
        ir.async_delete_issue(self._hass, DOMAIN, issue_id(self._entry.entry_id))
