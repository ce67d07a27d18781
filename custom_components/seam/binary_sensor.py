"""Door, connection, battery and problem as binary sensors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import SeamConfigEntry
from .entity import SeamEntity, async_add_for_each_lock
from .lock_state.snapshot import LockSnapshot

PARALLEL_UPDATES = 0

LOW_STATUSES = frozenset({"critical", "low"})


@dataclass(frozen=True, kw_only=True)
class SeamBinarySensorDescription(BinarySensorEntityDescription):
    """A binary sensor of a lock: when it exists, what it shows, and when."""

    exists_fn: Callable[[LockSnapshot], bool] = lambda _: True
    is_on_fn: Callable[[LockSnapshot], bool | None]
    available_fn: Callable[[LockSnapshot], bool] = lambda lock: lock.available


def _battery_low(lock: LockSnapshot) -> bool | None:
    status = lock.device.battery_status
    return None if status is None else status in LOW_STATUSES


def _problem(lock: LockSnapshot) -> bool:
    return (
        bool(lock.device.errors)
        or lock.jammed
        or lock.lock_failed
        # Thrown while the door stands open: that bolt holds nothing.
        or (lock.locked is True and lock.device.door_open is True)
    )


BINARY_SENSORS = (
    SeamBinarySensorDescription(
        key="door",
        device_class=BinarySensorDeviceClass.DOOR,
        exists_fn=lambda lock: lock.device.door_open is not None,
        is_on_fn=lambda lock: lock.device.door_open,
    ),
    SeamBinarySensorDescription(
        key="online",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        is_on_fn=lambda lock: lock.device.online,
        # It has to tell just when the others cannot.
        available_fn=lambda lock: lock.listed and lock.in_touch,
    ),
    SeamBinarySensorDescription(
        key="battery_low",
        translation_key="battery_low",
        device_class=BinarySensorDeviceClass.BATTERY,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        exists_fn=lambda lock: lock.device.battery_status is not None,
        is_on_fn=_battery_low,
    ),
    SeamBinarySensorDescription(
        key="problem",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        is_on_fn=_problem,
        available_fn=lambda lock: lock.listed and lock.in_touch,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SeamConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors that each lock has."""
    async_add_for_each_lock(
        entry,
        async_add_entities,
        BINARY_SENSORS,
        lambda description, snapshot: description.exists_fn(snapshot),
        SeamBinarySensor,
    )


class SeamBinarySensor(SeamEntity, BinarySensorEntity):
    """A binary sensor of a lock."""

    entity_description: SeamBinarySensorDescription

    @property
    @override
    def available(self) -> bool:
        return self.entity_description.available_fn(self.snapshot)

    @property
    @override
    def is_on(self) -> bool | None:
        return self.entity_description.is_on_fn(self.snapshot)
