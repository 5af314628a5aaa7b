"""HTTP over connections that lead only to checked addresses, and no more of them than is polite."""

import asyncio
import os
import socket
import ssl
from collections.abc import Awaitable, Callable

import httpx

from .addresses import AddressRules

#: What Wikimedia asks of robots.
CONNECTIONS = 2

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Gives the addresses of a host."""


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
        host, port = request.url.host, request.url.port or (443 if request.url.scheme == "https" else 80)
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
