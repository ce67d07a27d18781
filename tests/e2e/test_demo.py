"""The demo as a person meets it, and Home Assistant as its frontend does."""

import asyncio
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Callable
from importlib.util import find_spec
import json
import os
from pathlib import Path
import re
import signal
import socket
import sys
import time
from typing import Any

import pytest
import yaml

from tests.demo.client import HomeAssistant, RefusedError
from tests.demo.house import NAMES
from tests.seam_sandbox import API_KEY, CANARY_PIN, SeamSandbox

from .running_demo import ROOT, Demo, lock_ids, running_demo, signed_in

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.usefixtures("socket_enabled"),
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"),
]

FRONT = "lock.hall_front_door"  # in the hall
JAMMED = r"The lock is jammed: the bolt could not be moved\.$"
# All that a session may leave in the log above INFO: three lines at each start, and
# what Home Assistant itself logs of the one command here that a jam stopped.
ALLOWED = (
    r"WARNING .*\[homeassistant\.bootstrap\] Skipping pip installation",
    r"WARNING .*\[homeassistant\.loader\] We found a custom integration (seam|demo_phone) ",
    r"ERROR .* Error during service call to lock\.lock: Front Door was not locked: "
    + JAMMED,
)
# Where there is no compiler, script/setup leaves voice out and says so.
VOICE_ALLOWED = (
    ()
    if find_spec("pymicro_vad") and find_spec("pyspeex_noise")
    else (r"ERROR .*\[homeassistant\.setup\] .*'assist_(pipeline|satellite)'",)
)
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECRETS = (API_KEY, CANARY_PIN, "whsec_")


def warnings(log: str) -> list[str]:
    """Return the lines of a log above INFO that nothing allows."""
    return [
        line
        for line in log.splitlines()
        if re.match(r"[\d-]+ [\d:.]+ (WARNING|ERROR|CRITICAL) ", line)
        and not any(re.search(allowed, line) for allowed in ALLOWED + VOICE_ALLOWED)
    ]


def expected(door: dict[str, Any]) -> str:
    """Return the state that a lock must have after the truth of its door."""
    if not door["online"]:
        return "unavailable"
    if door["seam"]["locked"] is None:
        return "unknown"
    return "locked" if door["bolt_thrown"] else "unlocked"


async def assert_all_true(demo: Demo, assistant: HomeAssistant) -> None:
    """Compare every lock with the truth."""
    wanted = {name: expected(door) for name, door in (await demo.doors()).items()}
    ids = await lock_ids(assistant)
    states = {name: await assistant.state(ids[name]) for name in ids}
    assert len(states) == 8
    assert states == wanted


def is_in(wanted: str) -> Callable[[dict[str, Any]], bool]:
    return lambda state: state["state"] == wanted


async def states_during(assistant: HomeAssistant, service: str, end: str) -> list[str]:
    """Call a service on the front door; return its states up to the end."""
    async with assistant.socket() as listening:
        changes = await listening.subscribe(
            "subscribe_trigger",
            trigger={"platform": "state", "entity_id": FRONT, "to": None},
        )
        await assistant.post(f"/api/services/lock/{service}", {"entity_id": FRONT})
        states: list[str] = []
        while end not in states:
            change = await listening.event(changes)
            states.append(change["variables"]["trigger"]["to_state"]["state"])
        return states


async def registered(assistant: HomeAssistant) -> tuple[Any, Any]:
    """Return Seam's devices and entities, without what changes by itself."""
    async with assistant.socket() as socket:
        [entry] = await socket.command("config_entries/get", domain="seam")
        entities = await socket.command("config/entity_registry/list")
        devices = await socket.command("config/device_registry/list")
    return (
        {
            device["id"]: device["identifiers"]
            for device in devices
            if entry["entry_id"] in device["config_entries"]
        },
        {
            entity["entity_id"]: (entity["id"], entity["unique_id"])
            for entity in entities
            if entity["platform"] == "seam"
        },
    )


