"""List locks: our client, the floor below it, and Seam's own SDK."""

from collections.abc import AsyncGenerator, Awaitable, Callable
import gc
from importlib import import_module
from statistics import median
import time
from typing import Any

import aiohttp
import orjson

from custom_components.seam.api import SeamClient
from tests.seam_sandbox import API_KEY

from .recorded import TURN
from .servers import Seam, recorded
from .table import Row, middle, ratio

MOST = 1.3
MOST_FIRST = 1.6
MOST_SAME = 1.0
PAGE = 500


async def floor(seam: Seam) -> int:
    """Read all pages with aiohttp and orjson, and make nothing of them."""
    found: list[Any] = []
    cursor: str | None = None
    while True:
        query: dict[str, Any] = {"limit": PAGE}
        if cursor is not None:
            query["page_cursor"] = cursor
        async with seam.session.post(
            f"{seam.url}/devices/list",
            data=orjson.dumps(query),
            headers={"Content-Type": "application/json"},
        ) as response:
            answer = orjson.loads(await response.read())
        found += answer["devices"]
        cursor = answer["pagination"]["next_page_cursor"]
        if cursor is None:
            return len(found)


async def measure() -> AsyncGenerator[Row]:
    for locks, rounds in ((100, 40), (1000, 20), (2000, 14)):
        async with recorded(locks) as seam, aiohttp.ClientSession() as session:
            client = SeamClient(session, API_KEY, endpoint=seam.url)
            sdk = import_module("seam").AsyncSeam(api_key=API_KEY, endpoint=seam.url)
            pages = sdk.create_paginator(sdk.devices.list, {"limit": PAGE})

            async def ours(client: SeamClient = client) -> int:
                return len((await client.list_devices()).devices)

            async def first(
                session: aiohttp.ClientSession = session, url: str = seam.url
            ) -> int:
                fresh = SeamClient(session, API_KEY, endpoint=url)
                return len((await fresh.list_devices()).devices)

            async def bare(seam: Seam = seam) -> int:
                return await floor(seam)

            async def theirs(pages: Any = pages) -> int:
                return len(await pages.flatten_to_list())

            ways: list[Callable[[], Awaitable[int]]] = [ours, first, bare, theirs]
            taken: list[list[float]] = [[] for _ in ways]
            for turn in range(rounds + 2):
                async with seam.session.get(seam.url + TURN):
                    pass
                for place in range(len(ways)):
                    # Each is the first at times, when the server's caches are cold.
                    at = (place + turn) % len(ways)
                    # What one way leaves behind is not for the next to clear up.
                    gc.collect()
                    began = time.perf_counter()
                    if await ways[at]() != locks + 2:
                        raise RuntimeError("not all devices were listed")
                    if turn > 1:  # the first two let the server record
                        taken[at].append(time.perf_counter() - began)
            same: list[tuple[float, float]] = []
            await ours()  # from here on nothing changes
            for _ in range(rounds):
                gc.collect()
                began = time.perf_counter()
                await bare()
                ended = time.perf_counter()
                await ours()
                same.append((time.perf_counter() - ended, ended - began))
            await sdk.close()
        again, anew, bottom, other = taken
        above = ratio(again, bottom)
        first_above = ratio(anew, bottom)
        same_above = median(mine / least for mine, least in same)
        yield Row(
            f"list of {locks:,} locks, nothing changed",
            f"{middle([mine for mine, _ in same])}, {same_above:.2f}x the floor",
            "",
            f"<= {MOST_SAME}x the floor",
            same_above <= MOST_SAME,
        )
        yield Row(
            f"list of {locks:,} locks, 1 % changed",
            f"{middle(again)}, {above:.2f}x the floor",
            f"floor {middle(bottom)}; SDK {middle(other)},"
            f" {ratio(other, again):.1f}x ours",
            f"<= {MOST}x the floor",
            above <= MOST,
        )
        yield Row(
            f"list of {locks:,} locks, the first one",
            f"{middle(anew)}, {first_above:.2f}x the floor",
            f"SDK {ratio(other, anew):.1f}x ours",
            f"<= {MOST_FIRST}x the floor",
            first_above <= MOST_FIRST,
        )
