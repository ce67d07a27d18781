"""What the evidence on a bolt adds up to: tables, and any shuffle of proofs."""

from collections.abc import Callable
import random

from hypothesis import given, strategies as st
import pytest

from custom_components.seam.lock_state.evidence import (
    ACCEPTED,
    LATE,
    LOOK,
    SETTLE,
    STALE,
    Evidence,
    Source,
    Verdict,
    speaks_of_jam,
)

type Step = Callable[[Evidence], Evidence]


def reading(locked: bool | None, at: float) -> Step:
    """Return a step that adds a reading."""
    return lambda evidence: evidence.with_reading(locked, at)


def event(locked: bool, at: float, heard_at: float | None = None) -> Step:
    """Return a step that adds an event, heard at once if not told otherwise."""
    heard_at = at if heard_at is None else heard_at
    return lambda evidence: evidence.with_event(locked, at, heard_at)


def attempt(locked: bool, sent: float, seen: float, error: float = 0.0) -> Step:
    """Return a step that adds a confirmed attempt; our clock is off by an error."""
    return lambda evidence: evidence.with_attempt(
        locked,
        sent_at=sent,
        seen_at=seen,
        started_at=sent - error,
        ended_at=seen + error,
    )


def accepted(locked: bool, sent: float, seen: float, error: float = 0.0) -> Step:
    """Return a step that adds a command that was only accepted."""
    return lambda evidence: evidence.with_acceptance(
        locked, sent_at=sent, seen_at=seen, ended_at=seen + error
    )


def elsewhere(at: float, heard_at: float) -> Step:
    """Return a step that adds an unlock command of another app."""
    return lambda evidence: evidence.with_unlock_elsewhere(at, heard_at)


def silence(locked: bool, sent: float, until: float) -> Step:
    """Return a step that adds a command without an answer."""
    return lambda evidence: evidence.with_silence(locked, sent_at=sent, until=until)


def certain(until: float) -> Step:
    """Return a step that ends a doubt."""
    return lambda evidence: evidence.without_doubt(until)


def failure(locked: bool, at: float, *, jammed: bool = False) -> Step:
    """Return a step that adds a command that failed."""
    return lambda evidence: evidence.with_failure(locked, at, jammed=jammed)


def restart(now: float) -> Step:
    """Return a step that stores the evidence and takes it back."""
    return lambda evidence: Evidence.restored(evidence.as_stored(), now)


def gather(*steps: Step) -> Evidence:
    """Return the evidence after some steps."""
    evidence = Evidence()
    for step in steps:
        evidence = step(evidence)
    return evidence


def judge(*steps: Step) -> Verdict:
    """Return what the steps add up to."""
    return gather(*steps).verdict


def prompt(*moments: float) -> list[Step]:
    """Return the steps of unlocks that showed in readings at once."""
    return [
        step
        for at in moments
        for step in (
            reading(True, at - 10),
            accepted(False, at, at + 0.8),
            reading(False, at + 2.8),
            reading(False, at + 30),
            reading(True, at + 75),
        )
    ]


def quick_relock(at: float) -> list[Step]:
    """Return the steps of an unlock that no reading shows."""
    return [
        reading(True, at - 10),
        accepted(False, at, at + 0.8),
        reading(True, at + 14),
        reading(True, at + 26),
    ]


LATER = 100 + STALE + 1
# A lock that is read at 0 s, and its view seen to turn after an unlock at 100 s.
TURNED = (reading(True, 95), accepted(False, 100, 101), reading(False, 102))

