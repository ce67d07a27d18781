"""Seam's API over the house: what is documented, and what goes wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
import json
from typing import Any
from urllib.parse import urlsplit
import uuid

from aiohttp import web
import orjson

from .attempts import Attempts, TooManyCommandsError
from .catalogue import make_id
from .clock import Clock
from .devices import access_code_json, device_json
from .errors import ApiError
from .events import EventLog, from_iso, known_event_types
from .faults import ATTEMPT_NONSENSE, EVENT_NONSENSE, Faults
from .house import Door, House
from .trouble import AGAIN, Trouble
from .webhooks import Webhook, Webhooks
from .workspaces import Workspace, Workspaces

DEVICE_LIMIT = 500
EVENT_LIMIT = 500
REQUEST_ID = "seam-request-id"

type Body = dict[str, Any]
type Handler = Callable[[Body, Workspace], Body]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request and its answer.

    Attributes:
        method: of HTTP.
        path: of the API.
        body: parameters; empty when there were none.
        headers: of the request, names in lower case, without the key.
        time: true time, in seconds since the epoch.
        answer: filled in once it is answered.
    """

    method: str
    path: str
    body: Body
    headers: dict[str, str]
    time: float
    answer: Answer


@dataclass(slots=True)
class Answer:
    """How a request was answered.

    Attributes:
        status: of HTTP; None: not answered.
        faulty: a fault made it other than Seam's.
    """

    status: int | None = None
    faulty: bool = False


# Told of each request, and of the body that it was answered with.
type Observer = Callable[[Recorded, bytes], None]


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter: its kind (`uuid`, `uuids`, `text`, `texts`, `url`, `int`, `any`)."""

    kind: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path: who answers it, with what parameters and HTTP methods."""

    handler: Handler
    fields: dict[str, Field] = field(default_factory=dict)
    methods: tuple[str, ...] = ("GET", "POST")
    without_workspace: bool = False


def _check_uuid(value: Any) -> str | None:
    if not isinstance(value, str):
        return f"Expected string, received {_kind(value)}"
    try:
        uuid.UUID(value)
    except ValueError:
        return "Invalid uuid"
    return None


def _check_url(value: Any) -> str | None:
    if not isinstance(value, str):
        return f"Expected string, received {_kind(value)}"
    good = urlsplit(value).scheme in ("http", "https") and urlsplit(value).netloc
    return None if good else "Invalid url"


def _check_text(value: Any) -> str | None:
    return (
        None if isinstance(value, str) else f"Expected string, received {_kind(value)}"
    )


