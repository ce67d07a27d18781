"""Seam's clock, learned from the Date header of its answers.

It runs on `time.monotonic`, which nobody sets, plus what must be added to that to
get Seam's time. Our own wall clock is a first guess and nothing more.
"""

from collections.abc import Callable
from email.utils import parsedate_to_datetime
import time
from typing import NamedTuple

from .parse import plausible

# How far off our wall clock may be as long as no answer has told, in seconds.
UNKNOWN_ERROR = 2.0
# How much a monotonic clock may run wrong, in seconds a second (100 ppm is what
# a bad crystal does without NTP).
DRIFT = 1e-4


class _Span(NamedTuple):
    """Bounds of what to add to the monotonic clock to get Seam's, in seconds."""

    low: float
    high: float

    def common(self, other: _Span) -> _Span | None:
        """Return what two spans have in common, None when they contradict."""
        span = _Span(max(self.low, other.low), min(self.high, other.high))
        return span if span.low <= span.high else None

    def wider(self, by: float) -> _Span:
        return _Span(self.low - by, self.high + by)

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2


def _monotonic() -> float:
    return time.monotonic()


def _wall() -> float:
    return time.time()


class SeamClock:
    """Narrows down how far Seam's time is from our monotonic clock.

    Date has whole seconds, and an answer was on its way for some time, so one
    answer leaves a second or more open; every further one that agrees helps.

    What is promised:
    - Our wall clock is no more than the first guess; setting it changes nothing.
    - As long as every answer told the truth, `now` is right to within `error`.
    - One odd answer moves `now` by `error` at most: an answer that contradicts
      what is believed is believed only when the next one agrees with it.
    - Once two true answers in a row have come, whatever came before, `now` is
      right to within `error`, or to within a second and the time that the
      latter of them was on its way, whichever is more.
    """

    def __init__(
        self,
        monotonic: Callable[[], float] = _monotonic,
        wall: Callable[[], float] = _wall,
    ) -> None:
        """Start with our own clock.

        Args:
            monotonic: seconds that only ever go forward.
            wall: seconds since the epoch; the first guess.
        """
        self.monotonic = monotonic
        self._wall = wall
        self._learned_at = monotonic()
        guess = wall() - self._learned_at
        self._believed = _Span(guess - UNKNOWN_ERROR, guess + UNKNOWN_ERROR)
        self._is_guess = True
        self._contrary: _Span | None = None

    @property
    def offset(self) -> float:
        """Return what to add to our wall clock, in seconds; for diagnostics."""
        return self.now() - self._wall()

    @property
    def error(self) -> float:
        """Return how far `now` may be off, in seconds; the guess may be wrong."""
        span = self._span(self.monotonic())
        return (span.high - span.low) / 2

    @property
    def doubtful(self) -> bool:
        """Return whether the last answer contradicts what is believed."""
        return self._contrary is not None

    def now(self) -> float:
        """Return the time by Seam's clock, in seconds since the epoch."""
        return self.at(self.monotonic())

    def at(self, moment: float) -> float:
        """Return the time by Seam's clock at a moment of the monotonic clock."""
        return moment + self._believed.middle

    def learn(self, date: str | None, sent: float, received: float) -> None:
        """Take in an answer of Seam's own.

        Args:
            date: its Date header, None or unreadable when it had no good one.
            sent: when its request was sent, by the monotonic clock.
            received: when it had arrived, by the monotonic clock.
        """
        seams = read_date(date)
        if seams is None:
            return
        told = _Span(seams - received, seams + 1 - sent)
        believed = self._span(received)
        if (common := believed.common(told)) is not None:
            # The guess is no bound: it only tells whether to believe the answer.
            self._believe(told if self._is_guess else common, received)
            return
        agreed = None
        if self._contrary is not None:
            agreed = self._contrary.wider(DRIFT).common(told)
        if agreed is None:
            self._contrary = told
        else:
            self._believe(agreed, received)

    def _believe(self, span: _Span, at: float) -> None:
        self._believed, self._learned_at = span, at
        self._is_guess, self._contrary = False, None

    def _span(self, at: float) -> _Span:
        """Return the bounds, wider by what the clocks may have drifted since."""
        return self._believed.wider(max(at - self._learned_at, 0.0) * DRIFT)


def read_date(value: str | None) -> float | None:
    """Return an HTTP date as seconds since the epoch.

    None when it is absent, unreadable or of an absurd year.
    """
    if value is None:
        return None
    try:
        return plausible(parsedate_to_datetime(value).timestamp())
    except ValueError, OverflowError:
        return None
