"""The sandbox's clock: real time, or time that a test moves by hand."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Awaitable, Callable
import heapq
from itertools import count
import time
from typing import Any, override

type Follower = Callable[[float], Awaitable[None] | None]


class Timer:
    """Something that will happen, unless it is cancelled."""

    __slots__ = ("_stop", "action", "cancelled", "when")

    def __init__(self, when: float, action: Callable[[], None]) -> None:
        """Note what happens when (seconds since the epoch)."""
        self.when = when
        self.action = action
        self.cancelled = False
        self._stop: Callable[[], None] | None = None

    def cancel(self) -> None:
        """Let it not happen."""
        self.cancelled = True
        if self._stop is not None:
            self._stop()

    def held_by(self, stop: Callable[[], None]) -> None:
        """Note what else must be stopped when it is cancelled."""
        self._stop = stop


class Clock(ABC):
    """Tells the time and does things later."""

    @abstractmethod
    def now(self) -> float:
        """Return the true time, in seconds since the epoch."""

    @abstractmethod
    def call_later(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Do something after some seconds of this clock."""

    async def sleep(self, seconds: float) -> None:
        """Wait for some seconds of this clock."""
        done = asyncio.Event()
        timer = self.call_later(seconds, done.set)
        try:
            await done.wait()
        finally:
            timer.cancel()

    def hold(self, work: asyncio.Task[Any]) -> None:  # noqa: B027 - real time does not wait
        """Let time stand still until a piece of work is done, where it can."""

    def close(self) -> None:  # noqa: B027 - nothing to do by default
        """Drop all that has not happened yet."""


class RealClock(Clock):
    """The machine's time; timers run on the event loop.

    Attributes:
        machine_ahead: what the machine's clock is ahead of the truth, in seconds;
            for tests that set it wrong.
    """

    def __init__(self) -> None:
        """Start with no timers."""
        self._timers: set[Timer] = set()
        self.machine_ahead = 0.0

    @override
    def now(self) -> float:
        return time.time() - self.machine_ahead

    @override
    def call_later(self, seconds: float, action: Callable[[], None]) -> Timer:
        timer = Timer(self.now() + seconds, action)

        def run() -> None:
            self._timers.discard(timer)
            action()

        handle = asyncio.get_running_loop().call_later(max(0.0, seconds), run)

        def stop() -> None:
            self._timers.discard(timer)
            handle.cancel()

        timer.held_by(stop)
        self._timers.add(timer)
        return timer

    @override
    def close(self) -> None:
        for timer in list(self._timers):
            timer.cancel()


class ManualClock(Clock):
    """Stands still until a test moves it.

    Timers run in order of time, each at exactly its time.

    Attributes:
        followers: told the new time (epoch seconds) whenever it changes, before
            what happens then; for tests that move another clock along.
    """

    def __init__(self, start: float = 1_790_000_000.0) -> None:
        """Start at a time, in seconds since the epoch."""
        self._now = start
        self._order = count()
        self._timers: list[tuple[float, int, Timer]] = []
        self._work: set[asyncio.Task[Any]] = set()
        self.followers: list[Follower] = []

    @override
    def now(self) -> float:
        return self._now

    @override
    def call_later(self, seconds: float, action: Callable[[], None]) -> Timer:
        timer = Timer(self._now + max(0.0, seconds), action)
        heapq.heappush(self._timers, (timer.when, next(self._order), timer))
        return timer

    @override
    def hold(self, work: asyncio.Task[Any]) -> None:
        self._work.add(work)
        work.add_done_callback(self._work.discard)

    @property
    def next_at(self) -> float | None:
        """Return when the next thing happens, or None."""
        while self._timers and self._timers[0][2].cancelled:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    async def advance(self, seconds: float) -> None:
        """Let time pass, and all happen that is due by then."""
        await self.advance_to(self._now + seconds)

    async def advance_to(self, when: float) -> None:
        """Let time pass until then (epoch seconds)."""
        await self._settle()
        while (due := self.next_at) is not None and due <= when:
            await self._move(due)
            # Not to be run twice when a follower moved us on.
            if self._timers and self._timers[0][0] == due:
                _, _, timer = heapq.heappop(self._timers)
                if not timer.cancelled:
                    timer.action()
            await self._settle()
        await self._move(when)
        await self._settle()

    async def _move(self, when: float) -> None:
        if when <= self._now:
            return
        self._now = when
        for follower in self.followers:
            told = follower(when)
            if told is not None:
                await told

    async def _settle(self) -> None:
        """Let what was started be done, while time stands still."""
        await asyncio.sleep(0)
        while self._work:
            await asyncio.wait(set(self._work))
            await asyncio.sleep(0)

    @override
    def close(self) -> None:
        self._timers.clear()
