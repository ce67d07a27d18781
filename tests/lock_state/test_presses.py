"""Any order of presses: the last caller is told the truth, and so is everybody."""

from collections.abc import Sequence
from dataclasses import dataclass
import os
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from hypothesis import HealthCheck, given, note, settings, strategies as st
import pytest

from tests.harness import Harness
from tests.seam_sandbox import Door, SeamSandbox, plain_plans

QUARTER = 15 * 60.0
EXAMPLES = 2000 if os.environ.get("SEAM_DEEP") else 60
# What may become of a command, as faults of the sandbox; "ok" is none.
OUTCOMES = {
    "ok": None,
    "unconfirmed": "attempt_unconfirmed",
    "fail": "attempt_fail",
    "silent": "attempt_silent",
    "lost": "attempt_lost",
    "pending": "attempt_pending",
}


@dataclass(frozen=True, slots=True)
class Press:
    """One press of a button.

    Attributes:
        lock: which one.
        after: how long after the press before, in seconds.
        takes: how long Seam needs for it, in seconds.
        outcome: a key of OUTCOMES.
    """

    lock: bool
    after: float
    takes: float
    outcome: str


PRESSES = st.lists(
    st.builds(
        Press,
        lock=st.booleans(),
        after=st.sampled_from((0.0, 0.1, 0.3, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0)),
        takes=st.sampled_from((0.3, 1.0, 1.3, 2.5, 4.0, 6.0, 8.0)),
        outcome=st.sampled_from(tuple(OUTCOMES)),
    ),
    min_size=1,
    max_size=5,
)


class Presser:
    """Presses, and holds each answer against the bolt."""

    def __init__(self, harness: Harness, door: Door) -> None:
        self.harness = harness
        self.sandbox: SeamSandbox = harness.sandbox
        self.door = door
        self.lies: list[str] = []
        self.ends: list[str] = []

    async def call(self, at: int, press: Press) -> None:
        """Press as a caller does, and look at the bolt when it says that it is done."""
        begun = self.sandbox.clock.now()
        try:
            await self.harness.press(self.door, "lock" if press.lock else "unlock")
        except HomeAssistantError as err:
            self.ends.append(f"{at}: {err.translation_key}")
            return
        self.ends.append(f"{at}: ok")
        # What was pressed before it may still undo it.
        if any(
            one.begun_at < begun and one.lock is not press.lock
            for one in self.sandbox.attempts.pending()
        ):
            self.lies.append(f"{at}: returned before all others were over")
        if self.door.bolt_thrown is press.lock:
            return
        # An unlock that Seam accepted may never be done, but then nobody may
        # believe the door to be locked.
        shown = self.harness.state(self.door).state
        if press.lock or shown != "unlocked":
            self.lies.append(f"{at}: returned, the state is {shown}")

    async def run(self, presses: Sequence[Press]) -> None:
        """Press one after the other, and wait until all calls have ended."""
        hass = self.harness.hass
        calls = []
        for at, press in enumerate(presses):
            await self.harness.advance(press.after)
            faults = self.sandbox.faults
            if kind := OUTCOMES[press.outcome]:
                options: dict[str, Any] = {"times": 1}
                if kind == "attempt_unconfirmed":
                    options["value"] = False
                faults.add(kind, **options)
            self.door.command_seconds = press.takes
            calls.append(hass.async_create_task(self.call(at, press)))
            await self.harness.settle()
        for call in calls:
            while not call.done():
                # As with push, events come at once.
                await self.harness.advance(0.5)
                await self.harness.entry.runtime_data.poller.async_list()

    def agrees(self) -> bool:
        """Return whether what is shown is true, or claims nothing."""
        truth = "locked" if self.door.bolt_thrown else "unlocked"
        return self.harness.state(self.door).state in (truth, "unknown")


@pytest.mark.usefixtures("socket_enabled", "enable_custom_integrations")
@pytest.mark.parametrize("brand", ["a", "b", "c", "d"])
@settings(
    max_examples=EXAMPLES // 4,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(presses=PRESSES, thrown=st.booleans())
async def test_whoever_is_told_that_it_is_done_can_rely_on_it(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    brand: str,
    presses: list[Press],
    thrown: bool,
) -> None:
    async with Harness.with_locks(hass, freezer, plans=plain_plans(1)) as harness:
        door = harness.sandbox.door("Door 1")
        harness.sandbox.set_brand(door, brand)
        door.bolt_thrown = thrown
        door.seen = door.belief()
        await harness.set_up()
        await harness.advance(60)
        presser = Presser(harness, door)
        await presser.run(presses)
        note(f"{presser.ends}, bolt thrown: {door.bolt_thrown}")
        assert presser.lies == []
        await harness.advance(QUARTER)
        note(f"shown: {harness.state(door).state}")
        assert presser.agrees()
        await hass.config_entries.async_remove(harness.entry.entry_id)
        await harness.settle()
