"""A person or another process can do to the house what a test can."""

import asyncio
from collections.abc import AsyncGenerator
import json
from pathlib import Path
import signal
import sys

from aiohttp import ClientSession
import pytest

from . import ManualClock, RealClock, SeamSandbox
from .asking import Asking, Json
from .control import ACTIONS, PREFIX

ROOT = Path(__file__).parent.parent.parent


async def _act(seam: Asking, action: str, **body: object) -> Json:
    response = await seam.ask(f"{PREFIX}/{action}", json=body)
    answer: Json = await response.json()
    assert response.status == 200, answer
    assert answer["ok"] is True
    return answer


async def _state(session: ClientSession, **query: str) -> Json:
    async with session.get(f"{PREFIX}/state", params=query) as response:
        state: Json = await response.json()
        return state


async def test_the_state_is_the_truth(
    sandbox: SeamSandbox, session: ClientSession, seam: Asking
) -> None:
    await _act(seam, "turn_bolt", door="Front Door", thrown=False)
    await _act(seam, "open_door", door=sandbox.door("Front Door").device_id)
    await _act(seam, "tune", door="Back Door", reading_lag=60)
    await _act(seam, "turn_bolt", door="Back Door", thrown=False)
    state = await _state(session)
    front, back, *_ = state["doors"]
    assert (front["bolt_thrown"], front["door_open"]) == (False, True)
    assert (back["bolt_thrown"], back["seam"]["locked"]) == (False, True)
    assert state["events"][0]["name"] == "Back Door"
    assert state["devices"] == 10
    found = await _state(session, search="cellar")
    assert [door["name"] for door in found["doors"]] == ["Cellar"]


async def test_nothing_new_is_not_sent_again(
    sandbox: SeamSandbox, session: ClientSession, seam: Asking, clock: ManualClock
) -> None:
    async def news(mark: str) -> tuple[int, str]:
        async with session.get(f"{PREFIX}/state", params={"after": mark}) as response:
            return response.status, response.headers.get("X-Mark", mark)

    status, mark = await news("")
    assert status == 200
    assert await news(mark) == (204, mark)
    door = sandbox.door("Front Door").device_id
    await seam.call("/locks/unlock_door", device_id=door)
    status, moving = await news(mark)
    assert status == 200
    state = await _state(session)
    assert state["doors"][0]["moving"] == "unlocking"
    await clock.advance(2)
    status, moved = await news(moving)
    assert status == 200
    await _act(seam, "add_fault", kind="http_html", times=1)
    assert (await news(moved))[0] == 200


async def test_every_action_can_be_called(
    sandbox: SeamSandbox, session: ClientSession, seam: Asking
) -> None:
    door: dict[str, object] = {"door": "Front Door"}
    bodies: dict[str, dict[str, object]] = {
        "add_fault": {"kind": "http_status", "path": "/x", "device_id": "Cellar"},
        "add_lock": {"name": "Attic", "maker": "nuki"},
        "change_webhook_secrets": {"keep_old": True},
        "clear_error": {**door, "code": "hub_disconnected"},
        "clear_faults": {},
        "clear_warning": {**door, "code": "privacy_mode"},
        "close_door": door,
        "delete_webhooks": {},
        "disable_webhooks": {},
        "disconnect_account": {"maker": "yale"},
        "enable_webhooks": {},
        "enter_code": {**door, "code": "424242"},
        "jam": door,
        "open_door": door,
        "other_app": {**door, "thrown": True, "tells_move": False},
        "poll": door,
        "reconnect_account": {"maker": "yale"},
        "rename": {**door, "name": "Front Door"},
        "ring": door,
        "set_api_key": {"api_key": sandbox.api_key},
        "set_battery": {**door, "level": 0.1},
        "set_brand": {**door, "brand": "d"},
        "set_clock_skew": {"seconds": 0},
        "set_error": {**door, "code": "hub_disconnected"},
        "set_keypad_battery": {**door, "level": 0.1},
        "set_online": {**door, "online": True},
        "set_warning": {**door, "code": "privacy_mode"},
        "tamper": door,
        "tune": {**door, "command_seconds": 2},
        "turn_bolt": {**door, "thrown": True},
        "unjam": door,
        "use_app": {**door, "bluetooth": True},
        "use_card": door,
        "remove_device": {"door": "Attic"},
    }
    assert bodies.keys() == ACTIONS
    for action, body in bodies.items():
        await _act(seam, action, **body)


