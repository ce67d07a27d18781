"""How late a command ends, counted from the moment at which the bolt had moved."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import cycle
from statistics import fmean
import time

from custom_components.seam.api import SeamClient
from custom_components.seam.events.types import EVENT_TYPES
from tests.seam_sandbox import API_KEY, Door, SeamSandbox

from .assistant import home_assistant
from .servers import Seam, sandbox
from .table import Row, milliseconds

SECONDS = (0.5, 1.3, 5.0)
# Added to each of them in turn, so that no pace of asking is met by luck.
SPREAD = (0.0, 0.1, 0.2, 0.3, 0.4)
MOST = 0.15
MOST_WITH_PUSH = 0.05

# Each has a door of its own, for people do not turn the same bolt all the time.
DOORS = ("Garage Side Door", "Workshop", "Front Door")
THEIR_DOOR = "Back Door"

type Press = Callable[[str, bool], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Pressed:
    """A command: how long it took, which door, when sent, when ended (epoch s)."""

    seconds: float
    device_id: str
    began: float
    ended: float


async def press_all(
    seam: Seam, doors: Sequence[Door], press: Press, spread: Sequence[float]
) -> list[Pressed]:
    """Send a command for each duration, each to the next of some doors."""
    done: list[Pressed] = []
    for door in doors:
        await seam.act("tune", door=door.name, auto_lock=0)
    for turn, more in enumerate(spread):
        for seconds, door in zip(SECONDS, cycle(doors), strict=False):
            await seam.act("tune", door=door.name, command_seconds=seconds + more)
            began = time.time()
            await press(door.device_id, (turn + len(done)) % 2 == 0)
            done.append(Pressed(seconds, door.device_id, began, time.time()))
    return done


async def lateness(
    client: SeamClient, pressed: list[Pressed]
) -> dict[float, list[float]]:
    """Return how many seconds after its bolt had moved each command ended."""
    events = (await client.list_events(0, time.time() + 60)).events
    late: dict[float, list[float]] = {seconds: [] for seconds in SECONDS}
    for one in pressed:
        (moved_at,) = (
            event.occurred_at
            for event in events
            if event.device_id == one.device_id
            and event.action_attempt_id is not None
            and event.event_type in EVENT_TYPES
            and EVENT_TYPES[event.event_type].locked is not None
            and one.began <= event.occurred_at <= one.ended
        )
        late[one.seconds].append(one.ended - moved_at)
    return late


def told(late: dict[float, list[float]]) -> str:
    return ", ".join(
        f"{milliseconds(fmean(values))} after {seconds:g} s"
        for seconds, values in late.items()
    )


def mean(late: dict[float, list[float]]) -> float:
    return fmean(one for values in late.values() for one in values)


async def measure() -> AsyncGenerator[Row]:
    house = SeamSandbox(8)  # only to look up ids, which never change
    mine = [house.door(name) for name in DOORS]
    theirs = [house.door(THEIR_DOOR)]
    async with sandbox(8) as seam, home_assistant(seam.url) as assistant:
        client = SeamClient(seam.session, API_KEY, endpoint=seam.url)
        sdk = import_module("seam").AsyncSeam(
            api_key=API_KEY,
            endpoint=seam.url,
            # By default it gives up after 5 s.
            wait_for_action_attempt={"timeout": 30.0},
        )

        async def by_sdk(device_id: str, lock: bool) -> None:
            await (sdk.locks.lock_door if lock else sdk.locks.unlock_door)(
                device_id=device_id
            )

        async def press(device_id: str, lock: bool) -> None:
            await assistant.hass.services.async_call(
                "lock",
                "lock" if lock else "unlock",
                {"entity_id": assistant.entity_id(device_id)},
                blocking=True,
            )

        await assistant.set_up()
        ours, others = await asyncio.gather(
            press_all(seam, mine, press, SPREAD),
            press_all(seam, theirs, by_sdk, SPREAD),
        )
        late = await lateness(client, ours)
        sdk_late = await lateness(client, others)
        yield Row(
            "end of a command after the bolt has moved, without push",
            f"{milliseconds(mean(late))} on average",
            told(late),
            f"<= {MOST * 1000:g} ms",
            mean(late) <= MOST,
        )
        yield Row(
            "end of a command after the bolt has moved, SDK",
            f"{milliseconds(mean(sdk_late))} on average",
            f"{told(sdk_late)}; {mean(sdk_late) / mean(late):.1f}x ours",
        )
        await sdk.close()

        await assistant.open_to_push()
        late = await lateness(client, await press_all(seam, mine, press, SPREAD[:2]))
        yield Row(
            "end of a command after the bolt has moved, with push",
            f"{milliseconds(mean(late))} on average",
            told(late),
            f"<= {MOST_WITH_PUSH * 1000:g} ms",
            mean(late) <= MOST_WITH_PUSH,
        )
