"""What the client sends, and what it makes of good answers."""

from collections.abc import Awaitable, Callable
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

from .conftest import KEY, ScriptedSeam, Waits, ok, raw

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
        {"device": {"device_id": "d1"}},
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
        lambda client: client.list_action_attempts(device_id="d1"),
        "/action_attempts/list",
        {"device_id": "d1"},
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


async def test_no_attempts_are_asked_for_without_a_question(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    assert await client.list_action_attempts() == ()
    assert await client.list_action_attempts(iter(())) == ()
    assert seam.asked == []


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
    (event,) = (await client.list_events(0, 1)).events
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
