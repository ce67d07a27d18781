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
        ("http://172.16.0.1", "http://172.16.0.1"),
        ("http://172.31.255.255", "http://172.31.255.255"),
        ("http://169.254.1.2", "http://169.254.1.2"),
        ("http://127.8.9.10", "http://127.8.9.10"),
        ("http://[fd00::1]", "http://[fd00::1]"),
        ("http://[fe80::1]", "http://[fe80::1]"),
        ("http://[::ffff:192.168.1.5]", "http://[::ffff:192.168.1.5]"),
        ("http://[::ffff:127.0.0.1]", "http://[::ffff:127.0.0.1]"),
        ("http://[2002:c0a8:101::1]", "http://[2002:c0a8:101::1]"),
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
        "http://[::ffff:0:0]",
        # Ways through which an address crosses the internet.
        "http://[2002:808:808::1]",  # 6to4 of 8.8.8.8
        "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]",  # Teredo
        "http://[64:ff9b::8.8.8.8]",
        "http://[64:ff9b::c0a8:101]",
        "http://[::8.8.8.8]",
        # Not routed, but not of this house either.
        "http://0.0.0.0",
        "http://[::]",
        "http://100.64.0.1",
        "http://192.0.2.1",
        "http://198.18.0.1",
        "http://240.0.0.1",
        "http://255.255.255.255",
        "http://[2001:db8::1]",
        "http://[fec0::1]",
        "http://[ff02::1]",
        "http://172.32.0.1",
        "http://172.15.255.255",
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
