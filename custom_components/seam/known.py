"""What is known of a lock's bolt: the proofs so far, and what they add up to.

Pure: no I/O and no clock of its own. All times are seconds since the epoch by
Seam's clock. The rules, in the order of their weight:

- Locked needs proof. Whatever is missing, late, or in doubt never adds up to it.
- Events and confirmed attempts tell when they were true. Of these only the
  newest "locked" and the newest "unlocked" time matter, so that order and
  repetition of their arrival make no difference; a tie means unlocked.
- A reading carries no time, only when we began to ask. Seam may show an old
  value for a while (`STALE`), then the truth. So a reading that says "locked"
  against a newer "unlocked" is believed only when readings have followed that
  unlock in between, after it had time to settle, or when Seam has had its time;
  until then the less secure answer stands and the lock is read again.
- A command that Seam only accepted, or that never came to an end, makes what
  was known before it void.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

# How long Seam may go on showing an old value: it asks most brands every ten
# minutes (seam-api.md, section 3.1), plus a minute for the way here.
STALE = 660.0
# How long what Seam has just learned may take until its readings show it.
SETTLE = 10.0

# Errors of attempts are free text; these are the only words looked for.
JAM_WORDS = ("jam", "obstruct", "not fully extended")

_NEVER = float("-inf")


class Source(StrEnum):
    """Where a proof came from."""

    READING = "reading"
    EVENT = "event"
    ATTEMPT = "attempt"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the proofs add up to.

    Attributes:
        locked: True only from proof; None is unknown.
        assumed: somebody accepted a command, nobody has confirmed it yet.
        disputed: reading the lock again soon may settle it.
        proven_at: the time that the deciding proof speaks of, None without one.
        source: where the deciding proof came from, None without one.
    """

    locked: bool | None = None
    assumed: bool = False
    disputed: bool = False
    proven_at: float | None = None
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """The proofs so far; every `with_…` returns a new value.

    Attributes:
        locked_at: newest time at which the bolt was thrown for certain.
        locked_by: where that came from.
        unlocked_at: newest time at which the bolt may have been drawn.
        unlocked_by: where that came from.
        drawn_at: newest time at which a confirmed command may have drawn it, as
            held against events.
        drawn_seen_at: when that command was seen to have ended.
        doubt_at: until when an unlock without an answer may have acted.
        void_at: what is older than this no longer says anything.
        moved_at: when the newest command that was confirmed was sent; readings
            that were begun before it no longer say anything.
        read_at: when the newest reading was begun.
        read_locked: what it said.
        followed_at: when the newest reading that said "unlocked" was begun.
        accepted_at: when a command was accepted that nobody confirmed yet.
        rereads: readings since then.
        failed_at: when the last command failed.
        failed_wish: what that command wanted (True: lock).
        failed_jammed: its error spoke of a jam.
    """

    locked_at: float = _NEVER
    locked_by: Source = Source.EVENT
    unlocked_at: float = _NEVER
    unlocked_by: Source = Source.EVENT
    drawn_at: float = _NEVER
    drawn_seen_at: float = _NEVER
    doubt_at: float = _NEVER
    void_at: float = _NEVER
    moved_at: float = _NEVER
    read_at: float = _NEVER
    read_locked: bool | None = None
    followed_at: float = _NEVER
    accepted_at: float = _NEVER
    rereads: int = 0
    failed_at: float = _NEVER
    failed_wish: bool | None = None
    failed_jammed: bool = False

    # -- what comes in

    def with_reading(self, locked: bool | None, begun_at: float) -> Known:
        """Add a reading that was begun at a time; an older one is dropped.

        Args:
            locked: as the device said, None when it said nothing.
            begun_at: when we began to ask.
        """
        if begun_at <= self.read_at:
            return self
        known = replace(self, read_at=begun_at, read_locked=locked)
        if locked is False:
            known = replace(known, followed_at=begun_at)
        if begun_at > known.accepted_at > _NEVER and locked is not None:
            known = replace(known, rereads=known.rereads + 1)
            if known.rereads > 1:
                known = replace(known, accepted_at=_NEVER, rereads=0)
        if locked is not None and begun_at > known.failed_at:
            known = known.past_failure(locked)
        return known

    def with_event(self, locked: bool, occurred_at: float) -> Known:
        """Add an event that tells the bolt's position at a time."""
        return self.with_proof(locked, occurred_at, Source.EVENT)

    def with_attempt(
        self,
        locked: bool,
        *,
        sent_at: float,
        seen_at: float,
        started_at: float,
        ended_at: float,
    ) -> Known:
        """Add an attempt that the device confirmed.

        Commands and readings are ours, so their order is certain; only against
        events does it count how far our clock may be off.

        Args:
            locked: what it did.
            sent_at: when it was sent, by the clock that readings are begun by.
            seen_at: when it was seen to have ended, by the same clock.
            started_at: the earliest time at which it can have been true, to be
                held against events; for "locked" this one counts.
            ended_at: the latest; for "unlocked" this one counts.
        """
        known = self
        if not locked:
            known = replace(known, drawn_seen_at=max(known.drawn_seen_at, seen_at))
        elif sent_at >= known.drawn_seen_at:
            known = replace(known, drawn_at=_NEVER)
        known = known.with_proof(
            locked, started_at if locked else ended_at, Source.ATTEMPT
        )
        if sent_at >= known.failed_at:
            known = known.moved(locked)
        return replace(known, moved_at=max(known.moved_at, sent_at))

    def with_acceptance(self, locked: bool, sent_at: float, ended_at: float) -> Known:
        """Add a command that was accepted without confirmation."""
        known = replace(
            self,
            void_at=max(self.void_at, sent_at),
            accepted_at=ended_at,
            rereads=0,
        )
        if locked or ended_at <= known.opened_at:
            return known
        return replace(known, unlocked_at=ended_at, unlocked_by=Source.ATTEMPT)

    def with_silence(self, locked: bool, sent_at: float, ended_at: float) -> Known:
        """Add a command of which nothing is known at its deadline."""
        known = replace(self, void_at=max(self.void_at, sent_at))
        return (
            known if locked else replace(known, doubt_at=max(ended_at, self.doubt_at))
        )

    def with_failure(self, locked: bool, failed_at: float, *, jammed: bool) -> Known:
        """Add a command that failed; the last proof stands.

        News of a failure that is older than what made it good changes nothing.
        """
        made_good_at = max(
            self.locked_at if locked else self.opened_at,
            self.read_at if self.read_locked is locked else _NEVER,
        )
        if failed_at <= max(made_good_at, self.failed_at):
            return self
        return replace(
            self, failed_at=failed_at, failed_wish=locked, failed_jammed=jammed
        )

    def with_proof(self, locked: bool, at: float, source: Source) -> Known:
        """Add what was true at a time; only the newest of each counts."""
        known = self
        if locked and at > self.locked_at:
            known = replace(known, locked_at=at, locked_by=source)
        elif not locked and source is Source.ATTEMPT:
            known = replace(known, drawn_at=max(self.drawn_at, at))
        elif not locked and at > self.unlocked_at:
            known = replace(known, unlocked_at=at, unlocked_by=source)
        if at >= known.accepted_at > _NEVER:
            known = replace(known, accepted_at=_NEVER, rereads=0)
        if at > known.failed_at > _NEVER:
            known = known.moved(locked)
        return known

    def moved(self, locked: bool) -> Known:
        """Return what is known once the bolt has moved after a failure.

        There is no jam any more, and a lock that failed is made good by proof
        of locked.
        """
        return replace(self, failed_jammed=False).past_failure(locked)

    def past_failure(self, locked: bool) -> Known:
        """Return what is known once a failed command has come true after all."""
        if self.failed_wish is not locked:
            return self
        return replace(self, failed_at=_NEVER, failed_wish=None, failed_jammed=False)

    # -- what it adds up to

    @property
    def opened_at(self) -> float:
        """Return the newest time at which the bolt may have been drawn."""
        return max(self.unlocked_at, self.drawn_at)

    @property
    def is_jammed(self) -> bool:
        """Return whether the last command failed with a jam, unresolved since."""
        return self.failed_jammed

    @property
    def lock_failed(self) -> bool:
        """Return whether locking failed, without proof of locked since."""
        return self.failed_wish is True

    @property
    def verdict(self) -> Verdict:
        """Return what the proofs add up to."""
        hard = self._hard()
        hard_at = _NEVER if hard.proven_at is None else hard.proven_at
        if (
            self.read_at <= self.void_at
            or self.read_at <= self.moved_at
            or self.read_at <= hard_at
        ):
            # A reading that was begun before the proof says nothing new.
            verdict = hard
            disputed = self._overtook(hard)
        else:
            verdict, disputed = self._read(hard, hard_at)
        if verdict.locked is True and self._in_doubt(verdict):
            verdict, disputed = Verdict(), True
        assumed = self.accepted_at > _NEVER and verdict.locked is not None
        return replace(
            verdict,
            assumed=assumed,
            disputed=disputed or self.accepted_at > _NEVER,
        )

    def _hard(self) -> Verdict:
        """Return what events and attempts alone say."""
        newest = max(self.locked_at, self.opened_at)
        if newest == _NEVER or newest < self.void_at:
            return Verdict()
        if self.locked_at > self.opened_at:
            return Verdict(locked=True, proven_at=self.locked_at, source=self.locked_by)
        return Verdict(
            locked=False,
            proven_at=self.opened_at,
            source=(
                Source.ATTEMPT
                if self.drawn_at >= self.unlocked_at
                else self.unlocked_by
            ),
        )

    def _overtook(self, hard: Verdict) -> bool:
        """Return whether an event overtook the newest reading, so read again.

        A lock that does not tell its position would not do so then either.
        """
        return (
            hard.locked is not None
            and self.read_locked is not None
            and self.read_locked is not hard.locked
        )

    def _read(self, hard: Verdict, hard_at: float) -> tuple[Verdict, bool]:
        """Return what the newest reading says in the light of the rest."""
        said = Verdict(
            locked=self.read_locked, proven_at=self.read_at, source=Source.READING
        )
        if self.read_locked is None:
            return Verdict(), False
        if self.read_locked is False:
            return said, hard.locked is True and self.read_at <= hard_at + STALE
        if self.locked_at <= self.opened_at and self._may_be_stale(self.opened_at):
            # Unlocked is proven and this reading may be from before it. After
            # a lock command that nobody confirmed not even that is certain.
            return (hard if hard.locked is False else Verdict()), True
        return said, False

    def _may_be_stale(self, unlocked_at: float) -> bool:
        """Return whether a "locked" reading may be from before an unlock."""
        return (
            unlocked_at > _NEVER
            # An "unlocked" sooner than that may be of an earlier time as well.
            and self.followed_at <= unlocked_at + SETTLE
            and self.read_at <= unlocked_at + STALE
        )

    def _in_doubt(self, verdict: Verdict) -> bool:
        """Return whether an unlock without an answer may have undone "locked"."""
        if self.doubt_at == _NEVER or self.locked_at > self.doubt_at:
            return False
        return verdict.source is not Source.READING or self._may_be_stale(self.doubt_at)


def speaks_of_jam(error_type: str | None, error_message: str | None) -> bool:
    """Return whether the error of an attempt says that the bolt is stuck."""
    said = f"{error_type} {error_message}".lower()
    return any(word in said for word in JAM_WORDS)
