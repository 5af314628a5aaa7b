"""The knowledge cache: what was worked out for pictures and posts, so that it is worked out once.

Nothing in it is needed: a cache that is lost costs time only. A damaged file is set aside and a new one begun; a disk
that cannot be written raises `CacheError`, which a caller may turn into "not kept".
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kg.errors import CacheError

from .file import open_read_only, open_writable, set_aside
from .records import CachedPicture, CachedPost, CachedRegions, PicturedRecord

_BATCH = 400
_NAMES = ("picture", "regions", "pictured", "post")


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
            return cls(path, open_read_only(path), None)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CacheError(f"{path} cannot be made: {error.strerror}; give another place for the cache") from None
        try:
            return cls(path, open_writable(path), None)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise CacheError(f"{path} cannot be written: {error}; give another place for the cache") from None
        aside = set_aside(path)
        try:
            return cls(path, open_writable(path), aside)
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
        return {
            sha: CachedPicture(sha, name, width, height, vector, tuple((word, p) for word, p in json.loads(attributes)))
            for sha, name, width, height, vector, attributes in rows
        }

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
        return {sha: CachedRegions(sha, name, blob, tuple(json.loads(shape))) for sha, name, blob, shape in rows}

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
            (
                *(r.key, r.sha256, _json(r.candidates), r.theta, r.hops, r.index_id),
                *(r.entity_iri, r.hop, r.cosine, r.image, _json(r.path), _json(r.knowledge)),
            )
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
        while rows := self._query(query, (last,)):
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
            self._query("BEGIN IMMEDIATE")
            try:
                yield
                self._query("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    def stats(self) -> dict[str, int]:
        """Return the number of rows of each table, and the file's size as `size_bytes`."""
        counts = {name: int(self._query(f"SELECT count(*) FROM {name}")[0][0]) for name in _NAMES}  # noqa: S608
        counts["size_bytes"] = self.path.stat().st_size if self.path.exists() else 0
        return counts

    def prune(self, *, older_than_days: float | None = None) -> int:
        """Forget what was kept longer ago than so many days, or everything, and give the room back.

        Returns:
            The number of rows that went.

        Raises:
            CacheError: If the file cannot be written.
        """
        oldest = "9999" if older_than_days is None else _stamp(datetime.now(UTC).timestamp() - older_than_days * 86400)
        gone = 0
        with self.batch():
            for name in _NAMES:
                gone += len(self._query(f"DELETE FROM {name} WHERE created < ? RETURNING 1", (oldest,)))  # noqa: S608
        with self._lock, suppress(sqlite3.OperationalError):  # another process may be reading: the room stays for later
            self._connection.execute("VACUUM")
        return gone

    def _put(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if not rows:
            return
        created = _stamp(datetime.now(UTC).timestamp())
        insert = f"INSERT OR REPLACE INTO {table} VALUES ({','.join('?' * (len(rows[0]) + 1))})"  # noqa: S608
        with self.batch(), self._told():
            self._connection.executemany(insert, [(*row, created) for row in rows])

    def _select(self, query: str, keys: Iterable[str], *first: str) -> Iterator[tuple[Any, ...]]:
        ordered = iter(dict.fromkeys(keys))
        while batch := list(islice(ordered, _BATCH)):
            yield from self._query(f"{query} ({','.join('?' * len(batch))})", (*first, *batch))

    def _query(self, query: str, arguments: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        with self._lock, self._told():
            return self._connection.execute(query, arguments).fetchall()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise CacheError(f"{self.path} cannot be used: {error}") from None


def _pictured(row: tuple[Any, ...]) -> PicturedRecord:
    key, sha256, candidates, theta, hops, index_id, entity_iri, hop, cosine, image, path, knowledge = row
    return PicturedRecord(
        *(key, sha256, tuple(json.loads(candidates)), theta, hops, index_id),
        *(entity_iri, hop, cosine, image, _triples(path), _triples(knowledge)),
    )


def _triples(text: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((subject, predicate, target) for subject, predicate, target in json.loads(text))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
