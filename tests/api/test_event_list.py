"""Listing events, of which Seam gives only so many at a time and has no pages."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
import json
import random

from aiohttp import web
import pytest

from custom_components.seam.api import (
    EventList,
    SeamClient,
    SeamServerError,
    SeamTimeoutError,
    event_list,
)
from custom_components.seam.api.event_list import MOST_REQUESTS, OVERLAP

from .conftest import Answer, ScriptedSeam, fail, ok

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1).total_seconds()
LIMIT = 500


def events_made(after: Sequence[float]) -> Answer:
    """Answer with the events of the asked time, as many as fit, in any order.

    Args:
        after: seconds since BEGIN at which each event was made.
    """

    async def answer(request: web.Request) -> web.StreamResponse:
        asked = json.loads(await request.read())
        since, until = map(datetime.fromisoformat, asked["between"])
        found = [
            {
                "event_id": f"e{number}",
                "event_type": "lock.locked",
                "created_at": (BEGIN + timedelta(seconds=moment)).isoformat(),
            }
            for number, moment in enumerate(after)
            # Both bounds are exclusive.
            if since < BEGIN + timedelta(seconds=moment) < until
        ]
        random.Random(1).shuffle(found)
        return web.json_response({"events": found[: asked["limit"]], "ok": True})

    return answer


async def ids(client: SeamClient) -> set[str]:
    since = BEGIN.timestamp()
    found = await client.list_events(since, since + DAY)
    assert found.complete_until == since + DAY
    assert found.error is None
    assert len({event.event_id for event in found.events}) == len(found.events)
    return {event.event_id for event in found.events}


@pytest.mark.parametrize("count", [0, 1, LIMIT - 1])
async def test_what_fits_takes_one_request(
    seam: ScriptedSeam, client: SeamClient, count: int
) -> None:
    seam.always = events_made([1.0 + number for number in range(count)])
    assert len(await ids(client)) == count
    assert len(seam.asked) == 1


@pytest.mark.parametrize("count", [LIMIT, LIMIT + 1, 3000])
async def test_a_day_at_the_limit_is_halved_until_all_fits(
    seam: ScriptedSeam, client: SeamClient, count: int
) -> None:
    seam.always = events_made([1 + (DAY - 2) * n / count for n in range(count)])
    assert await ids(client) == {f"e{number}" for number in range(count)}
    assert len(seam.asked) <= 4 * count / LIMIT + 3


async def test_a_burst_is_cut_out(seam: ScriptedSeam, client: SeamClient) -> None:
    """Most of a day's events in one minute."""
    after = [30_000 + 60 * number / 2000 for number in range(2000)]
    seam.always = events_made(after)
    assert len(await ids(client)) == 2000


