"""The doors behave as doors do, and Seam learns of it as it would."""

from aiohttp import ClientSession
import pytest

from custom_components.seam.api import SeamClient

from . import (
    BRANDS,
    CANARY_CLEANER,
    CANARY_GUEST,
    CANARY_PIN,
    FaultKind,
    ManualClock,
    SeamSandbox,
)
from .asking import Asking, Json

# -- devices


async def test_lists_devices_of_many_brands(
    sandbox: SeamSandbox, client: SeamClient
) -> None:
    found = await client.list_devices()

    assert found.skipped == 0
    assert len([one for one in found.devices if one.is_lock]) == 8
    assert len(found.devices) == 10
    assert len({one.device_type for one in found.devices}) == 10
    assert sandbox.count("/devices/list") == 1


async def test_ids_are_the_same_in_every_house() -> None:
    assert list(SeamSandbox(20).doors)[:10] != []
    assert list(SeamSandbox(20).doors) == list(SeamSandbox(20).doors)


async def test_a_large_house_has_all_kinds_of_locks() -> None:
    sandbox = SeamSandbox(200)
    locks = [door for door in sandbox.house if door.model.is_lock]
    assert len(locks) == 200
    assert len({door.name for door in locks}) == 200
    assert len({door.model.maker for door in locks}) >= 15
    offline = [door for door in locks if not door.online]
    assert len(offline) == 1 + 19


async def test_pages_hold_every_device_once(
    sandbox: SeamSandbox, session: ClientSession, client: SeamClient, seam: Asking
) -> None:
    found: list[str] = []
    cursor = None
    pages = 0
    while True:
        answer = await seam.call("/devices/list", limit=3, page_cursor=cursor)
        pages += 1
        found += [one["device_id"] for one in answer["devices"]]
        cursor = answer["pagination"]["next_page_cursor"]
        assert answer["pagination"]["has_next_page"] is (cursor is not None)
        if cursor is None:
            break
    assert found == list(sandbox.doors)
    assert pages == 4


async def test_a_cursor_goes_with_its_parameters(seam: Asking) -> None:
    cursor = (await seam.call("/devices/list", limit=3))["pagination"][
        "next_page_cursor"
    ]
    answer = await seam.call("/devices/list", limit=4, page_cursor=cursor)
    assert answer["error"]["type"] == "mismatched_page_parameters"


async def test_some_devices_by_id(sandbox: SeamSandbox, seam: Asking) -> None:
    wanted = [sandbox.door("Cellar").device_id, sandbox.door("Workshop").device_id]
    answer = await seam.call("/devices/list", device_ids=wanted)
    assert [one["device_id"] for one in answer["devices"]] == wanted


async def test_a_device_by_its_name(seam: Asking) -> None:
    answer = await seam.call("/devices/get", name="Cellar")
    assert answer["device"]["display_name"] == "Cellar"


async def test_offline_locks_tell_neither_bolt_nor_battery(
    sandbox: SeamSandbox, seam: Asking
) -> None:
    door = sandbox.door("Front Door")
    properties = (await seam.device(door.device_id))["properties"]
    assert properties["locked"] is True
    assert properties["battery"] == {"level": 0.85, "status": "full"}
    assert properties["accessory_keypad"]["battery"] == {"level": 0.7}

    sandbox.set_online(door, online=False)
    found = await seam.device(door.device_id)
    assert found["properties"]["online"] is False
    absent = {"locked", "battery", "battery_level", "door_open", "accessory_keypad"}
    assert not absent & found["properties"].keys()
    assert [one["error_code"] for one in found["errors"]] == ["device_disconnected"]


async def test_a_flag_is_true_false_or_absent(
    sandbox: SeamSandbox, seam: Asking
) -> None:
    main = await seam.device(sandbox.door("Main Entrance").device_id)
    assert "can_remotely_lock" not in main
    assert main["can_remotely_unlock"] is True
    shed = await seam.device(sandbox.door("Garden Shed").device_id)
    assert shed["can_remotely_lock"] is False


async def test_devices_come_go_and_are_renamed(
    sandbox: SeamSandbox, seam: Asking
) -> None:
    new = sandbox.add_lock("Attic", "nuki")
    sandbox.rename("Attic", "Loft")
    assert (await seam.device(new.device_id))["display_name"] == "Loft"
    sandbox.remove_device("Loft")
    answer = await seam.call("/devices/get", device_id=new.device_id)
    assert answer["error"]["type"] == "device_not_found"
    assert [one["event_type"] for one in await seam.events()] == [
        "device.added",
        "device.name_changed",
        "device.removed",
    ]