async def log_everything(assistant: HomeAssistant) -> None:
    """Have the integration log all that it ever would."""
    await assistant.post(
        "/api/services/logger/set_level", {"custom_components.seam": "debug"}
    )


async def check_commands(demo: Demo, assistant: HomeAssistant) -> None:
    assert await states_during(assistant, "unlock", "unlocked") == [
        "unlocking",
        "unlocked",
    ]
    assert not (await demo.doors())["Front Door"]["bolt_thrown"]
    assert await states_during(assistant, "lock", "locked") == ["locking", "locked"]
    assert (await demo.doors())["Front Door"]["bolt_thrown"]
    state = await assistant.get(f"/api/states/{FRONT}")
    assert state["attributes"]["changed_by"] == "Demo"


async def check_hands(demo: Demo, assistant: HomeAssistant) -> None:
    for thrown, state in ((False, "unlocked"), (True, "locked")):
        began = time.monotonic()
        async with asyncio.timeout(10):
            await demo.house("turn_bolt", door="Front Door", thrown=thrown)
            seen = await assistant.wait_for_state(FRONT, is_in(state))
        assert time.monotonic() - began < 1, "events are not pushed"
        assert seen["attributes"]["changed_by"] == "manual"
    async with asyncio.timeout(10):
        await demo.house("enter_code", door="Front Door", code=CANARY_PIN)
        seen = await assistant.wait_for_state(FRONT, is_in("unlocked"))
    assert seen["attributes"]["changed_by"] == NAMES.guest


async def check_jam(demo: Demo, assistant: HomeAssistant) -> None:
    await demo.house("jam", door="Front Door")
    async with assistant.socket() as socket:
        with pytest.raises(
            RefusedError, match="Front Door was not locked: The lock is jammed"
        ):
            await socket.command(
                "call_service",
                domain="lock",
                service="lock",
                target={"entity_id": FRONT},
            )
    assert await assistant.state(FRONT) == "jammed"
    await demo.house("unjam", door="Front Door")
    assert await states_during(assistant, "lock", "locked") == ["locking", "locked"]


def example(alias: str) -> dict[str, Any]:
    """Return one of the automations in README.md, for the front door here."""
    for text in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL):
        found: dict[str, Any] = yaml.safe_load(
            text.replace("lock.front_door", FRONT).replace(
                "event.front_door_", "event.hall_front_door_"
            )
        )
        if found["alias"] == alias:
            return found
    raise KeyError(alias)


async def check_what_is_saved_works(demo: Demo, assistant: HomeAssistant) -> None:
    # Each is saved as the editor in the frontend saves it.
    for path, config in (
        ("automation/config/1", example("Somebody came home")),
        ("script/config/lock_up", {"alias": "Lock up", "sequence": []}),
        ("scene/config/1", {"name": "Evening", "entities": {}}),
    ):
        await assistant.post(f"/api/config/{path}", config)
    async with asyncio.timeout(10):
        for saved, state in (
            ("automation.somebody_came_home", "on"),
            ("script.lock_up", "off"),
            ("scene.evening", "unknown"),
        ):
            await assistant.wait_for_entity(saved)
            await assistant.wait_for_state(saved, is_in(state))
    async with asyncio.timeout(10), assistant.socket() as socket:
        notices = await socket.subscribe("persistent_notification/subscribe")
        assert (await socket.event(notices))["notifications"] == {}
        await demo.house("enter_code", door="Front Door", code=CANARY_PIN)
        (notice,) = (await socket.event(notices))["notifications"].values()
    assert notice["message"] == f"{NAMES.guest} came home."
    assert await states_during(assistant, "lock", "locked") == ["locking", "locked"]


