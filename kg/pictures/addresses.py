"""Which addresses may be asked for a picture, and connections to them: allowed hosts, no machine of a private network.

A name is looked up once for a connection, every address that it has is checked, and the connection leads to a checked
address. So a name cannot show one address to the check and another one to the connection.
"""

import asyncio
import ipaddress
import os
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

import httpx

from kg.errors import FetchError

from .files import WIKIMEDIA_HOSTS

#: What Wikimedia asks of robots.
CONNECTIONS = 2

Resolve = Callable[[str, int], Awaitable[list[str]]]  # gives the addresses of a host

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


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
        named = [_parse_host(text) for text in more_hosts]
        self._named = {host for host, _ in named}
        every = [*((host, tuple(_PORTS.values())) for host in WIKIMEDIA_HOSTS), *named]
        self._allowed = {(host, port) for host, ports in every for port in ports}

    @property
    def text(self) -> str:
        """The allowed hosts as one line: equal where the rules are."""
        return ",".join(f"{host}:{port}" for host, port in sorted(self._allowed))

    def check(self, url: httpx.URL, came_from: httpx.URL | None = None) -> None:
        """Check an address before it is asked, and, if there is one, the step from the address that redirected to it.

        Raises:
            RefusedAddressError: If it is not http(s), holds a user name, is on a host that is not allowed, or is a
                redirect from https to http.
        """
        if url.scheme not in _PORTS or not url.host:
            raise RefusedAddressError(f"{str(url)[:200]!r} is not an http or https address")
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
        is_that = host == "localhost" and found.is_loopback
        with suppress(ValueError):  # a name
            is_that = is_that or ipaddress.ip_address(host.strip("[]")) == found
        if not is_public(found) and not (is_that and host in self._named):
            raise RefusedAddressError(f"the host {host} is {found}, which is not an address on the public internet")


class CheckedTransport(httpx.AsyncBaseTransport):
    """Looks a host up, checks every address of it, and connects to one of those, by its number.

    A host has connections of its own: two hosts may share an address, but not a certificate.
    """

    def __init__(self, rules: AddressRules, resolve: Resolve) -> None:
        self._rules = rules
        self._resolve = resolve
        self._hosts: dict[str, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; besides httpx's errors, `RefusedAddressError` is raised."""
        host, port = _host_of(request.url), request.url.port or _PORTS[request.url.scheme]
        try:
            addresses = await self._resolve(host, port)
        except OSError as error:
            raise httpx.ConnectError(f"the host cannot be found ({_system_words(error)})") from None
        for address in addresses:
            self._rules.check_connection(host, address)
        if host not in self._hosts:
            limits = httpx.Limits(max_connections=CONNECTIONS)
            self._hosts[host] = httpx.AsyncHTTPTransport(verify=httpx.create_ssl_context(), limits=limits)
        failure: httpx.TransportError = httpx.ConnectError("the host has no address")
        for address in addresses:
            extensions = {**request.extensions, "sni_hostname": host}  # the name that the certificate must have
            url = request.url.copy_with(host=address)
            numeric = httpx.Request(request.method, url, headers=request.headers, extensions=extensions)
            try:
                return await self._hosts[host].handle_async_request(numeric)
            except httpx.ConnectTimeout as error:
                failure = error
            except httpx.ConnectError as error:
                failure = httpx.ConnectError(_system_words(error))
        raise failure

    async def aclose(self) -> None:
        """Close every connection."""
        for transport in self._hosts.values():
            await transport.aclose()


async def look_up(host: str, port: int) -> list[str]:
    """Return a host's addresses, in the order in which the system wants them tried."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
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


def _system_words(error: BaseException | None) -> str:
    """Say why there is no connection in the system's own words, which lie under those of the libraries."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return str(error)
        if isinstance(error, OSError) and error.errno:
            is_system = error.errno > 0  # the name service has numbers of its own, below 0
            return (os.strerror(error.errno) if is_system else error.strerror or "unknown").lower()
        error = error.__cause__ or error.__context__
    return "no connection"
