"""What a test needs to know of a Seam, whichever it is."""

from abc import ABC, abstractmethod
import json
from types import SimpleNamespace
from typing import Any, override

from aiohttp import (
    ClientSession,
    TraceConfig,
    TraceRequestChunkSentParams,
    TraceRequestEndParams,
    TraceRequestStartParams,
)

from custom_components.seam.api import ActionAttempt, SeamClient
from tests.seam_sandbox import (
    ACCESS_TOKEN,
    CANARY_PIN,
    OTHER_API_KEY,
    FaultKind,
    ManualClock,
    SeamSandbox,
)

from .document import Recorder
from .fake_seam import FakeSeam

# The fake's own doors, which no real Seam has.
_HELPERS = "/_fake/"


def tracing(recorder: Recorder) -> TraceConfig:
    """Let a recorder see all requests of a session."""

    async def start(
        _session: ClientSession, context: SimpleNamespace, _: TraceRequestStartParams
    ) -> None:
        context.sent = b""

    async def chunk(
        _session: ClientSession,
        context: SimpleNamespace,
        params: TraceRequestChunkSentParams,
    ) -> None:
        context.sent += params.chunk

    async def end(
        _session: ClientSession, context: SimpleNamespace, params: TraceRequestEndParams
    ) -> None:
        if not params.url.path.startswith(_HELPERS):
            body = json.loads(context.sent or b"{}")
            recorder.take(params.url.path, params.method, body, None, None)

    config = TraceConfig()
    config.on_request_start.append(start)
    config.on_request_chunk_sent.append(chunk)
    config.on_request_end.append(end)
    return config


class Server(ABC):
    """A Seam to test the client against.

    Attributes:
        url: address, without a path.
        key: an API key.
        other_key: of another workspace.
        token: a personal access token.
        workspace_id: that the key belongs to.
        lock: id of a lock that can be locked and unlocked.
        other_lock: the same, of another one.
        not_locks: ids of devices that are none.
        unknown: an id that nothing has.
        count: how many devices there are.
        unconfirmed: a success does not say who has confirmed it.
    """

    url: str
    key: str
    other_key: str
    token: str
    workspace_id: str
    lock: str
    other_lock: str
    not_locks: frozenset[str]
    unknown: str
    count: int
    unconfirmed: bool

    def __init__(self, session: ClientSession) -> None:
        """Let clients share a session."""
        self.session = session

    def client(self, key: str | None = None, **options: Any) -> SeamClient:
        """Return a client, with the good key unless told otherwise."""

        async def at_once(_seconds: float) -> None:
            """Wait for nothing between retries."""

        return SeamClient(
            self.session,
            self.key if key is None else key,
            endpoint=self.url,
            sleep=at_once,
            **options,
        )

    @abstractmethod
    async def pass_time(self) -> None:
        """Let commands come to their end."""

    @abstractmethod
    async def failed_command(self, message: str) -> ActionAttempt:
        """Return a command as it was started, that fails with a message."""

    @abstractmethod
    async def take_offline(self, device_id: str) -> None:
        """Cut a lock off."""

    @abstractmethod
    async def break_down(self, path: str) -> None:
        """Let a path answer 503 without a body."""

    @abstractmethod
    async def access_code(self, name: str) -> str:
        """Return the id of an access code with a name on the lock."""

    async def post(self, path: str, **body: Any) -> Any:
        """Ask without our own client."""
        headers = {"Authorization": f"Bearer {self.key}"}
        async with self.session.post(
            self.url + path, json=body, headers=headers
        ) as response:
            return await response.json()


class SandboxServer(Server):
    """The sandbox."""

    unconfirmed = False

    def __init__(self, session: ClientSession, sandbox: SeamSandbox) -> None:
        """Use a sandbox in which time stands still."""
        super().__init__(session)
        self.sandbox = sandbox
        self.url = sandbox.url
        self.key = sandbox.api_key
        self.other_key = OTHER_API_KEY
        self.token = ACCESS_TOKEN
        self.workspace_id = sandbox.workspace_id
        self.lock = sandbox.door("Front Door").device_id
        self.other_lock = sandbox.door("Back Door").device_id
        self.not_locks = frozenset(
            door.device_id for door in sandbox.house if not door.model.is_lock
        )
        self.unknown = "00000000-0000-4000-8000-000000000000"
        self.count = len(sandbox.doors)

    @override
    async def pass_time(self) -> None:
        assert isinstance(self.sandbox.clock, ManualClock)
        await self.sandbox.clock.advance(2)

    @override
    async def failed_command(self, message: str) -> ActionAttempt:
        self.sandbox.add_fault(FaultKind.ATTEMPT_FAIL, times=1, message=message)
        return await self.client().unlock_door(self.lock)

    @override
    async def take_offline(self, device_id: str) -> None:
        self.sandbox.set_online(device_id, online=False)

    @override
    async def break_down(self, path: str) -> None:
        self.sandbox.add_fault(
            FaultKind.HTTP_STATUS, path=path, status=503, value="absent"
        )

    @override
    async def access_code(self, name: str) -> str:
        codes = self.sandbox.door(self.lock).codes
        assert codes[CANARY_PIN].name == name
        return codes[CANARY_PIN].access_code_id


class FakeServer(Server):
    """Seam's own fake."""

    key = "seam_apikey1_token"
    other_key = "seam_apikey2_token"
    token = "seam_at1_longtoken"
    workspace_id = "seed_workspace_1"
    lock = "august_device_1"
    other_lock = "schlage_device_id"
    not_locks = frozenset({"ecobee_device_1", "minut_device_1"})
    unknown = "no_such_thing"
    count = 5
    unconfirmed = True

    def __init__(self, session: ClientSession, fake: FakeSeam) -> None:
        """Use a fake with nothing but its seed."""
        super().__init__(session)
        self.fake = fake
        self.url = fake.url

    @override
    async def pass_time(self) -> None:
        """Do nothing: the fake's commands end at once."""

    @override
    async def failed_command(self, message: str) -> ActionAttempt:
        started = await self.client().unlock_door(self.lock)
        await self.post(
            "/_fake/update_action_attempt",
            action_attempt_id=started.action_attempt_id,
            status="error",
            error={"type": "some_error", "message": message},
        )
        return started

    @override
    async def take_offline(self, device_id: str) -> None:
        self.fake.do("take_offline", device_id=device_id)

    @override
    async def break_down(self, path: str) -> None:
        await self.post(
            "/_fake/simulate_workspace_outage",
            workspace_id=self.workspace_id,
            routes=[path],
        )

    @override
    async def access_code(self, name: str) -> str:
        answer = await self.post(
            "/access_codes/create", device_id=self.lock, name=name, code=CANARY_PIN
        )
        access_code_id: str = answer["access_code"]["access_code_id"]
        return access_code_id
