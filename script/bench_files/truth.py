"""How soon Home Assistant knows the truth: simulated hours for classes of brands."""

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import ProcessPoolExecutor
import multiprocessing
import os

from tests.seam_sandbox import BRANDS

from .table import Row
from .truth_house import Figures, House, live_alone
from .truth_oracle import Ending, Kind

# Seconds.
SOON = 60.0
UNKNOWN_MOST = 0.01
WRONG_MOST = 0.001
# Brands that can always be known soon, as Seam knows them soon.
KNOWABLE = "abcd"
# What is with push, of which class.
MIXED = "abcd"


def houses() -> list[House]:
    """Return all houses that are lived through."""
    single = [House(brand, push) for brand in BRANDS for push in (False, True)]
    return [*single, House(MIXED, push=True)]


def run(house: House) -> dict[str, Figures]:
    return asyncio.run(live_alone(house))


async def measure() -> AsyncGenerator[Row]:
    # Fresh processes, as a clock that was frozen once leaves traces.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), fresh, max_tasks_per_child=1) as pool:
        loop = asyncio.get_running_loop()
        wanted = houses()
        work = [loop.run_in_executor(pool, run, house) for house in wanted]
        for house, done in zip(wanted, work, strict=True):
            for brand, figures in (await done).items():
                for row in rows(house, brand, figures):
                    yield row


def rows(house: House, brand: str, figures: Figures) -> list[Row]:
    """Return what one class came to, and whether each goal was met."""
    where = "push" if house.push else "no push"
    if house.brands != brand:
        where += f", among {house.brands}"
    spans = figures.spans
    found: list[Row] = []

    def add(what: str, result: str, goal: str = "", met: bool | None = None) -> None:
        found.append(Row(f"{brand}, {where}: {what}", result, "", goal, met))

    def add_kind(kind: Kind, goal: str = "", met: bool | None = None) -> None:
        add(kind, f"{figures.share(kind):.2%}; {spans[kind].told()}", goal, met)

    lag = BRANDS[brand].poll_seconds
    soon = SOON + (lag or 0.0)
    add_kind(Kind.LIE, "never", not spans[Kind.LIE].lengths)
    add_kind(Kind.LOCKED_WHILE_OPEN)
    late = spans[Kind.UNLOCKED_WHILE_LOCKED].p95
    if brand in KNOWABLE or lag:
        add_kind(Kind.UNLOCKED_WHILE_LOCKED, f"95 % <= {soon:g} s", late <= soon)
    else:
        add_kind(Kind.UNLOCKED_WHILE_LOCKED)
    if brand in KNOWABLE:
        share = figures.share(Kind.UNKNOWN)
        add_kind(Kind.UNKNOWN, f"<= {UNKNOWN_MOST:.0%}", share <= UNKNOWN_MOST)
    elif lag:
        add_kind(Kind.UNKNOWN, f"95 % <= {soon:g} s", spans[Kind.UNKNOWN].p95 <= soon)
    else:
        add_kind(Kind.UNKNOWN)
    if not BRANDS[brand].reports_position:
        share = figures.share(Kind.NOT_LAST_EVENT)
        add_kind(Kind.NOT_LAST_EVENT, f"<= {WRONG_MOST:.1%}", share <= WRONG_MOST)
    if house.brands == "a" and house.push:
        share = figures.share(Kind.LOCKED_WHILE_OPEN, Kind.UNLOCKED_WHILE_LOCKED)
        add("wrong in all", f"{share:.3%}", f"<= {WRONG_MOST:.1%}", share <= WRONG_MOST)
    add_kind(Kind.ASSUMED)
    if spans[Kind.OTHER].lengths:
        add_kind(Kind.OTHER, "never", met=False)
    endings = figures.endings
    told = ", ".join(f"{endings[one]} {one}" for one in Ending if endings[one])
    bad = endings[Ending.FALSE_RETURN] + endings[Ending.UNPROVED]
    if BRANDS[brand].reports_position:
        add("calls of lock.lock", told, "none returned without proof", not bad)
    else:
        add("calls of lock.lock", told)
    add("requests per hour", f"{figures.requests:,.0f}")
    return found
