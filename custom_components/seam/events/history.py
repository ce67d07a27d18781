"""Hands activities to the entities of a lock, and tells the logbook of them."""

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from ..api import SeamClient
from ..const import DOMAIN, LOGGER
from ..lock_state.snapshot import Actor
from ..store import SeamStore
from .activity import EVENT_ACTIVITY, SOURCE_COMMAND, Activity
from .types import UNCONFIRMED

# How long an activity waits for its entity, in seconds, and how many do.
HELD_FOR = 60.0
HELD = 1000
# How soon it is kept that people have heard of something, in seconds.
SAVE_DELAY = 1.0

type Listener = Callable[[Activity], None]


@dataclass(frozen=True, slots=True, eq=False)
class _Entity:
    """One that listens to some activities of a lock."""

    types: frozenset[str]
    listener: Listener


class History:
    """Who is told of what happened; nothing is lost while an entity is on its way."""

    def __init__(
        self, hass: HomeAssistant, client: SeamClient, store: SeamStore
    ) -> None:
        """Start with nobody listening."""
        self._hass = hass
        self._client = client
        self._store = store
        self._entities: dict[str, list[_Entity]] = {}
        self._unclaimed: list[Listener] = []
        # Loop time at which each came, and what it was.
        self._held: deque[tuple[float, Activity]] = deque(maxlen=HELD)

    # -- who listens

    @callback
    def async_listen(
        self, device_id: str, types: Collection[str], listener: Listener
    ) -> CALLBACK_TYPE:
        """Hand some activities of one lock to a listener, those held for it too."""
        entity = _Entity(frozenset(types), listener)
        entities = self._entities.setdefault(device_id, [])
        entities.append(entity)
        held = [one for one in self._held if _is_for(entity, device_id, one[1])]
        if held:
            # An entity that is just being added has no state yet.
            self._hass.loop.call_soon(self._hand_out, entity, held)
        return lambda: entities.remove(entity)

    @callback
    def async_listen_unclaimed(self, listener: Listener) -> CALLBACK_TYPE:
        """Hand on what no entity listens to; one that is added now will hear of it."""
        self._unclaimed.append(listener)
        return lambda: self._unclaimed.remove(listener)

    def _hand_out(self, entity: _Entity, held: list[tuple[float, Activity]]) -> None:
        oldest = self._hass.loop.time() - HELD_FOR
        for one in held:
            came, activity = one
            if one in self._held and came >= oldest:
                self._held.remove(one)
                _guarded(entity.listener, activity)

    # -- what is told

    @callback
    def async_tell(self, activity: Activity) -> None:
        """Hand an activity to those who listen to it, or hold it for them."""
        told = False
        for entity in list(self._entities.get(activity.device_id, ())):
            if _is_for(entity, activity.device_id, activity):
                told = True
                _guarded(entity.listener, activity)
        if not told:
            self._held.append((self._hass.loop.time(), activity))
            for listener in list(self._unclaimed):
                _guarded(listener, activity)
        self._store.async_save_soon(SAVE_DELAY)

    @callback
    def async_report_unconfirmed(
        self, device_id: str, actor: Actor, *, lock: bool
    ) -> None:
        """Tell that nothing confirmed a command.

        Args:
            device_id: Seam's id of the lock.
            actor: who sent it.
            lock: what it wanted; False: to unlock.
        """
        activity = Activity(
            device_id=device_id,
            type=UNCONFIRMED,
            occurred_at=self._client.now(),
            actor=actor if actor.context else replace(actor, context=Context()),
            commanded=actor.context is not None,
            source=SOURCE_COMMAND,
            locked=lock,
        )
        self.async_announce(activity)
        self.async_tell(activity)

    @callback
    def async_announce(self, activity: Activity) -> None:
        """Tell the logbook what the entities' own lines cannot say.

        To be called before the entities write their states: what came first in a
        context is what the logbook names as the cause of the rest. So the lock's
        own line tells who and how, and this one needs none of its own there.
        """
        if not _says_more(activity):
            return
        lock = er.async_get(self._hass).async_get_entity_id(
            "lock", DOMAIN, activity.device_id
        )
        if lock is None:
            return
        data = {
            "lock": lock,
            "type": activity.type,
            "locked": activity.locked,
            "actor": activity.actor.name,
            "is_automation": activity.actor.is_automation,
            "method": activity.actor.method,
            "reason": activity.reason,
            "occurred_at": dt_util.utc_from_timestamp(activity.occurred_at).isoformat(),
            "late": activity.late,
        }
        if not self._moves_state(lock, activity):
            # The lock writes no line of its own, so this one is shown with it.
            data["entity_id"] = lock
        self._hass.bus.async_fire(EVENT_ACTIVITY, data, context=activity.actor.context)

    def _moves_state(self, lock: str, activity: Activity) -> bool:
        """Return whether the lock's state is about to change with an activity."""
        if activity.late or activity.type not in {"locked", "unlocked"}:
            return False
        state = self._hass.states.get(lock)
        return state is not None and state.state not in {
            "unavailable",
            activity.type,
        }


def _says_more(activity: Activity) -> bool:
    """Return whether there is more to say than the entities' own lines do."""
    actor = activity.actor
    if activity.late:
        return True
    if activity.type in {"locked", "unlocked"}:
        # Home Assistant names its users and automations by itself.
        return not activity.commanded and actor.changed_by is not None
    return activity.reason is not None or (
        actor.name is not None and not activity.commanded
    )


def _is_for(entity: _Entity, device_id: str, activity: Activity) -> bool:
    return activity.device_id == device_id and activity.type in entity.types


def _guarded(listener: Listener, activity: Activity) -> None:
    """Call a listener; what it raises stops nobody else."""
    try:
        listener(activity)
    except Exception:
        LOGGER.exception("A %s could not be shown", activity.type)
