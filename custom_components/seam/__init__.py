"""Seam: every smart lock of a Seam workspace in Home Assistant."""

from homeassistant.const import CONF_API_KEY, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .api import DEFAULT_ENDPOINT, SeamClient
from .const import CONF_ENDPOINT, CONF_WORKSPACE_ID, DOMAIN
from .coordinator import SeamCoordinator
from .data import SeamConfigEntry, SeamData, records_names
from .entity import async_follow_names
from .events.actors import Actors
from .events.feed import EventFeed
from .events.history import History
from .events.interpreter import Interpreter
from .events.narrator import Narrator
from .events.poller import EventPoller
from .events_wanted import EventsWanted
from .lock_state.attempt_poller import AttemptPoller
from .lock_state.commands import Commands
from .push import Push, PushHealth, async_remove_push
from .store import SeamStore, async_remove_store

PLATFORMS = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.LOCK,
    Platform.SENSOR,
)


def _client(hass: HomeAssistant, entry: SeamConfigEntry) -> SeamClient:
    return SeamClient(
        async_get_clientsession(hass),
        entry.data[CONF_API_KEY],
        endpoint=entry.data.get(CONF_ENDPOINT, DEFAULT_ENDPOINT),
        workspace_id=entry.data.get(CONF_WORKSPACE_ID),
    )


async def async_setup_entry(hass: HomeAssistant, entry: SeamConfigEntry) -> bool:
    """Read the locks of a workspace, set up their entities, and listen."""
    client = _client(hass, entry)
    events_wanted = EventsWanted()
    store = SeamStore(hass, entry.entry_id)
    await store.async_load()
    health = PushHealth(hass, entry, client, events_wanted)
    coordinator = SeamCoordinator(
        hass,
        entry,
        client,
        store=store,
        push_is_alive=health.is_alive,
        events_wanted=events_wanted,
    )
    await coordinator.async_config_entry_first_refresh()

    actors = Actors(hass, client, store, names_in_history=lambda: records_names(entry))
    history = History(hass, client, store)
    commands = Commands(
        hass,
        entry,
        coordinator,
        poller=AttemptPoller(hass, entry, client, health.is_alive),
        actors=actors,
        events_wanted=events_wanted,
        report_unconfirmed=history.async_report_unconfirmed,
    )
    interpreter = Interpreter(client, coordinator, commands)
    feed = EventFeed(
        hass,
        entry,
        client,
        coordinator=coordinator,
        interpreter=interpreter,
        narrator=Narrator(
            hass,
            entry,
            client,
            actors=actors,
            history=history,
            interpreter=interpreter,
        ),
        store=store,
    )
    poller = EventPoller(
        hass,
        entry,
        client,
        coordinator=coordinator,
        feed=feed,
        store=store,
        health=health,
        events_wanted=events_wanted,
    )
    push = Push.create(
        hass,
        entry,
        client,
        health,
        events_wanted,
        take=feed.async_take_pushed,
        gap=lambda: poller.gap,
    )
    entry.runtime_data = SeamData(
        client, coordinator, commands, feed, history, poller, store, push
    )

    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    # Keeps the readings going in a workspace that has no lock yet.
    entry.async_on_unload(coordinator.async_add_listener(lambda: None, object()))
    entry.async_on_unload(health.async_listen(coordinator.async_update_pace))
    entry.async_on_unload(commands.async_start())
    entry.async_on_unload(actors.async_listen())
    async_follow_names(hass, entry, coordinator)
    push.async_start()
    poller.async_begin()
    return True


async def async_unload_entry(hass: HomeAssistant, entry: SeamConfigEntry) -> bool:
    """Take the entities down; commands in flight end with the entry."""
    feed = entry.runtime_data.feed
    await feed.async_stop()
    unloaded = await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    feed.taking = not unloaded
    if unloaded:
        await entry.runtime_data.store.async_save()
    return unloaded


async def async_remove_entry(hass: HomeAssistant, entry: SeamConfigEntry) -> None:
    """Leave nothing behind, here or at Seam."""
    await async_remove_push(hass, entry, _client(hass, entry))
    await async_remove_store(hass, entry.entry_id)


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: SeamConfigEntry, device_entry: dr.AnyDeviceEntry
) -> bool:
    """Let a person delete a device that Seam no longer lists."""
    coordinator = entry.runtime_data.coordinator
    for domain, device_id in device_entry.identifiers:
        if domain != DOMAIN:
            continue
        snapshot = coordinator.data.get(device_id)
        if device_id == entry.unique_id or (snapshot is not None and snapshot.listed):
            return False
        coordinator.async_forget(device_id)
    return True