@pytest.mark.parametrize(
    ("action", "body", "status"),
    [
        ("explode", {}, 404),
        ("stop", {}, 404),
        ("turn_bolt", {"door": "Front Door"}, 400),
        ("turn_bolt", {"door": "No Door", "thrown": True}, 400),
        ("add_fault", {"kind": "http_explosion"}, 400),
        ("add_fault", {"kind": "http_html", "depth": 3}, 400),
        ("tune", {"door": "Front Door", "bolt_thrown": False}, 400),
    ],
)
async def test_what_cannot_be_done(
    sandbox: SeamSandbox, seam: Asking, action: str, body: Json, status: int
) -> None:
    response = await seam.ask(f"{PREFIX}/{action}", json=body)
    assert response.status == status
    assert (await response.json())["ok"] is False
    assert sandbox.door("Front Door").bolt_thrown


async def test_a_page_from_elsewhere_cannot_turn_bolts(
    sandbox: SeamSandbox, seam: Asking
) -> None:
    """A browser sends text/plain to anybody unasked, but JSON only after asking."""
    body = json.dumps({"door": "Front Door", "thrown": False})
    response = await seam.ask(f"{PREFIX}/turn_bolt", json=None, data=body)
    assert response.status == 415
    assert sandbox.door("Front Door").bolt_thrown


async def test_the_state_hides_where_webhooks_go_and_their_secrets(
    sandbox: SeamSandbox, session: ClientSession, seam: Asking
) -> None:
    created = await seam.call(
        "/webhooks/create", url="https://example.com/canary-webhook-id"
    )
    state = json.dumps(await _state(session))
    assert "example.com" in state
    assert "canary-webhook-id" not in state
    assert created["webhook"]["secret"] not in state
    assert "424242" not in state


async def test_time_can_be_moved_from_outside(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock
) -> None:
    before = clock.now()
    answer = await _act(seam, "advance", seconds=90)
    assert answer["result"] == clock.now() == before + 90


async def test_the_page_needs_nothing_from_elsewhere(session: ClientSession) -> None:
    async with session.get("/") as response:
        page = await response.text()
        assert response.status == 200
        assert response.url.path == f"{PREFIX}/"
        assert "X-Frame-Options" not in response.headers
    assert "<title>The house behind Seam</title>" in page
    assert "//" not in page.replace("https://", "//").split("<script>", 1)[0]


@pytest.fixture
async def fast(socket_enabled: None) -> AsyncGenerator[SeamSandbox]:
    """A house in real time."""
    sandbox = SeamSandbox(1)
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


async def test_in_real_time_things_happen_by_themselves(fast: SeamSandbox) -> None:
    assert isinstance(fast.clock, RealClock)
    door = fast.door("Front Door")
    fast.tune(door, auto_lock=0.05)
    moved = asyncio.Event()
    fast.log.listeners.append(
        lambda event: moved.set() if event["method"] == "automatic" else None
    )
    fast.turn_bolt(door, thrown=False)
    async with asyncio.timeout(5):
        await moved.wait()
    assert fast.door("Front Door").bolt_thrown


async def _run(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.seam_sandbox",
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_it_runs_by_itself(socket_enabled: None, unused_tcp_port: int) -> None:
    port = str(unused_tcp_port)
    key = "seam_canaryKEY_mine"
    process = await _run("--port", port, "--locks", "3", "--api-key", key)
    assert process.stdout is not None
    async with asyncio.timeout(30):
        said = b"".join([await process.stdout.readline() for _ in range(4)]).decode()
    assert f"http://127.0.0.1:{port}" in said
    assert key in said
    async with (
        ClientSession(f"http://127.0.0.1:{port}") as session,
        session.post(
            "/devices/list", headers={"Authorization": f"Bearer {key}"}, json={}
        ) as response,
    ):
        assert len((await response.json())["devices"]) == 5

    taken = await _run("--port", port)
    async with asyncio.timeout(30):
        _, err = await taken.communicate()
    assert taken.returncode == 1
    assert "cannot be used" in err.decode()

    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(30):
        assert await process.wait() == 0


async def test_it_listens_to_this_machine_only() -> None:
    process = await _run("--host", "0.0.0.0")
    async with asyncio.timeout(30):
        _, err = await process.communicate()
    assert process.returncode == 2
    assert "loopback" in err.decode()
