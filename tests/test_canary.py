"""Nothing secret gets out, whatever happens: a day on which everything does.

PINs, keys, the webhook's secret and ids, and (unless wanted) names are canaries:
words found nowhere else. They are looked for in all that Home Assistant writes,
shows, tells or keeps.
"""

import asyncio
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, field
import logging
import re
from typing import Any
from unittest.mock import patch

from homeassistant.components.recorder.db_schema import Base
from homeassistant.const import EVENT_STATE_REPORTED, MATCH_ALL
from homeassistant.core import Context, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.helpers.recorder import get_instance, session_scope
import orjson
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from sqlalchemy import select

from custom_components.seam.const import CONF_NAMES_IN_HISTORY
from custom_components.seam.diagnostics import (
    async_get_config_entry_diagnostics,
    async_get_device_diagnostics,
)
from tests.harness import Harness
from tests.push.helpers import (
    ATTACKS,
    CREATE,
    DELETE,
    DEVICES,
    LIST,
    USELESS,
    House,
    open_house,
)
from tests.seam_sandbox.catalogue import (
    CANARY_CLEANER,
    CANARY_CLEANER_PIN,
    CANARY_GUEST,
    CANARY_PIN,
    make_id,
)
from tests.test_config_flow import entered

NEW_KEY = "seam_canaryKEY_new0002"
USER = "User Canary-Carol"
NAMES = (CANARY_GUEST, CANARY_CLEANER, USER)
# Who else writes, what is theirs, and why that is not for us to repair.
OTHERS_LOGS = {
    # Home Assistant names the address of every call at DEBUG, and at INFO those
    # that nobody listens to, such as what Seam still sends to a removed entry.
    "homeassistant.components.webhook": logging.INFO,
    "homeassistant.helpers.http": logging.DEBUG,
    # The test plugin shows what a real Home Assistant writes to its own disk.
    "pytest_homeassistant_custom_component.common": logging.INFO,
}


@dataclass
class Ears:
    """Hears all that Home Assistant says.

    Attributes:
        heard: pairs of where and what.
    """

    hass: HomeAssistant
    heard: list[tuple[str, str]] = field(default_factory=list)

    @callback
    def hear(self, event: Event[Any]) -> None:
        self.heard.append((f"bus: {event.event_type}", repr(event.data)))

    def listen(self) -> None:
        self.hass.bus.async_listen(MATCH_ALL, self.hear)
        self.hass.bus.async_listen(
            EVENT_STATE_REPORTED, self.hear, event_filter=callback(lambda _: True)
        )

    async def expect(self, failing: Awaitable[Any]) -> None:
        """Let something fail, and hear how."""
        with pytest.raises(HomeAssistantError) as caught:
            await failing
        error: BaseException | None = caught.value
        while error is not None:
            self.heard.append(("exception", f"{error!s} {error!r}"))
            error = error.__cause__ or error.__context__

    async def look(self, harness: Harness) -> None:
        """Look at all that a person can look at now."""
        hass, entry = self.hass, harness.entry
        found: list[Any] = [await async_get_config_entry_diagnostics(hass, entry)]
        for device in dr.async_entries_for_config_entry(
            dr.async_get(hass), entry.entry_id
        ):
            found.append(await async_get_device_diagnostics(hass, entry, device))
            self.heard.append(("device", repr(device)))
        self.heard += [("diagnostics", orjson.dumps(one).decode()) for one in found]
        self.heard += [
            ("issue", repr(issue)) for issue in ir.async_get(hass).issues.values()
        ]
        self.heard += [
            ("state", f"{state.entity_id} {state.state} {state.attributes}")
            for state in hass.states.async_all()
        ]
        self.heard += [
            ("flow", f"{flow['context']} {flow.get('description_placeholders')}")
            for flow in hass.config_entries.flow.async_progress()
        ]

    async def read_the_records(self) -> None:
        """Read every row that the recorder has written."""
        recorder = get_instance(self.hass)

        def read() -> list[tuple[str, str]]:
            with session_scope(hass=self.hass, read_only=True) as session:
                return [
                    (f"recorder: {table.name}", repr(tuple(row)))
                    for table in Base.metadata.sorted_tables
                    for row in session.execute(select(table))
                ]

        await recorder.async_block_till_done()
        self.heard += await recorder.async_add_executor_job(read)

    def read_the_log(self, caplog: pytest.LogCaptureFixture) -> None:
        for record in caplog.get_records("call"):
            if record.levelno <= OTHERS_LOGS.get(record.name, logging.NOTSET):
                continue
            where = f"log: {record.name} {record.levelname}"
            text = logging.Formatter("%(message)s").format(record)
            self.heard.append((where, text))


