"""What entities show of one lock."""

from dataclasses import dataclass

from homeassistant.core import Context


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
        at: in seconds since the epoch, by Seam's clock.
        actor: who.
    """

    locked: bool
    at: float
    actor: Actor
