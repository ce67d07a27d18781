"""What runs for one workspace; the entry's runtime data."""

from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry

from .api import SeamClient
from .const import CONF_NAMES_IN_HISTORY
from .coordinator import SeamCoordinator
from .events.feed import EventFeed
from .events.history import History
from .events.poller import EventPoller
from .lock_state.commands import Commands
from .push import Push
from .store import SeamStore


@dataclass(frozen=True, slots=True)
class SeamData:
    """What runs for one workspace.

    Attributes:
        client: the way to Seam.
        coordinator: what is known of each lock.
        commands: those in flight.
        feed: events, each once.
        history: whom activities are told to.
        poller: lists events.
        store: what survives a restart.
        push: the webhook at Seam.
    """

    client: SeamClient
    coordinator: SeamCoordinator
    commands: Commands
    feed: EventFeed
    history: History
    poller: EventPoller
    store: SeamStore
    push: Push


type SeamConfigEntry = ConfigEntry[SeamData]


def records_names(entry: ConfigEntry) -> bool:
    """Return whether history may tell who it was; the user's choice."""
    return bool(entry.options.get(CONF_NAMES_IN_HISTORY, True))
