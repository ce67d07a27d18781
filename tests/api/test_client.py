"""What the client sends, and what it makes of good answers."""

from collections.abc import Awaitable, Callable
import logging
from typing import Any

from aiohttp import ClientSession, web
import pytest

from custom_components.seam.api import (
    AccessCode,
    AttemptStatus,
    SeamClient,
    SeamResponseError,
    Webhook,
    Workspace,
)

from .conftest import KEY, ScriptedSeam, Waits, fail, ok, raw


def device(device_id: str, **more: object) -> dict[str, object]:
    return {"device_id": device_id, "device_type": "yale_lock", **more}


def page(cursor: str | None, *devices: object, more: bool | None = None) -> Any:
    return ok(
        devices=list(devices),
        pagination={
            "next_page_cursor": cursor,
            "has_next_page": cursor is not None if more is None else more,
            "next_page_url": None,
        },
    )


WORKSPACE = {"workspace_id": "w1", "name": "Home", "is_sandbox": True}
ATTEMPT = {"action_attempt_id": "a1", "status": "pending", "result": None}
WEBHOOK = {
    "webhook_id": "h1",
    "url": "https://example.invalid/hook",
    "event_types": ["lock.locked"],
    "secret": "whsec_canary",
}

type Call = Callable[[SeamClient], Awaitable[object]]
type Endpoint = tuple[Call, str, dict[str, Any], dict[str, Any]]

# Every endpoint: how it is called, the path, the body, and the envelope.
ENDPOINTS: list[Endpoint] = [
    (
        lambda client: client.get_workspace(),
        "/workspaces/get",
        {},
        {"workspace": WORKSPACE},
    ),
    (
        lambda client: client.list_workspaces(),
        "/workspaces/list",
        {},
        {"workspaces": [WORKSPACE]},
    ),
    (
        lambda client: client.list_devices(),
        "/devices/list",
        {"limit": 500},
        {"devices": []},
    ),
    (
        lambda client: client.list_devices(iter(["d1", "d2"])),
        "/devices/list",
        {"limit": 500, "device_ids": ["d1", "d2"]},
        {"devices": []},
    ),
    (
        lambda client: client.get_device("d1"),
        "/devices/get",
        {"device_id": "d1"},
        {"device": device("d1")},
    ),
    (
        lambda client: client.lock_door("d1"),
        "/locks/lock_door",
        {"device_id": "d1"},
        {"action_attempt": ATTEMPT},
    ),
    (
        lambda client: client.unlock_door("d1"),
        "/locks/unlock_door",
        {"device_id": "d1"},
        {"action_attempt": ATTEMPT},
    ),
    (
        lambda client: client.get_action_attempt("a1"),
        "/action_attempts/get",
        {"action_attempt_id": "a1"},
        {"action_attempt": ATTEMPT},
    ),
    (
        lambda client: client.list_action_attempts({"a1": None}),
        "/action_attempts/list",
        {"action_attempt_ids": ["a1"]},
        {"action_attempts": [ATTEMPT]},
    ),
    (
        lambda client: client.list_events(0, 60),
        "/events/list",
        {
            "between": ["1970-01-01T00:00:00+00:00", "1970-01-01T00:01:00+00:00"],
            "limit": 500,
        },
        {"events": []},
    ),
    (
        lambda client: client.get_access_code("c1"),
        "/access_codes/get",
        {"access_code_id": "c1"},
        {"access_code": {"access_code_id": "c1", "name": "Alice", "code": "424242"}},
    ),
    (
        lambda client: client.get_unmanaged_access_code("c1"),
        "/access_codes/unmanaged/get",
        {"access_code_id": "c1"},
        {"access_code": {"access_code_id": "c1", "name": None}},
    ),
    (
        lambda client: client.create_webhook(
            "https://example.invalid/hook", iter(["lock.locked"])
        ),
        "/webhooks/create",
        {"url": "https://example.invalid/hook", "event_types": ["lock.locked"]},
        {"webhook": WEBHOOK},
    ),
    (
        lambda client: client.list_webhooks(),
        "/webhooks/list",
        {},
        {"webhooks": [WEBHOOK]},
    ),
    (
        lambda client: client.delete_webhook("h1"),
        "/webhooks/delete",
        {"webhook_id": "h1"},
        {},
    ),
]
IDS = [f"{path} {sorted(body)}" for _, path, body, _ in ENDPOINTS]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=IDS)
async def test_every_endpoint_is_one_post_with_json(
    seam: ScriptedSeam, client: SeamClient, endpoint: Endpoint
) -> None:
    call, path, body, envelope = endpoint
    seam.then(ok(**envelope))
    await call(client)
    (asked,) = seam.asked
    assert (asked.method, asked.path, asked.body) == ("POST", path, body)
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.headers["User-Agent"] == "seam-home-assistant"
    assert "seam-workspace" not in asked.headers


