"""What can be told of a credential before it is sent anywhere.

Prefixes as Seam's own SDK knows them (python SDK 3.18.0, module auth).
"""

from enum import StrEnum


class CredentialKind(StrEnum):
    """Kinds of Seam credentials, by their prefix."""

    API_KEY = "api_key"
    PERSONAL_ACCESS_TOKEN = "personal_access_token"  # noqa: S105 - a kind's name
    CLIENT_SESSION_TOKEN = "client_session_token"  # noqa: S105 - a kind's name
    PUBLISHABLE_KEY = "publishable_key"
    CONSOLE_TOKEN = "console_token"  # noqa: S105 - a kind's name
    UNKNOWN = "unknown"


_PREFIXES = (
    ("seam_cst", CredentialKind.CLIENT_SESSION_TOKEN),
    ("seam_pk", CredentialKind.PUBLISHABLE_KEY),
    ("seam_at", CredentialKind.PERSONAL_ACCESS_TOKEN),
    ("seam_", CredentialKind.API_KEY),
    ("ey", CredentialKind.CONSOLE_TOKEN),
)

USABLE_KINDS = frozenset({CredentialKind.API_KEY, CredentialKind.PERSONAL_ACCESS_TOKEN})


def credential_kind(credential: str) -> CredentialKind:
    """Return the kind that the prefix tells; the length is not looked at."""
    for prefix, kind in _PREFIXES:
        if credential.startswith(prefix):
            return kind
    return CredentialKind.UNKNOWN
