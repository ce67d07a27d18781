"""An event as a lock's history shows it."""

from dataclasses import dataclass

from ..api import Event
from ..lock_state.snapshot import Actor


@dataclass(frozen=True, slots=True)
class Activity:
    """An event of a lock's history, and what else is known of it.

    Attributes:
        event: as Seam told it, without its PIN.
        kind: what the history calls it.
        actor: who caused it.
        code_name: of the access code that was used, or None.
        late: it is old news.
        source: `push` or `list`.
        reason: why it failed or was denied, or None.
    """

    event: Event
    kind: str
    actor: Actor
    code_name: str | None
    late: bool
    source: str
    reason: str | None
