"""Asks for a list of events, and lets others wait for it."""

import asyncio
from contextlib import suppress
from typing import override


class EventsWanted(asyncio.Event):
    """Set when events should be listed soon; cleared by who lists them."""

    def __init__(self) -> None:
        """Start with nothing wanted."""
        super().__init__()
        self._listed = asyncio.Event()

    @override
    def set(self) -> None:
        """Ask for a list."""
        self._listed.clear()
        super().set()

    def note_listed(self) -> None:
        """Tell those who wait that a list has come, or failed."""
        self._listed.set()

    async def async_list_first(self, timeout: float) -> None:  # noqa: ASYNC109 - it gives up without an error
        """Ask for a list and wait until it has come.

        Args:
            timeout: at most so long, in seconds.
        """
        self.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._listed.wait()
