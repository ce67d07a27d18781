"""A real Home Assistant core in this process, with the integration set up."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
import json
from pathlib import Path
import socket
from tempfile import TemporaryDirectory
import time
from unittest.mock import patch
import uuid

from aiohttp.resolver import ThreadedResolver
from homeassistant import loader
from homeassistant.components.webhook import async_handle_webhook
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_API_KEY, CONF_WEBHOOK_ID
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util.aiohttp import MockRequest
import orjson
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_test_home_assistant,
)

from custom_components.seam.api import sign
from custom_components.seam.const import CONF_ENDPOINT, CONF_PUSH, DOMAIN
from tests.seam_sandbox import API_KEY
from tests.seam_sandbox.catalogue import make_id
from tests.seam_sandbox.sandbox import LOOPBACK


@dataclass(frozen=True, slots=True)
class Assistant:
    """Home Assistant with one workspace.

    Attributes:
        hass: the core.
        entry: of the workspace.
        url: where it listens.
    """

    hass: HomeAssistant
    entry: MockConfigEntry
    url: str

    def entity_id(self, device_id: str, domain: str = "lock") -> str:
        entity_id = er.async_get(self.hass).async_get_entity_id(
            domain, DOMAIN, device_id
        )
        if entity_id is None:
            raise LookupError(device_id)
        return entity_id

    async def set_up(self) -> None:
        """Set the workspace up."""
        self.entry.add_to_hass(self.hass)
        await self.hass.config_entries.async_setup(self.entry.entry_id)
        if self.entry.state is not ConfigEntryState.LOADED:
            raise RuntimeError(self.entry.reason)

    async def open_to_push(self) -> None:
        """Tell where we can be reached, and wait until push is proven."""
        push = self.entry.runtime_data.push.health
        changed = asyncio.Event()
        stop = push.async_listen(changed.set)
        await self.hass.config.async_update(internal_url=self.url)
        async with asyncio.timeout(10):
            while not push.is_reachable:
                changed.clear()
                await changed.wait()
        stop()
        await self.deliver()
        if not push.is_alive():
            raise RuntimeError("push is not proven")

    async def deliver(self) -> None:
        """Bring an event of no lock in as Seam would: the first proves push."""
        now = time.time()
        moment = datetime.fromtimestamp(now, UTC).isoformat()
        event = {
            "event_id": str(uuid.uuid4()),
            "event_type": "lock.access_denied",
            "workspace_id": self.entry.unique_id,
            "created_at": moment,
            "occurred_at": moment,
        }
        body, message_id, stamp = orjson.dumps(event), f"msg_{now}", int(now)
        secret = self.entry.data[CONF_PUSH]["secret"]
        headers = {
            "svix-id": message_id,
            "svix-timestamp": str(stamp),
            "svix-signature": sign(secret, message_id, stamp, body),
        }
        await async_handle_webhook(
            self.hass,
            self.entry.data[CONF_WEBHOOK_ID],
            MockRequest(body, "bench", method="POST", headers=headers),
        )


class Resolver(ThreadedResolver):
    """The machine's own, with what Home Assistant's has besides."""

    async def real_close(self) -> None:
        await self.close()


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind((LOOPBACK, 0))
        port: int = listening.getsockname()[1]
        return port


@asynccontextmanager
async def home_assistant(endpoint: str) -> AsyncGenerator[Assistant]:
    """Run a core whose http component listens on loopback, not yet set up."""
    with (
        TemporaryDirectory() as folder,
        # The one of Home Assistant asks the network around.
        patch(
            "homeassistant.helpers.aiohttp_client._async_make_resolver",
            return_value=Resolver(),
        ),
    ):
        port = free_port()
        storage = Path(folder) / ".storage"
        storage.mkdir()
        (storage / "http").write_text(
            json.dumps(
                {
                    "version": 1,
                    "minor_version": 1,
                    "key": "http",
                    "data": {"server_host": [LOOPBACK], "server_port": port},
                }
            )
        )
        async with async_test_home_assistant(
            config_dir=folder, initial_state=CoreState.not_running
        ) as hass:
            # Let it look for custom integrations.
            hass.data.pop(loader.DATA_CUSTOM_COMPONENTS)
            if not await async_setup_component(hass, "webhook", {}):
                raise RuntimeError("Home Assistant's webhooks could not be set up")
            await hass.async_start()
            entry = MockConfigEntry(
                domain=DOMAIN,
                title="Bench House",
                unique_id=make_id("workspace", "main"),
                data={CONF_API_KEY: API_KEY, CONF_ENDPOINT: endpoint},
            )
            try:
                yield Assistant(hass, entry, f"http://{LOOPBACK}:{port}")
            finally:
                await hass.async_stop(force=True)
