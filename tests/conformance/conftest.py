"""The two Seams that the client has to get along with."""

import asyncio
from collections.abc import AsyncGenerator

from aiohttp import ClientSession
import pytest

from tests.seam_sandbox import ManualClock, SeamSandbox

from . import fake_seam
from .document import Recorder
from .servers import FakeServer, SandboxServer, Server, tracing


@pytest.fixture
def recorder(request: pytest.FixtureRequest) -> Recorder:
    """Judge requests and answers; the test checks what came of it."""
    return Recorder()


@pytest.fixture
async def sandbox(socket_enabled: None) -> AsyncGenerator[SeamSandbox]:
    """A house of eight locks in which time stands still."""
    sandbox = SeamSandbox(clock=ManualClock())
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@pytest.fixture(params=["sandbox", "fake"])
async def server(
    request: pytest.FixtureRequest, socket_enabled: None
) -> AsyncGenerator[Server]:
    """A Seam, and a recorder that has found nothing wrong at the end."""
    if request.param == "sandbox":
        recorder = Recorder()
        sandbox = SeamSandbox(clock=ManualClock())
        sandbox.api.observers.append(recorder)
        await sandbox.start()
        async with ClientSession() as session:
            yield SandboxServer(session, sandbox)
        await sandbox.stop()
        recorder.check()
        return
    if reason := fake_seam.missing():
        pytest.skip(reason)
    folder = await asyncio.to_thread(fake_seam.install)
    # Its ids are words, not uuids, and its answers are not ours to judge.
    recorder = Recorder(formats=False, answers=False)
    async with (
        fake_seam.run(folder) as fake,
        ClientSession(trace_configs=[tracing(recorder)]) as session,
    ):
        yield FakeServer(session, fake)
    recorder.check()
