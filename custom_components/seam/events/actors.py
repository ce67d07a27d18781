"""Who moved a lock: names of access codes, and of those who press in Home Assistant."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable

from homeassistant.components.automation import EVENT_AUTOMATION_TRIGGERED
from homeassistant.const import ATTR_NAME
from homeassistant.core import (
    CALLBACK_TYPE,
    Context,
    Event as HassEvent,
    HomeAssistant,
    callback,
)

from ..api import Event, SeamClient, SeamError, SeamNotFoundError
from ..const import LOGGER
from ..lock_state.snapshot import Actor
from .store import SeamStore, Section

# How long an event may wait for the name of a code, in seconds, and how long
# one that could not be learned is not asked for again.
NAME_TIMEOUT = 2.0
ASK_AGAIN = 600.0
# How many names are asked for at the same time.
AT_ONCE = 8
# How many code names, commands and automation runs are remembered.
MEMORY = 2000
UNKNOWN_METHOD = "unknown"
REMOTE = "remote"


def _remember[K, V](memory: OrderedDict[K, V], key: K, value: V) -> None:
    memory[key] = value
    memory.move_to_end(key)
    while len(memory) > MEMORY:
        memory.popitem(last=False)


class Actors:
    """Knows names; asks Seam once for each code, and keeps what it learned."""

    def __init__(
        self,
        hass: HomeAssistant,
        client: SeamClient,
        store: SeamStore,
        *,
        names_in_history: Callable[[], bool],
    ) -> None:
        """Take back the names that were learned before the last restart."""
        self._hass = hass
        self._client = client
        self._wants_names = names_in_history
        self._codes: OrderedDict[str, str | None] = OrderedDict()
        self._asked_in_vain: OrderedDict[str, float] = OrderedDict()
        self._asking = asyncio.Semaphore(AT_ONCE)
        self._commands: OrderedDict[str, Context] = OrderedDict()
        self._automations: OrderedDict[str, str] = OrderedDict()
        if self._names_in_history:
            self._codes.update((store.section("actors") or {}).get("codes", {}))
        store.register("actors", self._as_stored)

    @property
    def _names_in_history(self) -> bool:
        return self._wants_names()

    def _as_stored(self) -> Section:
        """Return the names of codes, also of those deleted since."""
        if not self._names_in_history:
            self._codes.clear()
            return {}
        names = {code: name for code, name in self._codes.items() if name is not None}
        return {"codes": names}

    # -- what is learned while it runs

    @callback
    def async_listen(self) -> CALLBACK_TYPE:
        """Learn which automation each context belongs to."""

        @callback
        def triggered(event: HassEvent) -> None:
            if name := event.data.get(ATTR_NAME):
                _remember(self._automations, event.context.id, name)

        return self._hass.bus.async_listen(EVENT_AUTOMATION_TRIGGERED, triggered)

    @callback
    def async_command_sent(self, action_attempt_id: str, context: Context) -> None:
        """Remember which context a command belongs to."""
        _remember(self._commands, action_attempt_id, context)

    def is_ours(self, action_attempt_id: str | None) -> bool:
        """Return whether an attempt is one of ours."""
        return action_attempt_id in self._commands

    async def async_learn_names(self, events: Iterable[Event]) -> None:
        """Ask Seam for the names of codes not met before, for a short time."""
        if not self._names_in_history:
            return
        now = self._hass.loop.time()
        unknown = {
            event.access_code_id
            for event in events
            if event.access_code_id is not None
            and event.access_code_id not in self._codes
            and now - self._asked_in_vain.get(event.access_code_id, now - ASK_AGAIN)
            >= ASK_AGAIN
        }
        if not unknown:
            return
        for code in unknown:
            _remember(self._asked_in_vain, code, now)
        try:
            async with asyncio.timeout(NAME_TIMEOUT), asyncio.TaskGroup() as group:
                for code in unknown:
                    group.create_task(self._async_ask(code))
        except TimeoutError:
            LOGGER.debug("Names of %s access codes did not come in time", len(unknown))

    async def _async_ask(self, code: str) -> None:
        for ask in (
            self._client.get_access_code,
            self._client.get_unmanaged_access_code,
        ):
            try:
                async with self._asking:
                    found = await ask(code)
            except SeamNotFoundError:
                continue
            except SeamError as err:
                LOGGER.debug("The name of an access code could not be read: %s", err)
                return
            _remember(self._codes, code, found.name)
            return
        _remember(self._codes, code, None)  # nobody knows it: do not ask again

    # -- answers

    def code_name(self, event: Event) -> str | None:
        """Return the name of the access code in an event."""
        if event.access_code_id is None:
            return None
        return self._codes.get(event.access_code_id) if self._names_in_history else None

    async def async_actor(self, event: Event) -> Actor:
        """Return who caused an event; nothing is inherited from an earlier one."""
        method = None if event.method == UNKNOWN_METHOD else event.method
        if event.access_code_id is not None:
            return Actor(self.code_name(event), method)
        if event.action_attempt_id is not None and (
            context := self._commands.get(event.action_attempt_id)
        ):
            return await self.async_sender(context)
        return Actor(None, method)

    async def async_sender(self, context: Context) -> Actor:
        """Return who sent a command: an automation, a user, or nobody known."""
        name = None
        if self._names_in_history:
            name = self._automation(context) or await self._async_user(context)
        return Actor(name, REMOTE, context if self._names_in_history else None)

    def _automation(self, context: Context) -> str | None:
        for context_id in (context.id, context.parent_id):
            if context_id is not None and (name := self._automations.get(context_id)):
                return name
        return None

    async def _async_user(self, context: Context) -> str | None:
        if context.user_id is None:
            return None
        user = await self._hass.auth.async_get_user(context.user_id)
        return user.name if user else None