STORIES = [
    # -- one proof
    ("nothing", [], None, ""),
    ("reading locked", [reading(True, 1)], True, ""),
    ("reading unlocked", [reading(False, 1)], False, ""),
    ("a reading that never says anything", [reading(None, 1)], None, ""),
    ("went silent", [reading(True, 1), reading(None, 2)], None, ""),
    ("an older reading", [reading(False, 2), reading(True, 1)], False, ""),
    ("event at the epoch", [event(True, 0)], True, ""),
    (
        "silence of a lock that never told its position is no news",
        [event(True, 100), reading(None, 101), reading(None, 200)],
        True,
        "",
    ),
    (
        "silence of one that did is",
        [reading(True, 1), event(True, 100), reading(None, 101)],
        None,
        "",
    ),
    # -- events among each other
    ("late unlock", [event(True, 500), event(False, 100, 501)], True, ""),
    ("late lock", [event(False, 5), event(True, 4, 6)], False, ""),
    ("tie", [event(True, 5), event(False, 5)], False, ""),
    ("tie, the other way", [event(False, 5), event(True, 5)], False, ""),
    (
        "an unlock by a clock that is behind is looked into",
        [event(True, 100), event(False, 30, 120)],
        True,
        "disputed",
    ),
    (
        "an unlock by a clock that is behind, then read",
        [event(True, 100), event(False, 30, 120), reading(True, 121 + SETTLE)],
        True,
        "",
    ),
    (
        "an unlock by a clock that is behind, read too soon",
        [event(True, 100), event(False, 30, 120), reading(True, 119 + SETTLE)],
        True,
        "disputed",
    ),
    (
        "old news of an unlock disputes nothing",
        [event(True, 400), event(False, 100, 100 + LATE + 200)],
        True,
        "",
    ),
    (
        "a lock that we heard of later than of the unlock",
        [event(False, 30, 99), event(True, 100)],
        True,
        "",
    ),
    # -- readings and events
    ("overtaken reading", [event(True, 5), reading(False, 4)], True, "disputed"),
    ("contradiction", [event(True, 5), reading(False, 6)], False, "disputed"),
    (
        "contradiction resolved",
        [event(True, 5), reading(False, 6), reading(True, 7)],
        True,
        "",
    ),
    (
        "contradiction that lasts",
        [event(True, 5), reading(False, 6 + STALE)],
        False,
        "",
    ),
    (
        "unlock seen by a reading before its event",
        [reading(False, 101), event(False, 100, 105)],
        False,
        "disputed",
    ),
    (
        "reading may be from before the unlock",
        [event(False, 100), reading(True, 101)],
        False,
        "disputed",
    ),
    (
        "Seam has had its time",
        [event(False, 100), reading(True, LATER)],
        True,
        "",
    ),
    (
        "readings have not settled yet",
        [event(False, 100), reading(False, 109), reading(True, 170)],
        False,
        "disputed",
    ),
    (
        "silent relock, and readings have followed the unlock",
        [event(False, 100), reading(False, 113), reading(True, 130)],
        True,
        "",
    ),
    (
        "silent relock, told by two readings that must know of the event",
        [event(False, 100), reading(True, 113), reading(True, 125)],
        True,
        "",
    ),
    (
        "one of them is not enough",
        [event(False, 100), reading(True, 111), reading(True, 125)],
        False,
        "disputed",
    ),
    (
        "late unlock whose lock was lost",
        [event(False, 100, 300), reading(True, 313), reading(True, 325)],
        True,
        "",
    ),
    (
        "late unlock, but readings are from before Seam heard of it",
        [event(False, 100, 300), reading(True, 290), reading(True, 305)],
        False,
        "disputed",
    ),
    (
        "readings that were seen to lag behind events",
        [
            event(False, 100),
            reading(True, 113),
            reading(True, 125),
            reading(False, 140),
            reading(True, 145),
            event(False, 200),
            reading(True, 213),
            reading(True, 225),
        ],
        False,
        "disputed",
    ),
    (
        "a reading that was only faster than the event of another unlock",
        [
            event(False, 100),
            reading(True, 113),
            reading(True, 125),
            reading(False, 140),
            event(False, 139, 150),
            reading(True, 163),
            reading(True, 175),
        ],
        True,
        "",
    ),
    (
        "a reading that was only faster than the end of our unlock",
        [
            event(False, 100),
            reading(True, 113),
            reading(True, 125),
            reading(False, 140),
            attempt(False, 139, 150),
            event(False, 150),
            reading(True, 163),
            reading(True, 175),
        ],
        True,
        "",
    ),
    (
        "a reading that still shows the unlock before our confirmed lock",
        [
            event(False, 100),
            reading(True, 113),
            reading(True, 125),
            attempt(False, 200, 201),
            attempt(True, 205, 206),
            reading(False, 207),
            event(False, 300),
            reading(True, 313),
            reading(True, 325),
        ],
        True,
        "",
    ),
    # -- confirmed attempts
    ("confirmed", [reading(False, 1), attempt(True, 2, 4)], True, "disputed"),
    ("confirmed, nothing read", [attempt(True, 2, 4)], True, ""),
    (
        "unlocked while the attempt ran",
        [attempt(True, 2, 6), event(False, 4)],
        False,
        "",
    ),
    (
        "locked while the unlock attempt ran",
        [event(True, 3), attempt(False, 2, 6)],
        False,
        "",
    ),
    (
        "a reading begun before the command",
        [reading(True, 1), attempt(False, 2, 4)],
        False,
        "disputed",
    ),
    (
        "unlock confirmed and followed",
        [attempt(False, 2, 4), reading(False, 17)],
        False,
        "",
    ),
    # -- our own commands are ordered by our own clock, however wrong it is
    (
        "lock after unlock",
        [attempt(False, 100, 101, 2), attempt(True, 101, 102, 2)],
        True,
        "",
    ),
    (
        "unlock after lock",
        [attempt(True, 100, 101, 2), attempt(False, 101, 102, 2)],
        False,
        "",
    ),
    (
        "the unlock was still on its way",
        [attempt(False, 100, 103, 2), attempt(True, 101, 102, 2)],
        False,
        "",
    ),
    (
        "the unlock ended last",
        [attempt(True, 101, 102, 2), attempt(False, 100, 103, 2)],
        False,
        "",
    ),
    (
        "an event in between may be newer than the lock",
        [
            attempt(False, 100, 101, 2),
            event(False, 100.5),
            attempt(True, 101, 102, 2),
        ],
        False,
        "",
    ),
    (
        "of two unlocks that overlap the one that ends last counts",
        [attempt(False, 101, 150), attempt(False, 100, 120), attempt(True, 130, 140)],
        False,
        "",
    ),
    (
        "an older unlock that ended long ago does not come back",
        [attempt(False, 100, 101), attempt(True, 102, 103), attempt(False, 90, 95)],
        True,
        "",
    ),
    # -- commands that were only accepted
    (
        "lock accepted, nothing read",
        [reading(True, 1), accepted(True, 2, 3)],
        True,
        "",
    ),
    ("lock accepted of a lock that tells nothing", [accepted(True, 2, 3)], None, ""),
    (
        "lock accepted and read",
        [reading(False, 1), accepted(True, 2, 3), reading(True, 4)],
        True,
        "",
    ),
    (
        "lock accepted and read unlocked",
        [reading(False, 1), accepted(True, 2, 3), reading(False, 4)],
        False,
        "disputed",
    ),
    (
        "lock accepted long ago and still unlocked",
        [reading(False, 1), accepted(True, 2, 3), reading(False, 4 + ACCEPTED)],
        False,
        "",
    ),
    (
        "lock accepted, but the unlock is as likely what is read",
        [event(False, 100), accepted(True, 130, 131), reading(True, 132)],
        False,
        "disputed",
    ),
    (
        "lock accepted while locked by event",
        [event(True, 1), accepted(True, 2, 3)],
        True,
        "",
    ),
    (
        "unlock accepted, nothing read",
        [reading(True, 1), accepted(False, 2, 3)],
        False,
        "assumed disputed",
    ),
    (
        "unlock accepted, old value read",
        [reading(True, 1), accepted(False, 2, 3), reading(True, 4)],
        False,
        "assumed disputed",
    ),
    (
        "unlock accepted and read",
        [reading(True, 1), accepted(False, 2, 3), reading(False, 4)],
        False,
        "disputed",
    ),
    (
        "unlock accepted, read, then an old value",
        [accepted(False, 2, 3), reading(False, 4), reading(True, 5)],
        False,
        "disputed",
    ),
    (
        "unlock accepted, and told by an event",
        [reading(True, 1), accepted(False, 2, 3), event(False, 2.5, 4)],
        False,
        "disputed",
    ),
    (
        "unlock told by an event a moment before our accepted lock, by our clock",
        [reading(True, 1), event(False, 99.9, 100), accepted(True, 100.5, 101)],
        False,
        "disputed",
    ),
    # -- the view was seen to turn
    ("silent lock after the view has turned", [*TURNED, reading(True, 114)], True, ""),
    (
        "it may be of before the unlock",
        [*TURNED, reading(True, 112)],
        False,
        "disputed",
    ),
    (
        "the unlock may have acted after the next look",
        [
            reading(True, 50),
            reading(False, 90),
            accepted(False, 80, 50 + LOOK + 1),
            reading(True, 130),
        ],
        False,
        "disputed",
    ),
    (
        "it can have acted only before the next look",
        [
            reading(True, 50),
            reading(False, 90),
            accepted(False, 80, 50 + LOOK - 1),
            reading(True, 130),
        ],
        True,
        "",
    ),
    (
        "the view turned before our unlock, but nobody looks again so soon",
        [
            reading(True, 95),
            reading(False, 99),
            accepted(False, 100, 101),
            reading(True, 114),
        ],
        True,
        "",
    ),
    (
        "where there are events, one of them may have turned it",
        [
            event(True, 50),
            reading(True, 95),
            reading(False, 99),
            accepted(False, 100, 101),
            reading(True, 114),
        ],
        False,
        "assumed disputed",
    ),
    # -- readings that have always shown unlocks at once
    (
        "a prompt lock",
        [*prompt(0, 917, 1834, 2751), *quick_relock(3600)],
        True,
        "",
    ),
    (
        "three times are not enough",
        [*prompt(0, 917, 1834), *quick_relock(3600)],
        False,
        "assumed disputed",
    ),
    (
        "Seam looks at the second at which an automation unlocks",
        [*prompt(0, 600, 1200, 1800, 2400, 3000), *quick_relock(3620)],
        False,
        "assumed disputed",
    ),
    # -- an event told Seam of the unlock command
    (
        "our unlock was told by an event, then a silent relock",
        [
            accepted(False, 100, 101),
            event(False, 100.5, 102),
            reading(True, 115),
            reading(True, 125),
        ],
        True,
        "",
    ),
    (
        "our unlock was not told",
        [accepted(False, 100, 101), reading(True, 115), reading(True, 125)],
        False,
        "assumed disputed",
    ),
    (
        "another app's unlock was told by an event a moment before its end",
        [
            elsewhere(101, 103),
            event(False, 100.5, 102),
            reading(True, 116),
            reading(True, 125),
        ],
        True,
        "",
    ),
    (
        "unlocked elsewhere",
        [reading(True, 1), elsewhere(5, 6)],
        False,
        "assumed disputed",
    ),
    (
        "locked after it was unlocked elsewhere",
        [elsewhere(5, 6), event(True, 7)],
        True,
        "",
    ),
    # -- commands of which nobody knows
    (
        "lock without an answer",
        [reading(True, 1), silence(True, 2, 32)],
        None,
        "disputed",
    ),
    (
        "unlock without an answer",
        [reading(True, 1), silence(False, 2, 32)],
        None,
        "disputed",
    ),
    (
        "unlock without an answer, old value read",
        [reading(True, 1), silence(False, 2, 32), reading(True, 33)],
        None,
        "disputed",
    ),
    (
        "unlock without an answer, then read",
        [reading(True, 1), silence(False, 2, 32), reading(False, 33)],
        False,
        "",
    ),
    (
        "the unlock has had its time",
        [silence(False, 2, 32), reading(True, 33 + STALE)],
        True,
        "",
    ),
    (
        "the unlock has had its time, as readings have followed",
        [silence(False, 2, 32), reading(False, 45), reading(True, 46)],
        True,
        "",
    ),
    (
        "locked after the unlock without an answer",
        [silence(False, 2, 32), event(True, 40)],
        True,
        "",
    ),
    (
        "locked while the unlock was out",
        [reading(True, 1), silence(False, 2, 32), event(True, 20)],
        None,
        "disputed",
    ),
    (
        "confirmed while the unlock was out",
        [silence(False, 2, 62), attempt(True, 20, 21)],
        None,
        "disputed",
    ),
    (
        "the unlock was never sent",
        [silence(False, 2, 62), reading(True, 17), certain(62)],
        True,
        "",
    ),
    (
        "one of two unlocks was never sent",
        [
            silence(False, 2, 62),
            silence(False, 10, 70),
            reading(True, 27),
            certain(70),
        ],
        None,
        "disputed",
    ),
    (
        "neither was sent",
        [
            silence(False, 2, 62),
            silence(False, 10, 70),
            reading(True, 27),
            certain(70),
            certain(62),
        ],
        True,
        "",
    ),
    (
        "another doubt stays",
        [silence(False, 2, 62), reading(True, 27), certain(61)],
        None,
        "disputed",
    ),
    # -- restarts
    ("locked is not restored", [event(True, 100), restart(110)], None, ""),
    ("unlocked is restored", [event(False, 100), restart(110)], False, ""),
    (
        "an unlock is restored, and an old value read",
        [attempt(False, 100, 101), restart(110), reading(True, 115)],
        False,
        "disputed",
    ),
    (
        "a restored unlock trusts no event",
        [event(False, 100), restart(110), reading(True, 123), reading(True, 135)],
        False,
        "disputed",
    ),
    (
        "a restored unlock, and readings have followed",
        [event(False, 100), restart(110), reading(False, 115), reading(True, 135)],
        True,
        "",
    ),
    (
        "a restored unlock, and Seam has had its time",
        [event(False, 100), restart(110), reading(True, LATER)],
        True,
        "",
    ),
    (
        "an unlock before a lock is not restored",
        [event(False, 100), event(True, 105), restart(110), reading(True, 115)],
        True,
        "",
    ),
    (
        "doubt is restored",
        [silence(False, 100, 160), restart(110), reading(True, 115)],
        None,
        "disputed",
    ),
    (
        "doubt that a lock has ended is not",
        [silence(False, 100, 160), event(True, 161), restart(170), reading(True, 175)],
        True,
        "",
    ),
    (
        "nothing is restored to be later than now",
        [event(False, 1000), restart(110), event(True, 120)],
        True,
        "",
    ),
]