def _check_int(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return f"Expected number, received {_kind(value)}"
    return None if value > 0 else "Number must be greater than 0"


def _kind(value: Any) -> str:
    kinds = {str: "string", list: "array", dict: "object", bool: "boolean"}
    return "null" if value is None else kinds.get(type(value), "number")


_CHECKS: dict[str, Callable[[Any], str | None]] = {
    "uuid": _check_uuid,
    "text": _check_text,
    "url": _check_url,
    "int": _check_int,
}


def validate(body: Body, fields: dict[str, Field]) -> None:
    """Refuse parameters of a wrong kind, and missing ones.

    Raises:
        ApiError: 400 with the tree of what is wrong.
    """
    tree: dict[str, Any] = {}
    for name, wanted in fields.items():
        if name not in body:
            if wanted.required:
                tree[name] = {"_errors": ["Required"]}
            continue
        value = body[name]
        if wanted.kind in _CHECKS:
            if problem := _CHECKS[wanted.kind](value):
                tree[name] = {"_errors": [problem]}
        elif wanted.kind in ("uuids", "texts"):
            if not isinstance(value, list):
                tree[name] = {"_errors": [f"Expected array, received {_kind(value)}"]}
                continue
            check = _CHECKS[wanted.kind.removesuffix("s")]
            problems = {
                str(index): {"_errors": [problem]}
                for index, item in enumerate(value)
                if (problem := check(item))
            }
            if problems:
                tree[name] = {"_errors": [], **problems}
    if tree:
        name, problem = next(iter(tree.items()))
        words = problem["_errors"][0] if problem["_errors"] else "Invalid value"
        message = f"{words} for parameter: {name}"
        raise ApiError(
            400,
            "invalid_input",
            message,
            validation_errors={"_errors": [], **tree},
        )


class Api:
    """Seam's endpoints.

    Attributes:
        requests: all that were made, in order.
        observers: told of each.
        endpoints: by path.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        house: House,
        log: EventLog,
        attempts: Attempts,
        faults: Faults,
        workspaces: Workspaces,
        webhooks: Webhooks,
        trouble: Trouble,
        kept: int | None = None,
    ) -> None:
        """Answer for a house."""
        self._house = house
        self._log = log
        self._attempts = attempts
        self._faults = faults
        self._workspaces = workspaces
        self._json: dict[str, tuple[tuple[int, float], bytes]] = {}
        self._trouble = trouble
        self._kept = kept
        self._webhooks = webhooks
        self._clock = clock
        self._request_number = 0
        self.requests: list[Recorded] = []
        self.observers: list[Observer] = []
        device = {"device_id": Field("uuid", required=True)}
        webhook = {"webhook_id": Field("text", required=True)}
        self.endpoints: dict[str, Endpoint] = {
            "/workspaces/get": Endpoint(self._get_workspace),
            "/workspaces/list": Endpoint(self._list_workspaces, without_workspace=True),
            "/devices/list": Endpoint(
                self._list_devices,
                {
                    "device_ids": Field("uuids"),
                    "limit": Field("int"),
                    "page_cursor": Field("any"),
                },
            ),
            "/devices/get": Endpoint(
                self._get_device, {"device_id": Field("uuid"), "name": Field("text")}
            ),
            "/locks/lock_door": Endpoint(
                lambda body, where: self._command(body, where, lock=True),
                device,
                ("POST",),
            ),
            "/locks/unlock_door": Endpoint(
                lambda body, where: self._command(body, where, lock=False),
                device,
                ("POST",),
            ),
            "/action_attempts/get": Endpoint(
                self._get_attempt, {"action_attempt_id": Field("uuid", required=True)}
            ),
            "/action_attempts/list": Endpoint(
                self._list_attempts,
                {
                    "action_attempt_ids": Field("uuids"),
                    "device_id": Field("uuid"),
                    "limit": Field("int"),
                    "page_cursor": Field("any"),
                },
            ),
            "/events/list": Endpoint(
                self._list_events,
                {
                    "since": Field("text"),
                    "between": Field("texts"),
                    "event_type": Field("text"),
                    "event_types": Field("texts"),
                    "event_ids": Field("uuids"),
                    "device_id": Field("uuid"),
                    "device_ids": Field("uuids"),
                    "connected_account_id": Field("uuid"),
                    "access_code_id": Field("uuid"),
                    "limit": Field("int"),
                },
            ),
            "/access_codes/get": Endpoint(
                lambda body, workspace: self._get_code(body, workspace, managed=True),
                {
                    "access_code_id": Field("uuid"),
                    "device_id": Field("uuid"),
                    "code": Field("text"),
                },
            ),
            "/access_codes/unmanaged/get": Endpoint(
                lambda body, workspace: self._get_code(body, workspace, managed=False),
                {
                    "access_code_id": Field("uuid"),
                    "device_id": Field("uuid"),
                    "code": Field("text"),
                },
            ),
            "/access_codes/list": Endpoint(
                self._list_codes,
                {"device_id": Field("uuid"), "access_code_ids": Field("uuids")},
            ),
            "/webhooks/create": Endpoint(
                self._create_webhook,
                {"url": Field("url", required=True), "event_types": Field("texts")},
                ("POST",),
            ),
            "/webhooks/get": Endpoint(self._get_webhook, webhook),
            "/webhooks/list": Endpoint(self._list_webhooks),
            "/webhooks/update": Endpoint(
                self._update_webhook,
                {**webhook, "event_types": Field("texts", required=True)},
                ("POST", "PUT"),
            ),
            "/webhooks/delete": Endpoint(
                self._delete_webhook, webhook, ("POST", "DELETE")
            ),
        }

    # -- HTTP

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        headers = self._headers()
        endpoint = self.endpoints.get(request.path)
        if endpoint is None:
            return web.Response(status=404, text="404", headers=headers)
        recorded = Recorded(
            method=request.method,
            path=request.path,
            body={},
            headers={
                name.lower(): value
                for name, value in request.headers.items()
                if name.lower() != "authorization"
            },
            time=self._clock.now(),
            answer=Answer(),
        )
        self.requests.append(recorded)
        if self._kept is not None and len(self.requests) >= 2 * self._kept:
            del self.requests[: -self._kept]
        raw = await request.read()
        broken = await self._trouble.before(request, headers)
        if broken is not None:
            recorded.answer.faulty = True
            recorded.answer.status = broken.status
            self._set_date(broken, request.path)
            return broken
        response = self._answer(request, endpoint, raw, recorded, headers)
        # What was asked may have taken its time.
        self._set_date(response, request.path)
        given, untouched = await self._trouble.after(request, response)
        recorded.answer.status = response.status
        recorded.answer.faulty = not untouched or self._tells_nonsense(request.path)
        for observer in self.observers:
            observer(
                recorded, response.body if isinstance(response.body, bytes) else b""
            )
        return given

    def _set_date(self, response: web.StreamResponse, path: str) -> None:
        # aiohttp would fill a missing one in, with the machine's time.
        response.headers["Date"] = self._trouble.date(path)

    def _tells_nonsense(self, path: str) -> bool:
        """Say whether a fault of the past may show in an answer."""
        nonsense = {
            "/events/list": EVENT_NONSENSE,
            "/action_attempts/get": ATTEMPT_NONSENSE,
            "/action_attempts/list": ATTEMPT_NONSENSE,
        }
        return not self._faults.past.isdisjoint(nonsense.get(path, ()))

    def _answer(
        self,
        request: web.Request,
        endpoint: Endpoint,
        raw: bytes,
        recorded: Recorded,
        headers: dict[str, str],
    ) -> web.Response:
        """Do what is asked, or say why not."""
        status = 200
        try:
            if request.method not in endpoint.methods:
                raise ApiError(405, "method_not_allowed", "Method not allowed")  # noqa: TRY301 - one place turns errors into answers
            workspace = self._workspaces.authenticate(
                request.headers, anywhere=endpoint.without_workspace
            )
            recorded.body.update(_parameters(raw, request, endpoint.fields))
            validate(recorded.body, endpoint.fields)
            answer = {**endpoint.handler(recorded.body, workspace), "ok": True}
        except ApiError as err:
            status = err.status
            headers = {**headers, **err.headers}
            request_id = headers[REQUEST_ID]
            answer = {"error": {**err.error, "request_id": request_id}, "ok": False}
        return web.Response(
            status=status,
            body=orjson.dumps(answer),
            content_type="application/json",
            headers=headers,
        )

    def _headers(self) -> dict[str, str]:
        self._request_number += 1
        return {
            "Date": formatdate(self._log.now(), usegmt=True),
            REQUEST_ID: make_id("request", self._request_number),
        }

    # -- endpoints

    def _get_workspace(self, _body: Body, workspace: Workspace) -> Body:
        return {"workspace": workspace.as_json()}

    def _list_workspaces(self, _body: Body, workspace: Workspace) -> Body:
        return {"workspaces": self._workspaces.visible_json(workspace)}

    def _doors(self, workspace: Workspace) -> list[Door]:
        """Return the devices of a workspace; only the main one has any."""
        return list(self._house) if workspace is self._workspaces.main else []

    def _door(self, device_id: str, workspace: Workspace) -> Door:
        door = self._house.doors.get(device_id)
        if door is None or workspace is not self._workspaces.main:
            raise ApiError(
                404, "device_not_found", f"Device with id {device_id} not found"
            )
        return door

    def _encoded(self, door: Door) -> orjson.Fragment:
        """Return the JSON of a device; thousands of unchanged ones cost little."""
        state = (door.revision, self._faults.clock_skew)
        kept = self._json.get(door.device_id)
        if kept is None or kept[0] != state:
            device = device_json(
                door, self._workspaces.main.workspace_id, self._faults.clock_skew
            )
            kept = state, orjson.dumps(device)
            self._json[door.device_id] = kept
        return orjson.Fragment(kept[1])

    def _list_devices(self, body: Body, workspace: Workspace) -> Body:
        wanted = body.get("device_ids")
        doors = [
            door
            for door in self._doors(workspace)
            if wanted is None or door.device_id in wanted
        ]
        filters = {name: body[name] for name in body if name != "page_cursor"}
        page, pagination = _page(
            doors, body.get("limit", DEVICE_LIMIT), body.get("page_cursor"), filters
        )
        return {
            "devices": [self._encoded(door) for door in page],
            "pagination": pagination,
        }

    def _get_device(self, body: Body, workspace: Workspace) -> Body:
        if "device_id" not in body:
            for door in self._doors(workspace):
                if door.name == body.get("name"):
                    return {"device": self._encoded(door)}
            raise ApiError(404, "device_not_found", "Device not found")
        return {"device": self._encoded(self._door(body["device_id"], workspace))}

    def _command(self, body: Body, workspace: Workspace, *, lock: bool) -> Body:
        door = self._door(body["device_id"], workspace)
        if (door.can_lock if lock else door.can_unlock) is None:
            verb = "lock" if lock else "unlock"
            raise ApiError(
                400, "invalid_input", f"This device cannot be remotely {verb}ed"
            )
        try:
            attempt = self._attempts.start(door, lock=lock)
        except TooManyCommandsError:
            raise ApiError(
                429, "rate_limit_exceeded", "Too many requests for this device"
            ) from None
        return {"action_attempt": attempt.as_json()}

    def _get_attempt(self, body: Body, workspace: Workspace) -> Body:
        attempt = self._attempts.all.get(body["action_attempt_id"])
        if attempt is None or workspace is not self._workspaces.main:
            raise ApiError(404, "action_attempt_not_found", "Action attempt not found")
        return {"action_attempt": attempt.as_json()}

    def _list_attempts(self, body: Body, workspace: Workspace) -> Body:
        wanted = body.get("action_attempt_ids")
        found = [
            attempt
            for attempt in reversed(self._attempts.all.values())
            if workspace is self._workspaces.main
            and (wanted is None or attempt.action_attempt_id in wanted)
            and body.get("device_id") in (None, attempt.door.device_id)
        ]
        filters = {name: body[name] for name in body if name != "page_cursor"}
        page, pagination = _page(
            found, body.get("limit", 500), body.get("page_cursor"), filters
        )
        return {
            "action_attempts": [attempt.as_json() for attempt in page],
            "pagination": pagination,
        }

    def _list_events(self, body: Body, workspace: Workspace) -> Body:
        if "since" not in body and "between" not in body:
            raise ApiError(
                400,
                "invalid_input",
                "Must specify either since or between",
                validation_errors={"_errors": ["Must specify either since or between"]},
            )
        until = None
        try:
            if "between" in body:
                begin, end = body["between"]
                since, until = from_iso(begin), from_iso(end)
            else:
                since = from_iso(body["since"])
        except ValueError:
            raise ApiError(400, "invalid_input", "Invalid date") from None
        if workspace is not self._workspaces.main:
            return {"events": []}

        def either(one: str, many: str) -> set[str] | None:
            if one in body:
                return {body[one]}
            return set(body[many]) if many in body else None

        return {
            "events": self._log.list(
                since,
                until,
                body.get("limit", EVENT_LIMIT),
                event_type=either("event_type", "event_types"),
                device_id=either("device_id", "device_ids"),
                event_id=either("event_id", "event_ids"),
                connected_account_id=either("connected_account_id", ""),
                access_code_id=either("access_code_id", ""),
            )
        }

    def _get_code(self, body: Body, workspace: Workspace, *, managed: bool) -> Body:
        for door in self._doors(workspace):
            for code in door.codes.values():
                if code.is_managed is not managed:
                    continue
                if body.get("access_code_id") == code.access_code_id or (
                    body.get("device_id") == door.device_id
                    and body.get("code") == code.code
                ):
                    return {
                        "access_code": access_code_json(
                            code,
                            door,
                            workspace.workspace_id,
                            self._faults.clock_skew,
                        )
                    }
        raise ApiError(404, "access_code_not_found", "Access code not found")

    def _list_codes(self, body: Body, workspace: Workspace) -> Body:
        if "device_id" not in body and "access_code_ids" not in body:
            raise ApiError(
                400,
                "invalid_input",
                "Either device_id or access_code_ids is required",
            )
        ids = body.get("access_code_ids")
        return {
            "access_codes": [
                access_code_json(
                    code, door, workspace.workspace_id, self._faults.clock_skew
                )
                for door in self._doors(workspace)
                for code in door.codes.values()
                if code.is_managed
                and body.get("device_id") in (None, door.device_id)
                and (ids is None or code.access_code_id in ids)
            ],
            "pagination": {
                "next_page_cursor": None,
                "has_next_page": False,
                "next_page_url": None,
            },
        }

    def _webhook(self, body: Body, workspace: Workspace) -> Webhook:
        webhook = self._webhooks.all.get(body["webhook_id"])
        if webhook is None or webhook.workspace_id != workspace.workspace_id:
            raise ApiError(404, "webhook_not_found", "Webhook not found")
        return webhook

    def _check_event_types(self, body: Body) -> list[str]:
        wanted: list[str] = body.get("event_types", ["*"])
        if unknown := [name for name in wanted if name not in known_event_types()]:
            raise ApiError(
                400, "invalid_event_types", f"Invalid event types: {', '.join(unknown)}"
            )
        return wanted

    def _create_webhook(self, body: Body, workspace: Workspace) -> Body:
        webhook = self._webhooks.create(
            workspace.workspace_id, body["url"], self._check_event_types(body)
        )
        return {"webhook": webhook.as_json(with_secret=True)}

    def _get_webhook(self, body: Body, workspace: Workspace) -> Body:
        return {"webhook": self._webhook(body, workspace).as_json()}

    def _list_webhooks(self, _body: Body, workspace: Workspace) -> Body:
        return {
            "webhooks": [
                webhook.as_json()
                for webhook in self._webhooks.all.values()
                if webhook.workspace_id == workspace.workspace_id
            ]
        }

    def _update_webhook(self, body: Body, workspace: Workspace) -> Body:
        webhook = self._webhook(body, workspace)
        webhook.event_types = self._check_event_types(body)
        return {}

    def _delete_webhook(self, body: Body, workspace: Workspace) -> Body:
        del self._webhooks.all[self._webhook(body, workspace).webhook_id]
        return {}


def _parameters(raw: bytes, request: web.Request, fields: dict[str, Field]) -> Body:
    """Read the parameters: a JSON object, or a query without one."""
    if not raw.strip():
        return {
            name: _from_query(request.query.getall(name), wanted.kind)
            for name, wanted in fields.items()
            if request.query.get(name)
        }
    try:
        body = json.loads(raw)
    except ValueError:
        raise ApiError(400, "invalid_input", "Malformed JSON in request body") from None
    if not isinstance(body, dict):
        raise ApiError(400, "invalid_input", "Expected an object")
    return body


def _from_query(values: list[str], kind: str) -> Any:
    if kind in ("uuids", "texts"):
        return values
    value = values[-1]
    return int(value) if kind == "int" and value.isdecimal() else value


def _page[T](
    found: list[T], limit: int, cursor: str | None, filters: Body
) -> tuple[list[T], Body]:
    """Cut a page out of a list; a cursor goes with the parameters it came for."""
    mark = make_id("page", json.dumps(filters, sort_keys=True))[:8]
    start = 0
    if cursor is not None and not str(cursor).startswith(AGAIN):
        of, _, at = str(cursor).partition(".")
        if of != mark or not at.isdigit():
            raise ApiError(
                400,
                "mismatched_page_parameters",
                "When using page_cursor, send the same parameters as at first",
            )
        start = int(at)
    end = start + limit
    more = end < len(found)
    next_cursor = f"{mark}.{end}" if more else None
    return found[start:end], {
        "next_page_cursor": next_cursor,
        "has_next_page": more,
        "next_page_url": (
            f"https://connect.getseam.com/devices/list?page_cursor={next_cursor}"
            if more
            else None
        ),
    }
