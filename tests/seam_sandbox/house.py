"""The truth: doors with bolts and leaves, what moves them, and what Seam knows.

What Seam believes of a door may lag behind: it hears of most things at once,
but polls other locks only now and then, and hears nothing of an offline one.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .catalogue import (
    CANARY_CLEANER_PIN,
    CANARY_PIN,
    Model,
    Names,
    Plan,
    make_id,
)
from .clock import Clock, Timer

LOW_BATTERY = 0.2
CRITICAL_BATTERY = 0.1
FULL_BATTERY = 0.75
# How long a command takes unless a door or a fault says else, in seconds.
COMMAND_SECONDS = 1.3
DISCONNECTED = "device_disconnected"


def battery_status(level: float) -> str:
    """Return Seam's word for a level of 0..1."""
    if level < CRITICAL_BATTERY:
        return "critical"
    if level < LOW_BATTERY:
        return "low"
    return "full" if level >= FULL_BATTERY else "good"


@dataclass(frozen=True, slots=True)
class AccessCode:
    """A PIN on a lock.

    Attributes:
        access_code_id: uuid.
        name: as its maker named it, or None.
        code: the PIN.
        is_managed: Seam manages it.
        created_at: seconds since the epoch.
    """

    access_code_id: str
    name: str | None
    code: str
    is_managed: bool
    created_at: float


@dataclass(frozen=True, slots=True)
class Belief:
    """What Seam believes of a door; the units are those of the Door."""

    locked: bool
    door_open: bool
    battery: float
    keypad_battery: float
    online: bool


@dataclass(frozen=True, slots=True)
class Problem:
    """An error or a warning of a device.

    Attributes:
        code: Seam's code.
        message: Seam's words.
        created_at: seconds since the epoch.
    """

    code: str
    message: str
    created_at: float


@dataclass(slots=True, eq=False)
class Door:
    """The physical truth of one device, and what Seam believes of it.

    Attributes:
        device_id: uuid.
        name: as people call it.
        model: what it is.
        room: Seam's room, or None.
        created_at: seconds since the epoch.
        bolt_thrown: True: the bolt is in the wall.
        door_open: the door leaf stands open.
        jammed: the bolt cannot move.
        battery: 0..1.
        keypad_battery: 0..1.
        cuts: why it cannot be reached, as Seam's error codes; empty: it can.
        can_lock: whether it can be locked remotely now; None: never.
        can_unlock: the same for unlocking.
        auto_lock: seconds until it locks by itself; 0: off; None: it cannot.
        codes: by PIN.
        errors: by Seam's code.
        warnings: by Seam's code.
        seen: what Seam believes.
        poll_seconds: how often Seam looks; None: it hears at once.
        reading_lag: seconds until what Seam learned shows in its answers.
        command_seconds: how long a command takes.
        reports_auto_lock: Seam gets an event when it locks by itself.
        reports_moves: Seam gets an event when its bolt moves. What Seam says of
            its own action attempts is not the lock's to tell.
        reports_position: Seam's readings tell where the bolt is.
        confirms: what `was_confirmed_by_device` says; None: nothing.
        denied: how often a wrong code was entered.
        looks: counts how often Seam has looked at it.
        looks_shown: which of these its answers show.
        revision: counts the changes of the truth and of what Seam believes.
    """

    device_id: str
    name: str
    model: Model
    room: str | None
    created_at: float
    bolt_thrown: bool
    door_open: bool
    jammed: bool
    battery: float
    keypad_battery: float
    cuts: set[str]
    can_lock: bool | None
    can_unlock: bool | None
    auto_lock: float | None
    codes: dict[str, AccessCode]
    errors: dict[str, Problem]
    warnings: dict[str, Problem]
    seen: Belief
    poll_seconds: float | None = None
    reading_lag: float = 0.0
    command_seconds: float = COMMAND_SECONDS
    reports_auto_lock: bool = True
    reports_moves: bool = True
    reports_position: bool = True
    confirms: bool | None = True
    denied: int = 0
    looks: int = 0
    looks_shown: int = 0
    revision: int = 0
    auto_lock_timer: Timer | None = None
    poll_timer: Timer | None = None
    unreported: list[DoorEvent] = field(default_factory=list)

    @property
    def online(self) -> bool:
        """Return whether Seam can reach it."""
        return not self.cuts

    @property
    def account_id(self) -> str:
        """Return the id of the connected account that it belongs to."""
        return make_id("account", self.model.maker)

    def belief(self) -> Belief:
        """Return what Seam would believe if it looked now."""
        return Belief(
            locked=self.bolt_thrown,
            door_open=self.door_open,
            battery=self.battery,
            keypad_battery=self.keypad_battery,
            online=self.online,
        )


