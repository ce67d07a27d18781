"""A server on loopback that answers what a test tells it to, request by request."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
import json
from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.seam.api import SeamClient

KEY = "seam_canaryKEY0123456789"

type Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass(slots=True)
class ScriptedSeam:
    """Answers each request with the next answer of the script."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    script: deque[Answer] = field(default_factory=deque)
    always: Answer | None = None  # once the script is used up
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def then(self, *answers: Answer) -> None:
        self.script.extend(answers)

    @property
    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(
            Asked(
                request.method,
                request.path_qs,
                dict(request.headers),
                json.loads(await request.read()),
            )
        )
        answer = self.script.popleft() if self.script else self.always
        assert answer is not None, "more was asked than the script answers"
        return await answer(request)

    async def hang(self, _request: web.Request) -> web.StreamResponse:
        """Answer only once the test is over."""
        await self.closing.wait()
        return web.Response()


@dataclass(slots=True)
class Waits:
    """Stands in for sleep: notes how long the client wanted to wait."""

    seconds: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)


def raw(
    body: bytes | str,
    *,
    status: int = 200,
    content_type: str = "application/json",
    headers: dict[str, str] | None = None,
) -> Answer:
    """Answer with a body as it is."""
    data = body.encode() if isinstance(body, str) else body

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(
            body=data, status=status, content_type=content_type, headers=headers
        )

    return answer


def ok(headers: dict[str, str] | None = None, **envelope: object) -> Answer:
    """Answer as Seam does when all is well."""
    return raw(json.dumps({**envelope, "ok": True}), headers=headers)


def fail(
    status: int,
    error_type: str | None = "some_type",
    message: str | None = "Some message",
    *,
    headers: dict[str, str] | None = None,
    **more: object,
) -> Answer:
    """Answer as Seam does when something is wrong."""
    error = {"type": error_type, "message": message, **more}
    return raw(
        json.dumps({"error": error, "ok": False}), status=status, headers=headers
    )


async def reset(request: web.Request) -> web.StreamResponse:
    """Break the connection instead of an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@pytest.fixture
async def seam(socket_enabled: None) -> AsyncGenerator[ScriptedSeam]:
    """A server whose answers the test scripts; all of them must be used."""
    scripted = ScriptedSeam()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", scripted.handle)
    server = TestServer(app)
    await server.start_server()
    scripted.url = str(server.make_url("")).rstrip("/")
    yield scripted
    scripted.closing.set()
    await server.close()
    assert not scripted.script, "not every answer was asked for"


@pytest.fixture
async def session(socket_enabled: None) -> AsyncGenerator[ClientSession]:
    """A session as Home Assistant would share one."""
    async with ClientSession() as shared:
        yield shared


@pytest.fixture
def waits() -> Waits:
    """The client's waits, which take no time."""
    return Waits()


@pytest.fixture
def client(seam: ScriptedSeam, session: ClientSession, waits: Waits) -> SeamClient:
    """A client of the scripted server."""
    return SeamClient(session, KEY, endpoint=seam.url, sleep=waits.sleep)
