"""Push: what is let in, what is refused, and when it is believed."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import pairwise
import logging
import socket
from statistics import median
import time
from typing import Any, override
from unittest.mock import patch
import uuid

from aiohttp import ClientError
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestClient
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.webhook import async_generate_path
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
import orjson
import pytest
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.seam.api import sign
from custom_components.seam.const import CONF_PUSH, DOMAIN
from custom_components.seam.events.types import EVENT_TYPES
from custom_components.seam.push import MAX_BODY, SELF_TEST
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


# -- calls to the push address


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

    async def proven(self) -> None:
        """Wait for the self-test: nobody but us sees its way through loopback."""
        for _ in range(50):
            if self.push == "working":
                break
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


@pytest.fixture
async def house(harness: Harness, hass_client_no_auth: ClientSessionGenerator) -> House:
    """Return a workspace that can be pushed to, not yet set up."""
    return await open_house(harness, hass_client_no_auth)


@pytest.fixture
async def pushed(house: House) -> House:
    """Return a workspace with push that is proven, after a quiet while."""
    await house.harness.set_up()
    await house.proven()
    await house.harness.advance(5)
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


# -- what is refused


async def test_no_forged_call_is_let_in(
    pushed: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    door = pushed.sandbox.door("Garage Side Door")
    before = pushed.picture()
    answers: dict[str, int] = {}
    effects: list[str] = []
    for name, forgery in ATTACKS.items():
        answers[name] = await pushed.tell(pushed.event(door, "lock.locked"), forgery)
        if pushed.picture() != before or pushed.push != "working":
            effects.append(name)
    assert answers == {name: forgery.status for name, forgery in ATTACKS.items()}
    assert effects == []
    leaks = [
        message
        for message in our_log(caplog)
        if any(secret in message for secret in pushed.secrets())
    ]
    assert leaks == []

    # It is the forgery that was refused, and nothing else.
    assert await pushed.tell(pushed.event(door, "lock.locked")) == 200
    assert pushed.harness.state(door).state == "locked"


async def test_nor_is_one_that_comes_by_websocket(
    pushed: House, hass_ws_client: WebSocketGenerator
) -> None:
    """What comes that way is no real request, as with a cloudhook."""
    websocket = await hass_ws_client()
    door = pushed.sandbox.door("Garage Side Door")
    before = pushed.picture()

    async def tell(call: Call) -> int:
        await websocket.send_json_auto_id(
            {
                "type": "webhook/handle",
                "webhook_id": pushed.webhook_id,
                "method": call.method,
                "headers": call.headers,
                "body": call.body.decode(),
            }
        )
        answer = await websocket.receive_json()
        await pushed.harness.settle()
        status: int = answer["result"]["status"]
        return status

    answers: dict[str, int] = {}
    wanted: dict[str, int] = {}
    for name, forgery in ATTACKS.items():
        if name == "not text":  # cannot even be sent this way
            continue
        call = pushed.call(pushed.event(door, "lock.locked"), forgery)
        wanted[name] = forgery.status
        answers[name] = await tell(call)
    assert answers == wanted
    assert pushed.picture() == before

    assert await tell(pushed.call(pushed.event(door, "lock.locked"))) == 200
    assert pushed.harness.state(door).state == "locked"


async def test_signed_but_useless_is_taken_and_changes_nothing(pushed: House) -> None:
    door = pushed.sandbox.door("Garage Side Door")
    useless: dict[str, Any] = {
        **USELESS,
        "another workspace": pushed.event(
            door, "lock.locked", workspace_id=str(uuid.uuid4())
        ),
        "an unknown type": pushed.event(door, "lock.something_new", odd=[{"a": None}]),
        "no device": pushed.event(None, "lock.locked"),
        "an unknown device": pushed.event(
            door, "lock.locked", device_id=str(uuid.uuid4())
        ),
        "a device that is no text": pushed.event(door, "lock.locked", device_id=7),
        "an account": pushed.event(None, "connected_account.connected"),
    }
    before = pushed.picture()
    answers: dict[str, int] = {}
    effects: list[str] = []
    for name, event in useless.items():
        answers[name] = await pushed.tell(event)
        if pushed.picture() != before or pushed.push != "working":
            effects.append(name)
    assert answers == dict.fromkeys(useless, 200)
    assert effects == []


async def test_both_ends_of_five_minutes_are_let_in(pushed: House) -> None:
    door = pushed.sandbox.door("Garage Side Door")
    for shift, kind in ((-299, "lock.locked"), (299, "lock.unlocked")):
        await pushed.harness.advance(1)
        event = pushed.event(door, kind)
        assert await pushed.tell(event, Forgery(200, shift=shift)) == 200
        assert pushed.harness.state(door).state == kind.removeprefix("lock.")


async def test_the_size_is_looked_at_before_anything_is_computed(
    pushed: House,
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY // 1024 + 2):
            yield b"1" * 1024

    headers = pushed.call(b"1").headers
    with patch("custom_components.seam.push.verify") as verify:
        # Once with its length, and once in pieces of which nobody knows the sum.
        for data in (b"1" * (MAX_BODY + 1), pieces()):
            async with pushed.client.post(
                pushed.path, data=data, headers=headers
            ) as response:
                assert response.status == 413
    verify.assert_not_called()
    largest = b'"' + b"1" * (MAX_BODY - 2) + b'"'
    assert await pushed.tell(largest) == 200


async def test_a_slow_body_is_given_up(pushed: House) -> None:
    finish = asyncio.Event()
    call = pushed.call(pushed.event(None, "lock.locked"))

    async def slowly() -> AsyncIterator[bytes]:
        yield call.body[:10]
        await finish.wait()

    async def send() -> int:
        async with pushed.client.post(
            pushed.path, data=slowly(), headers=call.headers
        ) as response:
            return response.status

    slow = asyncio.create_task(send())
    await pushed.harness.advance(9)
    assert not slow.done()
    await pushed.harness.advance(2)
    assert await slow == HTTPStatus.REQUEST_TIMEOUT
    finish.set()


async def test_a_body_that_breaks_off_is_no_event(pushed: House) -> None:
    call = pushed.call(pushed.event(None, "lock.locked"))

    async def broken() -> AsyncIterator[bytes]:
        yield call.body[:10]
        await pushed.harness.settle()
        raise ClientError

    before = pushed.picture()
    with pytest.raises(ClientError):
        async with pushed.client.post(pushed.path, data=broken(), headers=call.headers):
            pass
    await pushed.harness.settle()
    assert pushed.picture() == before
    assert pushed.push == "working"


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
async def test_a_body_that_cannot_be_unpacked_is_refused(
    pushed: House, caplog: pytest.LogCaptureFixture, packing: str
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", pushed.client.port)
    request = (
        f"POST {pushed.path} HTTP/1.1\r\nHost: canary\r\n"
        f"Content-Encoding: {packing}\r\nContent-Length: 30\r\n\r\n"
    )
    writer.write(request.encode())
    await pushed.harness.settle()  # it is read by now as far as it goes
    writer.write(b"no packing at all, only text..")
    answer = await reader.readline()
    writer.close()
    assert answer.split()[1:3] == [b"400", b"Bad"]
    assert not any(
        secret in record.getMessage()
        for secret in pushed.secrets()
        for record in caplog.records
        if record.levelno > logging.DEBUG
    )


async def test_who_looks_whether_the_address_is_there_may_see_it(
    pushed: House,
) -> None:
    async with pushed.client.head(pushed.path) as response:
        assert response.status == 200


async def test_refused_calls_are_told_once_an_hour(
    pushed: House, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        assert await pushed.tell(b"{}", ATTACKS["unsigned"]) == 401
    assert our_log(caplog, logging.INFO) == [
        "Refused 1 call(s) to the push address, the last one because: not signed"
    ]
    caplog.clear()
    await pushed.harness.advance(3590)
    assert await pushed.tell(b"{}", ATTACKS["too old"]) == 401
    assert our_log(caplog, logging.INFO) == []
    await pushed.harness.advance(20)
    assert await pushed.tell(b"{}", ATTACKS["another secret"]) == 401
    assert our_log(caplog, logging.INFO) == [
        "Refused 6 call(s) to the push address, the last one because: wrong signature"
    ]


async def test_a_flood_of_bad_calls_does_not_hold_up_a_signed_one(
    pushed: House,
) -> None:
    door = pushed.sandbox.door("Garage Side Door")
    bad = list(ATTACKS.values())
    before = len(pushed.sandbox.requests)

    async def flood() -> list[int]:
        return await asyncio.gather(
            *(
                pushed.send(pushed.call(b"{}", bad[number % len(bad)]))
                for number in range(300)
            )
        )

    flooding = asyncio.create_task(flood())
    await asyncio.sleep(0)
    assert await pushed.send(pushed.call(pushed.event(door, "lock.locked"))) == 200
    await pushed.harness.settle()
    assert pushed.harness.state(door).state == "locked"  # no time has gone by
    assert not {status for status in await flooding if not 400 <= status < 500}
    assert await pushed.tell(pushed.event(door, "lock.unlocked")) == 200
    # Nor do we flood Seam with questions in turn.
    await pushed.harness.advance(30)
    assert pushed.asked(EVENTS, before) <= 2


async def test_a_captured_call_played_back_does_nothing(pushed: House) -> None:
    sandbox, harness = pushed.sandbox, pushed.harness
    door = sandbox.door("Front Door")
    captured = pushed.call(pushed.event(door, "lock.unlocked"))
    assert await pushed.send(captured) == 200
    await harness.settle()
    assert harness.state(door).state == "unlocked"
    await harness.advance(5)
    assert await pushed.tell(pushed.event(door, "lock.locked")) == 200
    picture = pushed.picture()
    assert await pushed.send(captured) == 200
    await harness.settle()
    assert pushed.picture() == picture

    # Nor after a restart, when only the events are remembered,
    await pushed.reload()
    picture = pushed.picture()
    assert await pushed.send(captured) == 200
    await harness.settle()
    assert pushed.picture() == picture
    # nor later, when it is too old to be looked at.
    await harness.advance(301)
    assert await pushed.send(captured) == 401


async def test_the_same_event_in_another_envelope_is_told_once(pushed: House) -> None:
    door = pushed.sandbox.door("Front Door")
    event = pushed.event(door, "lock.unlocked")
    assert await pushed.tell(event) == 200
    picture = pushed.picture()
    await pushed.harness.advance(2)
    assert await pushed.tell(event) == 200
    assert pushed.picture() == picture


async def test_what_was_seen_is_not_remembered_for_ever(pushed: House) -> None:
    """Nor does it have to be: an old call is refused for its age."""
    door = pushed.sandbox.door("Garage Side Door")
    first = pushed.call(pushed.event(door, "lock.locked"))
    assert await pushed.send(first) == 200
    with (
        patch("custom_components.seam.push.MEMORY", 3),
        patch("custom_components.seam.events.feed.REMEMBERED", 3),
    ):
        for number in range(5):
            await pushed.harness.advance(1)
            kind = "lock.locked" if number % 2 else "lock.unlocked"
            assert await pushed.tell(pushed.event(door, kind)) == 200
    assert pushed.harness.state(door).state == "unlocked"
    # Even one that is no longer remembered cannot turn back time.
    assert await pushed.send(first) == 200
    await pushed.harness.settle()
    assert pushed.harness.state(door).state == "unlocked"


async def test_a_good_call_is_answered_before_the_work_is_done(pushed: House) -> None:
    """The name of the code takes its time at Seam; the answer does not wait."""
    sandbox, harness = pushed.sandbox, pushed.harness
    door = sandbox.door("Front Door")
    sandbox.faults.add("http_hang", path="/access_codes/get")
    code = next(iter(door.codes.values()))
    event = pushed.event(
        door,
        "lock.unlocked",
        method="keycode",
        access_code_id=code.access_code_id,
        code=code.code,
    )
    assert await pushed.tell(event) == 200
    assert harness.state(door).state == "unlocked"


async def test_a_good_call_is_answered_within_ten_milliseconds(pushed: House) -> None:
    door = pushed.sandbox.door("Garage Side Door")
    took: list[float] = []
    for number in range(41):
        kind = "lock.unlocked" if number % 2 else "lock.locked"
        call = pushed.call(pushed.event(door, kind))
        # Not one of the clocks that stand still.
        begun = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        assert await pushed.send(call) == 200
        took.append((time.clock_gettime_ns(time.CLOCK_MONOTONIC) - begun) / 1e6)
        await pushed.harness.settle()
    assert median(took) < 10


async def test_what_seam_does_wrong_is_refused_and_found_by_asking(
    pushed: House,
) -> None:
    """Each delivery is spoilt on its way; the event is listed soon after."""
    sandbox, harness = pushed.sandbox, pushed.harness
    door = sandbox.door("Garage Side Door")
    thrown = False
    for kind in (
        "webhook_unsigned",
        "webhook_wrong_signature",
        "webhook_old_timestamp",
        "webhook_changed_body",
        "webhook_huge_body",
    ):
        await harness.advance(70)
        thrown = not thrown
        sandbox.faults.add(kind, seconds=400, times=1)
        sandbox.turn_bolt(door, thrown=thrown)
        await harness.advance(4.5)
        assert 400 <= (sandbox.webhooks.deliveries[-1].status or 0) < 500, kind
        shown = harness.state(door).state
        assert shown == ("locked" if thrown else "unlocked"), kind
        assert (
            harness.state(door, "event", "activity").attributes["source"] == "polling"
        )
        # The next try of Seam's is good, so nothing was lost.
        await harness.advance(2)
        assert sandbox.webhooks.deliveries[-1].status == 200
        assert pushed.push == "working"


# -- a webhook's life


async def test_only_what_is_used_is_asked_for(pushed: House) -> None:
    assert set(pushed.registered.event_types) == EVENT_TYPES.keys()
    assert pushed.registered.url == pushed.base + pushed.path
    assert pushed.harness.entry.data[CONF_PUSH] == {
        "webhook_id": pushed.registered.webhook_id,
        "secret": pushed.registered.secrets[0],
        "url": pushed.registered.url,
    }


async def test_a_restart_keeps_the_webhook(pushed: House) -> None:
    data = dict(pushed.harness.entry.data)
    await pushed.reload()
    await pushed.proven()
    assert pushed.harness.entry.data == data
    assert pushed.sandbox.count(CREATE) == 1


async def test_a_hundred_reloads_leave_one_webhook(pushed: House) -> None:
    # All but the last are cut off somewhere on their way.
    for number in range(100):
        hass, entry = pushed.hass, pushed.harness.entry
        assert await hass.config_entries.async_reload(entry.entry_id)
        for _ in range(number % 40):
            await asyncio.sleep(0)
    await pushed.harness.settle()
    assert pushed.push == "working"
    assert pushed.registered.secrets[0] == entry.data[CONF_PUSH]["secret"]


@pytest.mark.parametrize(
    "trouble", ["deleted", "types", "address", "secret", "another's"]
)
async def test_what_is_wrong_at_the_start_is_healed(
    pushed: House, trouble: str
) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    await harness.unload()
    old = pushed.registered
    data = dict(harness.entry.data)
    match trouble:
        case "deleted":
            sandbox.delete_webhooks()
        case "types":
            old.event_types = ["lock.locked"]
        case "address":
            old.url = "http://127.0.0.1:9/elsewhere"
        case "secret":
            del data[CONF_PUSH]
        case _:
            data[CONF_PUSH] = {**data[CONF_PUSH], "webhook_id": str(uuid.uuid4())}
    pushed.hass.config_entries.async_update_entry(harness.entry, data=data)
    await harness.set_up()
    await pushed.proven()
    assert pushed.registered.webhook_id != old.webhook_id
    assert set(pushed.registered.event_types) == EVENT_TYPES.keys()

    await harness.advance(1)
    door = sandbox.door("Garage Side Door")
    sandbox.turn_bolt(door, thrown=True)
    await harness.settle()
    assert harness.state(door).state == "locked"


async def test_left_overs_of_ours_go_and_other_peoples_stay(pushed: House) -> None:
    sandbox = pushed.sandbox
    workspace = sandbox.workspace_id
    others = [
        sandbox.webhooks.create(workspace, url, ["*"])
        for url in (
            "https://other.canary.test/api/webhook/0001",
            f"{pushed.base}/api/webhook/of-another-home",
            "https://other.canary.test/hook",
        )
    ]
    for base in (pushed.base, "https://former.canary.test"):
        sandbox.webhooks.create(workspace, base + pushed.path, ["*"])
    kept = pushed.harness.entry.data[CONF_PUSH]["webhook_id"]
    await pushed.reload()
    assert set(sandbox.webhooks.all) == {
        kept,
        *(webhook.webhook_id for webhook in others),
    }
    assert pushed.push == "working"

    await pushed.remove()
    assert set(sandbox.webhooks.all) == {webhook.webhook_id for webhook in others}


async def test_a_secret_that_seam_has_changed_is_healed_without_a_reload(
    pushed: House,
) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    door = sandbox.door("Garage Side Door")
    old = pushed.registered
    sandbox.change_webhook_secrets()
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(3)
    # What was refused made us ask at once.
    assert harness.state(door).state == "locked"
    await harness.advance(130)
    assert pushed.push == "degraded"
    assert pushed.registered.webhook_id != old.webhook_id

    sandbox.turn_bolt(door, thrown=False)
    await harness.settle()
    assert harness.state(door).state == "unlocked"
    assert pushed.push == "working"


async def test_a_secret_in_rotation_is_good(pushed: House) -> None:
    door = pushed.sandbox.door("Garage Side Door")
    pushed.sandbox.change_webhook_secrets(keep_old=True)
    pushed.sandbox.turn_bolt(door, thrown=True)
    await pushed.harness.settle()
    assert pushed.harness.state(door).state == "locked"


async def test_an_entry_that_is_removed_leaves_no_webhook(
    pushed: House, caplog: pytest.LogCaptureFixture
) -> None:
    await pushed.remove()
    assert not pushed.sandbox.webhooks.all
    assert our_log(caplog, logging.INFO) == []


async def test_a_webhook_that_is_gone_already_is_no_trouble(
    pushed: House, caplog: pytest.LogCaptureFixture
) -> None:
    pushed.sandbox.delete_webhooks()
    await pushed.remove()
    assert our_log(caplog, logging.INFO) == []


async def test_a_removal_that_seam_does_not_hear_of_is_told_without_ids(
    pushed: House, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = pushed.secrets()
    pushed.sandbox.faults.add("http_status", status=503, path=DELETE)
    await pushed.remove()
    (message,) = our_log(caplog, logging.INFO)
    assert "could not be removed at Seam" in message
    assert not any(secret in message for secret in secrets)


async def test_an_entry_that_never_was_set_up_goes_quietly(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    other = house.sandbox.webhooks.create(
        house.sandbox.workspace_id, "https://other.canary.test/hook", ["*"]
    )
    house.harness.entry.add_to_hass(house.hass)
    await house.remove()
    assert list(house.sandbox.webhooks.all) == [other.webhook_id]
    assert our_log(caplog, logging.INFO) == []


async def test_a_webhook_in_the_making_is_not_left_behind(house: House) -> None:
    """The entry goes while Seam is still at work on its webhook."""
    house.sandbox.faults.add("http_late_answer", path=CREATE, seconds=5)
    await house.harness.set_up()
    assert len(house.sandbox.webhooks.all) == 1
    await house.remove()
    assert not house.sandbox.webhooks.all


async def test_a_webhook_without_a_secret_is_not_used(house: House) -> None:
    make = Webhook.as_json

    def without_secret(webhook: Webhook, *, with_secret: bool = False) -> Any:
        return make(webhook)

    with patch.object(Webhook, "as_json", without_secret):
        await house.harness.set_up()
    assert house.push == "failed"
    assert not house.sandbox.webhooks.all
    assert CONF_PUSH not in house.harness.entry.data
    await house.harness.advance(61)
    await house.proven()


@pytest.mark.parametrize("status", [429, 503])
async def test_a_registration_that_fails_is_tried_again_less_and_less(
    house: House, status: int
) -> None:
    harness, sandbox = house.harness, house.sandbox
    fault = sandbox.faults.add("http_status", status=status, path=CREATE)
    await harness.set_up()
    assert house.push == "failed"
    assert sandbox.count(CREATE) == 1
    # 60, 120, 240, 480 seconds
    await harness.advance(61)
    assert sandbox.count(CREATE) == 2
    await harness.advance(121)
    assert sandbox.count(CREATE) == 3
    await harness.advance(200)
    assert sandbox.count(CREATE) == 3
    assert house.push == "failed"
    sandbox.faults.clear(fault)
    await harness.advance(41)
    await house.proven()
    # The next failure is not made to wait for the sake of this one.
    fault = sandbox.faults.add("http_status", status=status, path=CREATE)
    sandbox.delete_webhooks()
    await house.reload()
    assert house.push == "failed"
    sandbox.faults.clear(fault)
    await harness.advance(61)
    await house.proven()


async def test_after_days_away_the_webhook_is_made_anew(pushed: House) -> None:
    """Seam may have given up on it, and does not say so."""
    harness = pushed.harness
    old = pushed.registered
    await harness.unload()
    pushed.sandbox.disable_webhooks()
    harness.freezer.tick(2 * 86400.0)
    await harness.set_up()
    await pushed.proven()
    assert pushed.registered.webhook_id != old.webhook_id
    assert not pushed.registered.disabled


# -- with an address, with another one, and without


async def test_without_an_address_it_asks_and_says_so(
    harness: Harness, sandbox: SeamSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    await harness.set_up()
    assert harness.workspace_state("sensor", "push").state == "no_address"
    assert harness.workspace_state("sensor", "push_round_trip").state == "unknown"
    assert sandbox.count(LIST) == sandbox.count(CREATE) == 0
    door = sandbox.door("Garage Side Door")
    await harness.advance(5)
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(31)
    assert harness.state(door).state == "locked"
    assert our_log(caplog, logging.INFO) == []
    assert not ir.async_get(harness.hass).issues


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
        patch("custom_components.seam.push.is_local", return_value=False),
    ):
        await harness.set_up()


async def test_an_own_address_on_the_internet(house: House) -> None:
    """Many routers do not let a house call itself from outside."""
    await far_away(house, "https://home.canary.test")
    assert house.registered.url == f"https://home.canary.test{house.path}"
    assert house.push == "unproven"
    await house.harness.advance(5)
    assert house.push == "unproven"
    door = house.sandbox.door("Garage Side Door")
    other = house.event(door, "lock.locked", workspace_id=str(uuid.uuid4()))
    assert await house.tell(other) == 200
    assert house.push == "unproven"
    house.sandbox.turn_bolt(door, thrown=True)
    await house.harness.settle()
    assert house.harness.state(door).state == "locked"
    assert house.push == "working"


@pytest.mark.parametrize("address", [None, "http://home.canary.test:8123"])
async def test_an_address_that_seam_cannot_use_is_not_told(
    house: House, address: str | None
) -> None:
    await far_away(house, address)
    assert house.push == "no_address"
    assert not house.sandbox.webhooks.all


async def test_another_address_is_registered_without_a_reload(
    pushed: House, hass_client_no_auth: ClientSessionGenerator
) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    old = pushed.registered
    moved = House(harness, await hass_client_no_auth())
    assert moved.base != pushed.base
    await pushed.hass.config.async_update(internal_url=moved.base)
    await harness.settle()
    await moved.proven()
    assert moved.registered.webhook_id != old.webhook_id
    assert moved.registered.url == moved.base + moved.path
    door = sandbox.door("Garage Side Door")
    sandbox.turn_bolt(door, thrown=True)
    await harness.settle()
    assert harness.state(door).state == "locked"

    # What else is changed in the settings is none of our business.
    before = len(sandbox.requests)
    await pushed.hass.config.async_update(location_name="Canary")
    await harness.settle()
    assert len(sandbox.requests) == before


async def test_without_its_address_the_webhook_is_withdrawn(pushed: House) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    url = pushed.base
    fault = sandbox.faults.add("http_status", status=503, path=DELETE)
    await pushed.hass.config.async_update(internal_url=None)
    await harness.settle()
    assert len(sandbox.webhooks.all) == 1
    sandbox.faults.clear(fault)
    await harness.advance(61)
    assert pushed.push == "no_address"
    assert not sandbox.webhooks.all
    assert CONF_PUSH not in harness.entry.data

    await pushed.hass.config.async_update(internal_url=url)
    await harness.settle()
    await pushed.proven()


async def test_what_is_gone_at_seam_needs_no_withdrawal(pushed: House) -> None:
    pushed.sandbox.delete_webhooks()
    await pushed.hass.config.async_update(internal_url=None)
    await pushed.harness.settle()
    assert pushed.push == "no_address"


# -- health


async def test_one_event_that_push_has_lost_ends_the_trust(pushed: House) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    door = sandbox.door("Garage Side Door")
    old = pushed.registered
    await harness.advance(10)
    sandbox.faults.add("webhook_dropped", times=1)
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(61)
    # A reading has shown it, and that made us ask for the event.
    assert harness.state(door).state == "locked"
    assert harness.state(door, "event", "activity").attributes["source"] == "polling"
    await harness.advance(65)
    assert pushed.push == "degraded"
    # A new webhook is tried at once, and asking is at its old pace.
    assert pushed.registered.webhook_id != old.webhook_id
    before = len(sandbox.requests)
    await harness.advance(150)
    assert 9 <= pushed.asked(EVENTS, before) <= 11
    assert pushed.repair_issue() is None

    # What is lost before push is back says nothing of it from then on.
    sandbox.faults.add("webhook_dropped", times=1)
    sandbox.turn_bolt("Front Door", thrown=False)
    await harness.advance(20)
    sandbox.turn_bolt(door, thrown=False)
    await harness.settle()
    assert harness.state(door).state == "unlocked"
    assert pushed.push == "working"
    await harness.advance(200)
    assert pushed.push == "working"


async def test_a_person_is_told_when_it_lasts(
    pushed: House, caplog: pytest.LogCaptureFixture
) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    door = sandbox.door("Garage Side Door")
    fault = sandbox.faults.add("webhook_dropped")
    await harness.advance(10)
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(135)
    assert pushed.push == "degraded"
    before = len(sandbox.requests)
    # Each change is still shown within the pace of asking.
    for thrown in (False, True) * 8:
        await harness.advance(90)
        sandbox.turn_bolt(door, thrown=thrown)
        await harness.advance(17)
        assert harness.state(door).state == ("locked" if thrown else "unlocked")
    assert pushed.repair_issue() is None
    await harness.advance(100)
    issue = pushed.repair_issue()
    assert issue is not None
    assert issue.translation_placeholders == {"name": "Canary House"}
    # A few new webhooks were tried, ever more seldom, and one is there.
    assert 3 <= pushed.asked(CREATE, before) <= 6
    assert len(sandbox.webhooks.all) == 1

    sandbox.faults.clear(fault)
    sandbox.turn_bolt(door, thrown=False)
    await harness.settle()
    await pushed.proven()
    assert pushed.repair_issue() is None
    assert our_log(caplog, logging.INFO) == []


async def test_what_seam_gave_up_on_is_found_out(pushed: House) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    door = sandbox.door("Garage Side Door")
    sandbox.disable_webhooks()
    await harness.advance(10)
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(140)
    assert pushed.push == "degraded"
    sandbox.turn_bolt(door, thrown=False)
    await harness.settle()
    await pushed.proven()


async def test_the_end_of_an_entry_ends_the_issue_too(pushed: House) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    sandbox.faults.add("webhook_dropped")
    await harness.advance(10)
    sandbox.turn_bolt("Garage Side Door", thrown=True)
    await harness.advance(2000)
    assert pushed.repair_issue() is not None
    await pushed.remove()
    assert pushed.repair_issue() is None


async def test_what_comes_a_little_later_is_not_lost(pushed: House) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    door = sandbox.door("Garage Side Door")
    sandbox.faults.add("webhook_delayed", seconds=50, times=1)
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(300)
    assert harness.state(door).state == "locked"
    assert pushed.push == "working"


async def test_what_comes_long_after_moves_nothing(pushed: House) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    door = sandbox.door("Garage Side Door")
    sandbox.faults.add("webhook_delayed", seconds=1200, times=1)
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(600)
    sandbox.turn_bolt(door, thrown=False)
    await harness.advance(580)
    assert harness.state(door).state == "unlocked"
    assert pushed.told(door) is not None
    picture = pushed.picture()
    await harness.advance(60)
    assert pushed.picture() == picture


@pytest.mark.parametrize("restamps", [True, False])
async def test_a_call_that_was_not_heard_comes_again(
    pushed: House, restamps: bool
) -> None:
    """Svix tries again after five seconds, five minutes, and so on."""
    harness, sandbox = pushed.harness, pushed.sandbox
    sandbox.webhooks.restamps = restamps
    door = sandbox.door("Garage Side Door")
    address = pushed.base
    # Nobody is at home for a moment.
    pushed.registered.url = "http://127.0.0.1:9/"
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(1)
    pushed.registered.url = address + pushed.path
    await harness.advance(5)
    assert harness.state(door).state == "locked"
    assert harness.state(door, "event", "activity").attributes["source"] == "push"


async def test_an_event_that_comes_twice_is_told_once(pushed: House) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    door = sandbox.door("Garage Side Door")
    for kind in ("webhook_doubled", "event_doubled"):
        sandbox.faults.add(kind)
    heard: list[str | None] = []
    entity_id = harness.entity_id(door, "event", "activity")

    def hear(event: Any) -> None:
        if event.data["entity_id"] == entity_id:
            heard.append(event.data["new_state"].attributes.get("what"))

    pushed.hass.bus.async_listen("state_changed", hear)
    for thrown in (True, False, True):
        sandbox.turn_bolt(door, thrown=thrown)
        await harness.advance(20)
    await harness.advance(700)
    assert heard == ["locked", "unlocked", "locked"]


# -- what is asked when nothing is pushed


async def test_a_server_that_does_not_know_all_types_is_asked_for_all(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    await harness.advance(5)
    sandbox.faults.add(
        "http_status",
        status=400,
        error_type="invalid_event_types",
        path=EVENTS,
        times=1,
    )
    door = sandbox.door("Garage Side Door")
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(31)
    assert harness.state(door).state == "locked"
    first, _, last = [one for one in sandbox.requests if one.path == EVENTS]
    assert set(first.body["event_types"]) == EVENT_TYPES.keys()
    assert "event_types" not in last.body


async def test_a_server_that_knows_no_lists_is_no_end(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    fault = sandbox.faults.add("http_status", status=400, path=EVENTS)
    await harness.set_up()
    await harness.advance(60)
    sandbox.faults.clear(fault)
    door = sandbox.door("Garage Side Door")
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(31)
    assert harness.state(door, "event", "activity").attributes["activity"] == "locked"


async def test_lists_wait_as_long_as_seam_wants(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    await harness.advance(5)
    before = len(sandbox.requests)
    sandbox.faults.add(
        "http_status", status=429, retry_after="100", path=EVENTS, times=1
    )
    await harness.advance(100)
    asked = [one for one in sandbox.requests[before:] if one.path == EVENTS]
    assert len(asked) == 1
    await harness.advance(60)
    asked = [one for one in sandbox.requests[before:] if one.path == EVENTS]
    assert len(asked) > 1
    assert asked[1].time - asked[0].time >= 100


async def test_nothing_is_kept_of_an_entry_that_is_gone(
    hass_storage: dict[str, Any], pushed: House
) -> None:
    door = pushed.sandbox.door("Front Door")
    pushed.sandbox.enter_code(door)
    await pushed.harness.advance(1)
    key = f"seam.{pushed.harness.entry.entry_id}"
    await pushed.reload()
    assert key in hass_storage
    pushed.sandbox.turn_bolt(door, thrown=True)
    await pushed.harness.settle()
    await pushed.remove()
    await pushed.harness.advance(60)
    assert key not in hass_storage


# -- the self-test


async def test_the_button_shows_the_time_of_a_round_trip(pushed: House) -> None:
    sensor = pushed.harness.workspace_state("sensor", "push_round_trip")
    before = sensor.last_reported
    await pushed.harness.advance(30)
    await pushed.press_button()
    sensor = pushed.harness.workspace_state("sensor", "push_round_trip")
    assert sensor.last_reported > before
    assert 0 <= float(sensor.state) < 1000
    assert sensor.attributes["unit_of_measurement"] == "ms"


async def test_the_button_needs_an_address(harness: Harness) -> None:
    await harness.set_up()
    # This one serves nobody, so that nothing but the harness is used.
    house = House(harness, None)  # type: ignore[arg-type] # no client is needed here
    with pytest.raises(HomeAssistantError) as caught:
        await house.press_button()
    assert caught.value.translation_key == "push_no_address"


@pytest.mark.parametrize(
    ("trouble", "key"),
    [
        ("secret", "push_refused"),
        ("redirect", "push_refused"),
        ("swallowed", "push_no_answer"),
        ("silence", "push_no_answer"),
        ("nobody", "push_unreachable"),
        ("no address", "push_unreachable"),
        ("no secret", "push_unreachable"),
    ],
)
async def test_the_button_says_what_is_wrong(
    pushed: House, trouble: str, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stored = dict(pushed.harness.entry.data[CONF_PUSH])
    sandbox = pushed.sandbox
    match trouble:
        case "secret":
            # What answers there is another Home Assistant, or one restored.
            stored["url"] = pushed.base + "/api/webhook/none"
            with patch("custom_components.seam.push.sign", return_value="v1,AAAA"):
                with pytest.raises(HomeAssistantError) as caught:
                    await pushed.press_button()
                assert caught.value.translation_key == key
            return
        case "redirect":
            stored["url"] = pushed.base + "/api/none"
        case "swallowed":
            # Home Assistant itself says 200 to what nobody listens to.
            stored["url"] = pushed.base + "/api/webhook/none"
        case "silence":
            sandbox.faults.add("http_hang", path="/workspaces/get")
            stored["url"] = sandbox.url + "/workspaces/get"
        case "nobody":
            stored["url"] = "http://127.0.0.1:9/"
        case "no address":
            stored["url"] = "nonsense"
        case _:
            stored["secret"] = "whsec_"
    pushed.hass.config_entries.async_update_entry(
        pushed.harness.entry, data={**pushed.harness.entry.data, CONF_PUSH: stored}
    )
    with pytest.raises(HomeAssistantError) as caught:
        await pushed.press_button()
    assert caught.value.translation_key == key
    assert caught.value.translation_domain == DOMAIN
    told = [str(caught.value), *our_log(caplog)]
    for secret in (pushed.webhook_id, stored["url"], stored["webhook_id"]):
        assert not any(secret in message for message in told)


# -- how often Seam is asked


async def requests_in_an_hour(harness: Harness) -> int:
    await harness.set_up()
    await harness.advance(300)  # past the first registrations and readings
    before = len(harness.sandbox.requests)
    await harness.advance(3600)
    return len(harness.sandbox.requests) - before


@pytest.mark.parametrize("locks", [5, 501])
async def test_without_push_an_hour_takes_three_hundred_requests(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    socket_enabled: None,
    enable_custom_integrations: None,
    locks: int,
) -> None:
    async with Harness.with_locks(hass, freezer, locks) as harness:
        assert await requests_in_an_hour(harness) <= 301


@pytest.mark.parametrize("locks", [5, 501])
async def test_with_push_an_hour_takes_twenty_requests(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    hass_client_no_auth: ClientSessionGenerator,
    enable_custom_integrations: None,
    locks: int,
) -> None:
    async with plain_locks(hass, freezer, locks) as harness:
        house = await open_house(harness, hass_client_no_auth)
        count = await requests_in_an_hour(harness)
        assert house.push == "working"  # as it was the whole hour long
        assert count <= 20


async def test_with_push_readings_and_lists_are_rare(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    hass_client_no_auth: ClientSessionGenerator,
    enable_custom_integrations: None,
) -> None:
    async with plain_locks(hass, freezer, 3) as harness:
        house = await open_house(harness, hass_client_no_auth)
        await harness.set_up()
        assert house.push == "working"
        times: dict[str, list[float]] = {DEVICES: [], EVENTS: []}
        await harness.advance(2500)
        for request in house.sandbox.requests:
            if request.path in times:
                times[request.path].append(request.time)
        for path, pace in ((DEVICES, 300), (EVENTS, 600)):
            late = times[path][-4:]
            gaps = [b - a for a, b in pairwise(late)]
            assert gaps == pytest.approx([pace] * 3, abs=2), path
        # A door sensor has no events, so a lock that has one is read often.
        harness.sandbox.add_lock("Front Door")
        await harness.advance(10)
        before = len(harness.sandbox.requests)
        await harness.advance(600)
        assert 9 <= house.asked(DEVICES, before) <= 11
        assert house.push == "working"


# -- live


async def test_a_bolt_turned_by_hand_is_shown_while_no_time_goes_by(
    pushed: House,
) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    door = sandbox.door("Garage Side Door")
    for thrown in (True, False, True):
        sandbox.turn_bolt(door, thrown=thrown)
        await harness.settle()
        state = harness.state(door)
        assert state.state == ("locked" if thrown else "unlocked")
        assert state.attributes["changed_by"] == "manual"
        await harness.advance(1)


@pytest.mark.parametrize("action", ["lock", "unlock"])
async def test_a_command_ends_at_once_on_its_event(pushed: House, action: str) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    door = sandbox.door("Garage Side Door" if action == "lock" else "Front Door")
    door.command_seconds = 5.0
    press = harness.press(door, action)
    await harness.advance(4.9)
    assert harness.state(door).state == f"{action}ing"
    asked = sandbox.count(ATTEMPTS)
    assert 1 <= asked <= 4  # soon after the press, then every two seconds
    await harness.advance(0.11)
    assert press.done()
    assert harness.state(door).state == f"{action}ed"
    assert "assumed_state" not in harness.state(door).attributes
    assert sandbox.count(ATTEMPTS) == asked
    await press


async def test_attempts_are_asked_for_every_two_seconds(pushed: House) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    sandbox.faults.add("attempt_duration", seconds=21)
    sandbox.faults.add("event_dropped")
    press = harness.press(sandbox.door("Garage Side Door"), "lock")
    await harness.advance(20)
    assert 9 <= sandbox.count(ATTEMPTS) <= 11
    await harness.until(press)


async def test_a_failed_command_ends_at_once_with_the_reason(pushed: House) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    door = sandbox.door("Garage Side Door")
    door.command_seconds = 5.0
    sandbox.faults.add(
        "attempt_fail", error_type="battery_dead", message="The battery is too weak."
    )
    press = harness.press(door, "lock")
    await harness.advance(5.01)
    assert press.done()
    with pytest.raises(HomeAssistantError, match="The battery is too weak"):
        await press
    assert harness.state(door).state == "unlocked"
    activity = harness.state(door, "event", "activity")
    assert activity.attributes["activity"] == "lock_failed"
    assert activity.attributes["reason"] == "The battery is too weak."


async def test_a_failure_is_told_even_when_nobody_says_why(pushed: House) -> None:
    harness, sandbox = pushed.harness, pushed.sandbox
    door = sandbox.door("Garage Side Door")
    sandbox.faults.add("attempt_fail", times=1)
    press = harness.press(door, "lock")
    await harness.settle()
    sandbox.faults.add("http_status", status=400, path=ATTEMPTS)
    await harness.advance(2)
    with pytest.raises(HomeAssistantError):
        await harness.until(press)
    activity = harness.state(door, "event", "activity")
    assert activity.attributes["activity"] == "lock_failed"
    assert activity.attributes["reason"] is None


async def test_seam_that_does_not_answer_holds_up_no_other_door(
    pushed: House,
) -> None:
    """Why one door failed cannot be read; another door is unlocked meanwhile."""
    harness, sandbox = pushed.harness, pushed.sandbox
    failing, other = sandbox.door("Garage Side Door"), sandbox.door("Front Door")
    sandbox.faults.add("attempt_fail", times=1)
    press = harness.press(failing, "lock")
    await harness.settle()
    sandbox.faults.add("http_hang", path=ATTEMPTS)
    await harness.advance(2)
    sandbox.turn_bolt(other, thrown=False)
    await harness.advance(3)
    assert harness.state(other).state == "unlocked"
    with pytest.raises(HomeAssistantError):
        await harness.until(press)
