"""Check the signature of a webhook request (Svix, as Seam's own SDK does).

Our own few lines, because the libraries that do it bring an HTTP client of
their own along. Held against the library's test vectors in tests/api.
"""

import base64
import binascii
from collections.abc import Mapping
from hashlib import sha256
import hmac
import re

# Seconds that a request may be old, or ahead of us.
TOLERANCE = 300.0
SECRET_PREFIX = "whsec_"  # noqa: S105 - a prefix, not a secret
VERSION = "v1"
# One way to write each, as the number is signed and not its text.
TIMESTAMP = re.compile("[1-9][0-9]{0,17}")


class SignatureError(Exception):
    """The request is not proven to come from Seam; says why in general terms."""


def _decode(value: str) -> bytes:
    """Decode base64, tolerating missing padding.

    Raises:
        SignatureError: when it is not base64.
    """
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
    except (binascii.Error, ValueError) as err:
        msg = "not base64"
        raise SignatureError(msg) from err


def signing_key(secret: str) -> bytes:
    """Return the key in a webhook's secret.

    Raises:
        SignatureError: when there is none.
    """
    if not (key := _decode(secret.removeprefix(SECRET_PREFIX))):
        msg = "no secret"
        raise SignatureError(msg)
    return key


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a request, with its version."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    mac = hmac.digest(signing_key(secret), signed, sha256)
    return f"{VERSION},{base64.b64encode(mac).decode()}"


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> str:
    """Return the message id of a request that is signed with the secret.

    Args:
        secret: `whsec_…`, as Seam gave it.
        headers: of the request; names in any case if the mapping allows.
        body: raw bytes as received.
        now: time in seconds since the epoch, by Seam's clock.

    Raises:
        SignatureError: anything is missing, old, or does not match.
    """
    for prefix in ("svix", "webhook"):
        message_id = headers.get(f"{prefix}-id")
        stamp = headers.get(f"{prefix}-timestamp")
        signatures = headers.get(f"{prefix}-signature")
        if message_id and stamp and signatures:
            break
    else:
        msg = "not signed"
        raise SignatureError(msg)
    if not message_id.isascii():  # may not even be text
        msg = "bad id"
        raise SignatureError(msg)
    if not TIMESTAMP.fullmatch(stamp):
        msg = "bad timestamp"
        raise SignatureError(msg)
    timestamp = int(stamp)
    if abs(now - timestamp) > TOLERANCE:
        msg = "too old or ahead of time"
        raise SignatureError(msg)
    expected = sign(secret, message_id, timestamp, body).encode()
    for signature in signatures.split(" "):
        # Other versions are skipped; any match passes, for keys in rotation.
        if hmac.compare_digest(expected, signature.encode(errors="replace")):
            return message_id
    msg = "wrong signature"
    raise SignatureError(msg)
