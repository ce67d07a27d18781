"""What a key belongs to."""

from dataclasses import dataclass
from typing import Self

from ..parse import Json, flag, plain, required


@dataclass(frozen=True, slots=True)
class Workspace:
    """What a key belongs to.

    Attributes:
        workspace_id: uuid; stays the same when the key is rotated.
        name: as its owner named it, without markup; the id when absent.
        is_sandbox: True for a workspace with virtual devices only.
        is_suspended: True when Seam has put it to sleep.
    """

    workspace_id: str
    name: str
    is_sandbox: bool
    is_suspended: bool

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read a `workspace` object."""
        workspace_id = required(data, "workspace_id")
        return cls(
            workspace_id=workspace_id,
            name=plain(data.get("name")) or workspace_id,
            is_sandbox=flag(data.get("is_sandbox")) is True,
            is_suspended=flag(data.get("is_suspended")) is True,
        )
