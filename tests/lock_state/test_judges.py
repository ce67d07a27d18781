"""The judges are strong: each of these breaks of the rules is found out."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from custom_components.seam.lock_state import evidence as rules
from custom_components.seam.lock_state.evidence import Evidence, Source, Verdict
from tests.lock_state import worlds
from tests.lock_state.small_scope import Scope, follow
from tests.lock_state.test_lag_worlds import SILENT, share_of_slow
from tests.lock_state.test_small_scope import CLOCK, TIE, TURN
from tests.lock_state.worlds import Tuning, World

type Break = Callable[[pytest.MonkeyPatch], None]

NEVER = float("-inf")


def no_wait(patch: pytest.MonkeyPatch) -> None:
    """Believe readings at once, as if Seam's view were never late."""
    patch.setattr(rules, "SETTLE", 0.0)


def short_wait(patch: pytest.MonkeyPatch) -> None:
    """Forget that our clock may be off."""
    patch.setattr(rules, "SETTLE", 10.0)


def believes_accepted_lock(patch: pytest.MonkeyPatch) -> None:
    """Believe a reading "locked" after a lock command that was accepted."""
    past = Evidence._is_past_unlocks

    def is_past_unlocks(self: Evidence, *, trust_events: bool) -> bool:
        return past(self, trust_events=trust_events) or (
            self.read_at > self.lock_accepted_at > self.opened_at
        )

    patch.setattr(Evidence, "_is_past_unlocks", is_past_unlocks)


def turn_without_limit(patch: pytest.MonkeyPatch) -> None:
    """Believe for ever that the view has turned."""
    patch.setattr(rules, "LOOK", float("inf"))


def turn_of_its_time_only(patch: pytest.MonkeyPatch) -> None:
    """Take a turn after the command was sent as one after it has acted."""

    def has_turned(self: Evidence, began_at: float, ended_at: float) -> bool:
        return self.turned_at > began_at and self.turned_at - self.turned_from <= 45.0

    patch.setattr(Evidence, "_has_turned", has_turned)


def never_turns(patch: pytest.MonkeyPatch) -> None:
    """Do not see that the view has turned."""
    patch.setattr(Evidence, "_has_turned", lambda *_: False)


def starves(patch: pytest.MonkeyPatch) -> None:
    """Never read a disputed lock again."""
    patch.setattr(World, "start_ladder", lambda _: None)


def starves_while_it_grows(patch: pytest.MonkeyPatch) -> None:
    """Begin no new rereads while some are going on."""
    patch.setattr(worlds, "REREAD_DELAYS", (2.0, 5.0))


def forgets_unlock(patch: pytest.MonkeyPatch) -> None:
    """Keep no proven unlock over a restart."""
    stored = Evidence.as_stored

    def as_stored(self: Evidence) -> dict[str, Any]:
        return {key: kept for key, kept in stored(self).items() if key != "unlocked_at"}

    patch.setattr(Evidence, "as_stored", as_stored)


def trusts_restored(patch: pytest.MonkeyPatch) -> None:
    """Trust events about an unlock that a restart has left."""
    restored = vars(Evidence)["restored"].__func__

    def trusting(cls: type[Evidence], stored: object, now: float) -> Evidence:
        evidence: Evidence = restored(cls, stored, now)
        return replace(evidence, unlocked_heard_at=evidence.unlocked_at)

    patch.setattr(Evidence, "restored", classmethod(trusting))


def forgets_doubt(patch: pytest.MonkeyPatch) -> None:
    """Take an unlock without an answer as one that never acts."""
    patch.setattr(Evidence, "_in_doubt", lambda *_: False)


def forgets_stored_doubt(patch: pytest.MonkeyPatch) -> None:
    """Keep no doubt over a restart."""
    stored = Evidence.as_stored

    def as_stored(self: Evidence) -> dict[str, Any]:
        return {key: kept for key, kept in stored(self).items() if key != "doubt_at"}

    patch.setattr(Evidence, "as_stored", as_stored)


def one_doubt(patch: pytest.MonkeyPatch) -> None:
    """Drop all doubts with the latest."""

    def without_doubt(self: Evidence, until: float) -> Evidence:
        return self if self.doubt_at > until else replace(self, doubts=())

    patch.setattr(Evidence, "without_doubt", without_doubt)


def tie_is_locked(patch: pytest.MonkeyPatch) -> None:
    """Take "locked" at the time of "unlocked" as the newer one."""
    hard = Evidence._hard

    def tied(self: Evidence) -> Verdict:
        if NEVER < self.locked_at == self.opened_at >= self.void_at:
            return Verdict(locked=True, proven_at=self.locked_at, source=Source.EVENT)
        return hard(self)

    patch.setattr(Evidence, "_hard", tied)


