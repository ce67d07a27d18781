"""The Seam client: one method an endpoint, in the groups of Seam's own SDK.

It knows nothing of Home Assistant.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
import logging
from typing import Any, Protocol, Self

import aiohttp

from .clock import SeamClock
from .device_list import DeviceList, DeviceLister
from .endpoint import DEFAULT_ENDPOINT
from .errors import SeamResponseError
from .event_list import EventList, list_events
from .models import AccessCode, ActionAttempt, Device, Webhook, Workspace
from .parse import Json, obj
from .transport import SeamTransport

_LOGGER = logging.getLogger(__name__)

PAGE_LIMIT = 500
EVENT_LIMIT = 500


class _FromJson(Protocol):
    @classmethod
    def from_json(cls, data: Json) -> Self: ...


class SeamClient:
    """Talk to one workspace of Seam."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        api_key: str,
        *,
        endpoint: str = DEFAULT_ENDPOINT,
        workspace_id: str | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: SeamClock | None = None,
    ) -> None:
        """Keep what every request needs.

        Args:
            session: shared; never closed here.
            api_key: an API key, or a personal access token with workspace_id.
            endpoint: base URL, without a path.
            workspace_id: sent with personal access tokens only.
            sleep: waits between retries; injected by tests.
            clock: Seam's clock; None: one on this machine's clocks.
        """
        self._transport = SeamTransport(
            session,
            api_key,
            endpoint=endpoint,
            workspace_id=workspace_id,
            sleep=sleep,
            clock=clock or SeamClock(),
        )
        self._devices = DeviceLister(self._transport)

    # -- Seam's clock

    @property
    def clock_offset(self) -> float:
        """Return what to add to our wall clock to get Seam's, in seconds."""
        return self._transport.clock.offset

    @property
    def clock_error(self) -> float:
        """Return how far `now` may be off, in seconds."""
        return self._transport.clock.error

    def now(self) -> float:
        """Return the time by Seam's clock, in seconds since the epoch."""
        return self._transport.clock.now()

    # -- workspaces

    async def get_workspace(self) -> Workspace:
        """Return the workspace of the key; also the way to test a key."""
        return await self._one("/workspaces/get", {}, "workspace", Workspace)

    async def list_workspaces(self) -> tuple[Workspace, ...]:
        """Return the workspaces of a personal access token."""
        return await self._many("/workspaces/list", {}, "workspaces", Workspace)

    # -- devices

    async def list_devices(self, device_ids: Iterable[str] = ()) -> DeviceList:
        """Return all managed devices, or just those named; all pages.

        Raises:
            SeamError: not even the first page came.
        """
        return await self._devices.read(device_ids, PAGE_LIMIT)

    async def get_device(self, device_id: str) -> Device:
        """Return one managed device."""
        return await self._one(
            "/devices/get", {"device_id": device_id}, "device", Device
        )

    # -- locks

    async def lock_door(self, device_id: str) -> ActionAttempt:
        """Ask to throw the bolt; sent once."""
        return await self._command("/locks/lock_door", device_id)

    async def unlock_door(self, device_id: str) -> ActionAttempt:
        """Ask to draw the bolt; sent once."""
        return await self._command("/locks/unlock_door", device_id)

    # -- action attempts

    async def get_action_attempt(self, action_attempt_id: str) -> ActionAttempt:
        """Return one command in flight."""
        return await self._one(
            "/action_attempts/get",
            {"action_attempt_id": action_attempt_id},
            "action_attempt",
            ActionAttempt,
        )

    async def list_action_attempts(
        self, action_attempt_ids: Iterable[str] = (), *, device_id: str | None = None
    ) -> tuple[ActionAttempt, ...]:
        """Return those of the named commands that Seam still knows.

        Args:
            action_attempt_ids: uuids; none: not limited to any.
            device_id: only commands of this device; None: of all. Without ids and
                device nothing is asked, and nothing found.
        """
        query: dict[str, Any] = {}
        if wanted := list(action_attempt_ids):
            query["action_attempt_ids"] = wanted
        if device_id is not None:
            query["device_id"] = device_id
        if not query:
            return ()
        return await self._many(
            "/action_attempts/list", query, "action_attempts", ActionAttempt
        )

    # -- events

    async def list_events(
        self, since: float, until: float, event_types: Iterable[str] = ()
    ) -> EventList:
        """Return the events made between two times, as many as a budget allows.

        Args:
            since: epoch seconds by Seam's clock, exclusive.
            until: the same.
            event_types: those wanted; none: all.

        Raises:
            SeamError: Seam could not be read; nothing is lost by that.
        """
        return await list_events(
            self._transport, since, until, event_types, EVENT_LIMIT
        )

    # -- access codes

    async def get_access_code(self, access_code_id: str) -> AccessCode:
        """Return a managed access code's name."""
        return await self._one(
            "/access_codes/get",
            {"access_code_id": access_code_id},
            "access_code",
            AccessCode,
        )

    async def get_unmanaged_access_code(self, access_code_id: str) -> AccessCode:
        """Return the name of an access code that Seam does not manage."""
        return await self._one(
            "/access_codes/unmanaged/get",
            {"access_code_id": access_code_id},
            "access_code",
            AccessCode,
        )

    # -- webhooks

    async def create_webhook(self, url: str, event_types: Iterable[str]) -> Webhook:
        """Register a webhook; the answer holds its secret. Sent once."""
        answer = await self._transport.call(
            "/webhooks/create",
            {"url": url, "event_types": list(event_types)},
            "webhook",
        )
        return _model(answer.envelope["webhook"], Webhook)

    async def list_webhooks(self) -> tuple[Webhook, ...]:
        """Return all webhooks of the workspace, other people's too."""
        return await self._many("/webhooks/list", {}, "webhooks", Webhook)

    async def delete_webhook(self, webhook_id: str) -> None:
        """Remove a webhook at Seam."""
        await self._transport.call("/webhooks/delete", {"webhook_id": webhook_id})

    # -- how a request is made

    # -- what the answers become

    async def _command(self, path: str, device_id: str) -> ActionAttempt:
        answer = await self._transport.call(
            path, {"device_id": device_id}, "action_attempt"
        )
        return _model(answer.envelope["action_attempt"], ActionAttempt)

    async def _one[T: _FromJson](
        self, path: str, body: Json, key: str, model: type[T]
    ) -> T:
        answer = await self._transport.read(path, body, key)
        return _model(answer.envelope[key], model)

    async def _many[T: _FromJson](
        self, path: str, body: Json, key: str, model: type[T]
    ) -> tuple[T, ...]:
        answer = await self._transport.read(path, body, key, list)
        found: list[T] = []
        skipped = 0
        for entry in answer.envelope[key]:
            try:
                found.append(model.from_json(obj(entry)))
            except ValueError:
                skipped += 1
        if skipped:
            _LOGGER.debug("Skipped %s unreadable %s entries", skipped, model.__name__)
        return tuple(found)


def _model[T: _FromJson](data: Json, model: type[T]) -> T:
    try:
        return model.from_json(data)
    except ValueError as err:
        msg = f"The answer is not Seam's: {err}"
        raise SeamResponseError(msg) from err
