"""Memory while events are pushed, one hundred thousand of them."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
import gc
from itertools import cycle
import os
from pathlib import Path
import resource
import sys
import time
import uuid

from homeassistant.components.webhook import async_handle_webhook
from homeassistant.const import CONF_WEBHOOK_ID, EVENT_LOGBOOK_ENTRY
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.util.aiohttp import MockRequest
import orjson

from custom_components.seam.api import sign
from custom_components.seam.const import CONF_PUSH
from tests.seam_sandbox import Door

from .assistant import Assistant, home_assistant
from .events import quiet_doors
from .servers import sandbox
from .table import Row

LOCKS = 8
EVENTS = 100_000
MARKS = (10_000, 50_000, EVENTS)
# So many come in before what they cause is waited for.
AT_ONCE = 50
# What memory may grow by, from the first mark to the last; MiB.
MOST = 10.0
MIB = 2**20


def resident() -> float:
    """Return how much memory this process has in use, in MiB."""
    gc.collect()
    statm = Path("/proc/self/statm")
    if statm.exists():
        pages = int(statm.read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / MIB
    # Elsewhere only the peak can be had; macOS tells it in bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (MIB if sys.platform == "darwin" else 1024)


def signed(assistant: Assistant, door: Door, number: int) -> MockRequest:
    """Return a call as one that comes through Home Assistant Cloud.

    It is let in by the same code as one over HTTP, only faster.
    """
    now = time.time()
    moment = datetime.fromtimestamp(now, UTC).isoformat()
    body = orjson.dumps(
        {
            "event_id": str(uuid.uuid4()),
            "event_type": "lock.locked" if number % 2 else "lock.unlocked",
            "workspace_id": assistant.entry.unique_id,
            "device_id": door.device_id,
            "created_at": moment,
            "occurred_at": moment,
            "method": "keycode",
            # A few people, and now and then somebody new.
            "access_code_id": str(uuid.UUID(int=number // 500)),
        }
    )
    message_id = f"msg_{number}"
    secret = assistant.entry.data[CONF_PUSH]["secret"]
    return MockRequest(
        body,
        "cloud",
        method="POST",
        headers={
            "Content-Type": "application/json",
            "svix-id": message_id,
            "svix-timestamp": str(int(now)),
            "svix-signature": sign(secret, message_id, int(now), body),
        },
    )


class History:
    """Counts what the locks enter in Home Assistant's history."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._entered = 0
        self._more = asyncio.Event()
        hass.bus.async_listen(EVENT_LOGBOOK_ENTRY, self._count)

    @callback
    def _count(self, _event: Event) -> None:
        self._entered += 1
        self._more.set()

    async def reach(self, number: int) -> None:
        """Wait until so many events have come all the way."""
        async with asyncio.timeout(10):
            while self._entered < number:
                self._more.clear()
                await self._more.wait()


async def measure() -> AsyncGenerator[Row]:
    doors = quiet_doors(LOCKS)
    async with sandbox(LOCKS) as seam, home_assistant(seam.url) as assistant:
        await assistant.set_up()
        await assistant.open_to_push()
        webhook_id = assistant.entry.data[CONF_WEBHOOK_ID]
        history = History(assistant.hass)
        before, marks, began = resident(), list[float](), time.perf_counter()
        for number, door in zip(range(1, EVENTS + 1), cycle(doors), strict=False):
            await async_handle_webhook(
                assistant.hass, webhook_id, signed(assistant, door, number)
            )
            if number % AT_ONCE == 0:
                await history.reach(number)
            if number in MARKS:
                marks.append(resident())
        took = time.perf_counter() - began
    grown = marks[-1] - marks[0]
    yield Row(
        f"memory after {EVENTS:,} pushed events",
        f"{grown:+.1f} MiB since the first {MARKS[0]:,}",
        f"{before:.0f} MiB before, then "
        + ", ".join(
            f"{size:.0f} at {mark:,}" for mark, size in zip(MARKS, marks, strict=True)
        )
        + f"; {EVENTS / took:,.0f} events a second",
        f"<= {MOST:g} MiB more",
        grown <= MOST,
    )
