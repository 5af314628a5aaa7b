"""The knowledge cache: what was worked out for pictures and posts, so that it is worked out once.

Nothing in it is needed: a cache that is lost costs time only. A damaged file is set aside and a new one begun; a disk
that cannot be written raises `CacheError`, which a caller may turn into "not kept".
"""

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .errors import CacheError

CACHE_VERSION = 1
_BUSY_TIMEOUT_S = 30.0
_BATCH = 400

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
_NAMES = ("picture", "regions", "pictured", "post")


@dataclass(frozen=True, slots=True)
class CachedPicture:
    """What an encoder made of a picture; `vector` holds little-endian float32 numbers."""

    sha256: str
    encoder: str
    width: int
    height: int
    vector: bytes
    attributes: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class CachedRegions:
    """The regions of a picture; `blob` holds little-endian numbers of the given shape."""

    sha256: str
    encoder: str
    blob: bytes
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PicturedRecord:
    """The pictured entity of one question, or that there is none (`entity_iri` None).

    Attributes:
        key: Digest of everything the answer depends on; the caller makes it.
        sha256: The picture.
        candidates: IRIs of the candidates.
        theta: Least cosine.
        hops: Most hops.
        index_id: Which index was asked.
        entity_iri: The answer.
        hop: Its hop, with `cosine`, `image` (the matching picture's source) and `path` as they go into a result.
        cosine: See `hop`.
        image: See `hop`.
        path: See `hop`.
        knowledge: Triples in words.
    """

    key: str
    sha256: str
    candidates: tuple[str, ...]
    theta: float
    hops: int
    index_id: str
    entity_iri: str | None
    hop: int | None
    cosine: float | None
    image: str | None
    path: tuple[tuple[str, str, str], ...]
    knowledge: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class CachedPost:
    """A post that was read, and the key of its pictured entity, if it has one."""

    id: str
    text: str
    key: str | None


