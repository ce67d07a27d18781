"""A small asynchronous client for Seam's lock API; no Home Assistant inside."""

from .client import SeamClient
from .clock import SeamClock
from .credentials import USABLE_KINDS, CredentialKind, credential_kind
from .device_list import DeviceList, DevicePage
from .endpoint import DEFAULT_ENDPOINT, checked_endpoint, is_local
from .errors import (
    SeamConnectionError,
    SeamCredentialsError,
    SeamError,
    SeamInputError,
    SeamNotFoundError,
    SeamRateLimitError,
    SeamResponseError,
    SeamServerError,
    SeamTimeoutError,
)
from .event_list import EventList
from .models import (
    AccessCode,
    ActionAttempt,
    AttemptStatus,
    Device,
    Event,
    Problem,
    Webhook,
    Workspace,
)
from .signature import SignatureError, sign, verify

__all__ = [
    "DEFAULT_ENDPOINT",
    "USABLE_KINDS",
    "AccessCode",
    "ActionAttempt",
    "AttemptStatus",
    "CredentialKind",
    "Device",
    "DeviceList",
    "DevicePage",
    "Event",
    "EventList",
    "Problem",
    "SeamClient",
    "SeamClock",
    "SeamConnectionError",
    "SeamCredentialsError",
    "SeamError",
    "SeamInputError",
    "SeamNotFoundError",
    "SeamRateLimitError",
    "SeamResponseError",
    "SeamServerError",
    "SeamTimeoutError",
    "SignatureError",
    "Webhook",
    "Workspace",
    "checked_endpoint",
    "credential_kind",
    "is_local",
    "sign",
    "verify",
]
