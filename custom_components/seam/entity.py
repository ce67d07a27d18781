"""What Seam entities share: a lock's snapshot or the workspace, and the device."""

from collections.abc import Callable, Iterable
from typing import override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import CONSOLE_URL, DOMAIN
from .coordinator import SeamCoordinator
from .data import SeamConfigEntry
from .lock_state.snapshot import LockSnapshot


class SeamEntity(CoordinatorEntity[SeamCoordinator]):
    """An entity of one lock; reads one snapshot and nothing else."""

    _attr_has_entity_name = True

    def __init__(
        self,
        coordinator: SeamCoordinator,
        snapshot: LockSnapshot,
        description: EntityDescription,
    ) -> None:
        """Tie the entity to its lock."""
        device = snapshot.device
        super().__init__(coordinator, context=device.device_id)
        self.entity_description = description
        self._device_id = device.device_id
        self._attr_unique_id = f"{device.device_id}-{description.key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, device.device_id)},
            name=device.name,
            manufacturer=device.manufacturer,
            model=device.model,
            model_id=device.device_type,
            serial_number=device.serial_number,
            suggested_area=device.room_name,
            configuration_url=f"{CONSOLE_URL}/devices/{device.device_id}",
        )

    @property
    def snapshot(self) -> LockSnapshot:
        """Return what is known of the lock now."""
        return self.coordinator.data[self._device_id]

    @property
    @override
    def available(self) -> bool:
        return self.snapshot.available


class SeamWorkspaceEntity(Entity):
    """An entity of the workspace itself; it tells of push."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, entry: SeamConfigEntry, description: EntityDescription) -> None:
        """Tie the entity to its workspace."""
        workspace_id = entry.unique_id or entry.entry_id
        self.entity_description = description
        self.push = entry.runtime_data.push
        self._attr_unique_id = f"{workspace_id}-{description.key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, workspace_id)},
            name=entry.title,
            manufacturer="Seam",
            model="Workspace",
            entry_type=DeviceEntryType.SERVICE,
            configuration_url=CONSOLE_URL,
        )

    @override
    async def async_added_to_hass(self) -> None:
        """Write the state whenever push changes."""
        await super().async_added_to_hass()
        self.async_on_remove(self.push.health.async_listen(self.async_write_ha_state))


@callback
def async_add_for_each_lock[D: EntityDescription](
    entry: SeamConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    descriptions: Iterable[D],
    exists: Callable[[D, LockSnapshot], bool],
    make: Callable[[SeamCoordinator, LockSnapshot, D], Entity],
) -> None:
    """Add what each lock has, now and whenever a lock or a part of it appears."""
    coordinator = entry.runtime_data.coordinator
    added: dict[str, set[str]] = {}

    @callback
    def add(snapshots: Iterable[LockSnapshot]) -> None:
        new: list[Entity] = []
        # What a person has deleted comes back when Seam lists it again.
        for device_id in added.keys() - coordinator.data.keys():
            del added[device_id]
        for snapshot in snapshots:
            keys = added.setdefault(snapshot.device.device_id, set())
            for description in descriptions:
                if description.key not in keys and exists(description, snapshot):
                    keys.add(description.key)
                    new.append(make(coordinator, snapshot, description))
        if new:
            async_add_entities(new)

    add(coordinator.data.values())
    entry.async_on_unload(coordinator.async_add_locks_listener(add))


@callback
def async_follow_names(
    hass: HomeAssistant, entry: SeamConfigEntry, coordinator: SeamCoordinator
) -> None:
    """Give a device its new name when it was renamed at Seam.

    A name that a person chose in Home Assistant stays.
    """
    registry = dr.async_get(hass)

    @callback
    def rename(snapshots: Iterable[LockSnapshot]) -> None:
        for snapshot in snapshots:
            device = registry.async_get_device_by_identifier(
                (DOMAIN, snapshot.device.device_id), entry.entry_id
            )
            if device is not None and device.name != snapshot.device.name:
                registry.async_update_device(device.id, name=snapshot.device.name)

    rename(coordinator.data.values())
    entry.async_on_unload(coordinator.async_add_locks_listener(rename))
