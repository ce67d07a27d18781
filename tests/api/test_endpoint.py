"""Which addresses may be asked: a key must not cross the internet in clear."""

import pytest

from custom_components.seam.api.endpoint import checked_endpoint, is_local


@pytest.mark.parametrize(
    ("entered", "kept"),
    [
        ("https://connect.getseam.com", "https://connect.getseam.com"),
        (" https://connect.getseam.com/ ", "https://connect.getseam.com"),
        ("HTTPS://Connect.GetSeam.com:443", "https://connect.getseam.com"),
        ("https://example.com/seam//", "https://example.com/seam"),
        ("https://example.com:8443", "https://example.com:8443"),
        ("http://localhost:3020", "http://localhost:3020"),
        ("http://127.0.0.1:3020/", "http://127.0.0.1:3020"),
        ("http://[::1]:3020", "http://[::1]:3020"),
        ("http://192.168.1.5", "http://192.168.1.5"),
        ("http://10.0.0.1", "http://10.0.0.1"),
        ("http://[fd00::1]", "http://[fd00::1]"),
    ],
)
def test_allowed(entered: str, kept: str) -> None:
    assert checked_endpoint(entered) == kept


@pytest.mark.parametrize(
    "entered",
    [
        "",
        "connect.getseam.com",
        "https://",
        "http://",
        "https://example.com:99999",
        "https://[::1",
        "ftp://example.com",
        "file:///etc/passwd",
        "http://connect.getseam.com",
        "http://8.8.8.8",
        "http://[2001:4860:4860::8888]",
        "http://[::ffff:8.8.8.8]",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://2130706433.example.com",
        "https://user@example.com",
        "https://user:password@example.com",
        "https://example.com?key=x",
        "https://example.com#x",
    ],
)
def test_refused(entered: str) -> None:
    assert checked_endpoint(entered) is None


@pytest.mark.parametrize(
    ("endpoint", "local"),
    [
        ("https://connect.getseam.com", False),
        ("http://127.0.0.1:3020", True),
        ("https://192.168.1.5", True),
        ("http://localhost", True),
        ("nonsense", False),
    ],
)
def test_is_local(endpoint: str, local: bool) -> None:
    assert is_local(endpoint) is local
