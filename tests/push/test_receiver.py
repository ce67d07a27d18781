"""What push lets in, and what it refuses."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
import logging
from statistics import median
import time
from typing import Any
from unittest.mock import patch
import uuid

from aiohttp import ClientError
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.seam.push.receiver import MAX_BODY
from tests.push.helpers import (
    ATTACKS,
    EVENTS,
    USELESS,
    Call,
    Forgery,
    House,
    our_log,
)

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
    with patch("custom_components.seam.push.receiver.verify") as verify:
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
    assert slow.done()
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
        patch("custom_components.seam.push.receiver.REMEMBERED_REQUESTS", 3),
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


async def test_a_good_call_moves_the_lock_before_its_name_is_known(
    pushed: House,
) -> None:
    """The name of the code takes its time at Seam; nothing else waits for it."""
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
    activity = harness.state(door, "event", "activity")
    assert activity.attributes.get("activity") != "unlocked"
    await harness.advance(3)
    activity = harness.state(door, "event", "activity")
    assert activity.attributes["activity"] == "unlocked"


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


async def test_a_receiver_of_events_that_raises_tells_no_secret(
    pushed: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Home Assistant would name the address, and Seam would hear of success."""

    def broken(_event: object) -> None:
        raise ZeroDivisionError

    pushed.harness.entry.runtime_data.push.receiver._take = broken
    event = pushed.event(pushed.sandbox.door("Garage Side Door"), "lock.locked")
    assert await pushed.tell(event) == 200
    errors = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert [one.name for one in errors] == ["custom_components.seam"]
    assert not any(secret in errors[0].getMessage() for secret in pushed.secrets())
