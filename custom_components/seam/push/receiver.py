"""What comes in by push: verified or refused, and handed on."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus

from aiohttp import ClientError
from aiohttp.hdrs import METH_GET, METH_HEAD, METH_POST, METH_PUT
from aiohttp.web import Request, RequestPayloadError, Response
from homeassistant.components import webhook
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
import orjson

from ..api import Event, SeamClient, SignatureError, verify
from ..const import DOMAIN, LOGGER
from ..listeners import notify
from .health import PushHealth
from .self_test import SELF_TEST, PushSelfTest
from .stored import async_local_webhook_id, stored_webhook

# A real event is below 10 kB.
MAX_BODY = 256 * 1024
BODY_TIMEOUT = 10.0
# How many signed requests are remembered, so that none can be played back.
REMEMBERED_REQUESTS = 10_000
# Seconds between two log lines about refused calls.
REFUSAL_LOG_INTERVAL = 3600.0
# After a call that was refused, events are listed at most this often; seconds.
REFUSAL_LIST_INTERVAL = 60.0


class PushReceiver:
    """The one address that Seam calls; there is no way in without a signature."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: SeamClient,
        health: PushHealth,
        self_test: PushSelfTest,
        *,
        events_wanted: asyncio.Event,
        take: Callable[[Event], None],
    ) -> None:
        """Start with the address closed.

        Args:
            hass: Home Assistant.
            entry: holds the secret.
            client: knows Seam's time.
            health: told of every event that was delivered.
            self_test: told of every test that has come back.
            events_wanted: set when the list of events should be read soon.
            take: takes an event over, soon done; the work comes later.
        """
        self._hass = hass
        self._entry = entry
        self._client = client
        self._health = health
        self._self_test = self_test
        self._events_wanted = events_wanted
        self._take = take
        self._requests: OrderedDict[str, None] = OrderedDict()
        self._refused = 0
        self._refused_logged = float("-inf")
        self._refused_listed = float("-inf")

    @callback
    def async_start(self) -> None:
        """Open the address, until the entry is unloaded."""
        webhook_id = async_local_webhook_id(self._hass, self._entry)
        webhook.async_register(
            self._hass,
            DOMAIN,
            self._entry.title,
            webhook_id,
            self._async_handle,
            # Refused by us: Home Assistant would log the address.
            allowed_methods=(METH_GET, METH_HEAD, METH_POST, METH_PUT),
        )
        self._entry.async_on_unload(
            lambda: webhook.async_unregister(self._hass, webhook_id)
        )

    async def _async_handle(
        self, _hass: HomeAssistant, _webhook_id: str, request: Request
    ) -> Response:
        """Answer a call: signed ones at once, all others with a refusal."""
        if request.method == METH_HEAD:  # somebody looks whether we are here
            return Response(status=HTTPStatus.OK)
        if request.method != METH_POST:
            return self._refuse(HTTPStatus.METHOD_NOT_ALLOWED, "not a POST")
        try:
            async with asyncio.timeout(BODY_TIMEOUT):
                body = await _read_body(request)
        except TimeoutError:
            return self._refuse(HTTPStatus.REQUEST_TIMEOUT, "too slow")
        except RequestPayloadError, ClientError, OSError:
            # Left to Home Assistant, it would log the address.
            return self._refuse(HTTPStatus.BAD_REQUEST, "unreadable")
        if body is None:
            return self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large")
        stored = stored_webhook(self._entry)
        secret = "" if stored is None else stored["secret"]
        try:
            message_id = verify(secret, request.headers, body, self._client.now())
        except SignatureError as err:
            return self._refuse(HTTPStatus.UNAUTHORIZED, str(err))
        if message_id not in self._requests:
            self._requests[message_id] = None
            if len(self._requests) > REMEMBERED_REQUESTS:
                self._requests.popitem(last=False)
            self._hand_on(body)
        return Response(status=HTTPStatus.OK)

    def _hand_on(self, body: bytes) -> None:
        """Hand on what is proven to be from Seam, or from ourselves."""
        try:
            data = orjson.loads(body)
            if data["event_type"] == SELF_TEST:
                self._self_test.async_arrived(data["event_id"])
                return
            event = Event.from_json(data)
        except (KeyError, TypeError, ValueError) as err:
            # It will not get better by sending it again.
            LOGGER.debug("Seam pushed what is no event: %s", type(err).__name__)
            return
        if event.workspace_id not in (None, self._entry.unique_id):
            LOGGER.debug("Seam pushed an event of another workspace")
            return
        self._health.counts["pushed"] += 1
        self._health.async_delivered()
        # An exception that got out would be logged with the address.
        notify((self._take,), event)

    def _refuse(self, status: HTTPStatus, why: str) -> Response:
        """Refuse a call, and say so in the log now and then."""
        now = self._hass.loop.time()
        self._refused += 1
        self._health.counts["refused"] += 1
        if now - self._refused_logged >= REFUSAL_LOG_INTERVAL:
            LOGGER.warning(
                "Refused %s call(s) to the push address, the last one because: %s",
                self._refused,
                why,
            )
            self._refused, self._refused_logged = 0, now
        if now - self._refused_listed >= REFUSAL_LIST_INTERVAL:
            # It may have been Seam, with a secret that we no longer know.
            self._refused_listed = now
            self._events_wanted.set()
        return Response(status=status)


async def _read_body(request: Request) -> bytes | None:
    """Return the raw body, or None when it is too large.

    A cloudhook's request is no real one: it has `content`, but no `read`.
    """
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length[:20]) > MAX_BODY:
        return None
    stream = request.content
    chunks: list[bytes] = []
    left = MAX_BODY + 1
    while left > 0 and (chunk := await stream.read(left)):
        chunks.append(chunk)
        left -= len(chunk)
    return None if left <= 0 else b"".join(chunks)
