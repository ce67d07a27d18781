"""Commands in flight: from the press of a button to proof, error or deadline."""

import asyncio
from typing import Protocol

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from ..api import ActionAttempt, AttemptStatus, Event, SeamError
from ..const import DOMAIN, LOGGER
from ..coordinator import ACT_WITHIN, SeamCoordinator
from ..exceptions import UNCERTAIN_ERRORS, command_error, outcome_error
from .attempt_poller import AttemptPoller
from .command import Command, CommandLimit
from .doubt import async_look
from .evidence import Source, speaks_of_jam
from .refusal import check, locks_itself
from .snapshot import Actor, Move, Moving
from .states import Change

# When a caller is let go, in seconds after the press.
DEADLINE = 30.0
# How long a caller waits for the reading that follows a command, in seconds.
READ_TIMEOUT = 3.0


class ActorMemory(Protocol):
    """Remembers which Home Assistant context each command belongs to."""

    def async_command_sent(self, action_attempt_id: str, context: Context) -> None:
        """Remember the context of an attempt."""

    def is_our_attempt(self, action_attempt_id: str) -> bool:
        """Return whether an attempt is one of ours."""

    async def async_sender(self, context: Context) -> Actor:
        """Return who sent a command."""


class ReportUnconfirmed(Protocol):
    """Told of a command that nothing has confirmed."""

    def __call__(self, device_id: str, actor: Actor, *, lock: bool) -> None:
        """Take it that nothing confirmed a command of somebody."""


