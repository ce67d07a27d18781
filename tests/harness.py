"""Home Assistant and the sandbox in one loop, under one clock that a test moves.

The clock is frozen: loop timers, Home Assistant and the sandbox all read it, and
nothing happens until a test advances it. A simulated day takes seconds, and two
runs of a test see the very same order of things.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
import time
from typing import Any, Self

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.util.async_ import get_scheduled_timer_handles
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.seam.const import CONF_ENDPOINT, DOMAIN
from tests.seam_sandbox import Door, RealClock, SeamSandbox

# Not the loop's: a frozen loop would never wake up.
real_sleep = time.sleep
# Turns of the loop without a request after which nothing more will come.
QUIET_TURNS = 25
# A timer is due a little after its time, as with a real clock.
TICK = 0.001


class Harness:
    """One workspace in Home Assistant, and the truth behind it.

    Attributes:
        hass: Home Assistant.
        sandbox: the embedded Seam.
        entry: the config entry; not set up until `set_up` is called.
        watchers: called whenever time stands still and all has happened.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        sandbox: SeamSandbox,
        freezer: FrozenDateTimeFactory,
    ) -> None:
        self.hass = hass
        self.sandbox = sandbox
        self.freezer = freezer
        self.watchers: list[Callable[[], None]] = []
        self._frozen_time = time.time
        self.entry = MockConfigEntry(
            domain=DOMAIN,
            title="Canary House",
            unique_id=sandbox.workspace_id,
            data={CONF_API_KEY: sandbox.api_key, CONF_ENDPOINT: sandbox.url},
        )

    @classmethod
    @asynccontextmanager
    async def with_locks(
        cls,
        hass: HomeAssistant,
        freezer: FrozenDateTimeFactory,
        locks: int = 8,
        **options: Any,
    ) -> AsyncGenerator[Self]:
        """Run a sandbox with that many locks, and take all down afterwards."""
        # It would call a clock that is moved by hand slow, and take half the time.
        hass.loop.set_debug(False)
        sandbox = SeamSandbox(locks, **options)
        await sandbox.start()
        harness = cls(hass, sandbox, freezer)
        try:
            yield harness
        finally:
            for entry in hass.config_entries.async_entries(DOMAIN):
                if entry.state is ConfigEntryState.LOADED:
                    await hass.config_entries.async_unload(entry.entry_id)
            await harness.settle()
            harness.set_own_clock(0.0)
            await sandbox.stop()

    async def set_up(
        self,
        *,
        options: Mapping[str, Any] | None = None,
        state: ConfigEntryState = ConfigEntryState.LOADED,
    ) -> None:
        """Set the entry up, and wait until it is in this state."""
        if self.entry.entry_id not in {
            entry.entry_id for entry in self.hass.config_entries.async_entries(DOMAIN)
        }:
            self.entry.add_to_hass(self.hass)
        if options is not None:
            self.hass.config_entries.async_update_entry(self.entry, options=options)
        setup = asyncio.create_task(
            self.hass.config_entries.async_setup(self.entry.entry_id)
        )
        await self.until(setup)
        await self.settle()
        assert self.entry.state is state

    async def unload(self) -> None:
        """Unload the entry."""
        assert await self.hass.config_entries.async_unload(self.entry.entry_id)
        await self.settle()

    # -- time

    async def settle(self) -> None:
        """Let everything happen that can happen without time going on."""
        hass, quiet, seen = self.hass, 0, (-1, -1)
        while quiet < QUIET_TURNS:
            await asyncio.sleep(0)
            now = len(self.sandbox.requests), len(asyncio.all_tasks())
            if now != seen:
                quiet, seen = 0, now
            elif any(
                not isinstance(job, asyncio.Task) and not job.done()
                for job in (*hass._tasks, *hass._background_tasks)
            ):
                quiet = 0  # a thread is at work, in real time
                real_sleep(0.0002)
            else:
                quiet += 1

    async def advance(self, seconds: float) -> None:
        """Let time go on, from one timer to the next."""
        loop = self.hass.loop
        end = loop.time() + seconds
        while True:
            await self.settle()
            for watch in self.watchers:
                watch()
            due = min(
                (
                    handle.when()
                    for handle in get_scheduled_timer_handles(loop)
                    if not handle.cancelled()
                ),
                default=end,
            )
            if due > end:
                break
            self.freezer.tick(max(due - loop.time(), 0.0) + TICK)
        if (left := end - loop.time()) > 0:
            self.freezer.tick(left)
        await self.settle()

    async def until[T](self, task: asyncio.Task[T], most: float = 400.0) -> T:
        """Advance until a task is done; at most this many seconds."""
        end = self.hass.loop.time() + most
        await self.settle()
        while not task.done() and self.hass.loop.time() < end:
            await self.advance(0.05)
        assert task.done(), "it takes too long"
        return task.result()

    def set_own_clock(self, ahead: float) -> None:
        """Set the machine's clock wrong by some seconds, 0 for right.

        Only what tells the time of day jumps, `time.time`: neither the loop's
        clock nor the truth behind the sandbox does.
        """
        clock, frozen_time = self.sandbox.clock, self._frozen_time
        assert isinstance(clock, RealClock)
        clock.machine_ahead = ahead
        time.time = (lambda: frozen_time() + ahead) if ahead else frozen_time

    # -- what people do and see

    def entity_id(self, door: Door, domain: str = "lock", key: str = "") -> str | None:
        """Return the id of one of a lock's entities, None when it has none."""
        unique_id = f"{door.device_id}-{key}" if key else door.device_id
        return er.async_get(self.hass).async_get_entity_id(domain, DOMAIN, unique_id)

    def state(self, door: Door, domain: str = "lock", key: str = "") -> State:
        """Return the state of one of a lock's entities."""
        entity_id = self.entity_id(door, domain, key)
        assert entity_id is not None
        state = self.hass.states.get(entity_id)
        assert state is not None
        return state

    def workspace_state(self, domain: str, key: str) -> State:
        """Return the state of one of the workspace's own entities."""
        entity_id = er.async_get(self.hass).async_get_entity_id(
            domain, DOMAIN, f"{self.sandbox.workspace_id}-{key}"
        )
        assert entity_id is not None
        state = self.hass.states.get(entity_id)
        assert state is not None
        return state

    def press(self, door: Door, action: str, **kwargs: Any) -> asyncio.Task[Any]:
        """Call `lock.lock` or `lock.unlock`, and return its task."""
        return asyncio.create_task(
            self.hass.services.async_call(
                "lock",
                action,
                {"entity_id": self.entity_id(door)},
                blocking=True,
                **kwargs,
            )
        )
