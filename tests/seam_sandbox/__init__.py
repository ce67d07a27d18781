"""The embedded Seam: its API as documented, with physical truth behind it."""

from .brands import BRANDS, Brand, plain_plans
from .catalogue import CANARY_CLEANER, CANARY_GUEST, CANARY_PIN, Plan
from .clock import Clock, ManualClock, RealClock
from .faults import ABSENT, ZERO_TIME, Fault, FaultKind, Faults
from .house import Door
from .sandbox import SeamSandbox
from .server import Recorded
from .workspaces import ACCESS_TOKEN, API_KEY, OTHER_API_KEY

__all__ = [
    "ABSENT",
    "ACCESS_TOKEN",
    "API_KEY",
    "BRANDS",
    "CANARY_CLEANER",
    "CANARY_GUEST",
    "CANARY_PIN",
    "OTHER_API_KEY",
    "ZERO_TIME",
    "Brand",
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
    "plain_plans",
]
