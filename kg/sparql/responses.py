"""What SPARQL endpoints have answered, kept by endpoint and query, so that nothing is asked twice.

The file is the fetch's memory: one that was stopped goes on from it, and one that is repeated asks nothing at all.
Besides answers it keeps the decision that a query was too much for the endpoint and was asked again in halves.
"""

import hashlib
import os
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kg.errors import CacheError

_VERSION = 1
_BUSY_TIMEOUT_S = 30.0
_TABLES = f"""
CREATE TABLE IF NOT EXISTS response (
    endpoint TEXT NOT NULL, digest TEXT NOT NULL, query TEXT NOT NULL, state TEXT NOT NULL, note TEXT NOT NULL,
    rows INTEGER NOT NULL, size_bytes INTEGER NOT NULL, body BLOB, created TEXT NOT NULL,
    PRIMARY KEY (endpoint, digest)
);
CREATE TABLE IF NOT EXISTS refresh (endpoint TEXT PRIMARY KEY, since TEXT NOT NULL);
PRAGMA user_version = {_VERSION};
"""


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """What is kept of one query.

    Attributes:
        endpoint: Who was asked.
        query: The query.
        state: ``answered``, or ``split``: too much at once, its halves were asked instead.
        note: Why the answer is only a part of all, or why the query was split; else empty.
        rows: Rows of the answer.
        size_bytes: Its size before it was compressed.
        created: When it came.
    """

    endpoint: str
    query: str
    state: str
    note: str
    rows: int
    size_bytes: int
    created: str


class ResponseCache:
    """The file of responses. Use `ResponseCache.open`, and close it, or use it as a context manager."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """Open a file of responses, making it if need be.

        Args:
            path: The file.
            read_only: Open an existing file without the right to change it.

        Raises:
            CacheError: If it is missing (where it is only to be read), cannot be written, or is not one of ours.
        """
        if read_only and not path.is_file():
            raise CacheError(f"{path} does not exist; no endpoint was asked for this index")
        if path.exists() and not read_only and not os.access(path, os.W_OK):
            raise CacheError(f"{path} cannot be written; change its permissions")
        try:
            where = f"{path.resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"
            connection = sqlite3.connect(where, uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
            try:
                _prepare(connection, read_only=read_only)
            except BaseException:
                connection.close()
                raise
        except sqlite3.Error as error:
            raise CacheError(f"{path} cannot be used: {error}; remove it, and the endpoint is asked anew") from None
        return cls(path, connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def find(self, endpoint: str, query: str) -> tuple[CachedResponse, bytes] | None:
        """Return what is kept of a query, with the answer's bytes; None where it has to be asked.

        Raises:
            CacheError: If the file cannot be read.
        """
        rows = self._run(
            "SELECT endpoint, query, state, note, rows, size_bytes, created, body FROM response r"
            " WHERE endpoint = ?1 AND digest = ?2"
            " AND created >= COALESCE((SELECT since FROM refresh WHERE endpoint = ?1), '')",
            (endpoint, _digest(query)),
        )
        if not rows:
            return None
        *fields, body = rows[0]
        try:
            return CachedResponse(*fields), zlib.decompress(body) if body else b""
        except zlib.error:
            return None

    def keep(self, endpoint: str, query: str, body: bytes, *, rows: int, note: str = "") -> None:
        """Keep an answer, at once and for good.

        Raises:
            CacheError: If the file cannot be written.
        """
        self._put(endpoint, query, "answered", note, rows, len(body), zlib.compress(body, 6))

    def keep_split(self, endpoint: str, query: str, reason: str) -> None:
        """Keep that a query was too much and was asked in halves."""
        self._put(endpoint, query, "split", reason, 0, 0, None)

    def begin_refresh(self, endpoint: str) -> None:
        """Take all that is kept of an endpoint for outdated; a refresh that was stopped goes on where it was."""
        self._run("INSERT OR IGNORE INTO refresh VALUES (?, ?)", (endpoint, _stamp(datetime.now(UTC))))

    def end_refresh(self, endpoint: str) -> None:
        """Forget what a refresh did not ask again, if there was one: no query needs it any more."""
        with self._transaction():
            self._run(
                "DELETE FROM response WHERE endpoint = ?1"
                " AND created < (SELECT since FROM refresh WHERE endpoint = ?1)",
                (endpoint,),
            )
            self._run("DELETE FROM refresh WHERE endpoint = ?", (endpoint,))

    def responses(self, endpoint: str | None = None) -> Iterator[CachedResponse]:
        """Yield what is kept, of one endpoint or of all, the newest first, without the answers' bytes."""
        query = "SELECT endpoint, query, state, note, rows, size_bytes, created FROM response"
        query += " WHERE ?1 IS NULL OR endpoint = ?1 ORDER BY created DESC, endpoint, digest"
        try:
            for row in self._connection.execute(query, (endpoint,)):
                yield CachedResponse(*row)
        except sqlite3.Error as error:
            raise CacheError(f"{self.path} cannot be used: {error}") from None

    def stats(self) -> dict[str, Any]:
        """Return the number of responses, their bytes as they came, the endpoints, the oldest, the newest, the size."""
        [row] = self._run(
            "SELECT count(*), COALESCE(sum(size_bytes), 0), COALESCE(min(created), ''), COALESCE(max(created), '')"
            " FROM response"
        )
        names = self._run("SELECT DISTINCT endpoint FROM response ORDER BY 1")
        return {
            "responses": row[0],
            "answer_bytes": row[1],
            "endpoints": [name for (name,) in names],
            "oldest": row[2],
            "newest": row[3],
            "size_bytes": self.path.stat().st_size,
        }

    def prune(self, *, older_than_days: float | None = None) -> int:
        """Forget what came longer ago than so many days, or everything, and give the room back.

        Returns:
            How many responses went.

        Raises:
            CacheError: If the file cannot be written.
        """
        oldest = "9999"
        if older_than_days is not None:
            with suppress(OverflowError):
                oldest = _stamp(datetime.now(UTC) - timedelta(days=older_than_days))
            oldest = "" if oldest == "9999" else oldest
        gone = len(self._run("DELETE FROM response WHERE created < ? RETURNING 1", (oldest,)))
        with suppress(sqlite3.OperationalError):  # another process may be reading: the room stays for later
            self._connection.execute("VACUUM")
        return gone

    def _put(
        self, endpoint: str, query: str, state: str, note: str, rows: int, size_bytes: int, body: bytes | None
    ) -> None:
        created = _stamp(datetime.now(UTC))
        self._run(
            "INSERT OR REPLACE INTO response VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (endpoint, _digest(query), query, state, note, rows, size_bytes, body, created),
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._run("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise
        self._run("COMMIT")

    def _run(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise CacheError(f"{self.path} cannot be used: {error}") from None


def _prepare(connection: sqlite3.Connection, *, read_only: bool) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != _VERSION and (read_only or version != 0):
        raise sqlite3.DatabaseError(f"version {version}, expected {_VERSION}")
    if not read_only:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(_TABLES)
    connection.execute("SELECT 1 FROM response LIMIT 1").fetchone()


def _digest(query: str) -> str:
    return hashlib.sha256(query.encode("utf-8")).hexdigest()


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