def canaries(house: House, keys: set[str]) -> Iterator[re.Pattern[str]]:
    """Give what may be nowhere."""
    for pin in (CANARY_PIN, CANARY_CLEANER_PIN):
        # Not as a part of a longer number, such as a time or an id.
        yield re.compile(rf"(?<![0-9a-fA-F.]){pin}(?![0-9a-fA-F])")
    for word in (
        *keys,
        "canarySECRET",
        house.webhook_id,
        *(make_id("webhook", number) for number in range(1, 40)),
    ):
        yield re.compile(re.escape(word))


async def fail_in_every_way(house: House) -> None:
    """Let Seam answer badly, with words of its own that tell too much."""
    harness, faults = house.harness, house.sandbox.faults
    for path in (None, DEVICES, LIST, CREATE, DELETE):
        telltale = f"Bad key {house.sandbox.api_key}"
        if path in (LIST, CREATE, DELETE):
            telltale += f", webhook {house.webhook_id} {make_id('webhook', 1)}"
        for options in (
            {"kind": "http_status", "status": 400, "message": telltale},
            {"kind": "http_status", "status": 429, "message": telltale},
            {"kind": "http_status", "status": 503, "message": telltale},
            {"kind": "http_html"},
            {"kind": "http_reset"},
            {"kind": "http_cut_off"},
            {"kind": "http_bad_item"},
        ):
            fault = faults.add(**options, path=path)
            # A change of address makes it look at its webhooks.
            url = house.hass.config.internal_url
            await house.hass.config.async_update(internal_url=None)
            await harness.settle()
            await house.hass.config.async_update(internal_url=url)
            await harness.advance(65)
            faults.clear(fault)
    await harness.advance(3700)
    await house.proven()


async def use_the_doors(house: House, ears: Ears, user: Context) -> None:
    """Commands with all outcomes, and codes, good and wrong, pushed and listed."""
    harness, sandbox = house.harness, house.sandbox
    front, garage = sandbox.door("Front Door"), sandbox.door("Garage Side Door")
    await harness.until(harness.press(garage, "lock", context=user))
    await harness.until(harness.press(garage, "unlock", context=user))
    for kind in ("attempt_fail", "attempt_jam", "attempt_pending"):
        fault = sandbox.faults.add(kind, times=1)
        await ears.expect(harness.until(harness.press(garage, "lock", context=user)))
        sandbox.faults.clear(fault)
        sandbox.unjam(garage)
    for status in (400, 429, 503):
        fault = sandbox.faults.add(
            "http_status", status=status, message=f"Bad key {sandbox.api_key}"
        )
        await ears.expect(harness.until(harness.press(garage, "lock")))
        sandbox.faults.clear(fault)
        await harness.advance(5)
    for lost in (False, True):
        fault = sandbox.faults.add("webhook_dropped", times=None if lost else 0)
        for code in (CANARY_PIN, CANARY_CLEANER_PIN, "999999"):
            sandbox.enter_code(front, code)
            await harness.advance(20)
        sandbox.turn_bolt(front, thrown=True)
        sandbox.tamper(front)
        sandbox.ring(front)
        sandbox.set_battery(front, 0.05)
        await harness.advance(200)
        sandbox.faults.clear(fault)
    assert house.push == "degraded"
    await harness.advance(2000)
    await ears.look(harness)
    sandbox.enter_code(front, CANARY_PIN)
    await harness.settle()
    await harness.advance(5)
    assert house.push == "working"


async def call_the_address(house: House) -> None:
    """Good calls, forged ones and useless ones, with all that is secret in them."""
    door = house.sandbox.door("Garage Side Door")
    told = {
        "code": CANARY_PIN,
        "access_code_name": CANARY_GUEST,
        "secret": house.registered.secrets[0],
        "odd": [house.registered.url, house.sandbox.api_key],
    }
    for forgery in ATTACKS.values():
        await house.tell(house.event(door, "lock.locked", **told), forgery)
    for useless in USELESS.values():
        await house.tell(useless)
    for event in (
        house.event(door, "lock.locked", **told),
        house.event(door, "access_code.changed", **told, **{"from": told}),
        house.event(None, "lock.locked", **told),
        house.event(door, "lock.locked", **told, workspace_id=make_id("other")),
        house.event(door, CANARY_PIN, **told),
        house.event(door, "lock.unlocked", **told, occurred_at=CANARY_PIN),
        [told],
        orjson.dumps(told)[:-3],
    ):
        await house.tell(event)


