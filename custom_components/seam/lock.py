"""The lock entity."""

from typing import Any, override

from homeassistant.components.lock import LockEntity, LockEntityDescription
from homeassistant.const import EVENT_LOGBOOK_ENTRY
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .coordinator import Moving, SeamConfigEntry
from .entity import SeamEntity, async_add_for_each_lock
from .events.activity import Activity
from .lock_state.snapshot import Actor
from .logbook import sentence

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

    @override
    async def async_added_to_hass(self) -> None:
        """Enter what happens to the lock in the logbook."""
        await super().async_added_to_hass()
        feed = self.coordinator.config_entry.runtime_data.feed
        self.async_on_remove(feed.async_listen(self._device_id, self._async_log))

    @callback
    def _async_log(self, activity: Activity) -> None:
        state = self.hass.states.get(self.entity_id)
        self.hass.bus.async_fire(
            EVENT_LOGBOOK_ENTRY,
            {
                # As people call it here.
                "name": self.snapshot.device.name if state is None else state.name,
                "message": sentence(activity),
                "domain": DOMAIN,
                "entity_id": self.entity_id,
            },
            context=activity.actor.context,
        )

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        actor = self.snapshot.actor
        if actor is not self._actor:
            self._actor = actor
            if actor is not None and actor.context is not None:
                self.async_set_context(actor.context)
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
