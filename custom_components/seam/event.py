"""What happens at a lock, each thing once."""

from typing import override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .data import SeamConfigEntry
from .entity import SeamEntity, async_add_for_each_lock
from .events.activity import Activity
from .events.types import EVENT_TYPES

PARALLEL_UPDATES = 0

# Old news has a type of its own, so that it starts nothing that waits for news.
LATE = "late"

EVENTS = (
    EventEntityDescription(
        key="activity",
        translation_key="activity",
        event_types=[
            *(row.activity for row in EVENT_TYPES.values() if row.activity),
            "jammed",
            LATE,
        ],
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SeamConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add an event entity for every lock."""
    async_add_for_each_lock(
        entry, async_add_entities, EVENTS, lambda *_: True, SeamActivity
    )


class SeamActivity(SeamEntity, EventEntity):
    """What happened at a lock last; told once for each of Seam's events."""

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the feed."""
        await super().async_added_to_hass()
        feed = self.coordinator.config_entry.runtime_data.feed
        self.async_on_remove(feed.async_listen(self._device_id, self._async_tell))

    @callback
    def _async_tell(self, activity: Activity) -> None:
        event, actor = activity.event, activity.actor
        self._trigger_event(
            LATE if activity.late else activity.kind,
            {
                "what": activity.kind,
                "who": actor.name,
                "method": actor.method,
                "access_code_id": event.access_code_id,
                "access_code_name": activity.code_name,
                "access_code_is_managed": event.access_code_is_managed,
                "is_via_bluetooth": event.is_via_bluetooth,
                "is_via_nfc": event.is_via_nfc,
                "reason": activity.reason,
                "occurred_at": dt_util.utc_from_timestamp(
                    event.occurred_at
                ).isoformat(),
                "late": activity.late,
                "source": activity.source,
            },
        )
        if actor.context is not None:
            self.async_set_context(actor.context)
        self.async_write_ha_state()

    @property
    @override
    def available(self) -> bool:
        # What happened stays true, and nothing may be lost while a lock is offline.
        return True

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Readings tell nothing of what happened."""
