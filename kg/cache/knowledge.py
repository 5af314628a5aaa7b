"""The knowledge cache: what was worked out for pictures and posts, so that it is worked out once.

Nothing in it is needed: a cache that is lost costs time only. A file that is damaged or of another version is set aside
and a new one begun; a disk that cannot be written raises `CacheError`, which a caller may turn into "not kept".
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar, get_origin

from kg.errors import CacheError

from .entries import CachedPicture, CachedPost, CachedRegions, Entry, PicturedRecord
from .file import TABLES, open_read_only, open_writable

if TYPE_CHECKING:
    from sqlite_utils import Database

_Kind = TypeVar("_Kind", CachedPicture, CachedRegions, PicturedRecord, CachedPost)

_OF_ENCODER = "encoder = ? AND sha256 IN (SELECT value FROM json_each(?))"
_ALL_DAYS = 365_000


class KnowledgeCache:
    """A cache file. Any number of processes may share it, and threads may share one object.

    Use `KnowledgeCache.open`, and close it, or use it as a context manager.
    """

    def __init__(self, path: Path, database: "Database", notice: str | None = None) -> None:
        self.path = path
        self.notice = notice
        """Which file was set aside when this cache was opened, where, and why; or None."""
        self._database = database
        self._lock = threading.RLock()

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """Open a cache, making the file if need be.

        Args:
            path: The file, in a folder that exists.
            read_only: Open an existing file without the right to change it.

        Raises:
            CacheError: If it cannot be opened or, unless read-only, written.
        """
        if read_only:
            return cls(path, open_read_only(path))
        try:
            return cls(path, *open_writable(path))
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or error
            raise CacheError(f"{path} cannot be written: {reason}; give another place for the cache") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def pictures(self, sha256s: Iterable[str], encoder: str) -> dict[str, CachedPicture]:
        """Return what is kept of some pictures for an encoder, by sha256."""
        return {found.sha256: found for found in self._read(CachedPicture, _OF_ENCODER, [encoder, _json(sha256s)])}

    def regions(self, sha256s: Iterable[str], encoder: str) -> dict[str, CachedRegions]:
        """Return the regions that are kept of some pictures for an encoder, by sha256."""
        return {found.sha256: found for found in self._read(CachedRegions, _OF_ENCODER, [encoder, _json(sha256s)])}

    def pictured(self, keys: Iterable[str]) -> dict[str, PicturedRecord]:
        """Return the answers that are kept under some keys."""
        where = "key IN (SELECT value FROM json_each(?))"
        return {found.key: found for found in self._read(PicturedRecord, where, [_json(keys)])}

    def posts(self, post_id: str | None = None, *, limit: int = -1) -> list[CachedPost]:
        """Return the posts of an id, which may stand in several files, or all of them; by file and id."""
        where = "id = coalesce(?, id) ORDER BY file, id LIMIT ?"
        return self._read(CachedPost, where, [post_id, limit])

    def put(self, entries: Iterable[Entry]) -> None:
        """Keep some entries, all or none of them, each in the place of one with the same key.

        Raises:
            CacheError: If the file cannot be written.
        """
        rows: dict[str, list[dict[str, Any]]] = {}
        for entry in entries:
            rows.setdefault(TABLES[type(entry)], []).append(asdict(entry) | {"created": _stamp()})
        if rows:
            with self._writing():
                for table, found in rows.items():
                    self._database.table(table).insert_all(found, replace=True)

    def stats(self) -> dict[str, int]:
        """Return the number of rows of each table, and the size of the file as `size_bytes`."""
        with self._lock, self._told():
            counts = {name: self._database.table(name).count for name in TABLES.values()}
        return counts | {"size_bytes": self.path.stat().st_size if self.path.exists() else 0}

    def prune(self, *, older_than_days: float | None = None) -> int:
        """Forget what was kept longer ago than so many days, or everything, and give the room back.

        Returns:
            The number of rows that were removed.

        Raises:
            CacheError: If the file cannot be written.
        """
        oldest = "9999" if older_than_days is None else _stamp(timedelta(days=min(older_than_days, _ALL_DAYS)))
        with self._writing():
            removed = sum(
                self._database.execute(f"DELETE FROM {name} WHERE created < ?", (oldest,)).rowcount  # noqa: S608
                for name in TABLES.values()
            )
        with self._lock, suppress(sqlite3.OperationalError):  # another process may be reading: the room stays for later
            self._database.vacuum()
        return removed

    def _read(self, kind: type[_Kind], where: str, arguments: Sequence[str | int | None]) -> list[_Kind]:
        columns = ", ".join(field.name for field in fields(kind))
        query = f"SELECT {columns} FROM {TABLES[kind]} WHERE {where}"  # noqa: S608
        as_json = [get_origin(field.type) is tuple for field in fields(kind)]
        with self._lock, self._told():
            rows = self._database.execute(query, arguments).fetchall()
        return [
            kind(
                *(_tuples(json.loads(value)) if is_json else value for value, is_json in zip(row, as_json, strict=True))
            )
            for row in rows
        ]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction: all that is written in the block, or nothing."""
        with self._lock, self._told(), self._database.conn:
            self._database.execute("BEGIN IMMEDIATE")
            yield

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise CacheError(f"{self.path} cannot be used: {error}") from error


def _json(keys: Iterable[str]) -> str:
    return json.dumps(list(keys))


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _stamp(ago: timedelta = timedelta(0)) -> str:
    return (datetime.now(UTC) - ago).isoformat(timespec="milliseconds")
