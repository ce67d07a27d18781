"""The automations in README.md, from its own text, beside a real house."""

from collections.abc import AsyncGenerator, Callable
from pathlib import Path
import re
from typing import Any

from homeassistant.components import persistent_notification
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockModule, mock_integration
import yaml

from tests.demo import phone
from tests.harness import Harness
from tests.seam_sandbox import CANARY_GUEST, Door, SeamSandbox

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
EXAMPLES = {
    yaml.safe_load(text)["alias"]: text
    for text in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
}
# Longer than events wait to be listed.
LIST = 31.0

type Notices = Callable[[], list[str]]


@pytest.fixture
async def notices(hass: HomeAssistant, harness: Harness) -> AsyncGenerator[Notices]:
    """Set up a house and the demo's phone; return what people are told so far."""
    module = MockModule(
        "demo_phone", dependencies=["notify"], async_setup=phone.async_setup
    )
    mock_integration(hass, module)
    # Home Assistant always has notices of its own.
    assert await async_setup_component(hass, "persistent_notification", {})
    assert await async_setup_component(hass, "demo_phone", {"demo_phone": None})
    await harness.set_up()

    def read() -> list[str]:
        kept = persistent_notification._async_get_or_create_notifications(hass)
        return [one["message"] for one in kept.values()]

    yield read
    # Else they would go on to wait for the next night.
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": "all"}, blocking=True
    )


@pytest.fixture
def door(sandbox: SeamSandbox) -> Door:
    """Return a door that does not lock itself."""
    return sandbox.door("Front Door")


async def use(harness: Harness, alias: str, door: Door) -> None:
    """Do as the README says: replace `front_door`, and save."""
    entity_id = harness.entity_id(door)
    assert entity_id is not None
    text = EXAMPLES[alias].replace("front_door", entity_id.removeprefix("lock."))
    config: dict[str, Any] = yaml.safe_load(text)
    assert await async_setup_component(
        harness.hass, "automation", {"automation": config}
    )
    await harness.settle()
    (automation,) = harness.hass.states.async_all("automation")
    assert automation.state == "on"


async def live_where_it_is_evening(hass: HomeAssistant) -> None:
    """Move to a time zone in which it will soon be eleven."""
    hours = (22 - dt_util.utcnow().hour + 12) % 24 - 12
    # These zones are named the wrong way round.
    await hass.config.async_set_time_zone(f"Etc/GMT{-hours:+}")
    assert dt_util.now().hour == 22


async def until_past_eleven(harness: Harness) -> None:
    """Let time go on to a minute past the hour."""
    now = dt_util.now()
    await harness.advance(3600 - 60 * now.minute - now.second + 60)


def test_every_example_is_tried() -> None:
    assert set(EXAMPLES) == {
        "Somebody came home",
        "Trouble at the door",
        "What I missed",
        "Lock at night",
    }


async def test_somebody_came_home(
    harness: Harness, sandbox: SeamSandbox, notices: Notices, door: Door
) -> None:
    await use(harness, "Somebody came home", door)
    sandbox.turn_bolt(door, thrown=False)
    sandbox.enter_code(door, "000000")
    await harness.advance(LIST)
    assert notices() == []
    sandbox.enter_code(door)
    await harness.advance(LIST)
    assert notices() == [f"{CANARY_GUEST} came home."]


async def test_old_news_says_hello_to_nobody(
    harness: Harness, sandbox: SeamSandbox, notices: Notices, door: Door
) -> None:
    await use(harness, "Somebody came home", door)
    sandbox.faults.add("event_late", seconds=400)
    sandbox.enter_code(door)
    await harness.advance(400 + LIST)
    assert notices() == []


async def test_trouble_at_the_door(
    harness: Harness, sandbox: SeamSandbox, notices: Notices, door: Door
) -> None:
    await use(harness, "Trouble at the door", door)
    sandbox.turn_bolt(door, thrown=False)
    await harness.advance(LIST)
    assert notices() == []
    sandbox.enter_code(door, "000000")
    await harness.advance(LIST)
    assert notices() == ["Front door: Access denied. An unknown code was entered."]
    sandbox.tamper(door)
    await harness.advance(LIST)
    assert notices()[1:] == ["Front door: Tampered with."]
    sandbox.jam(door)
    press = harness.press(door, "lock")
    await harness.advance(LIST)
    assert press.exception() is not None
    assert notices()[2].startswith("Front door: Jammed.")
    assert len(notices()) == 3


async def test_what_i_missed(
    harness: Harness, sandbox: SeamSandbox, notices: Notices, door: Door
) -> None:
    await use(harness, "What I missed", door)
    sandbox.turn_bolt(door, thrown=False)
    await harness.advance(LIST)
    assert notices() == []  # it was told in time
    sandbox.faults.add("event_late", seconds=400)
    locked_at = dt_util.now()
    sandbox.turn_bolt(door, thrown=True)
    await harness.advance(60)
    unlocked_at = dt_util.now()
    sandbox.enter_code(door)
    await harness.advance(400 + LIST)
    assert notices() == [
        f"locked at {locked_at:%Y-%m-%d %H:%M}, by someone unknown.",
        f"unlocked at {unlocked_at:%Y-%m-%d %H:%M}, by {CANARY_GUEST}.",
    ]


async def test_lock_at_night(
    harness: Harness, sandbox: SeamSandbox, notices: Notices, door: Door
) -> None:
    sandbox.turn_bolt(door, thrown=False)
    await live_where_it_is_evening(harness.hass)
    await use(harness, "Lock at night", door)
    await until_past_eleven(harness)
    assert door.bolt_thrown
    assert harness.state(door).state == "locked"
    assert notices() == []


@pytest.mark.parametrize("trouble", ["jam", "offline", "attempt_pending"])
async def test_a_night_without_proof(
    harness: Harness,
    sandbox: SeamSandbox,
    notices: Notices,
    door: Door,
    trouble: str,
) -> None:
    sandbox.turn_bolt(door, thrown=False)
    if trouble == "jam":
        sandbox.jam(door)
    elif trouble == "offline":
        sandbox.set_online(door, online=False)
    else:
        sandbox.faults.add(trouble)
    await live_where_it_is_evening(harness.hass)
    await use(harness, "Lock at night", door)
    await until_past_eleven(harness)
    assert not door.bolt_thrown
    assert notices() == ["The front door is not proven to be locked. Please look."]
