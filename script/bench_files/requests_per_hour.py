"""Requests in an hour in which nothing happens, simulated under a frozen clock."""

from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from typing import cast

import freezegun
from freezegun.api import FrozenDateTimeFactory
import pytest_homeassistant_custom_component.patch_time  # noqa: F401 - makes Home Assistant's clock one that can be frozen

from tests.harness import Harness
from tests.seam_sandbox import SeamSandbox
from tests.seam_sandbox.catalogue import MODELS, Plan, build_plans

from .assistant import home_assistant
from .table import Row

HOUSES = (5, 500, 2000)
HOUR = 3600.0
# After the start, and after push is proven, until all is at its pace; seconds.
WARM_UP = 900.0
MOST = 300
MOST_WITH_PUSH = 20


@contextmanager
def frozen() -> Iterator[FrozenDateTimeFactory]:
    """Let all clocks stand still, as the tests do."""
    with freezegun.freeze_time() as clock:
        yield cast(FrozenDateTimeFactory, clock)


def without_door_sensors(locks: int) -> list[Plan]:
    return [Plan(name=f"Door {at}", model=MODELS["schlage"]) for at in range(locks)]


async def count(
    clock: FrozenDateTimeFactory, plans: list[Plan], *, push: bool
) -> Counter[str]:
    """Return how many requests each path had within an hour."""
    sandbox = SeamSandbox(plans=plans)
    await sandbox.start()
    try:
        async with home_assistant(sandbox.url) as assistant:
            harness = Harness(assistant.hass, sandbox, clock)
            harness.entry = assistant.entry
            await harness.set_up()
            if push:
                await assistant.hass.config.async_update(internal_url=assistant.url)
                await harness.advance(1)
                await assistant.deliver()
                # Each lock has to show that its movements are told by events.
                for thrown in (False, True):
                    for door in sandbox.house:
                        sandbox.turn_bolt(door, thrown=thrown)
                    await harness.advance(1)
            await harness.advance(WARM_UP)
            if assistant.entry.runtime_data.push.health.is_alive() is not push:
                raise RuntimeError("push is not as it should be")
            before = len(sandbox.requests)
            await harness.advance(HOUR)
            return Counter(one.path for one in sandbox.requests[before:])
    finally:
        await sandbox.stop()


async def measure() -> AsyncGenerator[Row]:
    with frozen() as clock:
        for locks in HOUSES:
            found = await count(clock, build_plans(locks), push=False)
            yield row(f"requests per hour, {locks:,} locks, no push", found, MOST)
        for locks in HOUSES:
            found = await count(clock, without_door_sensors(locks), push=True)
            yield row(
                f"requests per hour, {locks:,} locks, push, no door sensors",
                found,
                MOST_WITH_PUSH,
            )


def row(what: str, found: Counter[str], most: int) -> Row:
    return Row(
        what,
        f"{found.total()}",
        ", ".join(f"{path} {times}" for path, times in sorted(found.items())),
        f"<= {most}",
        found.total() <= most,
    )
