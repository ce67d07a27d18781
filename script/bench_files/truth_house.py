"""The life of a house of one class of brands, under a clock that is moved by hand.

What happens, and when, is decided beforehand by a seed, so that every class and
every version of the integration lives through the very same day.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
import random
import time
from typing import Any, cast

import freezegun
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components import webhook
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.aiohttp import MockRequest
import orjson
import pytest_homeassistant_custom_component.patch_time  # noqa: F401 - makes Home Assistant's clock one that can be frozen

from tests.harness import Harness
from tests.seam_sandbox import BRANDS, Door, FaultKind, SeamSandbox, plain_plans

from .assistant import home_assistant
from .truth_oracle import Ending, Kind, Oracle, Spans

HOUR = 3600.0
MINUTE = 60.0
# How much of the accepted commands is never done.
LOST = 0.03
# After the start, until all is at its pace; seconds.
WARM_UP = 120.0
# Between two stories of one door: on average, and at least; seconds.
BETWEEN = 720.0
AT_LEAST = 45.0
# Where Seam would push to; what it sends never takes a network.
ADDRESS = "http://127.0.0.1:1"


@dataclass(frozen=True, slots=True, order=True)
class Act:
    """Something that is done to a door, so many seconds after the beginning."""

    at: float
    door: int
    what: str


@dataclass(frozen=True, slots=True)
class Stories:
    """How often each kind of story is, and how long a door stays open.

    Attributes:
        remote: unlocked through Home Assistant, and locked again 2 to 60 s later.
        hand: unlocked by hand, and locked by hand.
        code: unlocked by a code; locks itself, or is locked by hand.
        night: locked through Home Assistant, as every night.
        forgotten: unlocked through Home Assistant, locked by hand.
        shortest: seconds that a door that a hand locks stays open, at least.
        longest: the same, at most.
    """

    remote: int = 60
    hand: int = 15
    code: int = 15
    night: int = 5
    forgotten: int = 5
    shortest: float = 5.0
    longest: float = 300.0


@dataclass(frozen=True, slots=True)
class House:
    """What to live through.

    Attributes:
        brands: classes; door for door in turn.
        push: Seam can push to us.
        locks: how many.
        seconds: for how long.
        seed: decides what happens.
        stories: how often what happens.
        lost: which part of the accepted commands is never done.
    """

    brands: str
    push: bool = False
    locks: int = 24
    seconds: float = 6 * HOUR
    seed: int = 1
    stories: Stories = Stories()
    lost: float = LOST


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of it.

    Attributes:
        whole: how long was looked, in seconds of all doors.
        spans: by what was so.
        endings: of the calls of `lock.lock`.
        requests: to Seam, in an hour.
        pushed: deliveries that were taken.
    """

    whole: float
    spans: dict[Kind, Spans]
    endings: Counter[Ending]
    requests: float
    pushed: int

    def share(self, *kinds: Kind) -> float:
        """Return which part of the time something was so, 0..1."""
        return sum(self.spans[kind].share(self.whole) for kind in kinds)


def plan_day(house: House) -> list[Act]:
    """Return all that will be done to the doors, in order."""
    acts: list[Act] = []
    for door in range(house.locks):
        dice = random.Random(f"{house.seed} {door}")
        now = dice.uniform(0, BETWEEN)
        while now < house.seconds - AT_LEAST:
            for after, what in _story(house.stories, dice):
                now += after
                acts.append(Act(now, door, what))
            now += AT_LEAST + dice.expovariate(1 / (BETWEEN - AT_LEAST))
    return sorted(act for act in acts if act.at < house.seconds)


def _story(stories: Stories, dice: random.Random) -> list[tuple[float, str]]:
    stay = dice.uniform(stories.shortest, stories.longest)
    told = {
        "remote": [(0.0, "unlock"), (dice.uniform(2, 60), "lock")],
        "hand": [(0.0, "hand opens"), (stay, "hand closes")],
        "code": [(0.0, "code"), (stay, "hand closes")],
        "night": [(0.0, "lock")],
        "forgotten": [(0.0, "unlock"), (stay, "hand closes")],
    }
    weights = [getattr(stories, name) for name in told]
    return told[dice.choices(list(told), weights)[0]]


def furnish(sandbox: SeamSandbox, house: House) -> list[Door]:
    """Give the doors their manners, and return them."""
    doors = list(sandbox.house)
    for at, door in enumerate(doors):
        dice = random.Random(f"{house.seed} manners {at}")
        turn, of_brand = divmod(at, len(house.brands))
        brand = house.brands[of_brand]
        sandbox.set_brand(door, brand)
        sandbox.tune(
            door,
            command_seconds=round(dice.uniform(0.7, 3.0), 2),
            # Every third door locks itself, and one in four of these in silence.
            auto_lock=0.0 if turn % 3 else dice.choice((15.0, 30.0, 120.0)),
            reports_auto_lock=bool(turn % 12),
        )
        if poll_seconds := BRANDS[brand].poll_seconds:
            # Not all at the same moment, and at none that our own pace meets.
            sandbox.tune(door, poll_seconds=poll_seconds - dice.uniform(0, 30))
    sandbox.faults.dice.seed(house.seed)
    sandbox.add_fault(FaultKind.ATTEMPT_LOST, chance=house.lost)
    return doors


