"""What happened at a lock, as a line for the logbook."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .events.activity import Activity

METHODS = {
    "automatic": "automatically",
    "card": "with a card",
    "keycode": "with a code",
    "manual": "by hand",
    "remote": "remotely",
}


@callback
def async_describe_events(hass: HomeAssistant, async_describe_event: object) -> None:
    """Describe nothing: what is entered is a whole sentence already."""


def sentence(activity: Activity) -> str:
    """Return what follows the name of the lock, such as `was unlocked by hand`."""
    words = [_what(activity)]
    if activity.late:
        when = dt_util.as_local(dt_util.utc_from_timestamp(activity.event.occurred_at))
        words.append(f"at {when:%Y-%m-%d %H:%M} (told late)")
    return " ".join(words)


def _what(activity: Activity) -> str:
    name = activity.actor.name
    because = f": {activity.reason}" if activity.reason else ""
    match activity.kind:
        case "locked" | "unlocked":
            how = METHODS.get(activity.actor.method or "")
            if activity.actor.context is not None:
                how = "through Home Assistant"
            by = f"by {name}" if name else None
            return " ".join(filter(None, (f"was {activity.kind}", by, how)))
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
