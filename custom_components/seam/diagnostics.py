"""What a person may send along when asking for help: an allow-list, no ids.

Nothing is taken over as a whole, so that nothing new can slip in: no key, no
address, no secret, no name, no id, no serial number.
"""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from .api import DEFAULT_ENDPOINT
from .const import CONF_ENDPOINT, DOMAIN
from .coordinator import SeamCoordinator
from .data import SeamConfigEntry, records_names
from .lock_state.snapshot import LockSnapshot


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: SeamConfigEntry
) -> dict[str, Any]:
    """Return what is known of the workspace and of each lock."""
    coordinator, push = entry.runtime_data.coordinator, entry.runtime_data.push
    return {
        "own_endpoint": entry.data.get(CONF_ENDPOINT) != DEFAULT_ENDPOINT,
        "names_in_history": records_names(entry),
        "reading": {
            "pages": coordinator.pages,
            "last_success": coordinator.last_update_success,
            "interval_seconds": (
                coordinator.update_interval.total_seconds()
                if coordinator.update_interval
                else None
            ),
            "clock_offset_seconds": round(coordinator.client.clock_offset, 3),
            "clock_error_seconds": round(coordinator.client.clock_error, 3),
        },
        "push": {
            "state": push.health.state,
            "uses_cloud": push.registration.uses_cloud,
            "round_trip_seconds": push.health.round_trip,
            **push.health.counts,
        },
        "seconds_since_events_were_listed_last": round(entry.runtime_data.poller.gap),
        "locks": [
            _lock(coordinator, snapshot) for snapshot in coordinator.data.values()
        ],
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: SeamConfigEntry, device: dr.AnyDeviceEntry
) -> dict[str, Any]:
    """Return what is known of one lock."""
    coordinator = entry.runtime_data.coordinator
    for domain, device_id in device.identifiers:
        if domain == DOMAIN and (snapshot := coordinator.data.get(device_id)):
            return _lock(coordinator, snapshot)
    return {}


def _lock(coordinator: SeamCoordinator, snapshot: LockSnapshot) -> dict[str, Any]:
    device = snapshot.device
    verdict = coordinator.verdict(device.device_id)
    return {
        "device_type": device.device_type,
        "manufacturer": device.manufacturer,
        "model": device.model,
        "can_remotely_lock": device.can_remotely_lock,
        "can_remotely_unlock": device.can_remotely_unlock,
        "auto_lock_enabled": device.auto_lock_enabled,
        "online": device.online,
        "read_locked": device.locked,
        "door_open": device.door_open,
        "battery_level": device.battery_level,
        "battery_status": device.battery_status,
        "keypad_battery_level": device.keypad_battery_level,
        "errors": [problem.code for problem in device.errors],
        "warnings": [problem.code for problem in device.warnings],
        "available": snapshot.available,
        "listed": snapshot.listed,
        "locked": verdict.locked,
        "assumed": verdict.assumed,
        "disputed": verdict.disputed,
        "proof": verdict.source,
        "seconds_since_proof": (
            None
            if verdict.proven_at is None
            else round(coordinator.client.now() - verdict.proven_at)
        ),
        "jammed": snapshot.jammed,
        "lock_failed": snapshot.lock_failed,
        "moving": snapshot.moving,
        "changed_by_known": snapshot.actor is not None,
    }