async def check_offline_and_restart(demo: Demo, assistant: HomeAssistant) -> None:
    await demo.house("set_online", door="Front Door", online=False)
    async with asyncio.timeout(10):
        await assistant.wait_for_state(FRONT, is_in("unavailable"))

    before = await registered(assistant)
    async with asyncio.timeout(90):
        await assistant.begin_restart()
        # A bolt moves while nobody listens.
        await demo.house("turn_bolt", door="Garage Side Door", thrown=True)
        await assistant.wait_until_running()
    await log_everything(assistant)
    assert await registered(assistant) == before
    await assert_all_true(demo, assistant)

    await demo.house("set_online", door="Front Door", online=True)
    async with asyncio.timeout(20):
        await assistant.wait_for_state(FRONT, is_in("locked"))


async def check_removal(demo: Demo, assistant: HomeAssistant) -> None:
    assert len((await demo.house("state"))["webhooks"]) == 1
    [entry] = await assistant.command("config_entries/get", domain="seam")
    entry_id = entry["entry_id"]
    await assistant.request("DELETE", f"/api/config/config_entries/entry/{entry_id}")
    async with assistant.socket() as socket:
        entities = await socket.command("config/entity_registry/list")
        devices = await socket.command("config/device_registry/list")
        issues = await socket.command("repairs/list_issues")
    assert not [entity for entity in entities if entity["platform"] == "seam"]
    assert not [device for device in devices if entry_id in device["config_entries"]]
    assert not [issue for issue in issues["issues"] if issue["domain"] == "seam"]
    assert not [
        state
        for state in await assistant.get("/api/states")
        if state["entity_id"].startswith("lock.")
    ]
    assert (await demo.house("state"))["webhooks"] == []


async def test_a_session(tmp_path: Path) -> None:
    async with running_demo(tmp_path) as demo:
        async with signed_in(demo) as assistant:
            await log_everything(assistant)
            await assert_all_true(demo, assistant)
            await check_commands(demo, assistant)
            await check_hands(demo, assistant)
            await check_jam(demo, assistant)
            await check_what_is_saved_works(demo, assistant)
            await check_offline_and_restart(demo, assistant)
            await check_removal(demo, assistant)

        assert len(demo.processes()) >= 3
        demo.interrupt(signal.SIGINT)
        assert await demo.wait_for_end() == 0
        assert demo.processes() == set()
        assert "custom_components.seam" in demo.log()
        assert warnings(demo.log()) == []
        assert NAMES.guest not in demo.log()
        assert demo.files_with(*SECRETS) == {}
        assert not list((demo.folder / ".storage").glob("seam*"))


async def test_own_workspace(tmp_path: Path) -> None:
    key = "seam_canaryKEY_own_workspace"
    sandbox = SeamSandbox(2, api_key=key)
    await sandbox.start()
    environment = {"SEAM_API_KEY": key, "SEAM_ENDPOINT": sandbox.url}
    async with running_demo(tmp_path, **environment) as demo:
        assert demo.house_url is None
        async with signed_in(demo) as assistant:
            assert set(await lock_ids(assistant)) == {"Front Door", "Back Door"}
        # Nobody can read the key off the list of processes.
        assert demo.processes_that_know(key) == {demo.process.pid}

        # When Home Assistant ends by itself, so does the demo.
        [lock] = demo.folder.glob(".ha_run.lock")
        os.kill(json.loads(lock.read_text())["pid"], signal.SIGKILL)
        assert await demo.wait_for_end() == 1
        assert "Home Assistant ended by itself" in demo.output
        assert demo.processes() == set()
        assert demo.files_with(key) == {}
        assert key not in demo.output
    await sandbox.stop()


async def test_a_taken_port(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            str(ROOT / "script" / "demo"),
            f"--port={port}",
            stdout=PIPE,
            stderr=STDOUT,
            env={**os.environ, "XDG_STATE_HOME": str(tmp_path)},
        )
        output, _ = await process.communicate()
    assert process.returncode == 1
    assert f"Port {port} cannot be used" in output.decode()
    assert "script/demo --port" in output.decode()
    assert not (tmp_path / "seam-home-assistant" / "demo").exists()
