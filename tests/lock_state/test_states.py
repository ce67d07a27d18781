"""Lists in which nothing changed cost nothing, and change nothing that is believed."""

from collections.abc import Callable
from dataclasses import dataclass
import os
from unittest.mock import patch

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.seam.api import Device, DeviceList
from custom_components.seam.api.device_list import DevicePage
from custom_components.seam.lock_state.evidence import Evidence
from custom_components.seam.lock_state.states import LockStates

BEGIN = 1_790_000_000.0
EXAMPLES = 20_000 if os.environ.get("SEAM_DEEP") else 400
ID = "canary-lock"


def make_device(locked: bool | None, device_id: str = ID) -> Device:
    """Return a lock as a list shows it."""
    properties = {"name": "Canary", "online": True}
    if locked is not None:
        properties["locked"] = locked
    return Device.from_json(
        {
            "device_id": device_id,
            "device_type": "schlage_lock",
            "can_remotely_lock": True,
            "can_remotely_unlock": True,
            "properties": properties,
        }
    )


DEVICES = {locked: make_device(locked) for locked in (True, False, None)}


def make_list(
    devices: tuple[Device, ...], at: float, changed: tuple[Device, ...]
) -> DeviceList:
    """Return a list of all devices that was begun at a time."""
    return DeviceList((DevicePage(at, devices, changed),), 0)


class Both:
    """The same facts for locks as they are kept, and for plain evidence."""

    def __init__(self) -> None:
        self.now = BEGIN
        self.states = LockStates()
        self.plain = Evidence()
        self._listed: Device | None = None

    def read(self, locked: bool | None, *, whole: bool) -> None:
        device = DEVICES[locked]
        changed = () if device is self._listed else (device,)
        reading = make_list((device,), self.now, changed)
        if whole:
            touched = self.states.add_list(reading, self.now)
            self._listed = device
        else:
            touched = self.states.add_reading(reading)
        self.states.renew(touched, self.now)
        self.plain = self.plain.with_reading(locked, self.now)

    def apply(self, change: Callable[[Evidence], Evidence]) -> None:
        self.states.apply(ID, change, None)
        self.states.renew((ID,), self.now)
        self.plain = change(self.plain)

    @property
    def shown(self) -> bool | None:
        # Not the verdict: to ask for it adds what was put off.
        return self.states.data[ID].locked


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact.

    Attributes:
        kind: what it is.
        locked: which way.
        after: how long after the fact before, in seconds.
        age: of what it tells, in seconds.
    """

    kind: str
    locked: bool | None
    after: float
    age: float

    def add_to(self, both: Both) -> None:
        """Let it happen."""
        both.now += self.after
        now, wish = both.now, self.locked is True
        then = now - self.age
        match self.kind:
            case "list" | "reread":
                both.read(self.locked, whole=self.kind == "list")
            case "event":
                both.apply(lambda evidence: evidence.with_event(wish, then, now))
            case "attempt":
                both.apply(
                    lambda evidence: evidence.with_attempt(
                        wish, sent_at=then, seen_at=now, started_at=then, ended_at=now
                    )
                )
            case "accepted":
                both.apply(
                    lambda evidence: evidence.with_acceptance(
                        wish, sent_at=then, seen_at=now, ended_at=now
                    )
                )
            case "elsewhere":
                both.apply(lambda evidence: evidence.with_unlock_elsewhere(then, now))
            case "silence":
                both.apply(
                    lambda evidence: evidence.with_silence(
                        wish, sent_at=then, until=now + self.age
                    )
                )
            case _:
                both.apply(
                    lambda evidence: evidence.with_failure(wish, then, jammed=False)
                )


FACTS = st.builds(
    Fact,
    # Mostly lists, so that many come in a row.
    kind=st.sampled_from(
        (
            *("list",) * 6,
            *("reread", "event", "attempt", "accepted"),
            *("elsewhere", "silence", "failure"),
        )
    ),
    locked=st.sampled_from((True, True, False, None)),
    after=st.sampled_from((0.2, 2.0, 5.0, 11.0, 20.0, 60.0, 300.0, 700.0)),
    age=st.sampled_from((0.0, 1.0, 8.0, 15.0, 90.0, 400.0)),
)


@settings(max_examples=EXAMPLES)
@given(facts=st.lists(FACTS, max_size=25))
def test_what_is_put_off_changes_nothing_that_is_shown(facts: list[Fact]) -> None:
    both = Both()
    both.read(True, whole=True)
    for fact in facts:
        fact.add_to(both)
        assert both.shown is both.plain.verdict.locked
    assert both.states.verdict(ID).locked is both.plain.verdict.locked


@pytest.mark.parametrize("locked", [True, False, None])
def test_a_hundred_lists_without_news_are_as_good_as_each_reading(
    locked: bool | None,
) -> None:
    both = Both()
    for _ in range(100):
        both.now += 20
        both.read(locked, whole=True)
        assert both.shown is locked
    assert both.states.evidence(ID).read_at == both.plain.read_at
    assert both.states.verdict(ID) == both.plain.verdict


def test_two_thousand_locks_without_news_touch_no_evidence() -> None:
    devices = tuple(make_device(n % 3 != 0, f"canary-{n}") for n in range(2000))
    states = LockStates()
    for turn in range(3):
        at = BEGIN + 20 * turn
        changed = () if turn else devices
        touched = states.add_list(make_list(devices, at, changed), at)
        states.renew(touched, at)
    before = states.data
    with (
        patch.object(Evidence, "with_reading", side_effect=AssertionError),
        patch.object(Evidence, "_hard", side_effect=AssertionError),
    ):
        for turn in range(3, 103):
            at = BEGIN + 20 * turn
            reading = make_list(devices, at, ())
            assert not states.expects_event(reading)
            assert not states.newly_missing(reading)
            assert list(states.add_list(reading, at)) == []
            states.may_move_unheard(at)
    assert states.data is before
    assert states.evidence("canary-7").read_at == BEGIN + 20 * 102
