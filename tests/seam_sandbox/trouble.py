"""What goes wrong between Seam and whoever asks: broken answers of all kinds."""

import asyncio
from email.utils import formatdate
from typing import Any

from aiohttp import web
import orjson

from .clock import Clock
from .faults import ABSENT, Fault, FaultKind, Faults

# Cursors that begin with this lead to the first page again.
AGAIN = "again"
HTML = (
    "<!DOCTYPE html><html><head><title>Bad gateway</title></head>"
    "<body><h1>Something went wrong</h1></body></html>"
)
ERROR_TYPES = {
    400: "invalid_input",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    429: "rate_limit_exceeded",
}
# Instead of an answer.
_INSTEAD = (
    FaultKind.HTTP_HANG,
    FaultKind.HTTP_RESET,
    FaultKind.HTTP_STATUS,
    FaultKind.HTTP_HTML,
    FaultKind.HTTP_TEXT,
)
# Another answer than the true one.
_SPOILED = (
    FaultKind.HTTP_NO_KEY,
    FaultKind.HTTP_HALF_LIST,
    FaultKind.HTTP_EMPTY_LIST,
    FaultKind.HTTP_REPEATED_CURSOR,
    FaultKind.HTTP_ENDLESS_PAGES,
    FaultKind.HTTP_BAD_ITEM,
    FaultKind.HTTP_STRANGE,
    FaultKind.HTTP_PROPERTY,
)


