"""Listing devices: pages, what ends a list, and what is not parsed again."""

from collections.abc import Iterator
from itertools import count, pairwise
import json
import logging
from typing import Any

from aiohttp import web
from hypothesis import given, strategies as st
import pytest

from custom_components.seam.api import (
    Device,
    DeviceList,
    DevicePage,
    SeamClient,
    SeamRateLimitError,
    SeamResponseError,
    SeamServerError,
    SeamTimeoutError,
    device_list,
)
from custom_components.seam.api.device_list import MOST_PAGES, _Decoder, _Page

from .conftest import Answer, ScriptedSeam, fail, ok, raw


def device(device_id: str, **more: object) -> dict[str, object]:
    return {"device_id": device_id, "device_type": "yale_lock", **more}


def page(cursor: str | None, *devices: object, more: bool | None = None) -> Any:
    return ok(
        devices=list(devices),
        pagination={
            "next_page_cursor": cursor,
            "has_next_page": cursor is not None if more is None else more,
            "next_page_url": None,
        },
    )


# -- pages


async def test_all_pages_are_read_with_the_same_question(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    seam.then(
        page("p2", device("1"), device("2")),
        page("p3", device("3")),
        page(None, device("4")),
    )
    answer = await client.list_devices(["1", "2", "3", "4"])
    assert [found.device_id for found in answer.devices] == ["1", "2", "3", "4"]
    assert (answer.pages, answer.skipped) == (3, 0)
    same = {"limit": 500, "device_ids": ["1", "2", "3", "4"]}
    assert [asked.body for asked in seam.asked] == [
        same,
        {**same, "page_cursor": "p2"},
        {**same, "page_cursor": "p3"},
    ]


async def test_a_repeated_cursor_ends_the_list(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    seam.then(page("p2", device("1")), page("p3", device("2")), page("p2", device("3")))
    answer = await client.list_devices()
    assert [found.device_id for found in answer.devices] == ["1", "2", "3"]
    assert answer.pages == 3
    assert not answer.complete


@pytest.mark.parametrize(
    "pagination",
    [
        None,
        [],
        {},
        {"next_page_cursor": None, "has_next_page": True},
        {"next_page_cursor": "p2", "has_next_page": False},
        {"next_page_cursor": 2, "has_next_page": True},
    ],
)
async def test_no_next_page(
    seam: ScriptedSeam, client: SeamClient, pagination: object
) -> None:
    seam.then(ok(devices=[device("1")], pagination=pagination))
    found = await client.list_devices()
    assert found.pages == 1
    # Seam says that there is more, but not where.
    more = isinstance(pagination, dict) and pagination.get("has_next_page") is True
    assert found.complete is not more


async def test_a_page_is_asked_for_again_on_its_own(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    seam.then(page("p2", device("1")), fail(503), page(None, device("2")))
    assert len((await client.list_devices()).devices) == 2
    assert [asked.body.get("page_cursor") for asked in seam.asked] == [None, "p2", "p2"]


@pytest.mark.parametrize("broken", [None, 7, "x", [], {}, {"device_id": 5}, True])
async def test_one_bad_device_hides_no_other(
    seam: ScriptedSeam,
    client: SeamClient,
    caplog: pytest.LogCaptureFixture,
    broken: object,
) -> None:
    caplog.set_level(logging.DEBUG, "custom_components.seam")
    seam.then(page(None, device("1"), broken, broken, device("2")))
    answer = await client.list_devices()
    assert [found.device_id for found in answer.devices] == ["1", "2"]
    assert answer.skipped == 2
    logged = [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.seam")
    ]
    assert logged == ["Skipped 2 unreadable Device entries"]


async def test_a_list_is_read_anew_each_time(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    """Those that are as they were are not parsed again; no other is."""
    deep: list[object] = []
    for _ in range(300):
        deep = [deep]
    lists: list[list[Any]] = [
        [device("1", display_name="A"), device("2", display_name="B")],
        [device("1", display_name="A"), device("2", display_name="C")],
        [device("0"), None, device("2", display_name="B"), device("1", deep=deep)],
        [device("2", display_name="B"), device("1", deep=deep, display_name="D")],
    ]
    seam.then(*(page(None, *devices) for devices in lists))
    found = [(await client.list_devices()).devices for _ in lists]
    assert [[(one.device_id, one.name) for one in devices] for devices in found] == [
        [("1", "A"), ("2", "B")],
        [("1", "A"), ("2", "C")],
        [("0", "0"), ("2", "B"), ("1", "1")],
        [("2", "B"), ("1", "D")],
    ]
    assert found[1][0] is found[0][0]

    # Some alone are no list to hold the next one against.
    seam.then(
        page(None, device("1", display_name="E")),
        page(None, device("2", display_name="B")),
    )
    (some,) = (await client.list_devices(["1"])).devices
    (last,) = (await client.list_devices()).devices
    assert (some.name, last.name) == ("E", "B")
    assert last is found[3][0]


# -- lists that break off


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        ([fail(503)] * 3, SeamServerError),
        ([ok(nothing=[])], SeamResponseError),
        ([raw("<html>")], SeamResponseError),
        ([fail(429, headers={"Retry-After": "99"})], SeamRateLimitError),
    ],
)
async def test_what_came_before_a_failure_counts(
    seam: ScriptedSeam, client: SeamClient, bad: list[Answer], kind: type[Exception]
) -> None:
    """That the others are missing tells nothing: the list is not complete."""
    seam.then(page("p2", device("1")), *bad)
    found = await client.list_devices()
    assert [one.device_id for one in found.devices] == ["1"]
    assert not found.complete
    assert type(found.error) is kind
    assert found.pages == 1


async def test_a_failure_of_the_first_page_is_one_of_the_list(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    seam.then(ok(nothing=[]))
    with pytest.raises(SeamResponseError):
        await client.list_devices()


def endless() -> Iterator[Answer]:
    for number in count():
        yield page(f"p{number}", device(str(number)))


async def test_a_list_that_never_ends_counts_for_the_pages_that_came(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    pages = endless()

    async def next_page(request: web.Request) -> web.StreamResponse:
        return await next(pages)(request)

    seam.always = next_page
    found = await client.list_devices()
    assert found.pages == len(seam.asked) == MOST_PAGES
    assert not found.complete
    assert type(found.error) is SeamResponseError
    begun = [part.begun_at for part in found.parts]
    assert all(one < other for one, other in pairwise(begun))
    assert found.begun_at == begun[0]


async def test_a_list_has_its_deadline(
    seam: ScriptedSeam, client: SeamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_list, "DEADLINE", 0.5)
    seam.then(page("p2", device("1")), seam.hang)
    found = await client.list_devices()
    assert [one.device_id for one in found.devices] == ["1"]
    assert type(found.error) is SeamTimeoutError
    seam.then(seam.hang)
    with pytest.raises(SeamTimeoutError):
        await client.list_devices()


async def test_a_list_has_its_share_of_memory(
    seam: ScriptedSeam, client: SeamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_list, "MOST_BYTES", 1000)
    seam.then(page("p2", device("1")), page("p3", device("2", display_name="x" * 1000)))
    found = await client.list_devices()
    assert len(found.devices) == 2
    assert type(found.error) is SeamResponseError


# -- the same device twice


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ((True, False), False),
        ((False, True), False),
        ((None, True), None),
        ((True, None), None),
        ((False, None), False),
        ((None, False), False),
        ((True, True), True),
    ],
)
@pytest.mark.parametrize("pages", [1, 2])
async def test_of_two_answers_the_less_secure_one_counts(
    seam: ScriptedSeam,
    client: SeamClient,
    told: tuple[bool | None, bool | None],
    shown: bool | None,
    pages: int,
) -> None:
    first = told[0]
    twice = [device("1", properties={"locked": one}) for one in told]
    for _ in range(2):  # the second time the bytes are known
        if pages == 1:
            seam.then(page(None, device("0"), *twice, device("2")))
        else:
            seam.then(page("p2", device("0"), twice[0]), page(None, twice[1]))
        found = await client.list_devices()
        ids = [one.device_id for one in found.devices]
        assert sorted(ids) == sorted(set(ids))
        (one,) = (one for one in found.devices if one.device_id == "1")
        assert one.locked is shown
        # It is as fresh as the page that it came with.
        (part,) = (part for part in found.parts if one in part.devices)
        assert part is found.parts[pages - 1 if first is not shown else 0]


# -- what is not parsed again


async def test_a_device_is_the_same_object_until_it_changes(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    a, b, c = (device(name, properties={"locked": True}) for name in "abc")
    changed = device("b", properties={"locked": False})
    seam.then(page(None, a, b, c))
    first = await client.list_devices()
    assert first.parts[0].changed == first.devices
    seam.then(page(None, a, b, c))
    second = await client.list_devices()
    assert second.parts[0].changed == ()
    assert list(map(id, second.devices)) == list(map(id, first.devices))
    seam.then(page(None, a, changed, c))
    third = await client.list_devices()
    assert [one.device_id for one in third.parts[0].changed] == ["b"]
    assert third.devices[0] is first.devices[0]
    assert third.devices[2] is first.devices[2]
    # In another place, other page and other bytes it is still the same.
    seam.then(page("p2", c, {**a, "brand_new": 1}), page(None, changed))
    fourth = await client.list_devices()
    assert [part.changed for part in fourth.parts] == [(), ()]
    assert fourth.devices[0] is first.devices[2]
    # Some alone are held against the last full list, and do not replace it.
    seam.then(page(None, changed))
    assert (await client.list_devices(["b"])).devices[0] is third.devices[1]
    seam.then(page(None, b))
    assert (await client.list_devices(["b"])).parts[0].changed != ()
    seam.then(page(None, changed))
    assert (await client.list_devices(["b"])).parts[0].changed == ()


def test_the_shape_of_a_list() -> None:
    one, other = (Device.from_json(device(name)) for name in "ab")
    found = DeviceList(
        (DevicePage(5.0, (one,), ()), DevicePage(7.0, (other,), (other,))), 3
    )
    assert found.devices == (one, other)
    assert (found.begun_at, found.pages, found.skipped) == (5.0, 2, 3)
    assert found.complete


ids = st.sampled_from(["1", "2", "3", "4", "5"])
nested = st.sampled_from(
    [{}, {"errors": [{"device_id": "9", "error_code": "x"}]}, {"x": '{"device_id":"7"'}]
)
entries = st.builds(
    lambda name, locked, more, first: {
        **first,
        "device_id": name,
        "properties": {"locked": locked},
        **more,
    },
    ids,
    st.sampled_from([True, False, None]),
    nested,
    st.sampled_from([{}, {}, {}, {"device_type": "a"}]),
)
bodies = st.builds(
    lambda devices, first, last, compact: json.dumps(
        {**first, "devices": devices, **last},
        separators=(",", ":") if compact else (", ", " : "),
    ).encode(),
    st.lists(st.one_of(entries, entries, entries, st.none(), st.just({})), max_size=5),
    st.sampled_from([{}, {"ok": True}, {"pagination": {"x": 1}}, {"a": "devices:[{"}]),
    st.sampled_from([{"pagination": {"has_next_page": False}, "ok": True}, {}]),
    st.booleans(),
)


def read_plainly(body: bytes) -> list[Device | None]:
    found: list[Device | None] = []
    for entry in json.loads(body)["devices"]:
        try:
            found.append(Device.from_json(entry or {}))
        except ValueError:
            found.append(None)
    return found


@given(st.lists(bodies, min_size=1, max_size=4))
def test_any_list_after_any_other_is_read_as_it_is(several: list[bytes]) -> None:
    last: _Page | None = None
    known: dict[str, Device] = {}
    for body in [one for one in several for _ in range(2)]:
        decoder = _Decoder(last, known)
        envelope = decoder.decode(body)
        assert decoder.page is not None
        assert list(decoder.page.devices) == read_plainly(body)
        plainly = json.loads(body)
        assert envelope is not None
        assert isinstance(envelope["devices"], list)
        assert {**envelope, "devices": 0} == {**plainly, "devices": 0}
        last = decoder.page
        known = {one.device_id: one for one in last.devices if one is not None}


@given(st.lists(bodies, min_size=2, max_size=2), st.data())
def test_no_cut_or_spoiled_answer_is_taken_for_a_whole_one(
    two: list[bytes], data: st.DataObject
) -> None:
    first, second = two
    decoder = _Decoder(None, {})
    decoder.decode(first)
    at = data.draw(st.integers(0, len(second) - 1))
    put = data.draw(
        st.sampled_from([b"", b"}", b"{", b",", b"]", b'"', b'{"device_id":', b" "])
        | st.binary(max_size=3)
    )
    length = data.draw(st.sampled_from([0, 1, len(second)]))
    spoiled = second[:at] + put + second[at + length :]
    again = _Decoder(decoder.page, {})
    again.decode(spoiled)
    try:
        plainly = json.loads(spoiled)
    except ValueError:
        assert again.page is None
        return
    if isinstance(plainly, dict) and isinstance(plainly.get("devices"), list):
        assert again.page is not None or "NaN" in str(plainly)
