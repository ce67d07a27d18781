"""The sandbox: Seam's API, the house behind it, and the hands in it."""

from collections.abc import Mapping
from types import MappingProxyType

from aiohttp import web

from .attempts import Attempt, Attempts
from .catalogue import CANARY_PIN, Plan, build_plans, make_id
from .clock import Clock, RealClock
from .events import Event, EventLog
from .faults import Fault, FaultKind, Faults
from .house import Door, Happening, House, Problem, battery_status
from .server import Api, Recorded
from .workspaces import API_KEY, Workspaces

LOOPBACK = "127.0.0.1"


class SeamSandbox:
    """A Seam of our own, with a house whose truth can be looked at.

    Attributes:
        clock: true time.
        faults: what goes wrong.
        house: the doors.
        log: Seam's events.
        attempts: Seam's action attempts.
        workspaces: and their keys.
        api: Seam's endpoints.
    """

    def __init__(
        self,
        locks: int = 8,
        clock: Clock | None = None,
        *,
        api_key: str = API_KEY,
        plans: list[Plan] | None = None,
    ) -> None:
        """Build a house; nothing listens yet.

        Args:
            locks: how many; two devices that are none are added.
            clock: true time; the machine's if None.
            api_key: to the main workspace.
            plans: the devices, instead of the catalogue's.
        """
        self.clock = clock or RealClock()
        self.faults = Faults()
        self.workspaces = Workspaces(api_key)
        self.log = EventLog(self.clock, self.faults, self.workspace_id)
        self.house = House(self.clock, self._report)
        self.attempts = Attempts(self.clock, self.house, self.log, self.faults)
        self.api = Api(
            house=self.house,
            log=self.log,
            attempts=self.attempts,
            faults=self.faults,
            workspaces=self.workspaces,
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
        self.api.close()
        self.clock.close()
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

    def open_door(self, door: Door | str) -> None:
        """Open the door leaf, if the bolt lets it."""
        found = self.door(door)
        if not found.bolt_thrown:
            self.house.move_leaf(found, is_open=True)

    def close_door(self, door: Door | str) -> None:
        """Close the door leaf."""
        self.house.move_leaf(self.door(door), is_open=False)

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

    def set_online(self, door: Door | str, *, online: bool) -> None:
        """Cut the device off from its cloud, or bring it back."""
        self.house.set_online(self.door(door), online=online)

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

    def _report(self, door: Door, happening: Happening) -> None:
        """Make an event of what Seam has learned."""
        self.log.record(
            happening.event_type,
            {
                "device_id": door.device_id,
                "connected_account_id": door.account_id,
                **happening.fields,
            },
            happening.occurred_at,
        )

    # -- devices come and go

    def _build(self, plan: Plan) -> Door:
        self._built += 1
        return self.house.build(plan, make_id("device", self._built))

    def add_device(self, plan: Plan) -> Door:
        """Connect a new device."""
        door = self._build(plan)
        self.house.tell(door, "device.added")
        return door

    def remove_device(self, door: Door | str) -> Door:
        """Take a device away for good."""
        found = self.door(door)
        self._report(found, Happening("device.removed", self.clock.now(), {}))
        del self.house.doors[found.device_id]
        return found

    def rename(self, door: Door | str, name: str) -> None:
        """Give a device another name."""
        found = self.door(door)
        found.name = name
        self.house.tell(found, "device.name_changed", device_name=name)


__all__ = [
    "Attempt",
    "Fault",
    "FaultKind",
    "Problem",
    "SeamSandbox",
]
