"""Where Seam is: which addresses may be used, and which are of this house."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from yarl import URL

DEFAULT_ENDPOINT = "https://connect.getseam.com"


# The only addresses that a key may be sent to in clear: this machine, private
# networks (RFC 1918, RFC 4193) and the link.
_LOCAL_NETWORKS = tuple(
    ip_network(network)
    for network in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
        *("169.254.0.0/16", "::1/128", "fc00::/7", "fe80::/10"),
    )
)


def _is_local_address(address: IPv4Address | IPv6Address) -> bool:
    """Return whether an address is local; one that embeds others, if those are."""
    if isinstance(address, IPv6Address):
        embedded = (address.ipv4_mapped, address.sixtofour, *(address.teredo or ()))
        if inner := [one for one in embedded if one is not None]:
            return all(map(_is_local_address, inner))
    return any(address in network for network in _LOCAL_NETWORKS)


def _is_local_host(host: str) -> bool:
    try:
        return _is_local_address(ip_address(host))
    except ValueError:
        return host == "localhost"


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
