"""The sandbox's own door: what a person or another process may do to the house.

Every action is a method of SeamSandbox of the same name.
"""

from http import HTTPStatus
import inspect
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aiohttp import web

from .attempts import TooManyCommandsError
from .clock import ManualClock
from .events import Event, iso
from .house import Door
from .page import PAGE

if TYPE_CHECKING:
    from .sandbox import SeamSandbox

PREFIX = "/_sandbox"
# So many doors and events are shown at most.
SHOWN_DOORS = 200
SHOWN_EVENTS = 40
ACTIONS = frozenset(
    {
        "add_fault",
        "add_lock",
        "clear_error",
        "clear_faults",
        "clear_warning",
        "change_webhook_secrets",
        "close_door",
        "delete_webhooks",
        "disable_webhooks",
        "disconnect_account",
        "enable_webhooks",
        "enter_code",
        "jam",
        "open_door",
        "other_app",
        "poll",
        "reconnect_account",
        "remove_device",
        "rename",
        "ring",
        "set_api_key",
        "set_battery",
        "set_brand",
        "set_clock_skew",
        "set_error",
        "set_keypad_battery",
        "set_online",
        "set_warning",
        "tamper",
        "tune",
        "turn_bolt",
        "unjam",
        "use_app",
        "use_card",
    }
)