class Commands:
    """Sends commands, and follows each until its lock's position is settled."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        coordinator: SeamCoordinator,
        *,
        poller: AttemptPoller,
        actors: ActorMemory,
        events_wanted: asyncio.Event,
        report_unconfirmed: ReportUnconfirmed,
    ) -> None:
        """Start with nothing in flight.

        Args:
            hass: Home Assistant.
            entry: of the workspace.
            coordinator: of the workspace.
            poller: follows the attempts.
            actors: remember who sent what.
            events_wanted: set when events should be listed soon.
            report_unconfirmed: told of a lock command that nothing proved.
        """
        self._hass = hass
        self._entry = entry
        self._coordinator = coordinator
        self._client = coordinator.client
        self._poller = poller
        self._actors = actors
        self._events_wanted = events_wanted
        self._report_unconfirmed = report_unconfirmed
        self._limit = CommandLimit()
        # The newest command of each lock, until its callers are let go.
        self._running: dict[str, Command] = {}
        # All commands that may still move a bolt, oldest first.
        self._in_flight: list[Command] = []

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Look at each proof that comes in; returns what ends that."""
        return self._coordinator.async_add_proof_listener(self._wake)

    def _wake(self) -> None:
        for command in self._in_flight:
            command.proof.set()

    async def async_send(self, device_id: str, *, lock: bool, context: Context) -> None:
        """Lock or unlock.

        Lock returns when the bolt is proven to be thrown; for a lock that never
        tells its position, when Seam accepted it. Unlock returns when Seam
        accepted it. The same command already in flight is joined; the opposite
        one ends.

        Raises:
            ServiceValidationError: the lock can never do that.
            HomeAssistantError: it failed, or nothing proved it in time.
        """
        snapshot = self._coordinator.data[device_id]
        if (
            lock
            and locks_itself(snapshot.device)
            and await self._async_relocked(device_id)
        ):
            return
        check(snapshot, lock=lock)
        running = self._running.get(device_id)
        if running is None or running.lock is not lock or running.outcome.done():
            loop_time = self._hass.loop.time()
            name = snapshot.device.name
            if wait := self._limit.take(device_id, lock=lock, now=loop_time):
                raise outcome_error(
                    "rate_limited", name, lock=lock, seconds=f"{wait:.0f}"
                )
            if running is not None:
                # It is followed on, for what it may yet do to the bolt.
                running.end(outcome_error("superseded", name, lock=running.lock))
            running = self._begin(device_id, name, lock=lock, context=context)
        # A caller that goes away does not take the command along.
        if error := await asyncio.shield(running.outcome):
            raise error

    async def _async_relocked(self, device_id: str) -> bool:
        """Wait until a door that only locks itself is proven to have done so."""
        proof = asyncio.Event()
        stop = self._coordinator.async_add_proof_listener(proof.set)
        try:
            async with asyncio.timeout(DEADLINE):
                while self._coordinator.verdict(device_id).locked is not True:
                    if self._coordinator.evidence(device_id).never_tells:
                        return False
                    proof.clear()
                    await proof.wait()
        except TimeoutError:
            return False
        finally:
            stop()
        return True

    # -- one command

    def _begin(
        self, device_id: str, name: str, *, lock: bool, context: Context
    ) -> Command:
        loop, now = self._hass.loop, self._client.now()
        command = Command(
            device_id=device_id,
            name=name,
            lock=lock,
            context=context,
            begun=loop.time(),
            sent_at=now,
            started_at=now - self._client.clock_error,
            superseded=tuple(
                earlier for earlier in self._in_flight if earlier.device_id == device_id
            ),
            attempt=loop.create_future(),
            outcome=loop.create_future(),
        )
        self._running[device_id] = command
        self._in_flight.append(command)
        self._coordinator.async_set_moving(
            device_id, Moving.LOCKING if lock else Moving.UNLOCKING
        )
        self._entry.async_create_background_task(
            self._hass, self._async_run(command), f"{DOMAIN} command"
        )
        return command

    async def _async_run(self, command: Command) -> None:
        if not command.lock:
            self._coordinator.async_set_unlocking(command.device_id, unlocking=True)
        ended = False
        try:
            await self._async_follow(command)
            ended = True
        finally:
            # Else the entry is unloaded, and what is kept must say that it may act.
            if ended and not command.lock:
                self._coordinator.async_set_unlocking(
                    command.device_id, unlocking=False
                )
            self._poller.async_leave(command)
            command.finish(None)
            self._in_flight.remove(command)
            # Reached without an outcome only when Home Assistant ends it.
            self._settle(
                command, outcome_error("interrupted", command.name, lock=command.lock)
            )
            self._wake()

    async def _async_follow(self, command: Command) -> None:
        attempt = await self._async_post(command)
        if attempt is None:
            return
        self._follow_attempt(command, attempt)
        if command is self._running.get(command.device_id):
            self._end_if_proven(command)
        actor = await self._actors.async_sender(command.context)
        deadline = command.begun + DEADLINE
        try:
            async with asyncio.timeout_at(deadline):
                final = await asyncio.shield(command.attempt)
        except TimeoutError:
            await self._async_deadline(command)
            final = await command.attempt
            self._learn(command, final, actor)
            await self._async_read_again(command)
            return
        self._learn(command, final, actor)
        try:
            async with asyncio.timeout_at(deadline):
                await self._async_prove(command, final)
        except TimeoutError:
            self._settle_if_proven(command, actor)

    def _follow_attempt(self, command: Command, attempt: ActionAttempt) -> None:
        command.attempt_id = attempt.action_attempt_id
        self._actors.async_command_sent(attempt.action_attempt_id, command.context)
        self._poller.async_follow(command, attempt)

    async def _async_post(self, command: Command) -> ActionAttempt | None:
        """Send a command; None when there is nothing more to follow."""
        client, device_id, lock = self._client, command.device_id, command.lock
        if not lock and self._coordinator.evidence(device_id).confirms is not True:
            # What Seam's view was before the unlock tells later whether it turned.
            self._entry.async_create_background_task(
                self._hass, self._async_read_again(command), f"{DOMAIN} reading"
            )
        try:
            if lock:
                return await client.lock_door(device_id)
            return await client.unlock_door(device_id)
        except SeamError as err:
            error = command_error(err, command.name, lock=lock)
            if not isinstance(err, UNCERTAIN_ERRORS):
                self._settle(command, error)
                return None
        self._doubt(command, client.now() + ACT_WITHIN)
        await self._async_read_again(command)
        self._events_wanted.set()
        self._settle(command, error)
        return None if lock else await self._async_settle_doubt(command)

    async def _async_settle_doubt(self, command: Command) -> ActionAttempt | None:
        """Find out what became of an unlock without an answer."""
        device_id = command.device_id
        found = await async_look(self._client, device_id, self._actors.is_our_attempt)
        if found.never_sent:
            self._apply(
                command,
                lambda evidence: evidence.without_doubt(command.doubted_until),
            )
            await self._async_read_again(command)
        return found.pending

    # -- what its attempt tells

    def _learn(
        self, command: Command, attempt: ActionAttempt | None, actor: Actor
    ) -> None:
        """Add what a final attempt tells to the evidence."""
        lock, now = command.lock, self._client.now()
        times = {
            "sent_at": command.sent_at,
            "seen_at": now,
            "ended_at": self._latest(),
        }
        if attempt is None:
            return
        if attempt.status is AttemptStatus.ERROR:
            jammed = speaks_of_jam(attempt.error_type, attempt.error_message)
            self._apply(
                command,
                lambda evidence: evidence.without_doubt(
                    command.doubted_until
                ).with_failure(lock, now, jammed=jammed),
            )
            return
        move = Move(lock, command.started_at, actor)
        if attempt.was_confirmed:
            self._apply(
                command,
                lambda evidence: evidence.with_attempt(
                    lock, started_at=command.started_at, **times
                ),
                move,
            )
        else:
            self._apply(
                command, lambda evidence: evidence.with_acceptance(lock, **times), move
            )

    async def _async_prove(
        self, command: Command, attempt: ActionAttempt | None
    ) -> None:
        """Let the callers go once the wish is known to be true, or failed.

        Raises:
            TimeoutError: from the caller's deadline.
        """
        lock, device_id = command.lock, command.device_id
        if command.outcome.done():
            await self._async_read_again(command)
            return
        if attempt is not None and attempt.status is AttemptStatus.ERROR:
            self._settle(
                command,
                outcome_error(
                    "failed",
                    command.name,
                    lock=lock,
                    error=attempt.error_message or attempt.error_type or "?",
                ),
            )
            self._events_wanted.set()
            await self._async_read_again(command)
            return
        evidence = self._coordinator.evidence(device_id)
        confirmed = attempt is not None and attempt.was_confirmed
        if not confirmed or evidence.verdict.locked is not lock:
            # Nobody has confirmed it, or something says otherwise that may be
            # older than it looks.
            await self._async_read_again(command)
        if lock and not confirmed and evidence.never_tells and command.is_alone:
            self._settle(command)
            return
        if not self._is_proven(command):
            # Where a command before it is in doubt, an event may tell who was last.
            self._events_wanted.set()
        while not command.is_alone or not self._is_proven(command):
            command.proof.clear()
            await command.proof.wait()
        self._settle(command)

    async def _async_deadline(self, command: Command) -> None:
        """Say honestly what is known when nothing came back in time."""
        if not command.outcome.done():
            self._doubt(command, self._latest())
            await self._async_read_again(command)
        self._settle_if_proven(
            command, await self._actors.async_sender(command.context)
        )

    def _apply(
        self, command: Command, change: Change, move: Move | None = None
    ) -> None:
        self._coordinator.async_apply(command.device_id, change, move)

    def _doubt(self, command: Command, until: float) -> None:
        """Note that nobody knows whether a command acted, or will until a time."""
        command.doubted_until = until
        self._apply(
            command,
            lambda evidence: evidence.with_silence(
                command.lock, sent_at=command.sent_at, until=until
            ),
        )

    async def _async_read_again(self, command: Command) -> None:
        try:
            async with asyncio.timeout(READ_TIMEOUT):
                await self._coordinator.async_read_again((command.device_id,))
        except (SeamError, TimeoutError) as err:
            LOGGER.debug("Reading %s again failed: %s", command.name, err)

    def _latest(self) -> float:
        return self._client.now() + self._client.clock_error

    # -- how a command ends

    def _is_proven(self, command: Command) -> bool:
        """Return whether the wish is known to be true since it was sent."""
        verdict = self._coordinator.verdict(command.device_id)
        return (
            verdict.locked is command.lock
            and verdict.proven_at is not None
            and verdict.proven_at >= command.started_at
        )

    def _settle(
        self, command: Command, error: HomeAssistantError | None = None
    ) -> None:
        """Show what is known instead of the movement, and let the callers go."""
        command.end(error)
        if self._running.get(command.device_id) is command:
            del self._running[command.device_id]
            self._coordinator.async_set_moving(command.device_id, None)

    def _settle_if_proven(self, command: Command, actor: Actor) -> None:
        """Let the callers go, with an error unless the wish is known to be true.

        And to stay so: a command before it that is still in flight may undo it.
        """
        if command.is_alone and self._is_proven(command):
            self._settle(command)
            return
        if command.lock and not command.outcome.done():
            self._report_unconfirmed(command.device_id, actor, lock=True)
        self._settle(
            command, outcome_error("unconfirmed", command.name, lock=command.lock)
        )

    # -- what events say of commands

    @callback
    def async_handle_event(
        self, event: Event, attempt: ActionAttempt | None, *, position: bool | None
    ) -> None:
        """End the command that an event tells the end of.

        Args:
            event: of any type; what it tells of the bolt is already evidence.
            attempt: the failed command that it tells of, if known.
            position: where the bolt is, as the event tells, or None.
        """
        if attempt is not None:
            self._poller.async_take(attempt)
        if (attempt_id := event.action_attempt_id) in self._poller:
            if position is not None:
                self._poller.async_confirm(attempt_id, locked=position)
            elif attempt_id and event.event_type.startswith("action_attempt."):
                self._poller.async_ask(attempt_id)
        command = self._running.get(event.device_id or "")
        if position is not None and attempt_id is None and command is not None:
            self._end_if_proven(command)

    def _end_if_proven(self, command: Command) -> None:
        """Let callers go when an event since the press tells the wished position.

        The attempt is followed on: it may still move the bolt.
        """
        verdict = self._coordinator.verdict(command.device_id)
        if (
            verdict.locked is command.lock
            and verdict.source is Source.EVENT
            and verdict.proven_at is not None
            and verdict.proven_at > command.started_at
            and command.attempt_id is not None
            and command.is_alone
        ):
            self._settle(command)
