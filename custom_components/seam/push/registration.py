"""Exactly one webhook at Seam, registered and healed."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

from homeassistant.components import webhook
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_WEBHOOK_ID, EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import (
    CALLBACK_TYPE,
    Event as HassEvent,
    HassJob,
    HomeAssistant,
    callback,
)
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.network import NoURLAvailableError, get_url
from homeassistant.helpers.start import async_at_started

from ..api import DEFAULT_ENDPOINT, SeamError, is_local
from ..const import CONF_CLOUDHOOK_URL, CONF_ENDPOINT, DOMAIN, LOGGER
from . import cloudhook
from .health import PushHealth, PushState
from .self_test import PushError, PushSelfTest
from .stored import async_local_webhook_id, async_store, stored_webhook
from .webhooks import SeamWebhooks, facts

# How long to wait before trying again to register, or to heal; seconds.
FIRST_RETRY = 60.0
LONGEST_RETRY = 3600.0
# Seam gives up an address that failed for days; after this long without events
# it is registered anew; seconds.
RENEW_AFTER = 86400.0


class PushRegistration:
    """Keeps one webhook at Seam that sends to the right address, and tests it."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        webhooks: SeamWebhooks,
        health: PushHealth,
        self_test: PushSelfTest,
        *,
        gap: Callable[[], float],
    ) -> None:
        """Start with nothing registered.

        Args:
            hass: Home Assistant.
            entry: holds what is registered.
            webhooks: what it has at Seam.
            health: told how it goes; when it tells of a lost event, the webhook
                is registered anew.
            self_test: tries a new webhook.
            gap: returns how long ago events were listed last, in seconds; 0: never.
        """
        self._hass = hass
        self._entry = entry
        self._webhooks = webhooks
        self._health = health
        self._self_test = self_test
        self._gap = gap
        self._lock = asyncio.Lock()
        self._active = False
        self._was_away = False
        self._seen = health.state
        self._cancel_retry: CALLBACK_TYPE | None = None
        self._retry_after = FIRST_RETRY

    @property
    def uses_cloud(self) -> bool:
        """Return whether events come through Home Assistant Cloud."""
        url = self._entry.data.get(CONF_CLOUDHOOK_URL)
        stored = stored_webhook(self._entry)
        return url is not None and stored is not None and stored["url"] == url

    # -- life

    @callback
    def async_start(self) -> None:
        """Register the webhook once Home Assistant has started, and keep it well."""
        hass, entry = self._hass, self._entry
        webhook_id = async_local_webhook_id(hass, entry)
        self._active = True
        entry.async_on_unload(self._stop)
        entry.async_on_unload(self._health.async_listen(self._async_health_changed))
        entry.async_on_unload(
            cloudhook.async_listen(
                hass, webhook_id, self._async_cloud_changed, self._async_url_changed
            )
        )
        entry.async_on_unload(
            hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, self._async_config_changed)
        )
        # Before the feed lists again, which ends the gap.
        self._was_away = self._gap() > RENEW_AFTER
        entry.async_on_unload(async_at_started(hass, self._async_started))

    def _stop(self) -> None:
        self._active = False
        self._stop_retry()

    async def _async_started(self, _hass: HomeAssistant) -> None:
        self._reconcile_soon(renew=self._was_away)

    @callback
    def _async_health_changed(self) -> None:
        state, self._seen, before = self._health.state, self._health.state, self._seen
        if state is before:
            return
        if state in (PushState.WORKING, PushState.NO_ADDRESS):
            self._retry_after = FIRST_RETRY
        if state is PushState.WORKING:
            self._stop_retry()
        elif state is PushState.DEGRADED:
            self._reconcile_soon(renew=True)

    @callback
    def _async_cloud_changed(self, connected: bool) -> None:
        if connected:
            self._reconcile_soon()
        elif self.uses_cloud and self._health.is_reachable:
            # Nothing gets through until it is back.
            self._health.async_unproven()

    @callback
    def _async_url_changed(self, url: str | None) -> None:
        if url != self._entry.data.get(CONF_CLOUDHOOK_URL):
            async_store(self._hass, self._entry, {CONF_CLOUDHOOK_URL: url})
            self._reconcile_soon()

    @callback
    def _async_config_changed(self, event: HassEvent[dict[str, Any]]) -> None:
        if "external_url" in event.data or "internal_url" in event.data:
            self._reconcile_soon()

    # -- what is registered at Seam

    @callback
    def _reconcile_soon(self, *, renew: bool = False) -> None:
        if self._active:
            self._entry.async_create_background_task(
                self._hass, self._async_reconcile(renew=renew), f"{DOMAIN} push"
            )

    async def _async_reconcile(self, *, renew: bool = False) -> None:
        """Make what Seam has registered what it should be, and test it.

        Args:
            renew: replace the webhook, however well it looks.
        """
        async with self._lock:
            if not self._active:
                return
            self._stop_retry()
            if (url := await self._async_address()) is None:
                await self._async_withdraw()
                return
            try:
                changed = await self._webhooks.async_ensure(url, renew=renew)
            except SeamError as err:
                LOGGER.debug("The webhook could not be registered: %s", facts(err))
                self._health.async_registration_failed()
                self._retry_later()
                return
            if changed:
                self._health.counts["registered"] += 1
            if self._health.is_reachable and not changed:
                return
            if self._health.state is PushState.DEGRADED:
                # Only an event that Seam sends proves that it works again.
                self._retry_later(renew=True)
                return
            self._health.async_unproven()
            try:
                await self._self_test.async_run()
            except PushError as err:
                LOGGER.debug("The test of push did not come back: %s", err)

    async def _async_address(self) -> str | None:
        """Return where Seam can reach us, or None."""
        hass, webhook_id = self._hass, self._entry.data[CONF_WEBHOOK_ID]
        path = webhook.async_generate_path(webhook_id)
        if cloudhook.is_subscribed(hass):
            url = await cloudhook.async_get_url(hass, webhook_id)
            if url is not None:
                async_store(hass, self._entry, {CONF_CLOUDHOOK_URL: url})
                return url
            # Not connected at the moment: the address is good again soon.
            known_url: str | None = self._entry.data.get(CONF_CLOUDHOOK_URL)
            if known_url is not None:
                return known_url
        config = hass.config
        if is_local(self._entry.data.get(CONF_ENDPOINT, DEFAULT_ENDPOINT)):
            # A Seam in this house may use the address in the house.
            base = config.internal_url or config.external_url
            return None if base is None else base + path
        try:
            base = get_url(
                hass, require_ssl=True, allow_internal=False, allow_cloud=False
            )
        except NoURLAvailableError:
            return None
        return base + path

    async def _async_withdraw(self) -> None:
        try:
            await self._webhooks.async_withdraw()
        except SeamError as err:
            LOGGER.debug("The webhook could not be removed: %s", facts(err))
            self._retry_later()
            return
        self._health.async_no_address()
        if cloudhook.is_subscribed(self._hass):
            self._retry_later()  # the cloud may give one later

    # -- trying again

    def _retry_later(self, *, renew: bool = False) -> None:
        self._stop_retry()

        @callback
        def retry(_now: datetime) -> None:
            self._cancel_retry = None
            self._reconcile_soon(renew=renew)

        self._cancel_retry = async_call_later(
            self._hass, self._retry_after, HassJob(retry, cancel_on_shutdown=True)
        )
        self._retry_after = min(self._retry_after * 2, LONGEST_RETRY)

    def _stop_retry(self) -> None:
        if self._cancel_retry is not None:
            self._cancel_retry()
            self._cancel_retry = None
