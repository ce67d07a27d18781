"""Ask a Seam without our own client: the tests of the sandbox do."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import ClientResponse, ClientSession

type Json = dict[str, Any]

SINCE_EVER = "2020-01-01T00:00:00Z"
# Real seconds; nothing here takes more than a few milliseconds.
TIMEOUT = 5.0


class Asking:
    """Asks with the key of the main workspace."""

    def __init__(self, session: ClientSession) -> None:
        """Ask through a session with the address and the key."""
        self._session = session

    async def ask(self, path: str, /, **options: Any) -> ClientResponse:
        """Return a response, read; an empty object is sent if nothing else."""
        async with self._session.post(path, **{"json": {}, **options}) as response:
            await response.read()
            return response

    async def call(self, path: str, /, **body: Any) -> Json:
        """Return the JSON of an answer, whatever its status."""
        answer: Json = await (await self.ask(path, json=body)).json()
        return answer

    async def device(self, device_id: str) -> Json:
        """Return a device as Seam shows it."""
        found: Json = (await self.call("/devices/get", device_id=device_id))["device"]
        return found

    async def events(self, **wanted: Any) -> list[Json]:
        """Return all events, or those that are wanted."""
        answer = await self.call("/events/list", since=SINCE_EVER, **wanted)
        found: list[Json] = answer["events"]
        return found


def begin[T](work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Start something that goes on beside the test."""
    return asyncio.get_running_loop().create_task(work)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: it never was.
    """
    async with asyncio.timeout(TIMEOUT):
        while not condition():  # noqa: ASYNC110 - it is somebody else who acts
            await asyncio.sleep(0.001)
