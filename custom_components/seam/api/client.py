"""The Seam client: one method an endpoint, in the groups of Seam's own SDK.

It knows nothing of Home Assistant.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
import logging
import time
from typing import Any, Protocol, Self

import aiohttp
import orjson

from .endpoint import DEFAULT_ENDPOINT
from .errors import SeamResponseError
from .models import AccessCode, ActionAttempt, Device, Event, Webhook, Workspace
from .parse import Json, obj, text
from .transport import SeamTransport

_LOGGER = logging.getLogger(__name__)

PAGE_LIMIT = 500
EVENT_LIMIT = 500
# Seconds; more events than the limit in less time than this are not split up.
SHORTEST_WINDOW = 1.0

# Devices of a list, each with the JSON that it was read from.
type _Kept = list[tuple[bytes, Device]]


class _FromJson(Protocol):
    @classmethod
    def from_json(cls, data: Json) -> Self: ...


@dataclass(frozen=True, slots=True)
class DeviceList:
    """All devices of a workspace, as one reading.

    Attributes:
        devices: those that could be read, in Seam's order.
        begun_at: when we began to ask, by Seam's clock (epoch seconds).
        pages: how many requests it took, at least 1.
        skipped: how many entries could not be read.
    """

    devices: tuple[Device, ...]
    begun_at: float
    pages: int
    skipped: int


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
    ) -> None:
        """Keep what every request needs.

        Args:
            session: shared; never closed here.
            api_key: an API key, or a personal access token with workspace_id.
            endpoint: base URL, without a path.
            workspace_id: sent with personal access tokens only.
            sleep: waits between retries; injected by tests.
        """
        self._transport = SeamTransport(
            session,
            api_key,
            endpoint=endpoint,
            workspace_id=workspace_id,
            sleep=sleep,
        )
        self._last: _Kept = []  # the devices of the last list

    # -- Seam's clock

    @property
    def clock_offset(self) -> float:
        """Return what to add to our clock to get Seam's, in seconds."""
        return self._transport.clock.offset

    @property
    def clock_error(self) -> float:
        """Return how far `now` may be off, in seconds."""
        return self._transport.clock.error

    def now(self) -> float:
        """Return the time by Seam's clock, in seconds since the epoch."""
        return self._transport.clock.now()

    # -- endpoints

    async def get_workspace(self) -> Workspace:
        """Return the workspace of the key; also the way to test a key."""
        return await self._one("/workspaces/get", {}, "workspace", Workspace)

    async def list_workspaces(self) -> tuple[Workspace, ...]:
        """Return the workspaces of a personal access token."""
        return await self._many("/workspaces/list", {}, "workspaces", Workspace)

    async def list_devices(self, device_ids: Iterable[str] = ()) -> DeviceList:
        """Return all managed devices, or just those named; all pages."""
        query: dict[str, Any] = {"limit": PAGE_LIMIT}
        if wanted := list(device_ids):
            query["device_ids"] = wanted
        started = time.time()
        devices: list[Device] = []
        listed: _Kept = []
        parse = _parse_changed(self._last, listed)
        skipped = pages = 0
        seen: set[str] = set()
        cursor: str | None = None
        while True:
            body = query if cursor is None else {**query, "page_cursor": cursor}
            answer = await self._transport.read("/devices/list", body, "devices", list)
            pages += 1
            found, bad = _parse_all(answer["devices"], Device, parse)
            devices += found
            skipped += bad
            page = obj(answer.get("pagination"))
            cursor = text(page.get("next_page_cursor"))
            if cursor is None or cursor in seen or not page.get("has_next_page"):
                break
            seen.add(cursor)
        if not wanted:
            self._last = listed
        return DeviceList(tuple(devices), started + self.clock_offset, pages, skipped)

    async def get_device(self, device_id: str) -> Device:
        """Return one managed device."""
        return await self._one(
            "/devices/get", {"device_id": device_id}, "device", Device
        )

    async def lock_door(self, device_id: str) -> ActionAttempt:
        """Ask to throw the bolt; sent once."""
        return await self._command("/locks/lock_door", device_id)

    async def unlock_door(self, device_id: str) -> ActionAttempt:
        """Ask to draw the bolt; sent once."""
        return await self._command("/locks/unlock_door", device_id)

    async def get_action_attempt(self, action_attempt_id: str) -> ActionAttempt:
        """Return one command in flight."""
        return await self._one(
            "/action_attempts/get",
            {"action_attempt_id": action_attempt_id},
            "action_attempt",
            ActionAttempt,
        )

    async def list_action_attempts(
        self, action_attempt_ids: Iterable[str]
    ) -> tuple[ActionAttempt, ...]:
        """Return those of the named commands in flight that Seam still knows."""
        return await self._many(
            "/action_attempts/list",
            {"action_attempt_ids": list(action_attempt_ids)},
            "action_attempts",
            ActionAttempt,
        )

    async def list_events(
        self, since: float, until: float, event_types: Iterable[str] = ()
    ) -> tuple[Event, ...]:
        """Return all events made between two times, in no promised order.

        An answer at the limit may be cut off, and Seam has no pages here: then
        the time is halved until each half fits.
        """
        query: dict[str, Any] = {
            "between": [_iso(since), _iso(until)],
            "limit": EVENT_LIMIT,
        }
        if wanted := list(event_types):
            query["event_types"] = wanted
        answer = await self._transport.read("/events/list", query, "events", list)
        found, _ = _parse_all(answer["events"], Event)
        if len(answer["events"]) < EVENT_LIMIT or until - since < SHORTEST_WINDOW:
            return tuple(found)
        middle = (since + until) / 2
        # The bounds are exclusive: let the halves overlap by a little.
        return (
            *await self.list_events(since, middle + SHORTEST_WINDOW / 4, wanted),
            *await self.list_events(middle - SHORTEST_WINDOW / 4, until, wanted),
        )

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

    async def create_webhook(self, url: str, event_types: Iterable[str]) -> Webhook:
        """Register a webhook; the answer holds its secret. Sent once."""
        answer = await self._transport.call(
            "/webhooks/create",
            {"url": url, "event_types": list(event_types)},
            "webhook",
        )
        return _model(answer["webhook"], Webhook)

    async def list_webhooks(self) -> tuple[Webhook, ...]:
        """Return all webhooks of the workspace, other people's too."""
        return await self._many("/webhooks/list", {}, "webhooks", Webhook)

    async def delete_webhook(self, webhook_id: str) -> None:
        """Remove a webhook at Seam."""
        await self._transport.call("/webhooks/delete", {"webhook_id": webhook_id})

    # -- how a request is made

    async def _command(self, path: str, device_id: str) -> ActionAttempt:
        answer = await self._transport.call(
            path, {"device_id": device_id}, "action_attempt"
        )
        return _model(answer["action_attempt"], ActionAttempt)

    async def _one[T: _FromJson](
        self, path: str, body: Json, key: str, model: type[T]
    ) -> T:
        answer = await self._transport.read(path, body, key, dict)
        return _model(answer[key], model)

    async def _many[T: _FromJson](
        self, path: str, body: Json, key: str, model: type[T]
    ) -> tuple[T, ...]:
        answer = await self._transport.read(path, body, key, list)
        return tuple(_parse_all(answer[key], model)[0])


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


