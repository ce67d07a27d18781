"""The evidence on one lock's bolt, and what it adds up to.

Pure: no I/O and no clock of its own. All times are seconds since the epoch by
Seam's clock. The rules, in the order of their weight:

- Locked needs proof. Whatever is missing, late, or in doubt never adds up to it.
- Events and confirmed attempts tell when they were true. Of these only the
  newest "locked" and the newest "unlocked" time matter, so that order and
  repetition of their arrival make no difference; a tie means unlocked.
- A reading carries no time, only when we began to ask, and Seam may show an old
  value: for up to `SETTLE` where it hears of movements, for up to `STALE` where
  it only looks now and then. So a reading "locked" against a newer "unlocked"
  is believed only when it cannot be from before that unlock (see `_is_later`).
  Until then the less secure answer stands and the lock is read again.
- An unlock that Seam only accepted, and any command that never came to an end,
  makes what was known before it void.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

# How long Seam may go on showing an old value: it asks most brands every ten
# minutes (seam-api.md, section 3.1), plus a minute for the way here.
STALE = 660.0
# How far the times of events, by Seam's clock, may be off from those of readings.
CLOCK = 2.0
# How long what Seam has just learned may take until its readings show it.
SETTLE = 10.0 + CLOCK
# The shortest pace at which Seam looks at a brand whose movements it does not hear.
LOOK = 60.0
# A lock is prompt when so many unlocks in a row showed in its readings at once,
# within so many seconds. A view that is polled once a minute would pass by chance
# once in a hundred thousand times.
PROMPT = 4
PROMPT_WITHIN = 3.0
APART = 5.0
# A command that succeeded so soon after an event "unlocked" is what it told of.
SAME_UNLOCK = 30.0
# An unlock event heard later than this is old news and disputes nothing.
LATE = 300.0
# How long an accepted lock command keeps a lock worth reading again.
ACCEPTED = 60.0

# Errors of attempts are free text; these are the only words looked for.
JAM_WORDS = ("jam", "obstruct", "not fully extended")

_NEVER = float("-inf")
_ALWAYS = float("inf")


class Source(StrEnum):
    """Where a proof came from."""

    READING = "reading"
    EVENT = "event"
    ATTEMPT = "attempt"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the evidence adds up to.

    Attributes:
        locked: True only from proof; None is unknown.
        assumed: unlocked only because a command was accepted; nobody has
            confirmed it.
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
class Evidence:
    """The evidence so far; every `with_…` returns a new value.

    Attributes:
        locked_at: newest time at which the bolt was thrown for certain.
        locked_by: where that came from.
        locked_heard_at: when we heard of it.
        unlocked_at: newest time of an event "unlocked".
        unlocked_heard_at: when we heard of it; infinite after a restart.
        event_locked_at: newest time of an event "locked".
        event_locked_heard_at: when we heard of it.
        drawn_at: latest time at which a command may have drawn the bolt, as held
            against events.
        drawn_began_at: when that command was sent.
        drawn_seen_at: when it was seen to have ended.
        drawn_confirmed: the lock confirmed it, so it is not merely accepted.
        doubts: until when each unlock without an answer may have acted.
        void_at: what is older than this no longer says anything.
        moved_at: when the newest command that was confirmed was sent; readings
            that were begun before it no longer say anything.
        lock_accepted_at: when a lock command was accepted but not confirmed.
        read_at: when the newest reading was begun.
        read_locked: what it said.
        again_at: when the reading before it was begun, if both said "locked".
        followed_at: when the newest reading that said "unlocked" was begun.
        turned_at: when the newest reading was begun that said "unlocked" right
            after one that said "locked".
        turned_from: when that one was begun.
        failed_at: when the last command failed.
        failed_wish: what that command wanted (True: lock).
        failed_jammed: its error spoke of a jam.
        tells_position: a reading has told its position before.
        tells_events: an event has told its position before.
        confirms: its last command was confirmed; None without one.
        trusted_until: until when a reading "unlocked" would show that "locked" was
            believed too early, on the strength of an event.
        lags: its readings were seen to stay behind its events.
        lags_from: when the reading was begun that said "locked" before the one
            that showed it.
        lags_at: when that one was begun, which said "unlocked".
        prompt: how many unlocks in a row showed in its readings at once, each at
            another second of the minute than the one before.
        prompt_at: when the newest of them had ended.
    """

    locked_at: float = _NEVER
    locked_by: Source = Source.EVENT
    locked_heard_at: float = _NEVER
    unlocked_at: float = _NEVER
    unlocked_heard_at: float = _NEVER
    event_locked_at: float = _NEVER
    event_locked_heard_at: float = _NEVER
    drawn_at: float = _NEVER
    drawn_began_at: float = _NEVER
    drawn_seen_at: float = _NEVER
    drawn_confirmed: bool = False
    doubts: tuple[float, ...] = ()
    void_at: float = _NEVER
    moved_at: float = _NEVER
    lock_accepted_at: float = _NEVER
    read_at: float = _NEVER
    read_locked: bool | None = None
    again_at: float = _NEVER
    followed_at: float = _NEVER
    turned_at: float = _NEVER
    turned_from: float = _NEVER
    failed_at: float = _NEVER
    failed_wish: bool | None = None
    failed_jammed: bool = False
    tells_position: bool = False
    tells_events: bool = False
    confirms: bool | None = None
    trusted_until: float = _NEVER
    lags: bool = False
    lags_from: float = _NEVER
    lags_at: float = _NEVER
    prompt: int = 0
    prompt_at: float = _NEVER

    # -- what comes in

    def with_reading(self, locked: bool | None, begun_at: float) -> Evidence:
        """Add a reading that was begun at a time; an older one is dropped.

        Args:
            locked: as the device said, None when it said nothing.
            begun_at: when we began to ask.
        """
        if begun_at <= self.read_at or (locked is None and not self.tells_position):
            # Silence of a lock that never tells its position is no news.
            return self
        evidence = replace(
            self,
            read_at=begun_at,
            read_locked=locked,
            again_at=self.read_at if locked and self.read_locked else _NEVER,
            tells_position=True,
        )
        if locked is False:
            turned = self.read_locked is True
            evidence = replace(
                evidence,
                followed_at=begun_at,
                turned_at=begun_at if turned else self.turned_at,
                turned_from=self.read_at if turned else self.turned_from,
                **self._prompt_after(begun_at),
            )
            if not self.lags and (
                max(begun_at, self.opened_at + STALE) <= self.trusted_until
            ):
                evidence = replace(
                    evidence, lags=True, lags_from=self.read_at, lags_at=begun_at
                )
        elif locked and evidence.trusts_events_only:
            evidence = replace(evidence, trusted_until=self.opened_at + STALE)
        if locked is not None and begun_at > self.failed_at:
            evidence = evidence.past_failure(locked)
        return evidence

    def with_event(self, locked: bool, at: float, heard_at: float) -> Evidence:
        """Add an event that tells the bolt's position.

        Args:
            locked: the position.
            at: when it was true, not after `heard_at`.
            heard_at: when we heard of it.
        """
        evidence = self if self.tells_events else replace(self, tells_events=True)
        if locked:
            evidence = evidence.with_locked(at, Source.EVENT, heard_at)
            if (at, heard_at) > (self.event_locked_at, self.event_locked_heard_at):
                evidence = replace(
                    evidence, event_locked_at=at, event_locked_heard_at=heard_at
                )
        else:
            evidence = evidence.explained(at, at)
            if (at, heard_at) > (self.unlocked_at, self.unlocked_heard_at):
                evidence = replace(evidence, unlocked_at=at, unlocked_heard_at=heard_at)
        if at > self.failed_at > _NEVER:
            evidence = evidence.moved(locked)
        return evidence

    def with_attempt(
        self,
        locked: bool,
        *,
        sent_at: float,
        seen_at: float,
        started_at: float,
        ended_at: float,
    ) -> Evidence:
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
        evidence = replace(self, moved_at=max(self.moved_at, sent_at), confirms=True)
        if locked:
            if sent_at >= self.drawn_seen_at:
                evidence = replace(evidence, drawn_at=_NEVER)
            evidence = evidence.with_locked(started_at, Source.ATTEMPT, seen_at)
            evidence = replace(evidence, lock_accepted_at=_NEVER)
        else:
            evidence = evidence.with_drawn(sent_at, seen_at, ended_at, confirmed=True)
        if sent_at >= self.failed_at:
            evidence = evidence.moved(locked)
        return evidence

    def with_acceptance(
        self, locked: bool, *, sent_at: float, seen_at: float, ended_at: float
    ) -> Evidence:
        """Add a command that was accepted without confirmation.

        Args: as in `with_attempt`.
        """
        if locked:
            # It cannot have drawn the bolt, so what was known of it still stands.
            return replace(self, lock_accepted_at=seen_at, confirms=False)
        evidence = replace(
            self,
            void_at=max(self.void_at, sent_at),
            confirms=False,
            lock_accepted_at=_NEVER,
        )
        return evidence.with_drawn(sent_at, seen_at, ended_at, confirmed=False)

    def with_unlock_elsewhere(self, at: float, heard_at: float) -> Evidence:
        """Add an unlock command of somebody else that succeeded.

        Args:
            at: when it ended, not after `heard_at`.
            heard_at: when we heard of it.
        """
        told = 0.0 <= at - self.unlocked_at <= SAME_UNLOCK
        # An event of its movement is a little older than that of its end.
        return self.with_drawn(at - SETTLE, heard_at, at, confirmed=told)

    def with_silence(self, locked: bool, *, sent_at: float, until: float) -> Evidence:
        """Add a command of which nobody knows whether it acted.

        Args:
            locked: what it wanted.
            sent_at: when it was sent.
            until: when it can have acted at the latest.
        """
        evidence = replace(self, void_at=max(self.void_at, sent_at))
        if locked:
            return replace(evidence, lock_accepted_at=until)
        # Those that can matter no more are dropped.
        since = max(self.locked_at, until - STALE - LATE)
        doubts = *(doubt for doubt in self.doubts if doubt >= since), until
        return replace(evidence, doubts=doubts, lock_accepted_at=_NEVER)

    def without_doubt(self, until: float) -> Evidence:
        """Return the evidence once an unlock in doubt can act no more.

        Args:
            until: as it was given to `with_silence`; other doubts stay.
        """
        if until not in self.doubts:
            return self
        return replace(
            self, doubts=tuple(doubt for doubt in self.doubts if doubt != until)
        )

    def with_failure(self, locked: bool, at: float, *, jammed: bool) -> Evidence:
        """Add a command that failed; the last proof stands.

        News of a failure that is older than what made it good changes nothing.
        """
        made_good_at = max(
            self.locked_at if locked else self.opened_at,
            self.read_at if self.read_locked is locked else _NEVER,
        )
        if at <= max(made_good_at, self.failed_at):
            return self
        return replace(self, failed_at=at, failed_wish=locked, failed_jammed=jammed)

    def with_locked(self, at: float, source: Source, heard_at: float) -> Evidence:
        """Add proof of locked; only the newest counts."""
        if at <= self.locked_at:
            return self
        return replace(self, locked_at=at, locked_by=source, locked_heard_at=heard_at)

    def with_drawn(
        self, began_at: float, seen_at: float, ended_at: float, *, confirmed: bool
    ) -> Evidence:
        """Add an unlock command; only the one that ended last counts."""
        evidence = self.explained(began_at, ended_at)
        if ended_at < self.drawn_at:
            return evidence
        return replace(
            evidence,
            drawn_at=ended_at,
            drawn_began_at=began_at,
            drawn_seen_at=max(seen_at, self.drawn_seen_at),
            drawn_confirmed=confirmed,
        )

    def explained(self, began_at: float, ended_at: float) -> Evidence:
        """Return the evidence once another unlock is known.

        It may be why a reading said "unlocked", so that none is behind.
        """
        if began_at <= self.lags_at + CLOCK and ended_at >= self.lags_from - CLOCK:
            return replace(
                self,
                trusted_until=_NEVER,
                lags=False,
                lags_from=_NEVER,
                lags_at=_NEVER,
            )
        return self

    def moved(self, locked: bool) -> Evidence:
        """Return the evidence once the bolt has moved after a failure.

        There is no jam any more, and a lock that failed is made good by proof
        of locked.
        """
        return replace(self, failed_jammed=False).past_failure(locked)

    def past_failure(self, locked: bool) -> Evidence:
        """Return the evidence once a failed command has come true after all."""
        if self.failed_wish is not locked:
            return self
        return replace(self, failed_at=_NEVER, failed_wish=None, failed_jammed=False)

    # -- what it adds up to

    @property
    def opened_at(self) -> float:
        """Return the newest time at which the bolt may have been drawn."""
        return max(self.unlocked_at, self.drawn_at)

    @property
    def doubt_at(self) -> float:
        """Return until when an unlock without an answer may have acted."""
        return max(self.doubts, default=_NEVER)

    @property
    def is_jammed(self) -> bool:
        """Return whether the last command failed with a jam, unresolved since."""
        return self.failed_jammed

    @property
    def lock_failed(self) -> bool:
        """Return whether locking failed, without proof of locked since."""
        return self.failed_wish is True

    @property
    def never_tells(self) -> bool:
        """Return whether nothing but attempts has ever told its position."""
        return not self.tells_position and not self.tells_events

    @property
    def verdict(self) -> Verdict:
        """Return what the evidence adds up to."""
        hard = self._hard()
        hard_at = _NEVER if hard.proven_at is None else hard.proven_at
        if self.read_at <= max(self.void_at, self.moved_at, hard_at):
            # A reading that was begun before the proof says nothing new.
            verdict = hard
            disputed = self._overtook(hard)
        else:
            verdict, disputed = self._read(hard, hard_at)
        if verdict.locked is True and self._in_doubt(verdict):
            verdict, disputed = Verdict(), True
        if verdict.locked is True:
            disputed = disputed or self._is_suspect(verdict)
        else:
            disputed = disputed or self._is_unsettled(verdict)
        return replace(verdict, disputed=disputed)

    def _hard(self) -> Verdict:
        """Return what events and attempts alone say."""
        if self.locked_at > self.opened_at:
            if self.locked_at < self.void_at:
                return Verdict()
            return Verdict(locked=True, proven_at=self.locked_at, source=self.locked_by)
        # An event "unlocked" may be newer than it looks.
        if self.opened_at == _NEVER or self.opened_at < self.void_at - CLOCK:
            return Verdict()
        if self.drawn_at < self.unlocked_at:
            return Verdict(
                locked=False, proven_at=self.unlocked_at, source=Source.EVENT
            )
        return Verdict(
            locked=False,
            assumed=not self.drawn_confirmed and not self._is_seconded,
            proven_at=self.drawn_at,
            source=Source.ATTEMPT,
        )

    @property
    def _is_seconded(self) -> bool:
        """Return whether anything else says that the accepted unlock has acted."""
        return max(self.followed_at, self.unlocked_at) > self.drawn_began_at

    def _overtook(self, hard: Verdict) -> bool:
        """Return whether an event overtook the newest reading, so read again."""
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
        if not self._is_newest:
            # Unlocked is proven and this reading may be from before it. After
            # a lock command that nobody confirmed not even that is certain.
            return (hard if hard.locked is False else Verdict()), True
        return said, False

    @property
    def _is_newest(self) -> bool:
        """Return whether a "locked" reading is later than every known unlock."""
        return self._is_past_unlocks(trust_events=True)

    @property
    def trusts_events_only(self) -> bool:
        """Return whether "locked" is believed only as an event came before it."""
        return (
            self.read_locked is True
            and self._is_past_unlocks(trust_events=True)
            and not self._is_past_unlocks(trust_events=False)
        )

    def _is_past_unlocks(self, *, trust_events: bool) -> bool:
        trust_events = trust_events and not self.lags
        if self.unlocked_at >= self.locked_at and self.unlocked_at > _NEVER:
            heard_at = self.unlocked_heard_at if trust_events else _ALWAYS
            if not self._is_later(self.unlocked_at, self.unlocked_at, heard_at):
                return False
        if self.drawn_at >= self.locked_at and self.drawn_at > _NEVER:
            heard_at = self._drawn_heard_at if trust_events else _ALWAYS
            return self._is_later(self.drawn_began_at, self.drawn_seen_at, heard_at)
        return True

    @property
    def _drawn_heard_at(self) -> float:
        """Return when an event told of the unlock command or of what followed.

        Infinite when none did. Seam's times may be off by as much as our clock.
        """
        error = max(self.drawn_at - self.drawn_seen_at, 0.0)
        if self.event_locked_at >= self.drawn_seen_at - error:
            return self.event_locked_heard_at
        if self.unlocked_at >= self.drawn_began_at - error:
            return self.unlocked_heard_at
        return _ALWAYS

    def _is_later(self, began_at: float, ended_at: float, heard_at: float) -> bool:
        """Return whether a "locked" reading must be of a time after an unlock.

        Where Seam hears of movements, its view follows within `SETTLE`; where it
        only looks, at a pace of `LOOK` or more, one of these must hold:

        - readings have followed the unlock in between, after it had settled;
        - the view was seen to turn to "unlocked" so late that the next look, which
          must have been since, was after the unlock. Where there are events, one
          of them may have turned it, so there it was after the unlock began, too;
        - an event told Seam itself of the unlock or of a later movement, and two
          readings in a row, each begun after that had settled, say "locked";
        - readings of this lock have always shown its unlocks at once, and two in
          a row, each begun after the unlock had settled, say "locked";
        - Seam has had its time.

        Args:
            began_at: when the unlock began.
            ended_at: when it had ended at the latest.
            heard_at: when an event told of it; infinite when none did.
        """
        if self.read_at > ended_at + STALE:
            return True
        return self.read_at > ended_at + SETTLE and (
            self.followed_at > ended_at + SETTLE
            or self._has_turned(began_at, ended_at)
            or self.again_at > heard_at + SETTLE
            or (self.prompt >= PROMPT and self.again_at > ended_at + SETTLE)
        )

    def _has_turned(self, began_at: float, ended_at: float) -> bool:
        """Return whether the look after the view's last turn was after an unlock."""
        return self.turned_from + LOOK >= ended_at and (
            self.turned_at > began_at or not self.tells_events
        )

    def _prompt_after(self, begun_at: float) -> dict[str, Any]:
        """Return what a reading "unlocked" that was begun at a time changes."""
        ended_at = max(self.unlocked_at, self.drawn_seen_at)
        if self.read_locked is not True or self.followed_at > ended_at:
            return {}
        if begun_at > ended_at + STALE:
            return {}
        if begun_at > ended_at + SETTLE:
            # Its view is slow, or that unlock never acted and this is another one.
            return {"prompt": PROMPT - 1 if self.prompt >= PROMPT else 0}
        # Automations move locks at the same second of a minute, and Seam may look
        # at just that second: it says nothing of other seconds.
        apart = abs(ended_at - self.prompt_at) % LOOK if self.prompt else APART
        if begun_at > ended_at + PROMPT_WITHIN or min(apart, LOOK - apart) < APART:
            return {}
        return {"prompt": self.prompt + 1, "prompt_at": ended_at}

    def _in_doubt(self, verdict: Verdict) -> bool:
        """Return whether an unlock without an answer may have undone "locked"."""
        doubt_at = self.doubt_at
        if doubt_at == _NEVER or self.locked_at > doubt_at:
            return False
        return verdict.source is not Source.READING or not (
            self.read_at > doubt_at + STALE or self.followed_at > doubt_at + SETTLE
        )

    def _is_suspect(self, verdict: Verdict) -> bool:
        """Return whether an unlock event lost only by its time.

        The clock of a lock may be behind, so what we heard last is looked into.
        """
        heard_at = self.unlocked_heard_at
        return (
            _NEVER < heard_at < _ALWAYS
            and self.read_at <= heard_at + SETTLE
            and heard_at - self.unlocked_at <= LATE
            and (verdict.source is Source.READING or self.locked_heard_at < heard_at)
        )

    def _is_unsettled(self, verdict: Verdict) -> bool:
        """Return whether readings may soon tell more of an unlock or a lock."""
        if not self.tells_position:
            return False
        if _NEVER < self.read_at <= self.lock_accepted_at + ACCEPTED:
            return True
        if verdict.locked is None:
            return self.doubt_at > self.locked_at
        ended_at = max(self.unlocked_at, self.drawn_seen_at)
        return (
            self.locked_at <= self.opened_at and self.followed_at <= ended_at + SETTLE
        )

    # -- what outlives a restart

    def as_stored(self) -> dict[str, Any]:
        """Return what to keep: nothing of it can ever add up to "locked"."""
        stored: dict[str, Any] = {}
        verdict = self.verdict
        # What was locked since is not told as unlocked after a restart, though the
        # lock may be out of reach by now.
        if verdict.locked is not True and _NEVER < self.opened_at >= self.locked_at:
            stored["unlocked_at"] = self.opened_at
        if self.doubt_at > _NEVER and self.locked_at <= self.doubt_at:
            stored["doubt_at"] = self.doubt_at
        for flag in ("tells_events", "lags"):
            if getattr(self, flag):
                stored[flag] = True
        if self.lags_at > _NEVER:
            # News of an unlock may still explain it.
            stored |= {"lags_from": self.lags_from, "lags_at": self.lags_at}
        return stored

    @classmethod
    def restored(cls, stored: object, now: float) -> Evidence:
        """Take back what `as_stored` returned; what is malformed is left out.

        Args:
            stored: a mapping, or anything else.
            now: the time; nothing is restored to be later.
        """
        if not isinstance(stored, Mapping):
            return cls()

        def moment(key: str) -> float:
            at = stored.get(key)
            return min(float(at), now) if isinstance(at, int | float) else _NEVER

        unlocked_at, doubt_at = moment("unlocked_at"), stored.get("doubt_at")
        return cls(
            unlocked_at=unlocked_at,
            # The readings that came before are forgotten, so none is trusted on
            # the strength of this event.
            unlocked_heard_at=_ALWAYS if unlocked_at > _NEVER else _NEVER,
            doubts=(
                (min(float(doubt_at), now + LATE),)
                if isinstance(doubt_at, int | float)
                else ()
            ),
            tells_events=stored.get("tells_events") is True,
            lags=stored.get("lags") is True,
            lags_from=moment("lags_from"),
            lags_at=moment("lags_at"),
        )


def speaks_of_jam(error_type: str | None, error_message: str | None) -> bool:
    """Return whether the error of an attempt says that the bolt is stuck."""
    said = f"{error_type} {error_message}".lower()
    return any(word in said for word in JAM_WORDS)