async def test_errors_and_warnings_come_and_go(
    sandbox: SeamSandbox, seam: Asking
) -> None:
    door = sandbox.door("Front Door")
    sandbox.set_error(door, "subscription_required")
    sandbox.set_warning(door, "privacy_mode", "Privacy mode is on.")
    found = await seam.device(door.device_id)
    assert found["errors"][0]["is_device_error"] is True
    assert found["warnings"][0]["message"] == "Privacy mode is on."
    sandbox.clear_error(door, "subscription_required")
    sandbox.clear_warning(door, "privacy_mode")
    found = await seam.device(door.device_id)
    assert found["errors"] == found["warnings"] == []


# -- what moves a bolt


async def test_a_hand_moves_the_bolt_and_seam_hears(
    sandbox: SeamSandbox, seam: Asking
) -> None:
    door = sandbox.door("Front Door")
    assert sandbox.turn_bolt(door, thrown=False)
    assert (await seam.device(door.device_id))["properties"]["locked"] is False
    (event,) = await seam.events()
    assert event["event_type"] == "lock.unlocked"
    assert event["method"] == "manual"
    assert "access_code_id" not in event


async def test_turning_it_where_it_is_tells_nothing(
    sandbox: SeamSandbox, seam: Asking
) -> None:
    sandbox.turn_bolt("Front Door", thrown=True)
    assert await seam.events() == []


async def test_a_code_says_who(
    sandbox: SeamSandbox, seam: Asking, client: SeamClient
) -> None:
    assert sandbox.enter_code("Front Door")
    (event,) = await seam.events()
    assert event["method"] == "keycode"
    assert event["access_code_is_managed"] is True
    # Seam really sends it; nothing of ours may ever show it.
    assert event["code"] == CANARY_PIN == "424242"
    code = await client.get_access_code(event["access_code_id"])
    assert code.name == CANARY_GUEST == "Guest Canary-Alice"


async def test_an_unmanaged_code_is_found_in_its_own_place(
    sandbox: SeamSandbox, seam: Asking, client: SeamClient
) -> None:
    assert sandbox.enter_code("Front Door", "737373")
    (event,) = await seam.events()
    assert event["access_code_is_managed"] is False
    wrong = await seam.call("/access_codes/get", access_code_id=event["access_code_id"])
    assert wrong["error"]["type"] == "access_code_not_found"
    code = await client.get_unmanaged_access_code(event["access_code_id"])
    assert code.name == CANARY_CLEANER


async def test_codes_of_a_lock(sandbox: SeamSandbox, seam: Asking) -> None:
    found = await seam.call(
        "/access_codes/list", device_id=sandbox.door("Front Door").device_id
    )
    assert [one["name"] for one in found["access_codes"]] == [CANARY_GUEST]
    assert (await seam.call("/access_codes/list"))["error"]["type"] == "invalid_input"


async def test_a_wrong_code_is_denied_and_moves_nothing(
    sandbox: SeamSandbox, seam: Asking
) -> None:
    door = sandbox.door("Front Door")
    assert not sandbox.enter_code(door, "000000")
    assert door.bolt_thrown
    assert door.denied == 1
    (event,) = await seam.events()
    assert event["event_type"] == "lock.access_denied"
    assert event["reason"]["reason_code"] == "unknown_code"
    assert "code" not in event


async def test_cards_and_apps_say_so(sandbox: SeamSandbox, seam: Asking) -> None:
    sandbox.use_card("Front Door")
    sandbox.use_app("Front Door", thrown=True, bluetooth=True)
    sandbox.use_app("Front Door", nfc=True)
    card, bluetooth, nfc = await seam.events()
    assert card["method"] == "card"
    assert (bluetooth["method"], bluetooth["is_via_bluetooth"]) == ("remote", True)
    assert (nfc["method"], nfc["is_via_nfc"]) == ("remote", True)
    assert "action_attempt_id" not in bluetooth


async def test_auto_lock_waits_until_the_door_is_closed(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock
) -> None:
    sandbox.tune("Front Door", auto_lock=30)
    sandbox.turn_bolt("Front Door", thrown=False)
    assert sandbox.open_door("Front Door")
    await clock.advance(60)
    assert not sandbox.door("Front Door").bolt_thrown
    sandbox.close_door("Front Door")
    await clock.advance(29)
    assert not sandbox.door("Front Door").bolt_thrown
    await clock.advance(1)
    assert sandbox.door("Front Door").bolt_thrown
    assert (await seam.events())[-1]["method"] == "automatic"


async def test_some_locks_never_tell_that_they_locked_themselves(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock
) -> None:
    door = sandbox.door("Back Door")
    sandbox.tune(door, reports_auto_lock=False, poll_seconds=600)
    await clock.advance(10)
    sandbox.turn_bolt(door, thrown=False)
    sandbox.poll(door)
    await clock.advance(31)
    assert door.bolt_thrown
    assert (await seam.device(door.device_id))["properties"]["locked"] is False
    # Only a reading shows it, and only once Seam has looked.
    await clock.advance(600)
    assert (await seam.device(door.device_id))["properties"]["locked"] is True
    assert len(await seam.events()) == 1


