"""The one place where errors of the client become Home Assistant's."""

from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError
from homeassistant.helpers.update_coordinator import UpdateFailed

from .api import (
    SeamConnectionError,
    SeamCredentialsError,
    SeamError,
    SeamRateLimitError,
    SeamResponseError,
    SeamServerError,
)
from .const import DOMAIN

# Of these nobody knows whether the command got through.
UNCERTAIN_ERRORS = (SeamConnectionError, SeamResponseError, SeamServerError)


def _wait(err: SeamRateLimitError) -> str:
    return "60" if err.retry_after is None else f"{err.retry_after:.0f}"


def error_key(err: SeamError) -> str:
    """Return the translation key that says what went wrong, for flows too."""
    if isinstance(err, SeamCredentialsError):
        return "invalid_auth"
    if isinstance(err, SeamRateLimitError):
        return "rate_limited"
    if isinstance(err, SeamServerError):
        return "server_error"
    if isinstance(err, SeamResponseError):
        return "not_seam"
    if isinstance(err, SeamConnectionError):
        return "cannot_connect"
    return "unknown"


def read_error(err: SeamError) -> UpdateFailed:
    """Turn a failed reading into what the coordinator expects."""
    if isinstance(err, SeamRateLimitError):
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key="read_rate_limited",
            # The coordinator's own tick goes on; it stays away from Seam.
            translation_placeholders={"seconds": _wait(err)},
        )
    return UpdateFailed(
        translation_domain=DOMAIN,
        translation_key="read_failed",
        translation_placeholders={"error": str(err)},
    )


def auth_error(err: SeamCredentialsError) -> ConfigEntryAuthFailed:
    """Turn a refused key into the start of a new authentication."""
    return ConfigEntryAuthFailed(
        translation_domain=DOMAIN,
        translation_key="key_refused",
        translation_placeholders={"error": str(err)},
    )


def outcome_error(
    why: str, name: str, *, lock: bool, **placeholders: str
) -> HomeAssistantError:
    """Return what the caller of a command gets.

    Args:
        why: the end of a translation key, such as `failed` or `unconfirmed`.
        name: of the lock.
        lock: what the command wanted.
        placeholders: of the translation.
    """
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=f"{'lock' if lock else 'unlock'}_{why}",
        translation_placeholders={"name": name, **placeholders},
    )


def command_error(err: SeamError, name: str, *, lock: bool) -> HomeAssistantError:
    """Turn a command that Seam did not take into an error for the caller."""
    if isinstance(err, SeamRateLimitError):
        return outcome_error("rate_limited", name, lock=lock, seconds=_wait(err))
    if isinstance(err, UNCERTAIN_ERRORS):
        return outcome_error("uncertain", name, lock=lock, error=str(err))
    return outcome_error("failed", name, lock=lock, error=str(err))


def push_error(key: str) -> HomeAssistantError:
    """Turn a self-test that did not come back into an error for the caller."""
    return HomeAssistantError(translation_domain=DOMAIN, translation_key=key)
