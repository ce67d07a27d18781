"""Seam: every smart lock of a Seam workspace in Home Assistant."""

import asyncio

from homeassistant.const import CONF_API_KEY, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .api import DEFAULT_ENDPOINT, SeamClient
from .commands import Commands
from .const import CONF_ENDPOINT, CONF_NAMES_IN_HISTORY, CONF_WORKSPACE_ID, DOMAIN
from .coordinator import SeamConfigEntry, SeamCoordinator, SeamData
from .events.actors import Actors
from .events.feed import EventFeed
from .events.history import History
from .events.interpreter import Interpreter
from .events.narrator import Narrator
from .events.poller import EventPoller
from .events.store import SeamStore, async_remove_store
from .push import Push, async_remove_push

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
    events_wanted = asyncio.Event()
    store = SeamStore(hass, entry.entry_id)
    await store.async_load()
    coordinator = SeamCoordinator(hass, entry, client, events_wanted)
    await coordinator.async_config_entry_first_refresh()

    actors = Actors(
        hass,
        client,
        store,
        names_in_history=entry.options.get(CONF_NAMES_IN_HISTORY, True),
    )
    commands = Commands(hass, entry, coordinator, actors, events_wanted)
    history = History(hass, client, store)
    interpreter = Interpreter(coordinator, commands)
    narrator = Narrator(
        hass, entry, client, actors=actors, history=history, interpreter=interpreter
    )
    feed = EventFeed(
        hass,
        entry,
        client,
        coordinator=coordinator,
        interpreter=interpreter,
        narrator=narrator,
        store=store,
    )
    push = Push(hass, entry, coordinator, feed, events_wanted)
    poller = EventPoller(
        hass,
        entry,
        client,
        coordinator=coordinator,
        feed=feed,
        store=store,
        health=push,
        events_wanted=events_wanted,
    )
    entry.runtime_data = SeamData(
        coordinator, commands, feed, history, poller, store, push
    )
    commands.push_is_alive = push.is_alive

    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    # Keeps the readings going in a workspace that has no lock yet.
    entry.async_on_unload(coordinator.async_add_listener(lambda: None))
    entry.async_on_unload(actors.async_listen())
    push.async_start(poller.gap)
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
