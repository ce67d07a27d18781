"""What survives a restart, and that a bad disk takes nothing else along."""

import logging
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
import pytest

from custom_components.seam.store import SeamStore, Section, _File
from tests.harness import Harness
from tests.seam_sandbox import SeamSandbox

LIST = 31.0  # after this long an event has been listed, in seconds


def ours(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what we said above DEBUG."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.seam")
        and record.levelno > logging.INFO
    ]


def kept(hass_storage: dict[str, Any], harness: Harness) -> dict[str, Any]:
    stored: dict[str, Any] = hass_storage[f"seam.{harness.entry.entry_id}"]["data"]
    return stored


async def test_the_shape(
    hass_storage: dict[str, Any], harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    door = sandbox.door("Front Door")
    sandbox.enter_code(door)
    await harness.advance(LIST)
    await harness.until(harness.press(door, "lock"))
    await harness.unload()
    stored = kept(hass_storage, harness)
    # The coordinator's: by device.
    assert set(stored.pop("locks")) <= {door.device_id}
    assert {name: set(section) for name, section in stored.items()} == {
        "feed": {"seen"},
        "poller": {"cursor", "listed_at"},
        "actors": {"codes", "attempts"},
    }
    (sent,) = stored["actors"]["attempts"].values()
    assert set(sent) == {
        "context_id",
        "parent_id",
        "user_id",
        "automation",
        "sent_at",
    }


@pytest.mark.parametrize(
    "stored",
    [
        {"version": 99, "minor_version": 1, "data": {"feed": {"seen": ["a"]}}},
        {"version": 1, "minor_version": 1, "data": ["another", "shape"]},
        {"version": 1, "minor_version": 1, "data": {"feed": 7, "actors": []}},
        {
            "version": 1,
            "minor_version": 1,
            "data": {
                "feed": {"seen": [1, {}]},
                "poller": {"cursor": "now", "listed_at": [1]},
                "actors": {"codes": {"a": 1}, "attempts": {"b": {"sent_at": 1}}},
            },
        },
        {"no": "version"},
        # As it was before there were sections.
        {
            "version": 1,
            "minor_version": 1,
            "data": {"cursor": 1.0, "listed_at": None, "seen": [], "names": {}},
        },
    ],
    ids=["newer", "list", "sections", "values", "nothing", "older"],
)
async def test_what_is_no_good_is_as_good_as_nothing(
    hass_storage: dict[str, Any],
    harness: Harness,
    sandbox: SeamSandbox,
    caplog: pytest.LogCaptureFixture,
    stored: dict[str, Any],
) -> None:
    key = f"seam.{harness.entry.entry_id}"
    hass_storage[key] = {"key": key, **stored}
    await harness.set_up()
    sandbox.turn_bolt("Front Door", thrown=False)
    await harness.advance(LIST)
    assert harness.state(sandbox.door("Front Door")).state == "unlocked"
    assert len(ours(caplog)) <= 1
    await harness.unload()


async def test_a_disk_that_cannot_be_read_or_written_is_told_once(
    harness: Harness, sandbox: SeamSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    whole = Store._async_write_data

    async def write(self: Store[Any], data: dict[str, Any]) -> None:
        if isinstance(self, _File):
            raise PermissionError("no")
        await whole(self, data)

    with (
        patch.object(_File, "async_load", side_effect=PermissionError("no")),
        patch.object(Store, "_async_write_data", write),
    ):
        await harness.set_up()
        for thrown in (False, True, False):
            sandbox.turn_bolt("Front Door", thrown=thrown)
            await harness.advance(LIST)
        assert harness.state(sandbox.door("Front Door")).state == "unlocked"
        await harness.unload()
        said = [line for line in ours(caplog) if "kept" in line]
        assert len(said) == 2, said


class Clock:
    """A part that counts how often it was asked."""

    asked = 0

    def section(self) -> Section:
        self.asked += 1
        return {"asked": self.asked}


async def test_what_is_due_soon_is_not_put_off(
    hass: HomeAssistant, hass_storage: dict[str, Any], harness: Harness
) -> None:
    store, part = SeamStore(hass, "canary"), Clock()
    store.register("part", part.section)
    store.async_save_soon(1.0)
    for _ in range(4):
        await harness.advance(0.3)
        store.async_save_soon(30.0)
        store.async_save_soon(1.0)
    assert hass_storage["seam.canary"]["data"] == {"part": {"asked": 1}}
    await harness.advance(2)
    assert part.asked == 2
    await harness.advance(60)
    assert part.asked == 2


async def test_what_nobody_asked_for_is_kept_for_the_next_time(
    hass: HomeAssistant, hass_storage: dict[str, Any], harness: Harness
) -> None:
    hass_storage["seam.canary"] = {
        "version": 1,
        "minor_version": 1,
        "key": "seam.canary",
        "data": {"locks": {"a": {"unlocked_at": 1.0}}},
    }
    store = SeamStore(hass, "canary")
    await store.async_load()
    await store.async_save()
    assert hass_storage["seam.canary"]["data"] == {"locks": {"a": {"unlocked_at": 1.0}}}


async def test_what_people_heard_of_is_not_told_again_after_a_power_cut(
    hass_storage: dict[str, Any], harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    sandbox.tamper("Front Door")
    while harness.state(sandbox.door("Front Door"), "event", "activity").state == (
        "unknown"
    ):
        await harness.advance(0.5)
    await harness.advance(1.1)
    (event,) = [
        event for event in sandbox.events if event["event_type"] == "device.tampered"
    ]
    assert event["event_id"] in kept(hass_storage, harness)["feed"]["seen"]