@pytest.mark.parametrize(
    ("steps", "locked", "words"),
    [pytest.param(*story[1:], id=story[0]) for story in STORIES],
)
def test_verdict(steps: list[Step], locked: bool | None, words: str) -> None:
    verdict = judge(*steps)
    said = [word for word in ("assumed", "disputed") if getattr(verdict, word)]
    assert (verdict.locked, " ".join(said)) == (locked, words)


def test_verdict_names_its_proof() -> None:
    verdict = judge(reading(True, 1), event(False, 5))
    assert (verdict.proven_at, verdict.source) == (5, Source.EVENT)
    verdict = judge(event(False, 5), reading(False, 9))
    assert (verdict.proven_at, verdict.source) == (9, Source.READING)
    verdict = judge(attempt(True, 5, 9, 1))
    assert (verdict.proven_at, verdict.source) == (4, Source.ATTEMPT)
    assert judge().source is None


def test_jam_lasts_until_something_proves_otherwise() -> None:
    evidence = gather(reading(False, 1), failure(True, 2, jammed=True))
    assert evidence.is_jammed
    assert evidence.lock_failed
    evidence = evidence.with_reading(False, 3)
    assert evidence.is_jammed
    moved = evidence.with_event(False, 4, 4)
    assert not moved.is_jammed
    assert moved.lock_failed
    assert not evidence.with_reading(True, 5).is_jammed
    assert not evidence.with_reading(True, 5).lock_failed
    confirmed = attempt(True, 6, 7)(evidence)
    assert not confirmed.is_jammed
    assert not confirmed.lock_failed


