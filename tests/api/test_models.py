"""Models: what Seam may send, and that nothing it sends does any harm."""

import copy
import dataclasses
import json
from pathlib import Path
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.seam.api import (
    AccessCode,
    ActionAttempt,
    AttemptStatus,
    Device,
    Event,
    Problem,
    Webhook,
    Workspace,
)
from custom_components.seam.api.parse import number, timestamp
from custom_components.seam.api.quirks import LOCK_DEVICE_TYPES

DOCUMENT = Path(__file__).parent.parent / "conformance" / "seam-openapi-locks.json"

# A lock with all that is read of one.
DEVICE: dict[str, Any] = {
    "device_id": "d1",
    "device_type": "august_lock",
    "display_name": "Front door",
    "connected_account_id": "c1",
    "workspace_id": "w1",
    "can_remotely_lock": True,
    "can_remotely_unlock": False,
    "capabilities_supported": ["lock", "access_code"],
    "properties": {
        "online": True,
        "locked": True,
        "door_open": False,
        "battery": {"level": 0.42, "status": "low"},
        "battery_level": 0.9,
        "keypad_battery": {"level": 0.1},
        "accessory_keypad": {"is_connected": True, "battery": {"level": 0.75}},
        "auto_lock_enabled": True,
        "auto_lock_delay_seconds": 30,
        "manufacturer": "august",
        "model": {"display_name": "Lock", "manufacturer_display_name": "August"},
        "serial_number": "SN1",
        "name": "old name",
        "appearance": {"name": "Provider's name"},
    },
    "device_manufacturer": {"manufacturer": "august", "display_name": "August Home"},
    "location": {"location_name": "Home", "room_name": "Hall"},
    "errors": [{"error_code": "hub_disconnected", "message": "Hub is offline"}],
    "warnings": [{"warning_code": "power_saving_mode", "message": "Saving"}],
}
EVENT: dict[str, Any] = {
    "event_id": "e1",
    "event_type": "lock.unlocked",
    "workspace_id": "w1",
    "device_id": "d1",
    "connected_account_id": "c1",
    "created_at": "2026-01-01T00:01:10.000Z",
    "occurred_at": "2026-01-01T00:00:00.000Z",
    "method": "keycode",
    "access_code_id": "code1",
    "access_code_is_managed": True,
    "action_attempt_id": "a1",
    "is_via_bluetooth": False,
    "is_via_nfc": True,
    "code": "424242",
    "reason": {"reason_code": "unknown_code", "message": "Nobody's code"},
}
ATTEMPT: dict[str, Any] = {
    "action_attempt_id": "a1",
    "action_type": "LOCK_DOOR",
    "status": "success",
    "result": {"was_confirmed_by_device": True},
    "error": {"type": "t", "message": "m"},
}
WORKSPACE: dict[str, Any] = {
    "workspace_id": "w1",
    "name": "Home",
    "is_sandbox": True,
    "is_suspended": True,
}
WEBHOOK: dict[str, Any] = {
    "webhook_id": "h1",
    "url": "https://example.invalid",
    "event_types": ["lock.locked", "lock.unlocked"],
    "secret": "whsec_canary",
}
CODE: dict[str, Any] = {"access_code_id": "code1", "name": "Alice", "code": "424242"}

JAN_1 = 1767225600.0

type Model = type[AccessCode | ActionAttempt | Device | Event | Webhook | Workspace]
MODELS: list[tuple[Model, dict[str, Any]]] = [
    (AccessCode, CODE),
    (ActionAttempt, ATTEMPT),
    (Device, DEVICE),
    (Event, EVENT),
    (Webhook, WEBHOOK),
    (Workspace, WORKSPACE),
]
every_model = pytest.mark.parametrize(
    ("model", "full"), MODELS, ids=[model.__name__ for model, _ in MODELS]
)


def device(**properties: object) -> Device:
    """Return a device with nothing but its id and some properties."""
    return Device.from_json({"device_id": "d1", "properties": properties})


# -- what is read


def test_device() -> None:
    assert Device.from_json(DEVICE) == Device(
        device_id="d1",
        device_type="august_lock",
        name="Front door",
        connected_account_id="c1",
        can_remotely_lock=True,
        can_remotely_unlock=False,
        online=True,
        locked=True,
        door_open=False,
        has_battery=True,
        battery_level=0.42,
        battery_status="low",
        has_keypad_battery=True,
        keypad_battery_level=0.75,
        auto_lock_enabled=True,
        auto_lock_delay=30,
        manufacturer="August Home",
        model="Lock",
        serial_number="SN1",
        room_name="Hall",
        errors=(Problem("hub_disconnected", "Hub is offline"),),
        warnings=(Problem("power_saving_mode", "Saving"),),
        is_lock=True,
    )


