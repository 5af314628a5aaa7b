"""Around every request: limits on its size and time, a line in the log, and what Prometheus counts."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kgmner.service.answers import error_answer
from kgmner.service.errors import ServiceError, too_large
from kgmner.service.logs import LOG
from kgmner.service.metrics import REQUESTS, SECONDS
from kgmner.service.settings import ServiceSettings

_LEFT = 499  # as nginx says: the client closed the connection
_MOST_BODIES = 16  # of the greatest size may be held at once
_MOST_UNHEARD_BYTES, _LONGEST_UNHEARD_S = 8_000_000, 2.0
_SAFE = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]


@dataclass(slots=True)
class _Exchange:
    """A request and its answer, as far as they are."""

    status: int = 0  # 0: not answered
    body_bytes: int = 0
    body_read: asyncio.Event = field(default_factory=asyncio.Event)


class Watch:
    """Middleware that holds requests to their limits and notes how they end."""

    def __init__(self, app: ASGIApp, service: ServiceSettings) -> None:
        self._app, self._service = app, service
        self._held_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_s, exchange = time.monotonic(), _Exchange()
        if scope["method"] in ("GET", "HEAD"):
            exchange.body_read.set()
        method = scope["method"]
        # Those who ask for the head alone, as monitors do, get it: the server leaves the body out.
        scope = {**scope, "method": "GET" if method == "HEAD" else method, "path": scope["path"].rstrip("/") or "/"}

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                end = () if exchange.body_read.is_set() else [(b"connection", b"close")]  # the rest is not read
                message = {**message, "headers": [*message.get("headers", ()), *_SAFE, *end]}
            elif not exchange.body_read.is_set():
                await send({**message, "more_body": True})
                await _let_it_be_heard(receive)
                message = {"type": "http.response.body"}
            await send(message)

        try:
            await self._within_limits(scope, receive, answer, exchange)
        finally:
            self._held_bytes -= exchange.body_bytes
            took_s = time.monotonic() - started_s
            path, status = getattr(scope.get("route"), "path", "other"), exchange.status or _LEFT
            REQUESTS.labels(path, status).inc()
            SECONDS.labels(path).observe(took_s)
            said = {"method": method, "path": path, "status": status, "bytes": exchange.body_bytes}
            LOG.info("request", extra={"fields": said | {"ms": round(took_s * 1000, 1)}})

    async def _within_limits(self, scope: Scope, receive: Receive, answer: Send, exchange: _Exchange) -> None:
        async def counted() -> Message:
            message = await receive()
            size = len(message.get("body", b""))
            exchange.body_bytes += size
            self._held_bytes += size
            self._check(exchange.body_bytes)
            if not message.get("more_body", False):
                exchange.body_read.set()
            return message

        work = asyncio.ensure_future(self._app(scope, counted, answer))
        gone = asyncio.ensure_future(_leaves(exchange, receive))
        try:
            declared = dict(scope["headers"]).get(b"content-length", b"0")
            self._check(int(declared) if declared.isdigit() else 0)
            await asyncio.wait({work, gone}, timeout=self._service.timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if work.done() or exchange.status:
                await work
            elif not gone.done():
                raise self._too_late(exchange)
        except ServiceError as error:
            await _refuse(answer, exchange, error, scope["path"])
        except ClientDisconnect:
            pass
        except Exception:  # noqa: BLE001 - whatever it is, it is logged and answered
            LOG.exception("failed")
            fix = "tell the keeper of the service the time of it"
            await _refuse(answer, exchange, ServiceError(500, "this request", "no error here", fix), scope["path"])
        finally:
            for task in (work, gone):
                task.cancel()
            await asyncio.gather(work, gone, return_exceptions=True)

    def _check(self, size_bytes: int) -> None:
        """Refuse a body that is too large, or more bodies than fit.

        Raises:
            ServiceError: So it is.
        """
        most = self._service.max_body_bytes
        if size_bytes > most:
            fix = "send fewer posts at once, or smaller pictures"
            raise too_large(f"a body of {size_bytes:,} bytes or more", f"{most:,} bytes", fix)
        if self._held_bytes > most * _MOST_BODIES:
            expected = f"at most {most * _MOST_BODIES:,} bytes of requests at once"
            raise ServiceError(429, f"{self._held_bytes:,} bytes", expected, "ask again in a second", retry_after_s=1)

    def _too_late(self, exchange: _Exchange) -> ServiceError:
        within = f"within {self._service.timeout_s:g} s"
        if not exchange.body_read.is_set():
            came = f"{exchange.body_bytes:,} bytes so far"
            return ServiceError(408, came, f"a whole request {within}", "send it again")
        return ServiceError(503, "too many posts wait", f"an answer {within}", "ask again in a while", retry_after_s=5)


async def _leaves(exchange: _Exchange, receive: Receive) -> None:
    """Return when the client has gone before its answer."""
    await exchange.body_read.wait()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _let_it_be_heard(receive: Receive) -> None:
    """Throw away a little of what a client still sends: a connection that is closed at once takes the answer along."""
    left_bytes = _MOST_UNHEARD_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(_LONGEST_UNHEARD_S):
            while left_bytes > 0 and (message := await receive()).get("more_body"):
                left_bytes -= len(message["body"])


async def _refuse(answer: Send, exchange: _Exchange, error: ServiceError, path: str) -> None:
    """Answer with an error, unless an answer has begun."""
    if exchange.status:
        return
    said = error_answer(error, path)
    await answer({"type": "http.response.start", "status": error.status, "headers": said.raw_headers})
    await answer({"type": "http.response.body", "body": said.body})
