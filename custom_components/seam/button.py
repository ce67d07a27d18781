"""A button that tries whether push gets through."""

from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import SeamConfigEntry
from .entity import SeamWorkspaceEntity
from .exceptions import push_error
from .push import PushError, async_show_result

PARALLEL_UPDATES = 1

TEST_PUSH = ButtonEntityDescription(
    key="test_push",
    translation_key="test_push",
    entity_category=EntityCategory.DIAGNOSTIC,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SeamConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the button of the workspace."""
    async_add_entities([SeamTestPush(entry, TEST_PUSH)])


class SeamTestPush(SeamWorkspaceEntity, ButtonEntity):
    """Sends a signed request the way that Seam would, and says how it went."""

    def __init__(self, entry: SeamConfigEntry, description: EntityDescription) -> None:
        """Tie the button to its workspace."""
        super().__init__(entry, description)
        self._entry = entry

    @override
    async def async_press(self) -> None:
        """Run the self-test; the result is a notice, a failure an error too."""
        try:
            round_trip = await self.push.self_test.async_run()
        except PushError as err:
            await async_show_result(self.hass, self._entry, err)
            raise push_error(err.key) from err
        await async_show_result(self.hass, self._entry, round_trip)