def test_a_device_that_was_read_is_one_as_any_other() -> None:
    """It is made in a quicker way, which must not show."""
    read = Device.from_json(DEVICE)
    made = dataclasses.replace(read)
    assert type(read) is type(made) is Device
    assert read == made
    assert hash(read) == hash(made)
    assert repr(read) == repr(made)
    with pytest.raises(dataclasses.FrozenInstanceError):
        read.locked = False  # type: ignore[misc] # that is the point
    with pytest.raises((dataclasses.FrozenInstanceError, AttributeError, TypeError)):
        setattr(read, "other", 1)  # noqa: B010 - no such field


def test_the_least_device() -> None:
    found = Device.from_json({"device_id": "d1"})
    assert (found.device_type, found.name) == ("unknown", "d1")
    assert not found.is_lock
    assert found.errors == found.warnings == ()
    empty = dataclasses.asdict(found)
    for name in ("device_id", "device_type", "name", "errors", "warnings"):
        del empty[name]
    assert set(empty.values()) <= {None, False}


def test_event() -> None:
    assert Event.from_json(EVENT) == Event(
        event_id="e1",
        event_type="lock.unlocked",
        workspace_id="w1",
        device_id="d1",
        connected_account_id="c1",
        created_at=JAN_1 + 70,
        occurred_at=JAN_1,
        method="keycode",
        access_code_id="code1",
        access_code_is_managed=True,
        action_attempt_id="a1",
        is_via_bluetooth=False,
        is_via_nfc=True,
        reason_code="unknown_code",
        reason_message="Nobody's code",
    )


@pytest.mark.parametrize(
    ("created", "occurred", "expected"),
    [
        (70, 0, (70, 0)),
        (70, None, (70, 70)),
        (None, 0, (0, 0)),
        # A clock that is ahead must not outweigh what happens until then.
        (70, 90, (70, 70)),
    ],
)
def test_an_events_times(
    created: int | None, occurred: int | None, expected: tuple[int, int]
) -> None:
    def iso(after: int | None) -> str | None:
        return (
            None if after is None else f"2026-01-01T00:0{after // 60}:{after % 60:02}Z"
        )

    event = Event.from_json(
        {**EVENT, "created_at": iso(created), "occurred_at": iso(occurred)}
    )
    assert (event.created_at - JAN_1, event.occurred_at - JAN_1) == expected


def test_an_absurd_time_is_none() -> None:
    zero = "0001-01-01T00:00:00Z"
    event = Event.from_json({**EVENT, "occurred_at": zero})
    assert event.occurred_at == event.created_at == JAN_1 + 70
    event = Event.from_json({**EVENT, "created_at": "9999-12-31T23:59:59Z"})
    assert event.occurred_at == event.created_at == JAN_1
    with pytest.raises(ValueError, match="no occurred_at"):
        Event.from_json({**EVENT, "created_at": zero, "occurred_at": zero})


def test_an_event_without_any_time_is_refused() -> None:
    with pytest.raises(ValueError, match="no occurred_at"):
        Event.from_json({"event_id": "e1", "event_type": "t", "created_at": "soon"})


def test_the_other_models() -> None:
    assert Workspace.from_json(WORKSPACE) == Workspace("w1", "Home", True, True)
    assert Workspace.from_json({"workspace_id": "w1"}) == Workspace(
        "w1", "w1", False, False
    )
    assert AccessCode.from_json(CODE) == AccessCode("code1", "Alice")
    assert ActionAttempt.from_json(ATTEMPT) == ActionAttempt(
        "a1", AttemptStatus.SUCCESS, True, "LOCK_DOOR", "t", "m"
    )
    webhook = Webhook.from_json({**WEBHOOK, "event_types": ["lock.locked", 7, None]})
    assert webhook.event_types == {"lock.locked"}
    assert webhook.secret == "whsec_canary"
    assert Webhook.from_json({"webhook_id": "h1"}).secret is None


@pytest.mark.parametrize(
    ("result", "confirmed"),
    [
        ({"was_confirmed_by_device": True}, True),
        ({"was_confirmed_by_device": False}, False),
        ({"was_confirmed_by_device": None}, False),
        ({"was_confirmed_by_device": "true"}, False),
        ({"was_confirmed_by_device": 1}, False),
        ({}, False),
        (None, False),
        ([], False),
    ],
)
def test_only_true_confirms(result: object, confirmed: bool) -> None:
    attempt = ActionAttempt.from_json({**ATTEMPT, "result": result})
    assert attempt.was_confirmed is confirmed


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("pending", AttemptStatus.PENDING),
        ("success", AttemptStatus.SUCCESS),
        ("error", AttemptStatus.ERROR),
        ("paused", AttemptStatus.UNKNOWN),
        ("SUCCESS", AttemptStatus.UNKNOWN),
        (None, AttemptStatus.UNKNOWN),
        (["success"], AttemptStatus.UNKNOWN),
    ],
)
def test_status(status: object, expected: AttemptStatus) -> None:
    # Samples show an empty error while pending, so it tells nothing.
    attempt = ActionAttempt.from_json({**ATTEMPT, "status": status, "error": {}})
    assert attempt.status is expected


