"""A house in which time stands still, and ways to ask its Seam."""

from collections.abc import AsyncGenerator

from aiohttp import ClientSession
import pytest

from custom_components.seam.api import SeamClient

from . import ManualClock, SeamSandbox
from .asking import Asking


@pytest.fixture
async def sandbox(socket_enabled: None) -> AsyncGenerator[SeamSandbox]:
    sandbox = SeamSandbox(clock=ManualClock())
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@pytest.fixture
def clock(sandbox: SeamSandbox) -> ManualClock:
    assert isinstance(sandbox.clock, ManualClock)
    return sandbox.clock


@pytest.fixture
async def session(sandbox: SeamSandbox) -> AsyncGenerator[ClientSession]:
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    async with ClientSession(sandbox.url, headers=headers) as session:
        yield session


@pytest.fixture
def client(session: ClientSession, sandbox: SeamSandbox) -> SeamClient:
    return SeamClient(session, sandbox.api_key, endpoint=sandbox.url)


@pytest.fixture
def seam(session: ClientSession) -> Asking:
    return Asking(session)
