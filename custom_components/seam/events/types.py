"""The one table of Seam's event types: what each means here.

A new type is one row, and its text in the translations when it is an activity.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class EventType:
    """What one of Seam's event types means.

    Attributes:
        seam_type: as Seam calls it, such as `lock.unlocked`.
        activity: what a lock's history calls it; None when it is no history.
        locked: the bolt's position that it tells of; None when of none.
        failed: what the command wanted that failed (True: lock), or None.
        accepted: what the command wanted that succeeded, or None.
        needs_reading: a reading shows something new after it.
    """

    seam_type: str
    activity: str | None = None
    locked: bool | None = None
    failed: bool | None = None
    accepted: bool | None = None
    needs_reading: bool = False


# Activities that no type of Seam's has of its own: a failed command that speaks of
# a jam, and a command that nothing confirmed.
JAMMED: Final = "jammed"
UNCONFIRMED: Final = "unconfirmed"
# As Home Assistant wants it of a doorbell.
RING: Final = "ring"

_ROWS: Final = (
    EventType("lock.locked", "locked", locked=True),
    EventType("lock.unlocked", "unlocked", locked=False),
    EventType("lock.access_denied", "access_denied"),
    EventType("action_attempt.lock_door.failed", "lock_failed", failed=True),
    EventType("action_attempt.unlock_door.failed", "unlock_failed", failed=False),
    EventType("action_attempt.lock_door.succeeded", accepted=True),
    EventType("action_attempt.unlock_door.succeeded", accepted=False),
    EventType("device.tampered", "tampered"),
    EventType("device.doorbell_rang", RING),
    EventType("connected_account.connected", needs_reading=True),
    EventType("connected_account.disconnected", needs_reading=True),
    EventType("device.added", needs_reading=True),
    EventType("device.battery_status_changed", needs_reading=True),
    EventType("device.connected", needs_reading=True),
    EventType("device.disconnected", needs_reading=True),
    EventType("device.low_battery", needs_reading=True),
    EventType("device.name_changed", needs_reading=True),
    EventType("device.removed", needs_reading=True),
)

# By Seam's type. All that is asked for; nothing else is sent to us or listed.
EVENT_TYPES: Final[Mapping[str, EventType]] = MappingProxyType(
    {row.seam_type: row for row in _ROWS}
)

# All activities of a lock, without those of its doorbell.
ACTIVITIES: Final = (
    *(row.activity for row in _ROWS if row.activity and row.activity != RING),
    JAMMED,
    UNCONFIRMED,
)


def event_type(seam_type: str) -> EventType:
    """Return what one of Seam's types means; nothing when it is not known."""
    return EVENT_TYPES.get(seam_type) or EventType(seam_type)
