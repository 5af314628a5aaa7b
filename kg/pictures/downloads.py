"""What was asked of image servers, and what came of it: a table beside the index, so that nothing is asked twice."""

import sqlite3
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from kg.errors import FetchError
from kg.small_store import SmallStore


@dataclass(frozen=True, slots=True)
class Download:
    """What came of asking for one picture."""

    name: str  # the picture's file name
    url: str  # that was asked first
    # `fetched`; `missing`: the server has none; `refused`: our rules forbid it; `unreadable` and `too large`: it came
    # and cannot be used; `failed`: the network or the server did.
    status: str
    reason: str | None  # why it was not fetched
    sha256: str | None  # of the file, in hexadecimal
    size_bytes: int | None  # of the file
    rules: str  # the settings under which it was refused, unreadable or too large
    run: int  # the number of the run that asked last
    fetched_at: str  # in UTC


class Downloads(SmallStore):
    """The table of downloads of one index; it is made if there is none.

    Raises:
        FetchError: If the file is something else or cannot be written.
    """

    VERSION = 1
    TABLES = """
    CREATE TABLE IF NOT EXISTS download (
        name TEXT NOT NULL PRIMARY KEY, url TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('fetched', 'missing', 'refused', 'unreadable', 'too large', 'failed')),
        reason TEXT, sha256 TEXT, size_bytes INTEGER, rules TEXT NOT NULL, run INTEGER NOT NULL,
        fetched_at TEXT NOT NULL
    )
    """
    ERROR = FetchError
    FIX = " as the table of downloads; move it away to start a new one"

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        super().__init__(path, read_only=read_only)
        with self._errors(self.FIX):
            [self.run] = self._database.execute("SELECT COALESCE(max(run), 0) + 1 FROM download").fetchone()

    def close(self) -> None:
        """Close the file, so that it can be read where nothing may be written."""
        with suppress(sqlite3.Error):
            self._database.disable_wal()
        super().close()

    def get(self, name: str) -> Download | None:
        """Return what is known of a picture."""
        rows = self._database.table("download").rows_where("name = ?", [name])
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
        with self._errors("; what was fetched is kept, run the same command again"):
            self._database.table("download").insert(asdict(download), replace=True)

    def counts(self) -> dict[str, int]:
        """Return how many downloads have each status, and the bytes that were fetched."""
        size = "SELECT 'bytes fetched', COALESCE(sum(size_bytes), 0) FROM download WHERE status = 'fetched'"
        with self._errors():
            counts = self._database.execute("SELECT status, count(*) FROM download GROUP BY 1 ORDER BY 1").fetchall()
            return dict([*counts, *self._database.execute(size)])


def count_downloads(path: Path) -> dict[str, int]:
    """Return how many downloads have each status, and the bytes that were fetched; nothing if there is no table."""
    if not path.is_file():
        return {}
    with Downloads(path, read_only=True) as table:
        return table.counts()
