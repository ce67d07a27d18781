"""The sandbox: Seam's API, the house behind it, and the hands in it."""

from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from aiohttp import web

from .attempts import Attempts
from .brands import BRANDS
from .catalogue import CANARY_PIN, MODELS, Names, Plan, build_plans, make_id
from .clock import Clock, RealClock
from .control import Control
from .devices import event_problem
from .events import Event, EventLog
from .faults import Fault, FaultKind, Faults
from .house import (
    DISCONNECTED,
    Door,
    DoorEvent,
    House,
    Problem,
    battery_status,
    words_for,
)
from .server import Api, Recorded
from .trouble import Trouble
from .webhooks import Post, Webhooks
from .workspaces import API_KEY, Workspaces

LOOPBACK = "127.0.0.1"
# What a test may change of a door's manners.
TUNABLE = frozenset(
    {
        "auto_lock",
        "can_lock",
        "can_unlock",
        "command_seconds",
        "confirms",
        "poll_seconds",
        "reading_lag",
        "reports_auto_lock",
        "reports_moves",
        "reports_position",
    }
)


class SeamSandbox:
    """A Seam of our own, with a house whose truth can be looked at.

    Attributes:
        clock: true time.
        faults: what goes wrong.
        house: the doors.
        log: Seam's events.
        attempts: Seam's action attempts.
        workspaces: and their keys.
        webhooks: and what they delivered.
        api: Seam's endpoints.
    """

    def __init__(
        self,
        locks: int = 8,
        clock: Clock | None = None,
        *,
        api_key: str = API_KEY,
        plans: list[Plan] | None = None,
        names: Names | None = None,
        post: Post | None = None,
        kept: int | None = None,
    ) -> None:
        """Build a house; nothing listens yet.

        Args:
            locks: how many; two devices that are none are added.
            clock: true time; the machine's if None.
            api_key: to the main workspace.
            plans: the devices, instead of the catalogue's.
            names: of the house and its people; those of the tests if None.
            post: delivers to webhooks; over HTTP if None.
            kept: how many events and requests are remembered at least, for long
                runs with flat memory; None: all.
        """
        self.clock = clock or RealClock()
        self.faults = Faults()
        names = names or Names()
        self.workspaces = Workspaces(api_key, names)
        self.log = EventLog(self.clock, self.faults, self.workspace_id, kept)
        self.house = House(self.clock, self._report, names)
        self.attempts = Attempts(self.clock, self.house, self.log, self.faults)
        self.webhooks = Webhooks(
            self.clock, self.faults, self.log, self.workspace_id, post
        )
        self._trouble = Trouble(self.clock, self.faults)
        self.api = Api(
            clock=self.clock,
            house=self.house,
            log=self.log,
            attempts=self.attempts,
            faults=self.faults,
            workspaces=self.workspaces,
            webhooks=self.webhooks,
            trouble=self._trouble,
            kept=kept,
        )
        self._api_key = api_key
        self._built = 0
        self._runner: web.AppRunner | None = None
        self._url: str | None = None
        for plan in build_plans(locks) if plans is None else plans:
            self._build(plan)

    # -- life

    async def start(self, port: int = 0, host: str = LOOPBACK) -> None:
        """Listen on loopback; port 0 takes a free one.

        Raises:
            OSError: the port is taken.
        """
        app = web.Application(client_max_size=2**20)
        Control(self).add_routes(app)
        app.router.add_route("*", "/{path:.*}", self.api.handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        taken = self._runner.addresses[0][1]
        shown = f"[{host}]" if ":" in host else host
        self._url = f"http://{shown}:{taken}"

    async def stop(self) -> None:
        """Close all connections, and let nothing happen any more."""
        self._trouble.close()
        self.clock.close()
        await self.webhooks.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # -- what a test looks at

    @property
    def url(self) -> str:
        """Return the address, without a path."""
        assert self._url is not None, "the sandbox is not started"
        return self._url

    @property
    def api_key(self) -> str:
        """Return the key to the main workspace."""
        return self._api_key

    @property
    def workspace_id(self) -> str:
        """Return the id of the main workspace."""
        return self.workspaces.main.workspace_id

    @property
    def doors(self) -> Mapping[str, Door]:
        """Return all devices by id."""
        return MappingProxyType(self.house.doors)

    @property
    def events(self) -> list[Event]:
        """Return all events that Seam has made."""
        return self.log.events

    @property
    def requests(self) -> list[Recorded]:
        """Return all requests that were made, in order."""
        return self.api.requests

    def count(self, path: str) -> int:
        """Return how many requests a path had."""
        return sum(request.path == path for request in self.requests)

    def door(self, wanted: Door | str) -> Door:
        """Return a device by its id or its name.

        Raises:
            KeyError: there is none.
        """
        if isinstance(wanted, Door):
            return wanted
        if wanted in self.house.doors:
            return self.house.doors[wanted]
        for door in self.house:
            if door.name == wanted:
                return door
        raise KeyError(wanted)

    # -- hands in the house

    def turn_bolt(self, door: Door | str, *, thrown: bool) -> bool:
        """Turn the bolt by hand; says whether it is there now."""
        return self.house.move_bolt(self.door(door), thrown=thrown, method="manual")

    def open_door(self, door: Door | str) -> bool:
        """Open the door leaf, if the bolt lets it; says whether it is open."""
        found = self.door(door)
        if not found.bolt_thrown:
            self.house.move_leaf(found, is_open=True)
        return found.door_open

    def close_door(self, door: Door | str) -> bool:
        """Close the door leaf; a bolt that sticks out does not let it."""
        found = self.door(door)
        if found.bolt_thrown and not found.model.momentary:
            return not found.door_open
        self.house.move_leaf(found, is_open=False)
        return True

    def enter_code(self, door: Door | str, code: str = CANARY_PIN) -> bool:
        """Enter a PIN at the keypad; says whether it was a good one."""
        found = self.door(door)
        known = found.codes.get(code)
        if known is None:
            found.denied += 1
            self.house.tell(
                found,
                "lock.access_denied",
                reason={
                    "reason_code": "unknown_code",
                    "message": "An unknown code was entered.",
                },
            )
            return False
        return self.house.move_bolt(
            found,
            thrown=False,
            method="keycode",
            access_code_id=known.access_code_id,
            access_code_is_managed=known.is_managed,
            code=known.code,
        )

    def use_card(self, door: Door | str, *, thrown: bool = False) -> bool:
        """Hold a card to the lock."""
        return self.house.move_bolt(self.door(door), thrown=thrown, method="card")

    def use_app(
        self,
        door: Door | str,
        *,
        thrown: bool = False,
        bluetooth: bool | None = None,
        nfc: bool | None = None,
    ) -> bool:
        """Use the brand's own app."""
        return self.house.move_bolt(
            self.door(door),
            thrown=thrown,
            method="remote",
            is_via_bluetooth=bluetooth,
            is_via_nfc=nfc,
        )

    def other_app(
        self, door: Door | str, *, thrown: bool = False, tells_move: bool = True
    ) -> str:
        """Send a command as another client of this workspace does.

        Args:
            door: which.
            thrown: True to lock, False to unlock.
            tells_move: an event tells of the bolt, if the lock has such events;
                those of the action attempt come in any case.

        Returns:
            The id of its action attempt.

        Raises:
            TooManyCommandsError: over Seam's limit for the device.
        """
        attempt = self.attempts.start(
            self.door(door), lock=thrown, tells_move=tells_move
        )
        return attempt.action_attempt_id

    def jam(self, door: Door | str) -> None:
        """Let the bolt be stuck where it is."""
        found = self.door(door)
        found.jammed = True
        self.house.changed(found)

    def unjam(self, door: Door | str) -> None:
        """Free the bolt."""
        found = self.door(door)
        found.jammed = False
        self.house.changed(found)

    def set_online(
        self, door: Door | str, *, online: bool, reason: str = DISCONNECTED
    ) -> None:
        """Cut the device off from its cloud, or bring it back.

        Args:
            door: which.
            online: whether it can be reached.
            reason: `device_disconnected` or `hub_disconnected`.
        """
        self.house.set_online(self.door(door), online=online, reason=reason)

    def disconnect_account(self, maker: str) -> None:
        """Let a brand's account lose its login: none of its devices answers."""
        self._set_account(maker, online=False)

    def reconnect_account(self, maker: str) -> None:
        """Let a brand's account log in again."""
        self._set_account(maker, online=True)

    def _set_account(self, maker: str, *, online: bool) -> None:
        reason = "account_disconnected"
        fields: dict[str, Any] = {"connected_account_id": make_id("account", maker)}
        if not online:
            problem = Problem(reason, words_for(reason), self.clock.now())
            skew = self.faults.clock_skew
            fields["connected_account_errors"] = [event_problem(problem, "error", skew)]
            fields["connected_account_warnings"] = []
        self.log.record(
            f"connected_account.{'connected' if online else 'disconnected'}", fields
        )
        for door in self.house:
            if door.model.maker == maker:
                self.house.set_online(door, online=online, reason=reason)

    def set_error(
        self, door: Door | str, code: str, message: str | None = None
    ) -> None:
        """Give a device an error; there is no event for it."""
        found = self.door(door)
        words = message or words_for(code)
        found.errors[code] = Problem(code, words, self.clock.now())
        self.house.changed(found)

    def clear_error(self, door: Door | str, code: str) -> None:
        """Take an error away."""
        found = self.door(door)
        found.errors.pop(code, None)
        self.house.changed(found)

    def set_warning(
        self, door: Door | str, code: str, message: str | None = None
    ) -> None:
        """Give a device a warning; there is no event for it."""
        found = self.door(door)
        words = message or words_for(code)
        found.warnings[code] = Problem(code, words, self.clock.now())
        self.house.changed(found)

    def clear_warning(self, door: Door | str, code: str) -> None:
        """Take a warning away."""
        found = self.door(door)
        found.warnings.pop(code, None)
        self.house.changed(found)

    def tune(self, door: Door | str, **settings: Any) -> None:
        """Change how a device behaves.

        Args:
            door: which.
            settings: any of TUNABLE, in the units of the Door.

        Raises:
            ValueError: it is none of them.
        """
        found = self.door(door)
        if unknown := settings.keys() - TUNABLE:
            raise ValueError(f"Not tunable: {', '.join(sorted(unknown))}")
        for name, value in settings.items():
            setattr(found, name, value)
        self.house.changed(found)

    def set_brand(self, door: Door | str, brand: str) -> None:
        """Give a device the manners of a class of brands; see BRANDS.

        Raises:
            KeyError: there is no such class.
        """
        self.tune(door, **asdict(BRANDS[brand]))

    def poll(self, door: Door | str) -> None:
        """Let Seam look at the device now, whatever its pace."""
        self.house.poll(self.door(door))

    def tamper(self, door: Door | str) -> None:
        """Lay hands on the lock."""
        self.house.tell(self.door(door), "device.tampered")

    def ring(self, door: Door | str) -> None:
        """Ring the doorbell."""
        self.house.tell(self.door(door), "device.doorbell_rang")

    def set_battery(self, door: Door | str, level: float) -> None:
        """Set the level of the lock's battery, 0..1."""
        found = self.door(door)
        before = battery_status(found.battery)
        found.battery = level
        self._tell_battery(found, before, battery_status(level), level, None)

    def set_keypad_battery(self, door: Door | str, level: float) -> None:
        """Set the level of the keypad's battery, 0..1."""
        found = self.door(door)
        before = battery_status(found.keypad_battery)
        found.keypad_battery = level
        self._tell_battery(
            found, before, battery_status(level), level, "accessory_keypad"
        )

    def _tell_battery(
        self, door: Door, before: str, after: str, level: float, source: str | None
    ) -> None:
        self.house.learn(door)
        self.house.changed(door)
        if before == after:
            return
        if source is None:
            self.house.tell(
                door,
                "device.battery_status_changed",
                battery_status=after,
                battery_level=level,
            )
        if after in ("low", "critical"):
            self.house.tell(
                door,
                "device.low_battery",
                battery_level=level,
                battery_source=source or "lock",
            )

    def _report(self, door: Door, event: DoorEvent) -> None:
        """Make an event of what Seam has learned."""
        fields: dict[str, Any] = {
            "device_id": door.device_id,
            "connected_account_id": door.account_id,
            **event.fields,
        }
        skew = self.faults.clock_skew
        if event.event_type == "device.disconnected":
            fields |= {
                "device_errors": [
                    event_problem(one, "error", skew) for one in door.errors.values()
                ],
                "device_warnings": [
                    event_problem(one, "warning", skew)
                    for one in door.warnings.values()
                ],
                "connected_account_errors": [],
                "connected_account_warnings": [],
            }
        self.log.record(event.event_type, fields, event.occurred_at)

    # -- devices come and go

    def _build(self, plan: Plan) -> Door:
        self._built += 1
        return self.house.build(plan, make_id("device", self._built))

    def add_device(self, plan: Plan) -> Door:
        """Connect a new device."""
        door = self._build(plan)
        self.house.tell(door, "device.added")
        return door

    def add_lock(self, name: str, maker: str = "august") -> Door:
        """Connect a new lock of a brand.

        Raises:
            KeyError: the catalogue has no such brand.
        """
        return self.add_device(Plan(name=name, model=MODELS[maker]))

    def remove_device(self, door: Door | str) -> Door:
        """Take a device away for good."""
        found = self.door(door)
        self._report(found, DoorEvent("device.removed", self.clock.now(), {}))
        del self.house.doors[found.device_id]
        return found

    def rename(self, door: Door | str, name: str) -> None:
        """Give a device another name."""
        found = self.door(door)
        found.name = name
        self.house.tell(found, "device.name_changed", device_name=name)

    # -- what goes wrong

    def add_fault(self, kind: FaultKind | str, **options: Any) -> Fault:
        """Let something go wrong; see Fault for the options."""
        if "device_id" in options and options["device_id"] is not None:
            options["device_id"] = self.door(options["device_id"]).device_id
        return self.faults.add(kind, **options)

    def clear_faults(self) -> None:
        """Clear all faults; commands that hang end with an error."""
        self.faults.clear()
        self.attempts.fail_hanging()

    def set_clock_skew(self, seconds: float) -> None:
        """Put Seam's clock ahead of the truth."""
        self.faults.clock_skew = seconds

    def set_api_key(self, api_key: str | None) -> None:
        """Let only this key open the main workspace; None: no key at all."""
        main = self.workspaces.main
        self.workspaces.keys = {
            key: workspace
            for key, workspace in self.workspaces.keys.items()
            if workspace is not main
        }
        if api_key is not None:
            self.workspaces.keys[api_key] = main
            self._api_key = api_key

    def delete_webhooks(self) -> None:
        """Delete all webhooks in Seam's console."""
        self.webhooks.all.clear()

    def disable_webhooks(self) -> None:
        """Let Seam give up on all webhooks."""
        for webhook in self.webhooks.all.values():
            webhook.disabled = True

    def enable_webhooks(self) -> None:
        """Switch all webhooks on again."""
        for webhook in self.webhooks.all.values():
            self.webhooks.enable(webhook)

    def change_webhook_secrets(self, *, keep_old: bool = False) -> None:
        """Give all webhooks other secrets; the old ones may sign for a while."""
        for webhook in self.webhooks.all.values():
            self.webhooks.change_secret(webhook, keep_old=keep_old)

    async def settle(self) -> None:
        """Wait until no delivery is under way."""
        await self.webhooks.settle()
