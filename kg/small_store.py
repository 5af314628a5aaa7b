"""A small file of SQLite beside an index, of what was asked of servers: opened by sqlite-utils, in one way for each."""

import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

_BUSY_TIMEOUT_S = 30.0


def open_store(path: Path, *, version: int, tables: str, read_only: bool = False) -> "Database":
    """Open a file, or make it; several processes and threads may write to it in turn.

    Args:
        path: The file.
        version: The version of its tables, which stands in `PRAGMA user_version`.
        tables: SQL that makes those that are not there.
        read_only: Open an existing file without the right to change it.

    Raises:
        sqlite3.Error: If it cannot be opened, is damaged or something else, or has another version.
    """
    from sqlite_utils import Database

    if not read_only and path.exists() and not os.access(path, os.W_OK):
        raise sqlite3.OperationalError("it may not be written; change its permissions")
    where = f"{path.resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    database = Database(sqlite3.connect(where, uri=True, timeout=_BUSY_TIMEOUT_S, check_same_thread=False))
    try:
        [found] = database.execute("PRAGMA user_version").fetchone()
        if found != version and (read_only or found):
            raise sqlite3.DatabaseError(f"it has version {found}, expected {version}")
        if not read_only:
            database.enable_wal()
            database.execute("PRAGMA synchronous = NORMAL")
            database.conn.executescript(f"{tables}; PRAGMA user_version = {version};")
    except BaseException:
        database.close()
        raise
    return database
