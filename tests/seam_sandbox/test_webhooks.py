"""Webhooks are signed, retried and given up as Svix does it for Seam."""

import base64
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
import hashlib
import hmac
import json
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest

from . import OTHER_API_KEY, FaultKind, ManualClock, SeamSandbox
from .asking import Asking, Json
from .webhooks import RETRY_AFTER, sign

HOUR = 3600.0


@dataclass(slots=True)
class Receiver:
    """Takes what is delivered, and answers as told."""

    url: str = ""
    status: int = 204
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.taken.append((headers, await request.read()))
        location = {"Location": "/elsewhere"} if 300 <= self.status < 400 else None
        return web.Response(status=self.status, headers=location)

    @property
    def types(self) -> list[str]:
        return [json.loads(body)["event_type"] for _, body in self.taken]


@pytest.fixture
async def receiver(socket_enabled: None) -> AsyncGenerator[Receiver]:
    receiver = Receiver()
    app = web.Application(client_max_size=4 * 2**20)
    app.router.add_post("/{path:.*}", receiver.handle)
    server = TestServer(app)
    await server.start_server()
    receiver.url = str(server.make_url("/hook"))
    yield receiver
    await server.close()


@pytest.fixture
async def webhook(seam: Asking, receiver: Receiver) -> Json:
    """A webhook for all events, as it was created."""
    created: Json = (await seam.call("/webhooks/create", url=receiver.url))["webhook"]
    return created


def _is_signed(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Check a signature word by word as Svix describes it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    text = f"{headers['svix-id']}.{headers['svix-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(key, text, hashlib.sha256)).decode()
    return f"v1,{expected}" in headers["svix-signature"].split(" ")


def test_the_signature_is_the_librarys() -> None:
    body = b'{"event_id":"e1","event_type":"lock.locked"}'
    secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
    assert (
        sign(secret, "msg_vector1", 1750000000, body)
        == "v1,umu5mU++lw0zXcMmd9NYl9QRh5NUOOXDzTMNtXk5JFU="
    )


async def test_register_list_change_delete(seam: Asking) -> None:
    url = "https://example.com/hook"
    created = (
        await seam.call("/webhooks/create", url=url, event_types=["lock.locked"])
    )["webhook"]
    assert created["secret"].startswith("whsec_canary")
    shown = {name: created[name] for name in ("webhook_id", "url", "event_types")}
    assert (await seam.call("/webhooks/list"))["webhooks"] == [shown]
    wanted = {"webhook_id": created["webhook_id"]}
    assert (await seam.call("/webhooks/get", **wanted))["webhook"] == shown
    changed = await seam.call(
        "/webhooks/update", **wanted, event_types=["lock.unlocked"]
    )
    assert changed == {"ok": True}
    found = (await seam.call("/webhooks/get", **wanted))["webhook"]
    assert found["event_types"] == ["lock.unlocked"]
    assert await seam.call("/webhooks/delete", **wanted) == {"ok": True}
    assert (await seam.call("/webhooks/list"))["webhooks"] == []
    gone = await seam.call("/webhooks/delete", **wanted)
    assert gone["error"]["type"] == "webhook_not_found"


@pytest.mark.parametrize(
    ("body", "error_type"),
    [
        ({}, "invalid_input"),
        ({"url": "no address"}, "invalid_input"),
        (
            {"url": "https://example.com", "event_types": ["lock.exploded"]},
            "invalid_event_types",
        ),
    ],
)
async def test_what_cannot_be_registered(
    seam: Asking, body: Json, error_type: str
) -> None:
    answer = await seam.call("/webhooks/create", **body)
    assert answer["error"]["type"] == error_type


async def test_another_workspace_has_its_own(
    sandbox: SeamSandbox, seam: Asking, receiver: Receiver
) -> None:
    headers = {"Authorization": f"Bearer {OTHER_API_KEY}"}
    response = await seam.ask(
        "/webhooks/create", json={"url": receiver.url}, headers=headers
    )
    assert response.status == 200
    assert (await seam.call("/webhooks/list"))["webhooks"] == []
    sandbox.turn_bolt("Front Door", thrown=False)
    await sandbox.settle()
    assert receiver.taken == []


async def test_an_event_is_delivered_as_it_is_listed(
    sandbox: SeamSandbox, seam: Asking, receiver: Receiver, webhook: Json
) -> None:
    sandbox.enter_code("Front Door")
    await sandbox.settle()
    ((headers, body),) = receiver.taken
    assert [json.loads(body)] == await seam.events()
    assert headers["svix-timestamp"] == str(int(sandbox.clock.now()))
    assert _is_signed(webhook["secret"], headers, body)


async def test_only_what_is_wanted_is_delivered(
    sandbox: SeamSandbox, seam: Asking, receiver: Receiver
) -> None:
    await seam.call("/webhooks/create", url=receiver.url, event_types=["lock.unlocked"])
    sandbox.turn_bolt("Front Door", thrown=False)
    sandbox.turn_bolt("Front Door", thrown=True)
    await sandbox.settle()
    assert receiver.types == ["lock.unlocked"]


async def test_a_failed_delivery_is_tried_again_by_the_schedule(
    sandbox: SeamSandbox, receiver: Receiver, webhook: Json, clock: ManualClock
) -> None:
    receiver.status = 500
    begun = clock.now()
    sandbox.turn_bolt("Front Door", thrown=False)
    await clock.advance(40 * HOUR)
    waits = [0.0]
    for wait in RETRY_AFTER:
        waits.append(waits[-1] + wait)
    assert [one.time - begun for one in sandbox.webhooks.deliveries] == waits
    assert waits == [0, 5, 305, 2105, 9305, 27305, 63305, 99305]
    assert len({headers["svix-id"] for headers, _ in receiver.taken}) == 1
    # Each is stamped and signed anew.
    stamps = [int(headers["svix-timestamp"]) for headers, _ in receiver.taken]
    assert stamps == [int(begun + wait) for wait in waits]
    assert all(_is_signed(webhook["secret"], *one) for one in receiver.taken)


async def test_a_retry_may_keep_its_old_stamp(
    sandbox: SeamSandbox, receiver: Receiver, webhook: Json, clock: ManualClock
) -> None:
    sandbox.webhooks.restamps = False
    receiver.status = 500
    sandbox.turn_bolt("Front Door", thrown=False)
    await clock.advance(HOUR)
    stamps = {headers["svix-timestamp"] for headers, _ in receiver.taken}
    assert len(receiver.taken) == 4
    assert len(stamps) == 1


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_only_2xx_counts(
    sandbox: SeamSandbox,
    receiver: Receiver,
    webhook: Json,
    clock: ManualClock,
    status: int,
) -> None:
    receiver.status = status
    sandbox.turn_bolt("Front Door", thrown=False)
    await sandbox.settle()
    receiver.status = 200
    await clock.advance(6)
    assert [one.status for one in sandbox.webhooks.deliveries] == [status, 200]
    await clock.advance(40 * HOUR)
    assert len(receiver.taken) == 2


async def test_nobody_there_is_a_failure_too(
    sandbox: SeamSandbox, seam: Asking, unused_tcp_port: int, clock: ManualClock
) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}/hook"
    await seam.call("/webhooks/create", url=url)
    sandbox.turn_bolt("Front Door", thrown=False)
    await clock.advance(6)
    assert [one.status for one in sandbox.webhooks.deliveries] == [None, None]


