"""The Seam client: one method an endpoint, POST with JSON for every call.

It knows nothing of Home Assistant. Reads are retried, commands never are.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
import logging
import random
import time
from typing import Any, Protocol, Self

import aiohttp
import orjson

from .clock import SeamClock, read_date
from .errors import (
    SeamConnectionError,
    SeamCredentialsError,
    SeamError,
    SeamInputError,
    SeamNotFoundError,
    SeamRateLimitError,
    SeamResponseError,
    SeamServerError,
    SeamTimeoutError,
)
from .models import AccessCode, ActionAttempt, Device, Event, Webhook, Workspace
from .parse import Json, items, obj, text

_LOGGER = logging.getLogger(__name__)

DEFAULT_ENDPOINT = "https://connect.getseam.com"
USER_AGENT = "seam-home-assistant"
PAGE_LIMIT = 500
EVENT_LIMIT = 500
# Seconds; more events than the limit in less time than this are not split up.
SHORTEST_WINDOW = 1.0

TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10)
READ_RETRIES = 2
READ_DEADLINE = 40.0
NO_ANSWER = "Seam did not answer in time"
BACKOFF = 0.4
# A longer Retry-After is not believed, in seconds.
LONGEST_WAIT = 86400.0
# F answers 400 with this type when a key is not one of its own.
_CREDENTIAL_TYPES = frozenset(
    {
        "missing_workspace_id",
        "unauthorized",
        "api_key_not_found",
        "access_token_used_for_api_key",
        "client_session_token_used_for_api_key",
    }
)


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
        self._session = session
        self._api_key = api_key
        self._endpoint = endpoint.rstrip("/")
        self._sleep = sleep
        self._headers = {
            "Authorization": f"Bearer {api_key}",
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
        }
        if workspace_id is not None:
            self._headers["seam-workspace"] = workspace_id
        self._clock = SeamClock()
        self._last: _Kept = []  # the devices of the last list

    # -- Seam's clock

    @property
    def clock_offset(self) -> float:
        """Return what to add to our clock to get Seam's, in seconds."""
        return self._clock.offset

    @property
    def clock_error(self) -> float:
        """Return how far `now` may be off, in seconds."""
        return self._clock.error

    def now(self) -> float:
        """Return the time by Seam's clock, in seconds since the epoch."""
        return self._clock.now()

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
            answer = await self._read("/devices/list", body, "devices", list)
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
        answer = await self._read("/events/list", query, "events", list)
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
        answer = await self._call(
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
        await self._call("/webhooks/delete", {"webhook_id": webhook_id})

    # -- how a request is made

    async def _command(self, path: str, device_id: str) -> ActionAttempt:
        answer = await self._call(path, {"device_id": device_id}, "action_attempt")
        return _model(answer["action_attempt"], ActionAttempt)

    async def _one[T: _FromJson](
        self, path: str, body: Json, key: str, model: type[T]
    ) -> T:
        answer = await self._read(path, body, key, dict)
        return _model(answer[key], model)

    async def _many[T: _FromJson](
        self, path: str, body: Json, key: str, model: type[T]
    ) -> tuple[T, ...]:
        answer = await self._read(path, body, key, list)
        return tuple(_parse_all(answer[key], model)[0])

    async def _read(
        self, path: str, body: Json, key: str, kind: type = dict
    ) -> dict[str, Any]:
        """Call a path that changes nothing, again if it failed in passing."""
        try:
            async with asyncio.timeout(READ_DEADLINE) as limit:
                return await self._try(path, body, key, kind, limit)
        except TimeoutError as err:
            raise SeamTimeoutError(NO_ANSWER) from err

    async def _try(
        self, path: str, body: Json, key: str, kind: type, limit: asyncio.Timeout
    ) -> dict[str, Any]:
        attempt = 0
        while True:
            try:
                return await self._call(path, body, key, kind)
            except (
                SeamConnectionError,
                SeamRateLimitError,
                SeamServerError,
            ) as err:
                attempt += 1
                wait = getattr(err, "retry_after", None)
                if wait is None:
                    wait = BACKOFF * attempt * random.uniform(0.5, 1.5)  # noqa: S311 - only spreads load
                left = (limit.when() or 0) - asyncio.get_running_loop().time()
                if attempt > READ_RETRIES or wait > left:
                    raise
                await self._sleep(wait)

    async def _call(
        self, path: str, body: Json, key: str | None = None, kind: type = dict
    ) -> dict[str, Any]:
        """Send one request and return Seam's envelope, or raise a SeamError."""
        sent = time.time()
        try:
            async with self._session.post(
                self._endpoint + path,
                data=orjson.dumps(body),
                headers=self._headers,
                timeout=TIMEOUT,
                allow_redirects=False,
            ) as response:
                raw = await response.read()
        except TimeoutError as err:
            raise SeamTimeoutError(NO_ANSWER) from err
        except (aiohttp.ClientError, OSError, ValueError) as err:
            msg = f"Seam could not be reached: {type(err).__name__}"
            raise SeamConnectionError(msg) from err

        self._clock.learn(response.headers.get("Date"), sent, time.time())
        answer = _decode(raw)
        if response.status != HTTPStatus.OK:
            raise self._error(response.status, response.headers, answer)
        if answer is None or (
            key is not None and not isinstance(answer.get(key), kind)
        ):
            msg = "The answer is not Seam's"
            raise SeamResponseError(
                msg,
                status=response.status,
                request_id=self._safe(response.headers.get("seam-request-id")),
            )
        return answer

    def _error(
        self, status: int, headers: Mapping[str, str], answer: dict[str, Any] | None
    ) -> SeamError:
        """Turn an answer that is not 200 into the error it means."""
        error = obj(answer.get("error")) if answer else {}
        error_type = self._safe(text(error.get("type")))
        message = self._safe(text(error.get("message")))
        facts: dict[str, Any] = {
            "status": status,
            "error_type": error_type,
            "request_id": self._safe(
                headers.get("seam-request-id") or text(error.get("request_id"))
            ),
        }
        if message is None:
            message = f"Seam answered with status {status}"
        if hints := self._safe(_flatten(error.get("validation_errors"))):
            message = f"{message}: {hints}"

        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return SeamRateLimitError(
                message, retry_after=self._retry_after(headers), **facts
            )
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return SeamServerError(message, **facts)
        if (
            status == HTTPStatus.UNAUTHORIZED
            # Without Seam's envelope it is a firewall on the way that forbids.
            or (status == HTTPStatus.FORBIDDEN and error_type is not None)
            or error_type in _CREDENTIAL_TYPES
        ):
            return SeamCredentialsError(message, **facts)
        if error_type is None:
            return SeamResponseError(message, **facts)
        if status == HTTPStatus.NOT_FOUND:
            return SeamNotFoundError(message, **facts)
        return SeamInputError(message, **facts)

    def _retry_after(self, headers: Mapping[str, str]) -> float | None:
        """Read Retry-After, which is either seconds or an HTTP date."""
        value = headers.get("Retry-After", "").strip()
        if value.isascii() and value.isdigit():
            wait = float(value)
        elif (date := read_date(value)) is not None:
            wait = max(0.0, date - self.now())
        else:
            return None
        return min(wait, LONGEST_WAIT)

    def _safe(self, value: str | None) -> str | None:
        """Take the key out of what an answer says."""
        return value and value.replace(self._api_key, "***")


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


def _decode(raw: bytes) -> dict[str, Any] | None:
    try:
        answer = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return answer if isinstance(answer, dict) else None


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


def _flatten(tree: object, path: str = "", depth: int = 8) -> str:
    """Flatten Seam's validation tree into one readable sentence."""
    parts: list[str] = []
    for key, value in obj(tree).items():
        if key == "_errors":
            hints = ", ".join(str(hint) for hint in items(value))
            if hints:
                parts.append(f"{path}: {hints}" if path else hints)
        elif depth:
            deeper = _flatten(value, f"{path}.{key}" if path else key, depth - 1)
            if deeper:
                parts.append(deeper)
    return "; ".join(parts)


__all__ = ["DEFAULT_ENDPOINT", "DeviceList", "SeamClient"]
