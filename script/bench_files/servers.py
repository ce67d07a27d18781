"""Servers in processes of their own, so that their work is not ours."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
import sys
from typing import Any

import aiohttp

from tests.seam_sandbox import API_KEY

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Seam:
    """A Seam that listens on loopback.

    Attributes:
        url: without a path.
        session: to ask it with.
    """

    url: str
    session: aiohttp.ClientSession

    async def act(self, action: str, **facts: Any) -> None:
        """Let the sandbox do something in the house."""
        async with self.session.post(
            f"{self.url}/_sandbox/{action}", json=facts
        ) as response:
            answer = await response.json()
            if not answer["ok"]:
                raise ValueError(answer["error"])


@asynccontextmanager
async def serve(module: str, locks: int) -> AsyncGenerator[Seam]:
    """Run a module that prints `Address: …` once it listens."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, "--port", "0", "--locks", str(locks)),
        stdin=DEVNULL,
        stdout=PIPE,
        cwd=ROOT,
    )
    try:
        if process.stdout is None:
            raise RuntimeError(module)
        async for line in process.stdout:
            if line.startswith(b"Address: "):
                break
        else:
            raise RuntimeError(f"{module} did not start")
        url = line.decode().split()[1]
        headers = {"Authorization": f"Bearer {API_KEY}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            yield Seam(url, session)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def sandbox(locks: int) -> Any:
    """Run the sandbox under the real clock."""
    return serve("tests.seam_sandbox", locks)


def recorded(locks: int) -> Any:
    """Run a server that repeats what the sandbox answered, without thinking."""
    return serve("script.bench_files.recorded", locks)
