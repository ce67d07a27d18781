"""Calls to the push address, good and forged, and a house that takes them."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
import logging
import socket
import time
from typing import Any, override
from unittest.mock import patch
import uuid

from aiohttp import ClientError
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestClient
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.persistent_notification import (
    _async_get_or_create_notifications,
)
from homeassistant.components.webhook import async_generate_path
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
import orjson
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.seam.api import sign
from custom_components.seam.const import CONF_PUSH, DOMAIN
from custom_components.seam.push.receiver import MAX_BODY
from custom_components.seam.push.self_test import SELF_TEST
from tests.harness import Harness
from tests.seam_sandbox import Door, SeamSandbox
from tests.seam_sandbox.catalogue import MODELS, Plan
from tests.seam_sandbox.webhooks import Webhook

OTHER_SECRET = "whsec_Y2FuYXJ5LW90aGVyLXNlY3JldC0wMDAx"
CREATE = "/webhooks/create"
LIST = "/webhooks/list"
DELETE = "/webhooks/delete"
EVENTS = "/events/list"
DEVICES = "/devices/list"
ATTEMPTS = "/action_attempts/list"


@dataclass(frozen=True, slots=True)
class Forgery:
    """How a call differs from a good one.

    Attributes:
        status: that it must get.
        method: of HTTP.
        secret: to sign with, None: the right one.
        version: of the signature.
        shift: seconds added to the time of signing.
        shift_header: seconds added to the timestamp that is sent, not signed.
        drop: headers left out.
        headers: others instead.
        cut: how many letters the signature loses.
        body: signed and sent instead of an event.
        sent: sent instead of what was signed.
        add: added to what was signed.
    """

    status: int
    method: str = "POST"
    secret: str | None = None
    version: str = "v1"
    shift: int = 0
    shift_header: int = 0
    drop: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int = 0
    body: bytes | None = None
    sent: bytes | None = None
    add: bytes = b""


GOOD = Forgery(200)
ATTACKS = {
    "unsigned": Forgery(401, drop=("svix-id", "svix-timestamp", "svix-signature")),
    "no id": Forgery(401, drop=("svix-id",)),
    "no timestamp": Forgery(401, drop=("svix-timestamp",)),
    "no signature": Forgery(401, drop=("svix-signature",)),
    "empty signature": Forgery(401, headers={"svix-signature": ""}),
    "signature without a comma": Forgery(401, headers={"svix-signature": "v1"}),
    "signature of another version": Forgery(401, version="v2"),
    "signature that is not base64": Forgery(401, headers={"svix-signature": "v1,*"}),
    "signature with strange letters": Forgery(
        401, headers={"svix-signature": "v1,\xfc\xfc"}
    ),
    "many signatures": Forgery(401, headers={"svix-signature": "v1,AAAA " * 500}),
    "cut signature": Forgery(401, cut=4),
    "another secret": Forgery(401, secret=OTHER_SECRET),
    "another id": Forgery(401, headers={"svix-id": "msg_other"}),
    "id with strange letters": Forgery(401, headers={"svix-id": "msg_\xfc"}),
    "another timestamp": Forgery(401, shift_header=1),
    "too old": Forgery(401, shift=-301),
    "from the future": Forgery(401, shift=301),
    "timestamp in words": Forgery(401, headers={"svix-timestamp": "today"}),
    "negative timestamp": Forgery(401, headers={"svix-timestamp": "-1"}),
    "timestamp with a fraction": Forgery(401, headers={"svix-timestamp": "1.5"}),
    "endless timestamp": Forgery(401, headers={"svix-timestamp": "9" * 400}),
    "timestamp in other digits": Forgery(401, headers={"svix-timestamp": "\xb2"}),
    "changed body": Forgery(401, sent=b'{"event_type":"lock.locked"}'),
    "body with one more space": Forgery(401, add=b" "),
    "no body": Forgery(401, sent=b""),
    "huge body": Forgery(413, body=b"[" + b"1," * MAX_BODY + b"1]"),
    "not text": Forgery(401, sent=b"\xff\xfe\x00"),
    "GET": Forgery(405, method="GET"),
    "PUT": Forgery(405, method="PUT"),
}
# Signed, so from Seam; but nothing that tells of a lock of this workspace.
USELESS = {
    "nothing": b"",
    "not JSON": b"lock.locked",
    "not text": b"\xff\xfe\x00",
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "no type": b'{"event_id": "e1"}',
    "a type that is a list": b'{"event_id": "e1", "event_type": ["lock.locked"]}',
    "no id": b'{"event_type": "lock.locked"}',
    "no time": b'{"event_id": "e1", "event_type": "lock.locked"}',
    "a time that is none": (
        b'{"event_id": "e1", "event_type": "lock.locked", "occurred_at": "soon"}'
    ),
    "an id that is a number": (
        b'{"event_id": 1, "event_type": "lock.locked",'
        b' "occurred_at": "2026-01-01T00:00:00Z"}'
    ),
    "deep nesting": b"[" * 5000 + b"]" * 5000,
    "somebody's self-test": orjson.dumps({"event_type": SELF_TEST, "event_id": "e1"}),
    "a self-test without an id": orjson.dumps({"event_type": SELF_TEST}),
    "a self-test of nonsense": orjson.dumps({"event_type": SELF_TEST, "event_id": {}}),
}


@dataclass(frozen=True, slots=True)
class Call:
    """A call to the push address, ready to be sent, also twice."""

    method: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class House:
    """A workspace with push, and the open door to its push address."""

    harness: Harness
    client: TestClient[Any, Any]

    @property
    def hass(self) -> HomeAssistant:
        return self.harness.hass

    @property
    def sandbox(self) -> SeamSandbox:
        return self.harness.sandbox

    @property
    def webhook_id(self) -> str:
        """Return Home Assistant's id of the push address."""
        webhook_id: str = self.harness.entry.data[CONF_WEBHOOK_ID]
        return webhook_id

    @property
    def path(self) -> str:
        return async_generate_path(self.webhook_id)

    @property
    def base(self) -> str:
        return str(self.client.make_url("")).rstrip("/")

    @property
    def registered(self) -> Webhook:
        """Return the one webhook at Seam."""
        (webhook,) = self.sandbox.webhooks.all.values()
        return webhook

    @property
    def push(self) -> str:
        """Return what the sensor says of push."""
        return self.harness.workspace_state("sensor", "push").state

    def event(self, door: Door | None, kind: str, **others: Any) -> dict[str, Any]:
        """Return an event as Seam would send it; None leaves a field out."""
        now = datetime.fromtimestamp(time.time(), UTC).isoformat()
        event = {
            "event_id": str(uuid.uuid4()),
            "event_type": kind,
            "workspace_id": self.sandbox.workspace_id,
            "device_id": door and door.device_id,
            "created_at": now,
            "occurred_at": now,
            "method": "manual",
            **others,
        }
        return {name: value for name, value in event.items() if value is not None}

    def call(self, event: Any, forgery: Forgery = GOOD) -> Call:
        """Return a call that brings an event, signed or forged."""
        body = forgery.body
        if body is None:
            body = event if isinstance(event, bytes) else orjson.dumps(event)
        message_id = f"msg_{uuid.uuid4()}"
        stamp = int(time.time()) + forgery.shift
        secret = forgery.secret or self.harness.entry.data[CONF_PUSH]["secret"]
        signature = sign(secret, message_id, stamp, body)
        signature = signature.replace("v1", forgery.version, 1)
        headers = {
            "Content-Type": "application/json",
            "svix-id": message_id,
            "svix-timestamp": str(stamp + forgery.shift_header),
            "svix-signature": signature[: len(signature) - forgery.cut],
            **forgery.headers,
        }
        for name in forgery.drop:
            del headers[name]
        sent = body if forgery.sent is None else forgery.sent
        return Call(forgery.method, headers, sent + forgery.add)

    async def send(self, call: Call) -> int:
        """Make a call over HTTP, and return the status of the answer."""
        async with self.client.request(
            call.method, self.path, data=call.body, headers=call.headers
        ) as response:
            return response.status

    async def tell(self, event: Any, forgery: Forgery = GOOD) -> int:
        """Call, let all happen that comes of it, and return the status."""
        status = await self.send(self.call(event, forgery))
        await self.harness.settle()
        return status

    def picture(self) -> dict[str, tuple[str, str]]:
        """Return what locks and their histories show."""
        return {
            state.entity_id: (state.state, repr(state.attributes))
            for state in self.hass.states.async_all(["lock", "event"])
        }

    def told(self, door: Door) -> str | None:
        """Return the time of a lock's newest event, or None."""
        return self.harness.state(door, "event", "activity").state

    def secrets(self) -> list[str]:
        """Return what may never be in the log."""
        stored = self.harness.entry.data[CONF_PUSH]
        return [
            self.webhook_id,
            stored["webhook_id"],
            stored["secret"],
            stored["secret"].removeprefix("whsec_"),
            stored["url"],
            self.base,
            self.sandbox.api_key,
        ]

    async def tested(self) -> None:
        """Wait for the self-test: nobody but us sees its way through loopback."""
        for _ in range(50):
            if self.push in ("reachable", "working"):
                break
            await self.harness.settle()
        assert self.push in ("reachable", "working")

    async def proven(self) -> None:
        """Wait for the self-test, and let Seam deliver an event that is of no lock."""
        await self.tested()
        if self.push != "working":
            self.sandbox.webhooks.send(self.event(None, "lock.access_denied"))
            await self.harness.settle()
        assert self.push == "working"

    async def press_button(self) -> None:
        """Press the button of the self-test."""
        entity_id = er.async_get(self.hass).async_get_entity_id(
            "button", DOMAIN, f"{self.sandbox.workspace_id}-test_push"
        )
        await self.harness.until(
            asyncio.create_task(
                self.hass.services.async_call(
                    "button", "press", {"entity_id": entity_id}, blocking=True
                )
            )
        )

    async def reload(self) -> None:
        """Reload the entry."""
        await self.harness.until(
            asyncio.create_task(
                self.hass.config_entries.async_reload(self.harness.entry.entry_id)
            )
        )
        await self.harness.settle()

    async def remove(self) -> None:
        """Remove the entry."""
        await self.harness.until(
            asyncio.create_task(
                self.hass.config_entries.async_remove(self.harness.entry.entry_id)
            )
        )
        await self.harness.settle()

    def asked(self, path: str, since: int) -> int:
        """Return how many requests a path had since that many requests."""
        return sum(one.path == path for one in self.sandbox.requests[since:])

    def notices(self) -> dict[str, tuple[str | None, str]]:
        """Return title and text of each notice, by its id."""
        return {
            notice_id: (notice["title"], notice["message"])
            for notice_id, notice in _async_get_or_create_notifications(
                self.hass
            ).items()
        }

    def repair_issue(self) -> ir.IssueEntry | None:
        """Return what a person is told of push."""
        return ir.async_get(self.hass).async_get_issue(
            DOMAIN, f"push_degraded_{self.harness.entry.entry_id}"
        )