def test_old_news_of_a_failure_changes_nothing() -> None:
    assert not gather(event(True, 5), failure(True, 4)).lock_failed
    assert not gather(reading(True, 5), failure(True, 4)).lock_failed
    assert gather(attempt(False, 5, 6), failure(False, 4)).failed_wish is None
    assert gather(failure(True, 5), failure(False, 4)).lock_failed


def test_a_failure_leaves_the_last_proof() -> None:
    assert judge(event(True, 5), failure(False, 6, jammed=True)).locked is True


def test_what_a_lock_has_told_before() -> None:
    assert gather(attempt(True, 1, 2)).never_tells
    assert gather(reading(None, 1)).never_tells
    assert not gather(reading(True, 1)).never_tells
    assert not gather(event(True, 1)).never_tells
    assert gather(attempt(True, 1, 2)).confirms is True
    assert gather(accepted(True, 1, 2)).confirms is False


@pytest.mark.parametrize(
    ("words", "speaks"),
    [
        (("lock_jammed", "x"), True),
        (("x", "The bolt is obstructed."), True),
        ((None, "not fully extended"), True),
        (("timeout", None), False),
        ((None, None), False),
    ],
)
def test_words_of_a_jam(words: tuple[str | None, str | None], speaks: bool) -> None:
    assert speaks_of_jam(*words) is speaks


