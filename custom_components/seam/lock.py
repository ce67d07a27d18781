"""The lock entity."""

from typing import Any, override

from homeassistant.components.lock import LockEntity, LockEntityDescription
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import SeamCoordinator
from .data import SeamConfigEntry, records_names
from .entity import SeamEntity, async_add_for_each_lock
from .lock_state.snapshot import Actor, LockSnapshot, Moving

# Commands of many locks run side by side; the client shares their polling.
PARALLEL_UPDATES = 0

LOCKS = (LockEntityDescription(key="lock", name=None, translation_key="lock"),)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SeamConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a lock for every lock that Seam lists."""
    async_add_for_each_lock(entry, async_add_entities, LOCKS, lambda *_: True, SeamLock)


class SeamLock(SeamEntity, LockEntity):
    """A lock; says locked only when the bolt is proven to be thrown."""

    def __init__(
        self,
        coordinator: SeamCoordinator,
        snapshot: LockSnapshot,
        description: LockEntityDescription,
    ) -> None:
        """Tie the entity to its lock; its unique id is Seam's device id alone."""
        super().__init__(coordinator, snapshot, description)
        self._attr_unique_id = snapshot.device.device_id
        # The bolt's position and who brought it there, as written last.
        self._moved: tuple[bool | None, Actor | None] = (
            snapshot.locked,
            snapshot.actor,
        )

    @property
    @override
    def is_locked(self) -> bool | None:
        return self.snapshot.locked

    @property
    @override
    def is_locking(self) -> bool:
        return self.snapshot.moving is Moving.LOCKING

    @property
    @override
    def is_unlocking(self) -> bool:
        return self.snapshot.moving is Moving.UNLOCKING

    @property
    @override
    def is_jammed(self) -> bool:
        # Jammed outweighs all other states, so a new try has to hide it.
        return self.snapshot.jammed and self.snapshot.moving is None

    @property
    @override
    def assumed_state(self) -> bool:
        return self.snapshot.assumed

    @property
    @override
    def changed_by(self) -> str | None:
        actor = self.snapshot.actor
        return actor.changed_by if actor is not None else None

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        snapshot = self.snapshot
        if (moved := (snapshot.locked, snapshot.actor)) != self._moved:
            self._moved = moved
            if snapshot.moving is None:
                # Whoever pressed last here need not be the one who moved it.
                actor = snapshot.actor
                context = actor.context if actor is not None else None
                self.async_set_context(context or Context())
        super()._handle_coordinator_update()

    @override
    async def async_lock(self, **kwargs: Any) -> None:
        """Lock; returns once the bolt is proven to be thrown."""
        await self._async_send(lock=True)

    @override
    async def async_unlock(self, **kwargs: Any) -> None:
        """Unlock; returns once Seam has accepted it."""
        await self._async_send(lock=False)

    async def _async_send(self, *, lock: bool) -> None:
        entry = self.coordinator.config_entry
        context = self._context or Context()
        if not records_names(entry):
            # What is written from here on must not lead to a person.
            self.async_set_context(Context())
        await entry.runtime_data.commands.async_send(
            self._device_id, lock=lock, context=context
        )
