"""A webhook address at Home Assistant Cloud, where the cloud is in use.

The cloud is large, so it is only imported where it has been loaded anyway.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..const import LOGGER

if TYPE_CHECKING:
    from homeassistant.components import cloud

CLOUD = "cloud"
# How long the removal of an entry waits for the cloud, in seconds.
DELETE_TIMEOUT = 5.0


def _is_loaded(hass: HomeAssistant) -> bool:
    return CLOUD in hass.config.components


def _troubles() -> tuple[type[Exception], ...]:
    """Return all that Home Assistant Cloud may raise."""
    from hass_nabucasa import NabuCasaBaseError  # noqa: PLC0415 - see above
    from homeassistant.components import cloud  # noqa: PLC0415 - see above

    return cloud.CloudNotAvailable, NabuCasaBaseError, TimeoutError, ValueError


def is_subscribed(hass: HomeAssistant) -> bool:
    """Return whether this Home Assistant pays for the cloud, connected or not."""
    if not _is_loaded(hass):
        return False
    from homeassistant.components import cloud  # noqa: PLC0415 - see above

    return cloud.async_active_subscription(hass)


async def async_get_url(hass: HomeAssistant, webhook_id: str) -> str | None:
    """Return the address for a webhook, or None while the cloud gives none.

    Only to be asked where `is_subscribed`.
    """
    from homeassistant.components import cloud  # noqa: PLC0415 - see above

    try:
        return await cloud.async_get_or_create_cloudhook(hass, webhook_id)
    except _troubles() as err:
        LOGGER.debug("Home Assistant Cloud gave no webhook: %s", type(err).__name__)
        return None


async def async_delete(hass: HomeAssistant, webhook_id: str) -> None:
    """Give the address for a webhook back."""
    if not _is_loaded(hass):
        return
    from homeassistant.components import cloud  # noqa: PLC0415 - see above

    try:
        async with asyncio.timeout(DELETE_TIMEOUT):
            await cloud.async_delete_cloudhook(hass, webhook_id)
    except _troubles() as err:
        # Nothing can call the address any more; and its text may hold it.
        LOGGER.debug("The cloud's webhook was not removed: %s", type(err).__name__)


@callback
def async_listen(
    hass: HomeAssistant,
    webhook_id: str,
    on_connection: Callable[[bool], None],
    on_url: Callable[[str | None], None],
) -> CALLBACK_TYPE:
    """Call back when the cloud comes or goes, and when the address changes."""
    if not _is_loaded(hass):
        return lambda: None
    from homeassistant.components import cloud  # noqa: PLC0415 - see above

    @callback
    def connection(state: cloud.CloudConnectionState) -> None:
        on_connection(state is cloud.CloudConnectionState.CLOUD_CONNECTED)

    @callback
    def cloudhook(changed: dict[str, Any] | None) -> None:
        on_url(changed.get("cloudhook_url") if changed else None)

    stops = (
        cloud.async_listen_connection_change(hass, connection),
        cloud.async_listen_cloudhook_change(hass, webhook_id, cloudhook),
    )

    @callback
    def stop() -> None:
        for one in stops:
            one()

    return stop
