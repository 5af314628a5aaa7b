"""What was asked of image servers, and what came of it: a table beside the index, so that nothing is asked twice."""

import sqlite3
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Self

from kg.errors import FetchError
from kg.small_store import open_store

_VERSION = 1
_TABLE = """
CREATE TABLE IF NOT EXISTS download (
    name TEXT NOT NULL PRIMARY KEY,
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


_COLUMNS = ", ".join(column.name for column in fields(Download))


class Downloads:
    """The table of downloads of one index; it is made if there is none.

    Raises:
        FetchError: If the file is something else or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._database = open_store(path, version=_VERSION, tables=_TABLE)
            [self.run] = self._database.execute("SELECT COALESCE(max(run), 0) + 1 FROM download").fetchone()
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
            self._database.disable_wal()
        self._database.close()

    def get(self, name: str) -> Download | None:
        """Return what is known of a picture."""
        rows = self._database.table("download").rows_where("name = ?", [name], select=_COLUMNS)
        return next((Download(**row) for row in rows), None)

    def bytes_of_run(self) -> int:
        """Return the size of what this run has fetched."""
        query = "SELECT COALESCE(sum(size_bytes), 0) FROM download WHERE run = ? AND status = 'fetched'"
        total: int = self._database.execute(query, [self.run]).fetchone()[0]
        return total

    def put(self, download: Download) -> None:
        """Keep what came of a picture, over what was known before.

        Raises:
            FetchError: If it cannot be written.
        """
        try:
            self._database.table("download").insert(asdict(download), replace=True)
        except sqlite3.Error as error:
            raise FetchError(
                f"{self._path} cannot be written: {error}; what was fetched is kept, run the same command again"
            ) from None


def count_downloads(path: Path) -> dict[str, int]:
    """Return how many downloads have each status, and the bytes that were fetched; nothing if there is no table."""
    if not path.is_file():
        return {}
    try:
        with closing(open_store(path, version=_VERSION, tables=_TABLE, read_only=True)) as database:
            counts = database.execute(
                "SELECT status, count(*) FROM download GROUP BY status ORDER BY status"
            ).fetchall()
            size = database.execute("SELECT COALESCE(sum(size_bytes), 0) FROM download WHERE status = 'fetched'")
            return {**dict(counts), "bytes fetched": size.fetchone()[0]}
    except sqlite3.Error as error:
        raise FetchError(f"{path} is not a table of downloads: {error}; move it away") from None
