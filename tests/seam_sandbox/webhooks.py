"""Seam's webhooks: registered, signed and retried as Svix does it for Seam.

The signature is made here on its own, so that it can judge other code.
"""

import asyncio
import base64
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
import hashlib
import hmac
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout
import orjson

from .catalogue import make_id
from .clock import Clock
from .events import Event, EventLog
from .faults import FaultKind, Faults

# Seconds from one failed attempt to the next.
RETRY_AFTER = (5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 36000.0)
# An answer must come within so many seconds.
TIMEOUT = 15.0
# Seconds of nothing but failures after which a webhook is disabled.
DISABLED_AFTER = 5 * 86400.0
# So many deliveries are under way at a time.
AT_ONCE = 50
# So many are remembered.
KEPT_DELIVERIES = 10_000
ONE_MEGABYTE = 2**20

type Post = Callable[[str, bytes, dict[str, str]], Awaitable[int]]


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return a signature as Svix makes it."""
    encoded = secret.removeprefix("whsec_")
    key = base64.b64decode(encoded + "=" * (-len(encoded) % 4))
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


@dataclass(slots=True, eq=False)
class Webhook:
    """A webhook at Seam.

    Attributes:
        webhook_id: uuid.
        workspace_id: uuid of the workspace that it belongs to.
        url: where it sends to.
        event_types: what it sends; `*` for everything.
        secrets: that it signs with, newest first.
        disabled: Seam has given up on it, or somebody has switched it off.
        failing_since: true time in seconds since the epoch; None: it does not fail.
    """

    webhook_id: str
    workspace_id: str
    url: str
    event_types: list[str]
    secrets: list[str]
    disabled: bool = False
    failing_since: float | None = None

    def wants(self, event: Event) -> bool:
        """Say whether it sends such an event."""
        return not self.disabled and (
            "*" in self.event_types or event["event_type"] in self.event_types
        )

    def as_json(self, *, with_secret: bool = False) -> dict[str, Any]:
        """Return the `webhook` object."""
        shown: dict[str, Any] = {
            "webhook_id": self.webhook_id,
            "url": self.url,
            "event_types": self.event_types,
        }
        if with_secret:
            shown["secret"] = self.secrets[0]
        return shown


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to deliver.

    Attributes:
        webhook_id: whose.
        event_id: of what.
        message_id: Svix's; stays the same when it is tried again.
        attempt: 1, 2, …
        time: true time, in seconds since the epoch.
        status: of the answer; None: there was none.
    """

    webhook_id: str
    event_id: str
    message_id: str
    attempt: int
    time: float
    status: int | None


@dataclass(slots=True, eq=False)
class _Message:
    webhook: Webhook
    event: Event
    message_id: str
    attempt: int = 1
    stamp: int | None = None