def test_doubts_do_not_pile_up() -> None:
    evidence = Evidence()
    for sent in range(0, 100_000, 20):
        evidence = evidence.with_silence(False, sent_at=sent, until=sent + 60)
    assert len(evidence.doubts) < 60


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        "unlocked_at",
        {"unlocked_at": "100", "doubt_at": [], "lags": 1, "tells_events": "yes"},
        {"unlocked_at": None, "locked_at": 100.0, "read_locked": True},
    ],
)
def test_malformed_store_is_left_out(stored: object) -> None:
    assert Evidence.restored(stored, 1000) == Evidence()


# -- any shuffle

moments = st.integers(0, 100)
proofs = st.lists(st.tuples(st.booleans(), moments), min_size=1, max_size=20)


@given(proofs, st.randoms(use_true_random=False))
def test_any_order_of_events_ends_the_same(
    events: list[tuple[bool, int]], rng: random.Random
) -> None:
    shuffled = [*events, *rng.choices(events, k=len(events))]
    rng.shuffle(shuffled)
    first = judge(*(event(locked, at, 100) for locked, at in events))
    second = judge(*(event(locked, at, 100) for locked, at in shuffled))
    assert first == second
    newest = max(at for _, at in events)
    assert first.locked is all(locked for locked, at in events if at == newest)


