"""A whole refresh: list, parse, compare, tell entities, write states."""

from collections.abc import AsyncGenerator, Sequence
import gc
import time
import tracemalloc

from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import (
    Event,
    EventStateChangedData,
    EventStateReportedData,
    HomeAssistant,
    callback,
)

from tests.seam_sandbox.catalogue import build_plans

from .assistant import Assistant, home_assistant
from .listing import floor
from .servers import Seam, sandbox
from .table import Row, middle, ratio

ROUNDS = 9
MIB = 2**20


class Writes:
    """Counts what entities write."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.changed = self.reported = 0

        @callback
        def changed(_event: Event[EventStateChangedData]) -> None:
            self.changed += 1

        @callback
        def reported(_event: Event[EventStateReportedData]) -> None:
            self.reported += 1

        hass.bus.async_listen(EVENT_STATE_CHANGED, changed)
        hass.bus.async_listen(EVENT_STATE_REPORTED, reported, event_filter=_all)

    def take(self) -> tuple[int, int]:
        """Return how many changed and how many told the same again, since then."""
        found = self.changed, self.reported
        self.changed = self.reported = 0
        return found


@callback
def _all(_data: object) -> bool:
    return True


def chargeable(locks: int) -> list[str]:
    """Return one lock in a hundred whose charge can change without an event."""
    plans = [
        plan
        for plan in build_plans(locks)
        if plan.online and plan.model.battery and plan.battery > 0.76  # noqa: PLR2004 - above it Seam's word for the charge stays "full"
    ]
    return [plan.name for plan in plans[: max(1, locks // 100)]]


async def measure() -> AsyncGenerator[Row]:
    for locks in (100, 2000):
        async with sandbox(locks) as seam, home_assistant(seam.url) as assistant:
            began = time.perf_counter()
            await assistant.set_up()
            await assistant.hass.async_block_till_done()
            set_up = time.perf_counter() - began
            entities = len(assistant.hass.states.async_all())
            yield Row(
                f"set-up with {locks:,} locks",
                f"{set_up:.2f} s",
                f"{entities:,} enabled entities",
            )
            writes = Writes(assistant.hass)
            for doors in ([], chargeable(locks)):
                what = f"{locks:,} locks, {len(doors) * 100 // locks} % changed"
                yield await refresh(assistant, seam, writes, doors, what)
            yield Row(
                f"refresh of {locks:,} locks, peak memory",
                f"{await peak(assistant):.1f} MiB",
                f"{await peak_of_floor(seam):.1f} MiB at the floor",
            )


async def refresh(
    assistant: Assistant,
    seam: Seam,
    writes: Writes,
    doors: Sequence[str],
    what: str,
) -> Row:
    coordinator = assistant.entry.runtime_data.coordinator
    taken: list[float] = []
    bottom: list[float] = []
    written: set[tuple[int, int]] = set()
    for turn in range(ROUNDS):
        for door in doors:
            await seam.act("set_battery", door=door, level=0.90 + turn / 100)
        gc.collect()
        began = time.perf_counter()
        await floor(seam)
        bottom.append(time.perf_counter() - began)
        gc.collect()
        writes.take()
        began = time.perf_counter()
        await coordinator.async_refresh()
        taken.append(time.perf_counter() - began)
        written.add(writes.take())
    (count,) = written
    return Row(
        f"refresh of {what}",
        f"{middle(taken)}, {ratio(taken, bottom):.2f}x the floor",
        f"{count[0]} states changed, {count[1]} written as they were",
        "" if doors else "none written",
        None if doors else count == (0, 0),
    )


async def peak(assistant: Assistant) -> float:
    tracemalloc.start()
    await assistant.entry.runtime_data.coordinator.async_refresh()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found / MIB


async def peak_of_floor(seam: Seam) -> float:
    tracemalloc.start()
    await floor(seam)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found / MIB
