"""Push through Home Assistant Cloud: it comes, goes, and gives other addresses."""

import asyncio
from types import SimpleNamespace
from typing import Any, override
from unittest.mock import AsyncMock, patch

from aiohttp import web
from aiohttp.test_utils import TestServer
from hass_nabucasa.cloudhooks import (
    CloudhookApiError,
    Cloudhooks,
    GeneratedCloudhookDetails,
)
from homeassistant.components import cloud as ha_cloud, webhook
from homeassistant.components.cloud.client import CloudClient
from homeassistant.components.cloud.const import DATA_CLOUD
from homeassistant.components.cloud.prefs import CloudPreferences
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util.aiohttp import MockRequest
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.seam.const import CONF_CLOUDHOOK_URL, CONF_PUSH
from custom_components.seam.diagnostics import async_get_config_entry_diagnostics
from tests.harness import Harness
from tests.push.helpers import ATTACKS, CREATE, EVENTS, House, open_house, our_log


class _Hooks(Cloudhooks):
    """Home Assistant Cloud's own, except that addresses are ours."""

    def __init__(self, cloud: Any, server: TestServer) -> None:
        super().__init__(cloud)
        self._server = server
        self._made = 0
        self.trouble: Exception | None = None

    @override
    async def generate(self) -> GeneratedCloudhookDetails:
        if self.trouble is not None:
            raise self.trouble
        self._made += 1
        cloudhook_id = f"canary-cloudhook-{self._made}"
        return GeneratedCloudhookDetails(
            cloudhook_id=cloudhook_id, url=str(self._server.make_url(cloudhook_id))
        )


class Cloud:
    """Home Assistant Cloud: its server on loopback, its client as it is.

    Attributes:
        client: Home Assistant's own.
        cloudhooks: the same.
        is_logged_in: somebody has an account.
        subscription_expired: and has paid for it.
        iot: the line between both; `connected` says whether it stands.
    """

    def __init__(self, hass: HomeAssistant, prefs: CloudPreferences) -> None:
        self._hass = hass
        self.client = CloudClient(hass, prefs, async_get_clientsession(hass), {}, {})
        self.is_logged_in = True
        self.subscription_expired = False
        self.iot = SimpleNamespace(
            connected=True,
            register_on_connect=lambda _: None,
            async_send_message=AsyncMock(),
        )
        self.events = SimpleNamespace(publish=AsyncMock())
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{cloudhook_id}", self._relay)
        self.server = TestServer(app)
        self.cloudhooks = _Hooks(self, self.server)

    @property
    def is_connected(self) -> bool:
        connected: bool = self.iot.connected
        return connected

    async def _relay(self, request: web.Request) -> web.Response:
        """Hand a call on through the line, as Home Assistant Cloud does."""
        if not self.is_connected:
            return web.Response(status=502)
        answer = await self.client.async_webhook_message(
            {
                "cloudhook_id": request.match_info["cloudhook_id"],
                "body": (await request.read()).decode(),
                "headers": dict(request.headers),
                "method": request.method,
                "query": request.query_string,
            }
        )
        return web.Response(status=answer["status"])

    def connect(self, *, connected: bool) -> None:
        """Let the line to the cloud stand or break."""
        self.iot.connected = connected
        state = ha_cloud.CloudConnectionState
        async_dispatcher_send(
            self._hass,
            ha_cloud.SIGNAL_CLOUD_CONNECTION_STATE,
            state.CLOUD_CONNECTED if connected else state.CLOUD_DISCONNECTED,
        )

    async def log_out(self) -> None:
        """Forget the account and all addresses."""
        self.is_logged_in = False
        await self.client.async_cloudhooks_update({})
        self.connect(connected=False)


@pytest.fixture
async def cloud(house: House, hass_storage: dict[str, Any]) -> Any:
    """Return the cloud, logged in and connected."""
    hass = house.hass
    prefs = CloudPreferences(hass)
    await prefs.async_initialize()
    cloud = Cloud(hass, prefs)
    await cloud.server.start_server()
    data: dict[Any, Any] = hass.data
    data[DATA_CLOUD] = cloud
    hass.config.components.add("cloud")
    ha_cloud._handle_prefs_updated(hass, cloud)  # type: ignore[arg-type] # the same
    yield cloud
    await cloud.server.close()


