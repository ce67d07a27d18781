"""The demo as a process of its own, as a person starts it."""

import asyncio
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
import os
from pathlib import Path
import re
import signal
from typing import Any

from aiohttp import ClientSession

from tests.demo.client import HomeAssistant
from tests.demo.dashboard import find_parts

ROOT = Path(__file__).parents[2]
READY = "Ctrl-C ends it all"
START_SECONDS = 150
END_SECONDS = 30


class Demo:
    """A process of script/demo.

    Attributes:
        output: what it has printed so far.
        url: Home Assistant's address, once it is ready.
        house_url: the address of the house's page; None: there is none.
    """

    def __init__(self, process: Process, state: Path) -> None:
        """Take a process that was just started."""
        self.process = process
        self._state = state
        self.output = ""
        self.url = ""
        self.house_url: str | None = None

    @property
    def folder(self) -> Path:
        """Home Assistant's configuration folder."""
        return self._state / "seam-home-assistant" / "demo"

    async def wait_until_ready(self) -> None:
        """Return once it has said how to play."""
        async with asyncio.timeout(START_SECONDS):
            while READY not in self.output:
                line = await self._read_line()
                assert line, f"the demo ended by itself:\n{self.output}"
        self.url = self._find(r"Open +(http://[\d.:]+)/")
        if "_sandbox" in self.output:
            self.house_url = self._find(r"(http://[\d.:]+/_sandbox)/")

    async def _read_line(self) -> str:
        assert self.process.stdout is not None
        line = (await self.process.stdout.readline()).decode()
        self.output += line
        return line

    def _find(self, pattern: str) -> str:
        found = re.search(pattern, self.output)
        assert found is not None, self.output
        return found[1]

    def interrupt(self, number: signal.Signals) -> None:
        """Send a signal as a terminal does: to the whole foreground group."""
        os.killpg(self.process.pid, number)

    async def wait_for_end(self) -> int:
        """Return its exit code."""
        async with asyncio.timeout(END_SECONDS):
            while await self._read_line():
                pass
            return await self.process.wait()

    def processes(self) -> set[int]:
        """Return the ids of all processes that it has started, and its own.

        They all inherit its environment, which names a folder that no other has.
        """
        return processes_that_know(f"XDG_STATE_HOME={self._state}")

    def processes_that_know(self, secret: str) -> set[int]:
        """Return which of its processes have a secret where others can read it."""
        return self.processes() & processes_that_know(secret)

    def log(self) -> str:
        """Return all that Home Assistant has logged, over its restarts."""
        return (self.folder / "console.log").read_text(encoding="utf-8")

    def files_with(self, *secrets: str) -> dict[str, str]:
        """Return where in Home Assistant's folder which of some secrets stands."""
        return {
            str(path.relative_to(self.folder)): secret
            for path in self.folder.rglob("*")
            if path.is_file()
            if path.name != "sandbox.log"  # tells its key to who starts it
            for secret in secrets
            if secret.encode() in path.read_bytes()
        }

    async def house(self, action: str, **arguments: Any) -> Any:
        """Use hands in the house, or look at its `state`."""
        async with ClientSession() as session:
            url = f"{self.house_url}/{action}"
            request = (
                session.get(url)
                if action == "state"
                else session.post(url, json=arguments)
            )
            async with request as response:
                response.raise_for_status()
                return await response.json()

    async def doors(self) -> dict[str, dict[str, Any]]:
        """Return the truth of all doors with locks, by name."""
        state = await self.house("state")
        return {door["name"]: door for door in state["doors"] if door["is_lock"]}


def processes_that_know(text: str) -> set[int]:
    """Return the processes with a text in their environment or command line."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            for file in ("environ", "cmdline"):
                if text.encode() in (process / file).read_bytes():
                    found.add(int(process.name))
    return found


@asynccontextmanager
async def running_demo(state: Path, **environment: str) -> AsyncGenerator[Demo]:
    """Start the demo on free ports; at the end nothing of it may be left."""
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("SEAM_")
    }
    process = await asyncio.create_subprocess_exec(
        str(ROOT / "script" / "demo"),
        "--port=0",
        "--sandbox-port=0",
        stdout=PIPE,
        stderr=STDOUT,
        env={**own, "XDG_STATE_HOME": str(state), **environment},
        start_new_session=True,
    )
    demo = Demo(process, state)
    try:
        await demo.wait_until_ready()
        yield demo
    finally:
        if process.returncode is None:
            demo.interrupt(signal.SIGTERM)
            try:
                await demo.wait_for_end()
            finally:
                for left in demo.processes():
                    os.kill(left, signal.SIGKILL)


@asynccontextmanager
async def signed_in(demo: Demo) -> AsyncGenerator[HomeAssistant]:
    """Sign in to the demo's Home Assistant."""
    async with HomeAssistant(demo.url) as assistant:
        await assistant.sign_in()
        yield assistant


async def lock_ids(assistant: HomeAssistant) -> dict[str, str]:
    """Return the entity ids of all locks, by the names of their doors."""
    [entry] = await assistant.command("config_entries/get", domain="seam")
    parts = await find_parts(assistant, entry["entry_id"])
    return {part.lock: part.entity_id for part in parts if part.key == "lock"}
