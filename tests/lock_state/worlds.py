"""A second kind of world, for lag and polls: one bolt, and what is known of it.

Pure: no Home Assistant and no event loop, so thousands of worlds live through
their few minutes in a second. A bolt is moved by hands, by commands of ours and
of other apps, and by itself; Seam sees it by a lag or by a poll; a client that
does what the integration does asks Seam and hears of events. A judge compares
what the client says with the truth.

What the rules of `evidence.py` rest on, and what therefore holds here:

- Seam's view of a lock either follows within `SETTLE_SEAM` (10 s) of what
  happened, or it is a snapshot of the last poll, at a period of at least
  `SHORTEST_PERIOD` (60 s).
- What an event told, Seam's view shows within 10 s of the event being made,
  unless it has looked later than that itself. So a polled brand with events
  learns by the event too.
- A brand tells of movements by kind: of none, of remote commands only, of all
  but a door that locks itself, or of all. What it tells Seam may be late by up
  to 300 s for us, or never reach us.
- Our clock is known to be off by at most `clock_error`, at most 2 s.
- A command that ended has acted, if it ever does; one whose answer was lost may
  act until 60 s after it was sent.

`Tuning(lagging=True)` makes worlds that violate the first two: readings stay 20
to 300 s behind all that happens.

**The judge.** A lie is `locked` while the bolt is open and the client has proof
of a time at which it already was, namely an event "unlocked" (by a clock that is
right), the end of an unlock command that really acted, or a reading "unlocked"
that was begun after the bolt was opened (by more than our clock may be off) and
speaks of a time after it. An unlock of ours whose answer was lost counts as soon
as it acts: we know that it may.

**Settled in time.** The bound runs from the last thing that happened (a movement,
the end of a command, an event heard, a start). It is the sum of:

| what | seconds |
|---|---|
| always | 60 |
| Seam's view follows | its lag |
| Seam's view is polled, and no event told it of the last movement | its period |
| the last movement was not told to us since the last start, and no rereads had begun in the 10 s before it | the pace of lists: 20, 60 or 300 |

or, counted from the last unlock that the client knows of, 11 minutes, the pace of
lists and 60 s, if that is later and nothing can be known better: the bolt is
thrown, no event of the last unlock has reached the client, and Seam's view has
not shown it open, from 12 s after the end of that unlock on, for long enough that
a list or a reread must have met it (the pace of lists, or the longest gap of the
rereads where they go on). After an unlock of ours without an answer these are
counted from the time until which it can act.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
import random
from typing import Any

from custom_components.seam.lock_state import evidence as rules

SETTLE_SEAM = 10.0
SHORTEST_PERIOD = 60.0
# The client's own numbers, written down here so that a change of them is noticed.
REREAD_DELAYS = (2.0, 5.0, 13.0, 25.0, 45.0)
LIST_PACE = 20.0
LIST_PACE_UNSURE = 60.0
LIST_PACE_WITH_PUSH = 300.0
RELOCK_TIME = 900.0
RELOCK_DELAY = 30.0
RELOCK_MARGIN = 5.0
DEADLINE = 30.0
ACT_WITHIN = 60.0
LOOKS = (5.0, 15.0)
QUIET = 60.0
LONG_VIEW = 660.0

NEVER = float("-inf")

GAPS = (0.3, 0.8, 1.5, 3.0, 5.0, 8.0, 10.5, 13.0, 20.0, 30.0, 47.0, 61.0, 130.0, 400.0)


@dataclass(slots=True)
class Tuning:
    """What kinds of worlds are made.

    Attributes:
        lagging: readings stay behind events by up to 300 s (see `Tuning.lagging`).
        restarts: Home Assistant may restart.
        lost: commands may be without an answer.
        clock: how far our clock may be off at most.
        polled: whether Seam only looks now and then; None: either.
        push: whether events are pushed; None: either.
        tells: what makes events; None: anything.
        dropped: how likely an event never reaches us; None: any.
        auto_lock: after how many seconds the door locks itself; None: any, or never.
        apart: seconds that lie between any two things that happen, at least.
    """

    lagging: bool = False
    restarts: bool = True
    lost: bool = True
    clock: float = 2.0
    polled: bool | None = None
    push: bool | None = None
    tells: str | None = None
    dropped: float | None = None
    auto_lock: float | None = None
    apart: float = 0.0


@dataclass(slots=True, eq=False)
class Command:
    """One command of ours.

    Attributes: as those of the integration's, and:
        sent: the true time.
        fate: what becomes of it.
        acts_at: when it moves the bolt, None if never.
        over: its end was seen.
        settled: its callers were let go.
        done: it has acted.
        forgiven: it is in doubt no more.
        life: how often the client had started when it was sent.
    """

    lock: bool
    sent: float
    sent_at: float
    started_at: float
    fate: str
    acts_at: float | None = None
    ended: float = 0.0
    over: bool = False
    settled: bool = False
    done: bool = False
    doubted_until: float = NEVER
    forgiven: bool = False
    life: int = 0


@dataclass(slots=True)
class Report:
    """What became of a world.

    Attributes:
        lies: when the client lied, as (true time, true time of the opening, a
            reading had shown that an earlier one was a lie, it was opened before
            the last restart).
        missed: how many seconds after the last thing it was not settled, or None.
        settled: how many seconds that took.
        bound: how many it may take.
        short: the bound is one without the 11 minutes.
        kind: of the world, for statistics.
    """

    lies: list[tuple[float, float, bool, bool]] = field(default_factory=list)
    missed: float | None = None
    settled: float = 0.0
    bound: float = 0.0
    short: bool = True
    kind: str = ""


class World:
    """One bolt, Seam's view of it, and the client, through a few minutes."""

    def __init__(  # noqa: PLR0915 - a world has many parts
        self, seed: int, tuning: Tuning | None = None, *, trace: bool = False
    ) -> None:
        """Decide what kind of world it is, and what is going to happen."""
        self.tuning = tuning = tuning or Tuning()
        self.rng = rng = random.Random(seed)
        self.log: list[str] | None = [] if trace else None
        self.report = Report()
        self.heap: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self.count = 0
        self.now = 0.0
        # Things on their way that are not the client's own readings.
        self.pending = 0
        self.quiet_since = 0.0

        # -- the lock and Seam
        choice, chance = rng.choice, rng.random
        self.period: float | None = None
        self.lag = choice((0.0, 0.0, 0.5, 3.0, 6.0, 9.0, 10.0))
        polled = chance() < 0.5 if tuning.polled is None else tuning.polled
        if polled and not tuning.lagging:
            self.period = choice((60.0, 60.0, 61.0, 90.0, 150.0, 600.0))
        self.phase = rng.uniform(0.0, self.period or 1.0)
        self.tells = tuning.tells or choice(
            ("none", "none", "remote", "unlocks", "all")
        )
        self.behind = choice((5.0, 30.0, 90.0)) if chance() < 0.05 else 0.0
        self.event_lag = rng.uniform(0.0, SETTLE_SEAM)
        if tuning.lagging:
            self.lag = rng.uniform(20.0, 300.0)
        self.dropped = choice((0.0, 0.0, 0.3, 1.0))
        if tuning.dropped is not None:
            self.dropped = tuning.dropped
        self.late = choice((0.0, 0.0, 0.0, 0.5))
        self.confirms = choice((True, False, False))
        self.ids = chance() < 0.3
        self.seconds = choice((0.3, 0.3, 1.3, 4.0, 8.0, 20.0, 45.0))
        self.auto_lock = tuning.auto_lock or choice(
            (None, None, None, 3.0, 5.0, 15.0, 30.0)
        )
        self.shows_auto_lock = chance() < 0.5
        self.auto_generation = 0
        self.thrown = chance() < 0.6
        self.moves: list[tuple[float, bool]] = [(NEVER, self.thrown)]
        # What events told Seam: (shown from, true at, position).
        self.fed: list[tuple[float, float, bool]] = []

        # -- the client
        self.push = chance() < 0.5 if tuning.push is None else tuning.push
        self.clock_error = rng.uniform(0.1, tuning.clock) if tuning.clock else 0.0
        self.skew = self.clock_error * choice((-1.0, rng.uniform(-1.0, 1.0), 1.0))
        self.evidence = rules.Evidence()
        self.verdict = self.evidence.verdict
        self.life = 1
        self.up = True
        self.started_at = 0.0
        self.ladder = 0
        self.ladder_at = NEVER
        # The lock was disputed when it moved last, and rereads had just begun.
        self.reread_on = False
        # When it must be settled, None while that is not known.
        self.due: float | None = None
        self.list_turn = 0
        self.pace = LIST_PACE
        self.unlocked_since = NEVER
        self.commands: list[Command] = []
        self.running: Command | None = None

        # -- the judge
        self.opened = 0.0 if not self.thrown else None
        self.proof_at = NEVER
        # The last unlock that the client knows of, when the last one began of which
        # it is not an event that told, and the newest one of which it is.
        self.claimed_at = NEVER
        self.restored_at = NEVER
        self.claim_began = NEVER
        self.event_at = NEVER
        # The opening that was lied about, and whether a reading has shown that.
        self.lied_of = float("inf")
        self.lie_shown = False
        # Whether the last movement reached the client and Seam by an event.
        self.last_move = NEVER
        self.last_told = False
        self.last_fed = False

        self.plan()

    # -- time

    def at(self, when: float, do: Callable[..., None], *args: Any) -> None:
        """Do something of the world at a time."""
        self.pending += 1
        self.count += 1
        heappush(self.heap, (when, self.count, self._happen, (do, args)))

    def _happen(self, do: Callable[..., None], args: tuple[Any, ...]) -> None:
        self.pending -= 1
        do(*args)
        self.quiet_since = self.now

    def later(self, delay: float, do: Callable[..., None], *args: Any) -> None:
        """Do something of the client's own after a while."""
        self.count += 1
        heappush(self.heap, (self.now + delay, self.count, do, args))

    @property
    def clock(self) -> float:
        """Return the time as the client knows it."""
        return self.now + self.skew

    def note(self, text: str) -> None:
        """Write down what happens, for a person."""
        if self.log is not None:
            verdict = self.verdict
            self.log.append(
                f"{self.now:8.2f} {'thrown' if self.thrown else 'OPEN  '} "
                f"{verdict.locked!s:5} {'disputed' if verdict.disputed else '':8} "
                f"{text}"
            )

    # -- what happens

    def plan(self) -> None:
        """Decide what happens when."""
        rng = self.rng
        self.begin()
        now = rng.choice((1.0, 12.0, 50.0))
        actions = ["hand", "hand", "unlock", "unlock", "lock", "lock"]
        actions += ["app_unlock", "app_lock"]
        if self.tuning.restarts:
            actions.append("restart")
        for _ in range(rng.choice((1, 2, 2, 3, 3, 4, 5, 7))):
            now += rng.choice(GAPS) * rng.uniform(0.7, 1.3) + self.tuning.apart
            action = rng.choice(actions)
            if action == "hand":
                self.at(now, self.turn)
            elif action == "unlock":
                self.at(now, self.press, False)
            elif action == "lock":
                self.at(now, self.press, True)
            elif action == "restart":
                self.at(now, self.stop, rng.choice((1.0, 5.0, 30.0, 100.0)))
            else:
                self.at(now, self.app, action == "app_lock")

    def turn(self) -> None:
        """Turn the bolt by hand."""
        self.move(not self.thrown, "hand", None)

    def move(self, thrown: bool, how: str, command: Command | None) -> None:
        """Move the bolt, or find it moved; tell of it."""
        told_kind = self.tells == "all" or (
            how == "remote"
            if self.tells == "remote"
            else self.tells == "unlocks" and how != "auto"
        )
        if thrown is not self.thrown:
            self.thrown = thrown
            self.moves.append((self.now, thrown))
            self.opened = None if thrown else self.now
            self.last_move = self.now
            self.reread_on = (
                self.verdict.disputed and self.now - self.ladder_at <= SETTLE_SEAM
            )
            self.last_told = self.last_fed = False
            self.auto_generation += 1
            if not thrown and self.auto_lock is not None:
                self.at(self.now + self.auto_lock, self.relock, self.auto_generation)
        elif how == "hand":
            return
        self.note(f"moved by {how}, {'told' if told_kind else 'silent'}")
        if told_kind:
            self.tell(thrown, command)

    def relock(self, generation: int) -> None:
        """Throw the bolt by itself, unless it was moved since."""
        if generation == self.auto_generation and not self.thrown:
            self.move(True, "auto", None)

    # -- what Seam knows

    def truth(self, at: float) -> bool:
        """Return where the bolt was at a time."""
        for moved_at, thrown in reversed(self.moves):
            if moved_at <= at:
                return thrown
        return self.moves[0][1]

    def view(self, at: float) -> tuple[bool, float]:
        """Return what Seam shows at a time, and of which time that is."""
        if self.period is None:
            return self.truth(at - self.lag), at - self.lag
        seen_at = at - (at - self.phase) % self.period
        shown = self.truth(seen_at)
        for shown_from, true_at, thrown in self.fed:
            if shown_from <= at and true_at > seen_at:
                shown, seen_at = thrown, true_at
        return shown, seen_at

    def tell(self, thrown: bool, command: Command | None) -> None:
        """Make an event of the bolt's position."""
        rng = self.rng
        if self.period is not None:
            self.fed.append((self.now + self.event_lag, self.now, thrown))
            self.last_fed = True
        if rng.random() < self.dropped:
            return
        if rng.random() < self.late:
            delay = rng.uniform(20.0, 290.0)
        else:
            delay = rng.uniform(0.1, 1.0) if self.push else rng.uniform(0.2, 15.0)
        self.at(self.now + delay, self.hear, thrown, self.now, command)

    # -- what the client hears

    def hear(self, thrown: bool, occurred: float, command: Command | None) -> None:
        """Take an event in."""
        if not self.up:
            self.at(self.now + 5.0, self.hear, thrown, occurred, command)
            return
        clock = self.clock
        at = min(occurred - self.behind, clock + self.clock_error)
        if not thrown and not self.behind:
            self.proof_at = max(self.proof_at, occurred)
        if occurred >= self.last_move:
            self.last_told = True
        if not thrown:
            # Of one that a restart has left no event is remembered.
            self.claim(
                occurred,
                occurred,
                told=at > self.restored_at and not self.behind,
            )
        self.apply(
            self.evidence.with_event(thrown, at, clock), f"event {thrown} {at:.2f}"
        )
        if (
            command is not None
            and self.ids
            and command.life == self.life
            and not command.over
            and command.lock is thrown
        ):
            self.learn(command, "confirmed")

    def hear_app(self, ended: float) -> None:
        """Take in that somebody else's unlock command succeeded."""
        if not self.up:
            self.at(self.now + 5.0, self.hear_app, ended)
            return
        clock = self.clock
        self.claim(ended - SETTLE_SEAM, self.now)
        self.apply(
            self.evidence.with_unlock_elsewhere(
                min(ended, clock + self.clock_error), clock
            ),
            f"unlocked elsewhere {ended:.2f}",
        )

    def claim(self, began: float, when: float, *, told: bool = False) -> None:
        """Note that the client knows of an unlock, and whether an event told it.

        Args:
            began: the earliest true time at which it can have been.
            when: the latest.
            told: an event told it.
        """
        if told:
            self.event_at = max(self.event_at, when)
        else:
            self.claim_began = max(self.claim_began, began)
        self.claimed_at = max(when, self.claimed_at)

    @property
    def claim_told(self) -> bool:
        """Return whether an event told of the last unlock, or of one since."""
        return NEVER < self.event_at >= self.claim_began

    # -- other apps

    def app(self, lock: bool) -> None:
        """Send a command by another app."""
        ended = self.now + self.seconds
        acts = self.rng.random() < 0.9
        if acts:
            self.at(ended - 0.1, self.move, lock, "remote", None)
        if not lock and self.rng.random() > self.dropped:
            delay = self.rng.uniform(0.1, 15.0)
            self.at(ended + delay, self.hear_app_end, ended, acts)

    def hear_app_end(self, ended: float, acts: bool) -> None:
        """Note what the end of another app's command proves."""
        if acts and self.up:
            self.proof_at = max(self.proof_at, ended - 0.1)
        if self.up:
            self.hear_app(ended)
        else:
            self.at(self.now + 5.0, self.hear_app_end, ended, acts)

    # -- the client's commands

    def press(self, lock: bool) -> None:
        """Press a button in Home Assistant."""
        if not self.up:
            return
        running = self.running
        if running is not None and not running.settled:
            if running.lock is lock:
                return
            running.settled = True
        rng, clock = self.rng, self.clock
        fates = ["acts"] * 6 + ["error"]
        if not self.confirms:
            fates.append("fails_silently")
        if self.tuning.lost:
            fates += ["lost", "never_sent"]
        command = Command(
            lock=lock,
            sent=self.now,
            sent_at=clock,
            started_at=clock - self.clock_error,
            fate=rng.choice(fates),
            life=self.life,
        )
        self.commands.append(command)
        self.running = command
        self.note(f"press {'lock' if lock else 'unlock'}: {command.fate}")
        if not lock and self.evidence.confirms is not True:
            self.read()
        took = self.seconds * rng.uniform(0.9, 1.1)
        if command.fate == "lost":
            took = rng.uniform(0.5, ACT_WITHIN - 1.0)
        command.ended = self.now + took
        if command.fate in ("acts", "lost"):
            command.acts_at = self.now + took * rng.choice((0.1, 0.5, 0.95))
            self.at(command.acts_at, self.act, command)
        if command.fate in ("lost", "never_sent"):
            self.later(rng.uniform(0.3, 3.0), self.lose, command)
            return
        self.at(command.ended + rng.uniform(0.05, 0.5), self.end, command)
        self.later(DEADLINE, self.deadline, command)

    def act(self, command: Command) -> None:
        """Let a command move the bolt."""
        command.done = True
        self.move(command.lock, "remote", command)
        if (
            command.fate == "lost"
            and not command.lock
            and command.doubted_until > NEVER
        ):
            self.proof_at = max(self.proof_at, self.now)

    def end(self, command: Command) -> None:
        """See the end of a command's attempt."""
        if command.life != self.life or not self.up:
            # Nobody of this life follows it: an event tells that it succeeded.
            told = self.rng.random() > self.dropped
            if told and not command.lock and command.fate != "error":
                self.at(
                    self.now + self.rng.uniform(0.1, 15.0),
                    self.hear_app_end,
                    command.ended,
                    command.done,
                )
            return
        if command.over:
            return
        fate = command.fate
        if fate == "error":
            self.learn(command, "error")
        elif fate == "fails_silently":
            self.learn(command, "accepted")
        else:
            self.learn(command, "confirmed" if self.confirms else "accepted")

    def learn(self, command: Command, how: str) -> None:
        """Add what a final attempt tells."""
        command.over = True
        lock, clock = command.lock, self.clock
        evidence = self.evidence
        if command.done and not lock and command.acts_at is not None:
            self.proof_at = max(self.proof_at, command.acts_at)
        if not lock and how != "error":
            self.claim(command.sent, self.now)
        if command.doubted_until > NEVER:
            evidence = evidence.without_doubt(command.doubted_until)
            command.forgiven = True
        if how == "error":
            evidence = evidence.with_failure(lock, clock, jammed=False)
        else:
            if command.done and (command.acts_at or NEVER) >= self.last_move:
                self.last_told = True
            if how == "confirmed":
                evidence = evidence.with_attempt(
                    lock,
                    sent_at=command.sent_at,
                    seen_at=clock,
                    started_at=command.started_at,
                    ended_at=clock + self.clock_error,
                )
            else:
                evidence = evidence.with_acceptance(
                    lock,
                    sent_at=command.sent_at,
                    seen_at=clock,
                    ended_at=clock + self.clock_error,
                )
        self.apply(evidence, f"{'lock' if lock else 'unlock'} {how}")
        if (
            how != "confirmed"
            or command.settled
            or self.verdict.locked is not command.lock
        ):
            self.read()
        command.settled = True

    def lose(self, command: Command) -> None:
        """Get no answer."""
        if command.life != self.life or not self.up:
            return
        self.doubt(command, self.clock + ACT_WITHIN)
        self.read()
        command.settled = True
        if not command.lock:
            self.later(LOOKS[0], self.look, command, 0)

    def doubt(self, command: Command, until: float) -> None:
        """Note that nobody knows whether a command acted."""
        command.doubted_until = until
        self.quiet_since, self.due = self.now, None
        if command.fate == "lost" and not command.lock and command.done:
            self.proof_at = max(self.proof_at, command.acts_at or NEVER)
        self.claim(command.sent, self.now)
        self.apply(
            self.evidence.with_silence(
                command.lock, sent_at=command.sent_at, until=until
            ),
            f"silence of {'lock' if command.lock else 'unlock'}",
        )

    def look(self, command: Command, turn: int) -> None:
        """Look through the attempts for a command without an answer."""
        if command.life != self.life or not self.up:
            return
        if command.fate == "never_sent":
            if turn == 0:
                self.later(LOOKS[1] - LOOKS[0], self.look, command, 1)
                return
            command.forgiven = True
            self.apply(self.evidence.without_doubt(command.doubted_until), "never sent")
            self.read()
        elif command.ended > self.now and self.rng.random() < 0.7:
            self.note("found pending")
            self.at(command.ended + 0.3, self.end, command)

    def deadline(self, command: Command) -> None:
        """Let the callers go."""
        if command.life != self.life or not self.up or command.over:
            return
        if not command.settled:
            self.doubt(command, self.clock + self.clock_error)
            self.read()
            command.settled = True

    # -- the client's readings

    def begin(self) -> None:
        """Begin to read."""
        self.list_turn += 1
        self.read_list(self.list_turn)

    def read_list(self, turn: int) -> None:
        """Read all locks, again and again."""
        if turn != self.list_turn or not self.up:
            return
        self.read()
        self.pace = self.wanted_pace()
        self.later(self.pace, self.read_list, turn)

    def wanted_pace(self) -> float:
        """Return after how many seconds all locks are read again."""
        if not self.push:
            return LIST_PACE
        evidence = self.evidence
        if (
            self.verdict.disputed
            or self.now - self.unlocked_since < RELOCK_TIME
            or (evidence.tells_position and not evidence.tells_events)
        ):
            return LIST_PACE_UNSURE
        return LIST_PACE_WITH_PUSH

    def read(self) -> None:
        """Begin a reading."""
        rng = self.rng
        there = rng.choice((0.02, 0.1, 0.4))
        back = rng.choice((0.02, 0.1, 1.0))
        self.later(
            there + back, self.take, self.life, self.clock, self.now, self.now + there
        )

    def take(self, life: int, begun_at: float, begun: float, asked: float) -> None:
        """Take a reading in."""
        if life != self.life or not self.up or begun_at <= self.evidence.read_at:
            return
        locked, true_at = self.view(asked)
        if (
            not locked
            and self.opened is not None
            and begun > self.opened + self.clock_error
            and true_at >= self.opened
        ):
            self.proof_at = max(self.proof_at, true_at)
        if not locked and true_at >= self.lied_of:
            self.lie_shown = True
        before = (self.evidence.read_locked, self.verdict.locked, self.verdict.assumed)
        was = self.verdict
        self.evidence = self.evidence.with_reading(locked, begun_at)
        self.verdict = verdict = self.evidence.verdict
        if true_at < self.last_move and not verdict.disputed:
            self.reread_on, self.due = False, None
        self.note(f"reading {locked} of {true_at:.2f}, begun {begun:.2f}")
        if before != (locked, verdict.locked, verdict.assumed):
            self.changed(was)
            if verdict.disputed:
                self.start_ladder()

    def apply(self, evidence: rules.Evidence, text: str) -> None:
        """Add a fact."""
        was = self.verdict
        self.evidence = evidence
        self.verdict = evidence.verdict
        self.note(text)
        self.changed(was)
        if self.verdict.disputed:
            self.start_ladder()

    def changed(self, was: rules.Verdict) -> None:
        """See what follows from another verdict."""
        locked = self.verdict.locked
        if locked is not False:
            self.unlocked_since = NEVER
        elif was.locked is not False:
            self.unlocked_since = self.now
            if self.auto_lock is not None and self.shows_auto_lock:
                self.later(self.auto_lock + RELOCK_MARGIN, self.read_once, self.life)
        if self.push and (pace := self.wanted_pace()) != self.pace:
            self.pace = pace
            self.list_turn += 1
            self.later(pace, self.read_list, self.list_turn)

    def read_once(self, life: int) -> None:
        """Read once, if nothing has ended since."""
        if life == self.life and self.up:
            self.read()

    def start_ladder(self) -> None:
        """Read again after each delay from now, while it is disputed."""
        self.ladder += 1
        self.ladder_at = self.now
        self.later(REREAD_DELAYS[0], self.reread, self.ladder, 0)

    def reread(self, ladder: int, rung: int) -> None:
        """Read again, and go on."""
        if ladder != self.ladder or not self.up or not self.verdict.disputed:
            return
        self.read()
        if rung + 1 < len(REREAD_DELAYS):
            delay = REREAD_DELAYS[rung + 1] - REREAD_DELAYS[rung]
            self.later(delay, self.reread, ladder, rung + 1)

    # -- restarts

    def stop(self, away: float) -> None:
        """Stop Home Assistant; it comes back after a while."""
        if not self.up:
            return
        self.note("restart")
        self.up = False
        self.life += 1
        self.running = None
        self.at(self.now + away, self.start, self.evidence.as_stored())

    def start(self, stored: dict[str, Any]) -> None:
        """Start again with what was stored."""
        self.up = True
        self.ladder += 1
        self.evidence = rules.Evidence.restored(stored, self.clock)
        self.verdict = self.evidence.verdict
        self.unlocked_since = NEVER
        self.note(f"started with {stored}")
        self.event_at, self.last_told = NEVER, False
        self.restored_at = stored.get("unlocked_at", NEVER)
        self.started_at = self.now
        self.begin()

    # -- the judge

    def run(self) -> Report:
        """Live through it."""
        report = self.report
        heap = self.heap
        while heap:
            when, _, do, args = heappop(heap)
            if self.due is not None and not self.pending and when > self.due:
                self.now = self.due
                if self.verdict.locked is not self.thrown:
                    report.missed = self.due - self.quiet_since
                break
            self.now = when
            do(*args)
            if (
                self.opened is not None
                and self.verdict.locked is True
                and self.up
                and self.proof_at >= self.opened
                and self.lied_of != self.opened
            ):
                report.lies.append(
                    (
                        when,
                        self.opened,
                        self.lie_shown,
                        self.opened < self.started_at,
                    )
                )
                self.lied_of = self.opened
                self.note("LIE")
            if self.pending:
                self.due = None
                continue
            if self.due is None:
                self.due = self.quiet_since + self.bound()
            if self.verdict.locked is self.thrown and self.is_stable():
                report.settled = when - self.quiet_since
                break
        report.kind = self.kind
        return report

    @property
    def doubt_until(self) -> float:
        """Return until when an unlock of ours may act unseen."""
        return max(
            (
                command.doubted_until - self.skew
                for command in self.commands
                if not command.lock and not command.forgiven
            ),
            default=NEVER,
        )

    @property
    def kind(self) -> str:
        """Return what kind of world it is."""
        view = "lag" if self.period is None else "poll"
        return f"{view} {'push' if self.push else 'list'} {self.tells}"

    def is_stable(self) -> bool:
        """Return whether Seam's view is, and stays, true."""
        if self.period is None:
            return self.now >= self.last_move + self.lag
        return self.view(self.now)[1] >= self.last_move

    def bound(self) -> float:
        """Return within how many seconds it must be settled, from now on."""
        unheard = (
            (LIST_PACE_WITH_PUSH if self.evidence.tells_events else LIST_PACE_UNSURE)
            if self.push
            else LIST_PACE
        )
        pace = LIST_PACE_UNSURE if self.push else LIST_PACE
        bound = QUIET
        if self.period is None:
            bound += self.lag
        elif not self.last_fed:
            bound += self.period
        if not self.last_told and not (self.reread_on and self.period is None):
            bound += unheard
        if self.thrown and not self.is_knowable(pace):
            until = max(self.claimed_at, self.doubt_until, self.quiet_since)
            known = until + LONG_VIEW + pace + QUIET - self.quiet_since
            if known > bound:
                bound, self.report.short = known, False
        self.report.bound = bound
        return bound

    def is_knowable(self, pace: float) -> bool:
        """Return whether the client can know that the last unlock is over."""
        if self.claimed_at == NEVER and self.doubt_until == NEVER:
            return True
        if self.claim_told and self.doubt_until == NEVER:
            return True
        since = max(
            self.claimed_at + rules.SETTLE,
            self.doubt_until + rules.SETTLE,
            self.started_at,
        )
        shown = self.shown_open_since(since)
        return shown >= pace + 2.0

    def shown_open_since(self, since: float) -> float:
        """Return for how long Seam's view has shown an open bolt after a time."""
        step, at, shown, best = 1.0, since, 0.0, 0.0
        while at < self.now:
            shown = shown + step if not self.view(at)[0] else 0.0
            best = max(best, shown)
            at += step
        return best