@pytest.fixture
async def house(harness: Harness, hass_client_no_auth: ClientSessionGenerator) -> House:
    """Return a workspace without an address of its own, not yet set up."""
    house = await open_house(harness, hass_client_no_auth)
    await house.hass.config.async_update(internal_url=None)
    return house


@pytest.fixture
async def pushed(house: House, cloud: Cloud) -> House:
    """Return a workspace with push through the cloud that is proven."""
    await house.harness.set_up()
    await house.proven()
    await house.harness.advance(5)
    return house


async def is_live(house: House) -> bool:
    """Say whether a bolt turned by hand is shown at once."""
    door = house.sandbox.door("Garage Side Door")
    thrown = not door.bolt_thrown
    house.sandbox.turn_bolt(door, thrown=thrown)
    await house.harness.settle()
    return house.harness.state(door).state == ("locked" if thrown else "unlocked")


async def uses_cloud(house: House) -> bool:
    found = await async_get_config_entry_diagnostics(house.hass, house.harness.entry)
    uses: bool = found["push"]["uses_cloud"]
    return uses


async def test_events_come_through_the_cloud(pushed: House, cloud: Cloud) -> None:
    (hook,) = cloud.client.cloudhooks.values()
    assert hook["webhook_id"] == pushed.webhook_id
    assert pushed.registered.url == hook["cloudhook_url"]
    assert pushed.harness.entry.data[CONF_CLOUDHOOK_URL] == hook["cloudhook_url"]
    assert await is_live(pushed)
    assert await uses_cloud(pushed)
    await pushed.press_button()


async def test_no_forged_call_comes_through_the_cloud(pushed: House) -> None:
    """What the cloud brings is no real request: it has no `read`."""
    door = pushed.sandbox.door("Garage Side Door")
    before = pushed.picture()
    answers: dict[str, int] = {}
    for name, forgery in ATTACKS.items():
        call = pushed.call(pushed.event(door, "lock.locked"), forgery)
        response = await webhook.async_handle_webhook(
            pushed.hass,
            pushed.webhook_id,
            MockRequest(
                content=call.body,
                mock_source="cloud",
                method=call.method,
                headers=call.headers,
            ),
        )
        await pushed.harness.settle()
        answers[name] = response.status
    assert answers == {name: forgery.status for name, forgery in ATTACKS.items()}
    assert pushed.picture() == before
    assert pushed.push == "working"


async def test_a_cloud_that_is_not_there_yet_does_not_hold_up_the_start(
    house: House, cloud: Cloud
) -> None:
    cloud.connect(connected=False)
    await house.harness.set_up()
    assert house.push == "no_address"
    cloud.connect(connected=True)
    await house.harness.settle()
    await house.proven()
    await house.harness.advance(5)
    assert await is_live(house)


async def test_a_known_address_waits_for_the_cloud(pushed: House, cloud: Cloud) -> None:
    await pushed.harness.unload()
    webhook_id = pushed.registered.webhook_id
    cloud.connect(connected=False)
    await pushed.harness.set_up()
    assert pushed.push == "unproven"
    cloud.connect(connected=True)
    await pushed.harness.settle()
    await pushed.proven()
    assert pushed.registered.webhook_id == webhook_id
    assert pushed.sandbox.count(CREATE) == 1


async def test_a_cloud_that_is_lost_and_comes_back(pushed: House, cloud: Cloud) -> None:
    harness = pushed.harness
    cloud.connect(connected=False)
    await harness.settle()
    assert pushed.push == "unproven"
    # It asks meanwhile.
    before = len(pushed.sandbox.requests)
    await harness.advance(150)
    assert 4 <= pushed.asked(EVENTS, before) <= 6
    cloud.connect(connected=True)
    await harness.settle()
    await pushed.proven()
    assert pushed.sandbox.count(CREATE) == 1
    await harness.advance(5)
    assert await is_live(pushed)


async def test_a_cloud_that_is_lost_before_the_first_event(
    house: House, cloud: Cloud
) -> None:
    await house.harness.set_up()
    await house.tested()
    assert house.push == "reachable"
    cloud.connect(connected=False)
    await house.harness.settle()
    assert house.push == "unproven"