class Control:
    """Serves the page, the state of the house, and the actions."""

    def __init__(self, sandbox: SeamSandbox) -> None:
        """Control a sandbox."""
        self._sandbox = sandbox

    def add_routes(self, app: web.Application) -> None:
        """Serve below the prefix."""
        app.router.add_get("/", self._root)
        app.router.add_get(PREFIX, self._root)
        app.router.add_get(f"{PREFIX}/", self._page)
        app.router.add_get(f"{PREFIX}/state", self._state)
        app.router.add_post(f"{PREFIX}/advance", self._advance)
        app.router.add_post(f"{PREFIX}/{{action}}", self._act)

    async def _root(self, _request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(f"{PREFIX}/")

    async def _page(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(
            text=PAGE.read_text(encoding="utf-8"),
            content_type="text/html",
            headers={"Cache-Control": "no-store"},
        )

    async def _state(self, request: web.Request) -> web.StreamResponse:
        """Answer with the whole truth, or 204 when nothing is new."""
        mark = self.mark()
        if request.query.get("after") == mark:
            return web.Response(status=HTTPStatus.NO_CONTENT)
        search = request.query.get("search", "")
        return web.json_response(self.state(search), headers={"X-Mark": mark})

    async def _act(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["action"]
        if name not in ACTIONS:
            return _refuse(HTTPStatus.NOT_FOUND, f"There is no action {name}")
        # A page of somebody else cannot send this type to us unasked.
        if request.content_type != "application/json":
            return _refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send application/json")
        try:
            body = await request.json()
            action = getattr(self._sandbox, name)
            inspect.signature(action).bind(**body)
            result = action(**body)
        except (KeyError, TypeError, ValueError, TooManyCommandsError) as err:
            return _refuse(HTTPStatus.BAD_REQUEST, f"{type(err).__name__}: {err}")
        if isinstance(result, Door):
            result = self.door_state(result)
        elif not isinstance(result, bool):
            result = None
        return web.json_response({"ok": True, "result": result})

    async def _advance(self, request: web.Request) -> web.StreamResponse:
        """Move a clock that stands still."""
        clock = self._sandbox.clock
        if not isinstance(clock, ManualClock):
            return _refuse(HTTPStatus.CONFLICT, "This clock runs by itself")
        body = await request.json()
        await clock.advance(float(body["seconds"]))
        return web.json_response({"ok": True, "result": clock.now()})

    # -- the state

    def mark(self) -> str:
        """Return what changes whenever the state does."""
        sandbox = self._sandbox
        pending = sum(1 for _ in sandbox.attempts.pending())
        return ".".join(
            str(part)
            for part in (
                sandbox.house.revision,
                len(sandbox.events),
                len(sandbox.attempts.all),
                pending,
                len(sandbox.house.doors),
                len(sandbox.faults.active),
                sum(fault.hits for fault in sandbox.faults.active),
                len(sandbox.webhooks.deliveries),
                *(hook.disabled for hook in sandbox.webhooks.all.values()),
            )
        )

    def state(self, search: str = "") -> dict[str, Any]:
        """Return the truth of the house, and what Seam makes of it."""
        sandbox = self._sandbox
        found = [
            door for door in sandbox.house if search.casefold() in door.name.casefold()
        ]
        moving = {
            attempt.door.device_id: "locking" if attempt.lock else "unlocking"
            for attempt in sandbox.attempts.pending()
            if not attempt.hangs
        }
        hanging = {
            attempt.door.device_id
            for attempt in sandbox.attempts.pending()
            if attempt.hangs
        }
        return {
            "workspace": sandbox.workspaces.main.name,
            "time": iso(sandbox.clock.now()),
            "clock_skew": sandbox.faults.clock_skew,
            "devices": len(sandbox.house.doors),
            "requests": len(sandbox.requests),
            "doors": [
                {
                    **self.door_state(door),
                    "moving": moving.get(door.device_id),
                    "command_hangs": door.device_id in hanging,
                }
                for door in found[:SHOWN_DOORS]
            ],
            "hidden": max(0, len(found) - SHOWN_DOORS),
            "events": [
                self._event_state(event)
                for event in reversed(sandbox.events[-SHOWN_EVENTS:])
            ],
            "faults": [
                {
                    "kind": fault.kind,
                    "times": fault.times,
                    "hits": fault.hits,
                    "path": fault.path,
                    "device_id": fault.device_id,
                }
                for fault in sandbox.faults.active
            ],
            "webhooks": [
                {
                    "webhook_id": hook.webhook_id,
                    # The rest of the address is somebody's secret.
                    "host": urlsplit(hook.url).netloc,
                    "event_types": hook.event_types,
                    "disabled": hook.disabled,
                }
                for hook in sandbox.webhooks.all.values()
            ],
            "deliveries": [
                {
                    "event_id": delivery.event_id,
                    "attempt": delivery.attempt,
                    "status": delivery.status,
                    "time": iso(delivery.time),
                }
                for delivery in list(sandbox.webhooks.deliveries)[-SHOWN_EVENTS:]
            ],
        }

    def door_state(self, door: Door) -> dict[str, Any]:
        """Return the truth of one device, and what Seam believes of it."""
        model = door.model
        return {
            "device_id": door.device_id,
            "name": door.name,
            "brand": model.brand,
            "model": model.name,
            "room": door.room,
            "is_lock": model.is_lock,
            "bolt_thrown": door.bolt_thrown,
            "jammed": door.jammed,
            "door_open": door.door_open,
            "door_sensor": model.door_sensor,
            "battery": door.battery if model.battery else None,
            "keypad_battery": door.keypad_battery if model.keypad_battery else None,
            "keypad": model.codes,
            "online": door.online,
            "auto_lock": door.auto_lock,
            "momentary": model.momentary,
            "can_lock": door.can_lock,
            "can_unlock": door.can_unlock,
            "errors": list(door.errors),
            "warnings": list(door.warnings),
            "seam": {
                "locked": door.seen.locked
                if door.reports_position and door.seen.online
                else None,
                "online": door.seen.online,
                "poll_seconds": door.poll_seconds,
            },
        }

    def _event_state(self, event: Event) -> dict[str, Any]:
        door = self._sandbox.house.doors.get(event.get("device_id", ""))
        return {
            "event_id": event["event_id"],
            "event_type": event["event_type"],
            "occurred_at": event["occurred_at"],
            "created_at": event["created_at"],
            "method": event.get("method"),
            "name": door.name if door else None,
        }


def _refuse(status: HTTPStatus, why: str) -> web.Response:
    return web.json_response({"ok": False, "error": why}, status=status)
