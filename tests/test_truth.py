"""How soon Home Assistant knows the truth, in small; `script/bench truth` in large.

A house of one class of brands lives for a while, and each goal of the bench has to
be met.
"""

from collections import Counter
from itertools import pairwise

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from script.bench_files.truth import rows
from script.bench_files.truth_house import HOUR, House, bring_pushed, live, plan_day
from script.bench_files.truth_oracle import Ending, Kind, Oracle
from tests.harness import Harness
from tests.seam_sandbox import SeamSandbox, plain_plans

LOCKS = 6


@pytest.mark.parametrize("push", [False, True], ids=["no push", "push"])
@pytest.mark.parametrize("brand", ["a", "d", "f"])
@pytest.mark.usefixtures("socket_enabled", "enable_custom_integrations")
async def test_the_goals_are_met(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, brand: str, push: bool
) -> None:
    # Commands that were accepted and never done are left to the bench: so few
    # locks have no time to show that their readings follow at once.
    house = House(brand, push, locks=LOCKS, seconds=3 * HOUR, lost=0.0)
    oracles: list[Oracle] = []
    async with Harness.with_locks(
        hass,
        freezer,
        plans=plain_plans(LOCKS),
        post=bring_pushed(lambda: hass, oracles),
    ) as harness:
        figures = (await live(harness, house, oracles))[brand]
    # It was a day on which something happened.
    assert figures.endings.total() > 3 * LOCKS
    assert (figures.pushed > 3 * LOCKS) is push
    missed = [
        f"{row.what} is {row.result}, wanted {row.goal}"
        for row in rows(house, brand, figures)
        if row.met is False
    ]
    assert not missed, "\n".join(missed)


def test_each_version_lives_through_the_same_day() -> None:
    house = House("a")
    day = plan_day(house)
    assert day == plan_day(house)
    assert day != plan_day(House("a", seed=2))
    assert day == sorted(day)
    # Enough for figures, and no more than Seam takes.
    kinds = Counter(act.what for act in day)
    assert min(kinds.values()) > 50
    for door in range(house.locks):
        times = [act.at for act in day if act.door == door and act.what == "lock"]
        assert all(b - a > 10 for a, b in pairwise(times))


@pytest.mark.parametrize("by", ["event", "attempt", "reading"])
async def test_the_oracle_knows_what_home_assistant_was_told(
    harness: Harness, sandbox: SeamSandbox, by: str
) -> None:
    front = sandbox.door("Front Door")
    # Nothing but this one tells of it.
    sandbox.set_brand(front, {"event": "f", "attempt": "e", "reading": "d"}[by])
    await harness.set_up()
    entity_id = harness.state(front).entity_id
    oracle = Oracle(harness, [front])
    if by == "attempt":
        await harness.until(harness.press(front, "unlock"))
    else:
        sandbox.turn_bolt(front, thrown=False)
    # Not told yet, or shown as it is.
    await harness.advance(0.5)
    assert Kind.LIE not in oracle.shown_wrong(front)
    await harness.advance(70)
    harness.hass.states.async_set(entity_id, "locked")
    await harness.advance(2)
    assert Kind.LIE in oracle.shown_wrong(front)
    # Locked and opened again, which nobody has told yet.
    sandbox.turn_bolt(front, thrown=True)
    await harness.advance(0.1)
    sandbox.turn_bolt(front, thrown=False)
    await harness.advance(0.1)
    assert Kind.LOCKED_WHILE_OPEN in oracle.shown_wrong(front)
    assert Kind.LIE not in oracle.shown_wrong(front)


async def test_the_oracle_sees_what_is_wrong(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    front = sandbox.door("Front Door")
    entity_id = harness.state(front).entity_id
    oracle = Oracle(harness, [front])

    def show(state: str, **attributes: bool) -> None:
        harness.hass.states.async_set(entity_id, state, attributes)

    # Open, and Home Assistant has not been told: not known, but no lie.
    sandbox.add_fault("event_late", seconds=7, times=1)
    sandbox.turn_bolt(front, thrown=False)
    await harness.advance(4)
    # Told by an event that a list brings.
    await harness.advance(20)
    assert harness.state(front).state == "unlocked"
    oracle.call_ended(front, raised=True)
    oracle.call_ended(front, raised=False)
    show("locked")
    await harness.advance(2)
    show("unknown", assumed_state=True)
    await harness.advance(3)
    sandbox.turn_bolt(front, thrown=True)
    show("unlocked")
    await harness.advance(1)
    oracle.call_ended(front, raised=True)
    oracle.call_ended(front, raised=False)
    show("locked")
    oracle.call_ended(front, raised=False)

    assert oracle.finish() == pytest.approx(30, abs=0.1)
    (first, second) = oracle.spans[Kind.LOCKED_WHILE_OPEN].lengths
    assert 7 <= first <= 24
    assert second == pytest.approx(2, abs=0.1)
    for kind, seconds in (
        (Kind.LIE, 2),
        (Kind.UNKNOWN, 3),
        (Kind.ASSUMED, 3),
        (Kind.UNLOCKED_WHILE_LOCKED, 1),
        (Kind.NOT_LAST_EVENT, 5),
    ):
        assert sum(oracle.spans[kind].lengths) == pytest.approx(seconds, abs=0.1)
    assert oracle.endings == {
        Ending.RIGHT_ALARM: 1,
        Ending.FALSE_RETURN: 1,
        Ending.FALSE_ALARM: 1,
        Ending.UNPROVED: 1,
        Ending.PROVED: 1,
    }
