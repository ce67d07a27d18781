"""The embedded Seam: its API as documented, with physical truth behind it."""

from .catalogue import CANARY_CLEANER, CANARY_GUEST, CANARY_PIN, Plan
from .clock import Clock, ManualClock, RealClock
from .faults import ABSENT, Fault, FaultKind, Faults
from .house import Door
from .sandbox import SeamSandbox
from .server import Recorded
from .workspaces import ACCESS_TOKEN, API_KEY, OTHER_API_KEY

__all__ = [
    "ABSENT",
    "ACCESS_TOKEN",
    "API_KEY",
    "CANARY_CLEANER",
    "CANARY_GUEST",
    "CANARY_PIN",
    "OTHER_API_KEY",
    "Clock",
    "Door",
    "Fault",
    "FaultKind",
    "Faults",
    "ManualClock",
    "Plan",
    "RealClock",
    "Recorded",
    "SeamSandbox",
]