async def test_nothing_is_lost_where_the_halves_meet(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    """The bounds are exclusive, and an event may lie just on one."""
    seam.always = events_made([DAY / 2] * 3 + [float(number) for number in range(700)])
    assert {"e0", "e1", "e2"} <= await ids(client)


async def test_too_many_at_one_moment_do_not_ask_for_ever(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    seam.always = events_made([43_210.5] * 900)
    since = BEGIN.timestamp()
    begun = await client.list_events(since, since + DAY)
    rest = await client.list_events(begun.complete_until, since + DAY)
    assert len({*begun.events, *rest.events}) == LIMIT
    assert rest.complete_until == since + DAY


async def test_only_the_wanted_types_are_asked_for_in_every_half(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    seam.always = events_made([60.0 * number for number in range(600)])
    since = BEGIN.timestamp()
    await client.list_events(since, since + DAY, iter(["lock.locked"]))
    assert len(seam.asked) > 1
    assert all(asked.body["event_types"] == ["lock.locked"] for asked in seam.asked)


async def test_an_unreadable_event_hides_no_other(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    good = {
        "event_id": "e1",
        "event_type": "a.new_one",
        "occurred_at": "2026-01-01T00:00:00Z",
    }
    seam.then(ok(events=[None, {}, good, {**good, "occurred_at": "yesterday"}]))
    found = await client.list_events(0, 1)
    assert [event.event_id for event in found.events] == ["e1"]


async def test_events_that_cannot_be_read_count_towards_the_limit(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    """A cut-off list is cut off whatever is in it."""
    seam.then(ok(events=[None] * LIMIT), ok(events=[]), ok(events=[]))
    assert await client.list_events(0, 60) == EventList((), 60)
    assert len(seam.asked) == 3


# -- a budget of requests


async def test_a_list_that_is_always_full_ends_and_says_how_far_it_came(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    async def full(request: web.Request) -> web.StreamResponse:
        asked = json.loads(await request.read())
        begin = datetime.fromisoformat(asked["between"][0])
        event = {
            "event_type": "lock.locked",
            "created_at": (begin + timedelta(microseconds=1)).isoformat(),
        }
        found = [{**event, "event_id": f"{begin}-{number}"} for number in range(LIMIT)]
        return web.json_response({"events": found, "ok": True})

    seam.always = full
    since = BEGIN.timestamp()
    until = since + DAY
    at = since
    for _ in range(3):
        seam.asked.clear()
        found = await client.list_events(at, until)
        assert len(seam.asked) == MOST_REQUESTS
        assert len(found.events) >= LIMIT
        assert at + 2 < found.complete_until < until
        at = found.complete_until


@pytest.mark.parametrize("count", [12_000])
async def test_more_than_the_budget_is_listed_in_several_turns(
    seam: ScriptedSeam, client: SeamClient, count: int
) -> None:
    after = [1 + (DAY - 2) * n / count for n in range(count)]
    seam.always = events_made(after)
    since = at = BEGIN.timestamp()
    until = since + DAY
    told: set[str] = set()
    turns = 0
    while at < until:
        turns += 1
        assert turns < 20
        found = await client.list_events(at, until)
        assert found.complete_until > at
        at = found.complete_until
        told |= {event.event_id for event in found.events}
        # The oldest part first, and nothing of it is missing.
        assert told >= {f"e{n}" for n in range(count) if since + after[n] < at}
    assert len(told) == count
    assert turns > 1


async def test_what_came_before_a_failure_counts(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    seam.always = events_made([1 + (DAY - 2) * n / 900 for n in range(900)])
    since = BEGIN.timestamp()
    good = seam.always
    for _ in range(2):
        seam.then(good)
    seam.then(fail(503), fail(503), fail(503))
    found = await client.list_events(since, since + DAY)
    assert type(found.error) is SeamServerError
    assert found.complete_until == since + DAY / 2 - OVERLAP
    made = sum(1 for n in range(900) if 1 + (DAY - 2) * n / 900 < DAY / 2 - OVERLAP)
    assert len(found.events) >= made


async def test_a_failure_before_anything_is_complete_is_one(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    seam.then(events_made([1.0 + n for n in range(LIMIT)]), *[fail(503)] * 3)
    since = BEGIN.timestamp()
    with pytest.raises(SeamServerError):
        await client.list_events(since, since + DAY)


@pytest.mark.parametrize("halves", [0, 1])
async def test_a_list_has_its_deadline(
    seam: ScriptedSeam,
    client: SeamClient,
    monkeypatch: pytest.MonkeyPatch,
    halves: int,
) -> None:
    monkeypatch.setattr(event_list, "DEADLINE", 0.5)
    good = events_made([1 + (DAY - 2) * n / 900 for n in range(900)])
    seam.then(good, *[good] * halves, seam.hang)
    since = BEGIN.timestamp()
    if not halves:
        with pytest.raises(SeamTimeoutError):
            await client.list_events(since, since + DAY)
    else:
        found = await client.list_events(since, since + DAY)
        assert type(found.error) is SeamTimeoutError
        assert since < found.complete_until < since + DAY


async def test_absurd_times_are_asked_for_as_the_nearest_ones(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    seam.then(ok(events=[]))
    await client.list_events(-1e300, 1e300)
    assert seam.asked[0].body["between"] == [
        "1970-01-01T00:00:00+00:00",
        "2100-01-01T00:00:00+00:00",
    ]
