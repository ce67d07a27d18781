"""The main job, in Home Assistant, on Seam's own fake."""

import asyncio

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.const import CONF_API_KEY
from homeassistant.core import Context, HomeAssistant, State
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.seam.const import CONF_ENDPOINT, DOMAIN

from .fake_seam import FakeSeam
from .servers import FakeServer

pytestmark = pytest.mark.conformance

# Real seconds; the fake has a clock of its own.
PATIENCE = 15.0


async def state_of(hass: HomeAssistant, device_id: str) -> State:
    """Return the state of a lock."""
    entity_id = er.async_get(hass).async_get_entity_id("lock", DOMAIN, device_id)
    assert entity_id is not None
    state = hass.states.get(entity_id)
    assert state is not None
    return state


async def becomes(hass: HomeAssistant, device_id: str, wanted: str) -> None:
    """Wait until a lock is in a state, and nobody has to assume it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            state = await state_of(hass, device_id)
            if state.state == wanted and "assumed_state" not in state.attributes:
                return
            await asyncio.sleep(0.05)


@pytest.mark.usefixtures("socket_enabled", "enable_custom_integrations")
async def test_a_key_locks_and_unlocks(hass: HomeAssistant, fake: FakeSeam) -> None:
    fake.do("reset")
    flow = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"],
        {CONF_API_KEY: FakeServer.key, "advanced": {CONF_ENDPOINT: fake.url}},
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert entry.unique_id == FakeServer.workspace_id
    assert len(hass.states.async_entity_ids("lock")) == FakeServer.count - len(
        FakeServer.not_locks
    )

    entity_id = (await state_of(hass, FakeServer.lock)).entity_id
    for action, wanted in (("lock", "locked"), ("unlock", "unlocked")):
        await hass.services.async_call(
            "lock", action, {"entity_id": entity_id}, blocking=True
        )
        # The fake does not say who has confirmed it: a second reading does.
        await becomes(hass, FakeServer.lock, wanted)

    fake.do("take_offline", device_id=FakeServer.lock)
    await entry.runtime_data.coordinator.async_refresh()
    assert (await state_of(hass, FakeServer.lock)).state == "unavailable"
    with pytest.raises(HomeAssistantError):
        await entry.runtime_data.commands.async_send(
            FakeServer.lock, lock=True, context=Context()
        )
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
