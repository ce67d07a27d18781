"""How one request is made: envelope, errors, retries, limits and Seam's clock.

Reads are retried, commands never are.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
import random
import time
from typing import Any

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
from .parse import Json, items, obj, text

USER_AGENT = "seam-home-assistant"

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


class SeamTransport:
    """Sends requests to one workspace, and learns Seam's time from the answers."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        api_key: str,
        *,
        endpoint: str,
        workspace_id: str | None,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        """Keep what every request needs.

        Args:
            session: shared; never closed here.
            api_key: an API key, or a personal access token with workspace_id.
            endpoint: base URL, without a path.
            workspace_id: sent with personal access tokens only.
            sleep: waits between retries.
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
        self.clock = SeamClock()

    async def read(
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
                return await self.call(path, body, key, kind)
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

    async def call(
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

        self.clock.learn(response.headers.get("Date"), sent, time.time())
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
            wait = max(0.0, date - self.clock.now())
        else:
            return None
        return min(wait, LONGEST_WAIT)

    def _safe(self, value: str | None) -> str | None:
        """Take the key out of what an answer says."""
        return value and value.replace(self._api_key, "***")


def _decode(raw: bytes) -> dict[str, Any] | None:
    try:
        answer = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return answer if isinstance(answer, dict) else None


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
