"""All locks of a workspace: devices, evidence, and the snapshots made of them."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from ..api import Device, DeviceList
from .evidence import Evidence, Source, Verdict
from .snapshot import (
    Actor,
    LockSnapshot,
    Move,
    Moving,
    is_reachable,
    make_snapshot,
    newer_move,
)

# An unlocked door may lock itself in silence; so long it is read more often.
RELOCK_TIME = 15 * 60.0
# How long a lock may be missing from the list before it counts as gone, in seconds.
MISSING_GRACE = 180.0
# The same while the list breaks off before all have come, in seconds.
UNREAD_GRACE = 900.0

NO_EVIDENCE = Evidence()

type Change = Callable[[Evidence], Evidence]


class LockStates:
    """Keeps what is known of each lock, and renews snapshots that changed.

    Attributes:
        data: snapshots by Seam's device id; replaced when one changed.
        devices: the newest reading of each lock, by Seam's device id.
        listed: ids of the locks that Seam still lists.
        in_touch: Seam itself has been read lately.
        unlocking: ids of the locks with unlock commands in flight, one for each.
    """

    def __init__(self) -> None:
        """Start with no lock."""
        self.data: dict[str, LockSnapshot] = {}
        self.devices: dict[str, Device] = {}
        self.listed: set[str] = set()
        self.in_touch = True
        self.unlocking: Counter[str] = Counter()
        self._evidence: dict[str, Evidence] = {}
        self._moves: dict[str, Move] = {}
        self._moving: dict[str, Moving] = {}
        # Locks of which another reading with the same words would change nothing,
        # and when such a one was begun that is not in the evidence yet.
        self._settled: set[str] = set()
        self._unchanged_at: dict[str, float] = {}
        # By a monotonic clock, in seconds.
        self._missing_since: dict[str, float] = {}
        self._unlocked_since: dict[str, float] = {}

    # -- what is known

    def evidence(self, device_id: str) -> Evidence:
        """Return the evidence on a lock; empty for one that is not known."""
        evidence = self._evidence.get(device_id, NO_EVIDENCE)
        if (begun_at := self._unchanged_at.pop(device_id, None)) is not None:
            evidence = self._read(self.devices[device_id], evidence, begun_at)
            self._evidence[device_id] = evidence
        return evidence

    def verdict(self, device_id: str) -> Verdict:
        """Return what the evidence on a lock adds up to."""
        return self.evidence(device_id).verdict

    def as_stored(self, act_until: float) -> dict[str, dict[str, object]]:
        """Return what a restart needs, by Seam's device id.

        Args:
            act_until: until when an unlock that is in flight now may act at the
                latest, by Seam's clock; nobody follows it after a restart.
        """
        stored: dict[str, dict[str, object]] = {
            device_id: evidence.as_stored()
            for device_id, evidence in self._evidence.items()
        }
        for device_id in self.unlocking:
            stored.setdefault(device_id, {})["doubt_at"] = act_until
        return {device_id: kept for device_id, kept in stored.items() if kept}

    def restore(self, stored: object, now: float) -> None:
        """Take back what `as_stored` returned; what is malformed is left out."""
        if isinstance(stored, dict):
            for device_id, kept in stored.items():
                self._evidence[device_id] = Evidence.restored(kept, now)

    # -- what comes in

    def add_reading(self, reading: DeviceList) -> list[str]:
        """Add a reading of some locks; return the ids of those in it."""
        locks: list[str] = []
        for part in reading.parts:
            for device in part.devices:
                if device.is_lock or device.device_id in self.devices:
                    locks.append(device.device_id)
                    self._add(device, part.begun_at)
        return locks

    def add_list(self, reading: DeviceList, now: float) -> Collection[str]:
        """Add a list of all devices; return the ids of what may look different.

        They are in Seam's order, so that entities are always made in the same one.
        One that is missing for long is no longer listed.

        Args:
            reading: the list; only a complete one tells what is missing.
            now: by a monotonic clock, in seconds.
        """
        touched: dict[str, None] = {}
        found: set[str] = set()
        for part in reading.parts:
            for device in part.devices:
                device_id = device.device_id
                if not device.is_lock and device_id not in self.devices:
                    continue
                found.add(device_id)
                if (
                    device_id in self._settled
                    # Held against the newest reading, which need not be a list.
                    and self.devices.get(device_id) is device
                ):
                    self._unchanged_at[device_id] = part.begun_at
                else:
                    touched[device_id] = None
                    self._add(device, part.begun_at)
        missing = self.devices.keys() - found
        if reading.complete:
            patience = MISSING_GRACE
            self._missing_since = {
                device_id: self._missing_since.get(device_id, now)
                for device_id in missing
            }
        else:
            patience = UNREAD_GRACE
            for device_id in found:
                self._missing_since.pop(device_id, None)
            for device_id in missing:
                self._missing_since.setdefault(device_id, now)
        gone = {
            device_id
            for device_id, since in self._missing_since.items()
            if now - since >= patience
        }
        listed = (self.listed | found) - gone
        touched.update(dict.fromkeys(sorted(listed ^ self.listed)))
        self.listed = listed
        return touched

    def _add(self, device: Device, begun_at: float) -> None:
        device_id = device.device_id
        evidence = self.evidence(device_id)
        if begun_at > evidence.read_at or device_id not in self.devices:
            self.devices[device_id] = device
            self._evidence[device_id] = self._read(device, evidence, begun_at)

    @staticmethod
    def _read(device: Device, evidence: Evidence, begun_at: float) -> Evidence:
        # What an unreachable lock still shows is no proof.
        locked = device.locked if is_reachable(device) else None
        return evidence.with_reading(locked, begun_at)

    def expects_event(self, reading: DeviceList) -> bool:
        """Return whether a list shows only bolts thrown that events should have told.

        A bolt that it shows drawn waits for nothing, and no other lock makes it wait.
        """
        found = False
        for part in reading.parts:
            for device in part.changed:
                if device.device_id not in self.devices or not is_reachable(device):
                    continue
                evidence = self.evidence(device.device_id)
                known = evidence.verdict.locked
                if device.locked is not True and known is not False:
                    return False
                found |= bool(
                    device.locked and known is False and evidence.tells_events
                )
        return found

    def newly_missing(self, reading: DeviceList) -> set[str]:
        """Return the ids of the locks that only this list of all devices lacks."""
        missing = self.devices.keys() - {device.device_id for device in reading.devices}
        return missing - self._missing_since.keys()

    def expect_gone(self, device_id: str) -> None:
        """Believe the next list at once when it does not have a lock."""
        if device_id in self.devices:
            self._missing_since[device_id] = float("-inf")

    def apply(self, device_id: str, change: Change, move: Move | None) -> None:
        """Add a fact to the evidence on a lock, and who moved it."""
        self._evidence[device_id] = change(self.evidence(device_id))
        if move is not None:
            self._moves[device_id] = newer_move(self._moves.get(device_id), move)

    def forget_names(self) -> Collection[str]:
        """Keep only how the locks were moved; return the ids of the moved ones."""
        for device_id, move in self._moves.items():
            if move.actor is not None:
                self._moves[device_id] = replace(
                    move, actor=Actor(method=move.actor.method)
                )
        return list(self._moves)

    def set_moving(self, device_id: str, moving: Moving | None) -> None:
        """Note what a command in flight does."""
        if moving is None:
            self._moving.pop(device_id, None)
        else:
            self._moving[device_id] = moving

    def forget(self, device_id: str) -> None:
        """Drop all that is known of a lock."""
        self.data = {key: kept for key, kept in self.data.items() if key != device_id}
        self.listed.discard(device_id)
        for known in (
            self.devices,
            self.unlocking,
            self._evidence,
            self._moves,
            self._moving,
            self._missing_since,
            self._unlocked_since,
            self._unchanged_at,
        ):
            known.pop(device_id, None)
        self._settled.discard(device_id)

    # -- what is shown

    def renew(self, device_ids: Iterable[str], now: float) -> dict[str, LockSnapshot]:
        """Renew the snapshots of some locks; return the old ones that changed.

        A new lock has no old one and stands for itself.

        Args:
            device_ids: Seam's ids; those not known are left out.
            now: by a monotonic clock, in seconds.
        """
        changed: dict[str, LockSnapshot] = {}
        old: dict[str, LockSnapshot] = {}
        for device_id in device_ids:
            if (device := self.devices.get(device_id)) is None:
                continue
            evidence = self.evidence(device_id)
            verdict = evidence.verdict
            if (
                not verdict.disputed
                and verdict.locked is evidence.read_locked
                and evidence.failed_wish is None
            ):
                self._settled.add(device_id)
            else:
                self._settled.discard(device_id)
            snapshot = make_snapshot(
                device,
                evidence,
                verdict,
                move=self._current_move(device_id, verdict),
                moving=self._moving.get(device_id),
                listed=device_id in self.listed,
                in_touch=self.in_touch,
            )
            if snapshot != (before := self.data.get(device_id)):
                changed[device_id] = snapshot
                old[device_id] = snapshot if before is None else before
                if verdict.locked is not False:
                    self._unlocked_since.pop(device_id, None)
                elif before is None or before.locked is not False:
                    self._unlocked_since[device_id] = now
        if changed:
            self.data = {**self.data, **changed}
        return old

    def _current_move(self, device_id: str, verdict: Verdict) -> Move | None:
        move = self._moves.get(device_id)
        if (
            move is not None
            and verdict.locked is not None
            and move.locked is not verdict.locked
        ):
            # It was moved since, by nobody knows whom; an event may yet tell.
            move = Move(verdict.locked, move.at, None)
            self._moves[device_id] = move
        return move

    def is_surprise(self, device_id: str, old: LockSnapshot) -> bool:
        """Return whether a reading shows a movement that no event has told."""
        verdict = self.verdict(device_id)
        return (
            old.locked is not None
            and verdict.locked is not old.locked
            and verdict.source is Source.READING
        )

    def may_move_unheard(self, now: float) -> bool:
        """Return whether readings may show a movement that no event tells.

        Args:
            now: by a monotonic clock, in seconds.
        """
        if any(now - since < RELOCK_TIME for since in self._unlocked_since.values()):
            return True
        for device_id in self.listed:
            # What has not been added yet says only what was said before.
            evidence = self._evidence.get(device_id, NO_EVIDENCE)
            if self.devices[device_id].door_open is not None or (
                evidence.tells_position and not evidence.tells_events
            ):
                return True
        return False
