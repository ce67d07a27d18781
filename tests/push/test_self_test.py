"""The button that tests push."""

import logging
from unittest.mock import patch

from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.seam.const import CONF_PUSH, DOMAIN
from tests.harness import Harness
from tests.push.helpers import House, our_log

# -- the self-test


async def test_the_button_shows_the_time_of_a_round_trip(pushed: House) -> None:
    sensor = pushed.harness.workspace_state("sensor", "push_round_trip")
    before = sensor.last_reported
    await pushed.harness.advance(30)
    await pushed.press_button()
    sensor = pushed.harness.workspace_state("sensor", "push_round_trip")
    assert sensor.last_reported > before
    assert 0 <= float(sensor.state) < 1000
    assert sensor.attributes["unit_of_measurement"] == "ms"


async def test_the_button_finds_out_that_the_address_works(house: House) -> None:
    with patch("custom_components.seam.push.self_test.sign", return_value="v1,AAAA"):
        await house.harness.set_up()
        await house.harness.advance(1)
    assert house.push == "unproven"
    await house.press_button()
    assert house.push == "reachable"


async def test_the_button_needs_an_address(harness: Harness) -> None:
    await harness.set_up()
    # This one serves nobody, so that nothing but the harness is used.
    house = House(harness, None)  # type: ignore[arg-type] # no client is needed here
    with pytest.raises(HomeAssistantError) as caught:
        await house.press_button()
    assert caught.value.translation_key == "push_no_address"


@pytest.mark.parametrize(
    ("trouble", "key"),
    [
        ("secret", "push_refused"),
        ("redirect", "push_refused"),
        ("swallowed", "push_no_answer"),
        ("silence", "push_no_answer"),
        ("nobody", "push_unreachable"),
        ("no address", "push_unreachable"),
        ("no secret", "push_unreachable"),
    ],
)
async def test_the_button_says_what_is_wrong(
    pushed: House, trouble: str, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stored = dict(pushed.harness.entry.data[CONF_PUSH])
    sandbox = pushed.sandbox
    match trouble:
        case "secret":
            # What answers there is another Home Assistant, or one restored.
            stored["url"] = pushed.base + "/api/webhook/none"
            with patch(
                "custom_components.seam.push.self_test.sign", return_value="v1,AAAA"
            ):
                with pytest.raises(HomeAssistantError) as caught:
                    await pushed.press_button()
                assert caught.value.translation_key == key
            return
        case "redirect":
            stored["url"] = pushed.base + "/api/none"
        case "swallowed":
            # Home Assistant itself says 200 to what nobody listens to.
            stored["url"] = pushed.base + "/api/webhook/none"
        case "silence":
            sandbox.faults.add("http_hang", path="/workspaces/get")
            stored["url"] = sandbox.url + "/workspaces/get"
        case "nobody":
            stored["url"] = "http://127.0.0.1:9/"
        case "no address":
            stored["url"] = "nonsense"
        case _:
            stored["secret"] = "whsec_"
    pushed.hass.config_entries.async_update_entry(
        pushed.harness.entry, data={**pushed.harness.entry.data, CONF_PUSH: stored}
    )
    with pytest.raises(HomeAssistantError) as caught:
        await pushed.press_button()
    assert caught.value.translation_key == key
    assert caught.value.translation_domain == DOMAIN
    told = [str(caught.value), *our_log(caplog)]
    for secret in (pushed.webhook_id, stored["url"], stored["webhook_id"]):
        assert not any(secret in message for message in told)
