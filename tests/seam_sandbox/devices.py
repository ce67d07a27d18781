"""Doors as Seam's `device` objects."""

from typing import Any

from .events import iso
from .house import AccessCode, Door, Problem, battery_status

ACCOUNT_ERRORS = {
    "account_disconnected",
    "bridge_disconnected",
    "salto_ks_subscription_limit_exceeded",
    "dormakaba_sites_disconnected",
}


def error_json(problem: Problem, skew: float = 0.0) -> dict[str, Any]:
    """Return an item of a device's `errors`."""
    of_account = problem.code in ACCOUNT_ERRORS
    return {
        "error_code": problem.code,
        "message": problem.message,
        "created_at": iso(problem.created_at + skew),
        "is_device_error": not of_account,
        **({"is_connected_account_error": True} if of_account else {}),
    }


def warning_json(problem: Problem, skew: float = 0.0) -> dict[str, Any]:
    """Return an item of a device's `warnings`."""
    return {
        "warning_code": problem.code,
        "message": problem.message,
        "created_at": iso(problem.created_at + skew),
    }


def event_problem(problem: Problem, kind: str, skew: float) -> dict[str, Any]:
    """Return an error or a warning as events carry it."""
    return {
        f"{kind}_code": problem.code,
        "message": problem.message,
        "created_at": iso(problem.created_at + skew),
    }


def device_json(door: Door, workspace_id: str, skew: float = 0.0) -> dict[str, Any]:
    """Return a `device` object, as Seam believes the door to be."""
    model = door.model
    device: dict[str, Any] = {
        "device_id": door.device_id,
        "device_type": model.device_type,
        "display_name": door.name,
        "nickname": door.name,
        "capabilities_supported": list(model.capabilities),
        "connected_account_id": door.account_id,
        "workspace_id": workspace_id,
        "created_at": iso(door.created_at + skew),
        "is_managed": True,
        "space_ids": [],
        "custom_metadata": {},
        "device_manufacturer": {
            "manufacturer": model.maker,
            "display_name": model.brand,
        },
        "device_provider": {
            "device_provider_name": model.maker,
            "display_name": model.brand,
            "provider_category": "stable",
        },
        "location": {"time_zone": "Europe/Berlin"},
        "properties": _properties(door),
        "errors": [error_json(error, skew) for error in door.errors.values()],
        "warnings": [warning_json(warning, skew) for warning in door.warnings.values()],
    }
    if door.room is not None:
        device["location"]["room_name"] = door.room
    flags = {
        "can_remotely_lock": door.can_lock,
        "can_remotely_unlock": door.can_unlock,
        "can_configure_auto_lock": None if door.auto_lock is None else True,
        "can_program_online_access_codes": True if model.codes else None,
        "can_unlock_with_code": True if model.codes else None,
    }
    # An absent flag means that the device never can.
    return device | {name: flag for name, flag in flags.items() if flag is not None}


def _properties(door: Door) -> dict[str, Any]:
    model, seen = door.model, door.seen
    properties: dict[str, Any] = {
        "online": seen.online,
        "name": door.name,
        "appearance": {"name": door.name},
        "manufacturer": model.maker,
        "model": {
            "display_name": model.name,
            "manufacturer_display_name": model.brand,
        },
        "serial_number": f"SBX-{door.device_id[:8].upper()}",
        **model.extra,
    }
    if model.is_lock:
        properties["has_direct_power"] = not model.battery
        properties["has_native_entry_events"] = model.native_events
    if door.auto_lock is not None:
        properties["auto_lock_enabled"] = door.auto_lock > 0
        if door.auto_lock > 0:
            properties["auto_lock_delay_seconds"] = door.auto_lock
    if model.codes:
        properties["supported_code_lengths"] = [4, 5, 6, 7, 8]
        properties["max_active_codes_supported"] = 50
        properties["code_constraints"] = []
    if not seen.online:
        return properties  # Seam leaves out what it cannot know

    if door.reports_position:
        properties["locked"] = seen.locked
    if model.door_sensor:
        properties["door_open"] = seen.door_open
    if model.battery:
        properties["battery"] = {
            "level": seen.battery,
            "status": battery_status(seen.battery),
        }
        properties["battery_level"] = seen.battery
    if model.keypad_battery == "accessory_keypad":
        properties["accessory_keypad"] = {
            "is_connected": True,
            "battery": {"level": seen.keypad_battery},
        }
    elif model.keypad_battery == "keypad_battery":
        properties["keypad_battery"] = {"level": seen.keypad_battery}
    return properties


def access_code_json(
    code: AccessCode, door: Door, workspace_id: str, skew: float = 0.0
) -> dict[str, Any]:
    """Return an `access_code` or `unmanaged_access_code` object."""
    found: dict[str, Any] = {
        "access_code_id": code.access_code_id,
        "device_id": door.device_id,
        "workspace_id": workspace_id,
        "name": code.name,
        "code": code.code,
        "type": "ongoing",
        "status": "set",
        "is_managed": code.is_managed,
        "created_at": iso(code.created_at + skew),
        "errors": [],
        "warnings": [],
    }
    if code.is_managed:
        found |= {
            "starts_at": None,
            "ends_at": None,
            "common_code_key": None,
            "is_backup": False,
            "is_backup_access_code_available": False,
            "is_external_modification_allowed": False,
            "is_offline_access_code": False,
            "is_one_time_use": False,
            "is_scheduled_on_device": False,
            "is_waiting_for_code_assignment": False,
            "pulled_backup_access_code_id": None,
            "pending_mutations": [],
        }
    return found
