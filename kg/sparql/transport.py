"""One request to an endpoint, by SPARQLWrapper: a query out, whatever comes back in, nothing judged.

SPARQLWrapper makes the request; it is opened here, because its own way follows a redirect by dropping the query, and
loses the headers of an error.
"""

import http.client
import ipaddress
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import IO, Any
from urllib.parse import urlsplit

from kg.errors import EndpointError

from .reply import Reply

_BODY_LIMIT_BYTES = 256 << 20
_CHUNK_BYTES = 1 << 16

Transport = Callable[[str], Reply]


class NoReplyError(Exception):
    """Nothing came back; `is_nowhere` where there is nobody at the address."""

    def __init__(self, text: str, *, is_nowhere: bool = False) -> None:
        super().__init__(text)
        self.is_nowhere = is_nowhere


def check_endpoint(url: str) -> str:
    """Return the address of an endpoint, or say what is wrong with it.

    Raises:
        EndpointError: If it is no http(s) address, or one with a password.
    """
    text = url.strip()
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise EndpointError(
            f"{text!r} is no address of an endpoint ({error}); give one like http://host/sparql"
        ) from None
    if parts.scheme not in ("http", "https") or not host or not text.isascii() or not text.isprintable() or " " in text:
        raise EndpointError(f"{text!r} is no address of an endpoint; give one like https://dbpedia.org/sparql")
    if parts.username is not None:
        raise EndpointError(f"the address of {host} holds a user's name; endpoints that want a password are not read")
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
    parts = [f"kgmner/{_version('kgmner')}", "(build-kg-index" + (f"; {contact.strip()})" if contact else ")")]
    return " ".join([*parts, f"SPARQLWrapper/{_version('SPARQLWrapper')}"])


def make_transport(endpoint: str, *, agent: str, timeout_s: float) -> Transport:
    """Make the function that sends a query and returns the reply, one at a time.

    Args:
        endpoint: Its address.
        agent: The User-Agent.
        timeout_s: Longest silence, and a third of the longest time for a whole answer.
    """
    from SPARQLWrapper import JSON, POST, SPARQLWrapper

    class Asking(SPARQLWrapper):
        def request(self, query: str) -> urllib.request.Request:
            self.setQuery(query)
            return self._createRequest()

    wrapper = Asking(endpoint, agent=agent, returnFormat=JSON)
    wrapper.setMethod(POST)
    wrapper.setOnlyConneg(True)
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    if is_loopback(endpoint):
        handlers.append(urllib.request.ProxyHandler({}))
    opener = urllib.request.build_opener(*handlers)

    def send(query: str) -> Reply:
        return _send(opener, wrapper.request(query), timeout_s)

    return send


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> None:
        """A query must not be sent where the user did not say; the redirect comes back as it is."""


def _send(opener: urllib.request.OpenerDirector, request: urllib.request.Request, timeout_s: float) -> Reply:
    end_s = time.monotonic() + 3 * timeout_s
    try:
        try:
            response: Any = opener.open(request, timeout=timeout_s)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            body, cut = _read(response, end_s)
            length = headers.get("content-length", "")
            if not cut and length.isdecimal() and len(body) < int(length):
                cut = f"{len(body)} of {length} bytes came"
            return Reply(response.status, headers, body, cut)
    except urllib.error.URLError as error:
        raise _no_reply(error.reason) from None
    except (OSError, http.client.HTTPException) as error:
        raise _no_reply(error) from None


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


def _no_reply(reason: object) -> NoReplyError:
    if isinstance(reason, TimeoutError):
        return NoReplyError("no answer in time")
    if isinstance(reason, socket.gaierror):
        return NoReplyError(f"there is no such host ({reason.strerror})", is_nowhere=True)
    if isinstance(reason, ConnectionRefusedError):
        return NoReplyError("nobody answers at this address (connection refused)", is_nowhere=True)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return NoReplyError(f"its certificate is not trusted ({reason.verify_message})", is_nowhere=True)
    text = str(reason) or type(reason).__name__
    return NoReplyError(f"the connection broke ({' '.join(text.split())[:200]})")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