def _model[T: _FromJson](data: Json, model: type[T]) -> T:
    try:
        return model.from_json(data)
    except ValueError as err:
        msg = f"The answer is not Seam's: {err}"
        raise SeamResponseError(msg) from err


def _parse_all[T: _FromJson](
    entries: Iterable[Any], model: type[T], parse: Callable[[Json], T] | None = None
) -> tuple[list[T], int]:
    """Read what can be read; say once how many entries could not be.

    Args:
        entries: JSON objects, if all is well.
        model: what they become.
        parse: makes one of it; None: its `from_json`.
    """
    parse = parse or model.from_json
    found: list[T] = []
    skipped = 0
    for entry in entries:
        try:
            found.append(parse(obj(entry)))
        except ValueError:
            skipped += 1
    if skipped:
        _LOGGER.debug("Skipped %s unreadable %s entries", skipped, model.__name__)
    return found, skipped


def _parse_changed(last: _Kept, listed: _Kept) -> Callable[[Json], Device]:
    """Return what parses a device, unless it is as it was in the last list.

    Most are, in the same order, and parsing is most of the work of a list.

    Args:
        last: the devices of the last list.
        listed: takes those of this one.
    """

    def parse(data: Json) -> Device:
        try:
            raw = orjson.dumps(data)
        except orjson.JSONEncodeError:  # nested too deep
            return Device.from_json(data)
        at = len(listed)
        kept = last[at] if at < len(last) else None
        if kept is None or kept[0] != raw:
            kept = raw, Device.from_json(data)
        listed.append(kept)
        return kept[1]

    return parse