async def test_after_days_of_failure_it_is_disabled(
    sandbox: SeamSandbox,
    receiver: Receiver,
    webhook: Json,
    clock: ManualClock,
    seam: Asking,
) -> None:
    receiver.status = 500
    for _ in range(6):
        sandbox.turn_bolt("Front Door", thrown=False)
        sandbox.turn_bolt("Front Door", thrown=True)
        await clock.advance(24 * HOUR)
    assert sandbox.webhooks.all[webhook["webhook_id"]].disabled
    # It is still there: Seam's object does not say that it is disabled.
    assert len((await seam.call("/webhooks/list"))["webhooks"]) == 1
    receiver.status, receiver.taken = 200, []
    sandbox.turn_bolt("Front Door", thrown=False)
    await clock.advance(24 * HOUR)
    assert receiver.taken == []

    sandbox.enable_webhooks()
    sandbox.turn_bolt("Front Door", thrown=True)
    await sandbox.settle()
    assert receiver.types == ["lock.locked"]


async def test_one_success_starts_the_days_anew(
    sandbox: SeamSandbox, receiver: Receiver, webhook: Json, clock: ManualClock
) -> None:
    for day in range(12):
        receiver.status = 200 if day % 4 == 3 else 500
        sandbox.turn_bolt("Front Door", thrown=day % 2 == 1)
        await clock.advance(24 * HOUR)
    assert not sandbox.webhooks.all[webhook["webhook_id"]].disabled