@pytest.mark.parametrize("call", [row[0] for row in ENDPOINTS if row[3]])
async def test_an_answer_without_its_key_is_not_seams(
    seam: ScriptedSeam, client: SeamClient, call: Call
) -> None:
    seam.then(ok(headers={"seam-request-id": "r1"}))
    with pytest.raises(SeamResponseError) as caught:
        await call(client)
    assert caught.value.status == 200
    assert caught.value.request_id == "r1"


@pytest.mark.parametrize(
    "call",
    [row[0] for row in ENDPOINTS if isinstance(next(iter(row[3].values()), 0), dict)],
)
async def test_an_object_without_its_id_is_not_seams(
    seam: ScriptedSeam, client: SeamClient, call: Call
) -> None:
    seam.then(
        ok(workspace={}, device={}, action_attempt={}, access_code={}, webhook={})
    )
    with pytest.raises(SeamResponseError, match=r"no \w+_id"):
        await call(client)


async def test_an_access_token_names_its_workspace(
    seam: ScriptedSeam, session: ClientSession
) -> None:
    client = SeamClient(session, KEY, endpoint=f"{seam.url}/", workspace_id="w1")
    seam.then(ok(workspace=WORKSPACE))
    assert await client.get_workspace() == Workspace("w1", "Home", True, False)
    assert seam.asked[0].headers["seam-workspace"] == "w1"
    assert seam.paths == ["/workspaces/get"]


# -- pages


