"""The sandbox behaves as Seam's API is documented to, and its doors as doors."""

from collections.abc import AsyncGenerator

from aiohttp import ClientSession
import pytest

from custom_components.seam.api import AttemptStatus, SeamClient

from .seam_sandbox import ManualClock, SeamSandbox


@pytest.fixture
async def sandbox(socket_enabled: None) -> AsyncGenerator[SeamSandbox]:
    """A house of eight locks in which time stands still."""
    sandbox = SeamSandbox(clock=ManualClock())
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@pytest.fixture
def clock(sandbox: SeamSandbox) -> ManualClock:
    assert isinstance(sandbox.clock, ManualClock)
    return sandbox.clock


@pytest.fixture
async def client(sandbox: SeamSandbox) -> AsyncGenerator[SeamClient]:
    async with ClientSession() as session:
        yield SeamClient(session, sandbox.api_key, endpoint=sandbox.url)


async def test_lists_devices_of_many_brands(
    sandbox: SeamSandbox, client: SeamClient
) -> None:
    found = await client.list_devices()

    assert found.skipped == 0
    assert len([device for device in found.devices if device.is_lock]) == 8
    assert len(found.devices) == 10
    assert len({device.device_type for device in found.devices}) == 10
    assert sandbox.count("/devices/list") == 1


async def test_a_command_takes_its_time_and_moves_the_bolt(
    sandbox: SeamSandbox, client: SeamClient, clock: ManualClock
) -> None:
    door = sandbox.door("Front Door")
    attempt = await client.unlock_door(door.device_id)
    assert attempt.status is AttemptStatus.PENDING

    await clock.advance(1.299)
    attempt = await client.get_action_attempt(attempt.action_attempt_id)
    assert attempt.status is AttemptStatus.PENDING
    assert door.bolt_thrown

    await clock.advance(0.001)
    attempt = await client.get_action_attempt(attempt.action_attempt_id)
    assert attempt.status is AttemptStatus.SUCCESS
    assert attempt.was_confirmed
    assert not door.bolt_thrown
    assert (await client.get_device(door.device_id)).locked is False
