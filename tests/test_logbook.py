"""The logbook: one line for one movement, with all that there is to say."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from datetime import timedelta
import logging
from typing import Any

from homeassistant.auth.models import User
from homeassistant.components.recorder.core import Recorder
from homeassistant.core import Context, Event, HomeAssistant, callback
from homeassistant.helpers.recorder import get_instance
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.seam.const import CONF_NAMES_IN_HISTORY
from custom_components.seam.events.activity import EVENT_ACTIVITY, Activity
from custom_components.seam.events.history import History
from custom_components.seam.lock_state.snapshot import Actor
from custom_components.seam.logbook import async_describe_events
from tests.harness import Harness
from tests.seam_sandbox import CANARY_GUEST, CANARY_PIN, Door, SeamSandbox

LIST = 31.0  # after this long an event has been listed, in seconds


class Book:
    """What is told to the logbook, and how it is described there.

    Attributes:
        entries: in order.
    """

    def __init__(self, harness: Harness) -> None:
        """Begin to read along."""
        self.harness = harness
        self.entries: list[Event[Any]] = []
        self.stop = harness.hass.bus.async_listen(EVENT_ACTIVITY, self._entered)
        self.describe: Any = None
        async_describe_events(harness.hass, self._described)

    def _described(self, domain: str, event_type: str, describe: Any) -> None:
        assert (domain, event_type) == ("seam", EVENT_ACTIVITY)
        self.describe = describe

    @callback
    def _entered(self, event: Event[Any]) -> None:
        self.entries.append(event)

    def described(self, door: Door) -> list[dict[str, str]]:
        """Return what is said of a door."""
        found = [self.describe(event) for event in self.entries]
        return [
            one for one in found if one["entity_id"] == self.harness.entity_id(door)
        ]

    def sentences(self, door: Door) -> list[str]:
        """Return what is said of a door, after its name."""
        return [one["message"] for one in self.described(door)]


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


# -- what is said


async def test_people_are_named(
    harness: Harness, sandbox: SeamSandbox, book: Book, door: Door
) -> None:
    sandbox.enter_code(door)
    await harness.advance(LIST)
    (said,) = book.described(door)
    assert said["message"] == f"was unlocked by {CANARY_GUEST} with a code"
    assert said["name"] == f"{CANARY_GUEST} with a code"
    assert said["icon"] == "mdi:lock-open-variant"
    assert CANARY_PIN not in repr(book.entries[0].data)


@pytest.mark.parametrize(
    ("method", "sentence", "cause"),
    [
        ("manual", "was unlocked by hand", "manual operation"),
        ("automatic", "was unlocked automatically", "automatic operation"),
        ("card", "was unlocked with a card", "a card"),
        ("remote", "was unlocked remotely", "remote operation"),
        ("keycode", "was unlocked with a code", "a code"),
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
    cause: str,
) -> None:
    sandbox.house.move_bolt(door, thrown=False, method=method)
    await harness.advance(LIST)
    (said,) = book.described(door)
    assert (said["message"], said["name"]) == (sentence, cause)


async def test_where_nothing_is_known_the_locks_own_line_is_all(
    harness: Harness, sandbox: SeamSandbox, book: Book, door: Door
) -> None:
    sandbox.house.move_bolt(door, thrown=False, method="unknown")
    await harness.advance(LIST)
    sandbox.tamper(door)
    sandbox.ring(door)
    await harness.advance(LIST)
    assert book.entries == []


async def test_what_else_happens(
    harness: Harness, sandbox: SeamSandbox, book: Book, door: Door
) -> None:
    sandbox.enter_code(door, "000000")
    await harness.advance(LIST)
    (said,) = book.described(door)
    assert said["message"] == "denied access: An unknown code was entered."
    # There is no line of the lock's own, so it is shown with the lock.
    assert book.entries[0].data["entity_id"] == harness.entity_id(door)


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
        "could not be locked: The battery is too weak.",
        "could not be unlocked: The battery is too weak.",
        "jammed: the bolt could not be moved",
    ]


async def test_a_failure_of_which_nobody_knows_why(
    harness: Harness, sandbox: SeamSandbox, book: Book
) -> None:
    door = sandbox.door("Garage Side Door")
    sandbox.faults.add("attempt_fail", times=1)
    sandbox.add_fault("http_html", path="/action_attempts/list")
    sandbox.add_fault("http_html", path="/action_attempts/get")
    press = harness.press(door, "lock")
    await harness.advance(90)
    assert press.exception() is not None
    # The entity's own line says that locking failed, there is no more to say.
    assert book.sentences(door) == []
    told = harness.state(door, "event", "activity").attributes
    assert told["event_type"] == "lock_failed"


async def test_what_nothing_confirms_is_told(
    harness: Harness, door: Door, book: Book, hass_admin_user: User
) -> None:
    history = harness.entry.runtime_data.history
    context = Context(user_id=hass_admin_user.id)
    history.async_report_unconfirmed(
        door.device_id, Actor("Canary", "remote", context), lock=True
    )
    await harness.settle()
    state = harness.state(door, "event", "activity")
    assert state.attributes["event_type"] == "unconfirmed"
    assert state.attributes["actor"] == "Canary"
    assert state.attributes["source"] == "command"
    assert state.context.id == context.id


async def test_old_news_says_when_it_was(
    harness: Harness, sandbox: SeamSandbox, book: Book, door: Door
) -> None:
    sandbox.faults.add("event_late", seconds=400)
    when = dt_util.now()
    sandbox.enter_code(door)
    await harness.advance(400 + LIST)
    assert book.sentences(door) == [
        (
            f"was unlocked by {CANARY_GUEST} with a code "
            f"at {when:%Y-%m-%d %H:%M} (reported late)"
        )
    ]


async def test_old_news_of_an_automation(
    hass: HomeAssistant, harness: Harness, sandbox: SeamSandbox, book: Book
) -> None:
    door = sandbox.door("Garage Side Door")
    context = Context()
    hass.bus.async_fire(
        "automation_triggered", {"name": "Lock at night"}, context=context
    )
    await harness.settle()
    sandbox.faults.add("event_late", event_type="lock.locked", seconds=400)
    await harness.until(harness.press(door, "lock", context=context))
    await harness.advance(400 + LIST)
    (sentence,) = book.sentences(door)
    assert sentence.startswith("was locked by the automation Lock at night at ")
    assert sentence.endswith("(reported late)")


async def test_a_type_to_come_is_no_doorbell(book: Book, harness: Harness) -> None:
    data = {
        "lock": "lock.canary",
        "type": "privacy_on",
        "locked": None,
        "actor": None,
        "is_automation": False,
        "method": None,
        "reason": None,
        "occurred_at": "2026-01-01T12:00:00+00:00",
        "late": False,
    }
    said = book.describe(Event(EVENT_ACTIVITY, data))
    assert said["message"] == "reported privacy on"
    assert said["icon"] == "mdi:door"


async def test_what_is_no_history_is_not_entered(
    harness: Harness, sandbox: SeamSandbox, book: Book, door: Door
) -> None:
    sandbox.set_online(door, online=False)
    sandbox.set_battery("Back Door", 0.05)
    await harness.advance(LIST)
    sandbox.set_online(door, online=True)
    await harness.advance(61)
    assert book.entries == []


async def test_without_names_only_the_method_is_entered(
    harness: Harness,
    sandbox: SeamSandbox,
    door: Door,
    hass_admin_user: User,
) -> None:
    await harness.set_up(options={CONF_NAMES_IN_HISTORY: False})
    book = Book(harness)
    sandbox.enter_code(door)
    await harness.advance(LIST)
    context = Context(user_id=hass_admin_user.id)
    await harness.until(harness.press(door, "lock", context=context))
    await harness.advance(LIST)
    book.stop()
    assert book.sentences(door) == ["was unlocked with a code", "was locked remotely"]
    for event in book.entries:
        assert event.data["actor"] is None
        assert event.context.id != context.id
        assert event.context.user_id is None


# -- what is shown


@pytest.fixture
def silent_database() -> Generator[None]:
    """Keep the database from telling all that it does."""
    logger = logging.getLogger("sqlalchemy.engine")
    level = logger.level
    logger.setLevel(logging.WARNING)
    yield
    logger.setLevel(level)


class Shown:
    """What the frontend asks for, and what it makes of it."""

    def __init__(self, harness: Harness, connect: WebSocketGenerator) -> None:
        """Begin to look."""
        self.harness, self.connect = harness, connect
        self.begun = dt_util.utcnow()

    def reset(self) -> None:
        """Forget what was before."""
        self.begun = dt_util.utcnow()

    async def lines(self, **only: Any) -> list[tuple[str, str, str | None]]:
        """Return the entity, what is said of it, and the cause of it."""
        hass = self.harness.hass
        instance = get_instance(hass)
        instance._async_commit(dt_util.utcnow())
        await hass.async_add_executor_job(instance.block_till_done)
        websocket = await self.connect()
        await websocket.send_json_auto_id(
            {
                "type": "logbook/get_events",
                "start_time": self.begun.isoformat(),
                "end_time": (dt_util.utcnow() + timedelta(seconds=1)).isoformat(),
                **only,
            }
        )
        answer = await websocket.receive_json()
        await websocket.close()
        assert answer["success"]
        assert CANARY_PIN not in repr(answer)
        return [
            (
                one.get("entity_id", ""),
                one.get("message")
                or one.get("attributes", {}).get("event_type")
                or one["state"],
                # What the frontend shows below it.
                one.get("context_user_id") or one.get("context_name"),
            )
            for one in answer["result"]
        ]


@pytest.fixture
async def shown(
    *,
    silent_database: None,
    recorder_mock: Recorder,
    hass: HomeAssistant,
    harness: Harness,
    hass_ws_client: WebSocketGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> Shown:
    """Return the logbook as the frontend sees it."""
    announce = History.async_announce

    def announced(self: History, activity: Activity) -> None:
        announce(self, activity)
        harness.freezer.tick(0.0001)  # as a real clock does

    monkeypatch.setattr(History, "async_announce", announced)
    assert await async_setup_component(hass, "logbook", {})
    await harness.set_up()
    await harness.advance(LIST)
    return Shown(harness, hass_ws_client)


async def test_one_line_tells_all(
    shown: Shown, harness: Harness, sandbox: SeamSandbox, door: Door
) -> None:
    lock = harness.entity_id(door)
    activity = harness.entity_id(door, "event", "activity")
    # The name of the code is known from then on.
    sandbox.enter_code(door)
    await harness.advance(LIST)
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(LIST)

    # So that the event comes before a reading.
    def last(path: str) -> float:
        return max(one.time for one in sandbox.requests if one.path == path)

    while last("/events/list") + 30 > last("/devices/list") + 18:
        await harness.advance(0.5)
    shown.reset()

    sandbox.enter_code(door)
    await harness.advance(LIST)
    by = f"{CANARY_GUEST} with a code"
    # At the lock: one line, with who and how. At the device: and its activity.
    assert await shown.lines(entity_ids=[lock]) == [(lock, "unlocked", by)]
    assert set(await shown.lines(entity_ids=[lock, activity])) == {
        (lock, "unlocked", by),
        (activity, "unlocked", by),
    }


async def test_a_users_command_has_no_line_of_ours(
    shown: Shown, harness: Harness, door: Door, hass_admin_user: User
) -> None:
    context = Context(user_id=hass_admin_user.id)
    await harness.advance(1)
    await harness.until(harness.press(door, "unlock", context=context))
    await harness.advance(LIST)
    lines = await shown.lines()
    assert [line[:2] for line in lines if line[0].startswith("lock.")] == [
        (harness.entity_id(door), "unlocking"),
        (harness.entity_id(door), "unlocked"),
    ]
    assert {line[2] for line in lines} == {hass_admin_user.id}
    assert len(lines) == 3


async def test_what_moves_no_state_has_one_line_at_the_lock(
    shown: Shown, harness: Harness, sandbox: SeamSandbox, door: Door
) -> None:
    lock = harness.entity_id(door)
    sandbox.enter_code(door, "000000")
    await harness.advance(LIST)
    lines = await shown.lines(entity_ids=[lock])
    assert [line[:2] for line in lines] == [
        (lock, "denied access: An unknown code was entered.")
    ]


async def test_a_hand_after_a_command_is_not_the_users(
    shown: Shown,
    harness: Harness,
    sandbox: SeamSandbox,
    door: Door,
    hass_admin_user: User,
) -> None:
    """Home Assistant would put it down to the last command for five seconds."""
    lock = harness.entity_id(door)
    context = Context(user_id=hass_admin_user.id)
    await harness.advance(25)
    await harness.until(harness.press(door, "unlock", context=context))
    shown.reset()
    await harness.advance(3)
    sandbox.turn_bolt(door, thrown=True)
    await harness.until(
        asyncio.ensure_future(harness.entry.runtime_data.poller.async_list())
    )
    await harness.settle()
    assert await shown.lines(entity_ids=[lock]) == [
        (lock, "locked", "manual operation")
    ]
    assert harness.state(door).context.user_id is None
    told = harness.state(door, "event", "activity")
    assert told.context.user_id is None
