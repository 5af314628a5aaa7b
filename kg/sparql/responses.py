"""What SPARQL endpoints have answered, kept by endpoint and query, so that nothing is asked twice.

The file is the fetch's memory: one that was stopped goes on from it, and one that is repeated asks nothing at all.
Besides answers it keeps the decision that a query was too much for the endpoint and was asked again in halves.
"""

import hashlib
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from kg.errors import CacheError
from kg.small_store import SmallStore, stamp

_FIND = (
    "SELECT * FROM response WHERE endpoint = :endpoint AND digest = :digest"
    " AND created >= COALESCE((SELECT since FROM refresh WHERE endpoint = :endpoint), '')"
)
_OUTDATED = "endpoint = :endpoint AND created < (SELECT since FROM refresh WHERE endpoint = :endpoint)"
_COUNTS = (
    "SELECT count(*) AS responses, COALESCE(sum(size_bytes), 0) AS answer_bytes,"
    " COALESCE(min(created), '') AS oldest, COALESCE(max(created), '') AS newest FROM response"
)


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """What is kept of one query."""

    endpoint: str  # which was asked
    query: str
    state: str  # ``answered``, or ``split``: too much at once, its halves were asked instead
    note: str  # why the answer is only a part of all, or why the query was split; else empty
    rows: int  # of the answer
    size_bytes: int  # of the answer, before it was compressed
    created: str  # when it came


_COLUMNS = tuple(column.name for column in fields(CachedResponse))


class ResponseCache(SmallStore):
    """The file of responses. Use `ResponseCache.open`, and close it, or use it as a context manager.

    Raises:
        CacheError: By every method, if the file cannot be read or written.
    """

    VERSION = 1
    TABLES = """
    CREATE TABLE IF NOT EXISTS response (
        endpoint TEXT NOT NULL, digest TEXT NOT NULL, query TEXT NOT NULL, state TEXT NOT NULL, note TEXT NOT NULL,
        rows INTEGER NOT NULL, size_bytes INTEGER NOT NULL, body BLOB, created TEXT NOT NULL,
        PRIMARY KEY (endpoint, digest)
    );
    CREATE TABLE IF NOT EXISTS refresh (endpoint TEXT PRIMARY KEY, since TEXT NOT NULL)
    """
    ERROR = CacheError
    FIX = "; if you remove it, the endpoint is asked again"

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """Open a file of responses, making it if need be, or open an existing one without the right to change it."""
        if read_only and not path.is_file():
            raise CacheError(f"{path} does not exist; no endpoint was asked for this index")
        return cls(path, read_only=read_only)

    def find(self, endpoint: str, query: str) -> tuple[CachedResponse, bytes] | None:
        """Return what is kept of a query, with the answer's bytes; None where it has to be asked."""
        with self._errors():
            rows = list(self._database.query(_FIND, {"endpoint": endpoint, "digest": _digest(query)}))
        for row in rows:
            with suppress(zlib.error):  # a damaged answer is asked again
                return _response(row), zlib.decompress(row["body"]) if row["body"] else b""
        return None

    def keep(
        self, endpoint: str, query: str, body: bytes, *, rows: int = 0, note: str = "", state: str = "answered"
    ) -> None:
        """Keep an answer, at once and for good, or that a query was too much and was asked in halves."""
        response = CachedResponse(endpoint, query, state, note, rows, len(body), stamp())
        row = {**asdict(response), "digest": _digest(query), "body": zlib.compress(body, 6) if body else None}
        with self._errors():
            self._database.table("response").insert(row, replace=True)

    def begin_refresh(self, endpoint: str) -> None:
        """Take all that is kept of an endpoint for outdated; a refresh that was stopped goes on where it was."""
        with self._errors():
            self._database.table("refresh").insert({"endpoint": endpoint, "since": stamp()}, ignore=True)

    def end_refresh(self, endpoint: str) -> None:
        """Forget what a refresh did not ask again, if there was one: no query needs it any more."""
        with self._errors(), self._database.conn:
            self._database.table("response").delete_where(_OUTDATED, {"endpoint": endpoint})
            self._database.table("refresh").delete_where("endpoint = ?", [endpoint])

    def responses(self, endpoint: str | None = None) -> Iterator[CachedResponse]:
        """Yield what is kept, of one endpoint or of all, the newest first, without the answers' bytes."""
        where, order = ":endpoint IS NULL OR endpoint = :endpoint", "created DESC, endpoint, digest"
        with self._errors():
            table = self._database.table("response")
            yield from map(_response, table.rows_where(where, {"endpoint": endpoint}, order, ", ".join(_COLUMNS)))

    def stats(self) -> dict[str, Any]:
        """Return the number of responses, their bytes as they came, the endpoints, the oldest, the newest, the size."""
        with self._errors():
            [counts] = self._database.query(_COUNTS)
            names = self._database.query("SELECT DISTINCT endpoint FROM response ORDER BY 1")
            return {**counts, "endpoints": [row["endpoint"] for row in names], "size_bytes": self.path.stat().st_size}

    def prune(self, *, older_than_days: float | None = None) -> int:
        """Forget what came longer ago than so many days, or everything, and give the room back.

        Returns:
            How many responses were removed.
        """
        return self._forget(("response",), older_than_days)


def _response(row: dict[str, Any]) -> CachedResponse:
    return CachedResponse(**{name: row[name] for name in _COLUMNS})


def _digest(query: str) -> str:
    return hashlib.sha256(query.encode("utf-8")).hexdigest()
