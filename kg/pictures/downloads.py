"""What was asked of image servers, and what came of it: a table beside the index, so that nothing is asked twice."""

import sqlite3
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from kg.errors import FetchError

_VERSION = 1
_TABLE = """
CREATE TABLE IF NOT EXISTS download (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('fetched', 'missing', 'refused', 'unreadable', 'too large', 'failed')),
    reason TEXT,
    sha256 TEXT,
    size_bytes INTEGER,
    rules TEXT NOT NULL,
    run INTEGER NOT NULL,
    fetched_at TEXT NOT NULL
)
"""
_COLUMNS = "name, url, status, reason, sha256, size_bytes, rules, run, fetched_at"


@dataclass(frozen=True, slots=True)
class Download:
    """What came of asking for one picture.

    Attributes:
        name: The picture's file name.
        url: The address that was asked first.
        status: `fetched`; `missing`: the server has none; `refused`: our rules forbid it; `unreadable` and
            `too large`: it came and cannot be used; `failed`: the network or the server did.
        reason: Why it was not fetched.
        sha256: Of the file, in hexadecimal.
        size_bytes: Of the file.
        rules: The settings under which it was refused, unreadable or too large.
        run: The number of the run that asked last.
        fetched_at: When, in UTC.
    """

    name: str
    url: str
    status: str
    reason: str | None
    sha256: str | None
    size_bytes: int | None
    rules: str
    run: int
    fetched_at: str


class Downloads:
    """The table of downloads of one index; it is made if there is none.

    Raises:
        FetchError: If the file is another thing or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._connection = sqlite3.connect(path, timeout=30, check_same_thread=False)
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, _VERSION):
                raise sqlite3.DatabaseError(f"version {version}, expected {_VERSION}")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute(_TABLE)
            self._connection.execute(f"PRAGMA user_version = {_VERSION}")
            self._connection.commit()
            self.run = self._connection.execute("SELECT COALESCE(max(run), 0) + 1 FROM download").fetchone()[0]
        except sqlite3.Error as error:
            raise FetchError(
                f"{path} cannot be used as the table of downloads: {error}; move it away to start a new one"
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with suppress(sqlite3.Error):  # so that it can be read where nothing may be written
            self._connection.execute("PRAGMA journal_mode = DELETE")
        self._connection.close()

    def get(self, name: str) -> Download | None:
        """Return what is known of a picture."""
        row = self._connection.execute(
            f"SELECT {_COLUMNS} FROM download WHERE name = ?",  # noqa: S608
            (name,),
        ).fetchone()
        return Download(*row) if row else None

    def bytes_of_run(self) -> int:
        """Return the size of what this run has fetched."""
        query = "SELECT COALESCE(sum(size_bytes), 0) FROM download WHERE run = ? AND status = 'fetched'"
        total: int = self._connection.execute(query, (self.run,)).fetchone()[0]
        return total

    def put(self, download: Download) -> None:
        """Keep what came of a picture, over what was known before.

        Raises:
            FetchError: If it cannot be written.
        """
        marks = ", ".join("?" * len(astuple(download)))
        try:
            with self._connection:
                self._connection.execute(
                    f"INSERT INTO download ({_COLUMNS}) VALUES ({marks})"  # noqa: S608
                    " ON CONFLICT (name) DO UPDATE SET url = excluded.url, status = excluded.status,"
                    " reason = excluded.reason, sha256 = excluded.sha256, size_bytes = excluded.size_bytes,"
                    " rules = excluded.rules, run = excluded.run, fetched_at = excluded.fetched_at",
                    astuple(download),
                )
        except sqlite3.Error as error:
            raise FetchError(
                f"{self._path} cannot be written: {error}; what was fetched is kept, run the same command again"
            ) from None


def count_downloads(path: Path) -> dict[str, int]:
    """Return how many downloads have each status, and the bytes that were fetched; nothing if there is no table."""
    if not path.is_file():
        return {}
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        counts = dict(connection.execute("SELECT status, count(*) FROM download GROUP BY status ORDER BY status"))
        size = connection.execute("SELECT COALESCE(sum(size_bytes), 0) FROM download WHERE status = 'fetched'")
        return {**counts, "bytes fetched": size.fetchone()[0]}
    except sqlite3.Error as error:
        raise FetchError(f"{path} is no table of downloads: {error}; move it away") from None
    finally:
        connection.close()
