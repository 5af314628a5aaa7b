"""The knowledge cache: what was worked out for pictures and posts, so that it is worked out once.

Nothing in it is needed: a cache that is lost costs time only. A file that is no cache, cut short or of another version
is set aside and a new one begun. A disk that cannot be written, and damage that is found later (to look for it would
read the whole file), raise `CacheError`, which a caller may turn into "not kept".
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar, get_origin

from .cache_entries import (
    CachedDecision,
    CachedLocalFeatures,
    CachedPicture,
    CachedPost,
    CachedRegions,
    CacheEntry,
    PicturedRecord,
    PostOfEntity,
)
from .errors import CacheError
from .small_store import SmallStore, stamp

if TYPE_CHECKING:
    from sqlite_utils import Database

_Kind = TypeVar("_Kind", CachedPicture, CachedRegions, CachedLocalFeatures, PicturedRecord, CachedPost, CachedDecision)

_NAMES: dict[type[CacheEntry], str] = {
    CachedPicture: "picture",
    CachedRegions: "regions",
    CachedLocalFeatures: "local_features",
    PicturedRecord: "pictured",
    CachedPost: "post",
    CachedDecision: "decision",
}
_OF_ENCODER = "encoder = ? AND sha256 IN (SELECT value FROM json_each(?))"
_FORGET_OLDEST = (
    "DELETE FROM local_features WHERE rowid IN (SELECT rowid FROM local_features ORDER BY created DESC, rowid DESC"
    " LIMIT -1 OFFSET ?)"
)
_POSTS_OF_ENTITY = """
SELECT t.file, t.id, t.how, t.said, t.score, coalesce(p.text, '') FROM (
SELECT file, post AS id, 'mentions' AS how, text AS said, score FROM mention WHERE entity_iri = :iri
UNION ALL SELECT p.file, p.id, 'shows', NULL, coalesce(d.score, 1) FROM pictured d JOIN post p ON p.key = d.key
WHERE d.entity_iri = :iri ORDER BY 1, 2, 3 LIMIT :limit OFFSET :offset
) t LEFT JOIN post p ON p.file = t.file AND p.id = t.id ORDER BY 1, 2, 3
"""
_TIMEOUT_S = 30.0


class KnowledgeCache(SmallStore):
    """A cache file. Any number of processes may share it, and threads may share one object.

    Use `KnowledgeCache.open`, and close it, or use it as a context manager.
    """

    notice: str | None = None
    """Which file was set aside when this cache was opened, where, and why; or None."""
    VERSION = 4
    MOST_LOCAL_FEATURES = 5_000
    """Pictures whose local features are kept, at most (some 50 kB each); the oldest go first."""
    TABLES = """
    CREATE TABLE IF NOT EXISTS picture (
        sha256 TEXT, encoder TEXT, width INTEGER, height INTEGER, vector BLOB, attributes TEXT, format TEXT,
        created TEXT, PRIMARY KEY (sha256, encoder)
    );
    CREATE TABLE IF NOT EXISTS regions (
        sha256 TEXT, encoder TEXT, blob BLOB, shape TEXT, created TEXT, PRIMARY KEY (sha256, encoder)
    );
    CREATE TABLE IF NOT EXISTS local_features (
        sha256 TEXT, kind TEXT, blob BLOB, created TEXT, PRIMARY KEY (sha256, kind)
    );
    CREATE TABLE IF NOT EXISTS pictured (
        key TEXT PRIMARY KEY, sha256 TEXT, candidates TEXT, threshold REAL, hops INTEGER, index_id TEXT,
        entity_iri TEXT, hop INTEGER, cosine REAL, image TEXT, path TEXT, knowledge TEXT, how TEXT, score REAL,
        nearest_iri TEXT, nearest_cosine REAL, created TEXT
    );
    CREATE TABLE IF NOT EXISTS post (file TEXT, id TEXT, text TEXT, key TEXT, created TEXT, PRIMARY KEY (file, id));
    CREATE TABLE IF NOT EXISTS decision (file TEXT, id TEXT, result TEXT, created TEXT, PRIMARY KEY (file, id));
    CREATE TABLE IF NOT EXISTS mention (
        file TEXT, post TEXT, start INTEGER, "end" INTEGER, text TEXT, type TEXT, entity_iri TEXT, entity TEXT,
        score REAL
    );
    CREATE INDEX IF NOT EXISTS mention_post ON mention (file, post);
    DROP INDEX IF EXISTS mention_entity; -- of caches that had a narrower one
    CREATE INDEX IF NOT EXISTS mention_of_entity ON mention (entity_iri, file, post);
    CREATE INDEX IF NOT EXISTS pictured_entity ON pictured (entity_iri);
    CREATE INDEX IF NOT EXISTS post_key ON post (key);
    CREATE INDEX IF NOT EXISTS post_id ON post (id);
    CREATE INDEX IF NOT EXISTS decision_id ON decision (id);
    CREATE TRIGGER IF NOT EXISTS decision_kept AFTER INSERT ON decision BEGIN
        DELETE FROM mention WHERE file = new.file AND post = new.id;
        INSERT INTO mention SELECT new.file, new.id, json_extract(value, '$.start_char'),
            json_extract(value, '$.end_char'), json_extract(value, '$.text'), json_extract(value, '$.type'),
            json_extract(value, '$.entity.iri'), json_extract(value, '$.entity.label'),
            json_extract(value, '$.entity.score') FROM json_each(new.result, '$.mentions');
    END;
    CREATE TRIGGER IF NOT EXISTS decision_forgotten AFTER DELETE ON decision BEGIN
        DELETE FROM mention WHERE file = old.file AND post = old.id;
    END
    """
    ERROR = CacheError
    FIX = "; remove it, or give another place for the cache"

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """Open a cache, making the file if need be.

        Args:
            path: The file, in a folder that exists.
            read_only: Open an existing file without the right to change it.

        Raises:
            CacheError: If it cannot be opened or, unless read-only, written.
        """
        if read_only and not path.is_file():
            raise CacheError(f"{path} does not exist: expected a knowledge cache, which link-and-tag makes")
        if not read_only and not path.parent.is_dir():
            raise CacheError(f"{path} cannot be used: its folder does not exist{cls.FIX}")
        try:
            return cls(path, read_only=read_only)
        except OSError as error:
            raise CacheError(f"{path} cannot be used: {error.strerror or error}{cls.FIX}") from None

    def pictures(self, sha256s: Iterable[str], encoder: str) -> dict[str, CachedPicture]:
        """Return what is kept of some pictures for an encoder, by sha256."""
        return {found.sha256: found for found in self._read(CachedPicture, _OF_ENCODER, [encoder, _json(sha256s)])}

    def regions(self, sha256s: Iterable[str], encoder: str) -> dict[str, CachedRegions]:
        """Return the regions that are kept of some pictures for an encoder, by sha256."""
        return {found.sha256: found for found in self._read(CachedRegions, _OF_ENCODER, [encoder, _json(sha256s)])}

    def local_features(self, sha256s: Iterable[str], kind: str) -> dict[str, CachedLocalFeatures]:
        """Return the local features of one kind that are kept of some pictures, by sha256."""
        where = "kind = ? AND sha256 IN (SELECT value FROM json_each(?))"
        return {found.sha256: found for found in self._read(CachedLocalFeatures, where, [kind, _json(sha256s)])}

    def pictured(self, keys: Iterable[str]) -> dict[str, PicturedRecord]:
        """Return the answers that are kept under some keys."""
        where = "key IN (SELECT value FROM json_each(?))"
        return {found.key: found for found in self._read(PicturedRecord, where, [_json(keys)])}

    def posts(self, post_id: str | None = None, *, limit: int = -1) -> list[CachedPost]:
        """Return the posts of an id, which may stand in several files, or all of them; by file and id."""
        where, asked = ("true", []) if post_id is None else ("id = ?", [post_id])
        return self._read(CachedPost, f"{where} ORDER BY file, id LIMIT ?", [*asked, limit])

    def decisions(self, post_id: str) -> dict[str, str]:
        """Return the decisions about the posts of an id, as JSON, by their file."""
        found = self._read(CachedDecision, "id = ?", [post_id]) if self._has("decision") else []
        return {decision.file: decision.result for decision in found}

    def posts_of_entity(self, iri: str, *, limit: int = -1, offset: int = 0) -> list[PostOfEntity]:
        """Return the posts that mention an entity or show it; by file and id."""
        values = {"iri": iri, "limit": limit, "offset": offset}
        with self._lock, self._errors():
            found = self._database.execute(_POSTS_OF_ENTITY, values) if self._has("mention") else ()
            return [PostOfEntity(*row) for row in found]

    def put(self, entries: Iterable[CacheEntry]) -> None:
        """Keep some entries, all or none of them, each in the place of one with the same key.

        Raises:
            CacheError: If the file cannot be written.
        """
        rows: dict[str, list[dict[str, Any]]] = {}
        kept = list(entries)
        for entry in kept:
            rows.setdefault(_NAMES[type(entry)], []).append(asdict(entry) | {"created": stamp()})
        if rows:
            with self._writing():
                for table, found in rows.items():
                    self._database.table(table).insert_all(found, replace=True)
                if CachedLocalFeatures in map(type, kept):
                    self._database.execute(_FORGET_OLDEST, [self.MOST_LOCAL_FEATURES])

    def stats(self) -> dict[str, int]:
        """Return the number of rows of each table, and the size of the file as `size_bytes`."""
        with self._lock, self._errors():
            counts = {name: self._database.table(name).count for name in _NAMES.values() if self._has(name)}
        return counts | {"size_bytes": self.path.stat().st_size if self.path.exists() else 0}

    def prune(self, *, older_than_days: float | None = None) -> int:
        """Forget what was kept longer ago than so many days, or everything, and give the room back.

        Returns:
            The number of rows that were removed.

        Raises:
            CacheError: If the file cannot be written.
        """
        return self._forget(_NAMES.values(), older_than_days)

    def _open(self, *, read_only: bool) -> "Database":
        """Open the file; one that is no cache, or cut short, or of another version is set aside, unless only read."""
        from filelock import FileLock

        if read_only:
            try:
                return self._checked("mode=ro")
            except sqlite3.OperationalError:  # in WAL mode on a disk that is now read-only
                return self._checked("mode=ro&immutable=1")
        with FileLock(self.path.with_name(f"{self.path.name}.lock"), timeout=_TIMEOUT_S):
            try:
                self._checked("mode=rwc").close()
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError as error:
                with self.path.open("rb") as file:
                    is_cache = self.path.suffix == ".sqlite" or file.read(6) == b"SQLite"
                if not is_cache:  # a user's own file stays where it is
                    raise CacheError(f"{self.path} is not a knowledge cache: give another place for it") from error
                aside = self.path.with_name(f"{self.path.name}.aside-{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
                self.notice = f"{self.path} cannot be used ({error}): it was moved to {aside}, and a new one begun"
                self.path.replace(aside)
                for suffix in ("-wal", "-shm"):
                    self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
            return super()._open(read_only=False)

    def _checked(self, mode: str) -> "Database":
        """Open a file that is not cut short and of this version, or empty if it may be written."""
        from sqlite_utils import Database

        connection = sqlite3.connect(f"{self.path.resolve().as_uri()}?{mode}", uri=True, check_same_thread=False)
        try:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            if "pictured" not in tables and (tables or mode != "mode=rwc"):
                raise CacheError(f"{self.path} is not a knowledge cache: give another place for the cache")
            [version] = connection.execute("PRAGMA user_version").fetchone()
            if tables and version != self.VERSION:
                raise sqlite3.DatabaseError(f"it has cache version {version}, expected {self.VERSION}")
        except BaseException:
            connection.close()
            raise
        return Database(connection)

    def _has(self, table: str) -> bool:
        """Whether the table is there: a cache that is only read may be of the time before decisions were kept."""
        with self._lock, self._errors():
            return bool(self._database.table(table).exists())

    def _read(self, kind: type[_Kind], where: str, arguments: Sequence[str | int | None]) -> list[_Kind]:
        columns = ", ".join(field.name for field in fields(kind))
        query = f"SELECT {columns} FROM {_NAMES[kind]} WHERE {where}"  # noqa: S608
        as_json = [get_origin(field.type) is tuple for field in fields(kind)]
        with self._lock, self._errors():
            rows = self._database.execute(query, arguments).fetchall()
        return [
            kind(
                *[_tuples(json.loads(value)) if is_json else value for value, is_json in zip(row, as_json, strict=True)]
            )
            for row in rows
        ]


def _json(keys: Iterable[str]) -> str:
    return json.dumps(list(keys))


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
