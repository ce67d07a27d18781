"""A command in flight."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from ..parse import Json, obj, plain, required, text


class AttemptStatus(StrEnum):
    """Where an action attempt stands; a value we do not know is UNKNOWN."""

    PENDING = "pending"
    SUCCESS = "success"
    ERROR = "error"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ActionAttempt:
    """A command in flight.

    Attributes:
        action_attempt_id: uuid.
        status: only `status` counts; samples show `error: {}` while pending.
        was_confirmed: the device itself confirmed it. False also when Seam
            says nothing: then somebody only accepted the command.
        action_type: such as `UNLOCK_DOOR`, or None.
        error_type: free text, or None; branch on nothing in it.
        error_message: Seam's words, or None.
    """

    action_attempt_id: str
    status: AttemptStatus
    was_confirmed: bool
    action_type: str | None
    error_type: str | None
    error_message: str | None

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read an `action_attempt` object."""
        status = text(data.get("status")) or ""
        error = obj(data.get("error"))
        return cls(
            action_attempt_id=required(data, "action_attempt_id"),
            status=(
                AttemptStatus(status)
                if status in AttemptStatus
                else AttemptStatus.UNKNOWN
            ),
            was_confirmed=obj(data.get("result")).get("was_confirmed_by_device")
            is True,
            action_type=text(data.get("action_type")),
            error_type=plain(error.get("type")),
            error_message=plain(error.get("message")),
        )
