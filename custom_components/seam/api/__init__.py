"""A small asynchronous client for Seam's lock API; no Home Assistant inside."""

from .client import DEFAULT_ENDPOINT, DeviceList, SeamClient
from .credentials import USABLE_KINDS, CredentialKind, credential_kind
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

__all__ = [
    "DEFAULT_ENDPOINT",
    "USABLE_KINDS",
    "AccessCode",
    "ActionAttempt",
    "AttemptStatus",
    "CredentialKind",
    "Device",
    "DeviceList",
    "Event",
    "Problem",
    "SeamClient",
    "SeamConnectionError",
    "SeamCredentialsError",
    "SeamError",
    "SeamInputError",
    "SeamNotFoundError",
    "SeamRateLimitError",
    "SeamResponseError",
    "SeamServerError",
    "SeamTimeoutError",
    "Webhook",
    "Workspace",
    "credential_kind",
]
