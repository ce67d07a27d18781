"""Batteries as sensors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import PERCENTAGE, EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import LockSnapshot, SeamConfigEntry
from .entity import SeamEntity, async_add_for_each_lock

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class SeamSensorDescription(SensorEntityDescription):
    """A sensor of a lock: when it exists, and what it shows."""

    exists_fn: Callable[[LockSnapshot], bool]
    value_fn: Callable[[LockSnapshot], float | None]


def _percent(level: float | None) -> float | None:
    return None if level is None else level * 100


SENSORS = (
    SeamSensorDescription(
        key="battery",
        device_class=SensorDeviceClass.BATTERY,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=0,
        exists_fn=lambda lock: lock.device.has_battery,
        value_fn=lambda lock: _percent(lock.device.battery_level),
    ),
    SeamSensorDescription(
        key="keypad_battery",
        translation_key="keypad_battery",
        device_class=SensorDeviceClass.BATTERY,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=0,
        exists_fn=lambda lock: lock.device.has_keypad_battery,
        value_fn=lambda lock: _percent(lock.device.keypad_battery_level),
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SeamConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors that each lock has."""
    async_add_for_each_lock(
        entry,
        async_add_entities,
        SENSORS,
        lambda description, snapshot: description.exists_fn(snapshot),
        SeamSensor,
    )


class SeamSensor(SeamEntity, SensorEntity):
    """A sensor of a lock."""

    entity_description: SeamSensorDescription

    @property
    @override
    def native_value(self) -> float | None:
        return self.entity_description.value_fn(self.snapshot)
