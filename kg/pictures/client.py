"""Fetching one picture: checked addresses, also behind redirects, and limits on size and time.

What may be asked is for `AddressRules` to say, and when for `Pace`; a picture comes over whole or not at all.
"""

import asyncio
import ssl
import time
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_exponential

from kg.politeness import Pace, retry_after_s

from .addresses import AddressRules, CheckedTransport, RefusedAddressError, Resolve, look_up
from .settings import FetchSettings

_MOST_REDIRECTS = 5
_BLOCK_BYTES = 65_536
_WEB_PAGE = (b"<!doctype html", b"<html")
_PACKED = ("gzip", "x-gzip", "deflate")


class NotFetchedError(Exception):
    """A picture that did not come over: `missing`, `refused`, `too large` or `failed`; whether to ask `again`."""

    def __init__(self, status: str, reason: str, *, again: bool = False) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.again = again


@dataclass(frozen=True, slots=True)
class Outside:
    """What a run takes from the world around it, so that a test can hand in its own."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)  # for servers that say until when to wait
    resolve: Resolve = look_up


class PictureClient:
    """Asks for pictures; close it after use."""

    def __init__(self, settings: FetchSettings, rules: AddressRules, outside: Outside) -> None:
        self._settings = settings
        self._rules = rules
        self._pace = Pace(settings.requests_per_s, clock=outside.clock, sleep=outside.sleep)
        self._now = outside.now
        self._http = httpx.AsyncClient(
            transport=CheckedTransport(rules, outside.resolve),
            headers={"User-Agent": settings.user_agent, "Accept": "image/*", "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(settings.read_s, connect=settings.connect_s, pool=None),
            trust_env=False,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def fetch(self, url: httpx.URL) -> bytes:
        """Return what is at an address; ask again where that may help, after growing pauses.

        Raises:
            NotFetchedError: If it cannot be had.
        """
        retrying = AsyncRetrying(
            retry=retry_if_exception(lambda error: isinstance(error, NotFetchedError) and error.again),
            stop=stop_after_attempt(self._settings.tries),
            wait=wait_exponential(),
            sleep=self._pause,
            reraise=True,
        )
        return await retrying(self._try_once, url)

    async def _pause(self, seconds: float) -> None:
        self._pace.hold(seconds)  # for every connection: it is the server that is in trouble

    async def _try_once(self, url: httpx.URL) -> bytes:
        limit_s = self._settings.picture_s
        try:
            async with asyncio.timeout(limit_s) as patience:
                return await self._follow(url, patience)
        except RefusedAddressError as error:  # a name may lead elsewhere tomorrow, so this is not for good
            raise NotFetchedError("failed", str(error)) from None
        except TimeoutError:
            reason = f"{url.host} took more than {limit_s:g} s for one picture"
            raise NotFetchedError("failed", reason) from None
        except (httpx.TransportError, ssl.SSLError) as error:
            if "location header" in str(error):
                reason = f"{url.host} redirected to something that is not an address"
                raise NotFetchedError("refused", reason) from None
            raise NotFetchedError("failed", f"{url.host}: {_describe(error)}", again=True) from None

    async def _follow(self, url: httpx.URL, patience: asyncio.Timeout) -> bytes:
        """Ask an address, and those that it redirects to; waiting for a turn takes none of the time that is left."""
        asked: list[httpx.URL] = []
        now = asyncio.get_running_loop().time
        while url not in asked:
            if len(asked) > _MOST_REDIRECTS:
                raise NotFetchedError("refused", f"more than {_MOST_REDIRECTS} redirects")
            try:
                self._rules.check(url, asked[-1] if asked else None)
            except RefusedAddressError as error:
                raise NotFetchedError("refused", f"redirected: {error}" if asked else str(error)) from None
            asked.append(url)
            left_s = (patience.when() or 0) - now()
            patience.reschedule(None)
            await self._pace.turn()
            patience.reschedule(now() + left_s)
            async with self._http.stream("GET", url) as response:
                if response.next_request is None:
                    return await self._read(response)
                url = response.next_request.url
                async for _ in response.aiter_raw():  # a few words, so that the connection can be used again
                    if response.num_bytes_downloaded >= _BLOCK_BYTES:
                        break
        raise NotFetchedError("refused", "redirects in a circle")

    async def _read(self, response: httpx.Response) -> bytes:
        self._check_answer(response)
        host, most = response.url.host, self._settings.max_bytes
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in ("", "identity", *_PACKED):
            raise NotFetchedError("failed", f"the answer is encoded as {encoding[:40]!r}, which was not asked for")
        declared = response.headers.get("Content-Length", "")
        too_large = NotFetchedError("too large", f"it has more than {most:,} bytes; the limit is --max-picture-bytes")
        if declared.isascii() and declared.isdigit() and int(declared[:19]) > most:
            raise too_large
        # Unpacked here, no further than the limit: httpx would unpack a bomb.
        inflate = zlib.decompressobj(47) if encoding in _PACKED else None
        content = bytearray()
        async for block in response.aiter_raw(_BLOCK_BYTES):
            try:
                content += inflate.decompress(block, most + 1 - len(content)) if inflate else block
            except zlib.error as error:
                raise NotFetchedError("failed", f"the answer cannot be decoded: {error}") from None
            if max(len(content), response.num_bytes_downloaded) > most:
                raise too_large
        if inflate is not None and not inflate.eof:
            raise NotFetchedError("failed", "the answer ended early", again=True)
        if content[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_WEB_PAGE):
            raise NotFetchedError("failed", f"{host} answered with a web page, not a picture")
        return bytes(content)

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


def _describe(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return " ".join(str(error).split())[:200] or "the connection was dropped"