def begin_alike(harness: Harness, seed: object = 0) -> None:
    """Let two runs begin at the same second of a minute, with the same chance."""
    # Home Assistant spreads its own timers at random.
    random.seed(f"{seed}")
    harness.freezer.tick(MINUTE - time.time() % MINUTE + 0.25)


async def live(
    harness: Harness, house: House, oracles: list[Oracle]
) -> dict[str, Figures]:
    """Let a house live through its time.

    Args:
        harness: whose doors are `plain_plans`; not yet set up.
        house: what to live through.
        oracles: filled with those that are to hear what is pushed.

    Returns:
        What came of it, by class of brands.
    """
    sandbox, hass = harness.sandbox, harness.hass
    begin_alike(harness, house.seed)
    doors = furnish(sandbox, house)
    if house.push:
        await hass.config.async_update(internal_url=ADDRESS)
    await harness.set_up()
    await harness.advance(WARM_UP)
    count = len(house.brands)
    oracles += [Oracle(harness, doors[at::count]) for at in range(count)]
    calls: set[asyncio.Task[None]] = set()

    async def call(at: int, action: str) -> None:
        raised = False
        try:
            await harness.press(doors[at], action)
        except HomeAssistantError:
            raised = True
        if action == "lock":
            oracles[at % count].call_ended(doors[at], raised=raised)

    def act(at: int, what: str) -> None:
        match what:
            case "hand opens" | "hand closes":
                sandbox.turn_bolt(doors[at], thrown=what == "hand closes")
            case "code":
                sandbox.enter_code(doors[at])
            case _:
                task = asyncio.create_task(call(at, what))
                calls.add(task)
                task.add_done_callback(calls.discard)

    before, pushed = len(sandbox.requests), len(sandbox.webhooks.deliveries)
    begun = hass.loop.time()
    for one in plan_day(house):
        await harness.advance(begun + one.at - hass.loop.time())
        act(one.door, one.what)
    await harness.advance(begun + house.seconds - hass.loop.time())
    requests = (len(sandbox.requests) - before) * HOUR / house.seconds
    wholes = [oracle.finish() for oracle in oracles]
    for task in list(calls):
        await harness.until(task)
    taken = [one for one in list(sandbox.webhooks.deliveries)[pushed:] if one.status]
    return {
        brand: Figures(whole, oracle.spans, oracle.endings, requests, len(taken))
        for brand, oracle, whole in zip(house.brands, oracles, wholes, strict=True)
    }


def bring_pushed(
    find: Callable[[], HomeAssistant], oracles: Sequence[Oracle]
) -> Callable[[str, bytes, dict[str, str]], Any]:
    """Return what brings a pushed event in, as Home Assistant's cloud does."""

    async def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        request = MockRequest(body, "truth", method="POST", headers=headers)
        webhook_id = url.rpartition("/")[2]
        response = await webhook.async_handle_webhook(find(), webhook_id, request)
        for oracle in oracles:
            oracle.told(orjson.loads(body))
        return response.status

    return post


@contextmanager
def frozen() -> Iterator[FrozenDateTimeFactory]:
    """Let all clocks stand still, as the tests do."""
    with freezegun.freeze_time() as clock:
        yield cast(FrozenDateTimeFactory, clock)


@asynccontextmanager
async def harness_of(
    clock: FrozenDateTimeFactory, locks: int, oracles: Sequence[Oracle]
) -> AsyncGenerator[Harness]:
    """Run a core and a sandbox that know nothing but each other."""
    cores: list[HomeAssistant] = []
    post = bring_pushed(lambda: cores[0], oracles)
    sandbox = SeamSandbox(plans=plain_plans(locks), post=post)
    await sandbox.start()
    try:
        async with home_assistant(sandbox.url) as assistant:
            cores.append(assistant.hass)
            assistant.hass.loop.set_debug(False)
            harness = Harness(assistant.hass, sandbox, clock)
            harness.entry = assistant.entry
            yield harness
            await harness.unload()
    finally:
        await sandbox.stop()


async def live_alone(house: House) -> dict[str, Figures]:
    """Let a house live through its time in a core of its own."""
    oracles: list[Oracle] = []
    with frozen() as clock:
        async with harness_of(clock, house.locks, oracles) as harness:
            return await live(harness, house, oracles)