async def test_all_pages_are_read_with_the_same_question(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    seam.then(
        page("p2", device("1"), device("2")),
        page("p3", device("3")),
        page(None, device("4")),
    )
    answer = await client.list_devices(["1", "2", "3", "4"])
    assert [found.device_id for found in answer.devices] == ["1", "2", "3", "4"]
    assert (answer.pages, answer.skipped) == (3, 0)
    same = {"limit": 500, "device_ids": ["1", "2", "3", "4"]}
    assert [asked.body for asked in seam.asked] == [
        same,
        {**same, "page_cursor": "p2"},
        {**same, "page_cursor": "p3"},
    ]


async def test_a_repeated_cursor_ends_the_list(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    seam.then(page("p2", device("1")), page("p3", device("2")), page("p2", device("3")))
    answer = await client.list_devices()
    assert [found.device_id for found in answer.devices] == ["1", "2", "3"]
    assert answer.pages == 3


@pytest.mark.parametrize(
    "pagination",
    [
        None,
        [],
        {},
        {"next_page_cursor": None, "has_next_page": True},
        {"next_page_cursor": "p2", "has_next_page": False},
        {"next_page_cursor": 2, "has_next_page": True},
    ],
)
async def test_no_next_page(
    seam: ScriptedSeam, client: SeamClient, pagination: object
) -> None:
    seam.then(ok(devices=[device("1")], pagination=pagination))
    assert (await client.list_devices()).pages == 1


async def test_a_page_that_fails_fails_the_list(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    """Half a list would make the other half look removed."""
    seam.then(page("p2", device("1")), ok(nothing=[]))
    with pytest.raises(SeamResponseError):
        await client.list_devices()


async def test_a_page_is_asked_for_again_on_its_own(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    seam.then(page("p2", device("1")), fail(503), page(None, device("2")))
    assert len((await client.list_devices()).devices) == 2
    assert [asked.body.get("page_cursor") for asked in seam.asked] == [None, "p2", "p2"]


@pytest.mark.parametrize("broken", [None, 7, "x", [], {}, {"device_id": 5}, True])
async def test_one_bad_device_hides_no_other(
    seam: ScriptedSeam,
    client: SeamClient,
    caplog: pytest.LogCaptureFixture,
    broken: object,
) -> None:
    caplog.set_level(logging.DEBUG, "custom_components.seam")
    seam.then(page(None, device("1"), broken, broken, device("2")))
    answer = await client.list_devices()
    assert [found.device_id for found in answer.devices] == ["1", "2"]
    assert answer.skipped == 2
    logged = [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.seam")
    ]
    assert logged == ["Skipped 2 unreadable Device entries"]


async def test_a_list_is_read_anew_each_time(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    """Those that are as they were are not parsed again; no other is."""
    deep: list[object] = []
    for _ in range(300):
        deep = [deep]
    lists: list[list[Any]] = [
        [device("1", display_name="A"), device("2", display_name="B")],
        [device("1", display_name="A"), device("2", display_name="C")],
        [device("0"), None, device("2", display_name="B"), device("1", deep=deep)],
        [device("2", display_name="B"), device("1", deep=deep, display_name="D")],
    ]
    seam.then(*(page(None, *devices) for devices in lists))
    found = [(await client.list_devices()).devices for _ in lists]
    assert [[(one.device_id, one.name) for one in devices] for devices in found] == [
        [("1", "A"), ("2", "B")],
        [("1", "A"), ("2", "C")],
        [("0", "0"), ("2", "B"), ("1", "1")],
        [("2", "B"), ("1", "D")],
    ]
    assert found[1][0] is found[0][0]

    # Some alone are no list to hold the next one against.
    seam.then(
        page(None, device("1", display_name="E")),
        page(None, device("2", display_name="B")),
    )
    (some,) = (await client.list_devices(["1"])).devices
    (last,) = (await client.list_devices()).devices
    assert (some.name, last.name) == ("E", "B")
    assert last is found[3][0]


# -- what is made of the other answers


async def test_attempts(seam: ScriptedSeam, client: SeamClient) -> None:
    seam.then(
        ok(
            action_attempts=[
                ATTEMPT,
                {"action_attempt_id": "a2", "status": "brand_new"},
                {"status": "success"},
            ]
        )
    )
    attempts = await client.list_action_attempts(["a1", "a2"])
    assert [attempt.status for attempt in attempts] == [
        AttemptStatus.PENDING,
        AttemptStatus.UNKNOWN,
    ]


async def test_the_webhooks_secret_is_not_printed(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    seam.then(ok(webhook=WEBHOOK))
    webhook = await client.create_webhook("https://example.invalid/hook", ["*"])
    assert webhook == Webhook(
        "h1", "https://example.invalid/hook", frozenset({"lock.locked"}), "whsec_canary"
    )
    assert "canary" not in f"{webhook!r} {webhook}"
    assert "example.invalid" not in f"{webhook!r} {webhook}"


async def test_a_pin_is_never_kept(seam: ScriptedSeam, client: SeamClient) -> None:
    seam.then(
        ok(access_code={"access_code_id": "c1", "name": "Alice", "code": "424242"}),
        ok(
            events=[
                {
                    "event_id": "e1",
                    "event_type": "lock.unlocked",
                    "occurred_at": "2026-01-01T00:00:00Z",
                    "code": "424242",
                    "from": {"code": "424242"},
                }
            ]
        ),
    )
    code = await client.get_access_code("c1")
    assert code == AccessCode("c1", "Alice")
    (event,) = await client.list_events(0, 1)
    assert "424242" not in f"{code!r} {event!r}"


async def test_a_redirect_is_not_followed(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    """It would take the key to another place."""

    async def elsewhere(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": f"{seam.url}/other"})

    seam.then(elsewhere)
    with pytest.raises(SeamResponseError) as caught:
        await client.get_workspace()
    assert caught.value.status == 302
    assert seam.paths == ["/workspaces/get"]


async def test_cookies_and_compression_do_no_harm(
    seam: ScriptedSeam, client: SeamClient, waits: Waits
) -> None:
    async def packed(_request: web.Request) -> web.StreamResponse:
        response = web.json_response({"workspace": WORKSPACE, "ok": True})
        response.enable_compression(web.ContentCoding.gzip)
        response.set_cookie("a", "b")
        return response

    seam.then(packed, raw(b'{"workspace": {"workspace_id": "w2"}}'))
    assert (await client.get_workspace()).name == "Home"
    assert (await client.get_workspace()).name == "w2"
    assert waits.seconds == []
