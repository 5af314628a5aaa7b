"""The file of the knowledge cache: its tables, and how it is opened."""

import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep

from kg.errors import CacheError

CACHE_VERSION = 1
_BUSY_TIMEOUT_S = 30.0

_TABLES = f"""
CREATE TABLE IF NOT EXISTS picture (
    sha256 TEXT NOT NULL, encoder TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
    vector BLOB NOT NULL, attributes TEXT NOT NULL, created TEXT NOT NULL, PRIMARY KEY (sha256, encoder)
);
CREATE TABLE IF NOT EXISTS regions (
    sha256 TEXT NOT NULL, encoder TEXT NOT NULL, blob BLOB NOT NULL, shape TEXT NOT NULL, created TEXT NOT NULL,
    PRIMARY KEY (sha256, encoder)
);
CREATE TABLE IF NOT EXISTS pictured (
    key TEXT PRIMARY KEY, sha256 TEXT NOT NULL, candidates TEXT NOT NULL, theta REAL NOT NULL, hops INTEGER NOT NULL,
    index_id TEXT NOT NULL, entity_iri TEXT, hop INTEGER, cosine REAL, image TEXT, path TEXT NOT NULL,
    knowledge TEXT NOT NULL, created TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS post (id TEXT PRIMARY KEY, text TEXT NOT NULL, key TEXT, created TEXT NOT NULL);
PRAGMA user_version = {CACHE_VERSION};
"""


def open_writable(path: Path) -> sqlite3.Connection:
    """Open or make a cache file.

    Raises:
        sqlite3.OperationalError: If it cannot be written.
        sqlite3.DatabaseError: If it is no cache of this version, or damaged.
    """
    if path.exists() and not os.access(path, os.W_OK):
        raise sqlite3.OperationalError("attempt to write a readonly database")
    connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, CACHE_VERSION):
            raise sqlite3.DatabaseError(f"cache version {version}, expected {CACHE_VERSION}")
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(_TABLES)
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("damaged")
    except BaseException:
        connection.close()
        raise
    return connection


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL mode; SQLite does not wait by itself for another process that does the same."""
    end = monotonic() + _BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or monotonic() > end:
                raise
            sleep(0.01)


def open_read_only(path: Path) -> sqlite3.Connection:
    """Open an existing cache file without the right to change it.

    Raises:
        CacheError: If there is none, or it cannot be read.
    """
    if not path.is_file():
        raise CacheError(f"{path} does not exist; there is no cache to read")
    failure: sqlite3.Error | None = None
    # A file that was in WAL mode on a disk that is now read-only can be opened only as one that nobody changes.
    for how in ("mode=ro", "mode=ro&immutable=1"):
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?{how}", uri=True, check_same_thread=False)
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version == CACHE_VERSION:
                connection.execute("SELECT 1 FROM picture LIMIT 1").fetchone()
                return connection
            failure = sqlite3.DatabaseError(f"cache version {version}, expected {CACHE_VERSION}")
        except sqlite3.Error as error:
            failure = error
        connection.close()
    raise CacheError(f"{path} cannot be read: {failure}")


def set_aside(path: Path) -> Path:
    """Move a damaged cache file out of the way, and return where it is now.

    Raises:
        CacheError: If it cannot be moved.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    try:
        path.replace(aside)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    except OSError as error:
        raise CacheError(f"{path} is damaged and cannot be set aside: {error.strerror}; remove it") from None
    return aside
