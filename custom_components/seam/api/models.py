"""What Seam tells us, as immutable values.

Source of every field: Seam's OpenAPI document (types 1.1038.0). Each model is
built by `from_json`, which raises ValueError only when the id is missing;
anything else that is absent, null or of a wrong type becomes None.
Times are seconds since the epoch, UTC.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from .parse import Json, flag, items, number, obj, text, timestamp

# Lock device types of the OpenAPI document: the last resort for a device that
# shows neither a capability flag nor `locked`.
LOCK_DEVICE_TYPES = frozenset(
    {
        "akiles_lock",
        "akuvox_lock",
        "aqara_lock",
        "august_lock",
        "avigilon_alta_entry",
        "brivo_access_point",
        "butterflymx_panel",
        "controlbyweb_device",
        "doorking_lock",
        "dormakaba_oracode_door",
        "four_suites_door",
        "genie_door",
        "igloo_lock",
        "igloohome_lock",
        "keyincode_lock",
        "kisi_lock",
        "kwikset_lock",
        "linear_lock",
        "lockly_lock",
        "nuki_lock",
        "omnitec_lock",
        "salto_lock",
        "schlage_lock",
        "smartthings_lock",
        "tedee_lock",
        "ttlock_lock",
        "two_n_intercom",
        "ultraloq_lock",
        "wyze_lock",
        "yacan_lock",
        "yale_lock",
    }
)


def _required(data: Json, key: str) -> str:
    value = text(data.get(key))
    if value is None:
        msg = f"no {key}"
        raise ValueError(msg)
    return value


@dataclass(frozen=True, slots=True)
class Workspace:
    """What a key belongs to.

    Attributes:
        workspace_id: uuid; stays the same when the key is rotated.
        name: as its owner named it; the id when absent.
        is_sandbox: True for a workspace with virtual devices only.
        is_suspended: True when Seam has put it to sleep.
    """

    workspace_id: str
    name: str
    is_sandbox: bool
    is_suspended: bool

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read a `workspace` object."""
        workspace_id = _required(data, "workspace_id")
        return cls(
            workspace_id=workspace_id,
            name=text(data.get("name")) or workspace_id,
            is_sandbox=flag(data.get("is_sandbox")) is True,
            is_suspended=flag(data.get("is_suspended")) is True,
        )


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of a device's `errors` or `warnings`.

    Attributes:
        code: `error_code` or `warning_code`; "unknown" when absent.
        message: Seam's words, or an empty string.
    """

    code: str
    message: str


_NO_PROBLEMS: tuple[Problem, ...] = ()


def _problems(value: object, key: str) -> tuple[Problem, ...]:
    if not value:
        return _NO_PROBLEMS
    return tuple(
        Problem(
            code=text(entry.get(key)) or "unknown",
            message=text(entry.get("message")) or "",
        )
        for entry in items(value)
        if isinstance(entry, dict)
    )


def _level(value: float | None) -> float | None:
    return value if value is not None and 0 <= value <= 1 else None


@dataclass(frozen=True, slots=True)
class Device:
    """A reading: one device as a list or get returned it.

    Attributes:
        device_id: uuid, the only identity of a device.
        device_type: such as `schlage_lock`; new ones appear at any time.
        name: nickname, else the provider's name, else the id.
        connected_account_id: the brand account it came with, or None.
        can_remotely_lock: True now, False not now, None never.
        can_remotely_unlock: the same for unlocking.
        online: None when Seam did not say.
        locked: bolt thrown; None when Seam did not say (as when offline).
        door_open: None without a door sensor, or when Seam did not say.
        has_battery: a battery is reported (its level may still be unusable).
        battery_level: 0 to 1; None when absent or out of range.
        battery_status: `critical`, `low`, `good`, `full`, or None.
        has_keypad_battery: a keypad battery is reported.
        keypad_battery_level: 0 to 1; None when absent or out of range.
        auto_lock_enabled: None when the lock does not tell.
        auto_lock_delay: seconds, or None.
        manufacturer: display name of the maker, or None.
        model: display name of the model, or None.
        serial_number: or None.
        room_name: of the location, or None.
        errors: what keeps it from working.
        warnings: what may trouble it.
        is_lock: it has a lock capability (see `_is_lock`).
    """

    device_id: str
    device_type: str
    name: str
    connected_account_id: str | None
    can_remotely_lock: bool | None
    can_remotely_unlock: bool | None
    online: bool | None
    locked: bool | None
    door_open: bool | None
    has_battery: bool
    battery_level: float | None
    battery_status: str | None
    has_keypad_battery: bool
    keypad_battery_level: float | None
    auto_lock_enabled: bool | None
    auto_lock_delay: float | None
    manufacturer: str | None
    model: str | None
    serial_number: str | None
    room_name: str | None
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    is_lock: bool

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read a `device` object."""
        device_id = _required(data, "device_id")
        device_type = text(data.get("device_type")) or "unknown"
        properties = obj(data.get("properties"))
        model = obj(properties.get("model"))
        maker = obj(data.get("device_manufacturer"))
        battery = properties.get("battery")
        level = number(obj(battery).get("level"))
        if level is None:
            level = number(properties.get("battery_level"))
        keypad = obj(properties.get("accessory_keypad")).get("battery")
        if keypad is None:
            keypad = properties.get("keypad_battery")
        can_lock = flag(data.get("can_remotely_lock"))
        can_unlock = flag(data.get("can_remotely_unlock"))
        locked = flag(properties.get("locked"))
        return cls(
            device_id=device_id,
            device_type=device_type,
            name=(
                text(data.get("display_name"))
                or text(obj(properties.get("appearance")).get("name"))
                or text(properties.get("name"))
                or device_id
            ),
            connected_account_id=text(data.get("connected_account_id")),
            can_remotely_lock=can_lock,
            can_remotely_unlock=can_unlock,
            online=flag(properties.get("online")),
            locked=locked,
            door_open=flag(properties.get("door_open")),
            has_battery=(
                isinstance(battery, dict) or properties.get("battery_level") is not None
            ),
            battery_level=_level(level),
            battery_status=text(obj(battery).get("status")),
            has_keypad_battery=isinstance(keypad, dict),
            keypad_battery_level=_level(number(obj(keypad).get("level"))),
            auto_lock_enabled=flag(properties.get("auto_lock_enabled")),
            auto_lock_delay=number(properties.get("auto_lock_delay_seconds")),
            manufacturer=(
                text(maker.get("display_name"))
                or text(model.get("manufacturer_display_name"))
                or text(properties.get("manufacturer"))
            ),
            model=text(model.get("display_name")),
            serial_number=text(properties.get("serial_number")),
            room_name=text(obj(data.get("location")).get("room_name")),
            errors=_problems(data.get("errors"), "error_code"),
            warnings=_problems(data.get("warnings"), "warning_code"),
            is_lock=(
                can_lock is not None
                or can_unlock is not None
                or locked is not None
                or device_type in LOCK_DEVICE_TYPES
            ),
        )


