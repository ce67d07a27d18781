"""The harness keeps its promises: tests rest upon them."""

import time

from custom_components.seam.api import SeamClient
from tests.harness import Harness
from tests.seam_sandbox import SeamSandbox


async def test_our_own_clock_may_jump_alone(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    client: SeamClient = harness.entry.runtime_data.coordinator.client
    truth, loop = sandbox.clock.now(), harness.hass.loop.time()
    assert time.time() == truth

    harness.set_own_clock(7200)
    assert time.time() == truth + 7200
    assert sandbox.clock.now() == truth
    assert harness.hass.loop.time() == loop
    await harness.advance(120)
    assert sandbox.clock.now() == truth + 120
    assert abs(client.now() - sandbox.clock.now()) <= client.clock_error

    harness.set_own_clock(0)
    assert time.time() == sandbox.clock.now() == truth + 120
