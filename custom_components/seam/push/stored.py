"""What push keeps in the config entry, and nowhere else."""

from collections.abc import Mapping
from typing import Any, Final, TypedDict

from homeassistant.components import webhook
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant, callback

from ..const import CONF_PUSH

# The address of a webhook that is being made; kept until it is certain what
# Seam has made of it.
CONF_PUSH_PENDING: Final = "push_pending"


class StoredWebhook(TypedDict):
    """The webhook that is registered at Seam."""

    webhook_id: str
    secret: str
    url: str


def stored_webhook(entry: ConfigEntry) -> StoredWebhook | None:
    """Return what an entry has registered at Seam, None when nothing."""
    stored: StoredWebhook | None = entry.data.get(CONF_PUSH)
    return stored


@callback
def async_store(
    hass: HomeAssistant, entry: ConfigEntry, changes: Mapping[str, Any]
) -> None:
    """Keep values in the config entry; None removes one."""
    data = {**entry.data, **changes}
    hass.config_entries.async_update_entry(
        entry, data={key: value for key, value in data.items() if value is not None}
    )


@callback
def async_local_webhook_id(hass: HomeAssistant, entry: ConfigEntry) -> str:
    """Return Home Assistant's own id of the push address; made when there is none."""
    if CONF_WEBHOOK_ID not in entry.data:
        async_store(hass, entry, {CONF_WEBHOOK_ID: webhook.async_generate_id()})
    webhook_id: str = entry.data[CONF_WEBHOOK_ID]
    return webhook_id
