"""The button that tests push."""

import logging
import re
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


SCOPE = (
    "This tests your address. The sensor **Push** shows whether Seam itself delivers."
)


async def test_the_button_says_that_the_address_works_and_what_it_tests(
    pushed: House,
) -> None:
    for _ in range(2):  # the second takes the place of the first
        await pushed.press_button()
        ((notice_id, (title, message)),) = pushed.notices().items()
        assert title == "Canary House: Test push"
        assert re.fullmatch(
            re.escape(
                "The address works: the test came back in # ms.\n\n" + SCOPE
            ).replace(re.escape("#"), r"[1-9]\d*"),
            message,
        )
        told = f"{notice_id} {title} {message}"
        assert not any(secret in told for secret in pushed.secrets())
    await pushed.remove()
    assert not pushed.notices()


async def test_the_notice_says_so_too_when_all_that_seam_sends_is_lost(
    house: House,
) -> None:
    house.sandbox.faults.add("webhook_dropped")
    await house.harness.set_up()
    await house.press_button()
    ((_, message),) = house.notices().values()
    assert message.endswith(SCOPE)
    assert house.push == "reachable"


async def test_the_button_needs_an_address(harness: Harness) -> None:
    await harness.set_up()
    # This one serves nobody, so that nothing but the harness is used.
    house = House(harness, None)  # type: ignore[arg-type] # no client is needed here
    with pytest.raises(HomeAssistantError) as caught:
        await house.press_button()
    assert caught.value.translation_key == "push_no_address"
    ((_, message),) = house.notices().values()
    assert message.startswith("Seam has no address for Home Assistant.")


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
    ((title, message),) = pushed.notices().values()
    assert message == f"{caught.value}.\n\n{SCOPE}"
    told = [str(caught.value), str(title), message, *our_log(caplog)]
    for secret in (pushed.webhook_id, stored["url"], stored["webhook_id"]):
        assert not any(secret in message for message in told)
