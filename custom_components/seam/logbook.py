"""What happened at a lock, as the logbook says it.

A movement has one line that tells all: the lock's own, with who did it as its
cause. For that `events/history.py` fires an event in the context of the movement
before it, which is described here. Where the lock's state does not change, that
event is a line of its own.
"""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.components.logbook.const import (
    LOGBOOK_ENTRY_ENTITY_ID,
    LOGBOOK_ENTRY_ICON,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .events.activity import EVENT_ACTIVITY

ICONS = {
    "access_denied": "mdi:cancel",
    "jammed": "mdi:lock-alert",
    "lock_failed": "mdi:lock-alert",
    "locked": "mdi:lock",
    "ring": "mdi:doorbell",
    "tampered": "mdi:shield-alert",
    "unconfirmed": "mdi:lock-question",
    "unlock_failed": "mdi:lock-alert",
    "unlocked": "mdi:lock-open-variant",
}
# How it was done, after "was unlocked" and after "Via".
HOW = {
    "automatic": ("automatically", "automatic operation"),
    "card": ("with a card", "a card"),
    "keycode": ("with a code", "a code"),
    "manual": ("by hand", "manual operation"),
    "remote": ("remotely", "remote operation"),
}


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[
        [str, str, Callable[[Event], dict[str, str | None]]], None
    ],
) -> None:
    """Say how the activities of locks are told."""

    @callback
    def describe(event: Event) -> dict[str, str | None]:
        return {
            # As the cause of other lines there is only the name. In a line of its
            # own the name of the entity stands instead.
            LOGBOOK_ENTRY_NAME: cause(event.data),
            LOGBOOK_ENTRY_MESSAGE: sentence(event.data),
            LOGBOOK_ENTRY_ICON: ICONS.get(event.data["type"], "mdi:door"),
            LOGBOOK_ENTRY_ENTITY_ID: event.data["lock"],
        }

    async_describe_event(DOMAIN, EVENT_ACTIVITY, describe)


def cause(data: Mapping[str, Any]) -> str:
    """Return who did it and how, such as `Alice with a code`."""
    name, method = data["actor"], data["method"]
    if name and method == "keycode":
        return f"{name} {HOW[method][0]}"
    return name or HOW.get(method, ("", "Seam"))[1]


def sentence(data: Mapping[str, Any]) -> str:
    """Return what follows the name of the lock, such as `was unlocked by hand`."""
    words = _what(data)
    if not data["late"]:
        return words
    when = dt_util.parse_datetime(data["occurred_at"], raise_on_error=True)
    return f"{words} at {dt_util.as_local(when):%Y-%m-%d %H:%M} (reported late)"


def _what(data: Mapping[str, Any]) -> str:
    name, reason = data["actor"], data["reason"]
    because = f": {reason}" if reason else ""
    match data["type"]:
        case "locked" | "unlocked":
            return " ".join(filter(None, (f"was {data['type']}", _by(data))))
        case "access_denied":
            return f"denied access{f' to {name}' if name else ''}{because}"
        case "lock_failed":
            return f"could not be locked{because}"
        case "unlock_failed":
            return f"could not be unlocked{because}"
        case "jammed":
            return "jammed: the bolt could not be moved"
        case "tampered":
            return "was tampered with"
        case "ring":
            return "rang the doorbell"
        case "unconfirmed":
            wish = "locked" if data["locked"] else "unlocked"
            return f"was not confirmed to be {wish}"
        case other:  # a type to come
            return f"reported {str(other).replace('_', ' ')}{because}"


def _by(data: Mapping[str, Any]) -> str | None:
    """Return by whom and how."""
    name, method = data["actor"], data["method"]
    how = HOW.get(method, (None, None))[0]
    if not name:
        return how
    if data["is_automation"]:
        return f"by the automation {name}"
    return " ".join(filter(None, (f"by {name}", how)))
