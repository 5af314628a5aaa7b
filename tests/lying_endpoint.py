"""An endpoint that stands before a real one and misbehaves as a test wants."""

import contextlib
import http.server
import json
import socket
import struct
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

Script = Callable[[int, str], str]
"""From the number of a request (from 1) and its query to the name of a fault, or an empty text."""

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)

# What Wikidata's endpoint (Blazegraph) says after 60 s: alone, or behind what it had sent by then.
JAVA_TIMEOUT = b"""SPARQL-QUERY: queryStr=SELECT ...
java.util.concurrent.TimeoutException
\tat java.util.concurrent.FutureTask.get(FutureTask.java:205)
\tat com.bigdata.rdf.sail.webapp.BigdataServlet.submitApiTask(BigdataServlet.java:292)
"""


@dataclass
class LyingEndpoint:
    """A running one: its address, what it was asked, and what it does next."""

    real: str
    script: Script = lambda number, query: ""
    url: str = ""
    queries: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    open_now: int = 0
    most_open: int = 0


@contextlib.contextmanager
def lying_endpoint(real: str = "") -> Iterator[LyingEndpoint]:
    """Serve on a free port of this machine."""
    endpoint = LyingEndpoint(real)

    class Handler(_Handler):
        lying = endpoint

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    endpoint.url = f"http://127.0.0.1:{server.server_address[1]}/sparql"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(http.server.BaseHTTPRequestHandler):
    lying: LyingEndpoint

    def do_POST(self) -> None:
        self.lying.open_now += 1
        self.lying.most_open = max(self.lying.most_open, self.lying.open_now)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        query = urllib.parse.parse_qs(body.decode())["query"][0]
        self.lying.queries.append(query)
        self.lying.headers.append(dict(self.headers.items()))
        fault = self.lying.script(len(self.lying.queries), query)
        getattr(self, "_" + (fault or "honest"))(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _ask(self, body: bytes) -> bytes:
        request = urllib.request.Request(self.lying.real, body, {"Accept": "application/sparql-results+json"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as response:
            return bytes(response.read())

    def _answer(self, body: bytes, status: int = 200, length: int | None = None, **headers: str) -> None:
        self.lying.open_now -= 1
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _cut(self, body: bytes, share: float) -> bytes:
        document = json.loads(self._ask(body))
        rows = document["results"]["bindings"]
        document["results"]["bindings"] = rows[: int(len(rows) * share)]
        return json.dumps(document).encode()

    def _honest(self, body: bytes) -> None:
        self._answer(self._ask(body))

    def _half_json(self, body: bytes) -> None:
        whole = self._ask(body)
        self._answer(whole[: len(whole) // 2])

    def _short(self, body: bytes) -> None:
        whole = self._ask(body)
        self._answer(whole[:-20], length=len(whole))

    def _dropped(self, body: bytes) -> None:
        self.lying.open_now -= 1
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True
        self.wfile = self.rfile = contextlib.nullcontext()  # type: ignore[assignment]

    def finish(self) -> None:
        with contextlib.suppress(AttributeError, OSError, ValueError):
            super().finish()

    def _maxrows(self, body: bytes) -> None:
        self._answer(self._cut(body, 0.6), X_SPARQL_MaxRows="10")

    def _silent_cut(self, body: bytes) -> None:
        self._answer(self._cut(body, 0.6))

    def _nothing(self, body: bytes) -> None:
        self._answer(self._cut(body, 0))

    def _anytime(self, body: bytes) -> None:
        self._answer(self._cut(body, 0.5), X_SQL_State="S1TAT", X_SQL_Message="RC...: Returning incomplete results")

    def _partial(self, body: bytes) -> None:
        self._answer(self._cut(body, 0.5), 206)

    def _later(self, _: bytes) -> None:
        self._answer(b"slow down", 429, Retry_After="7")

    def _much_later(self, _: bytes) -> None:
        self._answer(b"come back next week", 429, Retry_After="604800")

    def _later_by_date(self, _: bytes) -> None:
        self._answer(b"", 503, Retry_After=format_datetime(NOW + timedelta(seconds=12), usegmt=True))

    def _busy(self, _: bytes) -> None:
        self._answer(b"", 503)

    def _broken(self, _: bytes) -> None:
        self._answer(b"Virtuoso S1T00 Error SR171: Transaction timed out\n\nSPARQL query:\n...", 500)

    def _java(self, _: bytes) -> None:
        self._answer(JAVA_TIMEOUT, 500)

    def _java_cut(self, body: bytes) -> None:
        whole = self._ask(body)
        self._answer(whole[: len(whole) // 2] + JAVA_TIMEOUT)

    def _too_long(self, _: bytes) -> None:
        self._answer(b"Virtuoso 37000 Error SP031: query too long", 400)

    def _bad_gateway(self, _: bytes) -> None:
        self._answer(b"<html><h1>502 Bad Gateway</h1></html>", 502)

    def _gone(self, _: bytes) -> None:
        self._answer(b"no such page", 404)

    def _moved(self, _: bytes) -> None:
        self._answer(b"", 301, Location="https://elsewhere.example/sparql")

    def _garbage(self, _: bytes) -> None:
        self._answer(bytes(range(256)) * 4)

    def _html(self, _: bytes) -> None:
        self._answer(b"<!DOCTYPE html><html><body>Sorry, under maintenance</body></html>", Content_Type="text/html")

    def _other_json(self, _: bytes) -> None:
        self._answer(b'{"error": "quota", "results": {}}')

    def _slow(self, body: bytes) -> None:
        time.sleep(0.6)
        with contextlib.suppress(OSError):
            self._honest(body)
