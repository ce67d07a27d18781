"""Finds out whether an unlock command whose answer was lost may still act."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from ..api import (
    ActionAttempt,
    AttemptStatus,
    SeamClient,
    SeamError,
    SeamInputError,
    SeamNotFoundError,
)
from ..const import LOGGER

# How long after the lost answer the attempts of the lock are looked through, in
# seconds; both looks must find nothing.
LOOKS = (5.0, 15.0)
# While Seam cannot be asked, the last look is tried again after this long.
TRY_AGAIN = 30.0
UNLOCK = "UNLOCK_DOOR"


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of an unlock command without an answer.

    Attributes:
        never_sent: Seam has no trace of it, so it cannot act.
        pending: the attempt that it became and that has not ended, or None.
    """

    never_sent: bool = False
    pending: ActionAttempt | None = None


UNKNOWN = Finding()


async def async_look(
    client: SeamClient, device_id: str, is_ours: Callable[[str], bool]
) -> Finding:
    """Look through a lock's attempts until it is clear what became of an unlock.

    Args:
        client: of the workspace.
        device_id: Seam's id of the lock.
        is_ours: whether an attempt is one of our commands that got an answer.
    """
    waited = 0.0
    for look in LOOKS:
        await asyncio.sleep(look - waited)
        waited = look
        found = await _async_look_once(client, device_id, is_ours)
        while found is None:
            await asyncio.sleep(TRY_AGAIN)
            found = await _async_look_once(client, device_id, is_ours)
        if not found.never_sent:
            return found
    return Finding(never_sent=True)


async def _async_look_once(
    client: SeamClient, device_id: str, is_ours: Callable[[str], bool]
) -> Finding | None:
    """Return what one look finds; None when Seam could not be asked."""
    try:
        attempts = await client.list_action_attempts(device_id=device_id)
    except SeamInputError, SeamNotFoundError:
        return UNKNOWN  # a server that cannot list the attempts of a device
    except SeamError as err:
        LOGGER.debug("Looking for a lost command failed: %s", err)
        return None
    strange = [
        attempt
        for attempt in attempts
        if attempt.action_type == UNLOCK and not is_ours(attempt.action_attempt_id)
    ]
    for attempt in strange:
        if attempt.status is AttemptStatus.PENDING:
            return Finding(pending=attempt)
    # One that has ended may be ours or another app's, of today or of last year.
    if any(attempt.status is not AttemptStatus.ERROR for attempt in strange):
        return UNKNOWN
    return Finding(never_sent=True)
