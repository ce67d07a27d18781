"""Push: a webhook of our own at Seam, believed only while it is proven to work."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any, TypedDict

from aiohttp import ClientError, ClientTimeout
from aiohttp.hdrs import METH_GET, METH_HEAD, METH_POST, METH_PUT
from aiohttp.web import Request, RequestPayloadError, Response
from homeassistant.components import webhook
from homeassistant.const import CONF_WEBHOOK_ID, EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import (
    CALLBACK_TYPE,
    Event as HassEvent,
    HassJob,
    HomeAssistant,
    callback,
)
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.network import NoURLAvailableError, get_url
from homeassistant.helpers.start import async_at_started
from homeassistant.util import ulid as ulid_util
import orjson

from . import cloudhook
from .api import (
    DEFAULT_ENDPOINT,
    Event,
    SeamClient,
    SeamError,
    SeamNotFoundError,
    SignatureError,
    Webhook,
    is_local,
    sign,
    verify,
)
from .const import (
    CONF_CLOUDHOOK_URL,
    CONF_ENDPOINT,
    CONF_PUSH,
    DOMAIN,
    LOGGER,
)
from .coordinator import SeamConfigEntry, SeamCoordinator
from .events.feed import EventFeed
from .events.types import EVENT_TYPES

# A real event is below 10 kB.
MAX_BODY = 256 * 1024
BODY_TIMEOUT = 10.0
# How many signed requests are remembered, so that none can be played back.
MEMORY = 10_000
# What we send to ourselves to see whether the way here is open.
SELF_TEST = "seam_home_assistant.self_test"
SELF_TEST_TIMEOUT = 15.0
# Seconds between two log lines about refused calls.
QUIET = 3600.0
# After a call that was refused, events are listed at most this often; seconds.
SUSPICION = 60.0
# How long to wait before trying again to register, or to heal; seconds.
FIRST_RETRY = 60.0
LONGEST_RETRY = 3600.0
# How long push may be degraded before a person is told; seconds.
PATIENCE = 1800.0
# Seam gives up an address that failed for days; after this long it is renewed.
LONG_AWAY = 86400.0
ISSUE = "push_degraded"


class PushState(StrEnum):
    """How far push can be relied on."""

    NO_ADDRESS = "no_address"
    FAILED = "failed"
    UNPROVEN = "unproven"
    WORKING = "working"
    DEGRADED = "degraded"


class _Stored(TypedDict):
    """What is registered at Seam; lives in the config entry only."""

    webhook_id: str
    secret: str
    url: str


class PushError(Exception):
    """A self-test did not come back; says why in plain words.

    Attributes:
        key: of the translation that says it.
    """

    def __init__(self, key: str) -> None:
        """Keep what to say."""
        super().__init__(key)
        self.key = key


def issue_id(entry_id: str) -> str:
    """Return the id of an entry's repair issue."""
    return f"{ISSUE}_{entry_id}"


async def async_remove_push(
    hass: HomeAssistant, entry: SeamConfigEntry, client: SeamClient
) -> None:
    """Remove at Seam and at Home Assistant Cloud what an entry has registered."""
    ir.async_delete_issue(hass, DOMAIN, issue_id(entry.entry_id))
    try:
        # One may have been in the making when the entry was unloaded.
        for found in _ours(entry, await client.list_webhooks()):
            with suppress(SeamNotFoundError):
                await client.delete_webhook(found.webhook_id)
    except SeamError as err:
        if CONF_PUSH in entry.data:
            LOGGER.warning(
                "The webhook of %s could not be removed at Seam. You can delete it "
                "in the Seam Console: %s",
                entry.title,
                _facts(err),
            )
    if CONF_CLOUDHOOK_URL in entry.data:
        await cloudhook.async_delete(hass, entry.data[CONF_WEBHOOK_ID])


