"""What is known of a bolt: tables, and any shuffle of proofs."""

from collections.abc import Callable
import random

from hypothesis import given, strategies as st
import pytest

from custom_components.seam.known import STALE, Known, Source, Verdict

type Step = Callable[[Known], Known]


def reading(locked: bool | None, at: float) -> Step:
    """Return a step that adds a reading."""
    return lambda known: known.with_reading(locked, at)


def event(locked: bool, at: float) -> Step:
    """Return a step that adds an event."""
    return lambda known: known.with_event(locked, at)


def attempt(locked: bool, start: float, end: float) -> Step:
    """Return a step that adds a confirmed attempt."""
    return lambda known: known.with_attempt(
        locked, sent_at=start, seen_at=end, started_at=start, ended_at=end
    )


def accepted(locked: bool, start: float, end: float) -> Step:
    """Return a step that adds a command that was only accepted."""
    return lambda known: known.with_acceptance(locked, start, end)


def silence(locked: bool, start: float, end: float) -> Step:
    """Return a step that adds a command without an answer."""
    return lambda known: known.with_silence(locked, start, end)


def judge(*steps: Step) -> Verdict:
    """Return what the steps add up to."""
    known = Known()
    for step in steps:
        known = step(known)
    return known.verdict


LATE = 100 + STALE + 1


@pytest.mark.parametrize(
    ("steps", "locked", "assumed", "disputed"),
    [
        pytest.param([], None, False, False, id="nothing"),
        pytest.param([reading(True, 1)], True, False, False, id="reading locked"),
        pytest.param([reading(False, 1)], False, False, False, id="reading unlocked"),
        pytest.param([reading(None, 1)], None, False, False, id="reading says nothing"),
        pytest.param(
            [reading(True, 1), reading(None, 2)], None, False, False, id="went silent"
        ),
        pytest.param(
            [reading(False, 2), reading(True, 1)], False, False, False, id="older read"
        ),
        pytest.param([event(True, 0)], True, False, False, id="event at the epoch"),
        pytest.param(
            [event(True, 5), event(False, 4)], True, False, False, id="late unlock"
        ),
        pytest.param(
            [event(False, 5), event(True, 4)], False, False, False, id="late lock"
        ),
        pytest.param([event(True, 5), event(False, 5)], False, False, False, id="tie"),
        pytest.param(
            [event(True, 5), reading(False, 4)], True, False, True, id="overtaken read"
        ),
        pytest.param(
            [event(True, 5), reading(False, 6)], False, False, True, id="contradiction"
        ),
        pytest.param(
            [event(True, 5), reading(False, 6), reading(True, 7)],
            True,
            False,
            False,
            id="contradiction resolved",
        ),
        pytest.param(
            [event(False, 100), reading(True, 101)],
            False,
            False,
            True,
            id="stale locked reading",
        ),
        pytest.param(
            [event(False, 100), reading(True, LATE)],
            True,
            False,
            False,
            id="Seam has had its time",
        ),
        pytest.param(
            [event(False, 100), reading(False, 109), reading(True, 170)],
            False,
            False,
            True,
            id="readings have not settled yet",
        ),
        pytest.param(
            [event(False, 100), reading(False, 111), reading(True, 130)],
            True,
            False,
            False,
            id="relock without an event",
        ),
        pytest.param(
            [event(True, 100), reading(None, 101)], None, False, False, id="then silent"
        ),
        pytest.param(
            [reading(False, 1), attempt(True, 2, 4)], True, False, True, id="confirmed"
        ),
        pytest.param(
            [attempt(True, 2, 6), event(False, 4)],
            False,
            False,
            False,
            id="unlocked while the attempt ran",
        ),
        pytest.param(
            [event(True, 3), attempt(False, 2, 6)],
            False,
            False,
            False,
            id="locked while the unlock attempt ran",
        ),
        pytest.param(
            [reading(True, 1), accepted(True, 2, 3)],
            None,
            False,
            True,
            id="lock accepted, nothing read",
        ),
        pytest.param(
            [reading(False, 1), accepted(True, 2, 3), reading(True, 4)],
            True,
            True,
            True,
            id="lock accepted and read",
        ),
        pytest.param(
            [
                reading(False, 1),
                accepted(True, 2, 3),
                reading(True, 4),
                reading(True, 5),
            ],
            True,
            False,
            False,
            id="lock accepted and read twice",
        ),
        pytest.param(
            [reading(True, 1), accepted(False, 2, 3)],
            False,
            True,
            True,
            id="unlock accepted, nothing read",
        ),
        pytest.param(
            [reading(True, 1), accepted(False, 2, 3), reading(True, 4)],
            False,
            True,
            True,
            id="unlock accepted, old value read",
        ),
        pytest.param(
            [event(False, 100), accepted(True, 130, 131), reading(True, 132)],
            None,
            False,
            True,
            id="lock accepted, reading may be from before the unlock",
        ),
        pytest.param(
            [reading(True, 1), silence(True, 2, 32)],
            None,
            False,
            False,
            id="lock without an answer",
        ),
        pytest.param(
            [reading(True, 1), silence(False, 2, 32)],
            None,
            False,
            False,
            id="unlock without an answer",
        ),
        pytest.param(
            [reading(True, 1), silence(False, 2, 32), reading(True, 33)],
            None,
            False,
            True,
            id="unlock without an answer, old value read",
        ),
        pytest.param(
            [reading(True, 1), silence(False, 2, 32), reading(False, 33)],
            False,
            False,
            False,
            id="unlock without an answer, then read",
        ),
        pytest.param(
            [silence(False, 2, 32), reading(True, 33 + STALE)],
            True,
            False,
            False,
            id="the unlock has had its time",
        ),
        pytest.param(
            [silence(False, 2, 32), event(True, 40)],
            True,
            False,
            False,
            id="locked after the unlock without an answer",
        ),
        pytest.param(
            [silence(False, 2, 32), event(True, 20)],
            None,
            False,
            True,
            id="locked while the unlock was out",
        ),
    ],
)
def test_verdict(
    steps: list[Step], locked: bool | None, assumed: bool, disputed: bool
) -> None:
    """Each row is one story of a lock."""
    verdict = judge(*steps)
    assert (verdict.locked, verdict.assumed, verdict.disputed) == (
        locked,
        assumed,
        disputed,
    )


