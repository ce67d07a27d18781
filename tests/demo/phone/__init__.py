"""A phone for the demo: what is sent to it shows among Home Assistant's notices.

Home Assistant offers `notify.send_message` only where something can be notified,
and all that can needs a phone, an account or a server. This needs nothing.
"""

from typing import override

from homeassistant.components import persistent_notification
from homeassistant.components.notify import NotifyEntity
from homeassistant.components.notify.const import DATA_COMPONENT, NotifyEntityFeature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.typing import ConfigType


class Phone(NotifyEntity):
    """The phone, `notify.my_phone`."""

    _attr_name = "My phone"
    _attr_unique_id = "demo_phone"
    _attr_icon = "mdi:cellphone"
    _attr_supported_features = NotifyEntityFeature.TITLE

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        """Show a message."""
        persistent_notification.async_create(
            self.hass, message, title or "To your phone"
        )


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Add the phone."""
    await hass.data[DATA_COMPONENT].async_add_entities([Phone()])
    return True
