"""A signed request that we send to ourselves, to see whether the way here is open."""

import asyncio
from http import HTTPStatus

from aiohttp import ClientError, ClientTimeout
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import ulid as ulid_util
import orjson

from ..api import SeamClient, SignatureError, sign
from .health import PushHealth
from .stored import stored_webhook

# The type of the event that we send; Seam has none of this name.
SELF_TEST = "seam_home_assistant.self_test"
SELF_TEST_TIMEOUT = 15.0


class PushError(Exception):
    """A self-test did not come back; says why in plain words.

    Attributes:
        key: of the translation that says it.
    """

    def __init__(self, key: str) -> None:
        """Keep what to say."""
        super().__init__(key)
        self.key = key


class PushSelfTest:
    """Sends tests, and waits for the receiver to tell that they have arrived."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: SeamClient,
        health: PushHealth,
    ) -> None:
        """Start with no test on its way.

        Args:
            hass: Home Assistant.
            entry: holds the address and the secret.
            client: knows Seam's time.
            health: told how long a test took.
        """
        self._hass = hass
        self._entry = entry
        self._client = client
        self._health = health
        self._waiting: dict[str, asyncio.Future[None]] = {}

    async def async_run(self) -> float:
        """Send ourselves a signed request the way that Seam would.

        Returns:
            How long it took, in seconds.

        Raises:
            PushError: nothing is registered, or it did not come back.
        """
        if (stored := stored_webhook(self._entry)) is None:
            raise PushError("push_no_address")
        message_id = f"msg_{ulid_util.ulid_now()}"
        body = orjson.dumps({"event_id": message_id, "event_type": SELF_TEST})
        stamp = int(self._client.now())
        arrived = self._waiting[message_id] = self._hass.loop.create_future()
        started = self._hass.loop.time()
        try:
            async with (
                asyncio.timeout(SELF_TEST_TIMEOUT),
                async_get_clientsession(self._hass).post(
                    stored["url"],
                    data=body,
                    headers={
                        "Content-Type": "application/json",
                        "svix-id": message_id,
                        "svix-timestamp": str(stamp),
                        "svix-signature": sign(
                            stored["secret"], message_id, stamp, body
                        ),
                    },
                    allow_redirects=False,
                    timeout=ClientTimeout(total=SELF_TEST_TIMEOUT),
                ) as response,
            ):
                if response.status >= HTTPStatus.MULTIPLE_CHOICES:
                    raise PushError("push_refused")
                await arrived
        except TimeoutError as err:
            raise PushError("push_no_answer") from err
        except ClientError, OSError, SignatureError, ValueError:
            # Its text would hold the address.
            raise PushError("push_unreachable") from None
        finally:
            del self._waiting[message_id]
        round_trip = self._hass.loop.time() - started
        self._health.async_tested(round_trip)
        return round_trip

    @callback
    def async_arrived(self, message_id: object) -> None:
        """Note that a signed test has come in, ours or another one."""
        arrived = self._waiting.get(message_id) if isinstance(message_id, str) else None
        if arrived is not None and not arrived.done():
            arrived.set_result(None)
