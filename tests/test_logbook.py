"""The logbook: what happened at a lock, in one sentence."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from datetime import timedelta
import logging
from typing import Any

from homeassistant.auth.models import User
from homeassistant.components.recorder.core import Recorder
from homeassistant.const import EVENT_LOGBOOK_ENTRY
from homeassistant.core import Context, Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import get_instance
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from tests.harness import Harness
from tests.seam_sandbox import CANARY_GUEST, CANARY_PIN, Door, SeamSandbox

LIST = 16.0  # after this long an event has been listed, in seconds


class Book:
    """What was entered in the logbook.

    Attributes:
        entries: in order.
    """

    def __init__(self, harness: Harness) -> None:
        """Begin to read along."""
        self.harness = harness
        self.entries: list[Event[Any]] = []
        self.stop = harness.hass.bus.async_listen(EVENT_LOGBOOK_ENTRY, self._entered)

    @callback
    def _entered(self, event: Event[Any]) -> None:
        self.entries.append(event)

    def sentences(self, door: Door) -> list[str]:
        """Return what is said of a door, with its name."""
        return [
            f"{event.data['name']} {event.data['message']}"
            for event in self.entries
            if event.data["entity_id"] == self.harness.entity_id(door)
        ]


@pytest.fixture
async def book(harness: Harness) -> AsyncGenerator[Book]:
    """Return the logbook of a house."""
    await harness.set_up()
    book = Book(harness)
    yield book
    book.stop()


@pytest.fixture
def door(sandbox: SeamSandbox) -> Door:
    """Return a door that does not lock itself."""
    return sandbox.door("Front Door")


async def test_people_are_named(
    harness: Harness, sandbox: SeamSandbox, book: Book, door: Door
) -> None:
    sandbox.enter_code(door)
    await harness.advance(LIST)
    assert book.sentences(door) == [
        f"Front Door was unlocked by {CANARY_GUEST} with a code"
    ]
    (entry,) = book.entries
    assert entry.data["domain"] == "seam"
    assert CANARY_PIN not in repr(entry.data)


@pytest.mark.parametrize(
    ("method", "sentence"),
    [
        ("manual", "was unlocked by hand"),
        ("automatic", "was unlocked automatically"),
        ("card", "was unlocked with a card"),
        ("remote", "was unlocked remotely"),
        ("keycode", "was unlocked with a code"),
        ("unknown", "was unlocked"),
    ],
)
async def test_how_it_was_done(
    *,
    harness: Harness,
    sandbox: SeamSandbox,
    book: Book,
    door: Door,
    method: str,
    sentence: str,
) -> None:
    sandbox.house.move_bolt(door, thrown=False, method=method)
    await harness.advance(LIST)
    assert book.sentences(door) == [f"Front Door {sentence}"]


async def test_a_command_is_entered_with_its_user(
    harness: Harness, book: Book, door: Door, hass_admin_user: User
) -> None:
    context = Context(user_id=hass_admin_user.id)
    await harness.until(harness.press(door, "unlock", context=context))
    await harness.advance(LIST)
    assert book.sentences(door) == [
        f"Front Door was unlocked by {hass_admin_user.name} through Home Assistant"
    ]
    assert book.entries[0].context.id == context.id


async def test_what_else_happens(
    harness: Harness, sandbox: SeamSandbox, book: Book, door: Door
) -> None:
    sandbox.enter_code(door, "000000")
    await harness.advance(LIST)
    sandbox.tamper(door)
    await harness.advance(LIST)
    sandbox.ring(door)
    await harness.advance(LIST)
    assert book.sentences(door) == [
        "Front Door denied access: An unknown code was entered.",
        "Front Door was tampered with",
        "Front Door rang the doorbell",
    ]


async def test_failures_say_why(
    harness: Harness, sandbox: SeamSandbox, book: Book
) -> None:
    door = sandbox.door("Garage Side Door")

    async def fail(action: str) -> None:
        press = harness.press(door, action)
        await harness.until(asyncio.ensure_future(asyncio.wait([press])))
        assert press.exception() is not None
        await harness.advance(LIST)

    sandbox.faults.add("attempt_fail", message="The battery is too weak.", times=2)
    await fail("lock")
    await fail("unlock")
    sandbox.jam(door)
    await fail("lock")
    assert book.sentences(door) == [
        "Garage Side Door could not be locked: The battery is too weak.",
        "Garage Side Door could not be unlocked: The battery is too weak.",
        "Garage Side Door is jammed: The lock is jammed: the bolt could not be moved.",
    ]


async def test_a_failure_of_which_nobody_knows_why(
    harness: Harness, sandbox: SeamSandbox, book: Book
) -> None:
    door = sandbox.door("Garage Side Door")
    sandbox.faults.add("attempt_fail", times=1)
    sandbox.add_fault("http_html", path="/action_attempts/list")
    sandbox.add_fault("http_html", path="/action_attempts/get")
    press = harness.press(door, "lock")
    await harness.advance(60)
    assert press.exception() is not None
    assert book.sentences(door) == ["Garage Side Door could not be locked"]


async def test_old_news_says_when_it_was(
    harness: Harness, sandbox: SeamSandbox, book: Book, door: Door
) -> None:
    sandbox.faults.add("event_late", seconds=400)
    when = dt_util.now()
    sandbox.enter_code(door)
    await harness.advance(400 + LIST)
    assert book.sentences(door) == [
        (
            f"Front Door was unlocked by {CANARY_GUEST} with a code "
            f"at {when:%Y-%m-%d %H:%M} (told late)"
        )
    ]


async def test_a_lock_is_called_what_people_call_it(
    hass: HomeAssistant,
    harness: Harness,
    sandbox: SeamSandbox,
    book: Book,
    door: Door,
) -> None:
    entity_id = harness.entity_id(door)
    assert entity_id is not None
    er.async_get(hass).async_update_entity(entity_id, name="Canary Gate")
    await harness.settle()
    sandbox.turn_bolt(door, thrown=False)
    await harness.advance(LIST)
    assert book.sentences(door) == ["Canary Gate was unlocked by hand"]


async def test_what_is_no_history_is_not_entered(
    harness: Harness, sandbox: SeamSandbox, book: Book, door: Door
) -> None:
    sandbox.set_online(door, online=False)
    sandbox.set_battery("Back Door", 0.05)
    await harness.advance(LIST)
    sandbox.set_online(door, online=True)
    await harness.advance(61)
    assert book.entries == []


@pytest.fixture
def silent_database() -> Generator[None]:
    """Keep the database from telling all that it does."""
    logger = logging.getLogger("sqlalchemy.engine")
    level = logger.level
    logger.setLevel(logging.WARNING)
    yield
    logger.setLevel(level)


async def test_it_can_be_read_there(
    *,
    silent_database: None,
    recorder_mock: Recorder,
    hass: HomeAssistant,
    harness: Harness,
    sandbox: SeamSandbox,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Through the recorder and the logbook, as the frontend asks for it."""
    assert await async_setup_component(hass, "logbook", {})
    await harness.set_up()
    door = sandbox.door("Front Door")
    begun = dt_util.utcnow()
    sandbox.enter_code(door)
    await harness.advance(LIST)
    instance = get_instance(hass)
    instance._async_commit(dt_util.utcnow())
    await hass.async_add_executor_job(instance.block_till_done)

    websocket = await hass_ws_client()
    await websocket.send_json_auto_id(
        {
            "type": "logbook/get_events",
            "start_time": begun.isoformat(),
            "end_time": (dt_util.utcnow() + timedelta(seconds=1)).isoformat(),
            "entity_ids": [harness.entity_id(door)],
        }
    )
    answer = await websocket.receive_json()
    assert answer["success"]
    lines = [
        f"{one['name']} {one['message']}"
        for one in answer["result"]
        if "message" in one
    ]
    assert lines == [f"Front Door was unlocked by {CANARY_GUEST} with a code"]
    assert CANARY_PIN not in repr(answer)
