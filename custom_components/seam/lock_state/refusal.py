"""Commands that are refused before anything is sent, with the reason."""

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..api import Device
from ..const import DOMAIN
from .snapshot import LockSnapshot, is_reachable


def check(snapshot: LockSnapshot, *, lock: bool) -> None:
    """Refuse what a lock cannot do, with the reason and the cure.

    Raises:
        ServiceValidationError: it never can.
        HomeAssistantError: it cannot now.
    """
    device = snapshot.device
    able = device.can_remotely_lock if lock else device.can_remotely_unlock
    reason = next(
        (
            problem.message
            for problem in (*device.errors, *device.warnings)
            if problem.message
        ),
        None,
    )
    verb = "lock" if lock else "unlock"
    error = HomeAssistantError
    if not snapshot.listed:
        key, reason = "gone", None
    elif able is None:
        key, reason, error = f"cannot_{verb}", None, ServiceValidationError
    elif not is_reachable(device):
        key = "offline"
    elif able is False:
        key = f"cannot_{verb}_now"
    else:
        return
    raise error(
        translation_domain=DOMAIN,
        translation_key=f"{key}_because" if reason else key,
        translation_placeholders={"name": device.name, "reason": reason or ""},
    )


def locks_itself(device: Device) -> bool:
    """Return whether a door can be unlocked remotely, but never locked."""
    return device.can_remotely_lock is None and device.can_remotely_unlock is not None