class Trouble:
    """Applies the faults of the API's answers."""

    def __init__(self, clock: Clock, faults: Faults) -> None:
        """Make trouble as the faults say."""
        self._clock = clock
        self._faults = faults
        self._closing = asyncio.Event()

    def date(self, path: str) -> str:
        """Return the Date header of an answer."""
        now = self._clock.now() + self._faults.clock_skew
        fault = self._faults.take(FaultKind.HTTP_DATE, path=path)
        if fault is None:
            return formatdate(now, usegmt=True)
        if fault.value is not None:
            return str(fault.value)
        return formatdate(now + fault.seconds, usegmt=True)

    def close(self) -> None:
        """Let go of all requests that hang."""
        self._closing.set()

    async def before(
        self, request: web.Request, headers: dict[str, str]
    ) -> web.StreamResponse | None:
        """Return what comes instead of an answer, if anything does."""
        path = request.path
        if late := self._faults.take(FaultKind.HTTP_LATENCY, path=path):
            await self._wait(late.seconds)
        fault = self._faults.take_first(_INSTEAD, path=path)
        if fault is None:
            return None
        match fault.kind:
            case FaultKind.HTTP_HANG:
                await self._closing.wait()
                return web.Response(status=503)
            case FaultKind.HTTP_RESET:
                return break_off(request)
            case FaultKind.HTTP_HTML:
                return web.Response(
                    status=fault.status or 200,
                    text=HTML,
                    content_type="text/html",
                    headers=headers,
                )
            case FaultKind.HTTP_TEXT:
                return web.Response(
                    status=fault.status or 200,
                    text=fault.message or "upstream connect error",
                    headers=headers,
                )
            case _:
                return self._status(fault, headers)

    def _status(self, fault: Fault, headers: dict[str, str]) -> web.StreamResponse:
        status = fault.status or 500
        if fault.retry_after is not None:
            wait = fault.retry_after
            if wait.startswith("date:"):
                now = self._clock.now() + self._faults.clock_skew
                wait = formatdate(now + float(wait.removeprefix("date:")), usegmt=True)
            headers = {**headers, "Retry-After": wait}
        if fault.value == ABSENT:  # as in an outage: no body at all
            return web.Response(status=status, headers=headers)
        error = {
            "type": fault.error_type
            or ERROR_TYPES.get(status, "internal_server_error"),
            "message": fault.message or f"The sandbox answers with {status}",
            "request_id": headers["seam-request-id"],
        }
        return web.json_response(
            {"error": error, "ok": False}, status=status, headers=headers
        )

    async def after(
        self, request: web.Request, response: web.Response
    ) -> tuple[web.StreamResponse, bool]:
        """Return what becomes of an answer, and whether it is still Seam's."""
        path = request.path
        if late := self._faults.take(FaultKind.HTTP_LATE_ANSWER, path=path):
            await self._wait(late.seconds)
        if self._faults.take(FaultKind.HTTP_ANSWER_LOST, path=path):
            return break_off(request), False
        if self._faults.take(FaultKind.HTTP_CUT_OFF, path=path):
            return await _cut_off(request, response), False
        untouched = True
        if response.status == 200:
            for kind in _SPOILED:
                # Several properties may be wrong at a time.
                for fault in self._faults.take_all(kind, path=path):
                    response.body = orjson.dumps(
                        _spoil(orjson.loads(_body(response)), fault)
                    )
                    untouched = False
        return response, untouched

    async def _wait(self, seconds: float) -> None:
        """Wait for some time of the clock, or until all is over."""
        over = asyncio.ensure_future(self._closing.wait())
        passed = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait((over, passed), return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
            passed.cancel()


def _body(response: web.Response) -> bytes:
    assert isinstance(response.body, bytes)
    return response.body


def break_off(request: web.Request) -> web.StreamResponse:
    """Break the connection instead of an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _cut_off(request: web.Request, response: web.Response) -> web.StreamResponse:
    """Promise the whole body, send half of it, and hang up."""
    body = _body(response)
    cut = web.StreamResponse(status=response.status, headers=response.headers)
    cut.content_length = len(body)
    await cut.prepare(request)
    await cut.write(body[: len(body) // 2])
    return break_off(request)


def _list_key(answer: dict[str, Any]) -> str | None:
    return next((key for key, value in answer.items() if isinstance(value, list)), None)


def _items(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the resources of an answer, one or many."""
    found: list[dict[str, Any]] = []
    for key, value in answer.items():
        if isinstance(value, list):
            found += value
        elif isinstance(value, dict) and key != "pagination":
            found.append(value)
    return found


def _spoil(answer: dict[str, Any], fault: Fault) -> dict[str, Any]:
    key = _list_key(answer)
    match fault.kind:
        case FaultKind.HTTP_NO_KEY:
            return {"ok": True}
        case FaultKind.HTTP_HALF_LIST if key is not None:
            answer[key] = answer[key][: len(answer[key]) // 2]
        case FaultKind.HTTP_EMPTY_LIST if key is not None:
            answer[key] = []
        case FaultKind.HTTP_REPEATED_CURSOR if "pagination" in answer:
            answer["pagination"] |= {
                "has_next_page": True,
                "next_page_cursor": AGAIN,
            }
        case FaultKind.HTTP_ENDLESS_PAGES if "pagination" in answer:
            answer["pagination"] |= {
                "has_next_page": True,
                "next_page_cursor": f"{AGAIN}.{fault.hits}",
            }
        case FaultKind.HTTP_BAD_ITEM if key is not None and answer[key]:
            answer[key][0] = {"device_id": None, "properties": "no object"}
        case FaultKind.HTTP_STRANGE:
            for item in _items(answer):
                _make_strange(item)
        case FaultKind.HTTP_PROPERTY:
            for item in _items(answer):
                if fault.device_id in (None, item.get("device_id")):
                    _replace(item, (fault.name or "").split("."), fault.value)
    return answer


def _make_strange(item: dict[str, Any]) -> None:
    """Add what a Seam of next year may send."""
    item["from_next_year"] = {"deep": [None, {"er": 1.5}]}
    for name in ("device_type", "method", "battery_status"):
        if name in item:
            item[name] = "from_next_year"
    for name in ("nickname", "location", "device_manufacturer", "access_code_id"):
        if name not in item:
            item[name] = None
    for kind in ("error", "warning"):
        if isinstance(item.get(f"{kind}s"), list):
            item[f"{kind}s"].append(
                {f"{kind}_code": "from_next_year", "message": None, "created_at": None}
            )
    properties = item.get("properties")
    if not isinstance(properties, dict):
        return
    properties["from_next_year"] = "quantum"
    for name in ("locked", "door_open", "battery", "keypad_battery", "model"):
        properties.setdefault(name, None)
    if isinstance(properties["battery"], dict):
        properties["battery"]["status"] = "from_next_year"


def _replace(item: dict[str, Any], path: list[str], value: Any) -> None:
    *way, last = path
    for name in way:
        if not isinstance(item.get(name), dict):
            return
        item = item[name]
    if value == ABSENT:
        item.pop(last, None)
    else:
        item[last] = value
