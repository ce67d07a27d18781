"""The signature of a webhook: good ones pass, anything else does not."""

import base64

from hypothesis import given, strategies as st
from multidict import CIMultiDict
import pytest

from custom_components.seam.api.signature import (
    TOLERANCE,
    SignatureError,
    sign,
    signing_key,
    verify,
)

SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
OTHER = "whsec_Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5"
ID = "msg_vector1"
NOW = 1750000000
BODY = b'{"event_id":"e1","event_type":"lock.locked"}'
GOOD = "v1,umu5mU++lw0zXcMmd9NYl9QRh5NUOOXDzTMNtXk5JFU="


def headers(
    message_id: str | None = ID,
    stamp: str | None = str(NOW),
    signature: str | None = GOOD,
    prefix: str = "svix",
) -> dict[str, str]:
    named = {"id": message_id, "timestamp": stamp, "signature": signature}
    return {
        f"{prefix}-{name}": value for name, value in named.items() if value is not None
    }


@pytest.mark.parametrize(
    ("secret", "message_id", "stamp", "body", "signature"),
    [
        (SECRET, ID, NOW, BODY, GOOD),
        # The example of the Standard Webhooks specification.
        (
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1614265330,
            b'{"test": 2432232314}',
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
    ],
)
def test_vectors(
    secret: str, message_id: str, stamp: int, body: bytes, signature: str
) -> None:
    assert sign(secret, message_id, stamp, body) == signature
    signed = headers(message_id, str(stamp), signature)
    assert verify(secret, signed, body, stamp) == message_id


@pytest.mark.parametrize(
    "signed",
    [
        headers(),
        headers(prefix="webhook"),
        headers(signature=f"v1,AAAA {GOOD}"),
        headers(signature=f"{GOOD} v1,AAAA"),
        headers(signature=f"v2,AAAA v1a,AAAA {GOOD} nonsense  "),
        {**headers(prefix="webhook"), "svix-id": "msg_of_somebody_else"},
        CIMultiDict({name.upper(): value for name, value in headers().items()}),
    ],
)
def test_good(signed: dict[str, str]) -> None:
    assert verify(SECRET, signed, BODY, NOW) == ID


def test_a_secret_may_lack_its_padding_or_prefix() -> None:
    secret = "whsec_" + base64.b64encode(b"seventeen bytes!!").decode()
    assert secret.endswith("=")
    for form in (secret, secret.rstrip("="), secret.removeprefix("whsec_")):
        signed = headers(signature=sign(secret, ID, NOW, BODY))
        assert verify(form, signed, BODY, NOW) == ID


@pytest.mark.parametrize(
    "signed",
    [
        {},
        headers(message_id=None),
        headers(stamp=None),
        headers(signature=None),
        headers(message_id=""),
        headers(message_id="msg_vector2"),
        headers(message_id="msg_\udcff"),
        headers(message_id="\ud800"),
        headers(message_id="msg_vector1\u00e9"),
        headers(stamp=""),
        headers(stamp="soon"),
        headers(stamp=f"{NOW}.0"),
        headers(stamp=f"+{NOW}"),
        headers(stamp=f"-{NOW}"),
        headers(stamp=f" {NOW}"),
        headers(stamp=f"{NOW:_}"),
        headers(stamp=f"{NOW + 1}"),
        headers(stamp="\u0661\u0667\u0665\u0660\u0660\u0660\u0660\u0660\u0660\u0660"),
        headers(stamp="9" * 5000),
        headers(stamp="0"),
        headers(stamp=f"0{NOW}"),
        headers(stamp=f"{NOW}\n"),
        headers(signature=""),
        headers(signature=" "),
        headers(signature="v1"),
        headers(signature="v1,"),
        headers(signature="nonsense"),
        headers(signature=GOOD.removeprefix("v1,")),
        headers(signature=GOOD.replace("v1,", "v2,")),
        headers(signature=GOOD.replace("v1,", "v1a,")),
        headers(signature=GOOD.replace("v1,", "v1, ")),
        headers(signature=GOOD.lower()),
        headers(signature=GOOD[:-2]),
        headers(signature=f"{GOOD}x"),
        headers(signature="v1,\udcff"),
        headers(signature="v1,\u00e9\u00e9"),
        headers(signature=sign(OTHER, ID, NOW, BODY)),
        headers(signature=sign(SECRET, ID, NOW, BODY + b" ")),
        {**headers(signature=None), "webhook-signature": GOOD},
    ],
)
def test_bad(signed: dict[str, str]) -> None:
    with pytest.raises(SignatureError):
        verify(SECRET, signed, BODY, NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_%%%", "whsec_\u00e9", "a" * 5])
def test_bad_secret(secret: str) -> None:
    with pytest.raises(SignatureError):
        verify(secret, headers(), BODY, NOW)
    with pytest.raises(SignatureError):
        signing_key(secret)


@pytest.mark.parametrize(
    ("late", "passes"),
    [
        (0, True),
        (TOLERANCE, True),
        (-TOLERANCE, True),
        (TOLERANCE + 0.5, False),
        (-TOLERANCE - 0.5, False),
        (86400, False),
        (-86400, False),
    ],
)
def test_age(late: float, passes: bool) -> None:
    if passes:
        assert verify(SECRET, headers(), BODY, NOW + late) == ID
    else:
        with pytest.raises(SignatureError, match="too old"):
            verify(SECRET, headers(), BODY, NOW + late)


def test_the_error_tells_nothing_secret() -> None:
    signed = headers(signature=sign(OTHER, ID, NOW, BODY))
    with pytest.raises(SignatureError) as caught:
        verify(SECRET, signed, BODY, NOW)
    shown = f"{caught.value!r}"
    for secret in (SECRET[6:], GOOD[3:], ID, signed["svix-signature"][3:]):
        assert secret not in shown


# -- whatever is changed, it fails

bodies = st.binary(max_size=200)
ids = st.text(st.characters(codec="ascii", exclude_categories=["C"]), min_size=1)
stamps = st.integers(1, 2**40)
keys = st.binary(min_size=1, max_size=64)


def secret_of(key: bytes) -> str:
    return "whsec_" + base64.b64encode(key).decode()


@given(key=keys, message_id=ids, stamp=stamps, body=bodies)
def test_what_is_signed_passes(
    key: bytes, message_id: str, stamp: int, body: bytes
) -> None:
    signed = headers(
        message_id, str(stamp), sign(secret_of(key), message_id, stamp, body)
    )
    assert verify(secret_of(key), signed, body, stamp) == message_id


def changed(data: st.DataObject, value: bytes) -> bytes:
    """Change, add or drop one byte."""
    place = data.draw(st.integers(0, len(value)), label="place")
    byte = data.draw(st.binary(max_size=1), label="byte")
    kept = data.draw(st.integers(0, 1), label="kept")
    result = value[:place] + byte + value[place + 1 - kept :]
    if result == value:
        result = value + b"0"
    return result


@given(data=st.data(), key=keys, message_id=ids, stamp=stamps, body=bodies)
def test_any_changed_byte_fails(
    data: st.DataObject, key: bytes, message_id: str, stamp: int, body: bytes
) -> None:
    secret = secret_of(key)
    signature = sign(secret, message_id, stamp, body)
    part = data.draw(st.sampled_from(["body", "key", "id", "timestamp", "signature"]))
    texts = {"id": message_id, "timestamp": str(stamp), "signature": signature}
    if part == "body":
        body = changed(data, body)
    elif part == "key":
        # HMAC fills a short key up with zeros, so those change nothing.
        other = changed(data, key)
        if other.rstrip(b"\0") == key.rstrip(b"\0"):
            other = b"1" + other
        secret = secret_of(other)
    else:
        texts[part] = changed(data, texts[part].encode()).decode("latin-1")
        if part == "signature" and signature in texts[part].split(" "):
            texts[part] = texts[part].replace(signature, "")
    signed = headers(texts["id"], texts["timestamp"], texts["signature"])
    with pytest.raises(SignatureError):
        verify(secret, signed, body, stamp)


@given(
    secret=st.text(),
    named=st.dictionaries(
        st.sampled_from(sorted(headers()) + sorted(headers(prefix="webhook"))),
        st.text() | st.just(str(NOW)),
    ),
    body=bodies,
)
def test_nothing_else_is_ever_raised(
    secret: str, named: dict[str, str], body: bytes
) -> None:
    with pytest.raises(SignatureError):
        verify(secret, named, body, NOW)
