"""A small file of SQLite beside an index, of what was asked of servers: opened by sqlite-utils, in one way for each."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Self

from .errors import KgError

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
        from sqlite_utils import Database

        self.path = path
        with self._errors(self.FIX):
            if not read_only and path.exists() and not os.access(path, os.W_OK):
                raise sqlite3.OperationalError("it may not be written; change its permissions")
            where = f"{path.resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"
            connection = sqlite3.connect(where, uri=True, timeout=_BUSY_TIMEOUT_S, check_same_thread=False)
            self._database = Database(connection)
            try:
                self._prepare(read_only=read_only)
            except BaseException:
                self.close()
                raise

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
            raise self.ERROR(f"{self.path} cannot be used: {error}{fix}") from None

    def _prepare(self, *, read_only: bool) -> None:
        [found] = self._database.execute("PRAGMA user_version").fetchone()
        if found != self.VERSION and (read_only or found):
            raise sqlite3.DatabaseError(f"it has version {found}, expected {self.VERSION}")
        if not read_only:
            self._database.enable_wal()
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.conn.executescript(f"{self.TABLES}; PRAGMA user_version = {self.VERSION};")
