"""Ask an endpoint politely and stubbornly: from the cache where it can, slowly, and again where that may help."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from tenacity import RetryCallState, Retrying

from kg.errors import EndpointError

from .reply import Answer, Row, TroubleError, judge, parse_rows, part_of
from .responses import ResponseCache
from .transport import Transport

MAX_WAIT_S = 300.0
"""The longest wait that a `Retry-After` can ask for; the endpoint is then asked again, whatever it said."""

MAX_WAITS = 10
"""How often one query may be put off by a 429 or 503."""

RETRY_WAITS_S = (2.0, 8.0, 30.0, 60.0)
"""Waits before a query is asked again after an error that may pass."""

Progress = Callable[[str, int, int], None]


class TooMuchError(Exception):
    """A query that the endpoint does not answer as a whole: ask for less."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How an endpoint is asked; the clocks can be replaced.

    Attributes:
        requests_per_second: The most; None for as fast as it answers.
        most_sorted: Rows of one IRI that an endpoint should have to sort, at most.
        sleep: Waits.
        clock: Seconds that only grow.
        now: The date.
    """

    requests_per_second: float | None = None
    most_sorted: int = 20_000
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


class SparqlClient:
    """Asks one endpoint, one query at a time.

    Attributes:
        queries: How many queries were asked, of the cache or the endpoint.
        requests: How many requests were sent.
        cut_at: The number of rows at which the endpoint is known to cut, or None.
        manner: How it is asked.
    """

    def __init__(
        self, endpoint: str, cache: ResponseCache, transport: Transport, manner: Manner, progress: Progress
    ) -> None:
        self.endpoint = endpoint
        self.queries = 0
        self.requests = 0
        self.cut_at: int | None = None
        self._cache = cache
        self._transport = transport
        self.manner = manner
        self._progress = progress
        self._next_s = float("-inf")

    def ask(self, query: str, *, limit: int, can_split: bool = False, is_first: bool = False) -> Answer:
        """Answer a query.

        Args:
            query: A SELECT that ends in `LIMIT limit`.
            limit: See `query`.
            can_split: Whether the caller can ask for less; it is then told to when the endpoint does not answer.
            is_first: Whether a wrong address is likelier than a bad moment.

        Raises:
            TooMuchError: Only with `can_split`.
            EndpointError: If there is no answer.
        """
        self.queries += 1
        kept = self._cache.find(self.endpoint, query)
        if kept is not None:
            record, body = kept
            if record.state == "answered":
                try:
                    return self._answer(parse_rows(body), record.note, limit)
                except TroubleError:
                    pass  # a damaged copy is asked again
            elif can_split:
                raise TooMuchError(record.note)

        def is_worth_another(state: RetryCallState) -> bool:
            trouble = state.outcome.exception() if state.outcome else None
            if not isinstance(trouble, TroubleError):
                return False
            return state.attempt_number <= _retries(trouble.kind, can_split=can_split, is_first=is_first)

        retrying = Retrying(retry=is_worth_another, wait=_pause_s, sleep=self._wait)
        try:
            rows, note = retrying(self._request, query)
        except TroubleError as trouble:
            if can_split and trouble.kind in ("again", "slow", "refused"):
                self._cache.keep_split(self.endpoint, query, str(trouble))
                raise TooMuchError(str(trouble)) from None
            raise self._give_up(retrying.statistics["attempt_number"], str(trouble)) from None
        return self._answer(rows, note, limit)

    def _request(self, query: str) -> tuple[Sequence[Row], str]:
        """Send a query and keep the answer."""
        manner = self.manner
        pause_s = self._next_s - manner.clock()
        if pause_s > 0:
            manner.sleep(pause_s)
        if manner.requests_per_second:
            self._next_s = manner.clock() + 1 / manner.requests_per_second
        self.requests += 1
        reply = self._transport(query)
        rows, note = judge(reply, manner.now())
        self._cache.keep(self.endpoint, query, reply.body, rows=len(rows), note=note)
        return rows, note

    def _answer(self, rows: Sequence[Row], note: str, limit: int) -> Answer:
        return Answer(rows, part_of(rows, note, limit=limit, cut_at=self.cut_at))

    def _wait(self, seconds: float) -> None:
        """Wait second by second, so that it shows and can be stopped."""
        left = total = min(seconds, MAX_WAIT_S)
        host = urlsplit(self.endpoint).netloc
        while left > 0:
            self._progress(f"wait for {host} (seconds)", round(total - left), round(total))
            self.manner.sleep(min(1.0, left))
            left -= 1.0

    def _give_up(self, tries: int, text: str) -> EndpointError:
        times = "" if tries == 1 else f" {tries} times, last"
        kept = "every answer so far is kept, and the same command goes on where it stopped"
        hint = "check the address, endpoints often end in /sparql" if self.queries == 1 else kept
        return EndpointError(f"{self.endpoint}, query {self.queries}: asked{times} with this result: {text}; {hint}")


def _retries(kind: str, *, can_split: bool, is_first: bool) -> int:
    """Say how often a query is asked again after trouble of some kind."""
    if kind == "wait":
        return MAX_WAITS
    if kind == "down":
        return 0 if is_first else len(RETRY_WAITS_S)
    if kind == "again":
        return 1 if is_first else 2 if can_split else len(RETRY_WAITS_S)
    return len(RETRY_WAITS_S) if kind == "slow" and not can_split else 0


def _pause_s(state: RetryCallState) -> float:
    """Say how long to wait before the next try: as long as the endpoint asks for, or longer each time."""
    trouble = state.outcome.exception() if state.outcome else None
    if isinstance(trouble, TroubleError) and trouble.wait_s is not None:
        return max(1.0, trouble.wait_s)
    return RETRY_WAITS_S[min(state.attempt_number, len(RETRY_WAITS_S)) - 1]
