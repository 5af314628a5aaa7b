"""A server of pictures on this machine that behaves well, badly, or changes its mind; and time that costs nothing."""

import asyncio
import io
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote

from PIL import Image

Send = Callable[[BaseHTTPRequestHandler], None]


def png(shade: int = 0, *, form: str = "PNG") -> bytes:
    """A small picture."""
    content = io.BytesIO()
    Image.new("RGB", (40, 30), (shade % 256, 100, 200)).save(content, form)
    return content.getvalue()


@dataclass(frozen=True)
class Answer:
    """What the server says once; `send` says it in a way of its own."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    send: Send | None = None


class PictureServer:
    """Answers for names of pictures: `server.answers["A.png"] = [first, second, the rest]`."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[str] = []
        self.agents: set[str] = set()
        self.hosts: list[str] = []
        self.queries: set[str] = set()
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 20

            def do_GET(self) -> None:
                answer = server._take(self)
                try:
                    (answer.send or _send(answer))(self)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True
                finally:
                    with server._lock:
                        server._at_once -= 1

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.host = f"127.0.0.1:{self.port}"
        self.other_host = f"localhost:{self.port}"

    def source(self, name: str) -> str:
        """The IRI by which a dump names a picture of this server."""
        return f"http://{self.host}/wiki/Special:FilePath/{quote(name)}"

    def _take(self, handler: BaseHTTPRequestHandler) -> Answer:
        path, _, query = handler.path.partition("?")
        name = unquote(path.rpartition("/")[2])
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            self.asked.append(name)
            self.agents.add(handler.headers["User-Agent"])
            self.hosts.append(handler.headers["Host"])
            self.queries.add(query)
            answers = self.answers.get(name, [Answer(b"none", 404)])
            return answers.pop(0) if len(answers) > 1 else answers[0]


@contextmanager
def picture_server() -> Iterator[PictureServer]:
    """Run a server for a while."""
    server = PictureServer()
    thread = threading.Thread(target=server._server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server._server.shutdown()
        server._server.server_close()
        thread.join()


class FakeTime:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 11, 21, tzinfo=UTC) + timedelta(seconds=self.seconds)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)


def redirect(to: str, status: int = 302) -> Answer:
    """Elsewhere."""
    return Answer(status=status, headers={"Location": to})


def half_of(body: bytes) -> Answer:
    """All of the headers, half of the body, and the connection is gone."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2])
        handler.close_connection = True

    return Answer(send=send)


def without_length(blocks: Sequence[bytes], *, headers: dict[str, str] | None = None, wait_s: float = 0) -> Answer:
    """A body whose end only the end of the connection tells."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.send_header("Connection", "close")
        handler.end_headers()
        for block in blocks:
            handler.wfile.write(block)
            handler.wfile.flush()
            if wait_s and _stopping.wait(wait_s):
                break
        handler.close_connection = True

    return Answer(send=send)


_stopping = threading.Event()  # never set: its wait is a sleep


def _send(answer: Answer) -> Send:
    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(answer.body)

    return send