def our_log(caplog: pytest.LogCaptureFixture, level: int = logging.DEBUG) -> list[str]:
    """Return what this integration has logged."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.seam") and record.levelno >= level
    ]


async def open_house(harness: Harness, new_client: ClientSessionGenerator) -> House:
    """Serve Home Assistant on loopback, where the sandbox reaches it."""
    # Home Assistant mutes it as well; and it cannot tell a time that stands still.
    logging.getLogger("aiohttp.access").setLevel(logging.CRITICAL)
    for component in ("websocket_api", "webhook"):
        assert await async_setup_component(harness.hass, component, {})
    house = House(harness, await new_client())
    await harness.hass.config.async_update(internal_url=house.base)
    return house


@asynccontextmanager
async def plain_locks(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, locks: int
) -> AsyncGenerator[Harness]:
    """Run a house of locks without door sensors, which have to be read often."""
    plans = [
        Plan(name=f"Door {number}", model=MODELS["schlage"]) for number in range(locks)
    ]
    async with Harness.with_locks(hass, freezer, plans=plans) as harness:
        yield harness


class NoNames(AbstractResolver):
    """Finds no name: the house cannot call itself from outside."""

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        raise OSError("no such name")

    @override
    async def close(self) -> None:
        pass

    real_close = close


async def far_away(house: House, external_url: str | None) -> None:
    """Set up with a Seam far away, and maybe an own address on the internet."""
    hass, harness = house.hass, house.harness
    await hass.config.async_update(external_url=external_url)
    through = house.sandbox.webhooks._post  # the internet, as far as Seam knows

    async def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        current = hass.config.external_url
        assert current is not None
        if not url.startswith(current):
            raise ClientError("nobody there")
        return await through(url.replace(current, house.base), body, headers)

    house.sandbox.webhooks._post = post
    with (
        patch(
            "homeassistant.helpers.aiohttp_client._async_make_resolver",
            return_value=NoNames(),
        ),
        patch("custom_components.seam.push.registration.is_local", return_value=False),
    ):
        await harness.set_up()
