"""The result of a test of push as a notice in Home Assistant."""

from homeassistant.components import persistent_notification
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN
from .self_test import PushError


def _notice_id(entry: ConfigEntry) -> str:
    return f"{DOMAIN}_test_push_{entry.entry_id}"


async def async_show_result(
    hass: HomeAssistant, entry: ConfigEntry, result: float | PushError
) -> None:
    """Show how a test went, in the place of the one before.

    The title is shown as it is, so the workspace's name can stand in it; the text
    is formatted.

    Args:
        hass: Home Assistant.
        entry: whose push was tested.
        result: how long it took, in seconds, or what is wrong.
    """
    language = hass.config.language
    texts = await async_get_translations(hass, language, "common", (DOMAIN,))

    def say(key: str, **filled_in: str) -> str:
        return texts[f"component.{DOMAIN}.common.{key}"].format(**filled_in)

    if isinstance(result, PushError):
        errors = await async_get_translations(hass, language, "exceptions", (DOMAIN,))
        outcome = errors[f"component.{DOMAIN}.exceptions.{result.key}.message"]
    else:
        outcome = say("test_push_passed", milliseconds=f"{max(result * 1000, 1):.0f}")
    persistent_notification.async_create(
        hass,
        f"{outcome}\n\n{say('test_push_scope')}",
        say("test_push_title", name=entry.title),
        _notice_id(entry),
    )


@callback
def async_dismiss_result(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take the notice away again."""
    persistent_notification.async_dismiss(hass, _notice_id(entry))