class Push:
    """Registers, proves, checks and heals the webhook of one entry."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: SeamConfigEntry,
        coordinator: SeamCoordinator,
        feed: EventFeed,
        events_wanted: asyncio.Event,
    ) -> None:
        """Start with nothing registered."""
        self._hass = hass
        self._entry = entry
        self._coordinator = coordinator
        self._client = coordinator.client
        self._feed = feed
        self._events_wanted = events_wanted
        self._lock = asyncio.Lock()
        self._active = False
        self._was_away = False
        self._state = PushState.NO_ADDRESS
        self._alive_since = 0.0
        self._listeners: list[Callable[[], None]] = []
        self._requests: OrderedDict[str, None] = OrderedDict()
        self._self_tests: dict[str, asyncio.Future[None]] = {}
        self._cancel_retry: CALLBACK_TYPE | None = None
        self._cancel_patience: CALLBACK_TYPE | None = None
        self._retry_after = FIRST_RETRY
        self._refused = 0
        self._refused_told = float("-inf")
        self._suspicious = float("-inf")
        self.round_trip: float | None = None
        self.counts = {"pushed": 0, "refused": 0, "lost": 0, "registered": 0}

    # -- what others ask

    @property
    def state(self) -> PushState:
        """Return how far push can be relied on."""
        return self._state

    def is_alive(self) -> bool:
        """Return whether every event is expected to be pushed."""
        return self._state is PushState.WORKING

    @property
    def uses_cloud(self) -> bool:
        """Return whether events come through Home Assistant Cloud."""
        url = self._entry.data.get(CONF_CLOUDHOOK_URL)
        return (
            url is not None and self._stored is not None and self._stored["url"] == url
        )

    @callback
    def async_listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call back when the state or the round trip changes."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # -- life

    @callback
    def async_start(self, gap: float) -> None:
        """Open the local address, and register it at Seam once all is started."""
        hass, entry = self._hass, self._entry
        if CONF_WEBHOOK_ID not in entry.data:
            self._keep({CONF_WEBHOOK_ID: webhook.async_generate_id()})
        webhook_id = entry.data[CONF_WEBHOOK_ID]
        webhook.async_register(
            hass,
            DOMAIN,
            entry.title,
            webhook_id,
            self._async_handle,
            # Refused by us: Home Assistant would log the address.
            allowed_methods=(METH_GET, METH_HEAD, METH_POST, METH_PUT),
        )
        self._active = True
        entry.async_on_unload(self._stop)
        entry.async_on_unload(
            cloudhook.async_listen(
                hass, webhook_id, self._async_cloud_changed, self._async_url_changed
            )
        )
        entry.async_on_unload(
            hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, self._async_config_changed)
        )
        # Before the feed lists again, which ends the gap.
        self._was_away = gap > LONG_AWAY
        entry.async_on_unload(async_at_started(hass, self._async_started))

    def _stop(self) -> None:
        self._active = False
        self._stop_retry()
        self._stop_patience()
        webhook.async_unregister(self._hass, self._entry.data[CONF_WEBHOOK_ID])

    async def _async_started(self, _hass: HomeAssistant) -> None:
        self._reconcile_soon(renew=self._was_away)

    @callback
    def _async_cloud_changed(self, connected: bool) -> None:
        if connected:
            self._reconcile_soon()
        elif self.uses_cloud and self.is_alive():
            # Nothing gets through until it is back.
            self._set_state(PushState.UNPROVEN)

    @callback
    def _async_url_changed(self, url: str | None) -> None:
        if url != self._entry.data.get(CONF_CLOUDHOOK_URL):
            self._keep({CONF_CLOUDHOOK_URL: url})
            self._reconcile_soon()

    @callback
    def _async_config_changed(self, event: HassEvent[dict[str, Any]]) -> None:
        if "external_url" in event.data or "internal_url" in event.data:
            self._reconcile_soon()

    # -- what is registered at Seam

    @property
    def _stored(self) -> _Stored | None:
        return self._entry.data.get(CONF_PUSH)

    def _keep(self, data: Mapping[str, Any]) -> None:
        """Keep values in the config entry; None removes one."""
        kept = {**self._entry.data, **data}
        self._hass.config_entries.async_update_entry(
            self._entry,
            data={key: value for key, value in kept.items() if value is not None},
        )

    @callback
    def _reconcile_soon(self, *, renew: bool = False) -> None:
        if self._active:
            self._entry.async_create_background_task(
                self._hass, self._async_reconcile(renew=renew), f"{DOMAIN} push"
            )

    async def _async_reconcile(self, *, renew: bool = False) -> None:
        """Make what Seam has registered what it should be, and prove it.

        Args:
            renew: replace the webhook, however well it looks.
        """
        async with self._lock:
            if not self._active:
                return
            self._stop_retry()
            if (url := await self._async_address()) is None:
                await self._async_withdraw()
                if cloudhook.is_subscribed(self._hass):
                    self._retry_later()
                return
            try:
                changed = await self._async_register(url, renew=renew)
            except SeamError as err:
                LOGGER.debug("The webhook could not be registered: %s", _facts(err))
                if self._state is not PushState.DEGRADED:
                    self._set_state(PushState.FAILED)
                self._retry_later()
                return
            if self.is_alive() and not changed:
                return
            if self._state is PushState.DEGRADED:
                # Only an event that Seam sends proves that it is well again.
                self._retry_later(renew=True)
                return
            self._set_state(PushState.UNPROVEN)
            try:
                await self.async_self_test()
            except PushError as err:
                LOGGER.debug("Push is not proven yet: %s", err)
                return
            self._prove()

    async def _async_address(self) -> str | None:
        """Return where Seam can reach us, or None."""
        hass, webhook_id = self._hass, self._entry.data[CONF_WEBHOOK_ID]
        path = webhook.async_generate_path(webhook_id)
        if cloudhook.is_subscribed(hass):
            url = await cloudhook.async_get_url(hass, webhook_id)
            if url is not None:
                self._keep({CONF_CLOUDHOOK_URL: url})
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
        """Remove the webhook at Seam: nobody can reach its address any more."""
        if (stored := self._stored) is not None:
            try:
                await self._client.delete_webhook(stored["webhook_id"])
            except SeamNotFoundError:
                pass
            except SeamError as err:
                LOGGER.debug("The webhook could not be removed: %s", _facts(err))
                self._retry_later()
                return
            self._keep({CONF_PUSH: None})
        self._set_state(PushState.NO_ADDRESS)

    async def _async_register(self, url: str, *, renew: bool) -> bool:
        """Have exactly one webhook at Seam that sends to the address.

        Returns:
            Whether a new one was made.
        """
        stored = self._stored
        ours = _ours(self._entry, await self._client.list_webhooks())
        good = None
        if stored is not None and not renew:
            good = next((found for found in ours if _is_good(found, stored, url)), None)
        kept = good.webhook_id if good else await self._async_create(url)
        for found in ours:
            if found.webhook_id != kept:
                with suppress(SeamNotFoundError):
                    await self._client.delete_webhook(found.webhook_id)
        return good is None

    async def _async_create(self, url: str) -> str:
        created = await self._client.create_webhook(url, sorted(EVENT_TYPES))
        if created.secret is None:
            # Without its secret nothing that it sends could be believed.
            await self._client.delete_webhook(created.webhook_id)
            msg = "Seam gave no secret for the webhook"
            raise SeamError(msg)
        self.counts["registered"] += 1
        self._keep(
            {
                CONF_PUSH: _Stored(
                    webhook_id=created.webhook_id, secret=created.secret, url=url
                )
            }
        )
        return created.webhook_id

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

    # -- health

    def _set_state(self, state: PushState) -> None:
        if state is self._state:
            return
        self._state = state
        if state is PushState.DEGRADED:
            self._cancel_patience = async_call_later(
                self._hass,
                PATIENCE,
                HassJob(self._lose_patience, cancel_on_shutdown=True),
            )
        elif state in (PushState.WORKING, PushState.NO_ADDRESS):
            self._retry_after = FIRST_RETRY
            self._stop_patience()
        self._coordinator.async_set_push(self.is_alive())
        self._events_wanted.set()
        self._tell()

    def _tell(self) -> None:
        for listener in list(self._listeners):
            listener()

    def _prove(self) -> None:
        """Believe in push: something signed has come through."""
        if not self.is_alive():
            self._alive_since = self._client.now()
            self._stop_retry()
            self._set_state(PushState.WORKING)

    @callback
    def async_event_lost(self, created_at: float) -> None:
        """Stop believing in push: an event was made that it did not bring."""
        if self.is_alive() and created_at > self._alive_since:
            self.counts["lost"] += 1
            self._set_state(PushState.DEGRADED)
            self._reconcile_soon(renew=True)

    @callback
    def _lose_patience(self, _now: datetime) -> None:
        """Tell a person that push does not work."""
        self._cancel_patience = None
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id(self._entry.entry_id),
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=ISSUE,
            translation_placeholders={"name": self._entry.title},
        )

    def _stop_patience(self) -> None:
        if self._cancel_patience is not None:
            self._cancel_patience()
            self._cancel_patience = None
        ir.async_delete_issue(self._hass, DOMAIN, issue_id(self._entry.entry_id))

    # -- the self-test

    async def async_self_test(self) -> float:
        """Send ourselves a signed request the way that Seam would.

        Returns:
            How long it took, in seconds.

        Raises:
            PushError: nothing is registered, or it did not come back.
        """
        if (stored := self._stored) is None:
            raise PushError("push_no_address")
        message_id = f"msg_{ulid_util.ulid_now()}"
        body = orjson.dumps({"event_id": message_id, "event_type": SELF_TEST})
        stamp = int(self._client.now())
        arrived = self._self_tests[message_id] = self._hass.loop.create_future()
        started = self._hass.loop.time()
        try:
            async with (
                asyncio.timeout(SELF_TEST_TIMEOUT),
                async_get_clientsession(self._hass).post(
                    stored["url"],
                    data=body,
                    headers={
                        "Content-Type": "application/json",
                        "svix-id": message_id,
                        "svix-timestamp": str(stamp),
                        "svix-signature": sign(
                            stored["secret"], message_id, stamp, body
                        ),
                    },
                    allow_redirects=False,
                    timeout=ClientTimeout(total=SELF_TEST_TIMEOUT),
                ) as response,
            ):
                if response.status >= HTTPStatus.MULTIPLE_CHOICES:
                    raise PushError("push_refused")
                await arrived
        except TimeoutError as err:
            raise PushError("push_no_answer") from err
        except ClientError, OSError, SignatureError, ValueError:
            # Its text would hold the address.
            raise PushError("push_unreachable") from None
        finally:
            del self._self_tests[message_id]
        self.round_trip = self._hass.loop.time() - started
        self._tell()
        return self.round_trip

    # -- what comes in

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
        secret = "" if self._stored is None else self._stored["secret"]
        try:
            message_id = verify(secret, request.headers, body, self._client.now())
        except SignatureError as err:
            return self._refuse(HTTPStatus.UNAUTHORIZED, str(err))
        if message_id not in self._requests:
            self._requests[message_id] = None
            if len(self._requests) > MEMORY:
                self._requests.popitem(last=False)
            self._take(body)
        return Response(status=HTTPStatus.OK)

    def _take(self, body: bytes) -> None:
        """Take in what is proven to be from Seam, or from ourselves."""
        try:
            data = orjson.loads(body)
            if data["event_type"] == SELF_TEST:
                arrived = self._self_tests.get(data["event_id"])
                if arrived is not None and not arrived.done():
                    arrived.set_result(None)
                return
            event = Event.from_json(data)
        except (KeyError, TypeError, ValueError) as err:
            # It will not get better by sending it again.
            LOGGER.debug("Seam pushed what is no event: %s", type(err).__name__)
            return
        if event.workspace_id not in (None, self._entry.unique_id):
            LOGGER.debug("Seam pushed an event of another workspace")
            return
        self.counts["pushed"] += 1
        self._prove()
        self._feed.async_take_pushed(event)

    def _refuse(self, status: HTTPStatus, why: str) -> Response:
        """Refuse a call, and say so in the log now and then."""
        now = self._hass.loop.time()
        self._refused += 1
        self.counts["refused"] += 1
        if now - self._refused_told >= QUIET:
            LOGGER.warning(
                "Refused %s call(s) to the push address, the last one because: %s",
                self._refused,
                why,
            )
            self._refused, self._refused_told = 0, now
        if now - self._suspicious >= SUSPICION:
            # It may have been Seam, with a secret that we no longer know.
            self._suspicious = now
            self._events_wanted.set()
        return Response(status=status)


def _facts(err: SeamError) -> str:
    """Return what an error says, but for Seam's words: they may name the webhook."""
    facts = (type(err).__name__, err.status, err.error_type, err.request_id)
    return ", ".join(str(fact) for fact in facts if fact is not None)


def _ours(entry: SeamConfigEntry, webhooks: Iterable[Webhook]) -> list[Webhook]:
    """Return what an entry has registered, of all webhooks of its workspace.

    Our addresses hold a secret of ours, so nobody else's can match.
    """
    if (webhook_id := entry.data.get(CONF_WEBHOOK_ID)) is None:
        return []
    path = webhook.async_generate_path(webhook_id)
    stored: _Stored | None = entry.data.get(CONF_PUSH)
    return [
        found
        for found in webhooks
        if found.url.endswith(path)
        or found.url == entry.data.get(CONF_CLOUDHOOK_URL)
        or (stored is not None and found.webhook_id == stored["webhook_id"])
    ]


def _is_good(found: Webhook, stored: _Stored, url: str) -> bool:
    return (
        found.webhook_id == stored["webhook_id"]
        and found.url == stored["url"] == url
        and found.event_types == EVENT_TYPES.keys()
    )


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
