"""Thousands of bolts live through their minutes: none is lied about, all settle."""

from collections import defaultdict
import os

import pytest

from custom_components.seam import coordinator
from custom_components.seam.lock_state import reread
from tests.lock_state.worlds import (
    LIST_PACE,
    LIST_PACE_UNSURE,
    LIST_PACE_WITH_PUSH,
    REREAD_DELAYS,
    Tuning,
    World,
)

DEEP = bool(os.environ.get("SEAM_DEEP"))
SHARDS = 8 if DEEP else 2
WORLDS = 40_000 if DEEP else 4_000
# A brand without events whose view follows.
SILENT = Tuning(polled=False, push=False, tells="none", restarts=False, lost=False)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_no_lie_and_settled_in_time(shard: int) -> None:
    lies, missed = [], []
    took: dict[str, list[float]] = defaultdict(list)
    for seed in range(shard * WORLDS, (shard + 1) * WORLDS):
        report = World(seed).run()
        if report.lies:
            lies.append(seed)
        if report.missed is not None:
            missed.append((seed, report.kind, report.bound))
        elif report.short:
            took[report.kind].append(report.settled)
    assert not lies
    assert not missed
    # Where the view follows, what can be known is known soon.
    for kind, seconds in took.items():
        if kind.startswith("lag list"):
            seconds.sort()
            assert seconds[len(seconds) * 95 // 100] <= 45.0, kind


def share_of_slow(tuning: Tuning, worlds: int) -> float:
    """Return which share of worlds takes more than a minute to settle."""
    reports = [World(seed, tuning).run() for seed in range(worlds)]
    return sum(report.settled > 60.0 for report in reports) / worlds


def test_what_a_short_opening_leaves_open_is_rare() -> None:
    """Where the bound is 11 minutes, most are settled in one all the same."""
    assert share_of_slow(SILENT, 2000) < 0.15


def test_readings_that_lag_behind_events_are_learnt() -> None:
    """What may go wrong once, goes wrong no more once a reading has shown it."""
    worlds = WORLDS // 2
    again = lied = 0
    for seed in range(worlds):
        tuning = Tuning(lagging=True, apart=700.0, lost=False, restarts=bool(seed % 2))
        report = World(seed, tuning).run()
        lied += bool(report.lies)
        for _, _, shown, restarted in report.lies:
            assert not restarted, seed
            again += shown
    assert lied > worlds // 50
    # News of another unlock at the very time may hide it.
    assert again <= worlds // 500


def test_the_simulated_client_keeps_the_pace_of_the_real_one() -> None:
    assert reread.REREAD_DELAYS == REREAD_DELAYS
    assert coordinator.READ_INTERVAL.total_seconds() == LIST_PACE
    assert coordinator.READ_INTERVAL_UNSURE.total_seconds() == LIST_PACE_UNSURE
    assert coordinator.READ_INTERVAL_WITH_PUSH.total_seconds() == LIST_PACE_WITH_PUSH