class AttemptStatus(StrEnum):
    """Where an action attempt stands; a value we do not know is UNKNOWN."""

    PENDING = "pending"
    SUCCESS = "success"
    ERROR = "error"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ActionAttempt:
    """A command in flight.

    Attributes:
        action_attempt_id: uuid.
        status: only `status` counts; samples show `error: {}` while pending.
        was_confirmed: the device itself confirmed it. False also when Seam
            says nothing: then somebody only accepted the command.
        error_type: free text, or None; branch on nothing in it.
        error_message: Seam's words, or None.
    """

    action_attempt_id: str
    status: AttemptStatus
    was_confirmed: bool
    error_type: str | None
    error_message: str | None

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read an `action_attempt` object."""
        status = text(data.get("status")) or ""
        error = obj(data.get("error"))
        return cls(
            action_attempt_id=_required(data, "action_attempt_id"),
            status=(
                AttemptStatus(status)
                if status in AttemptStatus
                else AttemptStatus.UNKNOWN
            ),
            was_confirmed=obj(data.get("result")).get("was_confirmed_by_device")
            is True,
            error_type=text(error.get("type")),
            error_message=text(error.get("message")),
        )


@dataclass(frozen=True, slots=True)
class Event:
    """Something Seam reports.

    The PIN that some events carry (`code`) is never read.

    Attributes:
        event_id: uuid; a repeated one is the same event.
        event_type: such as `lock.unlocked`; new ones appear at any time.
        workspace_id: or None.
        device_id: or None (account events, entrance-only events).
        connected_account_id: or None.
        created_at: when Seam made the record.
        occurred_at: when it happened; `created_at` when Seam did not say, or
            when the clock of the device was ahead.
        method: `keycode`, `manual`, `automatic`, `remote`, `card`, `unknown`.
        access_code_id: the code that was used, or None.
        access_code_is_managed: whether Seam manages that code, or None.
        action_attempt_id: the command that caused it, or None.
        is_via_bluetooth: or None.
        is_via_nfc: or None.
        reason_code: why access was denied, or None.
        reason_message: Seam's words for it, or None.
    """

    event_id: str
    event_type: str
    workspace_id: str | None
    device_id: str | None
    connected_account_id: str | None
    created_at: float
    occurred_at: float
    method: str | None
    access_code_id: str | None
    access_code_is_managed: bool | None
    action_attempt_id: str | None
    is_via_bluetooth: bool | None
    is_via_nfc: bool | None
    reason_code: str | None
    reason_message: str | None

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read an `event` object; one without any time is refused."""
        created_at = timestamp(data.get("created_at"))
        occurred_at = timestamp(data.get("occurred_at"))
        if occurred_at is None:
            occurred_at = created_at
        if occurred_at is None:
            msg = "no occurred_at"
            raise ValueError(msg)
        if created_at is None:
            created_at = occurred_at
        reason = obj(data.get("reason"))
        return cls(
            event_id=_required(data, "event_id"),
            event_type=_required(data, "event_type"),
            workspace_id=text(data.get("workspace_id")),
            device_id=text(data.get("device_id")),
            connected_account_id=text(data.get("connected_account_id")),
            created_at=created_at,
            # A time yet to come would outweigh all that happens until then.
            occurred_at=min(occurred_at, created_at),
            method=text(data.get("method")),
            access_code_id=text(data.get("access_code_id")),
            access_code_is_managed=flag(data.get("access_code_is_managed")),
            action_attempt_id=text(data.get("action_attempt_id")),
            is_via_bluetooth=flag(data.get("is_via_bluetooth")),
            is_via_nfc=flag(data.get("is_via_nfc")),
            reason_code=text(reason.get("reason_code")),
            reason_message=text(reason.get("message")),
        )


@dataclass(frozen=True, slots=True, repr=False)
class Webhook:
    """A webhook at Seam. Not printable: it holds a secret and our address.

    Attributes:
        webhook_id: uuid.
        url: where Seam sends to.
        event_types: what it sends; `*` for everything.
        secret: `whsec_…`; None in answers that do not show it.
    """

    webhook_id: str
    url: str
    event_types: frozenset[str]
    secret: str | None

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read a `webhook` object."""
        return cls(
            webhook_id=_required(data, "webhook_id"),
            url=text(data.get("url")) or "",
            event_types=frozenset(
                kind for kind in items(data.get("event_types")) if text(kind)
            ),
            secret=text(data.get("secret")),
        )


@dataclass(frozen=True, slots=True)
class AccessCode:
    """A PIN's name on a lock. The PIN itself is never read.

    Attributes:
        access_code_id: uuid.
        name: as its maker named it, or None.
    """

    access_code_id: str
    name: str | None

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read an `access_code` object."""
        return cls(
            access_code_id=_required(data, "access_code_id"),
            name=text(data.get("name")),
        )
