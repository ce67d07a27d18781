"""An event as a lock's history shows it."""

from dataclasses import dataclass
from typing import Final

from ..const import DOMAIN
from ..lock_state.snapshot import Actor

# Fired for the logbook, see logbook.py.
EVENT_ACTIVITY: Final = f"{DOMAIN}_activity"

# The way by which an activity came to us.
SOURCE_PUSH: Final = "push"
SOURCE_POLLING: Final = "polling"
SOURCE_COMMAND: Final = "command"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What happened at a lock, and what else is known of it.

    Attributes:
        device_id: Seam's id of the lock.
        type: one of the activities of `types.py`.
        occurred_at: in seconds since the epoch, by Seam's clock.
        actor: who caused it; its context is never None here.
        commanded: a command of this Home Assistant caused it, so that Home
            Assistant tells by itself who it was.
        late: it is old news.
        source: `push`, `polling` or `command`.
        locked: the position that it tells of, or the wish of its command; None
            when neither.
        reason: why it failed or was denied, or None.
        access_code_id: the code that was used; None also when names are not
            wanted in history.
        access_code_is_managed: the same, whether Seam manages that code.
        is_via_bluetooth: or None.
        is_via_nfc: or None.
    """

    device_id: str
    type: str
    occurred_at: float
    actor: Actor
    commanded: bool = False
    late: bool = False
    source: str
    locked: bool | None = None
    reason: str | None = None
    access_code_id: str | None = None
    access_code_is_managed: bool | None = None
    is_via_bluetooth: bool | None = None
    is_via_nfc: bool | None = None