async def test_a_thrown_bolt_keeps_the_door_where_it_is(sandbox: SeamSandbox) -> None:
    assert not sandbox.open_door("Front Door")
    sandbox.turn_bolt("Front Door", thrown=False)
    assert sandbox.open_door("Front Door")
    sandbox.turn_bolt("Front Door", thrown=True)
    assert not sandbox.close_door("Front Door")
    assert sandbox.door("Front Door").door_open


async def test_the_door_sensor_tells_without_an_event(
    sandbox: SeamSandbox, seam: Asking
) -> None:
    door = sandbox.door("Front Door")
    sandbox.turn_bolt(door, thrown=False)
    sandbox.open_door(door)
    assert (await seam.device(door.device_id))["properties"]["door_open"] is True
    assert len(await seam.events()) == 1


async def test_batteries_tell_when_they_get_low(
    sandbox: SeamSandbox, seam: Asking
) -> None:
    door = sandbox.door("Front Door")
    sandbox.set_battery(door, 0.15)
    sandbox.set_keypad_battery(door, 0.05)
    changed, low, keypad = await seam.events()
    assert changed["event_type"] == "device.battery_status_changed"
    assert changed["battery_status"] == "low"
    assert low["event_type"] == keypad["event_type"] == "device.low_battery"
    assert (low["battery_source"], keypad["battery_source"]) == (
        "lock",
        "accessory_keypad",
    )
    properties = (await seam.device(door.device_id))["properties"]
    assert properties["battery"] == {"level": 0.15, "status": "low"}


async def test_bell_and_tamper(sandbox: SeamSandbox, seam: Asking) -> None:
    sandbox.ring("Front Door")
    sandbox.tamper("Front Door")
    assert [one["event_type"] for one in await seam.events()] == [
        "device.doorbell_rang",
        "device.tampered",
    ]


# -- what Seam knows, and when


async def test_a_polled_lock_is_heard_of_at_the_next_look(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock
) -> None:
    door = sandbox.door("Front Door")
    sandbox.tune(door, poll_seconds=600)
    await clock.advance(100)
    turned_at = clock.now()
    sandbox.turn_bolt(door, thrown=False)
    await clock.advance(499)
    assert await seam.events() == []
    assert (await seam.device(door.device_id))["properties"]["locked"] is True
    await clock.advance(1)
    (event,) = await seam.events()
    assert event["occurred_at"] < event["created_at"]
    assert clock.now() - turned_at == 500
    assert (await seam.device(door.device_id))["properties"]["locked"] is False


async def test_a_reading_may_lag_behind_the_event(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock
) -> None:
    door = sandbox.door("Front Door")
    sandbox.tune(door, reading_lag=600)
    sandbox.turn_bolt(door, thrown=False)
    assert len(await seam.events()) == 1
    await clock.advance(599)
    assert (await seam.device(door.device_id))["properties"]["locked"] is True
    await clock.advance(1)
    assert (await seam.device(door.device_id))["properties"]["locked"] is False


async def test_an_offline_lock_tells_later_what_happened_meanwhile(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock
) -> None:
    door = sandbox.door("Front Door")
    sandbox.set_online(door, online=False)
    await clock.advance(10)
    sandbox.enter_code(door)
    await clock.advance(3600)
    assert [one["event_type"] for one in await seam.events()] == ["device.disconnected"]
    sandbox.set_online(door, online=True)
    lost, back, unlocked = await seam.events()
    assert lost["error_code"] == "device_disconnected"
    assert lost["device_errors"][0]["error_code"] == "device_disconnected"
    assert back["event_type"] == "device.connected"
    assert unlocked["event_type"] == "lock.unlocked"
    assert unlocked["occurred_at"] < unlocked["created_at"] == back["created_at"]
    assert (await seam.device(door.device_id))["properties"]["locked"] is False


async def test_a_lock_without_entry_events_does_not_say_who(
    sandbox: SeamSandbox, seam: Asking
) -> None:
    sandbox.set_online("Garden Shed", online=True)
    sandbox.enter_code("Garden Shed")
    event = (await seam.events())[-1]
    assert event["method"] == "unknown"
    assert not {"access_code_id", "code"} & event.keys()


