"""Home Assistant is soon right about a lock of Seam's own fake, whatever the pace.

The fake only accepts commands, does them at once, and its events name no attempt.
It is told the time of Home Assistant's frozen clock whenever that moves, so that
minutes pass in no time and both agree on every moment.
"""

import asyncio
from collections.abc import AsyncGenerator
import os
import time
from types import SimpleNamespace
from typing import Any, cast, override

from aiohttp import ClientSession
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.aiohttp_client import async_get_clientsession
import pytest

from custom_components.seam.const import DOMAIN
from tests.harness import Harness, real_sleep
from tests.seam_sandbox import SeamSandbox

from .fake_seam import FakeSeam
from .servers import FakeServer

pytestmark = pytest.mark.conformance

PAUSES = (
    range(61) if os.environ.get("SEAM_DEEP") else (0, 1, 2, 5, 9, 12, 20, 30, 45, 60)
)
# Simulated seconds.
SOON = 20.0
LONGEST = 120.0


class FakeHarness(Harness):
    """Home Assistant and Seam's fake under one clock."""

    def __init__(
        self, hass: HomeAssistant, fake: FakeSeam, freezer: FrozenDateTimeFactory
    ) -> None:
        # All that is needed of a sandbox to set an entry up.
        stand_in = SimpleNamespace(
            workspace_id=FakeServer.workspace_id, api_key=FakeServer.key, url=fake.url
        )
        super().__init__(hass, cast(SeamSandbox, stand_in), freezer)
        self._fake = fake
        self._told: float | None = None

    @override
    async def settle(self) -> None:
        """Let everything happen; the answers of the fake come in real time."""
        if self._told != (now := time.time()):
            self._fake.do("set_clock", seconds=now)
            self._told = now
        connector: Any = async_get_clientsession(self.hass).connector
        quiet, tasks = 0, -1
        while quiet < 25:
            await asyncio.sleep(0)
            if connector._acquired or (now := len(asyncio.all_tasks())) != tasks:
                quiet, tasks = 0, len(asyncio.all_tasks())
                real_sleep(0.0002)
            else:
                quiet += 1

    def shown(self) -> str:
        """Return the state of the lock."""
        entity_id = er.async_get(self.hass).async_get_entity_id(
            "lock", DOMAIN, FakeServer.lock
        )
        state = self.hass.states.get(str(entity_id))
        assert state is not None
        return state.state

    async def seconds_until(self, state: str, most: float = LONGEST) -> float:
        """Return how long it takes until a state is shown, or most."""
        begun = self.hass.loop.time()
        while (
            self.shown() != state
            and (left := most - (self.hass.loop.time() - begun)) > 0
        ):
            await self.advance(min(0.5, left))
        return self.hass.loop.time() - begun


@pytest.fixture
async def harness(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    fake: FakeSeam,
    socket_enabled: None,
    enable_custom_integrations: None,
) -> AsyncGenerator[FakeHarness]:
    """Return a workspace of the fake, set up in Home Assistant."""
    hass.loop.set_debug(False)
    fake.do("reset")
    harness = FakeHarness(hass, fake, freezer)
    await harness.set_up()
    yield harness
    await harness.unload()
    fake.do("set_clock", seconds=None)


async def test_unlock_and_lock_in_turns(harness: FakeHarness, fake: FakeSeam) -> None:
    late: list[str] = []
    entity_id = er.async_get(harness.hass).async_get_entity_id(
        "lock", DOMAIN, FakeServer.lock
    )

    async def call(action: str) -> bool:
        try:
            await harness.hass.services.async_call(
                "lock", action, {"entity_id": entity_id}, blocking=True
            )
        except HomeAssistantError:
            return False
        return True

    async with ClientSession() as session:
        server = FakeServer(session, fake)

        async def turn(action: str, pause: float) -> None:
            """Call, hold all against the truth, and pause."""
            locked, wanted = action == "lock", f"{action}ed"
            done = await harness.until(asyncio.create_task(call(action)))
            shown = harness.shown()
            answer = await server.post("/devices/get", device_id=FakeServer.lock)
            assert answer["device"]["properties"]["locked"] is locked
            name = f"{action}, then {pause:g} s"
            if not done:
                late.append(f"{name}: raised, though it was done")
            elif locked and shown != wanted:
                late.append(f"{name}: returned with {shown}")
            took = await harness.seconds_until(wanted, min(SOON, pause))
            if harness.shown() != wanted and (locked or pause >= SOON):
                took += await harness.seconds_until(wanted)
                if took > SOON:
                    late.append(f"{name}: right after {took:.1f} s")
            await harness.advance(max(0.0, pause - took))

        for pause in PAUSES:
            await turn("unlock", pause)
            # It has to be right before the next turn begins.
            await turn("lock", max(pause, SOON))
            await turn("unlock", pause)
            await turn("lock", pause)
    assert not late, "\n".join(late)
