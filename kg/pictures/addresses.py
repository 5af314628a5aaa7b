"""Which addresses may be asked for a picture: hosts that the user allows, and no machine of a private network.

A name is looked up once for a connection, every address that it has is checked, and the connection leads to a checked
address. So a name cannot show one address to the check and another one to the connection.
"""

import ipaddress
import re
from collections.abc import Iterable

import httpx

from kg.errors import FetchError

from .files import WIKIMEDIA_HOSTS

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class RefusedAddressError(Exception):
    """An address that must not be asked; the text says why."""


class AddressRules:
    """The hosts that may be asked.

    Args:
        more_hosts: Hosts that the user allows beside Wikimedia's: a name or an address, with `:port` where it is not
            the usual one. Only an address, or `localhost`, that is named here may be on a private network.

    Raises:
        FetchError: If one of them is not a host.
    """

    def __init__(self, more_hosts: Iterable[str] = ()) -> None:
        self._allowed = {(host, port) for host in WIKIMEDIA_HOSTS for port in _PORTS.values()}
        self._named: set[str] = set()
        for text in more_hosts:
            host, ports = _parse_host(text)
            self._named.add(host)
            self._allowed |= {(host, port) for port in ports}

    @property
    def text(self) -> str:
        """The allowed hosts as one line: equal where the rules are."""
        return ",".join(f"{host}:{port}" for host, port in sorted(self._allowed))

    def check(self, url: httpx.URL, came_from: httpx.URL | None = None) -> None:
        """Check an address before it is asked.

        Args:
            url: The address.
            came_from: The address that redirected to it.

        Raises:
            RefusedAddressError: If it is not http(s), holds a user name, is on a host that is not allowed, or is a
                redirect from https to http.
        """
        if url.scheme not in _PORTS or not url.host:
            raise RefusedAddressError(f"{_shown(url)} is not an http or https address")
        if url.userinfo:
            raise RefusedAddressError(f"an address with a user name or password in it, on {url.host}")
        if came_from is not None and came_from.scheme == "https" and url.scheme == "http":
            raise RefusedAddressError(f"a redirect from https to http, on {url.host}")
        host, port = _host_of(url), url.port or _PORTS[url.scheme]
        if (host, port) not in self._allowed:
            named = host if url.port is None else f"{host}:{port}"
            raise RefusedAddressError(f"the host {named} is not allowed; allow it with --image-host {named}")

    def check_connection(self, host: str, address: str) -> None:
        """Check what a host's name stands for, before a connection is made.

        Raises:
            RefusedAddressError: If it is on a private network and the user has not named that very address.
        """
        found = ipaddress.ip_address(address)
        if is_public(found) or (host in self._named and _stands_for(host, found)):
            return
        raise RefusedAddressError(f"the host {host} is {found}, which is not an address on the public internet")


def is_public(address: IPAddress) -> bool:
    """Say whether an address is an ordinary one on the public internet, also where IPv6 wraps IPv4."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.teredo is not None:
            return False
        wrapped = address.ipv4_mapped or address.sixtofour
        if wrapped is None and address in _NAT64:
            wrapped = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if wrapped is not None:
            return is_public(wrapped)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _stands_for(host: str, address: IPAddress) -> bool:
    if host == "localhost":
        return address.is_loopback
    try:
        return ipaddress.ip_address(host.strip("[]")) == address
    except ValueError:
        return False


def _parse_host(text: str) -> tuple[str, tuple[int, ...]]:
    problem = FetchError(f"--image-host {text!r}: expected a host as in upload.wikimedia.org or localhost:8080")
    try:
        url = httpx.URL(f"http://{text}")
    except httpx.InvalidURL:
        raise problem from None
    if not _HOST.fullmatch(_host_of(url)) or url.userinfo or url.raw_path != b"/" or url.fragment or text[-1] in " /":
        raise problem
    given = url.port or (80 if text.endswith(":80") else None)
    return _host_of(url), (given,) if given else tuple(_PORTS.values())


def _host_of(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii").lower()


def _shown(url: httpx.URL) -> str:
    return repr(str(url)[:200])