class KnowledgeCache:
    """A cache file. Processes may share it, and threads may share one object.

    Use `KnowledgeCache.open`, and close it, or use it as a context manager.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, set_aside: Path | None) -> None:
        self.path = path
        self.set_aside = set_aside
        """Where a damaged file was moved when this cache was opened, or None."""
        self._connection = connection
        self._lock = threading.RLock()

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """Open a cache, making it if need be.

        Args:
            path: The file.
            read_only: Open an existing file without the right to change it.

        Raises:
            CacheError: If it cannot be opened or, unless read-only, written.
        """
        path = Path(path)
        if read_only:
            return cls(path, _open_read_only(path), None)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CacheError(f"{path} cannot be made: {error.strerror}; give another place for the cache") from None
        try:
            return cls(path, _open_writable(path), None)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise CacheError(f"{path} cannot be written: {error}; give another place for the cache") from None
        aside = _set_aside(path)
        try:
            return cls(path, _open_writable(path), aside)
        except sqlite3.Error as error:
            raise CacheError(f"{path} cannot be written: {error}; give another place for the cache") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def pictures(self, sha256s: Iterable[str], encoder: str) -> dict[str, CachedPicture]:
        """Return what is kept of some pictures for an encoder, by sha256."""
        rows = self._select(
            "SELECT sha256, encoder, width, height, vector, attributes FROM picture WHERE encoder = ? AND sha256 IN",
            sha256s,
            encoder,
        )
        return {row[0]: CachedPicture(*row[:5], tuple((label, p) for label, p in json.loads(row[5]))) for row in rows}

    def put_pictures(self, pictures: Sequence[CachedPicture]) -> None:
        """Keep some pictures' features, all or none of them.

        Raises:
            CacheError: If the file cannot be written; so do all that keep something.
        """
        self._put(
            "picture", [(p.sha256, p.encoder, p.width, p.height, p.vector, _json(p.attributes)) for p in pictures]
        )

    def regions(self, sha256s: Iterable[str], encoder: str) -> dict[str, CachedRegions]:
        """Return the regions that are kept of some pictures for an encoder, by sha256."""
        rows = self._select(
            "SELECT sha256, encoder, blob, shape FROM regions WHERE encoder = ? AND sha256 IN", sha256s, encoder
        )
        return {row[0]: CachedRegions(*row[:3], tuple(json.loads(row[3]))) for row in rows}

    def put_regions(self, regions: Sequence[CachedRegions]) -> None:
        """Keep some pictures' regions."""
        self._put("regions", [(r.sha256, r.encoder, r.blob, _json(r.shape)) for r in regions])

    def pictured(self, keys: Iterable[str]) -> dict[str, PicturedRecord]:
        """Return the answers that are kept under some keys."""
        query = (
            "SELECT key, sha256, candidates, theta, hops, index_id, entity_iri, hop, cosine, image, path, knowledge"
            " FROM pictured WHERE key IN"
        )
        return {row[0]: _pictured(row) for row in self._select(query, keys)}

    def put_pictured(self, records: Sequence[PicturedRecord]) -> None:
        """Keep some answers."""
        rows = [
            (r.key, r.sha256, _json(r.candidates), r.theta, r.hops, r.index_id, r.entity_iri, r.hop, r.cosine, r.image)
            + (_json(r.path), _json(r.knowledge))
            for r in records
        ]
        self._put("pictured", rows)

    def posts(self, ids: Iterable[str]) -> dict[str, CachedPost]:
        """Return some posts by id."""
        return {row[0]: CachedPost(*row) for row in self._select("SELECT id, text, key FROM post WHERE id IN", ids)}

    def all_posts(self) -> Iterator[CachedPost]:
        """Yield every kept post by id."""
        last = ""
        query = "SELECT id, text, key FROM post WHERE id > ? ORDER BY id LIMIT 500"
        while rows := self._run(lambda last=last: self._connection.execute(query, (last,)).fetchall()):
            yield from (CachedPost(*row) for row in rows)
            last = rows[-1][0]

    def put_posts(self, posts: Sequence[CachedPost]) -> None:
        """Keep some posts."""
        self._put("post", [(p.id, p.text, p.key) for p in posts])

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Put everything that is kept within the block into one transaction.

        Raises:
            CacheError: If the file cannot be written.
        """
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._run(lambda: self._connection.execute("BEGIN IMMEDIATE"))
            try:
                yield
            except BaseException:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise
            self._run(lambda: self._connection.execute("COMMIT"))

    def stats(self) -> dict[str, int]:
        """Return the number of rows of each table, and the file's size as `size_bytes`."""
        with self._lock:
            counts = {
                name: int(
                    self._run(lambda name=name: self._connection.execute(f"SELECT count(*) FROM {name}").fetchone())[0]
                )
                for name in _NAMES
            }
        counts["size_bytes"] = self.path.stat().st_size if self.path.exists() else 0
        return counts

    def prune(self, *, older_than_days: float | None = None) -> int:
        """Forget what was kept longer ago than so many days, or everything, and give the room back.

        Returns:
            The number of rows that went.
        """
        oldest = "9999" if older_than_days is None else _stamp(datetime.now(UTC).timestamp() - older_than_days * 86400)
        gone = 0
        with self.batch():
            for name in _NAMES:
                delete = f"DELETE FROM {name} WHERE created < ?"  # noqa: S608 -- our own names
                gone += self._run(lambda delete=delete: self._connection.execute(delete, (oldest,))).rowcount
        with self._lock, suppress(sqlite3.OperationalError):  # another process may be reading: the room stays for later
            self._connection.execute("VACUUM")
        return gone

    def _put(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if not rows:
            return
        created = _stamp(datetime.now(UTC).timestamp())
        marks = ",".join("?" * (len(rows[0]) + 1))
        insert = f"INSERT OR REPLACE INTO {table} VALUES ({marks})"  # noqa: S608 -- our own names
        with self.batch():
            self._run(lambda: self._connection.executemany(insert, [(*row, created) for row in rows]))

    def _select(self, query: str, keys: Iterable[str], *first: str) -> Iterator[tuple[Any, ...]]:
        ordered = iter(dict.fromkeys(keys))
        while batch := list(islice(ordered, _BATCH)):
            full = f"{query} ({','.join('?' * len(batch))})"
            yield from self._run(
                lambda full=full, batch=batch: self._connection.execute(full, (*first, *batch)).fetchall()
            )

    def _run(self, action: Callable[[], Any]) -> Any:
        with self._lock:
            try:
                return action()
            except sqlite3.Error as error:
                raise CacheError(f"{self.path} cannot be used: {error}") from None


def _open_writable(path: Path) -> sqlite3.Connection:
    if path.exists() and not os.access(path, os.W_OK):
        raise sqlite3.OperationalError("attempt to write a readonly database")
    connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, CACHE_VERSION):
            raise sqlite3.DatabaseError(f"cache version {version}, expected {CACHE_VERSION}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(_TABLES)
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("damaged")
    except BaseException:
        connection.close()
        raise
    return connection


def _open_read_only(path: Path) -> sqlite3.Connection:
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


def _set_aside(path: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    try:
        path.replace(aside)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    except OSError as error:
        raise CacheError(f"{path} is damaged and cannot be set aside: {error.strerror}; remove it") from None
    return aside


def _pictured(row: tuple[Any, ...]) -> PicturedRecord:
    key, sha256, candidates, *middle, path, knowledge = row
    return PicturedRecord(
        key, sha256, tuple(json.loads(candidates)), *middle, path=_triples(path), knowledge=_triples(knowledge)
    )


def _triples(text: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((subject, predicate, target) for subject, predicate, target in json.loads(text))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
