"""A code on a lock."""

from dataclasses import dataclass
from typing import Self

from ..parse import Json, required, words


@dataclass(frozen=True, slots=True)
class AccessCode:
    """A PIN's name on a lock. The PIN itself is never read.

    Attributes:
        access_code_id: uuid.
        name: as its maker named it, or None.
    """

    access_code_id: str
    name: str | None

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read an `access_code` object."""
        return cls(
            access_code_id=required(data, "access_code_id"),
            name=words(data.get("name")),
        )
