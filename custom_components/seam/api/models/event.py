"""Something that Seam reports."""

from dataclasses import dataclass
from typing import Self

from ..parse import Json, flag, obj, plain, required, text, timestamp


@dataclass(frozen=True, slots=True)
class Event:
    """Something Seam reports.

    The PIN that some events carry (`code`) is never read.

    Attributes:
        event_id: uuid; a repeated one is the same event.
        event_type: such as `lock.unlocked`; new ones appear at any time.
        workspace_id: or None.
        device_id: or None (account events, entrance-only events).
        connected_account_id: or None.
        created_at: when Seam made the record.
        occurred_at: when it happened; `created_at` when Seam did not say, or
            when the clock of the device was ahead.
        method: `keycode`, `manual`, `automatic`, `remote`, `card`, `unknown`.
        access_code_id: the code that was used, or None.
        access_code_is_managed: whether Seam manages that code, or None.
        action_attempt_id: the command that caused it, or None.
        is_via_bluetooth: or None.
        is_via_nfc: or None.
        reason_code: why access was denied, or None.
        reason_message: Seam's words for it, or None.
    """

    event_id: str
    event_type: str
    workspace_id: str | None
    device_id: str | None
    connected_account_id: str | None
    created_at: float
    occurred_at: float
    method: str | None
    access_code_id: str | None
    access_code_is_managed: bool | None
    action_attempt_id: str | None
    is_via_bluetooth: bool | None
    is_via_nfc: bool | None
    reason_code: str | None
    reason_message: str | None

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read an `event` object; one without any time is refused."""
        created_at = timestamp(data.get("created_at"))
        occurred_at = timestamp(data.get("occurred_at"))
        if occurred_at is None:
            occurred_at = created_at
        if occurred_at is None:
            msg = "no occurred_at"
            raise ValueError(msg)
        if created_at is None:
            created_at = occurred_at
        reason = obj(data.get("reason"))
        return cls(
            event_id=required(data, "event_id"),
            event_type=required(data, "event_type"),
            workspace_id=text(data.get("workspace_id")),
            device_id=text(data.get("device_id")),
            connected_account_id=text(data.get("connected_account_id")),
            created_at=created_at,
            # A time yet to come would outweigh all that happens until then.
            occurred_at=min(occurred_at, created_at),
            method=text(data.get("method")),
            access_code_id=text(data.get("access_code_id")),
            access_code_is_managed=flag(data.get("access_code_is_managed")),
            action_attempt_id=text(data.get("action_attempt_id")),
            is_via_bluetooth=flag(data.get("is_via_bluetooth")),
            is_via_nfc=flag(data.get("is_via_nfc")),
            reason_code=text(reason.get("reason_code")),
            reason_message=plain(reason.get("message")),
        )
