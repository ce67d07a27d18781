"""The lock entity."""

from typing import Any, override

from homeassistant.components.lock import LockEntity, LockEntityDescription
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import Moving, SeamConfigEntry
from .entity import SeamEntity, async_add_for_each_lock
from .lock_state.snapshot import Actor

# Commands of many locks run side by side; the client shares their polling.
PARALLEL_UPDATES = 0

LOCKS = (LockEntityDescription(key="", name=None, translation_key="lock"),)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SeamConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a lock for every lock that Seam lists."""
    async_add_for_each_lock(entry, async_add_entities, LOCKS, lambda *_: True, SeamLock)


class SeamLock(SeamEntity, LockEntity):
    """A lock; says locked only when the bolt is proven to be thrown."""

    _actor: Actor | None = None

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
        actor = self.snapshot.actor
        if actor is not self._actor:
            self._actor = actor
            # A fresh one, so that nothing is put down to whoever pressed last.
            self.async_set_context((actor and actor.context) or Context())
        super()._handle_coordinator_update()

    @override
    async def async_lock(self, **kwargs: Any) -> None:
        """Throw the bolt; returns once that is proven."""
        await self._async_send(lock=True)

    @override
    async def async_unlock(self, **kwargs: Any) -> None:
        """Draw the bolt; returns once that is proven."""
        await self._async_send(lock=False)

    async def _async_send(self, *, lock: bool) -> None:
        commands = self.coordinator.config_entry.runtime_data.commands
        await commands.async_send(
            self._device_id, lock=lock, context=self._context or Context()
        )