# -- the bolt: only a boolean counts


@pytest.mark.parametrize(
    "value", [None, "true", "locked", "", 1, 0, 1.0, [], [True], {}, {"locked": True}]
)
def test_only_a_boolean_tells_of_the_bolt(value: object) -> None:
    assert device(locked=value).locked is None
    assert device(door_open=value).door_open is None
    assert device(online=value).online is None
    found = Device.from_json({"device_id": "d1", "can_remotely_lock": value})
    assert found.can_remotely_lock is None
    assert not found.is_lock


@pytest.mark.parametrize("value", [True, False])
def test_a_boolean_does(value: bool) -> None:
    assert device(locked=value).locked is value
    assert device(door_open=value).door_open is value
    assert device(online=value).online is value


# -- which device is a lock


@pytest.mark.parametrize(
    ("shown", "is_lock"),
    [
        ({"device_type": "yale_lock"}, True),
        ({"device_type": "genie_door"}, True),
        ({"device_type": "a_new_brand", "can_remotely_lock": False}, True),
        ({"device_type": "a_new_brand", "can_remotely_unlock": True}, True),
        ({"device_type": "a_new_brand", "properties": {"locked": False}}, True),
        ({"device_type": "a_new_lock"}, False),
        ({"device_type": "ecobee_thermostat"}, False),
        # The fake gives these to every device, even to a thermostat.
        ({"capabilities_supported": ["lock", "access_code"]}, False),
        ({"can_remotely_lock": None, "properties": {"locked": None}}, False),
    ],
)
def test_is_lock(shown: dict[str, Any], is_lock: bool) -> None:
    assert Device.from_json({"device_id": "d1", **shown}).is_lock is is_lock


def test_lock_types_are_those_of_the_api_document() -> None:
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    device_type = document["components"]["schemas"]["device"]["properties"]
    assert set(device_type["device_type"]["oneOf"][0]["enum"]) == LOCK_DEVICE_TYPES


# -- names, batteries, problems


@pytest.mark.parametrize(
    ("shown", "name"),
    [
        ({"display_name": "Nick"}, "Nick"),
        ({"display_name": "", "properties": {"appearance": {"name": "App"}}}, "App"),
        ({"display_name": 7, "properties": {"name": "Old"}}, "Old"),
        ({"properties": {"appearance": [], "name": None}}, "d1"),
    ],
)
def test_name(shown: dict[str, Any], name: str) -> None:
    assert Device.from_json({"device_id": "d1", **shown}).name == name


@pytest.mark.parametrize(
    ("properties", "has", "level", "status"),
    [
        ({}, False, None, None),
        ({"battery": None, "battery_level": None}, False, None, None),
        ({"battery": {}}, True, None, None),
        ({"battery": {"level": 0}}, True, 0, None),
        ({"battery": {"level": 1, "status": "full"}}, True, 1, "full"),
        ({"battery": {"level": -1, "status": "critical"}}, True, None, "critical"),
        ({"battery": {"level": 55}}, True, None, None),
        ({"battery": {"level": True}}, True, None, None),
        ({"battery": {"level": "0.5"}}, True, None, None),
        ({"battery": {"level": float("nan")}}, True, None, None),
        ({"battery_level": 0.5}, True, 0.5, None),
        ({"battery": {"level": None}, "battery_level": 0.5}, True, 0.5, None),
        ({"battery": "full", "battery_level": 0.5}, True, 0.5, None),
    ],
)
def test_battery(
    properties: dict[str, Any], has: bool, level: float | None, status: str | None
) -> None:
    found = device(**properties)
    assert (found.has_battery, found.battery_level, found.battery_status) == (
        has,
        level,
        status,
    )


@pytest.mark.parametrize(
    ("properties", "has", "level"),
    [
        ({}, False, None),
        ({"accessory_keypad": {"is_connected": False}}, False, None),
        ({"keypad_battery": {"level": 0.3}}, True, 0.3),
        (
            {
                "accessory_keypad": {"battery": {"level": 0.7}},
                "keypad_battery": {"level": 0.3},
            },
            True,
            0.7,
        ),
        ({"accessory_keypad": [], "keypad_battery": {"level": 30}}, True, None),
    ],
)
def test_keypad_battery(
    properties: dict[str, Any], has: bool, level: float | None
) -> None:
    found = device(**properties)
    assert (found.has_keypad_battery, found.keypad_battery_level) == (has, level)


