"""Reads are asked again, commands never."""

from collections.abc import Awaitable, Callable

import aiohttp
import pytest

from custom_components.seam.api import (
    SeamClient,
    SeamConnectionError,
    SeamCredentialsError,
    SeamError,
    SeamInputError,
    SeamNotFoundError,
    SeamRateLimitError,
    SeamResponseError,
    SeamServerError,
    SeamTimeoutError,
    transport as transport_module,
)

from .conftest import Answer, ScriptedSeam, Waits, fail, ok, raw, reset

GOOD = ok(workspace={"workspace_id": "w1"}, action_attempt={"action_attempt_id": "a"})


@pytest.mark.parametrize("bad", [fail(500), fail(503), raw("", status=502), reset])
async def test_a_read_is_asked_again(
    seam: ScriptedSeam, client: SeamClient, waits: Waits, bad: Answer
) -> None:
    seam.then(bad, bad, GOOD)
    assert (await client.get_workspace()).workspace_id == "w1"
    first, second = waits.seconds
    assert 0.2 <= first <= 0.6
    assert 0.4 <= second <= 1.2


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (fail(500), SeamServerError),
        (fail(429), SeamRateLimitError),
        (reset, SeamConnectionError),
    ],
)
async def test_a_read_gives_up_after_two_more(
    seam: ScriptedSeam,
    client: SeamClient,
    waits: Waits,
    bad: Answer,
    kind: type[SeamError],
) -> None:
    seam.then(bad, bad, bad)
    with pytest.raises(kind):
        await client.get_workspace()
    assert len(waits.seconds) == 2


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (fail(400), SeamInputError),
        (fail(401), SeamCredentialsError),
        (fail(403), SeamCredentialsError),
        (fail(404), SeamNotFoundError),
        (raw("<html>", status=404), SeamResponseError),
        (raw("<html>"), SeamResponseError),
        (ok(), SeamResponseError),
    ],
)
async def test_what_would_fail_again_is_not_asked_again(
    seam: ScriptedSeam,
    client: SeamClient,
    waits: Waits,
    bad: Answer,
    kind: type[SeamError],
) -> None:
    seam.then(bad)
    with pytest.raises(kind):
        await client.get_workspace()
    assert waits.seconds == []


async def test_the_waits_differ(
    seam: ScriptedSeam, client: SeamClient, waits: Waits
) -> None:
    """Many homes must not come back at the same moment."""
    for _ in range(8):
        seam.then(fail(503), GOOD)
        await client.get_workspace()
    assert len(set(waits.seconds)) == 8


async def test_retry_after_wins(
    seam: ScriptedSeam, client: SeamClient, waits: Waits
) -> None:
    seam.then(
        fail(429, headers={"Retry-After": "7"}),
        fail(429, headers={"Retry-After": "0"}),
        GOOD,
    )
    await client.get_workspace()
    assert waits.seconds == [7, 0]


async def test_a_wait_beyond_the_deadline_is_left_to_the_caller(
    seam: ScriptedSeam, client: SeamClient, waits: Waits
) -> None:
    seam.then(fail(429, headers={"Retry-After": "41"}))
    with pytest.raises(SeamRateLimitError) as caught:
        await client.get_workspace()
    assert caught.value.retry_after == 41
    assert waits.seconds == []


async def test_a_read_is_cut_off_at_its_deadline(
    seam: ScriptedSeam, client: SeamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second try began in time, but would not end in time."""
    monkeypatch.setattr(transport_module, "READ_DEADLINE", 0.8)
    seam.then(fail(503), seam.hang)
    with pytest.raises(SeamTimeoutError):
        await client.get_workspace()
    assert len(seam.asked) == 2


async def test_a_timeout_is_asked_again(
    seam: ScriptedSeam, client: SeamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_module, "TIMEOUT", aiohttp.ClientTimeout(total=0.3))
    seam.then(seam.hang, GOOD)
    assert (await client.get_workspace()).workspace_id == "w1"


@pytest.mark.parametrize(
    "send",
    [
        lambda client: client.lock_door("d1"),
        lambda client: client.unlock_door("d1"),
        lambda client: client.create_webhook("https://example.invalid", []),
        lambda client: client.delete_webhook("h1"),
    ],
)
@pytest.mark.parametrize(
    "bad", [fail(500), fail(429, headers={"Retry-After": "0"}), reset]
)
async def test_a_command_is_sent_once(
    seam: ScriptedSeam,
    client: SeamClient,
    waits: Waits,
    send: Callable[[SeamClient], Awaitable[object]],
    bad: Answer,
) -> None:
    seam.then(bad)
    with pytest.raises(SeamError):
        await send(client)
    assert len(seam.asked) == 1
    assert waits.seconds == []


async def test_a_command_that_hangs_is_sent_once(
    seam: ScriptedSeam, client: SeamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_module, "TIMEOUT", aiohttp.ClientTimeout(total=0.2))
    seam.then(seam.hang)
    with pytest.raises(SeamTimeoutError):
        await client.unlock_door("d1")
    assert len(seam.asked) == 1


async def test_a_command_on_a_connection_that_was_closed_is_sent_once(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    """A kept connection that dies under a POST must not send it a second time."""
    seam.then(GOOD, reset)
    await client.get_workspace()
    with pytest.raises(SeamConnectionError):
        await client.unlock_door("d1")
    assert seam.paths == ["/workspaces/get", "/locks/unlock_door"]


# -- an outage


@pytest.mark.parametrize("bad", [fail(500), fail(429), reset])
async def test_in_an_outage_each_read_is_asked_once(
    seam: ScriptedSeam, client: SeamClient, waits: Waits, bad: Answer
) -> None:
    """Only the first one that failed was worth another try."""
    seam.always = bad
    for asked in (3, 4, 5):
        with pytest.raises(SeamError):
            await client.get_workspace()
        assert len(seam.asked) == asked
    seam.always = GOOD
    await client.get_workspace()
    waits.seconds.clear()
    seam.then(bad, GOOD)
    await client.get_workspace()
    assert len(waits.seconds) == 1


async def test_an_outage_of_one_path_is_no_other_s(
    seam: ScriptedSeam, client: SeamClient
) -> None:
    """And an answer of another path does not end it."""
    seam.then(*[fail(503)] * 3)
    with pytest.raises(SeamServerError):
        await client.list_devices()
    seam.then(fail(503), GOOD)
    await client.get_workspace()
    seam.then(fail(503))
    with pytest.raises(SeamServerError):
        await client.list_devices()
    assert seam.paths.count("/devices/list") == 4


@pytest.mark.parametrize(
    ("bad", "over"),
    [
        (fail(404), True),
        (fail(401), True),
        (raw("<html>"), False),
        (raw("<html>", status=403), False),
    ],
)
async def test_who_ends_an_outage(
    seam: ScriptedSeam, client: SeamClient, bad: Answer, over: bool
) -> None:
    """Seam itself, also when it refuses; nobody on the way."""
    seam.then(*[fail(503)] * 3, bad)
    for _ in range(2):
        with pytest.raises(SeamError):
            await client.get_workspace()
    seam.then(*[fail(503)] * (3 if over else 1))
    with pytest.raises(SeamServerError):
        await client.get_workspace()


async def test_a_read_that_ran_out_of_time_failed_too(
    seam: ScriptedSeam, client: SeamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_module, "READ_DEADLINE", 0.3)
    seam.then(seam.hang, fail(503))
    for kind in (SeamTimeoutError, SeamServerError):
        with pytest.raises(kind):
            await client.get_workspace()
    assert len(seam.asked) == 2
