"""What happened at a lock, as a line for the logbook."""

from homeassistant.util import dt as dt_util

from .event_feed import Happening

METHODS = {
    "automatic": "automatically",
    "card": "with a card",
    "keycode": "with a code",
    "manual": "by hand",
    "remote": "remotely",
}


def sentence(happening: Happening) -> str:
    """Return what follows the name of the lock, such as `was unlocked by hand`."""
    words = [_what(happening)]
    if happening.late:
        when = dt_util.as_local(dt_util.utc_from_timestamp(happening.event.occurred_at))
        words.append(f"at {when:%Y-%m-%d %H:%M} (told late)")
    return " ".join(words)


def _what(happening: Happening) -> str:
    name = happening.actor.name
    because = f": {happening.reason}" if happening.reason else ""
    match happening.kind:
        case "locked" | "unlocked":
            how = METHODS.get(happening.actor.method or "")
            if happening.actor.context is not None:
                how = "through Home Assistant"
            by = f"by {name}" if name else None
            return " ".join(filter(None, (f"was {happening.kind}", by, how)))
        case "access_denied":
            return f"denied access{f' to {name}' if name else ''}{because}"
        case "lock_failed":
            return f"could not be locked{because}"
        case "unlock_failed":
            return f"could not be unlocked{because}"
        case "jammed":
            return f"is jammed{because}"
        case "tampered":
            return "was tampered with"
        case _:
            return "rang the doorbell"
