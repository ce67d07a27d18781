"""Seam: every smart lock of a Seam workspace in Home Assistant."""

from homeassistant.const import CONF_API_KEY, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .api import DEFAULT_ENDPOINT, SeamClient
from .commands import Commands
from .const import CONF_ENDPOINT, CONF_WORKSPACE_ID, DOMAIN
from .coordinator import SeamConfigEntry, SeamCoordinator, SeamData

PLATFORMS = (Platform.BINARY_SENSOR, Platform.LOCK, Platform.SENSOR)


async def async_setup_entry(hass: HomeAssistant, entry: SeamConfigEntry) -> bool:
    """Read the locks of a workspace and set up their entities."""
    client = SeamClient(
        async_get_clientsession(hass),
        entry.data[CONF_API_KEY],
        endpoint=entry.data.get(CONF_ENDPOINT, DEFAULT_ENDPOINT),
        workspace_id=entry.data.get(CONF_WORKSPACE_ID),
    )
    coordinator = SeamCoordinator(hass, entry, client)
    await coordinator.async_config_entry_first_refresh()
    entry.runtime_data = SeamData(coordinator, Commands(hass, entry, coordinator))
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    # Keeps the readings going in a workspace that has no lock yet.
    entry.async_on_unload(coordinator.async_add_listener(lambda: None))
    return True


async def async_unload_entry(hass: HomeAssistant, entry: SeamConfigEntry) -> bool:
    """Take the entities down; commands in flight end with the entry."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: SeamConfigEntry, device_entry: dr.AnyDeviceEntry
) -> bool:
    """Let a person delete a device that Seam no longer lists."""
    coordinator = entry.runtime_data.coordinator
    for domain, device_id in device_entry.identifiers:
        if domain != DOMAIN:
            continue
        snapshot = coordinator.data.get(device_id)
        if snapshot is not None and snapshot.listed:
            return False
        coordinator.async_forget(device_id)
    return True