steps = st.lists(
    st.one_of(
        st.builds(reading, st.sampled_from((True, False, None)), moments),
        st.builds(
            lambda locked, at, late: event(locked, at, at + late),
            st.booleans(),
            moments,
            st.sampled_from((0, 1, 30, 400)),
        ),
        *(
            st.builds(
                lambda make, locked, sent, took, error: make(
                    locked, sent, sent + took, error
                ),
                st.just(make),
                st.booleans(),
                moments,
                st.sampled_from((0, 1, 20)),
                st.sampled_from((0, 2)),
            )
            for make in (attempt, accepted)
        ),
        st.builds(elsewhere, moments, st.just(100)),
        st.builds(
            lambda locked, sent: silence(locked, sent, sent + 60),
            st.booleans(),
            moments,
        ),
        st.builds(certain, st.integers(60, 160)),
        st.builds(failure, st.booleans(), moments),
    ),
    max_size=25,
)


@given(steps, st.integers(0, 2000))
def test_nothing_restored_adds_up_to_locked(taken: list[Step], now: int) -> None:
    evidence = gather(*taken)
    restored = Evidence.restored(evidence.as_stored(), now)
    assert restored.verdict.locked is not True
    assert restored.opened_at <= now
    again = Evidence.restored(restored.as_stored(), now)
    assert again == restored


@given(steps, st.integers(0, 3))
def test_a_restart_never_makes_it_locked_sooner(taken: list[Step], more: int) -> None:
    """A first reading after it is believed only if it was without a restart."""
    evidence = gather(*taken)
    if evidence.verdict.locked is not False or evidence.opened_at < evidence.read_at:
        return
    at = 101.0 + more * 30
    before = evidence.with_reading(True, at).verdict
    after = Evidence.restored(evidence.as_stored(), 101).with_reading(True, at).verdict
    assert after.locked is not True or before.locked is True or evidence.lags


@given(steps)
def test_locked_needs_something_that_said_so(taken: list[Step]) -> None:
    evidence = gather(*taken)
    verdict = evidence.verdict
    if verdict.locked is True:
        assert evidence.read_locked is True or evidence.locked_at > evidence.opened_at
        assert not verdict.assumed
        assert verdict.proven_at is not None
    if verdict.assumed:
        assert verdict.locked is False
        assert verdict.source is Source.ATTEMPT


@given(steps, st.integers(101, 200))
def test_a_newer_unlock_always_wins(taken: list[Step], at: int) -> None:
    evidence = gather(*taken)
    for told in (event(False, at), attempt(False, at, at), elsewhere(at, at)):
        assert told(evidence).verdict.locked is not True
    assert evidence.with_reading(False, at).verdict.locked is not True


@given(steps)
def test_patience_always_ends(taken: list[Step]) -> None:
    """However it began: two equal readings long afterwards are believed."""
    at = 160.0 + 400 + STALE + 100
    for locked in (True, False):
        evidence = gather(*taken, reading(locked, at), reading(locked, at + 20))
        assert evidence.verdict.locked is locked
