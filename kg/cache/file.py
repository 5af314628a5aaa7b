"""The file of the knowledge cache: its tables, how it is opened, and what is done with one that cannot be used."""

import os
import sqlite3
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, get_args, get_origin

from kg.errors import CacheError

from .entries import CachedPicture, CachedPost, CachedRegions, Entry, PicturedRecord

if TYPE_CHECKING:
    from sqlite_utils import Database

CACHE_VERSION = 2
TABLES: dict[type[Entry], str] = {
    CachedPicture: "picture",
    CachedRegions: "regions",
    PicturedRecord: "pictured",
    CachedPost: "post",
}
_KEYS = {"picture": ("sha256", "encoder"), "regions": ("sha256", "encoder"), "pictured": "key", "post": ("file", "id")}
_TIMEOUT_S = 30.0


def open_writable(path: Path) -> "tuple[Database, str | None]":
    """Open a cache file, or make it; a file that is damaged or of another version is set aside.

    Returns:
        The database, and which file was set aside, where, and why.

    Raises:
        CacheError: If the file is a database, but not a knowledge cache.
        OSError: If there is no such folder, or it cannot be written.
        sqlite3.Error: If the file cannot be written.
    """
    from filelock import FileLock

    if path.exists() and not os.access(path, os.W_OK):
        raise sqlite3.OperationalError("attempt to write a readonly database")
    if not path.parent.is_dir():
        raise FileNotFoundError(2, "its folder does not exist", str(path))
    with FileLock(path.with_name(f"{path.name}.lock"), timeout=_TIMEOUT_S):
        try:
            return _prepare(path), None
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            aside = path.with_name(f"{path.name}.aside-{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
            notice = f"{path} cannot be used ({error}): it was moved to {aside}, and a new one begun"
        path.replace(aside)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        return _prepare(path), notice


def open_read_only(path: Path) -> "Database":
    """Open an existing cache file without the right to change it.

    Raises:
        CacheError: If there is none, it cannot be read, or it is of another version.
    """
    from sqlite_utils import Database

    if not path.is_file():
        raise CacheError(f"{path} does not exist: expected a knowledge cache, which link-and-tag makes")
    failure: sqlite3.Error | None = None
    # A file that was in WAL mode on a disk that is now read-only can be opened only as one that nobody changes.
    for how in ("mode=ro", "mode=ro&immutable=1"):
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?{how}", uri=True, check_same_thread=False)
        try:
            _check(connection, path)
            return Database(connection, execute_plugins=False)
        except sqlite3.Error as error:
            failure = error
            connection.close()
    raise CacheError(f"{path} cannot be read: {failure}; remove it, or let link-and-tag begin a new one")


def _prepare(path: Path) -> "Database":
    """Open a file of this version, or fill an empty one; the caller holds the lock."""
    from sqlite_utils import Database

    connection = sqlite3.connect(path, timeout=_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        is_new = not connection.execute("PRAGMA schema_version").fetchone()[0]
        if not is_new:
            _check(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        database = Database(connection, execute_plugins=False)
        if is_new:
            with database.atomic():
                for kind, table in TABLES.items():
                    columns = {field.name: _column_type(field.type) for field in fields(kind)} | {"created": str}
                    database.table(table).create(columns, pk=_KEYS[table])
                database.execute(f"PRAGMA user_version = {CACHE_VERSION}")
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("it is damaged")
    except BaseException:
        connection.close()
        raise
    return database


def _check(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'pictured'").fetchone():
        raise CacheError(f"{path} is not a knowledge cache: give another place for the cache")
    if version != CACHE_VERSION:
        raise sqlite3.DatabaseError(f"it has cache version {version}, expected {CACHE_VERSION}")


def _column_type(annotation: object) -> type:
    if get_origin(annotation) is tuple:
        return str  # as JSON
    return next((kind for kind in (bytes, int, float) if kind in {annotation, *get_args(annotation)}), str)
