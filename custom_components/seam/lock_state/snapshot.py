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
        context: of the Home Assistant command that caused it, or None.
    """

    name: str | None = None
    method: str | None = None
    context: Context | None = None

    @property
    def changed_by(self) -> str | None:
        """Return what a lock shows as `changed_by`."""
        return self.name or self.method
