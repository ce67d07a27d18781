"""The two Seams that the client has to get along with."""

from collections.abc import AsyncGenerator, Iterator

from aiohttp import ClientSession
import pytest

from tests.seam_sandbox import ManualClock, SeamSandbox

from . import fake_seam
from .document import Recorder
from .fake_seam import FakeSeam
from .servers import FakeServer, SandboxServer, Server, tracing


@pytest.fixture
def recorder() -> Recorder:
    """Judge requests and answers; the test checks what came of it."""
    return Recorder()


@pytest.fixture
async def sandbox(socket_enabled: None) -> AsyncGenerator[SeamSandbox]:
    """A house of eight locks in which time stands still."""
    sandbox = SeamSandbox(clock=ManualClock())
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@pytest.fixture(scope="session")
def fake() -> Iterator[FakeSeam]:
    """Seam's own fake; one process for all tests of a worker."""
    if reason := fake_seam.missing():
        pytest.skip(reason)
    with fake_seam.run(fake_seam.install()) as running:
        yield running


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
    fake: FakeSeam = request.getfixturevalue("fake")
    fake.do("reset")
    # Its ids are words, not uuids, and its answers are not ours to judge.
    recorder = Recorder(formats=False, answers=False)
    async with ClientSession(trace_configs=[tracing(recorder)]) as session:
        yield FakeServer(session, fake)
    recorder.check()
