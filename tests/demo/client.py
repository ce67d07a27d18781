"""Talks to a running Home Assistant the way that its own frontend does."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from aiohttp import (
    ClientError,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    WSMessageTypeError,
)

USER = "demo"
PASSWORD = "demo"


class RefusedError(Exception):
    """Home Assistant refused a request."""


class Socket:
    """One websocket connection: commands with their answers, and events."""

    def __init__(self, connection: ClientWebSocketResponse) -> None:
        """Take a connection that is signed in."""
        self._connection = connection
        self._id = 0
        self._events: dict[int, deque[Any]] = {}

    async def command(self, command: str, **fields: Any) -> Any:
        """Send a command and return its result.

        Raises:
            RefusedError: Home Assistant answered with an error.
        """
        self._id += 1
        number = self._id
        await self._connection.send_json({"id": number, "type": command, **fields})
        while (message := await self._receive())["type"] != "result":
            pass
        assert message["id"] == number
        if not message["success"]:
            raise RefusedError(f"{command}: {message['error']}")
        return message["result"]

    async def subscribe(self, command: str, **fields: Any) -> int:
        """Subscribe to something and return the number of the subscription."""
        await self.command(command, **fields)
        self._events.setdefault(self._id, deque())
        return self._id

    async def event(self, subscription: int) -> Any:
        """Return the next event of a subscription."""
        while not self._events[subscription]:
            await self._receive()
        return self._events[subscription].popleft()

    async def closed(self) -> None:
        """Return once the other side has closed the connection."""
        async for _message in self._connection:
            pass

    async def _receive(self) -> dict[str, Any]:
        message: dict[str, Any] = await self._connection.receive_json()
        if message["type"] == "event":
            self._events.setdefault(message["id"], deque()).append(message["event"])
        return message


class HomeAssistant:
    """A running Home Assistant, at first without being signed in."""

    def __init__(self, url: str) -> None:
        """Take its address, without a slash at the end."""
        self.url = url
        self._token: str | None = None
        self._session = ClientSession(timeout=ClientTimeout(total=60))

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close what is open."""
        await self._session.close()

    # -- plain requests

    async def request(
        self, method: str, path: str, json: Any = None, *, form: Any = None
    ) -> Any:
        """Send a request and return the JSON of its answer.

        Raises:
            RefusedError: the answer is no success.
        """
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        async with self._session.request(
            method, self.url + path, json=json, data=form, headers=headers
        ) as response:
            if not response.ok:
                raise RefusedError(
                    f"{method} {path}: {response.status} {await response.text()}"
                )
            return await response.json()

    async def get(self, path: str) -> Any:
        """GET."""
        return await self.request("GET", path)

    async def post(self, path: str, json: Any = None) -> Any:
        """POST."""
        return await self.request("POST", path, json or {})

    # -- signing in

    async def onboard(self) -> None:
        """Make the first person and sign in."""
        answer = await self.post(
            "/api/onboarding/users",
            {
                "name": "Demo",
                "username": USER,
                "password": PASSWORD,
                "client_id": f"{self.url}/",
                "language": "en",
            },
        )
        await self._exchange(answer["auth_code"])

    async def sign_in(self) -> None:
        """Sign in as the person that `onboard` made."""
        client = {"client_id": f"{self.url}/"}
        flow = await self.post(
            "/auth/login_flow",
            {
                **client,
                "handler": ["homeassistant", None],
                "redirect_uri": f"{self.url}/",
            },
        )
        answer = await self.post(
            f"/auth/login_flow/{flow['flow_id']}",
            {**client, "username": USER, "password": PASSWORD},
        )
        await self._exchange(answer["result"])

    async def _exchange(self, code: str) -> None:
        answer = await self.request(
            "POST",
            "/auth/token",
            form={
                "grant_type": "authorization_code",
                "code": code,
                "client_id": f"{self.url}/",
            },
        )
        self._token = answer["access_token"]

    # -- waiting

    async def wait_for_server(self) -> None:
        """Return once it answers at all."""
        while True:
            try:
                async with self._session.get(f"{self.url}/manifest.json") as response:
                    if response.status == HTTPStatus.OK:
                        return
            except ClientError:
                pass
            await asyncio.sleep(0.1)

    async def wait_until_running(self) -> None:
        """Return once everything is started; signed in."""
        while True:
            try:
                if (await self.get("/api/config"))["state"] == "RUNNING":
                    return
            except ClientError, RefusedError:  # not there yet, or only half
                pass
            await asyncio.sleep(0.1)

    async def begin_restart(self) -> None:
        """Have it restart; return once it has stopped."""
        async with self.socket() as socket:
            with suppress(WSMessageTypeError):  # it may close before it answers
                await socket.command(
                    "call_service", domain="homeassistant", service="restart"
                )
                await socket.closed()

    # -- the websocket, states, services

    @asynccontextmanager
    async def socket(self) -> AsyncGenerator[Socket]:
        """Open a websocket that is signed in."""
        async with self._session.ws_connect(
            f"{self.url}/api/websocket", max_msg_size=0
        ) as connection:
            await connection.receive_json()  # auth_required
            await connection.send_json({"type": "auth", "access_token": self._token})
            answer = await connection.receive_json()
            if answer["type"] != "auth_ok":
                raise RefusedError(f"websocket: {answer}")
            yield Socket(connection)

    async def command(self, command: str, **fields: Any) -> Any:
        """Send one websocket command on a connection of its own."""
        async with self.socket() as socket:
            return await socket.command(command, **fields)

    async def state(self, entity_id: str) -> str:
        """Return the state of an entity."""
        state: str = (await self.get(f"/api/states/{entity_id}"))["state"]
        return state

    async def wait_for_entity(self, entity_id: str) -> None:
        """Return once there is an entity."""
        while True:
            try:
                await self.get(f"/api/states/{entity_id}")
            except RefusedError:  # not there yet
                await asyncio.sleep(0.1)
            else:
                return

    async def wait_for_state(
        self, entity_id: str, wanted: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any]:
        """Return the first state of an entity that is wanted."""
        async with self.socket() as socket:
            changes = await socket.subscribe(
                "subscribe_trigger",
                trigger={"platform": "state", "entity_id": entity_id},
            )
            state: dict[str, Any] = await self.get(f"/api/states/{entity_id}")
            while not wanted(state):
                event = await socket.event(changes)
                state = event["variables"]["trigger"]["to_state"]
            return state
