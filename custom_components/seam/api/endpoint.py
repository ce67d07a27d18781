"""Where Seam is: which addresses may be used, and which are of this house."""

from ipaddress import ip_address

from yarl import URL

DEFAULT_ENDPOINT = "https://connect.getseam.com"


def _is_local_host(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback or address.is_private


def is_local(endpoint: str) -> bool:
    """Return whether the endpoint is on this machine or a private network."""
    host = URL(endpoint).host
    return host is not None and _is_local_host(host)


def checked_endpoint(value: str) -> str | None:
    """Return the base URL in its plain form, or None when it is not allowed.

    https anywhere; http only to loopback and private addresses, because a key
    must not cross the internet in clear.
    """
    try:
        url = URL(value.strip())
    except ValueError:
        return None
    if url.host is None or url.user or url.password or url.query or url.fragment:
        return None
    if url.scheme != "https" and not (
        url.scheme == "http" and _is_local_host(url.host)
    ):
        return None
    return str(url).rstrip("/")