class Webhooks:
    """All webhooks, and what is under way to them.

    Attributes:
        all: by id.
        deliveries: the last attempts, oldest first.
        restamps: a retry is signed anew with its own time, as Svix does.
    """

    def __init__(
        self,
        clock: Clock,
        faults: Faults,
        log: EventLog,
        workspace_id: str,
        post: Post | None = None,
    ) -> None:
        """Start with none.

        Args:
            clock: true time.
            faults: what goes wrong.
            log: whose events are sent.
            workspace_id: whose events these are.
            post: sends a body with headers to an address and returns the
                status; over HTTP if None.
        """
        self._clock = clock
        self._faults = faults
        self._log = log
        self._workspace_id = workspace_id
        self._post = post or self._post_over_http
        self._session: ClientSession | None = None
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()
        self._made = 0
        self._messages = 0
        self._secrets = 0
        self.all: dict[str, Webhook] = {}
        self.deliveries: deque[Delivery] = deque(maxlen=KEPT_DELIVERIES)
        self.restamps = True
        log.listeners.append(self.send)

    async def stop(self) -> None:
        """Send nothing any more."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    # -- what Seam's API and console do

    def create(self, workspace_id: str, url: str, event_types: list[str]) -> Webhook:
        """Register a webhook."""
        self._made += 1
        webhook = Webhook(
            webhook_id=make_id("webhook", self._made),
            workspace_id=workspace_id,
            url=url,
            event_types=event_types,
            secrets=[self._make_secret()],
        )
        self.all[webhook.webhook_id] = webhook
        return webhook

    def _make_secret(self) -> str:
        self._secrets += 1
        return f"whsec_canarySECRETsandbox{self._secrets:013}"

    def change_secret(self, webhook: Webhook, *, keep_old: bool = False) -> str:
        """Give a webhook another secret; the old one may sign for a while."""
        new = self._make_secret()
        webhook.secrets = [new, *(webhook.secrets if keep_old else [])]
        return new

    def enable(self, webhook: Webhook) -> None:
        """Switch a webhook on again."""
        webhook.disabled = False
        webhook.failing_since = None

    # -- sending

    def send(self, event: Event) -> None:
        """Send an event to all webhooks that want it."""
        for webhook in list(self.all.values()):
            if not webhook.wants(event) or webhook.workspace_id != self._workspace_id:
                continue
            facts = {
                "event_type": event["event_type"],
                "device_id": event.get("device_id"),
            }
            if self._faults.take(FaultKind.WEBHOOK_DROPPED, **facts):
                continue
            self._messages += 1
            message = _Message(
                webhook, event, f"msg_{make_id('message', self._messages)}"
            )
            copies = 2 if self._faults.take(FaultKind.WEBHOOK_DOUBLED, **facts) else 1
            late = self._faults.take(FaultKind.WEBHOOK_DELAYED, **facts)
            for _ in range(copies):
                if late is None:
                    self._try(message)
                else:
                    self._clock.call_later(late.seconds, partial(self._try, message))

    def _try(self, message: _Message) -> None:
        task = asyncio.get_running_loop().create_task(self._deliver(message))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        self._clock.hold(task)

    async def settle(self) -> None:
        """Wait until nothing is under way any more."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    async def _deliver(self, message: _Message) -> None:
        webhook = message.webhook
        if webhook.webhook_id not in self.all or webhook.disabled:
            return
        began = self._clock.now()
        status: int | None = None
        async with self._at_once:
            body, headers = self._packed(message)
            try:
                status = await self._post(webhook.url, body, headers)
            except ClientError, TimeoutError, OSError, ValueError:
                status = None
        self.deliveries.append(
            Delivery(
                webhook_id=webhook.webhook_id,
                event_id=message.event["event_id"],
                message_id=message.message_id,
                attempt=message.attempt,
                time=began,
                status=status,
            )
        )
        if status is not None and 200 <= status < 300:
            webhook.failing_since = None
        else:
            self._failed(message)

    def _failed(self, message: _Message) -> None:
        now = self._clock.now()
        webhook = message.webhook
        if webhook.failing_since is None:
            webhook.failing_since = now
        elif now - webhook.failing_since >= DISABLED_AFTER:
            webhook.disabled = True
        if webhook.disabled or message.attempt > len(RETRY_AFTER):
            return
        wait = RETRY_AFTER[message.attempt - 1]
        again = replace(message, attempt=message.attempt + 1)
        self._clock.call_later(wait, partial(self._try, again))

    def _packed(self, message: _Message) -> tuple[bytes, dict[str, str]]:
        """Return the body and the headers of a delivery."""
        take = self._faults.take
        event = message.event
        facts = {
            "event_type": event["event_type"],
            "device_id": event.get("device_id"),
        }
        body = orjson.dumps(event)
        if take(FaultKind.WEBHOOK_HUGE_BODY, **facts):
            body = orjson.dumps({**event, "from_next_year": "x" * ONE_MEGABYTE})
        if message.stamp is None or self.restamps:
            message.stamp = int(self._log.now())
        stamp = message.stamp
        if old := take(FaultKind.WEBHOOK_OLD_TIMESTAMP, **facts):
            stamp -= int(old.seconds)
        secrets = message.webhook.secrets
        if take(FaultKind.WEBHOOK_WRONG_SIGNATURE, **facts):
            secrets = ["whsec_canaryWRONGsecret00000000000"]
        headers = {"Content-Type": "application/json"}
        if not take(FaultKind.WEBHOOK_UNSIGNED, **facts):
            headers |= {
                "svix-id": message.message_id,
                "svix-timestamp": str(stamp),
                "svix-signature": " ".join(
                    sign(secret, message.message_id, stamp, body) for secret in secrets
                ),
            }
        if take(FaultKind.WEBHOOK_CHANGED_BODY, **facts):
            body = body.replace(b'"lock.', b'"lock .', 1) + b" "
        return body, headers

    async def _post_over_http(
        self, url: str, body: bytes, headers: dict[str, str]
    ) -> int:
        if self._session is None:
            self._session = ClientSession(timeout=ClientTimeout(total=TIMEOUT))
        async with self._session.post(
            url, data=body, headers=headers, allow_redirects=False
        ) as response:
            return response.status