def trusts_event_at_once(patch: pytest.MonkeyPatch) -> None:
    """Believe the first reading after an event."""
    later = Evidence._is_later

    def is_later(
        self: Evidence, began_at: float, ended_at: float, heard_at: float
    ) -> bool:
        return later(self, began_at, ended_at, heard_at) or self.read_at > heard_at

    patch.setattr(Evidence, "_is_later", is_later)


def follows_at_once(patch: pytest.MonkeyPatch) -> None:
    """Take any reading after the unlock for one that has seen it."""
    later = Evidence._is_later

    def is_later(
        self: Evidence, began_at: float, ended_at: float, heard_at: float
    ) -> bool:
        return later(self, began_at, ended_at, heard_at) or (
            self.read_at > self.followed_at > ended_at
        )

    patch.setattr(Evidence, "_is_later", is_later)


def lags_for_ever(patch: pytest.MonkeyPatch) -> None:
    """Learn from an unlock that was read before it was heard of."""
    patch.setattr(Evidence, "explained", lambda self, *_: self)


def never_learns(patch: pytest.MonkeyPatch) -> None:
    """Do not learn that readings stay behind events."""
    patch.setattr(Evidence, "trusts_events_only", property(lambda _: False))


def forgets_success_elsewhere(patch: pytest.MonkeyPatch) -> None:
    """Do not take the event of another app's unlock for that of its movement."""

    def with_unlock_elsewhere(self: Evidence, at: float, heard_at: float) -> Evidence:
        return self.with_drawn(at, heard_at, at, confirmed=False)

    patch.setattr(Evidence, "with_unlock_elsewhere", with_unlock_elsewhere)


ANY = Tuning()
FOLLOWS = Tuning(polled=False, restarts=False)
RELOCKS = Tuning(
    polled=False,
    tells="unlocks",
    dropped=0.0,
    auto_lock=5.0,
    restarts=False,
    lost=False,
)


@pytest.mark.parametrize(
    ("break_rule", "tuning", "lies"),
    [
        (no_wait, ANY, True),
        (believes_accepted_lock, ANY, True),
        (turn_without_limit, Tuning(polled=True, tells="none", lost=False), True),
        (forgets_unlock, ANY, True),
        (trusts_restored, Tuning(polled=True, lost=False), True),
        (forgets_doubt, ANY, True),
        (forgets_stored_doubt, ANY, True),
        (one_doubt, Tuning(polled=True, tells="none", restarts=False), True),
        (trusts_event_at_once, ANY, True),
        (follows_at_once, FOLLOWS, True),
        (
            starves,
            Tuning(
                polled=False,
                push=True,
                tells="unlocks",
                dropped=0.0,
                auto_lock=5.0,
                lost=False,
            ),
            False,
        ),
        (starves_while_it_grows, RELOCKS, False),
        (lags_for_ever, RELOCKS, False),
        (forgets_success_elsewhere, RELOCKS, False),
    ],
)
def test_worlds_find(
    monkeypatch: pytest.MonkeyPatch, break_rule: Break, tuning: Tuning, lies: bool
) -> None:
    """A lie, or a bound that is missed, within a few thousand worlds."""
    break_rule(monkeypatch)
    for seed in range(8000):
        report = World(seed, tuning).run()
        if report.lies if lies else report.missed is not None:
            return
    pytest.fail("not found")


@pytest.mark.parametrize(
    ("break_rule", "scope"),
    [
        (no_wait, CLOCK),
        (short_wait, CLOCK),
        (tie_is_locked, TIE),
        (turn_of_its_time_only, TURN),
        (turn_without_limit, TURN),
    ],
)
def test_small_scopes_find(
    monkeypatch: pytest.MonkeyPatch, break_rule: Break, scope: Scope
) -> None:
    break_rule(monkeypatch)
    assert follow(scope).lie


def test_worlds_find_that_a_turn_is_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    never_turns(monkeypatch)
    assert share_of_slow(SILENT, 1000) > 0.2


def test_worlds_find_that_lag_is_not_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    never_learns(monkeypatch)
    again = 0
    for seed in range(2000):
        tuning = Tuning(lagging=True, apart=700.0, lost=False, restarts=False)
        report = World(seed, tuning).run()
        again += sum(shown for _, _, shown, _ in report.lies)
    assert again > 2000 // 500
