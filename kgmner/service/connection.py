"""A client's connection: uvicorn's, closed where no request comes in time, be it that its head comes byte by byte."""

import asyncio
import json

from uvicorn.protocols.http.auto import AutoHTTPProtocol

from kgmner.service.errors import ServiceError
from kgmner.service.logs import LOG
from kgmner.service.metrics import REQUESTS

_ERROR = ServiceError(408, "no whole head of a request so far", "a whole request in time", "send it again, at once")
_BODY = json.dumps(_ERROR.to_json()).encode()
_HEAD = f"Content-Type: application/json\r\nContent-Length: {len(_BODY)}\r\nConnection: close\r\n\r\n"
_TOO_LATE = b"HTTP/1.1 408 Request Timeout\r\n" + _HEAD.encode() + _BODY


class Connection(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """As uvicorn's, which waits forever for the rest of a head; from there on `Watch` holds the time."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        """A client has come: it has so long to say what it wants."""
        super().connection_made(transport)
        self._due = self.loop.call_later(self.timeout_keep_alive, self._hang_up)

    def on_response_complete(self) -> None:
        """It is sent its answer: as long to take it, and to ask again."""
        super().on_response_complete()  # which closes it where nothing more comes
        self._due.cancel()
        self._due = self.loop.call_later(self.timeout_keep_alive, self._hang_up)

    def connection_lost(self, error: Exception | None) -> None:
        """It has gone."""
        self._due.cancel()
        super().connection_lost(error)

    def _hang_up(self) -> None:
        if self.transport.is_closing():
            self.transport.abort()
        elif self.cycle is None or self.cycle.response_complete:
            REQUESTS.labels("other", 408).inc()
            LOG.info("no request came in time", extra={"fields": {"status": 408}})
            self.transport.write(_TOO_LATE)
            self.transport.close()
