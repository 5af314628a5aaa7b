"""HTTP over connections that lead only to checked addresses, and no more of them than is polite."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

import httpcore
import httpx

from .addresses import AddressRules

#: What Wikimedia asks of robots.
CONNECTIONS = 2

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Gives the addresses of a host."""


class CheckedTransport(httpx.AsyncBaseTransport):
    """HTTP over connections that lead only to checked addresses, at most `CONNECTIONS` at once."""

    def __init__(self, rules: AddressRules, resolve: Resolve) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=CONNECTIONS,
            network_backend=_CheckedBackend(rules, resolve),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; what fails is an error of httpcore, or `RefusedAddressError`."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        answer = await self._pool.handle_async_request(
            httpcore.Request(request.method, url, headers=request.headers.raw, extensions=request.extensions)
        )
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Stream(answer), extensions=answer.extensions
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()


class _Stream(httpx.AsyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._answer.aiter_stream()

    async def aclose(self) -> None:
        await self._answer.aclose()


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    """Looks a host up, checks every address of it, and connects to one of those."""

    def __init__(self, rules: AddressRules, resolve: Resolve) -> None:
        self._rules = rules
        self._resolve = resolve
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await self._resolve(host.strip("[]"), port)
        except OSError as error:
            raise httpcore.ConnectError(f"the host cannot be found ({_system_words(error)})") from None
        for address in addresses:
            self._rules.check_connection(host, address)
        failure: Exception = httpcore.ConnectError("the host has no address")
        for address in addresses:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectTimeout as error:
                failure = error
            except httpcore.ConnectError as error:
                failure = httpcore.ConnectError(_system_words(error))
        raise failure

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)


async def look_up(host: str, port: int) -> list[str]:
    """Return a host's addresses, in the order in which the system wants them tried."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def _system_words(error: BaseException | None) -> str:
    """Say why there is no connection in the system's own words, which lie under those of the libraries."""
    while error is not None:
        if isinstance(error, OSError) and error.errno:
            is_system = error.errno > 0  # the name service has numbers of its own, below 0
            return (os.strerror(error.errno) if is_system else error.strerror or "unknown").lower()
        error = error.__cause__ or error.__context__
    return "no connection"
