"""Commands in flight: from the press of a button to proof, error or deadline."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .api import (
    ActionAttempt,
    AttemptStatus,
    Event,
    SeamClient,
    SeamError,
    SeamRateLimitError,
)
from .const import DOMAIN, LOGGER
from .coordinator import LockSnapshot, Moving, SeamCoordinator, is_reachable
from .known import Source, speaks_of_jam
from .lock_state.snapshot import Actor
from .translate import UNCERTAIN_ERRORS, command_error

if TYPE_CHECKING:
    from .coordinator import SeamConfigEntry

# When a caller is let go, and when nobody looks at an attempt any more; seconds.
DEADLINE = 30.0
WATCH = 300.0
# Age of the youngest attempt in seconds, and how often attempts are asked for.
PACE = ((3.0, 0.25), (10.0, 0.5), (DEADLINE, 1.0), (WATCH, 5.0))
# The same while push is alive, which is faster; only the first is asked soon, for
# an event that came before the answer to the command.
PACE_WITH_PUSH = 2.0
# Seam takes 15 of each kind a minute for one device (seam-api.md, section 8.1).
COMMANDS_A_MINUTE = 15
MINUTE = 60.0


class ActorMemory(Protocol):
    """Who sent which command."""

    def async_command_sent(self, action_attempt_id: str, context: Context) -> None:
        """Remember which context a command belongs to."""

    async def async_sender(self, context: Context) -> Actor:
        """Return who sent a command."""


@dataclass(slots=True, eq=False)
class Command:
    """One command in flight.

    Attributes:
        device_id: Seam's id of the lock.
        name: of the lock, also when it is gone meanwhile.
        lock: True to lock, False to unlock.
        context: of the call in Home Assistant.
        begun: loop time at which it was sent.
        sent_at: the time by Seam's clock, as well as we know it.
        started_at: the earliest time by Seam's clock at which it can have acted.
        attempt_id: Seam's id of the attempt, None until Seam answered.
        attempt: resolves with the attempt once it is final, or with None once
            an event has proven the lock's position.
        outcome: resolves with what the caller gets: an error, or None.
    """

    device_id: str
    name: str
    lock: bool
    context: Context
    begun: float
    sent_at: float
    started_at: float
    attempt: asyncio.Future[ActionAttempt | None]
    outcome: asyncio.Future[HomeAssistantError | None]
    attempt_id: str | None = None

    def end(self, error: HomeAssistantError | None = None) -> None:
        """Let the callers go; the first outcome counts."""
        if not self.outcome.done():
            self.outcome.set_result(error)


class Commands:
    """Sends commands, and follows each until its lock's position is settled."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: SeamConfigEntry,
        coordinator: SeamCoordinator,
        actors: ActorMemory,
        events_wanted: asyncio.Event,
    ) -> None:
        """Start with nothing in flight."""
        self._hass = hass
        self._entry = entry
        self._coordinator = coordinator
        self._client: SeamClient = coordinator.client
        self._actors = actors
        self._events_wanted = events_wanted
        self.push_is_alive: Callable[[], bool] = lambda: False
        self._running: dict[str, Command] = {}
        self._awaited: dict[str, Command] = {}
        self._sent: dict[tuple[str, bool], deque[float]] = {}
        self._poller: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()

    async def async_send(self, device_id: str, *, lock: bool, context: Context) -> None:
        """Lock or unlock, and return when the lock proved it.

        The same command already in flight is joined; the opposite one ends.

        Raises:
            ServiceValidationError: the lock cannot do that, now or ever.
            HomeAssistantError: it failed, or nothing proved it in time.
        """
        snapshot = self._coordinator.data[device_id]
        self._check(snapshot, lock=lock)
        running = self._running.get(device_id)
        if running is None or running.lock is not lock or running.outcome.done():
            self._count(snapshot, lock=lock)
            if running is not None:
                # It is followed on, for what it may yet do to the bolt.
                running.end(self._error(running, "superseded"))
            running = self._start(device_id, lock=lock, context=context)
        # A caller that goes away does not take the command along.
        if error := await asyncio.shield(running.outcome):
            raise error

    # -- before anything is sent

    def _check(self, snapshot: LockSnapshot, *, lock: bool) -> None:
        """Refuse what the lock cannot do, with the reason and the cure."""
        device = snapshot.device
        able = device.can_remotely_lock if lock else device.can_remotely_unlock
        reason = next(
            (
                problem.message
                for problem in (*device.errors, *device.warnings)
                if problem.message
            ),
            None,
        )
        verb = "lock" if lock else "unlock"
        if not snapshot.listed:
            key, reason = "gone", None
        elif able is None:
            key, reason = f"cannot_{verb}", None
        elif not is_reachable(device):
            key = "offline"
        elif able is False:
            key = f"cannot_{verb}_now"
        else:
            return
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key=f"{key}_because" if reason else key,
            translation_placeholders={"name": device.name, "reason": reason or ""},
        )

    def _count(self, snapshot: LockSnapshot, *, lock: bool) -> None:
        """Keep below Seam's limit for one device."""
        now = self._hass.loop.time()
        sent = self._sent.setdefault((snapshot.device.device_id, lock), deque())
        while sent and now - sent[0] >= MINUTE:
            sent.popleft()
        if len(sent) >= COMMANDS_A_MINUTE:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="lock_rate_limited" if lock else "unlock_rate_limited",
                translation_placeholders={
                    "name": snapshot.device.name,
                    "seconds": f"{MINUTE - (now - sent[0]):.0f}",
                },
            )
        sent.append(now)

    # -- one command

    def _start(self, device_id: str, *, lock: bool, context: Context) -> Command:
        loop = self._hass.loop
        command = Command(
            device_id,
            self._coordinator.data[device_id].device.name,
            lock,
            context,
            loop.time(),
            self._client.now(),
            self._client.now() - self._client.clock_error,
            loop.create_future(),
            loop.create_future(),
        )
        self._running[device_id] = command
        self._coordinator.async_set_moving(
            device_id, Moving.LOCKING if lock else Moving.UNLOCKING
        )
        self._entry.async_create_background_task(
            self._hass, self._async_run(command), f"{DOMAIN} command"
        )
        return command

    async def _async_run(self, command: Command) -> None:
        try:
            await self._async_follow(command)
        finally:
            self._forget(command)
            # Reached without an outcome only when Home Assistant ends it.
            command.end(self._error(command, "interrupted"))

    async def _async_follow(self, command: Command) -> None:
        client, device_id, lock = self._client, command.device_id, command.lock
        try:
            if lock:
                attempt = await client.lock_door(device_id)
            else:
                attempt = await client.unlock_door(device_id)
        except SeamError as err:
            if isinstance(err, UNCERTAIN_ERRORS):
                self._coordinator.async_learn(
                    device_id,
                    lambda known: known.with_silence(
                        lock, command.sent_at, self._latest()
                    ),
                )
                await self._async_read_again(command)
                self._events_wanted.set()
            self._settle(command, command_error(err, command.name, lock=lock))
            return

        command.attempt_id = attempt.action_attempt_id
        self._actors.async_command_sent(attempt.action_attempt_id, command.context)
        self._awaited[attempt.action_attempt_id] = command
        self._take(attempt)
        self._end_if_proven(command)
        self._keep_polling()
        try:
            async with asyncio.timeout_at(command.begun + DEADLINE):
                final = await asyncio.shield(command.attempt)
        except TimeoutError:
            await self._async_deadline(command)
            try:
                async with asyncio.timeout_at(command.begun + WATCH):
                    final = await asyncio.shield(command.attempt)
            except TimeoutError:
                return
        if final is None:
            self._settle(command)
        else:
            await self._async_conclude(command, final)

    async def _async_conclude(self, command: Command, attempt: ActionAttempt) -> None:
        """Add what a final attempt proves, and let the callers go."""
        device_id, lock = command.device_id, command.lock
        started_at, ended_at = command.started_at, self._latest()
        if attempt.status is AttemptStatus.SUCCESS:
            actor = await self._actors.async_sender(command.context)
            self._coordinator.async_name_actor(
                device_id, actor, locked=lock, at=started_at
            )
        if attempt.status is AttemptStatus.ERROR:
            self._coordinator.async_learn(
                device_id,
                lambda known: known.with_failure(
                    lock,
                    self._client.now(),
                    jammed=speaks_of_jam(attempt.error_type, attempt.error_message),
                ),
            )
            self._settle(
                command,
                self._error(
                    command,
                    "failed",
                    error=attempt.error_message or attempt.error_type or "?",
                ),
            )
            self._events_wanted.set()
            await self._async_read_again(command)
        elif attempt.was_confirmed:
            self._coordinator.async_learn(
                device_id,
                lambda known: known.with_attempt(
                    lock,
                    sent_at=command.sent_at,
                    seen_at=self._client.now(),
                    started_at=started_at,
                    ended_at=ended_at,
                ),
            )
            if self._coordinator.verdict(device_id).locked is not lock:
                # Something says otherwise; it may be older than it looks.
                await self._async_read_again(command)
            self._settle_if_proven(command)
        else:
            self._coordinator.async_learn(
                device_id,
                lambda known: known.with_acceptance(lock, command.sent_at, ended_at),
            )
            await self._async_read_again(command)
            self._settle(command)

    async def _async_deadline(self, command: Command) -> None:
        """Say honestly what is known when nothing came back in time."""
        device_id, lock = command.device_id, command.lock
        self._coordinator.async_learn(
            device_id,
            lambda known: known.with_silence(lock, command.sent_at, self._latest()),
        )
        await self._async_read_again(command)
        self._settle_if_proven(command)

    async def _async_read_again(self, command: Command) -> None:
        try:
            await self._coordinator.async_read_again((command.device_id,))
        except SeamError as err:
            LOGGER.debug("Reading %s again failed: %s", command.name, err)

    def _latest(self) -> float:
        return self._client.now() + self._client.clock_error

    # -- how a command ends

    def _settle(
        self, command: Command, error: HomeAssistantError | None = None
    ) -> None:
        """Show what is known instead of the movement, and let the callers go."""
        if self._running.get(command.device_id) is command:
            self._coordinator.async_set_moving(command.device_id, None)
        command.end(error)

    def _settle_if_proven(self, command: Command) -> None:
        """Let the callers go, with an error unless the wish is known to be true."""
        proven = self._coordinator.verdict(command.device_id).locked is command.lock
        self._settle(command, None if proven else self._error(command, "unconfirmed"))

    def _forget(self, command: Command) -> None:
        if command.attempt_id is not None:
            self._awaited.pop(command.attempt_id, None)
        if self._running.get(command.device_id) is command:
            del self._running[command.device_id]
            self._coordinator.async_set_moving(command.device_id, None)

    def _error(
        self, command: Command, why: str, **placeholders: str
    ) -> HomeAssistantError:
        return HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key=f"{'lock' if command.lock else 'unlock'}_{why}",
            translation_placeholders={"name": command.name, **placeholders},
        )

    # -- asking for all attempts in flight with one request

    @callback
    def _keep_polling(self) -> None:
        self._woken.set()
        if self._awaited and (self._poller is None or self._poller.done()):
            self._poller = self._entry.async_create_background_task(
                self._hass, self._async_poll(), f"{DOMAIN} attempts"
            )

    async def _async_poll(self) -> None:
        loop = self._hass.loop
        asked_at = loop.time()
        while self._awaited:
            youngest = max(command.begun for command in self._awaited.values())
            age = loop.time() - youngest
            pace = next((pace for until, pace in PACE if age < until), PACE[-1][1])
            if self.push_is_alive() and asked_at > youngest:
                pace = max(pace, PACE_WITH_PUSH)
            # Counted from the last question, so that answers' time adds nothing.
            asked_at = max(asked_at + pace, loop.time())
            self._woken.clear()
            try:
                async with asyncio.timeout_at(asked_at):
                    await self._woken.wait()
                asked_at = loop.time()  # a younger command: begin its pace now
                continue
            except TimeoutError:
                pass
            try:
                attempts = await self._client.list_action_attempts(self._awaited)
            except SeamError as err:
                LOGGER.debug("Asking for action attempts failed: %s", err)
                if isinstance(err, SeamRateLimitError) and err.retry_after:
                    await asyncio.sleep(min(err.retry_after, DEADLINE))
                continue
            for attempt in attempts:
                self._take(attempt)

    # -- what events say of commands

    @callback
    def async_handle_event(
        self, event: Event, attempt: ActionAttempt | None, *, position: bool | None
    ) -> None:
        """End the command that an event tells the end of.

        Args:
            event: of any type.
            attempt: the failed command that it tells of, if known.
            position: of the bolt that it tells of, None when of none.
        """
        if attempt is not None:
            self._take(attempt)
        elif event.action_attempt_id in self._awaited and event.event_type.startswith(
            "action_attempt."
        ):
            self._entry.async_create_background_task(
                self._hass,
                self._async_ask(event.action_attempt_id),
                f"{DOMAIN} attempt",
            )
        if (
            position is not None
            and (command := self._running.get(event.device_id or "")) is not None
            and command.attempt_id is not None
        ):
            self._end_if_proven(command)

    async def _async_ask(self, action_attempt_id: str) -> None:
        try:
            self._take(await self._client.get_action_attempt(action_attempt_id))
        except SeamError as err:
            LOGGER.debug("Asking for an action attempt failed: %s", err)

    def _end_if_proven(self, command: Command) -> None:
        """End a command when an event since its start tells the wished position."""
        verdict = self._coordinator.verdict(command.device_id)
        if (
            verdict.locked is command.lock
            and verdict.source is Source.EVENT
            and verdict.proven_at is not None
            and verdict.proven_at > command.started_at
            and not command.attempt.done()
        ):
            self._awaited.pop(command.attempt_id or "", None)
            command.attempt.set_result(None)

    def _take(self, attempt: ActionAttempt) -> None:
        """Hand a final attempt to its command."""
        if attempt.status not in (AttemptStatus.SUCCESS, AttemptStatus.ERROR):
            return
        command = self._awaited.pop(attempt.action_attempt_id, None)
        if command is not None and not command.attempt.done():
            command.attempt.set_result(attempt)
