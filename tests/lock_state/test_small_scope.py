"""Every world of small scopes: none lies, and each is settled in time."""

import os
import sys
import time

import pytest

from tests.lock_state.small_scope import Scope, follow, settle

DEEP = bool(os.environ.get("SEAM_DEEP"))

# A slow unlock and two hands around the looks of a polled view.
TURN = Scope(
    "a turn, polled",
    (1, 2, 20, 40, 50, 62.5, 64, 66, 80),
    2,
    1,
    True,
    locks=False,
    read_before=1.0,
)
# Our clock is ahead, and Seam's view as late as can be.
CLOCK = Scope(
    "clock ahead, view of 10 s",
    (0, 1, 5, 9.9, 10.5, 13.2, 14.5),
    3,
    0,
    False,
    hands_tell=True,
    skew=2.0,
    thrown=False,
)
TIE = Scope("tie", (0, 0, 1, 1, 5, 13, 30), 3, 0, False, hands_tell=True)
# Times, hands, commands, polled, and how many worlds that makes.
SCOPES = (
    (TIE, 13_587),
    (CLOCK, 20_274),
    (
        Scope(
            "clock behind, view of 10 s",
            (0, 1, 5, 9.9, 10.5, 13.2, 14.5),
            3,
            0,
            False,
            hands_tell=True,
            skew=-2.0,
        ),
        20_274,
    ),
    (
        Scope(
            "confirmed commands", (0, 1, 2, 4, 5, 13, 20), 1, 2, False, confirms=True
        ),
        99_537,
    ),
    (Scope("accepted commands, polled", (0, 1, 2, 4, 7, 17), 1, 2, True), 36_977),
    (TURN, 451_472),
    (
        Scope("unlock lost, polled", (0, 3, 30, 61, 63, 75, 90), 1, 1, True, lost=True),
        45_508,
    ),
    (Scope("two unlocks lost", (0, 1, 3, 30, 61, 75), 0, 2, False, lost=True), 20_382),
    (
        Scope(
            "events and polls",
            (0, 1, 8, 13, 16, 29),
            2,
            1,
            True,
            hands_tell=True,
            remote_tells=True,
        ),
        36_681,
    ),
)
DEEP_SCOPES = (
    Scope("turn", (0, 1, 2, 20, 40, 50, 62.5, 64, 66, 80), 2, 1, True),
    Scope("polled", (0, 2, 5, 20, 34, 61, 63, 75, 140), 2, 1, True),
    Scope("lost", (0, 1, 3, 30, 61, 63, 75, 90), 1, 2, True, lost=True),
    Scope("confirmed", (0, 1, 2, 4, 5, 7, 13, 20), 1, 2, False, confirms=True),
    Scope("confirmed, polled", (0, 1, 2, 4, 5, 7, 17, 61), 1, 2, True, confirms=True),
    Scope("accepted", (0, 1, 2, 4, 5, 7, 17, 20), 1, 2, True),
    Scope(
        "clock",
        (0, 1, 3, 5, 9.9, 10.5, 11, 13.2, 14.5),
        3,
        0,
        False,
        hands_tell=True,
        skew=2.0,
        thrown=False,
    ),
    Scope(
        "events and polls",
        (0, 1, 3, 8, 13, 16, 29),
        2,
        1,
        True,
        hands_tell=True,
        remote_tells=True,
    ),
)


@pytest.mark.parametrize(
    ("scope", "worlds"),
    [
        *SCOPES,
        *((scope, 0) for scope in DEEP_SCOPES if DEEP),
    ],
    ids=lambda value: value.name if isinstance(value, Scope) else "",
)
def test_every_world_of_a_small_scope(
    scope: Scope, worlds: int, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = time.perf_counter()
    result = follow(scope)
    assert not result.lie, "\n".join(result.lie)
    assert result.worlds == worlds or not worlds
    every = max(1, len(result.ends) // (20_000 if DEEP else 1500))
    late = []
    for state in result.ends[::every]:
        settled, bound = settle(scope, state)
        if settled is None or settled > bound:
            late.append((settled, bound, state))
    assert not late, late[0]
    took = time.perf_counter() - begun
    with capsys.disabled():
        sys.stdout.write(
            f"\n{scope.name}: {result.worlds:,} worlds, {len(result.ends):,} ends, "
            f"{took:.1f} s\n"
        )
