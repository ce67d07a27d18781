"""What Seam tells us, as immutable values; one file a resource.

Source of every field: Seam's OpenAPI document (types 1.1038.0). Each model is
built by `from_json`, which raises ValueError only when the id is missing;
anything else that is absent, null or of a wrong type becomes None.
Times are seconds since the epoch, UTC.
"""

from .access_code import AccessCode
from .action_attempt import ActionAttempt, AttemptStatus
from .device import Device, Problem
from .event import Event
from .webhook import Webhook
from .workspace import Workspace

__all__ = [
    "AccessCode",
    "ActionAttempt",
    "AttemptStatus",
    "Device",
    "Event",
    "Problem",
    "Webhook",
    "Workspace",
]
