"""From a bolt that is turned by hand to the state in Home Assistant, pushed."""

import asyncio
from collections.abc import AsyncGenerator
from itertools import cycle
from statistics import median
import time
from typing import Any

from homeassistant.core import Event, EventStateChangedData, callback
from homeassistant.helpers.event import async_track_state_change_event

from custom_components.seam.api import SeamClient
from tests.seam_sandbox import API_KEY, Door, SeamSandbox

from .assistant import Assistant, home_assistant
from .servers import Seam, sandbox
from .table import Row, milliseconds, percentile

EVENTS = 300
MOST = 0.02
# So many locks take turns.
DOORS = 100
# A little more than Seam's milliseconds can be off.
ROUNDING = 0.002


class Screen:
    """Notes when a lock shows what it is waited for."""

    def __init__(self, assistant: Assistant, doors: list[Door]) -> None:
        self._wanted: tuple[str, str] | None = None
        self._shown = asyncio.Event()
        self._at = 0.0
        self.entity_ids = {
            door.device_id: assistant.entity_id(door.device_id) for door in doors
        }
        async_track_state_change_event(
            assistant.hass, list(self.entity_ids.values()), self._changed
        )

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        if new is not None and (new.entity_id, new.state) == self._wanted:
            self._at = time.time()
            self._wanted = None
            self._shown.set()

    def expect(self, door: Door, state: str) -> None:
        self._wanted = self.entity_ids[door.device_id], state
        self._shown.clear()

    async def shown(self) -> float:
        """Return when it was shown, in seconds since the epoch."""
        async with asyncio.timeout(10):
            await self._shown.wait()
        return self._at


async def turn_bolts(
    assistant: Assistant, seam: Seam, doors: list[Door]
) -> list[float]:
    """Turn bolts one after the other; return how late each was seen, in seconds."""
    screen = Screen(assistant, doors)
    seen: list[tuple[str, float]] = []
    began = time.time()
    thrown = {door.device_id: door.bolt_thrown for door in doors}
    for _, door in zip(range(EVENTS), cycle(doors), strict=False):
        device_id = door.device_id
        thrown[device_id] = not thrown[device_id]
        screen.expect(door, "locked" if thrown[device_id] else "unlocked")
        await seam.act("turn_bolt", door=device_id, thrown=thrown[device_id])
        seen.append((device_id, await screen.shown()))
    client = SeamClient(seam.session, API_KEY, endpoint=seam.url)
    listed = await client.list_events(
        began - 1, time.time() + 60, ("lock.locked", "lock.unlocked")
    )
    return [
        at
        - max(
            event.created_at
            for event in listed.events
            if event.device_id == device_id and event.created_at <= at + ROUNDING
        )
        for device_id, at in seen
    ]


def quiet_doors(locks: int) -> list[Door]:
    """Return locks that turn by hand alone and tell it at once."""
    return [
        door
        for door in SeamSandbox(locks).house
        if door.online and door.model.reports_locked and not door.model.momentary
    ][:DOORS]


async def measure() -> AsyncGenerator[Row]:
    for locks in (8, 2000):
        doors = quiet_doors(locks)
        async with sandbox(locks) as seam, home_assistant(seam.url) as assistant:
            for door in doors:
                if door.auto_lock:
                    await seam.act("tune", door=door.device_id, auto_lock=0)
            await assistant.set_up()
            await assistant.open_to_push()
            late = await turn_bolts(assistant, seam, doors)
            counts: dict[str, Any] = assistant.entry.runtime_data.push.health.counts
            if counts["refused"] or counts["lost"]:
                raise RuntimeError(f"push lost events: {counts}")
        yield Row(
            f"signed event to state, {locks:,} locks",
            f"p50 {milliseconds(median(late))}",
            f"p95 {milliseconds(percentile(late, 95))}, {len(late)} events",
            f"p50 <= {MOST * 1000:g} ms",
            median(late) <= MOST,
        )
