"""What entities show of one lock, made from its device, evidence and command."""

from dataclasses import dataclass
from enum import StrEnum

from homeassistant.core import Context

from ..api import Device
from ..api.quirks import UNREACHABLE_ERRORS
from .evidence import Evidence, Verdict


class Moving(StrEnum):
    """What a command in flight is doing to the bolt."""

    LOCKING = "locking"
    UNLOCKING = "unlocking"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, and by which of Home Assistant's contexts.

    Attributes:
        name: of a person, a code or an automation; None when not known or
            not wanted in history.
        method: Seam's `method`, None when it says `unknown` or nothing.
        context: of the Home Assistant command that caused it, else a fresh one;
            None when nobody has given it one yet.
        is_automation: the name is an automation's.
    """

    name: str | None = None
    method: str | None = None
    context: Context | None = None
    is_automation: bool = False

    @property
    def changed_by(self) -> str | None:
        """Return what a lock shows as `changed_by`."""
        return self.name or self.method


@dataclass(frozen=True, slots=True)
class Move:
    """Who moved a bolt, where to, and when.

    Attributes:
        locked: where to.
        at: by Seam's clock, in seconds since the epoch.
        actor: who; None once it was moved again by nobody knows whom.
    """

    locked: bool
    at: float
    actor: Actor | None


@dataclass(frozen=True, slots=True)
class LockSnapshot:
    """All that entities show of one lock; equal when nothing visible changed.

    Attributes:
        device: the newest reading of it.
        available: what it says can be relied on.
        listed: Seam still lists it.
        in_touch: Seam itself has been read lately.
        locked: True only from proof; None is unknown.
        assumed: a command was accepted, and nobody has confirmed it.
        jammed: the last command ended in a jam.
        lock_failed: locking failed, and nothing has proven locked since.
        moving: the command in flight, or None.
        actor: who brought the bolt to where it is, None when not told.
    """

    device: Device
    available: bool
    listed: bool
    in_touch: bool
    locked: bool | None
    assumed: bool
    jammed: bool
    lock_failed: bool
    moving: Moving | None
    actor: Actor | None


def is_reachable(device: Device) -> bool:
    """Return whether what the device says can be relied on."""
    return device.online is not False and not any(
        problem.code in UNREACHABLE_ERRORS for problem in device.errors
    )


def newer_move(old: Move | None, new: Move) -> Move:
    """Return the later of two moves."""
    return new if old is None or new.at >= old.at else old


def make_snapshot(
    device: Device,
    evidence: Evidence,
    verdict: Verdict,
    *,
    move: Move | None,
    moving: Moving | None,
    listed: bool,
    in_touch: bool,
) -> LockSnapshot:
    """Return what to show of a lock."""
    # While a command runs, the one who moved it before is no news.
    shows_actor = move is not None and moving is None and move.locked is verdict.locked
    return LockSnapshot(
        device=device,
        available=in_touch and listed and is_reachable(device),
        listed=listed,
        in_touch=in_touch,
        locked=verdict.locked,
        assumed=verdict.assumed,
        jammed=evidence.is_jammed,
        lock_failed=evidence.lock_failed,
        moving=moving,
        actor=move.actor if move is not None and shows_actor else None,
    )
