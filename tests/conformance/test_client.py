"""The client gets along with the sandbox and with Seam's own fake alike."""

from unittest.mock import patch

import pytest

from custom_components.seam.api import (
    AttemptStatus,
    EventList,
    SeamCredentialsError,
    SeamInputError,
    SeamNotFoundError,
    SeamResponseError,
    SeamServerError,
)
from custom_components.seam.events.types import EVENT_TYPES
from tests.seam_sandbox import CANARY_GUEST

from .servers import FakeServer, Server

pytestmark = pytest.mark.conformance

URL = "https://example.com/canary-hook"
CLIENT = "custom_components.seam.api.client"


async def test_the_workspace_of_a_key(server: Server) -> None:
    workspace = await server.client().get_workspace()
    assert workspace.workspace_id == server.workspace_id
    assert workspace.name
    assert workspace.is_sandbox


@pytest.mark.parametrize("key", ["seam_canaryKEY_wrong", "seam_cst_canary"])
async def test_wrong_keys(server: Server, key: str) -> None:
    client = server.client(key)
    with pytest.raises(SeamCredentialsError) as caught:
        await client.get_workspace()
    assert caught.value.request_id
    assert key not in str(caught.value)
    with pytest.raises(SeamCredentialsError):
        await client.list_devices()


async def test_a_key_of_another_workspace(server: Server) -> None:
    client = server.client(server.other_key)
    assert (await client.get_workspace()).workspace_id != server.workspace_id
    assert (await client.list_devices()).devices == ()


async def test_the_workspaces_of_an_access_token(server: Server) -> None:
    found = await server.client(server.token).list_workspaces()
    assert server.workspace_id in {one.workspace_id for one in found}
    inside = server.client(server.token, workspace_id=server.workspace_id)
    assert (await inside.get_workspace()).workspace_id == server.workspace_id


async def test_an_access_token_without_a_workspace(server: Server) -> None:
    with pytest.raises(SeamCredentialsError):
        await server.client(server.token).get_workspace()


async def test_all_devices(server: Server) -> None:
    found = await server.client().list_devices()
    assert (len(found.devices), found.skipped, found.pages) == (server.count, 0, 1)
    by_id = {device.device_id: device for device in found.devices}
    lock = by_id[server.lock]
    assert lock.is_lock
    assert lock.can_remotely_lock
    assert lock.can_remotely_unlock
    assert lock.online
    assert lock.locked in (True, False)
    assert lock.name
    assert lock.manufacturer


async def test_devices_page_by_page(server: Server) -> None:
    client = server.client()
    whole = await client.list_devices()
    with patch(f"{CLIENT}.PAGE_LIMIT", 2):
        paged = await client.list_devices()
    assert paged.pages == (server.count + 1) // 2
    assert paged.devices == whole.devices


async def test_devices_by_id(server: Server) -> None:
    found = await server.client().list_devices([server.other_lock])
    assert [device.device_id for device in found.devices] == [server.other_lock]


async def test_one_device(server: Server) -> None:
    client = server.client()
    device = await client.get_device(server.lock)
    listed = {one.device_id: one for one in (await client.list_devices()).devices}
    assert device == listed[server.lock]


async def test_what_is_not_there(server: Server) -> None:
    client = server.client()
    for ask in (
        client.get_device,
        client.lock_door,
        client.unlock_door,
        client.get_action_attempt,
        client.get_access_code,
        client.delete_webhook,
    ):
        with pytest.raises(SeamNotFoundError) as caught:
            await ask(server.unknown)
        assert caught.value.request_id
        assert caught.value.error_type


async def test_a_device_that_is_no_lock(server: Server) -> None:
    found = await server.client().list_devices()
    others = {one.device_id for one in found.devices if not one.is_lock}
    assert others == server.not_locks


async def test_lock_and_unlock(server: Server) -> None:
    client = server.client()
    for ask, locked in (
        (client.unlock_door, False),
        (client.lock_door, True),
        (client.unlock_door, False),
    ):
        started = await ask(server.lock)
        assert started.status is AttemptStatus.PENDING
        await server.pass_time()
        ended = await client.get_action_attempt(started.action_attempt_id)
        assert ended.status is AttemptStatus.SUCCESS
        assert ended.was_confirmed is not server.unconfirmed
        assert (await client.get_device(server.lock)).locked is locked


