"""Asks for all attempts in flight with one request."""

import asyncio
from collections.abc import Callable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..api import (
    ActionAttempt,
    AttemptStatus,
    SeamClient,
    SeamError,
    SeamRateLimitError,
)
from ..const import DOMAIN, LOGGER
from .command import Command

# Age of the youngest attempt in seconds, and how often attempts are asked for.
PACE = ((3.0, 0.25), (10.0, 0.5), (30.0, 1.0), (300.0, 5.0), (3600.0, 60.0))
# The same while push is alive, which is faster, once an attempt is this old.
PACE_WITH_PUSH = 2.0
PUSH_HEAD_START = 5.0
# An attempt that is pending for longer is left to its event, in seconds.
WATCH = PACE[-1][0]
# A lock's commands take about as long as its last one, so it is asked seldom until
# shortly before that time, and often around it; in seconds.
SELDOM, OFTEN = 0.5, 0.17
BEFORE, AFTER = 0.3, 1.0
FINAL = (AttemptStatus.SUCCESS, AttemptStatus.ERROR)


class AttemptPoller:
    """Follows the attempts of commands to their end."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: SeamClient,
        push_is_alive: Callable[[], bool],
    ) -> None:
        """Start with nothing in flight."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._push_is_alive = push_is_alive
        self._awaited: dict[str, Command] = {}
        # How long the last command of each lock took, in seconds.
        self._took: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()

    def __contains__(self, attempt_id: str | None) -> bool:
        """Return whether an attempt is followed."""
        return attempt_id in self._awaited

    @callback
    def async_follow(self, command: Command, attempt: ActionAttempt) -> None:
        """Follow the attempt of a command."""
        self._awaited[attempt.action_attempt_id] = command
        self.async_take(attempt)
        self._woken.set()
        if self._awaited and (self._task is None or self._task.done()):
            self._task = self._entry.async_create_background_task(
                self._hass, self._async_poll(), f"{DOMAIN} attempts"
            )

    @callback
    def async_take(self, attempt: ActionAttempt) -> None:
        """Hand a final attempt to its command."""
        if attempt.status in FINAL and (
            command := self._awaited.pop(attempt.action_attempt_id, None)
        ):
            self._took[command.device_id] = self._hass.loop.time() - command.begun
            command.finish(attempt)

    @callback
    def async_confirm(self, attempt_id: str | None, *, locked: bool) -> None:
        """Take it that the device confirmed an attempt: its movement was told."""
        command = self._awaited.get(attempt_id or "")
        if command is not None and command.lock is locked:
            confirmed = {
                "action_attempt_id": attempt_id,
                # The plain text: what is read from JSON is of no other type.
                "status": AttemptStatus.SUCCESS.value,
                "result": {"was_confirmed_by_device": True},
            }
            self.async_take(ActionAttempt.from_json(confirmed))

    @callback
    def async_leave(self, command: Command) -> None:
        """Follow the attempt of a command no more."""
        if command.attempt_id is not None:
            self._awaited.pop(command.attempt_id, None)

    @callback
    def async_ask(self, attempt_id: str) -> None:
        """Ask for one attempt now, as an event told that it has ended."""
        self._entry.async_create_background_task(
            self._hass, self._async_ask(attempt_id), f"{DOMAIN} attempt"
        )

    async def _async_ask(self, attempt_id: str) -> None:
        try:
            self.async_take(await self._client.get_action_attempt(attempt_id))
        except SeamError as err:
            LOGGER.debug("Asking for an action attempt failed: %s", err)

    def _pace(self, now: float) -> float:
        """Return after how many seconds to ask again."""
        youngest = max(self._awaited.values(), key=lambda command: command.begun)
        age = now - youngest.begun
        took = self._took.get(youngest.device_id)
        if took is not None and age < took + AFTER:
            soon = took - BEFORE - age
            return OFTEN if soon <= 0 else min(SELDOM, max(soon, OFTEN))
        pace = next((pace for until, pace in PACE if age < until), PACE[-1][1])
        if self._push_is_alive() and age >= PUSH_HEAD_START:
            pace = max(pace, PACE_WITH_PUSH)
        return pace

    async def _async_poll(self) -> None:
        loop = self._hass.loop
        asked_at = loop.time()
        while self._awaited:
            # Counted from the last question, so that answers' time adds nothing.
            asked_at = max(asked_at + self._pace(loop.time()), loop.time())
            self._woken.clear()
            try:
                async with asyncio.timeout_at(asked_at):
                    await self._woken.wait()
                asked_at = loop.time()  # a younger command: begin its pace now
                continue
            except TimeoutError:
                pass
            for command in list(self._awaited.values()):
                if loop.time() - command.begun > WATCH:
                    self.async_leave(command)
                    command.finish(None)
            if not self._awaited:
                return
            try:
                attempts = await self._client.list_action_attempts(self._awaited)
            except SeamError as err:
                LOGGER.debug("Asking for action attempts failed: %s", err)
                if isinstance(err, SeamRateLimitError) and err.retry_after:
                    await asyncio.sleep(err.retry_after)
                continue
            for attempt in attempts:
                self.async_take(attempt)
