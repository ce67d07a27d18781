"""Batteries, the age of what is known, and push as sensors."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .data import SeamConfigEntry
from .entity import SeamEntity, SeamWorkspaceEntity, async_add_for_each_lock
from .lock_state.snapshot import LockSnapshot
from .push import Push, PushState

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


LAST_CONFIRMED = (
    SensorEntityDescription(
        key="last_confirmed",
        translation_key="last_confirmed",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
)


@dataclass(frozen=True, kw_only=True)
class SeamPushSensorDescription(SensorEntityDescription):
    """A sensor of push: what it shows."""

    value_fn: Callable[[Push], str | float | None]


def _milliseconds(push: Push) -> float | None:
    round_trip = push.health.round_trip
    return None if round_trip is None else round_trip * 1000


PUSH_SENSORS = (
    SeamPushSensorDescription(
        key="push",
        translation_key="push",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        options=[state.value for state in PushState],
        value_fn=lambda push: push.health.state.value,
    ),
    SeamPushSensorDescription(
        key="push_round_trip",
        translation_key="push_round_trip",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement=UnitOfTime.MILLISECONDS,
        suggested_display_precision=0,
        value_fn=_milliseconds,
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
    async_add_for_each_lock(
        entry, async_add_entities, LAST_CONFIRMED, lambda *_: True, SeamLastConfirmed
    )
    async_add_entities(
        SeamPushSensor(entry, description) for description in PUSH_SENSORS
    )


class SeamSensor(SeamEntity, SensorEntity):
    """A sensor of a lock."""

    entity_description: SeamSensorDescription

    @property
    @override
    def native_value(self) -> float | None:
        return self.entity_description.value_fn(self.snapshot)


class SeamLastConfirmed(SeamEntity, SensorEntity):
    """When the position of the bolt was proven last, and by what."""

    _shown: tuple[datetime | None, str | None] = (None, None)

    @override
    async def async_added_to_hass(self) -> None:
        """Look after every reading: a new proof need not change anything else."""
        await super().async_added_to_hass()
        self._shown = self._now()
        self.async_on_remove(
            self.coordinator.async_add_proof_listener(self._async_proven)
        )

    def _now(self) -> tuple[datetime | None, str | None]:
        verdict = self.coordinator.verdict(self._device_id)
        at = verdict.proven_at
        return (
            None if at is None else dt_util.utc_from_timestamp(round(at)),
            verdict.source,
        )

    @callback
    def _async_proven(self) -> None:
        if (now := self._now()) != self._shown:
            self._shown = now
            self.async_write_ha_state()

    @property
    @override
    def native_value(self) -> datetime | None:
        return self._shown[0]

    @property
    @override
    def extra_state_attributes(self) -> dict[str, str | None]:
        return {"source": self._shown[1]}


class SeamPushSensor(SeamWorkspaceEntity, SensorEntity):
    """A sensor of push."""

    entity_description: SeamPushSensorDescription

    @property
    @override
    def native_value(self) -> str | float | None:
        return self.entity_description.value_fn(self.push)
