"""How one request is made: envelope, errors, retries, limits and Seam's clock.

Reads are retried, commands never are. Whatever comes from outside is bounded
here: seconds, bytes (after decompression) and, in what becomes of an error,
characters; and the key is masked before anything is decoded.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
import random
from typing import Any, NamedTuple

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
from .parse import Json, items, obj, plain, text

USER_AGENT = "seam-home-assistant"

TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10)
READ_RETRIES = 2
# Seconds for a read with all its retries.
READ_DEADLINE = 40.0
NO_ANSWER = "Seam did not answer in time"
BACKOFF = 0.4
# A longer Retry-After is not believed, in seconds.
LONGEST_WAIT = 600.0
# Bytes of one answer, decompressed. 500 devices with all that they may have are
# below 2 MiB, with all metadata that a customer may add below 16.
MOST_BYTES = 2**20
MOST_BYTES_OF_A_LIST = 2**24
# Bytes that are taken from the connection at a time.
READ_BYTES = 2**18
# Seconds between two questions that are for the time alone.
TIME_PACE = 60.0
MASK = "***"
SHORTEST_KEY = 8
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
# What may be over in a moment.
_PASSING = (SeamConnectionError, SeamRateLimitError, SeamServerError)

type Envelope = dict[str, Any]
type Decode = Callable[[bytes], Envelope | None]


class Answer(NamedTuple):
    """A good answer of Seam.

    Attributes:
        envelope: the JSON object around what was asked for.
        sent: when its request was sent, by the clock's monotonic clock.
        size: of its body, decompressed, in bytes.
    """

    envelope: Envelope
    sent: float
    size: int


def decode_envelope(raw: bytes) -> Envelope | None:
    """Return the JSON object of an answer, None when it is anything else."""
    try:
        answer = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return answer if isinstance(answer, dict) else None


class SeamTransport:
    """Sends requests to one workspace, and learns Seam's time from the answers.

    Attributes:
        clock: Seam's clock.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        api_key: str,
        *,
        endpoint: str,
        workspace_id: str | None,
        sleep: Callable[[float], Awaitable[None]],
        clock: SeamClock,
    ) -> None:
        """Keep what every request needs.

        Args:
            session: shared; never closed here.
            api_key: an API key, or a personal access token with workspace_id.
            endpoint: base URL, without a path.
            workspace_id: sent with personal access tokens only.
            sleep: waits between retries.
            clock: learns from the answers.
        """
        self.clock = clock
        self._session = session
        # What is shorter is no key, and would be found everywhere.
        self._secret = api_key if len(api_key) >= SHORTEST_KEY else None
        self._endpoint = endpoint.rstrip("/")
        self._sleep = sleep
        self._headers = {
            "Authorization": f"Bearer {api_key}",
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
        }
        if workspace_id is not None:
            self._headers["seam-workspace"] = workspace_id
        # Paths whose last read failed in passing.
        self._failing: set[str] = set()
        self._asked_the_time: float | None = None

    async def read(
        self,
        path: str,
        body: Json,
        key: str,
        kind: type = dict,
        *,
        decode: Decode = decode_envelope,
    ) -> Answer:
        """Call a path that changes nothing, again if it failed in passing.

        It is not asked again when the last read of this path failed as well: in
        an outage there are no more requests than on an idle day.

        Args:
            path: of the endpoint.
            body: JSON to send.
            key: what the envelope must hold.
            kind: its type; an answer with a list may be larger.
            decode: makes the envelope from the answer's bytes.

        Raises:
            SeamError: there was no good answer.
        """
        retries = 0 if path in self._failing else READ_RETRIES
        try:
            async with asyncio.timeout(READ_DEADLINE) as limit:
                answer = await self._try(
                    lambda: self.call(path, body, key, kind, decode=decode),
                    retries,
                    limit,
                )
        except TimeoutError as err:
            self._failing.add(path)
            raise SeamTimeoutError(NO_ANSWER) from err
        except SeamError as err:
            if isinstance(err, _PASSING):
                self._failing.add(path)
            elif not isinstance(err, SeamResponseError):
                self._failing.discard(path)  # Seam itself refused
            raise
        self._failing.discard(path)
        if self.clock.doubtful:
            await self._ask_the_time()
        return answer

    async def _ask_the_time(self) -> None:
        """Ask once more, so that the time is settled before an answer is used.

        Who has no clock of his own that is right would else give the wrong time to
        his first reading.
        """
        now = self.clock.monotonic()
        if self._asked_the_time is None or now - self._asked_the_time >= TIME_PACE:
            self._asked_the_time = now
            with suppress(SeamError):
                await self.call("/workspaces/get", {})

    async def _try(
        self,
        call: Callable[[], Awaitable[Answer]],
        retries: int,
        limit: asyncio.Timeout,
    ) -> Answer:
        attempt = 0
        while True:
            try:
                return await call()
            except _PASSING as err:
                attempt += 1
                wait = getattr(err, "retry_after", None)
                if wait is None:
                    wait = BACKOFF * attempt * random.uniform(0.5, 1.5)  # noqa: S311 - only spreads load
                left = (limit.when() or 0) - asyncio.get_running_loop().time()
                if attempt > retries or wait > left:
                    raise
                await self._sleep(wait)

    async def call(
        self,
        path: str,
        body: Json,
        key: str | None = None,
        kind: type = dict,
        *,
        decode: Decode = decode_envelope,
    ) -> Answer:
        """Send one request, once.

        Args:
            path: of the endpoint.
            body: JSON to send.
            key: what the envelope must hold; None: nothing in particular.
            kind: its type; an answer with a list may be larger.
            decode: makes the envelope from the answer's bytes.

        Raises:
            SeamError: there was no good answer.
        """
        most = MOST_BYTES_OF_A_LIST if kind is list else MOST_BYTES
        sent = self.clock.monotonic()
        try:
            async with self._session.post(
                self._endpoint + path,
                data=orjson.dumps(body),
                headers=self._headers,
                timeout=TIMEOUT,
                allow_redirects=False,
            ) as response:
                raw = await _read_body(response, most)
        except TimeoutError as err:
            raise SeamTimeoutError(NO_ANSWER) from err
        except (aiohttp.ClientError, OSError, ValueError) as err:
            msg = f"Seam could not be reached: {type(err).__name__}"
            raise SeamConnectionError(msg) from err
        except RuntimeError as err:  # all that aiohttp says of a session that is over
            if not self._session.closed:
                raise
            msg = "Seam could not be reached: the session is closed"
            raise SeamConnectionError(msg) from err
        received = self.clock.monotonic()

        envelope = None if raw is None else decode(self._masked(raw))
        if envelope is not None and _is_seams(envelope):
            self.clock.learn(response.headers.get("Date"), sent, received)
        if response.status != HTTPStatus.OK:
            raise self._error(response.status, response.headers, envelope)
        if (
            envelope is None
            or envelope.get("ok") is False
            or (key is not None and not isinstance(envelope.get(key), kind))
        ):
            raise self._wrong(response.status, response.headers, envelope, raw)
        return Answer(envelope, sent, 0 if raw is None else len(raw))

    def _wrong(
        self,
        status: int,
        headers: Mapping[str, str],
        envelope: Envelope | None,
        raw: bytes | None,
    ) -> SeamResponseError:
        """Tell what is wrong with an answer whose status says that all is well."""
        error = obj(envelope.get("error")) if envelope else {}
        message = plain(error.get("message"))
        if raw is None:
            message = "The answer is too large"
        elif message is None:
            message = "The answer is not Seam's"
        return SeamResponseError(
            message,
            status=status,
            error_type=plain(error.get("type")),
            request_id=self._request_id(headers, error),
        )

    def _error(
        self, status: int, headers: Mapping[str, str], envelope: Envelope | None
    ) -> SeamError:
        """Turn an answer that is not 200 into the error it means."""
        error = obj(envelope.get("error")) if envelope else {}
        error_type = plain(error.get("type"))
        message = plain(error.get("message"))
        facts: dict[str, Any] = {
            "status": status,
            "error_type": error_type,
            "request_id": self._request_id(headers, error),
        }
        if message is None:
            message = f"Seam answered with status {status}"
        if hints := plain(_flatten(error.get("validation_errors"))):
            message = plain(f"{message}: {hints}") or message

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

    def _request_id(self, headers: Mapping[str, str], error: Json) -> str | None:
        header = text(headers.get("seam-request-id"))
        if header is None:
            return plain(text(error.get("request_id")))
        return plain(header.replace(self._secret, MASK) if self._secret else header)

    def _retry_after(self, headers: Mapping[str, str]) -> float | None:
        """Read Retry-After, which is either seconds or an HTTP date."""
        value = headers.get("Retry-After", "").strip()
        if value.isascii() and value.isdigit():
            wait = float(value)
        elif (date := read_date(value)) is not None:
            # The same clock wrote both, however far it may be off.
            now = read_date(headers.get("Date"))
            wait = max(0.0, date - (self.clock.now() if now is None else now))
        else:
            return None
        return min(wait, LONGEST_WAIT)

    def _masked(self, raw: bytes) -> bytes:
        """Take the key out of what an answer says, wherever it says it."""
        if self._secret is None:
            return raw
        return raw.replace(self._secret.encode(errors="replace"), MASK.encode())


