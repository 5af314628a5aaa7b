"""A small file of SQLite beside an index, opened by sqlite-utils, in one way for each."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from .errors import KgError

if TYPE_CHECKING:
    from sqlite_utils import Database

_BUSY_TIMEOUT_S = 30.0


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
        with self._errors(self.FIX):
            self._database = self._open(read_only=read_only)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    @contextmanager
    def _errors(self, fix: str = "") -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            is_damaged = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_CORRUPT
            raise self.ERROR(f"{self.path} cannot be used: {error}{self.FIX if is_damaged else fix}") from None

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