async def test_an_address_that_was_deleted_is_made_anew(
    pushed: House, cloud: Cloud
) -> None:
    old = pushed.registered
    await cloud.cloudhooks.async_delete(pushed.webhook_id)
    await pushed.harness.settle()
    await pushed.proven()
    assert pushed.registered.url != old.url
    assert pushed.registered.webhook_id != old.webhook_id
    await pushed.harness.advance(5)
    assert await is_live(pushed)


async def test_without_an_account_the_own_address_is_used_or_none(
    pushed: House, cloud: Cloud
) -> None:
    await cloud.log_out()
    await pushed.harness.settle()
    assert pushed.push == "no_address"
    assert not pushed.sandbox.webhooks.all
    assert CONF_CLOUDHOOK_URL not in pushed.harness.entry.data
    assert CONF_PUSH not in pushed.harness.entry.data

    await pushed.hass.config.async_update(internal_url=pushed.base)
    await pushed.harness.settle()
    await pushed.proven()
    assert pushed.registered.url == pushed.base + pushed.path
    assert not await uses_cloud(pushed)
    # What the cloud does is none of our business then.
    cloud.connect(connected=False)
    await pushed.harness.settle()
    assert pushed.push == "working"

    # The account is back, and with it the address that works anywhere.
    cloud.is_logged_in = True
    cloud.connect(connected=True)
    await pushed.harness.settle()
    await pushed.proven()
    assert await uses_cloud(pushed)


@pytest.mark.parametrize(
    "trouble",
    [
        CloudhookApiError("canary-trouble"),
        TimeoutError("canary-trouble"),
        ValueError("canary-trouble"),
    ],
)
async def test_a_cloud_that_gives_no_address_is_asked_again(
    house: House, cloud: Cloud, trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.cloudhooks.trouble = trouble
    await house.harness.set_up()
    assert house.push == "no_address"
    assert not any("canary-trouble" in message for message in our_log(caplog))
    cloud.cloudhooks.trouble = None
    await house.harness.advance(61)
    await house.proven()


async def test_the_address_goes_with_the_entry(
    pushed: House, cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    await pushed.remove()
    assert not cloud.client.cloudhooks
    assert not pushed.sandbox.webhooks.all
    assert our_log(caplog, 20) == []


async def test_a_webhook_at_a_former_address_is_not_forgotten(
    house: House, cloud: Cloud
) -> None:
    """It was being made when the power went, and the cloud gives another address."""
    harness, sandbox = house.harness, house.sandbox
    sandbox.faults.add("http_hang", path=CREATE, times=1)
    await harness.set_up()
    await harness.advance(2)
    in_the_middle = dict(harness.entry.data)
    await harness.unload()
    await harness.advance(60)
    former = in_the_middle[CONF_CLOUDHOOK_URL]
    sandbox.webhooks.create(sandbox.workspace_id, former, ["*"])
    house.hass.config_entries.async_update_entry(harness.entry, data=in_the_middle)
    await cloud.cloudhooks.async_delete(house.webhook_id)
    await harness.set_up()
    await house.proven()
    assert house.registered.url != former


async def test_a_cloud_that_hangs_does_not_hold_up_the_removal(
    pushed: House, cloud: Cloud
) -> None:
    never = asyncio.get_running_loop().create_future()
    with patch.object(cloud.cloudhooks, "async_delete", lambda _: never):
        await pushed.remove()
    assert not pushed.hass.config_entries.async_entries("seam")


@pytest.mark.parametrize("trouble", ["deleted", "gone", "unloaded"])
async def test_an_address_that_cannot_be_given_back_is_no_trouble(
    pushed: House, cloud: Cloud, caplog: pytest.LogCaptureFixture, trouble: str
) -> None:
    await pushed.harness.unload()
    match trouble:
        case "deleted":
            await cloud.cloudhooks.async_delete(pushed.webhook_id)
        case "gone":
            del pushed.hass.data[DATA_CLOUD]
        case _:
            pushed.hass.config.components.remove("cloud")
    await pushed.remove()
    assert not pushed.sandbox.webhooks.all
    assert our_log(caplog, 20) == []


async def test_a_cloud_that_nobody_pays_for_is_not_used(
    house: House, cloud: Cloud
) -> None:
    cloud.subscription_expired = True
    await house.harness.set_up()
    assert house.push == "no_address"
    assert not cloud.client.cloudhooks