async def test_many_commands_at_a_time(server: Server) -> None:
    client = server.client()
    started = [
        await client.unlock_door(server.lock),
        await client.unlock_door(server.other_lock),
    ]
    await server.pass_time()
    wanted = {one.action_attempt_id for one in started}
    found = await client.list_action_attempts(sorted(wanted))
    assert {one.action_attempt_id for one in found} == wanted
    assert {one.status for one in found} == {AttemptStatus.SUCCESS}


async def test_a_command_that_fails(server: Server) -> None:
    started = await server.failed_command("The bolt met something hard.")
    await server.pass_time()
    ended = await server.client().get_action_attempt(started.action_attempt_id)
    assert ended.status is AttemptStatus.ERROR
    assert ended.error_message == "The bolt met something hard."
    assert ended.error_type


async def test_a_lock_that_is_offline(server: Server) -> None:
    await server.take_offline(server.lock)
    device = await server.client().get_device(server.lock)
    assert device.online is False
    assert device.locked is None
    assert [error.code for error in device.errors] == ["device_disconnected"]


async def test_events(server: Server) -> None:
    client = server.client()
    await client.get_workspace()  # tells the time
    begun = client.now()
    await client.unlock_door(server.lock)
    await server.pass_time()
    found = await client.list_events(begun - 60, client.now() + 60, ["lock.unlocked"])
    (event,) = (one for one in found.events if one.event_type == "lock.unlocked")
    assert event.device_id == server.lock
    assert event.workspace_id == server.workspace_id
    assert abs(event.occurred_at - begun) < 60
    before = await client.list_events(begun - 7200, begun - 3600)
    assert before == EventList((), begun - 3600)


async def test_more_events_than_fit(server: Server) -> None:
    client = server.client()
    await client.get_workspace()
    begun = client.now()
    for _ in range(3):
        await client.unlock_door(server.lock)
        await server.pass_time()
        await client.lock_door(server.lock)
        await server.pass_time()
    whole = await client.list_events(begun - 60, client.now() + 60)
    with patch(f"{CLIENT}.EVENT_LIMIT", 3):
        split = await client.list_events(begun - 60, client.now() + 60)
    assert {one.event_id for one in split.events} == {
        one.event_id for one in whole.events
    }
    assert len(whole.events) >= 6


async def test_webhooks(server: Server) -> None:
    client = server.client()
    created = await client.create_webhook(URL, ["lock.locked", "lock.unlocked"])
    assert created.url == URL
    assert created.secret
    (listed,) = [
        one
        for one in await client.list_webhooks()
        if one.webhook_id == created.webhook_id
    ]
    assert listed.event_types == {"lock.locked", "lock.unlocked"}
    await client.delete_webhook(created.webhook_id)
    assert await client.list_webhooks() == ()
    with pytest.raises(SeamNotFoundError):
        await client.delete_webhook(created.webhook_id)


async def test_the_events_that_we_ask_for(server: Server) -> None:
    client = server.client()
    if isinstance(server, FakeServer):
        # The fake knows 51 types, and not all that Seam documents.
        with pytest.raises(SeamInputError) as caught:
            await client.create_webhook(URL, sorted(EVENT_TYPES))
        assert caught.value.error_type == "invalid_event_types"
        return
    created = await client.create_webhook(URL, sorted(EVENT_TYPES))
    assert created.event_types == EVENT_TYPES.keys()


async def test_the_name_of_an_access_code(server: Server) -> None:
    access_code_id = await server.access_code(CANARY_GUEST)
    code = await server.client().get_access_code(access_code_id)
    assert code.name == CANARY_GUEST


async def test_an_access_code_that_seam_does_not_manage(server: Server) -> None:
    client = server.client()
    # The fake has no such route: it answers with the text "404".
    missing = isinstance(server, FakeServer)
    with pytest.raises(SeamResponseError if missing else SeamNotFoundError):
        await client.get_unmanaged_access_code(server.unknown)


async def test_an_outage(server: Server) -> None:
    client = server.client()
    await server.break_down("/devices/list")
    with pytest.raises(SeamServerError) as caught:
        await client.list_devices()
    assert caught.value.status == 503
    assert (await client.get_workspace()).workspace_id == server.workspace_id
