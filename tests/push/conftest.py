"""What the tests of push share: a house that can be pushed to."""

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from tests.harness import Harness
from tests.push.helpers import House, open_house


@pytest.fixture
async def house(harness: Harness, hass_client_no_auth: ClientSessionGenerator) -> House:
    """Return a workspace that can be pushed to, not yet set up."""
    return await open_house(harness, hass_client_no_auth)


@pytest.fixture
async def pushed(house: House) -> House:
    """Return a workspace with push that is proven, after a quiet while."""
    await house.harness.set_up()
    await house.proven()
    await house.harness.advance(5)
    return house
