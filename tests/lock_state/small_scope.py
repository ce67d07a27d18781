"""Every world of a small scope: all that can happen at a handful of times.

At each of the times one thing happens, or nothing: a hand moves the bolt, a
command of ours is sent, acts, ends or is lost, an event is heard, Seam looks, or
we read. All combinations within a budget are followed, by all lags that Seam's
view may have. Worlds that have become the same are followed as one and counted
as many, so the number of worlds is exact.

What holds in them is written in `worlds.py`; the judge is the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from custom_components.seam.lock_state import evidence as rules

NEVER = float("-inf")
SETTLE_SEAM = 10.0
LOST_ACTS_WITHIN = 60.0
LOOKS_AGAIN = 60.0
REREAD_DELAYS = (2.0, 5.0, 13.0, 25.0, 45.0)
LIST_PACE = 20.0


class Flight(NamedTuple):
    """A command of ours that has not ended.

    Attributes:
        lock: what it wants.
        sent: the true time.
        acted: when it moved the bolt, None if it has not.
        silent_until: until when it may act without an answer, None if it is not
            lost.
    """

    lock: bool
    sent: float
    acted: float | None = None
    silent_until: float | None = None


class State(NamedTuple):
    """One world at one time.

    Attributes:
        evidence: what the client knows.
        moves: when the bolt was moved, and to where, oldest first.
        proof_at: the newest time at which it was open that the client knows of.
        seen_at: of which time Seam's view is, or when Seam looked last; it never
            goes back.
        shown_at: of which time the newest event is that the view was seen to show.
        fed: events that Seam has heard of, as (true time, position).
        unheard: those of them that may still reach the client.
        flights: commands that have not ended.
        left: how many movements and commands may still happen.
    """

    evidence: rules.Evidence
    moves: tuple[tuple[float, bool], ...]
    proof_at: float = NEVER
    seen_at: float = NEVER
    shown_at: float = NEVER
    fed: tuple[tuple[float, bool], ...] = ()
    unheard: tuple[tuple[float, bool], ...] = ()
    flights: tuple[Flight, ...] = ()
    left: tuple[int, int] = (0, 0)

    def truth(self, at: float) -> bool:
        """Return where the bolt was at a time."""
        position = self.moves[0][1]
        for moved_at, thrown in self.moves:
            if moved_at > at:
                break
            position = thrown
        return position

    @property
    def opened(self) -> float | None:
        """Return since when the bolt is open, None while it is thrown."""
        at, thrown = self.moves[-1]
        return None if thrown else at

    @property
    def lies(self) -> bool:
        """Return whether the client says locked against what it was told."""
        return (
            self.opened is not None
            and self.proof_at >= self.opened
            and self.evidence.verdict.locked is True
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """What may happen, and when.

    Attributes:
        name: of the scope.
        times: at each of them one thing may happen.
        moves: how many movements by hand.
        commands: how many commands of ours.
        polled: Seam looks now and then, instead of hearing of movements.
        hands_tell: movements by hand make events, as they may.
        remote_tells: movements by commands make events.
        confirms: the brand confirms commands.
        lost: commands may be lost.
        skew: how far our clock is ahead of Seam's, in seconds.
        thrown: where the bolt is at the beginning.
        locks: commands may be to lock, too.
        read_before: how long before the first time it was read.
    """

    name: str
    times: tuple[float, ...]
    moves: int
    commands: int
    polled: bool
    hands_tell: bool = False
    remote_tells: bool = False
    confirms: bool = False
    lost: bool = False
    skew: float = 0.0
    thrown: bool = True
    locks: bool = True
    read_before: float = 100.0

    def start(self) -> State:
        """Return the beginning: read once."""
        first = self.times[0] - self.read_before
        return State(
            evidence=rules.Evidence().with_reading(self.thrown, first + self.skew),
            moves=((NEVER, self.thrown),),
            seen_at=NEVER if self.polled else first - SETTLE_SEAM,
            left=(self.moves, self.commands),
        )

    # -- what may happen

    def next_states(self, state: State, now: float) -> Iterator[State]:
        """Return what may become of a world at a time."""
        yield state
        yield from self._readings(state, now)
        yield from self._movements(state, now)
        yield from self._commands(state, now)
        yield from self._hearings(state, now)
        if self.polled and now - state.seen_at >= 60.0 and not self._is_blind(state):
            yield state._replace(seen_at=now)

    def _is_blind(self, state: State) -> bool:
        """Return whether a look would change nothing that is ever seen."""
        return state.seen_at == NEVER and len(state.moves) == 1

    def views(self, state: State, now: float) -> dict[bool, float]:
        """Return what a polled view may show, and of which time it then is."""
        of = state.seen_at
        shown = state.truth(of)
        for at, thrown in state.fed:
            if at > of and (now >= at + SETTLE_SEAM or at <= state.shown_at):
                shown, of = thrown, at
        views = {shown: of}
        for at, thrown in state.fed:
            if at > of:
                views.setdefault(thrown, at)
        return views

    def _readings(self, state: State, now: float) -> Iterator[State]:
        begun_at = now + self.skew
        if begun_at <= state.evidence.read_at:
            return
        if self.polled:
            for locked, of in self.views(state, now).items():
                seen = state._replace(shown_at=max(of, state.shown_at))
                yield self._read(seen, locked, begun_at, now, of)
            return
        # It shows any time of the last 10 s, but none before what it has shown.
        since = max(state.seen_at, now - SETTLE_SEAM)
        shown: dict[bool, float] = {state.truth(since): since}
        for at, thrown in state.moves:
            if since < at <= now:
                shown.setdefault(thrown, at)
        for locked, seen_at in shown.items():
            yield self._read(
                state._replace(seen_at=seen_at), locked, begun_at, now, seen_at
            )

    def _read(
        self, state: State, locked: bool, begun_at: float, now: float, seen_at: float
    ) -> State:
        proof_at = state.proof_at
        opened = state.opened
        if not locked and opened is not None and now > opened + 2.0 <= seen_at + 2.0:
            proof_at = max(proof_at, seen_at)
        return state._replace(
            evidence=state.evidence.with_reading(locked, begun_at), proof_at=proof_at
        )

    def _movements(self, state: State, now: float) -> Iterator[State]:
        hands, commands = state.left
        if hands:
            left = state._replace(left=(hands - 1, commands))
            yield self._moved(left, not state.moves[-1][1], now, told=self.hands_tell)

    def _moved(self, state: State, thrown: bool, now: float, *, told: bool) -> State:
        moves, fed, unheard = state.moves, state.fed, state.unheard
        if moves[-1][1] is not thrown:
            moves = (*moves, (now, thrown))
        if told:
            unheard = (*unheard, (now, thrown))
            if self.polled:
                fed = (*fed, (now, thrown))
        return state._replace(moves=moves, fed=fed, unheard=unheard)

    def _commands(self, state: State, now: float) -> Iterator[State]:
        hands, commands = state.left
        if commands:
            for lock in (False, True) if self.locks else (False,):
                yield state._replace(
                    left=(hands, commands - 1),
                    flights=(*state.flights, Flight(lock, now)),
                )
        for flight in state.flights:
            rest = tuple(other for other in state.flights if other is not flight)
            lost = flight.silent_until is not None
            if flight.acted is None and (not lost or now <= (flight.silent_until or 0)):
                acted = self._moved(state, flight.lock, now, told=self.remote_tells)
                if lost:
                    yield acted._replace(
                        flights=rest,
                        proof_at=state.proof_at if flight.lock else now,
                    )
                else:
                    yield acted._replace(flights=(*rest, flight._replace(acted=now)))
            if not lost:
                yield from self._ended(state, flight, rest, now)

    def _ended(
        self, state: State, flight: Flight, rest: tuple[Flight, ...], now: float
    ) -> Iterator[State]:
        clock, lock = now + self.skew, flight.lock
        sent_at = flight.sent + self.skew
        error = 2.0
        proof_at = state.proof_at
        if flight.acted is not None and not lock:
            proof_at = max(proof_at, flight.acted)
        if self.confirms and flight.acted is not None:
            evidence = state.evidence.with_attempt(
                lock,
                sent_at=sent_at,
                seen_at=clock,
                started_at=sent_at - error,
                ended_at=clock + error,
            )
            yield state._replace(evidence=evidence, flights=rest, proof_at=proof_at)
        elif not self.confirms:
            evidence = state.evidence.with_acceptance(
                lock, sent_at=sent_at, seen_at=clock, ended_at=clock + error
            )
            yield state._replace(evidence=evidence, flights=rest, proof_at=proof_at)
        if self.lost and flight.acted is None:
            until = clock + LOST_ACTS_WITHIN
            evidence = state.evidence.with_silence(lock, sent_at=sent_at, until=until)
            yield state._replace(
                evidence=evidence,
                flights=(*rest, flight._replace(silent_until=until - self.skew)),
            )

    def _hearings(self, state: State, now: float) -> Iterator[State]:
        clock = now + self.skew
        for event in state.unheard:
            at, thrown = event
            yield state._replace(
                evidence=state.evidence.with_event(thrown, min(at, clock + 2.0), clock),
                unheard=tuple(other for other in state.unheard if other is not event),
                proof_at=state.proof_at if thrown else max(state.proof_at, at),
            )


@dataclass(slots=True)
class Result:
    """What following a whole scope has shown.

    Attributes:
        worlds: how many there are.
        states: how many different ones were followed, at all times together.
        lie: the story of the first lie, empty without one.
        ends: different worlds at the end.
    """

    worlds: int = 0
    states: int = 0
    lie: tuple[str, ...] = ()
    ends: tuple[State, ...] = ()


def follow(
    scope: Scope, *, is_lie: Callable[[State], bool] = lambda s: s.lies
) -> Result:
    """Follow every world of a scope."""
    result = Result()
    layer: dict[State, int] = {scope.start(): 1}
    back: list[dict[State, State]] = []
    for now in scope.times:
        following: dict[State, int] = {}
        came_from: dict[State, State] = {}
        back.append(came_from)
        for state, count in layer.items():
            for after in scope.next_states(state, now):
                if after in following:
                    following[after] += count
                    continue
                following[after] = count
                came_from[after] = state
                if after is not state and is_lie(after):
                    result.lie = tell(after, back, scope)
                    return result
        layer = following
        result.states += len(layer)
    result.worlds = sum(layer.values())
    result.ends = tuple(layer)
    return result


def tell(state: State, back: list[dict[State, State]], scope: Scope) -> tuple[str, ...]:
    """Return how a world came to be."""
    story: list[str] = []
    for came_from, now in zip(
        reversed(back), reversed(scope.times[: len(back)]), strict=True
    ):
        before = came_from[state]
        changed = [
            f"{name}: {new}"
            for name, old, new in zip(State._fields, before, state, strict=True)
            if old != new and name not in ("evidence", "left")
        ]
        known = [
            f"{name}={getattr(state.evidence, name)}"
            for name in rules.Evidence.__dataclass_fields__
            if getattr(state.evidence, name) != getattr(before.evidence, name)
        ]
        story.append(
            f"{now:g} {state.evidence.verdict.locked} {' '.join(changed)} | "
            f"{' '.join(known)}"
        )
        state = before
    return tuple(reversed(story))


def settle(scope: Scope, state: State) -> tuple[float | None, float]:
    """Let a world be quiet; return when it was settled, and when it must be.

    Both in seconds after the last time of the scope. Seam's view becomes true as
    late as it can: after 10 s, or with the next look, 60 s later.
    """
    end = scope.times[-1]
    thrown = state.moves[-1][1]
    evidence = state.evidence
    heard = not scope.polled and not scope.commands and not state.unheard
    bound = 60.0 if heard else rules.STALE + LOST_ACTS_WITHIN + 40.0
    true_from = end + (LOOKS_AGAIN if scope.polled else SETTLE_SEAM)
    views = scope.views(state, end)
    shown = state.truth(end - SETTLE_SEAM) if not scope.polled else next(iter(views))
    settled: float | None = None
    delays = [*REREAD_DELAYS]
    while delays[-1] < bound:
        delays.append(delays[-1] + LIST_PACE)
    for delay in delays:
        at = end + delay
        locked = thrown if at >= true_from else shown
        evidence = evidence.with_reading(locked, at + scope.skew)
        if evidence.verdict.locked is not thrown:
            settled = None
        elif settled is None:
            settled = delay
    return settled, bound
