"""What brands have in common when it comes to the truth about a bolt.

Behind Seam brands differ in who tells what, and how soon. These six classes are
all that matters for how fast Home Assistant can know where a bolt is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .catalogue import SCHLAGE, Plan

TEN_MINUTES = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """How locks of a class behave; the names and units are those of the Door."""

    confirms: bool | None
    reports_moves: bool
    reports_position: bool = True
    poll_seconds: float | None = None


BRANDS: Mapping[str, Brand] = MappingProxyType(
    {
        # Confirms commands, tells events.
        "a": Brand(confirms=True, reports_moves=True),
        # Confirms commands, no events.
        "b": Brand(confirms=True, reports_moves=False),
        # Only accepts commands, tells events.
        "c": Brand(confirms=False, reports_moves=True),
        # Only accepts commands, no events, but readings are right at once.
        "d": Brand(confirms=False, reports_moves=False),
        # The same, and Seam looks at the lock only every ten minutes.
        "e": Brand(confirms=False, reports_moves=False, poll_seconds=TEN_MINUTES),
        # Only accepts commands, tells events, and no reading tells its position.
        "f": Brand(confirms=False, reports_moves=True, reports_position=False),
    }
)


def plain_plans(locks: int) -> list[Plan]:
    """Return as many locks that have nothing but a bolt and a keypad."""
    return [Plan(name=f"Door {at}", model=SCHLAGE) for at in range(1, locks + 1)]
