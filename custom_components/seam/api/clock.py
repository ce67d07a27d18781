"""Seam's clock, learned from the Date header of its answers."""

from email.utils import parsedate_to_datetime
import time

# How far off our clock may be until an answer has told, in seconds.
UNKNOWN_ERROR = 2.0


class SeamClock:
    """Narrows down how much to add to our clock to get Seam's.

    The offset lies between two bounds. Date has whole seconds, and an answer
    was on its way for some time, so one answer leaves a second or more open;
    every further one helps.
    """

    def __init__(self) -> None:
        """Start with our own clock."""
        self._bounds: tuple[float, float] | None = None

    @property
    def offset(self) -> float:
        """Return what to add to our clock, in seconds.

        Zero as long as our clock may be right.
        """
        if self._bounds is None:
            return 0.0
        low, high = self._bounds
        return min(max(0.0, low), high)

    @property
    def error(self) -> float:
        """Return how far `now` may be off, in seconds."""
        if self._bounds is None:
            return UNKNOWN_ERROR
        low, high = self._bounds
        return max(high - self.offset, self.offset - low)

    def now(self) -> float:
        """Return the time by Seam's clock, in seconds since the epoch."""
        return time.time() + self.offset

    def learn(self, date: str | None, sent: float, received: float) -> None:
        """Take in an answer.

        Args:
            date: its Date header, None or unreadable when it had no good one.
            sent: when its request was sent, by our clock.
            received: when it had arrived, by our clock.
        """
        seams = read_date(date)
        if seams is None:
            return
        low, high = seams - received, seams + 1 - sent
        if self._bounds is not None:
            old_low, old_high = self._bounds
            if max(low, old_low) <= min(high, old_high):
                low, high = max(low, old_low), min(high, old_high)
            # Else one of the clocks was set: only the new answer counts.
        self._bounds = low, high


def read_date(value: str | None) -> float | None:
    """Return an HTTP date as seconds since the epoch, else None."""
    if value is None:
        return None
    try:
        return parsedate_to_datetime(value).timestamp()
    except ValueError, OverflowError:
        return None
