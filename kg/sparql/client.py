"""Ask an endpoint politely and stubbornly: from the cache where it can, slowly, and again where that may help."""

import http.client
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from tenacity import RetryCallState, Retrying

from kg.errors import EndpointError

from .questions import Row
from .reply import Answer, Reply, TroubleError, is_part, judge, parse_rows
from .request import is_loopback
from .responses import ResponseCache

MAX_WAIT_S = 300.0  # the longest wait that a `Retry-After` can ask for; the endpoint is then asked again all the same
MAX_WAITS = 10  # how often one query may be put off by a 429 or 503
RETRY_WAITS_S = (2.0, 8.0, 30.0, 60.0)  # before a query is asked again after an error that may pass
# How often a query is asked again after trouble of a kind: usually, if it can be split, and if it is the first of a
# fetch, where a wrong address is likelier than a bad moment.
_RETRIES = {"wait": (MAX_WAITS, MAX_WAITS, MAX_WAITS), "down": (4, 4, 0), "again": (4, 2, 1), "slow": (4, 0, 4)}
_BODY_LIMIT_BYTES = 256 << 20
_CHUNK_BYTES = 1 << 16

Progress = Callable[[str, int, int], None]
Transport = Callable[[str], Reply]

_opener_in_use = threading.Lock()


class TooMuchError(Exception):
    """A query that the endpoint does not answer as a whole: ask for less."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How an endpoint is asked; the clocks can be replaced."""

    requests_per_second: float | None = None  # at most; None for as fast as it answers
    answer_rows: int = 4000  # that one answer should have at most: well under the 10,000 that public endpoints give
    most_sorted: int = 20_000  # rows of one IRI that an endpoint should have to sort
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic  # seconds that never go back
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


@dataclass(slots=True)
class SparqlClient:
    """Asks one endpoint, one query at a time."""

    endpoint: str
    cache: ResponseCache
    transport: Transport
    manner: Manner
    progress: Progress
    queries: int = 0  # asked of the cache or the endpoint
    requests: int = 0  # sent to the endpoint
    cut_at: int | None = None  # the number of rows at which the endpoint is known to cut
    _next_s: float = float("-inf")

    def ask(self, query: str, *, limit: int, can_split: bool = False, can_sample: bool = False) -> Answer:
        """Answer a query.

        Args:
            query: A SELECT that ends in `LIMIT limit`.
            limit: That limit.
            can_split: Whether the caller can ask for less; it is then told to when the endpoint does not answer.
            can_sample: Whether the caller can ask for something easier; it is then told to when the endpoint runs out
                of time.

        Raises:
            TooMuchError: Only with `can_split` or `can_sample`.
            EndpointError: If there is no answer.
        """
        self.queries += 1
        kept = self.cache.find(self.endpoint, query)
        if kept is not None:
            record, body = kept
            if record.state == "answered":
                with suppress(TroubleError):  # a damaged copy is asked again
                    return self._answer(parse_rows(body), record.note, limit)
            elif can_split or can_sample:
                raise TooMuchError(record.note)

        case = 2 if self.queries == 1 else 1 if can_split else 0
        retries = {kind: counts[case] for kind, counts in _RETRIES.items()} | ({"slow": 0} if can_sample else {})
        less = ("again", "slow", "refused") if can_split else ("slow",) if can_sample else ()
        retrying = Retrying(
            retry=lambda state: state.attempt_number <= retries.get(_trouble_of(state).kind, 0),
            wait=_pause_s,
            sleep=self._wait,
        )
        try:
            rows, note = retrying(self._request, query)
        except TroubleError as trouble:
            if trouble.kind in less:
                self.cache.keep(self.endpoint, query, b"", note=str(trouble), state="split")
                raise TooMuchError(str(trouble)) from None
            raise self._give_up(retrying.statistics["attempt_number"], str(trouble)) from None
        return self._answer(rows, note, limit)

    def _request(self, query: str) -> tuple[Sequence[Row], str]:
        """Send a query when its time has come, and keep the answer."""
        manner = self.manner
        pause_s = self._next_s - manner.clock()
        if pause_s > 0:
            manner.sleep(pause_s)
        if manner.requests_per_second:
            self._next_s = manner.clock() + 1 / manner.requests_per_second
        self.requests += 1
        reply = self.transport(query)
        rows, note = judge(reply, manner.now())
        self.cache.keep(self.endpoint, query, reply.body, rows=len(rows), note=note)
        return rows, note

    def _answer(self, rows: Sequence[Row], note: str, limit: int) -> Answer:
        return Answer(rows, is_part(rows, note, limit=limit, cut_at=self.cut_at))

    def _wait(self, seconds: float) -> None:
        """Wait second by second, so that it shows and can be stopped."""
        left = total = min(seconds, MAX_WAIT_S)
        host = urlsplit(self.endpoint).netloc
        while left > 0:
            self.progress(f"wait for {host} (seconds)", round(total - left), round(total))
            self.manner.sleep(min(1.0, left))
            left -= 1.0

    def _give_up(self, tries: int, text: str) -> EndpointError:
        times = "" if tries == 1 else f" {tries} times, last"
        kept = "every answer so far is kept, and the same command goes on where it stopped"
        hint = "check the address, endpoints often end in /sparql" if self.queries == 1 else kept
        return EndpointError(f"{self.endpoint}, query {self.queries}: asked{times} with this result: {text}; {hint}")


@contextmanager
def open_transport(endpoint: str, *, agent: str, timeout_s: float) -> Iterator[Transport]:
    """Give a function that sends a query and returns the reply, or raises `TroubleError` where nothing comes back.

    It waits through a silence of `timeout_s`, and three times as long for a whole answer.

    SPARQLWrapper asks by the opener that urllib has installed. Meanwhile that is one which hands out replies to queries
    as they come: it follows no redirect, which would take the query to an address that the user did not give, and
    keeps the headers of errors. It asks this machine without a proxy. Afterwards urllib has its usual one again; a
    fetch in another thread waits for that.
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
    """Read a reply up to its end, its limit, or the end of our patience."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    body, cut = bytearray(), ""
    try:
        while not cut and (chunk := response.read1(_CHUNK_BYTES)):
            body += chunk
            if len(body) > _BODY_LIMIT_BYTES:
                cut = f"more than {_BODY_LIMIT_BYTES >> 20} MiB"
            elif time.monotonic() > end_s:
                cut = f"it came too slowly: {len(body)} bytes so far"
    except TimeoutError:
        cut = f"silence after {len(body)} bytes"
    except (OSError, http.client.HTTPException) as error:
        cut = f"the connection broke after {len(body)} bytes ({type(error).__name__})"
    length = headers.get("content-length", "")
    if not cut and length.isdecimal() and len(body) < int(length):
        cut = f"{len(body)} of {length} bytes came"
    return Reply(response.status, headers, bytes(body), cut)


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


def _trouble_of(state: RetryCallState) -> TroubleError:
    """Return the trouble of a try; what is none, or not of the endpoint, is not asked again."""
    trouble = state.outcome.exception() if state.outcome else None
    return trouble if isinstance(trouble, TroubleError) else TroubleError("none", str(trouble))


def _pause_s(state: RetryCallState) -> float:
    """Say how long to wait before the next try: as long as the endpoint asks for, or longer each time."""
    wait_s = _trouble_of(state).wait_s
    return max(1.0, wait_s) if wait_s is not None else RETRY_WAITS_S[: state.attempt_number][-1]