def test_problems_of_any_shape() -> None:
    found = Device.from_json(
        {
            "device_id": "d1",
            "errors": [{"error_code": "brand_new"}, None, "text", {"message": "m"}],
            "warnings": {"warning_code": "not in a list"},
        }
    )
    assert found.errors == (Problem("brand_new", ""), Problem("unknown", "m"))
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-01T00:00:00Z", JAN_1),
        ("2026-01-01T01:00:00+01:00", JAN_1),
        ("2026-01-01T00:00:00.250Z", JAN_1 + 0.25),
        ("2026-01-01T00:00:00", None),  # of no zone: off by hours perhaps
        ("2026-01-01", None),
        ("soon", None),
        ("", None),
        ("0001-01-01T00:00:00Z", None),  # the zero time of Go and .NET
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("1969-12-31T23:59:59Z", None),
        ("1970-01-01T00:00:00Z", 0),
        ("2100-01-01T00:00:00Z", 4102444800),
        ("2100-01-01T00:00:01Z", None),
        (1767225600, None),
        (None, None),
    ],
)
def test_timestamp(value: object, expected: float | None) -> None:
    assert timestamp(value) == expected


@pytest.mark.parametrize("value", [True, "1", None, [], 10**400, float("inf")])
def test_no_number(value: object) -> None:
    assert number(value) is None


# -- unknown fields, nulls, wrong types


@every_model
def test_unknown_fields_change_nothing(model: Model, full: dict[str, Any]) -> None:
    def grown(value: object) -> object:
        if isinstance(value, dict):
            return {key: grown(kept) for key, kept in value.items()} | {"brand_new": {}}
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return [grown(kept) for kept in value]
        return value

    more = grown(full)
    assert isinstance(more, dict)
    assert model.from_json(more) == model.from_json(full)


@every_model
def test_a_null_is_the_same_as_nothing(model: Model, full: dict[str, Any]) -> None:
    ids = {name for name in full if name.endswith("_id")}
    for name in set(full) - ids - {"event_type"}:
        without = {key: value for key, value in full.items() if key != name}
        assert model.from_json({**full, name: None}) == model.from_json(without)


def _without_id(full: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    name = next(iter(full))
    return name, {key: value for key, value in full.items() if key != name}


@every_model
@pytest.mark.parametrize("bad", [None, "", 7, [], {}, True])
def test_without_its_id_it_is_refused(
    model: Model, full: dict[str, Any], bad: object
) -> None:
    name, rest = _without_id(full)
    with pytest.raises(ValueError, match=f"no {name}"):
        model.from_json(rest)
    with pytest.raises(ValueError, match=f"no {name}"):
        model.from_json({**rest, name: bad})


@every_model
def test_a_model_can_not_be_changed(model: Model, full: dict[str, Any]) -> None:
    made = model.from_json(full)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, dataclasses.fields(made)[0].name, "other")
    assert not hasattr(made, "__dict__")
    assert hash(made) == hash(model.from_json(full))


# -- any JSON at all


def _names(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*(_names(kept) for kept in value.values()))
    if isinstance(value, list):
        return set().union(*(_names(kept) for kept in value))
    return set()


NAMES = sorted(set().union(*(_names(full) for _, full in MODELS)))
WORDS = [
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "pending",
    "success",
    "error",
    "low",
    "2026-01-01T00:00:00Z",
    "9999-12-31",
]

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(WORDS)
    | st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner, max_size=6)
    ),
    max_leaves=20,
)


def _places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of everything inside a JSON value."""
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    else:
        inner = []
    found = []
    for key, kept in inner:
        found.append((*path, key))
        found += _places(kept, (*path, key))
    return found


def _reads(model: Model, data: dict[str, Any]) -> None:
    """Read it; the only excuse is a missing id or time."""
    try:
        made = model.from_json(data)
    except ValueError as err:
        if str(err).startswith("no "):
            return
        raise
    hash(made)
    if isinstance(made, Device):
        assert made.locked is None or data["properties"]["locked"] is made.locked
        for level in (made.battery_level, made.keypad_battery_level):
            assert level is None or 0 <= level <= 1
    if isinstance(made, ActionAttempt):
        assert not made.was_confirmed or (
            data["result"]["was_confirmed_by_device"] is True
        )
    if isinstance(made, Event):
        assert made.occurred_at <= made.created_at


@every_model
@given(data=st.dictionaries(st.sampled_from(NAMES) | st.text(), json_values))
def test_any_json(model: Model, full: dict[str, Any], data: dict[str, Any]) -> None:
    _reads(model, data)
    _reads(model, {next(iter(full)): "x", **data})


@every_model
@given(data=st.data())
def test_any_json_in_any_place(
    model: Model, full: dict[str, Any], data: st.DataObject
) -> None:
    mutated = copy.deepcopy(full)
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(_places(mutated)))
        target: Any = mutated
        for step in way:
            target = target[step]
        target[last] = data.draw(json_values)
    _reads(model, mutated)