def unsure(locked: bool, sent: float, seen: float) -> Step:
    """Return a step that adds a confirmed attempt; our clock is off by up to 2 s."""
    return lambda known: known.with_attempt(
        locked, sent_at=sent, seen_at=seen, started_at=sent - 2, ended_at=seen + 2
    )


def test_the_order_of_our_own_commands_is_certain() -> None:
    """However little is known of Seam's clock; against events it counts."""
    assert judge(unsure(False, 100, 101), unsure(True, 101, 102)).locked is True
    assert judge(unsure(True, 100, 101), unsure(False, 101, 102)).locked is False
    # The unlock was still on its way when the lock was sent.
    assert judge(unsure(False, 100, 103), unsure(True, 101, 102)).locked is False
    assert judge(unsure(True, 101, 102), unsure(False, 100, 103)).locked is False
    between = event(False, 100.5)
    assert (
        judge(unsure(False, 100, 101), between, unsure(True, 101, 102)).locked is False
    )


def test_verdict_names_its_proof() -> None:
    """The deciding proof's time and source are told."""
    verdict = judge(reading(True, 1), event(False, 5))
    assert (verdict.proven_at, verdict.source) == (5, Source.EVENT)
    verdict = judge(event(False, 5), reading(False, 9))
    assert (verdict.proven_at, verdict.source) == (9, Source.READING)


def test_jam_lasts_until_something_proves_otherwise() -> None:
    """A jam is shown until the bolt moves; a failed lock until it locks."""
    known = Known().with_reading(False, 1).with_failure(True, 2, jammed=True)
    assert known.is_jammed
    assert known.lock_failed
    known = known.with_reading(False, 3)
    assert known.is_jammed
    moved = known.with_event(False, 4)
    assert not moved.is_jammed
    assert moved.lock_failed
    locked = known.with_reading(True, 5)
    assert not locked.is_jammed
    assert not locked.lock_failed


proofs = st.lists(st.tuples(st.booleans(), st.integers(0, 50)), min_size=1, max_size=20)


@given(proofs, st.randoms(use_true_random=False))
def test_any_order_of_events_ends_the_same(
    events: list[tuple[bool, int]], rng: random.Random
) -> None:
    """Order and repetition of events make no difference."""
    shuffled = [*events, *rng.choices(events, k=len(events))]
    rng.shuffle(shuffled)
    first = judge(*(event(locked, at) for locked, at in events))
    second = judge(*(event(locked, at) for locked, at in shuffled))
    assert first == second
    newest = max(at for _, at in events)
    assert first.locked is all(locked for locked, at in events if at == newest)
