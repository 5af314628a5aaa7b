"""A small file of SQLite beside an index, opened by sqlite-utils, in one way for each."""

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from .errors import KgError

if TYPE_CHECKING:
    from sqlite_utils import Database

_BUSY_TIMEOUT_S = 30.0
_ALL_DAYS = 365_000


class SmallStore:
    """A file that is made if there is none; processes and threads write to it in turn. Close it after use.

    Subclasses say the version of their tables (it stands in `PRAGMA user_version`), the SQL that makes those that are
    not there, the error that they raise, and what to do about a file that cannot be used.

    Args:
        path: The file.
        read_only: Open an existing file without the right to change it.

    Raises:
        KgError: The subclass's error: it cannot be opened, is damaged or something else, or has another version.
    """

    VERSION: ClassVar[int]
    TABLES: ClassVar[str]
    ERROR: ClassVar[type[KgError]]
    FIX: ClassVar[str]

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._lock = threading.RLock()
        with self._errors(self.FIX):
            self._database = self._open(read_only=read_only)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    @contextmanager
    def _errors(self, fix: str = "") -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            is_damaged = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_CORRUPT
            raise self.ERROR(f"{self.path} cannot be used: {error}{self.FIX if is_damaged else fix}") from None

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction: all that is written in the block, or nothing."""
        with self._lock, self._errors(), self._database.conn:
            self._database.execute("BEGIN IMMEDIATE")
            yield

    def _forget(self, tables: Iterable[str], older_than_days: float | None) -> int:
        """Remove what came (`created`) longer ago than so many days, or all, and give the room back; say how many."""
        oldest = "9999" if older_than_days is None else stamp(timedelta(days=min(older_than_days, _ALL_DAYS)))
        with self._writing():
            removed = sum(
                self._database.execute(f"DELETE FROM {table} WHERE created < ?", (oldest,)).rowcount  # noqa: S608
                for table in tables
            )
        with self._lock, suppress(sqlite3.OperationalError):  # another process may be reading: the room stays for later
            self._database.vacuum()
        return removed

    def _open(self, *, read_only: bool) -> "Database":
        from sqlite_utils import Database

        if not read_only and self.path.exists() and not os.access(self.path, os.W_OK):
            raise sqlite3.OperationalError("it may not be written; change its permissions")
        where = f"{self.path.resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"
        database = Database(sqlite3.connect(where, uri=True, timeout=_BUSY_TIMEOUT_S, check_same_thread=False))
        try:
            [found] = database.execute("PRAGMA user_version").fetchone()
            if found != self.VERSION and (read_only or found):
                raise sqlite3.DatabaseError(f"it has version {found}, expected {self.VERSION}")
            if not read_only:
                database.enable_wal()
                database.execute("PRAGMA synchronous = NORMAL")
                database.conn.executescript(f"{self.TABLES}; PRAGMA user_version = {self.VERSION};")
        except BaseException:
            database.close()
            raise
        return database


def stamp(ago: timedelta = timedelta(0)) -> str:
    """Say when something came, in UTC."""
    return (datetime.now(UTC) - ago).isoformat(timespec="milliseconds")
