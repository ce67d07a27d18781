"""Every way in which a request can fail, and what the error tells of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
import logging
import socket
import time
from typing import Any

import aiohttp
from aiohttp import ClientSession, web
import pytest

from custom_components.seam.api import (
    SeamClient,
    SeamConnectionError,
    SeamCredentialsError,
    SeamError,
    SeamInputError,
    SeamNotFoundError,
    SeamRateLimitError,
    SeamResponseError,
    SeamServerError,
    SeamTimeoutError,
    transport as transport_module,
)

from .conftest import KEY, Answer, ScriptedSeam, fail, ok, raw, reset

HTML = "<html><body>Bad gateway</body></html>"


async def error_of(client: SeamClient) -> SeamError:
    """Return the error of a command, which is never retried."""
    with pytest.raises(SeamError) as caught:
        await client.lock_door("d1")
    return caught.value


@pytest.mark.parametrize(
    ("status", "error_type", "kind"),
    [
        (400, "invalid_input", SeamInputError),
        (400, "mismatched_page_parameters", SeamInputError),
        (400, "missing_workspace_id", SeamCredentialsError),
        (400, "a_new_one", SeamInputError),
        (401, "unauthorized", SeamCredentialsError),
        (401, "access_token_used_for_api_key", SeamCredentialsError),
        (401, "client_session_token_used_for_api_key", SeamCredentialsError),
        (403, "forbidden", SeamCredentialsError),
        (404, "device_not_found", SeamNotFoundError),
        (404, "api_key_not_found", SeamCredentialsError),
        (405, "method_not_allowed", SeamInputError),
        (409, "duplicate_access_code", SeamInputError),
        (418, "teapot", SeamInputError),
        (429, "too_many_requests", SeamRateLimitError),
        (500, "internal_server_error", SeamServerError),
        (503, "unauthorized", SeamServerError),
    ],
)
async def test_an_error_of_seam(
    seam: ScriptedSeam,
    client: SeamClient,
    status: int,
    error_type: str,
    kind: type[SeamError],
) -> None:
    seam.then(fail(status, error_type, "What is wrong", request_id="in-body"))
    error = await error_of(client)
    assert type(error) is kind
    assert error.status == status
    assert error.error_type == error_type
    assert error.message == "What is wrong"
    assert error.request_id == "in-body"
    assert str(error) == f"What is wrong ({status}, {error_type}, in-body)"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, SeamResponseError),
        (400, SeamResponseError),
        (401, SeamCredentialsError),
        # A firewall on the way refuses so; Seam itself says it in its envelope.
        (403, SeamResponseError),
        (404, SeamResponseError),
        (429, SeamRateLimitError),
        (500, SeamServerError),
        (502, SeamServerError),
        (503, SeamServerError),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        HTML,
        "404",
        "",
        "[]",
        "null",
        '"text"',
        '{"ok": false}',
        '{"error": "text"}',
        '{"error": {"type": 7, "message": null}}',
        '{"error": {"message": "only a message"}}',
        b"\xff\xfe\x00",
    ],
)
async def test_an_error_of_somebody_else(
    seam: ScriptedSeam,
    client: SeamClient,
    status: int,
    kind: type[SeamError],
    body: str | bytes,
) -> None:
    seam.then(
        raw(
            body,
            status=status,
            content_type="text/html",
            headers={"seam-request-id": "in-header"},
        )
    )
    error = await error_of(client)
    assert type(error) is kind
    assert error.status == status
    assert error.error_type is None
    assert error.request_id == "in-header"
    assert "<html>" not in str(error)


@pytest.mark.parametrize(
    "answer",
    [
        raw(HTML, content_type="text/html"),
        raw("plain text", content_type="text/plain"),
        raw(""),
        raw("[]"),
        raw("null"),
        raw("{"),
        raw(b"\xff"),
        raw("{}"),
        raw('{"ok": true}'),
        raw('{"action_attempt": null}'),
        raw('{"action_attempt": []}'),
        raw('{"action_attempt": {"status": "success"}}'),
        raw('{"action_attempt": {"action_attempt_id": "a1"}}', status=201),
        raw("", status=204),
    ],
)
async def test_a_good_status_with_a_wrong_answer(
    seam: ScriptedSeam, client: SeamClient, answer: Answer
) -> None:
    seam.then(answer)
    assert type(await error_of(client)) is SeamResponseError


async def test_the_headers_request_id_comes_first(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    seam.then(
        fail(400, headers={"seam-request-id": "in-header"}, request_id="in-body"),
        fail(400, request_id=["not", "text"]),
    )
    assert (await error_of(client)).request_id == "in-header"
    assert (await error_of(client)).request_id is None


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        (
            {"_errors": [], "device_id": {"_errors": ["Required"]}},
            "Wrong: device_id: Required",
        ),
        (
            {
                "_errors": ["Too many"],
                "event_types": {
                    "_errors": [],
                    "0": {"_errors": ["Unknown", "Too long"]},
                    "1": {"_errors": ["Unknown"]},
                },
            },
            "Wrong: Too many; event_types.0: Unknown, Too long; event_types.1: Unknown",
        ),
        ({"_errors": []}, "Wrong"),
        ({"field": "text", "_errors": "text"}, "Wrong"),
        ({"_errors": [7, None]}, "Wrong: 7, None"),
        ([], "Wrong"),
        (None, "Wrong"),
    ],
)
async def test_the_validation_tree_becomes_one_sentence(
    seam: ScriptedSeam, client: SeamClient, tree: object, told: str
) -> None:
    seam.then(fail(400, "invalid_input", "Wrong", validation_errors=tree))
    assert (await error_of(client)).message == told


async def test_an_endless_validation_tree(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    tree = '{"a":' * 1000 + '{"_errors": ["x"]}' + "}" * 1000
    error_json = '{"type": "t", "message": "m", "validation_errors": ' + tree + "}"
    seam.then(raw('{"error": ' + error_json + "}", status=400))
    error = await error_of(client)
    assert type(error) is SeamInputError
    assert error.message == "m"


# -- 429


def _date(seconds_ahead: float) -> str:
    moment = datetime.fromtimestamp(time.time() + seconds_ahead, UTC)
    return format_datetime(moment, usegmt=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("17", 17),
        ("0", 0),
        (" 5 ", 5),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("\u0665", None),  # a digit, but none of ours
        ("9" * 400, 600),
        ("7200", 600),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 9999 07:28:00 GMT", None),
        ("Wed, 21 Oct 2099 07:28:00 GMT", 600),
        ("Wed, 21 Oct 2015 07:28:00 +" + "9" * 30, None),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
    ],
)
async def test_retry_after(
    seam: ScriptedSeam, client: SeamClient, value: str | None, expected: float | None
) -> None:
    seam.then(fail(429, headers=None if value is None else {"Retry-After": value}))
    error = await error_of(client)
    assert isinstance(error, SeamRateLimitError)
    assert error.retry_after == expected


async def test_retry_after_as_a_date_goes_by_seams_clock(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    """Our clock is ten minutes slow here; the wait is still a minute."""
    seam.then(fail(429, headers={"Date": _date(600), "Retry-After": _date(660)}))
    error = await error_of(client)
    assert isinstance(error, SeamRateLimitError)
    assert error.retry_after == pytest.approx(60, abs=3)


# -- no answer at all


async def test_a_refused_connection(session: ClientSession) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        client = SeamClient(session, KEY, endpoint=f"http://127.0.0.1:{port}")
        error = await error_of(client)
    assert type(error) is SeamConnectionError
    assert error.message == "Seam could not be reached: ClientConnectorError"
    assert (error.status, error.error_type, error.request_id) == (None, None, None)


async def test_a_broken_connection(seam: ScriptedSeam, client: SeamClient) -> None:
    seam.then(reset)
    assert type(await error_of(client)) is SeamConnectionError


async def test_an_answer_that_breaks_off(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b'{"action_attempt":')
        assert request.transport is not None
        request.transport.close()
        return response

    seam.then(half)
    assert type(await error_of(client)) is SeamConnectionError


@pytest.mark.parametrize("endpoint", ["nonsense", "http://", "ftp://127.0.0.1"])
async def test_an_endpoint_that_is_none(session: ClientSession, endpoint: str) -> None:
    client = SeamClient(session, KEY, endpoint=endpoint)
    assert type(await error_of(client)) is SeamConnectionError


async def test_a_session_that_is_closed(seam: ScriptedSeam) -> None:
    """Home Assistant closes it at its end, when a reading may still be on its way."""
    session = ClientSession()
    client = SeamClient(session, KEY, endpoint=seam.url)
    await session.close()
    error = await error_of(client)
    assert type(error) is SeamConnectionError
    assert error.message == "Seam could not be reached: the session is closed"
    assert seam.asked == []


async def test_a_key_that_is_no_header(seam: ScriptedSeam) -> None:
    async with ClientSession() as session:
        client = SeamClient(session, f"{KEY}\r\nX: y", endpoint=seam.url)
        error = await error_of(client)
    assert type(error) is SeamConnectionError
    assert KEY not in str(error)
    assert seam.asked == []


async def test_no_answer_in_time(
    seam: ScriptedSeam, client: SeamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        transport_module, "TIMEOUT", aiohttp.ClientTimeout(total=0.2, connect=0.1)
    )
    seam.then(seam.hang)
    error = await error_of(client)
    assert type(error) is SeamTimeoutError
    assert error.message == "Seam did not answer in time"
    assert len(seam.asked) == 1


async def test_a_body_that_never_ends_is_cut_off(
    seam: ScriptedSeam, client: SeamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"{")
        await seam.closing.wait()
        return response

    monkeypatch.setattr(transport_module, "TIMEOUT", aiohttp.ClientTimeout(total=0.2))
    seam.then(drip)
    assert type(await error_of(client)) is SeamTimeoutError


def test_the_time_limits() -> None:
    timeout = transport_module.TIMEOUT
    assert timeout.total is not None
    assert 0 < timeout.total <= 30
    assert timeout.connect is not None
    assert 0 < timeout.connect < timeout.total


# -- the key


async def test_the_key_is_in_no_error_and_no_log(
    seam: ScriptedSeam, client: SeamClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "custom_components.seam")
    seam.then(
        fail(401, f"bad_{KEY}", f"Key {KEY} is bad", request_id=KEY),
        fail(400, "t", f"{KEY}", validation_errors={KEY: {"_errors": [KEY]}}),
        fail(500, "t", f"Bearer {KEY}", headers={"seam-request-id": f"r-{KEY}"}),
        ok(headers={"seam-request-id": f"r-{KEY}"}),
        ok(action_attempt={"error": {"message": KEY}}),
        reset,
    )
    while seam.script:
        error = await error_of(client)
        shown = f"{error} {error!r} {error.message} {error.error_type} "
        assert KEY not in shown + f"{error.request_id} {error.args} {error.__cause__}"
    assert KEY not in caplog.text
    assert KEY not in repr(client)


def test_every_error_is_a_seam_error() -> None:
    kinds: list[Callable[..., Any]] = [
        SeamConnectionError,
        SeamCredentialsError,
        SeamInputError,
        SeamNotFoundError,
        SeamRateLimitError,
        SeamResponseError,
        SeamServerError,
        SeamTimeoutError,
    ]
    for kind in kinds:
        error = kind("Told")
        assert isinstance(error, SeamError)
        assert str(error) == error.message == "Told"
