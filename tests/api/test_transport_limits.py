"""Whatever comes from outside is bounded: bytes, characters, and what they say."""

import asyncio
import gzip
import logging
import time
import tracemalloc
import zlib

from aiohttp import ClientSession, web
import pytest

from custom_components.seam.api import (
    SeamClient,
    SeamError,
    SeamResponseError,
    SeamServerError,
    transport,
)

from .conftest import KEY, Answer, ScriptedSeam, fail, ok, raw

GIGABYTE = 2**30
MIB = 2**20
LIMITS = [
    ("get_workspace", transport.MOST_BYTES),
    ("list_devices", transport.MOST_BYTES_OF_A_LIST),
]


def bomb(size: int) -> bytes:
    """Return gzip of a JSON string of that many bytes, without its end."""
    packer = zlib.compressobj(9, wbits=31)
    head = packer.compress(b'{"devices": [], "x": "') + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b"0" * MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * (size // MIB)


def packed(body: bytes, status: int = 200) -> Answer:
    return raw(body, status=status, headers={"Content-Encoding": "gzip"})


@pytest.mark.parametrize(("call", "most"), LIMITS)
@pytest.mark.parametrize("status", [200, 503])
async def test_a_small_answer_that_unpacks_to_a_gigabyte(
    seam: ScriptedSeam,
    client: SeamClient,
    call: str,
    most: int,
    status: int,
) -> None:
    """It costs no more than what an honest answer may have, and stalls nothing."""
    gigabyte = bomb(GIGABYTE)
    assert len(gigabyte) < 2 * MIB
    seam.then(*[packed(gigabyte, status)] * (1 if status == 200 else 3))
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0)
            longest = max(longest, time.perf_counter() - began)

    watcher = asyncio.create_task(watch())
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(SeamResponseError if status == 200 else SeamServerError):
        await getattr(client, call)()
    took = time.process_time() - began
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    watcher.cancel()
    assert peak < 2 * most + 8 * MIB
    assert took < 5
    assert longest < 0.4


@pytest.mark.parametrize(("call", "most"), LIMITS)
async def test_the_limit_is_exact(
    seam: ScriptedSeam, client: SeamClient, call: str, most: int
) -> None:
    head = b'{"devices": [], "workspace": {"workspace_id": "w1"}, "ok": true, "x": "'
    body = head + b"0" * (most - len(head) - 2) + b'"}'
    seam.then(raw(body), packed(gzip.compress(body, 1)), raw(body + b" "))
    for _ in range(2):
        await getattr(client, call)()
    with pytest.raises(SeamResponseError) as caught:
        await getattr(client, call)()
    assert caught.value.message == "The answer is too large"
    assert caught.value.status == 200


async def test_what_is_no_gzip_is_no_answer(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    seam.then(packed(b"not packed"))
    with pytest.raises(SeamError):
        await client.lock_door("d1")


async def test_an_answer_in_many_pieces(seam: ScriptedSeam, client: SeamClient) -> None:
    async def drops(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for part in (b'{"workspace":', b' {"workspace_id"', b': "w1"}, "ok": true}'):
            await response.write(part)
            await asyncio.sleep(0.01)
        await response.write_eof()
        return response

    seam.then(drops)
    assert (await client.get_workspace()).workspace_id == "w1"


# -- 200 that says that something is wrong


BUSY = (
    '{"ok": false, "action_attempt": {"action_attempt_id": "a1"},'
    ' "error": {"type": "busy", "message": "Later", "request_id": "r1"}}'
)


@pytest.mark.parametrize(
    ("body", "message", "error_type"),
    [
        ('{"ok": false, "action_attempt": {"action_attempt_id": "a1"}}', None, None),
        (
            BUSY,
            "Later",
            "busy",
        ),
        ('{"ok": false, "error": "text", "action_attempt": {}}', None, None),
    ],
)
async def test_a_good_status_with_ok_false_is_an_error(
    seam: ScriptedSeam,
    client: SeamClient,
    body: str,
    message: str | None,
    error_type: str | None,
) -> None:
    """Nobody knows then whether the command was taken."""
    seam.then(raw(body))
    with pytest.raises(SeamResponseError) as caught:
        await client.lock_door("d1")
    assert caught.value.message == (message or "The answer is not Seam's")
    assert caught.value.error_type == error_type


# -- texts


EVIL = (
    "Bad\nCRITICAL forged line\r\n\x1b[31m![x](https://e.example/p.png)"
    "<img src=x> www.e.example \u202e[a](b) " + "long " * 1000
)


async def test_no_text_of_seam_forges_a_line_or_shows_a_picture(
    seam: ScriptedSeam, client: SeamClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "custom_components.seam")
    seam.then(
        fail(400, EVIL, EVIL, request_id=EVIL, validation_errors={EVIL: {EVIL: {}}}),
        fail(400, "t", EVIL, validation_errors={"_errors": [EVIL], EVIL: {}}),
        fail(404, "t", "m", headers={"seam-request-id": "[a](http://e.example)"}),
        ok(action_attempt={"error": {}}, headers={"seam-request-id": "x" * 1000}),
    )
    while seam.script:
        with pytest.raises(SeamError) as caught:
            await client.lock_door("d1")
        error = caught.value
        for told in (error.message, error.error_type, error.request_id, str(error)):
            if told is None:
                continue
            assert len(told) <= 300 or told == str(error)
            assert told.isprintable()
            assert not set("[]<>") & set(told)
            assert "://" not in told
            assert "www." not in told
    assert EVIL not in caplog.text


async def test_the_names_and_messages_of_good_answers(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    device = {
        "device_id": "d1",
        "display_name": f"Door\n{EVIL}",
        "errors": [{"error_code": "x", "message": EVIL}],
    }
    attempt = {"action_attempt_id": "a1", "error": {"type": EVIL, "message": EVIL}}
    seam.then(
        ok(workspace={"workspace_id": "w1", "name": EVIL}),
        ok(device=device),
        ok(action_attempt=attempt),
    )
    workspace = await client.get_workspace()
    found = await client.get_device("d1")
    failed = await client.lock_door("d1")
    for told in (
        workspace.name,
        found.errors[0].message,
        failed.error_type,
        failed.error_message,
    ):
        assert told is not None
        assert len(told) <= 300
        assert told.isprintable()
        assert not set("[]<>") & set(told)
        assert "://" not in told
    assert found.name.startswith("Door Bad")
    assert found.name.isprintable()


# -- the key


async def test_the_key_is_masked_in_good_answers_too(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    error = {"type": KEY, "message": f"Provider said: Bearer {KEY}"}
    seam.then(
        ok(action_attempt={"action_attempt_id": "a1", "error": error}),
        ok(devices=[{"device_id": "d1", "errors": [{"message": KEY}]}]),
    )
    attempt = await client.get_action_attempt("a1")
    (device,) = (await client.list_devices()).devices
    assert attempt.error_message == "Provider said: Bearer ***"
    assert attempt.error_type == "***"
    assert KEY not in repr(device)


@pytest.mark.parametrize("key", ["", "t", "true", "\udcff" * 8])
async def test_an_odd_key_spoils_no_answer(
    seam: ScriptedSeam, session: ClientSession, key: str
) -> None:
    client = SeamClient(session, key, endpoint=seam.url)
    if key.isprintable():
        seam.then(ok(workspace={"workspace_id": "w1", "name": "true t"}))
        assert (await client.get_workspace()).name == "true t"
    else:
        with pytest.raises(SeamError):
            await client.get_workspace()