async def test_a_lost_account_takes_all_its_devices_along(
    sandbox: SeamSandbox, seam: Asking
) -> None:
    door = sandbox.door("Front Door")
    sandbox.disconnect_account("august")
    found = await seam.device(door.device_id)
    assert found["errors"][0]["error_code"] == "account_disconnected"
    assert found["errors"][0]["is_connected_account_error"] is True
    assert found["properties"]["online"] is False
    account, lost = await seam.events()
    assert account["event_type"] == "connected_account.disconnected"
    assert "device_id" not in account
    assert lost["error_code"] == "account_disconnected"

    # It is only back when nothing else is in the way.
    sandbox.set_online(door, online=False)
    sandbox.reconnect_account("august")
    assert (await seam.device(door.device_id))["properties"]["online"] is False
    sandbox.set_online(door, online=True)
    found = await seam.device(door.device_id)
    assert found["properties"]["online"] is True
    assert found["errors"] == []


# -- long runs, and the same again


async def test_the_same_day_twice_is_the_same(socket_enabled: None) -> None:
    days = []
    for _ in range(2):
        clock = ManualClock()
        sandbox = SeamSandbox(clock=clock)
        sandbox.add_fault(FaultKind.EVENT_REORDERED, times=1)
        for door in sandbox.house:
            sandbox.tune(door, poll_seconds=600)
            sandbox.enter_code(door)
            await clock.advance(97)
        days.append(sandbox.events)
        await sandbox.stop()
    assert days[0] == days[1]
    assert len(days[0]) >= 6


async def test_a_long_run_needs_no_more_memory(socket_enabled: None) -> None:
    sandbox = SeamSandbox(1, clock=ManualClock(), kept=100)
    for _ in range(1000):
        sandbox.ring("Front Door")
    assert 100 <= len(sandbox.events) < 200
    newest = sandbox.events[-1]
    assert sandbox.log.list(0, None, 500)[-1] == newest
    assert len({event["event_id"] for event in sandbox.events}) == len(sandbox.events)
    await sandbox.stop()


# -- classes of brands, and what other apps do


async def _last_attempt(seam: Asking, device_id: str) -> Json:
    listed = await seam.call("/action_attempts/list", device_id=device_id)
    found: Json = listed["action_attempts"][0]
    return found


@pytest.mark.parametrize("brand", BRANDS)
async def test_a_class_of_brands_has_its_manners(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock, brand: str
) -> None:
    door = sandbox.door("Front Door")
    sandbox.set_brand(door, brand)
    manners = BRANDS[brand]
    await seam.call("/locks/unlock_door", device_id=door.device_id)
    await clock.advance(2)
    assert not door.bolt_thrown
    attempt = await _last_attempt(seam, door.device_id)
    assert attempt["status"] == "success"
    assert attempt["result"] == {"was_confirmed_by_device": manners.confirms}
    told = [event["event_type"] for event in await seam.events()]
    assert told == [
        *(["lock.unlocked"] if manners.reports_moves else []),
        "action_attempt.unlock_door.succeeded",
    ]
    properties = (await seam.device(door.device_id))["properties"]
    expected = manners.poll_seconds is not None
    assert properties.get("locked") is (expected if manners.reports_position else None)
    await clock.advance(600)
    properties = (await seam.device(door.device_id))["properties"]
    assert properties.get("locked") is (False if manners.reports_position else None)


async def test_a_lock_without_events_moves_in_silence(
    sandbox: SeamSandbox, seam: Asking
) -> None:
    door = sandbox.door("Front Door")
    sandbox.set_brand(door, "b")
    sandbox.turn_bolt(door, thrown=False)
    sandbox.enter_code(door)
    assert (await seam.device(door.device_id))["properties"]["locked"] is False
    assert await seam.events() == []


@pytest.mark.parametrize("tells_move", [True, False])
async def test_another_app_of_the_workspace_sends_a_command(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock, tells_move: bool
) -> None:
    door = sandbox.door("Front Door")
    attempt_id = sandbox.other_app(door, tells_move=tells_move)
    await clock.advance(2)
    assert not door.bolt_thrown
    assert (await _last_attempt(seam, door.device_id))[
        "action_attempt_id"
    ] == attempt_id
    events = await seam.events()
    assert [one["event_type"] for one in events] == [
        *(["lock.unlocked"] if tells_move else []),
        "action_attempt.unlock_door.succeeded",
    ]
    assert {one["action_attempt_id"] for one in events} == {attempt_id}


async def test_the_attempts_of_one_lock_are_listed_newest_first(
    sandbox: SeamSandbox, seam: Asking, clock: ManualClock
) -> None:
    front, cellar = sandbox.door("Front Door"), sandbox.door("Cellar")
    sent = []
    for door, thrown in ((front, False), (cellar, False), (front, True)):
        sent.append(sandbox.other_app(door, thrown=thrown))
        await clock.advance(5)
    for door, wanted in ((front, [sent[2], sent[0]]), (cellar, [sent[1]])):
        listed = await seam.call("/action_attempts/list", device_id=door.device_id)
        found = [one["action_attempt_id"] for one in listed["action_attempts"]]
        assert found == wanted