async def try_the_button(house: House, ears: Ears) -> None:
    """Press the button, with and without success."""
    await house.press_button()
    with patch("custom_components.seam.push.self_test.sign", return_value="v1,AAAA"):
        await ears.expect(house.press_button())
    url = house.hass.config.internal_url
    await house.hass.config.async_update(internal_url="http://127.0.0.1:9")
    await house.harness.advance(5)
    await ears.expect(house.press_button())
    await house.hass.config.async_update(internal_url=None)
    await house.harness.advance(5)
    await ears.expect(house.press_button())
    await house.hass.config.async_update(internal_url=url)
    await house.harness.settle()
    await house.proven()


async def change_the_key(house: House, ears: Ears) -> None:
    """Seam refuses the key; a wrong one is entered, then a good one, then another."""
    harness, sandbox, hass = house.harness, house.sandbox, house.hass
    old = sandbox.api_key
    sandbox.set_api_key(NEW_KEY)
    await harness.advance(400)
    (flow,) = hass.config_entries.flow.async_progress()
    await ears.look(harness)
    for key in (old, "seam_pk_canaryKEY", NEW_KEY):
        result = await harness.until(
            asyncio.create_task(
                hass.config_entries.flow.async_configure(
                    flow["flow_id"], entered(key, sandbox.url)
                )
            )
        )
        ears.heard.append(("form", repr(result.get("errors"))))
        ears.heard.append(("form", repr(result.get("description_placeholders"))))
    assert result["reason"] == "reauth_successful"
    await harness.settle()
    await house.proven()
    result = await harness.entry.start_reconfigure_flow(hass)
    result = await harness.until(
        asyncio.create_task(
            hass.config_entries.flow.async_configure(
                result["flow_id"], entered(NEW_KEY, sandbox.url)
            )
        )
    )
    assert result["reason"] == "reconfigure_successful"
    await harness.settle()
    await house.proven()


async def go_through_the_day(house: House, ears: Ears, user: Context) -> None:
    """Do everything there is."""
    harness, sandbox = house.harness, house.sandbox
    await house.proven()
    await harness.advance(5)
    await ears.look(harness)
    await use_the_doors(house, ears, user)
    await call_the_address(house)
    await try_the_button(house, ears)
    await fail_in_every_way(house)
    await ears.look(harness)
    await change_the_key(house, ears)
    sandbox.disconnect_account("august")
    sandbox.remove_device("Workshop")
    await harness.advance(65)
    await ears.look(harness)
    sandbox.reconnect_account("august")
    await house.reload()
    await house.proven()
    await ears.look(harness)


# The recorder begins while time still goes by.
@pytest.mark.usefixtures("recorder_mock", "hass_storage")
@pytest.mark.parametrize("names", [False, True])
async def test_nothing_secret_gets_out(
    hass_client_no_auth: ClientSessionGenerator,
    harness: Harness,
    caplog: pytest.LogCaptureFixture,
    names: bool,
) -> None:
    caplog.set_level(logging.DEBUG)
    hass = harness.hass
    ears = Ears(hass)
    ears.listen()
    user = Context(user_id=(await hass.auth.async_create_user(USER)).id)
    first_key = harness.sandbox.api_key
    house = await open_house(harness, hass_client_no_auth)
    await harness.set_up(options={CONF_NAMES_IN_HISTORY: names})
    await go_through_the_day(house, ears, user)
    await ears.look(harness)
    patterns = list(canaries(house, {first_key, NEW_KEY}))

    house.sandbox.faults.add(
        "http_status", status=503, path=DELETE, message=make_id("webhook", 1)
    )
    await house.remove()
    await ears.read_the_records()
    ears.read_the_log(caplog)
    if not names:
        patterns += [re.compile(name) for name in NAMES]

    # All that could leak did come by.
    assert len(ears.heard) > 1000
    assert {"issue", "flow", "form", "exception", "diagnostics"} <= {
        where for where, _ in ears.heard
    }
    assert any(where == "recorder: states" for where, _ in ears.heard)
    if names:
        told = [text for where, text in ears.heard if where == "bus: state_changed"]
        assert all(any(name in text for text in told) for name in NAMES)

    leaks = {
        f"{pattern.pattern} in {where}": text[:300]
        for where, text in ears.heard
        for pattern in patterns
        if pattern.search(text)
    }
    assert leaks == {}
