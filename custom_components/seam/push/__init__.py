"""Push: a webhook of our own at Seam, believed only while it is proven to work."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..api import Event, SeamClient
from ..const import CONF_CLOUDHOOK_URL, DOMAIN
from . import cloudhook
from .health import PushHealth, PushState, issue_id
from .notice import async_dismiss_result, async_show_result
from .receiver import PushReceiver
from .registration import PushRegistration
from .self_test import PushError, PushSelfTest
from .webhooks import SeamWebhooks, async_remove_webhooks

__all__ = [
    "Push",
    "PushError",
    "PushHealth",
    "PushReceiver",
    "PushRegistration",
    "PushSelfTest",
    "PushState",
    "async_remove_push",
    "async_show_result",
]


@dataclass(frozen=True, slots=True)
class Push:
    """The parts of push of one entry.

    Attributes:
        health: how far push can be relied on.
        registration: the webhook at Seam.
        receiver: what comes in.
        self_test: tries whether the way here is open.
    """

    health: PushHealth
    registration: PushRegistration
    receiver: PushReceiver
    self_test: PushSelfTest

    @classmethod
    def create(
        cls,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: SeamClient,
        health: PushHealth,
        events_wanted: asyncio.Event,
        *,
        take: Callable[[Event], None],
        gap: Callable[[], float],
    ) -> Self:
        """Make the other parts around the health, which others need before.

        Args:
            hass: Home Assistant.
            entry: whose push it is.
            client: of the entry.
            health: made with the same client.
            events_wanted: set when the list of events should be read soon.
            take: takes an event over that Seam has pushed.
            gap: returns how long ago events were listed last, in seconds; 0: never.
        """
        self_test = PushSelfTest(hass, entry, client, health)
        return cls(
            health=health,
            registration=PushRegistration(
                hass,
                entry,
                SeamWebhooks(hass, entry, client),
                health,
                self_test,
                gap=gap,
            ),
            receiver=PushReceiver(
                hass,
                entry,
                client,
                health,
                self_test,
                events_wanted=events_wanted,
                take=take,
            ),
            self_test=self_test,
        )

    @callback
    def async_start(self) -> None:
        """Open the local address, and register it at Seam once all is started."""
        self.receiver.async_start()
        self.registration.async_start()


async def async_remove_push(
    hass: HomeAssistant, entry: ConfigEntry, client: SeamClient
) -> None:
    """Remove at Seam and at Home Assistant Cloud what an entry has registered."""
    ir.async_delete_issue(hass, DOMAIN, issue_id(entry.entry_id))
    async_dismiss_result(hass, entry)
    removals = [async_remove_webhooks(hass, entry, client)]
    if CONF_CLOUDHOOK_URL in entry.data:
        removals.append(cloudhook.async_delete(hass, entry.data[CONF_WEBHOOK_ID]))
    await asyncio.gather(*removals)
