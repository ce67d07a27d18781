"""The lists of events: their pace, and that nothing ends or blinds them."""

from itertools import pairwise
import logging
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.seam.api import EventList, SeamClient, SeamServerError
from custom_components.seam.events import poller
from tests.harness import Harness
from tests.seam_sandbox import SeamSandbox
from tests.seam_sandbox.events import from_iso, iso

EVENTS = "/events/list"
LIST = 31.0  # after this long an event has been listed, in seconds


def state(harness: Harness) -> str:
    return harness.state(harness.sandbox.door("Front Door")).state


def activity(harness: Harness) -> object:
    door = harness.sandbox.door("Front Door")
    return harness.state(door, "event", "activity").attributes.get("activity")


@pytest.mark.parametrize(
    "created_at",
    ["9999-12-31T23:59:59Z", "2101-01-01T00:00:00Z", "hour"],
    ids=["last year of all", "next century", "an hour ahead"],
)
async def test_an_event_from_the_future_hides_nothing(
    harness: Harness, sandbox: SeamSandbox, created_at: str
) -> None:
    await harness.set_up()
    await harness.advance(LIST)
    if created_at == "hour":
        created_at = iso(sandbox.clock.now() + 3600)
    sandbox.tamper("Front Door")
    sandbox.events[-1]["created_at"] = created_at
    sandbox.events[-1]["occurred_at"] = created_at
    await harness.advance(LIST)
    for _ in range(2):  # a restart too
        for thrown in (False, True):
            sandbox.turn_bolt("Front Door", thrown=thrown)
            await harness.advance(LIST)
            assert activity(harness) == ("locked" if thrown else "unlocked")
        await harness.unload()
        await harness.set_up()