async def _read_body(response: aiohttp.ClientResponse, most: int) -> bytes | None:
    """Return the decompressed body; None when it has more bytes than allowed.

    aiohttp unpacks no more at a time than is read here, so that a small body
    which unpacks to a huge one costs no more than an honest one.
    """
    content = response.content
    content.set_read_chunk_size(READ_BYTES)
    parts: list[bytes] = []
    size = 0
    while part := await content.readany():
        size += len(part)
        if size > most:
            response.close()
            return None
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _is_seams(envelope: Envelope) -> bool:
    """Return whether an answer has Seam's own envelope, as no proxy's has."""
    return isinstance(envelope.get("ok"), bool) or (
        text(obj(envelope.get("error")).get("type")) is not None
    )


def _flatten(tree: object, path: str = "", depth: int = 8) -> str:
    """Flatten Seam's validation tree into one readable sentence."""
    parts: list[str] = []
    for key, value in obj(tree).items():
        if key == "_errors":
            hints = ", ".join(
                str(hint) for hint in items(value) if not isinstance(hint, list | dict)
            )
            if hints:
                parts.append(f"{path}: {hints}" if path else hints)
        elif depth:
            deeper = _flatten(value, f"{path}.{key}" if path else key, depth - 1)
            if deeper:
                parts.append(deeper)
    return "; ".join(parts)
