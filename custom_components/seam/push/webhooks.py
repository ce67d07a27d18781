"""What an entry has at Seam: found, made, and removed."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from homeassistant.components import webhook
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey

from ..api import SeamClient, SeamError, SeamNotFoundError, Webhook
from ..const import CONF_CLOUDHOOK_URL, CONF_PUSH, DOMAIN, LOGGER
from ..events.types import EVENT_TYPES
from .stored import (
    CONF_PUSH_PENDING,
    StoredWebhook,
    async_store,
    stored_webhook,
)

# How long the removal of an entry waits for Seam, in seconds.
REMOVE_TIMEOUT = 10.0
# One for each entry: held while a webhook is made, even after an unload.
MAKING: Final[HassKey[dict[str, asyncio.Lock]]] = HassKey(f"{DOMAIN}_push_making")


class SeamWebhooks:
    """Sees to it that Seam has one webhook of an entry, or none."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, client: SeamClient
    ) -> None:
        """Start; what is still in the making when the entry ends is taken back.

        Args:
            hass: Home Assistant.
            entry: holds what is registered.
            client: of the entry.
        """
        self._hass = hass
        self._entry = entry
        self._client = client
        self._active = True
        self._making = hass.data.setdefault(MAKING, {}).setdefault(
            entry.entry_id, asyncio.Lock()
        )
        entry.async_on_unload(self._stop)

    def _stop(self) -> None:
        self._active = False

    async def async_ensure(self, url: str, *, renew: bool) -> bool:
        """Have exactly one webhook that sends to the address.

        Args:
            url: the address.
            renew: replace it, however well it looks.

        Returns:
            Whether a new one was made.

        Raises:
            SeamError: when it could not be done.
        """
        stored = stored_webhook(self._entry)
        ours = _of(self._entry, await self._client.list_webhooks())
        good = None
        if stored is not None and not renew:
            good = next((found for found in ours if _is_good(found, stored, url)), None)
        kept = good.webhook_id if good else await self._async_create(url)
        for found in ours:
            if found.webhook_id != kept:
                await self._async_delete(found.webhook_id)
        async_store(self._hass, self._entry, {CONF_PUSH_PENDING: None})
        return good is None

    async def async_withdraw(self) -> None:
        """Remove the webhook: nobody can reach its address any more.

        Raises:
            SeamError: when it could not be done.
        """
        if (stored := stored_webhook(self._entry)) is not None:
            await self._async_delete(stored["webhook_id"])
            async_store(self._hass, self._entry, {CONF_PUSH: None})

    async def _async_create(self, url: str) -> str:
        """Make a webhook and return its id.

        Seam may make it even if nobody waits for the answer, so what is begun
        is followed to its end.
        """
        making = self._hass.async_create_background_task(
            self._async_make(url), f"{DOMAIN} webhook"
        )
        if (webhook_id := await asyncio.shield(making)) is None:
            raise SeamError("The entry was unloaded meanwhile")
        return webhook_id

    async def _async_make(self, url: str) -> str | None:
        """Make a webhook; return its id, None when the entry was unloaded."""
        # One that was begun before a reload is taken back first.
        async with self._making:
            # If all ends here, the next start knows what to look for.
            async_store(self._hass, self._entry, {CONF_PUSH_PENDING: url})
            try:
                created = await self._client.create_webhook(url, sorted(EVENT_TYPES))
            except SeamError:
                if self._active:
                    raise
                await self._async_take_back()
                return None
            if not self._active:
                with suppress(SeamError):
                    await self._async_delete(created.webhook_id)
                return None
            if created.secret is None:
                # Without its secret nothing that it sends could be believed.
                await self._async_delete(created.webhook_id)
                raise SeamError("Seam gave no secret for the webhook")
            registered = StoredWebhook(
                webhook_id=created.webhook_id, secret=created.secret, url=url
            )
            async_store(
                self._hass,
                self._entry,
                {CONF_PUSH: registered, CONF_PUSH_PENDING: None},
            )
            return created.webhook_id

    async def _async_take_back(self) -> None:
        """Remove what was made at Seam although its answer never came."""
        stored = None
        if self._hass.config_entries.async_get_entry(self._entry.entry_id) is not None:
            stored = stored_webhook(self._entry)
        try:
            for found in _of(self._entry, await self._client.list_webhooks()):
                if stored is None or found.webhook_id != stored["webhook_id"]:
                    await self._async_delete(found.webhook_id)
        except SeamError as err:
            LOGGER.debug("A webhook could not be taken back: %s", facts(err))

    async def _async_delete(self, webhook_id: str) -> None:
        with suppress(SeamNotFoundError):
            await self._client.delete_webhook(webhook_id)


async def async_remove_webhooks(
    hass: HomeAssistant, entry: ConfigEntry, client: SeamClient
) -> None:
    """Remove at Seam what an entry has registered, with one try of a few seconds."""
    hass.data.get(MAKING, {}).pop(entry.entry_id, None)
    if CONF_WEBHOOK_ID not in entry.data:
        return  # push was never begun
    why = None
    try:
        async with asyncio.timeout(REMOVE_TIMEOUT):
            for found in _of(entry, await client.list_webhooks()):
                with suppress(SeamNotFoundError):
                    await client.delete_webhook(found.webhook_id)
    except TimeoutError:
        why = f"no answer within {REMOVE_TIMEOUT:.0f} s"
    except SeamError as err:
        why = facts(err)
    if why is not None and CONF_PUSH in entry.data:
        LOGGER.warning(
            "The webhook of %s could not be removed at Seam. You can delete it "
            "in the Seam Console: %s",
            entry.title,
            why,
        )


def facts(err: SeamError) -> str:
    """Return what an error says, but for Seam's words: they may name the webhook."""
    told = (type(err).__name__, err.status, err.error_type, err.request_id)
    return ", ".join(str(fact) for fact in told if fact is not None)


def _of(entry: ConfigEntry, webhooks: Iterable[Webhook]) -> list[Webhook]:
    """Return what an entry has registered, of all webhooks of its workspace.

    Our addresses hold a secret of ours, so nobody else's can match.
    """
    if (webhook_id := entry.data.get(CONF_WEBHOOK_ID)) is None:
        return []
    path = webhook.async_generate_path(webhook_id)
    urls = {entry.data.get(CONF_CLOUDHOOK_URL), entry.data.get(CONF_PUSH_PENDING)}
    stored = stored_webhook(entry)
    return [
        found
        for found in webhooks
        if found.url.endswith(path)
        or found.url in urls
        or (stored is not None and found.webhook_id == stored["webhook_id"])
    ]


def _is_good(found: Webhook, stored: StoredWebhook, url: str) -> bool:
    return (
        found.webhook_id == stored["webhook_id"]
        and found.url == stored["url"] == url
        and found.event_types == frozenset(EVENT_TYPES)
    )
