"""Processes that end with the demo."""

import asyncio
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
import os
from pathlib import Path
import signal

TIMEOUT = 20  # seconds that a process has to end by itself


class Child:
    """A process with a group of its own, so that Ctrl-C reaches only the demo."""

    def __init__(self, process: Process, log: Path) -> None:
        """Take a started process whose output goes to a file."""
        self._process = process
        self._log = log

    async def wait(self) -> int:
        """Return its exit code once it has ended, with all that it has started."""
        code = await self._process.wait()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        return code

    async def end(self) -> None:
        """End it: gently, then not."""
        if self._process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(TIMEOUT):
                await self.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self.wait()

    def tail(self) -> str:
        """Return the last lines of its output."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])


@asynccontextmanager
async def running(
    *command: str, log: Path, cwd: Path, environment: Mapping[str, str]
) -> AsyncGenerator[Child]:
    """Run a process for as long as the context lasts."""
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=DEVNULL,
            stdout=output,
            stderr=output,
            cwd=cwd,
            env=environment,
            start_new_session=True,
        )
    child = Child(process, log)
    try:
        yield child
    finally:
        await child.end()