@dataclass(frozen=True, slots=True)
class DoorEvent:
    """Something that Seam may learn of.

    Attributes:
        event_type: Seam's name for it.
        occurred_at: true time, in seconds since the epoch.
        fields: what the event says beyond the common fields.
    """

    event_type: str
    occurred_at: float
    fields: Mapping[str, Any]


type Report = Callable[[Door, DoorEvent], None]


class House:
    """All doors, and the laws of nature.

    Attributes:
        doors: by device id, in Seam's order.
        built_at: true time, in seconds since the epoch.
        revision: counts the changes of all doors.
    """

    def __init__(self, clock: Clock, report: Report, names: Names) -> None:
        """Start with no doors.

        Args:
            clock: true time.
            report: called when Seam learns of something.
            names: of those who have codes.
        """
        self._clock = clock
        self._report = report
        self._names = names
        self.doors: dict[str, Door] = {}
        self.built_at = clock.now()
        self.revision = 0

    # -- doors

    def build(self, plan: Plan, device_id: str) -> Door:
        """Add a door as planned, without a word to anybody."""
        model = plan.model
        now = self._clock.now()
        believed = Belief(
            locked=plan.bolt_thrown,
            door_open=plan.door_open,
            battery=plan.battery,
            keypad_battery=plan.keypad_battery,
            online=plan.online,
        )
        door = Door(
            device_id=device_id,
            name=plan.name,
            model=model,
            room=plan.room,
            created_at=self.built_at - 86400.0,
            bolt_thrown=plan.bolt_thrown,
            door_open=plan.door_open,
            jammed=False,
            battery=plan.battery,
            keypad_battery=plan.keypad_battery,
            cuts=set() if plan.online else {DISCONNECTED},
            can_lock=model.can_lock if plan.can_lock is None else plan.can_lock,
            can_unlock=model.can_unlock if plan.can_unlock is None else plan.can_unlock,
            auto_lock=model.auto_lock,
            codes=self._first_codes(device_id) if model.codes else {},
            errors={},
            warnings={},
            seen=believed,
            reports_position=model.reports_locked,
            confirms=model.confirms,
        )
        for code in plan.errors:
            door.errors[code] = Problem(code, words_for(code), now)
        for code in plan.warnings:
            door.warnings[code] = Problem(code, words_for(code), now)
        for code in door.cuts:
            door.errors[code] = Problem(code, words_for(code), now)
        self.doors[device_id] = door
        return door

    def _first_codes(self, device_id: str) -> dict[str, AccessCode]:
        return {
            pin: AccessCode(
                access_code_id=make_id("access_code", device_id, pin),
                name=name,
                code=pin,
                is_managed=is_managed,
                created_at=self.built_at - 3600.0,
            )
            for pin, name, is_managed in (
                (CANARY_PIN, self._names.guest, True),
                (CANARY_CLEANER_PIN, self._names.cleaner, False),
            )
        }

    def __iter__(self) -> Iterator[Door]:
        """Go through all doors."""
        return iter(self.doors.values())

    # -- what moves a bolt

    def move_bolt(self, door: Door, *, thrown: bool, method: str, **facts: Any) -> bool:
        """Turn the bolt by whatever; a jammed one stays.

        Args:
            door: whose bolt.
            thrown: where to.
            method: Seam's word for who did it.
            facts: more of the event's fields.

        Returns:
            Whether the bolt is where it should be.
        """
        if door.jammed:
            return door.bolt_thrown == thrown
        changed = door.bolt_thrown != thrown
        door.bolt_thrown = thrown
        if changed or method not in ("manual", "automatic"):
            if not door.model.native_events and method != "remote":
                # Seam sees that it moved, but not how.
                method, facts = "unknown", {}
            silent = (
                facts.pop("silent", False)
                or not door.reports_moves
                or (method == "automatic" and not door.reports_auto_lock)
            )
            if silent:
                # No event tells of it, but a reading does.
                self.changed(door)
                if door.poll_seconds is None:
                    self.learn(door)
                else:
                    self._poll_later(door)
            else:
                kind = "lock.locked" if thrown else "lock.unlocked"
                self.tell(door, kind, method=method, **facts)
        if thrown:
            self._stop_auto_lock(door)
        else:
            self._start_auto_lock(door)
        return True

    def move_leaf(self, door: Door, *, is_open: bool) -> None:
        """Open or close the door; there is no event for it."""
        if door.door_open == is_open:
            return
        door.door_open = is_open
        if door.poll_seconds is None:
            self.learn(door)
        else:
            self._poll_later(door)
        self.changed(door)
        if not is_open and not door.bolt_thrown:
            self._start_auto_lock(door)

    def _start_auto_lock(self, door: Door) -> None:
        self._stop_auto_lock(door)
        delay = door.model.momentary or door.auto_lock
        if delay:
            door.auto_lock_timer = self._clock.call_later(
                delay, lambda: self._auto_lock(door)
            )

    def _stop_auto_lock(self, door: Door) -> None:
        if door.auto_lock_timer is not None:
            door.auto_lock_timer.cancel()
            door.auto_lock_timer = None

    def _auto_lock(self, door: Door) -> None:
        door.auto_lock_timer = None
        # A lock with a door sensor waits until the door is closed.
        if door.door_open and door.model.door_sensor and not door.model.momentary:
            return
        self.move_bolt(door, thrown=True, method="automatic")

    # -- what Seam learns

    def tell(self, door: Door, event_type: str, **fields: Any) -> None:
        """Let Seam learn of something: now, at its next look, or once online."""
        event = DoorEvent(event_type, self._clock.now(), fields)
        self.changed(door)
        if not door.online:
            door.unreported.append(event)
        elif door.poll_seconds is None:
            self.learn(door)
            self._report(door, event)
        else:
            door.unreported.append(event)
            self._poll_later(door)

    def learn(self, door: Door) -> None:
        """Let Seam see the door as it is, if it can reach it."""
        believed = door.belief()
        if not believed.online:
            return

        door.looks += 1
        look = door.looks

        def apply() -> None:
            if look < door.looks_shown:
                return  # timers of one moment may run in any order
            door.looks_shown = look
            door.seen = believed
            self.changed(door)

        if door.reading_lag:
            self._clock.call_later(door.reading_lag, apply)
        else:
            apply()

    def poll(self, door: Door) -> None:
        """Let Seam look at the door now, and hear all that it has to tell."""
        if door.poll_timer is not None:
            door.poll_timer.cancel()
            door.poll_timer = None
        if not door.online:
            return
        self.learn(door)
        unreported, door.unreported = door.unreported, []
        for event in unreported:
            self._report(door, event)

    def _poll_later(self, door: Door) -> None:
        """Look at the next time that Seam would: it looks at a steady pace."""
        if door.poll_timer is None and door.poll_seconds:
            since = (self._clock.now() - self.built_at) % door.poll_seconds
            door.poll_timer = self._clock.call_later(
                door.poll_seconds - since, lambda: self.poll(door)
            )

    def set_online(
        self, door: Door, *, online: bool, reason: str = DISCONNECTED
    ) -> None:
        """Cut a device off, or bring it back; then it tells what it kept.

        Args:
            door: which.
            online: whether this reason stands no longer in the way.
            reason: Seam's error code.
        """
        now = self._clock.now()
        was_online = door.online
        if online:
            door.cuts.discard(reason)
            door.errors.pop(reason, None)
        else:
            door.cuts.add(reason)
            door.errors[reason] = Problem(reason, words_for(reason), now)
        door.seen = replace(door.seen, online=door.online)
        self.changed(door)
        if door.online and not was_online:
            door.seen = door.belief()
            self._report(door, DoorEvent("device.connected", now, {}))
            self.poll(door)
        elif was_online and not door.online:
            self._report(
                door, DoorEvent("device.disconnected", now, {"error_code": reason})
            )

    def changed(self, door: Door) -> None:
        """Count a change, so that nobody shows an old picture."""
        door.revision += 1
        self.revision += 1


WORDS = {
    "account_disconnected": "The connected account has lost its login.",
    "august_lock_not_authorized": "Seam's user has no right on this August lock.",
    "device_disconnected": "The device is offline.",
    "device_removed": "The device was removed from the provider's account.",
    "hub_disconnected": "The hub or bridge of the device is offline.",
    "hub_required_for_additional_capabilities": (
        "A bridge is needed for remote lock and unlock."
    ),
    "subscription_required": "The provider's paid plan has run out.",
    "ttlock_weak_gateway_signal": "The signal of the gateway is weak.",
}


def words_for(code: str) -> str:
    """Return what Seam would say of an error or a warning."""
    return WORDS.get(code, f"Something is wrong: {code}.")