async def test_a_refused_time_does_not_ask_for_all_types(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    sandbox.add_fault(
        "http_status", status=400, path=EVENTS, error_type="invalid_input", times=1
    )
    await harness.advance(2 * LIST)
    asked = [one.body for one in sandbox.requests if one.path == EVENTS and one.body]
    assert len(asked) > 1
    assert all(body["event_types"] for body in asked)


@pytest.mark.parametrize(
    "how",
    [
        {"error_type": "invalid_event_types"},
        {"error_type": "invalid_input", "message": "event_types: no such value"},
    ],
)
async def test_a_type_that_is_not_known_there_asks_for_all_types(
    harness: Harness, sandbox: SeamSandbox, how: dict[str, str]
) -> None:
    sandbox.add_fault("http_status", status=400, path=EVENTS, times=1, **how)
    await harness.set_up()
    await harness.advance(LIST)
    asked = [one.body for one in sandbox.requests if one.path == EVENTS and one.body]
    assert asked
    assert all("event_types" not in body for body in asked)


async def test_nothing_ends_the_lists(
    harness: Harness, sandbox: SeamSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    await harness.set_up()
    await harness.advance(LIST)
    with patch.object(SeamClient, "list_events", side_effect=OverflowError("year")):
        await harness.advance(300)
    said = [
        record
        for record in caplog.records
        if record.name.startswith("custom_components.seam")
        and record.levelno > logging.INFO
    ]
    assert len(said) == 1
    assert said[0].exc_info is not None
    caplog.clear()
    sandbox.turn_bolt("Front Door", thrown=False)
    await harness.advance(91)
    assert activity(harness) == "unlocked"


async def test_a_list_that_is_cut_off_goes_on_at_once_from_there(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    await harness.advance(LIST)
    whole = SeamClient.list_events
    windows: list[float] = []

    async def part(
        self: SeamClient, since: float, until: float, types: Any = ()
    ) -> EventList:
        listed = await whole(self, since, until, types)
        ordered = sorted(listed.events, key=lambda event: event.created_at)
        windows.append(since)
        if len(ordered) > 2:
            # Events that were made later may be among them.
            return EventList((*ordered[:2], ordered[-1]), ordered[1].created_at + 0.001)
        return EventList(tuple(ordered), until)

    before = sandbox.count(EVENTS)
    with (
        patch.object(SeamClient, "list_events", part),
        patch.object(poller, "OVERLAP", 0.0),  # else it would see them all again
    ):
        for index in range(7):
            sandbox.turn_bolt("Front Door", thrown=bool(index % 2))
            await harness.advance(0.5)
        await harness.advance(LIST + 10)
        last = harness.entry.runtime_data.poller._cursor
    assert not harness.entry.runtime_data.poller._cut_off
    assert last == pytest.approx(
        max(from_iso(event["created_at"]) for event in sandbox.events), abs=0.01
    )
    assert windows
    assert sandbox.count(EVENTS) - before <= 9
    seen = harness.entry.runtime_data.feed._seen
    assert {event["event_id"] for event in sandbox.events} <= set(seen)


async def test_a_list_that_is_cut_off_without_news_goes_on_too(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    await harness.advance(LIST)
    cut = iter([True, True, False])
    windows: list[float] = []

    async def none(
        _client: SeamClient, since: float, until: float, _types: Any = ()
    ) -> EventList:
        windows.append(since)
        return EventList((), since + 5.0 if next(cut, False) else until)

    with patch.object(SeamClient, "list_events", none):
        await harness.advance(LIST + 5)
    assert windows[1] > windows[0]
    assert windows[2] > windows[1]


async def test_a_list_that_an_error_cut_off_is_not_tried_again_at_once(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    await harness.advance(LIST)
    calls = 0

    async def failing(
        _client: SeamClient, since: float, until: float, _types: Any = ()
    ) -> EventList:
        nonlocal calls
        calls += 1
        return EventList((), since + 0.001, SeamServerError("down", status=500))

    with patch.object(SeamClient, "list_events", failing):
        await harness.advance(600)
    assert calls <= 600 / 30


async def test_polling_can_be_switched_off(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    harness.entry.add_to_hass(harness.hass)
    harness.hass.config_entries.async_update_entry(
        harness.entry, pref_disable_polling=True
    )
    await harness.set_up()
    first = sandbox.count(EVENTS)
    assert first <= 1
    await harness.advance(3600)
    assert sandbox.count(EVENTS) == first
    # Somebody wants to know, such as a command in trouble.
    harness.entry.runtime_data.poller._wanted.set()
    await harness.advance(10)
    assert sandbox.count(EVENTS) == first + 1
    await harness.advance(3600)
    assert sandbox.count(EVENTS) == first + 1


async def test_a_refused_key_is_tried_again_soon_and_then_more_and_more_seldom(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    await harness.advance(LIST)
    sandbox.add_fault("http_status", status=401, path=EVENTS)
    times: list[float] = []

    def watch() -> None:
        count = sandbox.count(EVENTS)
        if count > len(times):
            times.extend([sandbox.clock.now()] * (count - len(times)))

    watch()
    begun = len(times)
    harness.watchers.append(watch)
    await harness.advance(4000)
    tries = times[begun:]
    pauses = [later - one for one, later in pairwise(tries)]
    assert pauses[0] <= 45
    assert [round(pause) for pause in pauses] == sorted(map(round, pauses))
    assert max(pauses) <= 610
    assert len(tries) < 15

    sandbox.clear_faults()
    await harness.advance(605)
    sandbox.turn_bolt("Front Door", thrown=False)
    await harness.advance(LIST)
    assert activity(harness) == "unlocked"


async def test_one_mistaken_refusal_costs_less_than_a_minute(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    await harness.advance(LIST)
    sandbox.add_fault("http_status", status=401, path=EVENTS, times=1)
    await harness.advance(LIST)
    sandbox.turn_bolt("Front Door", thrown=False)
    await harness.advance(45)
    assert activity(harness) == "unlocked"


async def test_an_outage_is_asked_less_often_and_ends_soon(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    await harness.advance(LIST)
    before = sandbox.count(EVENTS)
    await harness.advance(3600)
    idle = sandbox.count(EVENTS) - before
    # Each try is one request here: how often the client tries is its own affair.
    calls = 0
    whole = SeamClient.list_events

    async def count(self: SeamClient, *args: Any) -> Any:
        nonlocal calls
        calls += 1
        return await whole(self, *args)

    sandbox.add_fault("http_status", status=500, path=EVENTS)
    with patch.object(SeamClient, "list_events", count):
        await harness.advance(3600)
    assert calls <= idle / 1.9
    sandbox.clear_faults()
    sandbox.turn_bolt("Front Door", thrown=False)
    await harness.advance(61)
    assert activity(harness) == "unlocked"


async def test_no_wait_is_longer_than_ten_minutes(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    sandbox.add_fault(
        "http_status", status=429, retry_after="86400", path=EVENTS, times=1
    )
    await harness.advance(LIST)
    sandbox.turn_bolt("Front Door", thrown=False)
    await harness.advance(605)
    assert activity(harness) == "unlocked"
