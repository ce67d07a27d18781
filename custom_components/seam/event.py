"""What happens at a lock, each thing once."""

from typing import override

from homeassistant.components.event import (
    DOMAIN as EVENT_DOMAIN,
    DoorbellEventType,
    EventDeviceClass,
    EventEntity,
    EventEntityDescription,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .data import SeamConfigEntry
from .entity import SeamEntity, async_add_for_each_lock
from .events.activity import Activity
from .events.types import ACTIVITIES, RING
from .lock_state.snapshot import LockSnapshot

PARALLEL_UPDATES = 0

# Old news has a type of its own, so that it starts nothing that waits for news.
REPORTED_LATE = "reported_late"

ACTIVITY = EventEntityDescription(
    key="activity",
    translation_key="activity",
    event_types=[*ACTIVITIES, REPORTED_LATE],
)
DOORBELL = EventEntityDescription(
    key="doorbell",
    translation_key="doorbell",
    device_class=EventDeviceClass.DOORBELL,
    event_types=[DoorbellEventType.RING, REPORTED_LATE],
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SeamConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the activity of every lock, and a doorbell where one has rung.

    Seam does not say which devices have a bell. So the first ring adds it, and
    the entity registry remembers it.
    """
    coordinator, history = entry.runtime_data.coordinator, entry.runtime_data.history
    rang_first: set[str] = set()

    def exists(description: EventEntityDescription, snapshot: LockSnapshot) -> bool:
        device_id = snapshot.device.device_id
        if description is ACTIVITY:
            return True
        return device_id not in rang_first and (
            er.async_get(hass).async_get_entity_id(
                EVENT_DOMAIN, DOMAIN, f"{device_id}-{description.key}"
            )
            is not None
        )

    @callback
    def ring(activity: Activity) -> None:
        device_id = activity.device_id
        if activity.type == RING and device_id not in rang_first:
            rang_first.add(device_id)
            async_add_entities(
                [SeamDoorbell(coordinator, coordinator.data[device_id], DOORBELL)]
            )

    async_add_for_each_lock(
        entry,
        async_add_entities,
        (ACTIVITY, DOORBELL),
        exists,
        lambda *of: SeamActivity(*of) if of[2] is ACTIVITY else SeamDoorbell(*of),
    )
    entry.async_on_unload(history.async_listen_unclaimed(ring))


class SeamHistoryEntity(SeamEntity, EventEntity):
    """Shows some activities of a lock, each one once."""

    async def _async_listen(self, types: tuple[str, ...]) -> None:
        history = self.coordinator.config_entry.runtime_data.history
        self.async_on_remove(
            history.async_listen(self._device_id, types, self._async_show)
        )

    @callback
    def _async_show(self, activity: Activity) -> None:
        raise NotImplementedError

    @callback
    def _async_write(self, activity: Activity) -> None:
        if activity.actor.context is not None:
            self.async_set_context(activity.actor.context)
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


class SeamActivity(SeamHistoryEntity):
    """What happened at a lock last; told once for each of Seam's events."""

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to all that happens but the doorbell."""
        await super().async_added_to_hass()
        await self._async_listen(ACTIVITIES)

    @callback
    @override
    def _async_show(self, activity: Activity) -> None:
        self._trigger_event(
            REPORTED_LATE if activity.late else activity.type,
            {
                "activity": activity.type,
                "actor": activity.actor.name,
                "method": activity.actor.method,
                "access_code_id": activity.access_code_id,
                "access_code_is_managed": activity.access_code_is_managed,
                "is_via_bluetooth": activity.is_via_bluetooth,
                "is_via_nfc": activity.is_via_nfc,
                "reason": activity.reason,
                "occurred_at": _iso(activity),
                "source": activity.source,
            },
        )
        self._async_write(activity)


class SeamDoorbell(SeamHistoryEntity):
    """The doorbell of a lock."""

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the doorbell."""
        await super().async_added_to_hass()
        await self._async_listen((RING,))

    @callback
    @override
    def _async_show(self, activity: Activity) -> None:
        self._trigger_event(
            REPORTED_LATE if activity.late else DoorbellEventType.RING,
            {"occurred_at": _iso(activity), "source": activity.source},
        )
        self._async_write(activity)


def _iso(activity: Activity) -> str:
    return dt_util.utc_from_timestamp(activity.occurred_at).isoformat()
