"""A device of a workspace, as one answer of Seam showed it."""

from dataclasses import dataclass
from typing import Self, cast

from ..parse import Json, flag, items, number, obj, plain, required, share, text, words
from ..quirks import LOCK_DEVICE_TYPES
from .unfrozen import unfrozen


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
            message=plain(entry.get("message")) or "",
        )
        for entry in items(value)
        if isinstance(entry, dict)
    )


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
        device_id = required(data, "device_id")
        device_type = text(data.get("device_type")) or "unknown"
        properties = obj(data.get("properties"))
        shown = properties.get
        model = obj(shown("model"))
        maker = obj(data.get("device_manufacturer"))
        has_battery = isinstance(shown("battery"), dict)
        battery = obj(shown("battery"))
        level = number(battery.get("level"))
        if level is None and (older := shown("battery_level")) is not None:
            has_battery = True
            level = number(older)
        keypad = obj(shown("accessory_keypad")).get("battery")
        if keypad is None:
            keypad = shown("keypad_battery")
        can_lock = flag(data.get("can_remotely_lock"))
        can_unlock = flag(data.get("can_remotely_unlock"))
        locked = flag(shown("locked"))
        made = _Unfrozen()
        made.device_id = device_id
        made.device_type = device_type
        made.name = (
            words(data.get("display_name"))
            or words(obj(shown("appearance")).get("name"))
            or words(shown("name"))
            or device_id
        )
        made.connected_account_id = text(data.get("connected_account_id"))
        made.can_remotely_lock = can_lock
        made.can_remotely_unlock = can_unlock
        made.online = flag(shown("online"))
        made.locked = locked
        made.door_open = flag(shown("door_open"))
        made.has_battery = has_battery
        made.battery_level = share(level)
        made.battery_status = text(battery.get("status"))
        made.has_keypad_battery = isinstance(keypad, dict)
        made.keypad_battery_level = share(obj(keypad).get("level"))
        made.auto_lock_enabled = flag(shown("auto_lock_enabled"))
        made.auto_lock_delay = number(shown("auto_lock_delay_seconds"))
        made.manufacturer = (
            words(maker.get("display_name"))
            or words(model.get("manufacturer_display_name"))
            or words(shown("manufacturer"))
        )
        made.model = words(model.get("display_name"))
        made.serial_number = words(shown("serial_number"))
        made.room_name = words(obj(data.get("location")).get("room_name"))
        made.errors = _problems(data.get("errors"), "error_code")
        made.warnings = _problems(data.get("warnings"), "warning_code")
        made.is_lock = (
            can_lock is not None
            or can_unlock is not None
            or locked is not None
            or device_type in LOCK_DEVICE_TYPES
        )
        made.__class__ = cls
        return cast("Self", made)


_Unfrozen = unfrozen(Device)
