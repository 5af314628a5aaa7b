"""Fetching one picture into a file: checked addresses, also behind redirects, and limits on size and time.

What may be asked is for `AddressRules` to say, and when for `Pace`; a picture comes over whole or not at all.
"""

import asyncio
import os
import ssl
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import httpx
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_exponential

from kg.politeness import Pace, retry_after_s

from .addresses import AddressRules, CheckedTransport, RefusedAddressError, Resolve
from .settings import FetchSettings

_MOST_REDIRECTS = 5
_BLOCK_BYTES = 65_536
_WEB_PAGE = (b"<!doctype html", b"<html")


class NotFetchedError(Exception):
    """A picture that did not come over.

    Args:
        status: `missing`, `refused`, `too large` or `failed`.
        reason: Why, in one line.
        again: Whether asking again may help.
    """

    def __init__(self, status: str, reason: str, *, again: bool = False) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.again = again


class PictureClient:
    """Asks for pictures; close it after use.

    Args:
        settings: Who asks, and the limits.
        rules: Which addresses may be asked.
        pace: When.
        now: The time of day, for servers that say until when to wait.
        resolve: Looks up a host's addresses.
    """

    def __init__(
        self,
        settings: FetchSettings,
        rules: AddressRules,
        pace: Pace,
        *,
        now: Callable[[], datetime],
        resolve: Resolve,
    ) -> None:
        self._settings = settings
        self._rules = rules
        self._pace = pace
        self._now = now
        self._http = httpx.AsyncClient(
            transport=CheckedTransport(rules, resolve),
            headers={"User-Agent": settings.user_agent, "Accept": "image/*", "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(settings.read_s, connect=settings.connect_s, pool=None),
            follow_redirects=True,
            max_redirects=_MOST_REDIRECTS,
            event_hooks={"request": [self._before_request], "response": [_read_redirect]},
            trust_env=False,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def fetch(self, url: httpx.URL, into: Path) -> tuple[str, int]:
        """Fetch what is at an address into a file, and ask again where that may help, after growing pauses.

        Returns:
            The SHA-256 of the file, and its size in bytes.

        Raises:
            NotFetchedError: If it cannot be had; the file then holds anything.
            OSError: If the file cannot be written.
        """
        retrying = AsyncRetrying(
            retry=retry_if_exception(lambda error: isinstance(error, NotFetchedError) and error.again),
            stop=stop_after_attempt(self._settings.tries),
            wait=wait_exponential(),
            sleep=self._pause,
            reraise=True,
        )
        return await retrying(self._try_once, url, into)

    async def _pause(self, seconds: float) -> None:
        self._pace.hold(seconds)  # for every connection: it is the server that is in trouble

    async def _try_once(self, url: httpx.URL, into: Path) -> tuple[str, int]:
        limit_s = self._settings.picture_s
        try:
            async with asyncio.timeout(limit_s) as patience:
                extensions = {"patience": patience, "asked": []}
                async with self._http.stream("GET", url, extensions=extensions) as response:
                    self._check_answer(response)
                    return await self._save(response, into)
        except RefusedAddressError as error:  # a name may lead elsewhere tomorrow, so this is not for good
            raise NotFetchedError("failed", str(error)) from None
        except TimeoutError:
            reason = f"{url.host} took more than {limit_s:g} s for one picture"
            raise NotFetchedError("failed", reason) from None
        except httpx.TooManyRedirects:
            raise NotFetchedError("refused", f"more than {_MOST_REDIRECTS} redirects") from None
        except (httpx.TransportError, ssl.SSLError) as error:
            raise NotFetchedError("failed", f"{url.host}: {_describe(error)}", again=True) from None

    async def _before_request(self, request: httpx.Request) -> None:
        """Check the first address and that of every redirect, and wait for a turn, which takes none of its time."""
        url, asked = request.url, request.extensions["asked"]
        try:
            self._rules.check(url, asked[-1] if asked else None)
        except RefusedAddressError as error:
            raise NotFetchedError("refused", f"redirected: {error}" if asked else str(error)) from None
        if url in asked:
            raise NotFetchedError("refused", "redirects in a circle")
        asked.append(url)
        patience, now = request.extensions["patience"], asyncio.get_running_loop().time
        left_s = patience.when() - now()
        patience.reschedule(None)
        await self._pace.turn()
        patience.reschedule(now() + left_s)

    def _check_answer(self, response: httpx.Response) -> None:
        code, host = response.status_code, response.url.host
        if code == 200:
            return
        if code in (404, 410):
            raise NotFetchedError("missing", f"{host} has no such picture ({code})")
        again = code == 429 or code >= 500
        wait_s = retry_after_s(response.headers.get("Retry-After"), self._now()) if again else None
        if wait_s is not None:  # also after the last try: the next picture is the same server's
            self._pace.hold(wait_s)
        answer = f"{code} {httpx.codes.get_reason_phrase(code)}".strip()
        raise NotFetchedError("failed", f"{host} answered {answer}", again=again)

    async def _save(self, response: httpx.Response, into: Path) -> tuple[str, int]:
        most = self._settings.max_bytes
        declared = response.headers.get("Content-Length", "")
        if declared.isascii() and declared.isdigit() and int(declared[:19]) > most:
            raise _too_large(most)
        decoder = _Decoder(response.headers.get("Content-Encoding", "identity"), most)
        digest, head = sha256(), b""
        with _naming(into), into.open("wb") as file:
            async for raw in response.aiter_raw(_BLOCK_BYTES):
                block = decoder.decode(raw)
                digest.update(block)
                file.write(block)
                head = head if len(head) >= 64 else head + block[:64]
            decoder.finish()
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_WEB_PAGE):
            raise NotFetchedError("failed", f"{response.url.host} answered with a web page, not a picture")
        return digest.hexdigest(), decoder.size_bytes


class _Decoder:
    """Undoes the content encoding, no further than the limit: httpx would unpack a bomb."""

    def __init__(self, encoding: str, most: int) -> None:
        self._most = most
        self._raw_bytes = 0
        self.size_bytes = 0
        name = encoding.strip().lower()
        if name not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise NotFetchedError("failed", f"the answer is encoded as {name[:40]!r}, which was not asked for")
        self._inflate = zlib.decompressobj(47) if name in ("gzip", "x-gzip", "deflate") else None

    def decode(self, raw: bytes) -> bytes:
        self._raw_bytes += len(raw)
        block = raw
        if self._inflate is not None:
            try:
                block = self._inflate.decompress(raw, self._most + 1 - self.size_bytes)
            except zlib.error as error:
                raise NotFetchedError("failed", f"the answer cannot be decoded: {error}") from None
        self.size_bytes += len(block)
        if max(self.size_bytes, self._raw_bytes) > self._most:
            raise _too_large(self._most)
        return block

    def finish(self) -> None:
        if self._inflate is not None and not self._inflate.eof:
            raise NotFetchedError("failed", "the answer ended early", again=True)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let an error of the disk say which file it is about."""
    try:
        yield
    except ssl.SSLError:  # the only error of the network that is an OSError here
        raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


async def _read_redirect(response: httpx.Response) -> None:
    """Read the few words beside a redirect, so that the connection can be used again; httpx would read any number."""
    if not response.has_redirect_location or not isinstance(response.stream, httpx.AsyncByteStream):
        return
    stream, read = response.stream, 0
    async for block in stream:
        read += len(block)
        if read >= _BLOCK_BYTES:
            break
    await stream.aclose()
    response.stream = httpx.ByteStream(b"")
    try:
        response.url.join(response.headers["Location"])
    except httpx.InvalidURL:
        reason = f"{response.url.host} redirected to something that is not an address"
        raise NotFetchedError("refused", reason) from None


def _too_large(most: int) -> NotFetchedError:
    return NotFetchedError("too large", f"it has more than {most:,} bytes; the limit is --max-picture-bytes")


def _describe(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return " ".join(str(error).split())[:200] or "the connection was dropped"
