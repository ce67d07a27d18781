"""Who moved a lock: names of access codes, and of those who press in Home Assistant."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

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
from ..api.parse import number, obj, text
from ..const import DOMAIN, LOGGER
from ..lock_state.snapshot import Actor
from ..store import SeamStore, Section

# How long a name may be waited for, in seconds, and how long one that could not
# be learned is not asked for again.
NAME_TIMEOUT = 2.0
ASK_AGAIN = 600.0
# How many names are asked for at the same time.
AT_ONCE = 8
# How many code names, commands and automation runs are remembered.
REMEMBERED = 2000
# How long a command is remembered over a restart, and how soon it is kept; seconds.
COMMAND_KEPT = 86400.0
SAVE_DELAY = 1.0
UNKNOWN_METHOD = "unknown"
REMOTE = "remote"


def _remember[K, V](memory: OrderedDict[K, V], key: K, value: V) -> None:
    memory[key] = value
    memory.move_to_end(key)
    while len(memory) > REMEMBERED:
        memory.popitem(last=False)


@dataclass(frozen=True, slots=True)
class _Sent:
    """A command that was sent from here.

    Attributes:
        context: of the call in Home Assistant.
        at: in seconds since the epoch, by Seam's clock.
    """

    context: Context
    at: float


class Actors:
    """Knows names; asks Seam once for each code, and keeps what it learned.

    Where names are not wanted in history it knows the method and nothing else.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        client: SeamClient,
        store: SeamStore,
        *,
        names_in_history: Callable[[], bool],
    ) -> None:
        """Take back what was learned before the last restart."""
        self._hass = hass
        self._client = client
        self._store = store
        self._wants_names = names_in_history
        # None: nobody knows that code.
        self._codes: OrderedDict[str, str | None] = OrderedDict()
        self._asked_in_vain: OrderedDict[str, float] = OrderedDict()
        self._asking = asyncio.Semaphore(AT_ONCE)
        # By action attempt, and by the context's id.
        self._commands: OrderedDict[str, _Sent] = OrderedDict()
        self._automations: OrderedDict[str, str] = OrderedDict()
        self._asks: dict[str, asyncio.Task[None]] = {}
        # Events that came before the answer to their command wait for it.
        self._sent_listeners: list[Callable[[str], None]] = []
        self._answers: dict[str, list[asyncio.Future[None]]] = {}
        if self.names_in_history:
            self._restore(store.section("actors") or {})
        store.register("actors", self._as_stored)

    # -- what is kept over a restart

    def _as_stored(self) -> Section:
        """Return the names of codes, also of deleted ones, and the last commands."""
        if not self.names_in_history:
            self._codes.clear()
            self._asked_in_vain.clear()
            return {}
        oldest = self._client.now() - COMMAND_KEPT
        return {
            "codes": {
                code: name for code, name in self._codes.items() if name is not None
            },
            "attempts": {
                attempt_id: {
                    "context_id": sent.context.id,
                    "parent_id": sent.context.parent_id,
                    "user_id": sent.context.user_id,
                    "automation": self._automation(sent.context),
                    "sent_at": sent.at,
                }
                for attempt_id, sent in self._commands.items()
                if sent.at >= oldest
            },
        }

    def _restore(self, stored: Section) -> None:
        self._codes.update(
            (code, name)
            for code, name in obj(stored.get("codes")).items()
            if text(name)
        )
        for attempt_id, kept in obj(stored.get("attempts")).items():
            self._restore_command(attempt_id, obj(kept))

    def _restore_command(self, attempt_id: str, kept: Any) -> None:
        context_id, sent_at = text(kept.get("context_id")), number(kept.get("sent_at"))
        if context_id is None or sent_at is None:
            return
        self._commands[attempt_id] = _Sent(
            Context(
                id=context_id,
                parent_id=text(kept.get("parent_id")),
                user_id=text(kept.get("user_id")),
            ),
            sent_at,
        )
        if (automation := text(kept.get("automation"))) is not None:
            self._automations[context_id] = automation

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
    def async_listen_sent(self, listener: Callable[[str], None]) -> CALLBACK_TYPE:
        """Call back with the attempt of each command, once Seam has answered it."""
        self._sent_listeners.append(listener)
        return lambda: self._sent_listeners.remove(listener)

    @callback
    def async_command_sent(self, action_attempt_id: str, context: Context) -> None:
        """Remember which context a command belongs to."""
        sent = _Sent(context, self._client.now())
        _remember(self._commands, action_attempt_id, sent)
        for answer in self._answers.pop(action_attempt_id, ()):
            if not answer.done():
                answer.set_result(None)
        for listener in list(self._sent_listeners):
            listener(action_attempt_id)
        if self.names_in_history:
            self._store.async_save_soon(SAVE_DELAY)

    def is_our_attempt(self, action_attempt_id: str) -> bool:
        """Return whether an attempt is one of our commands that got an answer."""
        return action_attempt_id in self._commands

    def is_settled(self, event: Event) -> bool:
        """Return whether waiting would tell no more of who caused an event."""
        if not self.names_in_history:
            return True
        if event.access_code_id is not None:
            code = event.access_code_id
            return code in self._codes or not (
                code in self._asks or self._may_ask(code)
            )
        return (
            event.action_attempt_id is None or event.action_attempt_id in self._commands
        )

    async def async_settle(self, event: Event) -> None:
        """Learn who caused an event, for a short time."""
        if self.is_settled(event):
            return
        try:
            async with asyncio.timeout(NAME_TIMEOUT):
                if event.access_code_id is not None:
                    await self._async_name(event.access_code_id)
                elif event.action_attempt_id is not None:
                    await self._async_answer(event.action_attempt_id)
        except TimeoutError:
            LOGGER.debug("Who caused a %s did not come in time", event.event_type)

    async def _async_answer(self, action_attempt_id: str) -> None:
        """Wait until Seam has answered a command that may be ours."""
        answer = self._hass.loop.create_future()
        self._answers.setdefault(action_attempt_id, []).append(answer)
        try:
            await answer
        finally:
            waiting = self._answers.get(action_attempt_id, [])
            if answer in waiting:
                waiting.remove(answer)
            if not waiting:
                self._answers.pop(action_attempt_id, None)

    async def _async_name(self, code: str) -> None:
        """Ask for a code's name; those who come meanwhile wait for the same answer."""
        if (asked := self._asks.get(code)) is None:
            asked = self._hass.async_create_background_task(
                self._async_ask_in_time(code), f"{DOMAIN} name"
            )
            if not asked.done():
                self._asks[code] = asked
                asked.add_done_callback(lambda _: self._asks.pop(code, None))
        await asyncio.shield(asked)

    async def _async_ask_in_time(self, code: str) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(NAME_TIMEOUT):
                await self._async_ask(code)

    def _may_ask(self, code: str) -> bool:
        asked_at = self._asked_in_vain.get(code)
        return asked_at is None or self._hass.loop.time() - asked_at >= ASK_AGAIN

    async def _async_ask(self, code: str) -> None:
        _remember(self._asked_in_vain, code, self._hass.loop.time())
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

    @property
    def names_in_history(self) -> bool:
        """Return whether anything may lead to a person."""
        return self._wants_names()

    def is_ours(self, event: Event) -> bool:
        """Return whether a command from here caused an event."""
        return event.action_attempt_id in self._commands

    async def async_actor(self, event: Event) -> Actor:
        """Return who caused an event; nothing is inherited from an earlier one."""
        method = None if event.method == UNKNOWN_METHOD else event.method
        if event.access_code_id is not None:
            name = self._codes.get(event.access_code_id)
            return Actor(name if self.names_in_history else None, method)
        if event.action_attempt_id is not None and (
            sent := self._commands.get(event.action_attempt_id)
        ):
            return await self.async_sender(sent.context)
        return Actor(None, method)

    async def async_sender(self, context: Context) -> Actor:
        """Return who sent a command: an automation, a user, or nobody known."""
        if not self.names_in_history:
            return Actor(None, REMOTE)
        if automation := self._automation(context):
            return Actor(automation, REMOTE, context, is_automation=True)
        return Actor(await self._async_user(context), REMOTE, context)

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
