"""Where Seam sends events to."""

from dataclasses import dataclass
from typing import Self

from ..parse import Json, items, required, string


@dataclass(frozen=True, slots=True, repr=False)
class Webhook:
    """A webhook at Seam. Not printable: it holds a secret and our address.

    Attributes:
        webhook_id: uuid.
        url: where Seam sends to.
        event_types: what it sends; `*` for everything.
        secret: `whsec_…`; None in answers that do not show it.
    """

    webhook_id: str
    url: str
    event_types: frozenset[str]
    secret: str | None

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read a `webhook` object."""
        return cls(
            webhook_id=required(data, "webhook_id"),
            url=string(data.get("url")) or "",
            event_types=frozenset(
                kind for kind in items(data.get("event_types")) if string(kind)
            ),
            secret=string(data.get("secret")),
        )
