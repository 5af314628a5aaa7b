"""One request to an endpoint, by SPARQLWrapper: a query out, whatever comes back in, nothing judged."""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from kg.errors import EndpointError
from kg.politeness import program

from .reply import Reply, TroubleError

_BODY_LIMIT_BYTES = 256 << 20
_CHUNK_BYTES = 1 << 16

Transport = Callable[[str], Reply]

_opener_in_use = threading.Lock()


def check_endpoint(url: str) -> str:
    """Return the address of an endpoint, or say what is wrong with it.

    Raises:
        EndpointError: If it is not an http(s) address, or one with a password.
    """
    text = url.strip()
    wrong = f"{text!r} is not the address of an endpoint; give one like https://dbpedia.org/sparql"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise EndpointError(f"{wrong} ({error})") from None
    if parts.scheme not in ("http", "https") or not host or not text.isascii() or not text.isprintable() or " " in text:
        raise EndpointError(wrong)
    if parts.username is not None:
        raise EndpointError(f"the address of {host} holds a user name; endpoints that want a password are not read")
    return text.split("#")[0]


def is_loopback(endpoint: str) -> bool:
    """Say whether an endpoint is on this machine."""
    host = urlsplit(endpoint).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def user_agent(contact: str | None) -> str:
    """Say who is asking, so that an endpoint's keeper can write to somebody.

    Raises:
        EndpointError: If the contact cannot stand in a header.
    """
    if contact is not None and not (contact.isascii() and contact.isprintable() and contact.strip()):
        raise EndpointError(f"the contact {contact!r} cannot be sent; give a mail address or a web address")
    command = f"(build-kg-index; {contact.strip()})" if contact else "(build-kg-index)"
    return f"{program()} {command} {program('SPARQLWrapper')}"


@contextmanager
def open_transport(endpoint: str, *, agent: str, timeout_s: float) -> Iterator[Transport]:
    """Give a function that sends a query and returns the reply, or raises `TroubleError` where nothing comes back.

    SPARQLWrapper asks by the opener that urllib has installed. Meanwhile that is one which hands out replies to queries
    as they come: it follows no redirect, which would take the query to an address that the user did not give, and
    keeps the headers of errors. It asks this machine without a proxy. Afterwards urllib has its usual one again; a
    fetch in another thread waits for that.

    Args:
        endpoint: Its address.
        agent: The User-Agent.
        timeout_s: Longest silence, and a third of the longest time for a whole answer.
    """
    from SPARQLWrapper import JSON, POST, SPARQLWrapper

    wrapper = SPARQLWrapper(endpoint, agent=agent, returnFormat=JSON)
    wrapper.setMethod(POST)
    wrapper.setOnlyConneg(True)
    wrapper.timeout = timeout_s  # type: ignore[assignment]  # setTimeout() takes whole seconds only

    def send(query: str) -> Reply:
        wrapper.setQuery(query)
        try:
            with wrapper.query().response as response:
                return _read_reply(response, time.monotonic() + 3 * timeout_s)
        except urllib.error.URLError as error:
            raise _trouble(error.reason) from None
        except (OSError, http.client.HTTPException) as error:
            raise _trouble(error) from None

    handlers: list[urllib.request.BaseHandler] = [_EveryReply()]
    if is_loopback(endpoint):
        handlers.append(urllib.request.ProxyHandler({}))
    with _opener_in_use:
        urllib.request.install_opener(urllib.request.build_opener(*handlers))
        try:
            yield send
        finally:
            urllib.request.install_opener(urllib.request.build_opener())


class _EveryReply(urllib.request.HTTPErrorProcessor):
    """Makes no error of a reply to a query, whatever its status."""

    def http_response(self, request: urllib.request.Request, response: Any) -> Any:
        return response if request.data is not None else super().http_response(request, response)

    https_response = http_response


def _read_reply(response: Any, end_s: float) -> Reply:
    headers = {name.lower(): value for name, value in response.headers.items()}
    body, cut = _read(response, end_s)
    length = headers.get("content-length", "")
    if not cut and length.isdecimal() and len(body) < int(length):
        cut = f"{len(body)} of {length} bytes came"
    return Reply(response.status, headers, body, cut)


def _read(response: Any, end_s: float) -> tuple[bytes, str]:
    """Read a body up to its end, its limit, or the end of our patience; with the reason why no more came."""
    body = bytearray()
    try:
        while chunk := response.read1(_CHUNK_BYTES):
            body += chunk
            if len(body) > _BODY_LIMIT_BYTES:
                return bytes(body), f"more than {_BODY_LIMIT_BYTES >> 20} MiB"
            if time.monotonic() > end_s:
                return bytes(body), f"it came too slowly: {len(body)} bytes so far"
    except TimeoutError:
        return bytes(body), f"silence after {len(body)} bytes"
    except (OSError, http.client.HTTPException) as error:
        return bytes(body), f"the connection broke after {len(body)} bytes ({type(error).__name__})"
    return bytes(body), ""


def _trouble(reason: object) -> TroubleError:
    """Say why nothing came back."""
    if isinstance(reason, TimeoutError):
        return TroubleError("again", "no answer in time")
    if isinstance(reason, socket.gaierror):
        return TroubleError("down", f"there is no such host ({reason.strerror})")
    if isinstance(reason, ConnectionRefusedError):
        return TroubleError("down", "nothing answers at this address (connection refused)")
    if isinstance(reason, ssl.SSLCertVerificationError):
        return TroubleError("down", f"its certificate is not trusted ({reason.verify_message})")
    text = str(reason) or type(reason).__name__
    return TroubleError("again", f"the connection broke ({' '.join(text.split())[:200]})")