async def test_deleted_at_seam(
    sandbox: SeamSandbox, receiver: Receiver, webhook: Json, seam: Asking
) -> None:
    sandbox.delete_webhooks()
    sandbox.turn_bolt("Front Door", thrown=False)
    await sandbox.settle()
    assert receiver.taken == []
    assert (await seam.call("/webhooks/list"))["webhooks"] == []


async def test_another_secret(
    sandbox: SeamSandbox, receiver: Receiver, webhook: Json
) -> None:
    sandbox.change_webhook_secrets(keep_old=True)
    sandbox.turn_bolt("Front Door", thrown=False)
    await sandbox.settle()
    assert len(receiver.taken[0][0]["svix-signature"].split(" ")) == 2
    assert _is_signed(webhook["secret"], *receiver.taken[0])

    sandbox.change_webhook_secrets()
    sandbox.turn_bolt("Front Door", thrown=True)
    await sandbox.settle()
    assert not _is_signed(webhook["secret"], *receiver.taken[1])
    new = sandbox.webhooks.all[webhook["webhook_id"]].secrets[0]
    assert _is_signed(new, *receiver.taken[1])


@pytest.mark.parametrize(
    "kind", [FaultKind.WEBHOOK_WRONG_SIGNATURE, FaultKind.WEBHOOK_CHANGED_BODY]
)
async def test_signatures_that_do_not_match(
    sandbox: SeamSandbox, receiver: Receiver, webhook: Json, kind: FaultKind
) -> None:
    sandbox.add_fault(kind, times=1)
    sandbox.turn_bolt("Front Door", thrown=False)
    sandbox.turn_bolt("Front Door", thrown=True)
    await sandbox.settle()
    good = [_is_signed(webhook["secret"], *one) for one in receiver.taken]
    assert sorted(good) == [False, True]


async def test_deliveries_that_are_odd(
    sandbox: SeamSandbox, receiver: Receiver, webhook: Json
) -> None:
    async def deliver(kind: FaultKind, **options: Any) -> tuple[dict[str, str], bytes]:
        sandbox.add_fault(kind, times=1, **options)
        sandbox.ring("Front Door")
        await sandbox.settle()
        return receiver.taken.pop()

    headers, _ = await deliver(FaultKind.WEBHOOK_UNSIGNED)
    assert not [name for name in headers if name.startswith("svix")]
    headers, body = await deliver(FaultKind.WEBHOOK_OLD_TIMESTAMP, seconds=400)
    assert int(headers["svix-timestamp"]) == int(sandbox.clock.now()) - 400
    assert _is_signed(webhook["secret"], headers, body)
    headers, body = await deliver(FaultKind.WEBHOOK_HUGE_BODY)
    assert len(body) > 2**20
    assert _is_signed(webhook["secret"], headers, body)


async def test_doubled_dropped_and_delayed(
    sandbox: SeamSandbox, receiver: Receiver, webhook: Json, clock: ManualClock
) -> None:
    sandbox.add_fault(FaultKind.WEBHOOK_DOUBLED, times=1)
    sandbox.ring("Front Door")
    await sandbox.settle()
    assert len(receiver.taken) == 2
    assert receiver.taken[0][0]["svix-id"] == receiver.taken[1][0]["svix-id"]

    sandbox.add_fault(FaultKind.WEBHOOK_DROPPED, times=1)
    sandbox.ring("Front Door")
    await sandbox.settle()
    assert len(receiver.taken) == 2
    assert len(sandbox.events) == 2

    sandbox.add_fault(FaultKind.WEBHOOK_DELAYED, times=1, seconds=60)
    sandbox.ring("Front Door")
    await clock.advance(59)
    assert len(receiver.taken) == 2
    await clock.advance(1)
    assert len(receiver.taken) == 3


async def test_a_wrong_clock_stamps_wrongly(
    sandbox: SeamSandbox, receiver: Receiver, webhook: Json
) -> None:
    sandbox.set_clock_skew(600)
    sandbox.ring("Front Door")
    await sandbox.settle()
    stamp = int(receiver.taken[0][0]["svix-timestamp"])
    assert stamp == int(sandbox.clock.now()) + 600


async def test_a_test_may_carry_deliveries_itself(socket_enabled: None) -> None:
    taken: list[str] = []

    async def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        taken.append(url)
        return 200

    sandbox = SeamSandbox(1, clock=ManualClock(), post=post)
    sandbox.webhooks.create(sandbox.workspace_id, "https://example.com/hook", ["*"])
    sandbox.ring("Front Door")
    await sandbox.settle()
    assert taken == ["https://example.com/hook"]
    assert sandbox.webhooks.deliveries[0].status == 200
    await sandbox.stop()
