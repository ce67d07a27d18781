"""How to split 300 requests an hour between lists of devices and of events.

Half of the locks tell of each movement by an event, the other half moves in
silence and is only seen in lists of devices. People use hands and codes.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
import multiprocessing
import os
from unittest.mock import patch

from custom_components.seam import coordinator
from custom_components.seam.events import poller

from .table import Row
from .truth_house import HOUR, Figures, House, Stories, live_alone
from .truth_oracle import Kind, Spans

# Seconds from one list of devices to the next, and of events: 300 an hour.
SPLITS = ((15, 60), (18, 36), (20, 30), (24, 24), (30, 20), (36, 18), (60, 15))
HAND_AND_CODE = Stories(remote=0, night=0, forgotten=0, shortest=90, longest=600)


@contextmanager
def paces(devices: float, events: float) -> Iterator[None]:
    """Let devices and events be listed as often as that, in seconds."""
    with (
        patch.object(coordinator, "READ_INTERVAL", timedelta(seconds=devices)),
        patch.object(poller, "PACE_WITHOUT_PUSH", events),
    ):
        yield


def run(devices: float, events: float) -> dict[str, Figures]:
    house = House("ab", stories=HAND_AND_CODE, lost=0.0)
    with paces(devices, events):
        return asyncio.run(live_alone(house))


def wrong(figures: Figures) -> Spans:
    """Return how long each movement was not shown."""
    spans = figures.spans
    return Spans(
        spans[Kind.LOCKED_WHILE_OPEN].lengths
        + spans[Kind.UNLOCKED_WHILE_LOCKED].lengths
    )


async def measure() -> AsyncGenerator[Row]:
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), fresh, max_tasks_per_child=1) as pool:
        loop = asyncio.get_running_loop()
        work = [loop.run_in_executor(pool, run, *split) for split in SPLITS]
        for (devices, events), done in zip(SPLITS, work, strict=True):
            found = await done
            told, silent = found["a"], found["b"]
            open_share = (
                told.share(Kind.LOCKED_WHILE_OPEN)
                + silent.share(Kind.LOCKED_WHILE_OPEN)
            ) / 2
            yield Row(
                f"devices every {devices} s, events every {events} s",
                f"silent {wrong(silent).told()}; told {wrong(told).told()}",
                f"locked while open {open_share:.3%} of the time"
                f" (silent {silent.share(Kind.LOCKED_WHILE_OPEN):.3%}, told"
                f" {told.share(Kind.LOCKED_WHILE_OPEN):.3%}), idle"
                f" {HOUR / devices + HOUR / events:.0f} requests an hour,"
                f" this house {told.requests:.0f}",
            )
