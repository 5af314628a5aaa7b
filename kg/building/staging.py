"""Where a build keeps what it has read until every source is known.

What comes by the million (IRIs, triples, redirects, classes, labels and literals of entities) lies in segment files,
the rest in the tables of `stage.sqlite`. An IRI is a 64-bit key there (`kg.building.scan`), and no dictionary of all
IRIs is ever held. Offsets, the lengths of the segment files and the rows are committed together, so that a killed build
finds all or none of a block.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kg.bulk import insert_rows
from kg.iris import canonical_iri, words_of_name
from kg.transactions import transaction
from kg.vocabulary import NAME_PREDICATES, NO_HOP

from . import scan
from .records import Texts
from .segments import Column, SegmentFile
from .typemap import TypeMap

SEGMENTS = {
    "iri": ("u8", "u8", "u1", "u4", "u1"),  # key, check, flags, end of its text, texts; by key
    "triple": ("u8", "u4", "u8"),
    "redirect": ("u8", "u8"),
    "page": ("u8", "u8"),
    "type": ("u8", "u4"),
    # Numbers of tags, and at the end: where each text ends, texts. Of a literal, the key of what may be an IRI, or 0.
    "label": ("u8", "u4", "u4", "u1"),
    "literal": ("u8", "u4", "u4", "u8", "u4", "u1"),
}
_WITH_TEXTS = frozenset({"label", "literal"})
_COLUMNS = {
    "name": ("key", "text", "kind", "weight"),
    "coarse": ("key", "type", "prior"),
    "image": ("key", "source", "folder"),
    "count": ("key", "count"),
    "predicate": ("id", "iri", "label", "hop"),
    "class": ("id", "iri", "label", "type", "depth"),
    "tag": ("id", "text"),
    "rejected": ("step", "line", "text", "reason"),
}
_TABLES = """
CREATE TABLE stage_name (key INTEGER NOT NULL, text TEXT NOT NULL, kind TEXT NOT NULL, weight REAL NOT NULL);
CREATE TABLE stage_coarse (key INTEGER NOT NULL, type TEXT, prior REAL);
CREATE TABLE stage_image (key INTEGER NOT NULL, source TEXT NOT NULL, folder TEXT NOT NULL);
CREATE TABLE stage_count (key INTEGER NOT NULL, count REAL NOT NULL);
CREATE TABLE stage_predicate (id INTEGER PRIMARY KEY, iri TEXT NOT NULL, label TEXT NOT NULL, hop INTEGER NOT NULL);
CREATE TABLE stage_class (
    id INTEGER PRIMARY KEY, iri TEXT NOT NULL, label TEXT NOT NULL, type TEXT, depth INTEGER
);
CREATE TABLE stage_tag (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE stage_rejected (step INTEGER NOT NULL, line INTEGER NOT NULL, text TEXT NOT NULL, reason TEXT NOT NULL);
CREATE TABLE stage_segments (name TEXT PRIMARY KEY, size_bytes INTEGER NOT NULL);
CREATE TABLE stage_progress (
    step INTEGER PRIMARY KEY, offset_bytes INTEGER NOT NULL, lines INTEGER NOT NULL,
    records INTEGER NOT NULL, ignored INTEGER NOT NULL, rejected INTEGER NOT NULL
);
"""
_SEEN_ROWS = 1 << 22


class Stage:
    """Collects what sources say, and keeps it with `checkpoint`.

    Args:
        folder: Where the segment files and `stage.sqlite` lie; made if it is not there.
        type_map: Gives new classes their coarse type and depth.
    """

    def __init__(self, folder: Path, type_map: TypeMap) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.connection = _open(folder / "stage.sqlite")
        sizes = dict(self.connection.execute("SELECT name, size_bytes FROM stage_segments").fetchall())
        self.segments = {
            name: SegmentFile(folder / f"{name}.segments", dtypes, size_bytes=sizes.get(name, 0))
            for name, dtypes in SEGMENTS.items()
        }
        self._type_map = type_map
        self._seen: scan.Keys = np.zeros((_SEEN_ROWS, 2), dtype=np.uint64)
        self._keys: dict[str, int] = {}
        self._flags: dict[str, int] = {}
        self._rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        self._predicates = _ids(self.connection, "predicate")
        self._classes = _ids(self.connection, "class")
        self._tags = _ids(self.connection, "tag", "text")
        self.step = 0
        self.records = self.ignored = self.rejected = 0

    def close(self) -> None:
        """Close every file; what was not kept is lost."""
        for file in self.segments.values():
            file.close()
        self.connection.close()

    def start(self, step: int) -> tuple[int, int]:
        """Begin or go on with a source; return the offset and the number of lines that are kept already."""
        self.step = step
        query = "SELECT offset_bytes, lines FROM stage_progress WHERE step = ?"
        offset, lines = self.connection.execute(query, (step,)).fetchone() or (0, 0)
        return int(offset), int(lines)

    def forget(self) -> None:
        """Give back what only reading needs."""
        self._seen = self._seen[:1].copy()

    def key(self, iri: str, flag: int = scan.STATED) -> int:
        """Return the key of an IRI in any of its forms, as SQLite holds it, and keep the IRI.

        Args:
            iri: The IRI.
            flag: What this statement says of it: a bit of `kg.building.scan`, or 0.
        """
        key = self._keys.get(iri)
        if key is None:
            key = self._keys[iri] = key_of(canonical_iri(iri))
            self._flags[iri] = flag
        elif self._flags[iri] & flag != flag:
            self._flags[iri] |= flag
        return key

    def add(self, table: str, *row: Any) -> None:
        """Keep one row for the stage table, or pair for the segment file, of that name."""
        self._rows[table].append(row)

    def add_names(self, literals: Iterable[tuple[int, str, str]]) -> None:
        """Keep what literals (key of the subject, predicate, text) say of how their subjects are called, if they do."""
        rows = self._rows["name"]
        for key, predicate, text in literals:
            kind, weight = NAME_PREDICATES.get(predicate, ("", 0.0))
            if kind == "demonym":
                rows += [(key, name, kind, weight) for name in map(str.strip, text.split(",")) if name]
            elif kind and (name := text.strip()):
                rows.append((key, name, kind, weight))

    def add_columns(self, name: str, *columns: Column) -> None:
        """Keep many rows of a segment file at once."""
        if len(columns[0]):
            self.segments[name].append(*columns)

    def add_texts(self, name: str, texts: Texts, *columns: Column) -> None:
        """Keep many rows of a segment file whose last columns are texts."""
        packed = texts.packed()
        self.add_columns(name, *columns, packed.ends, packed.data)

    def add_iris(
        self,
        data: scan.Bytes,
        starts: scan.Spans,
        ends: scan.Spans,
        keys: scan.Keys,
        checks: scan.Keys,
        flags: scan.Bytes,
    ) -> None:
        """Keep the IRIs at some spans of a block, except those that were kept lately."""
        picked = np.empty(len(keys), dtype=np.int64)
        picked = picked[: scan.pick_new(keys, checks, flags, self._seen, picked)]
        if not len(picked):
            return
        picked = picked[np.argsort(keys[picked])]
        self.add_texts("iri", Texts(data, starts[picked], ends[picked]), keys[picked], checks[picked], flags[picked])

    def reject(self, line_number: int, text: str, reason: str) -> None:
        """Keep a line that cannot be used, and count it."""
        self._rows["rejected"].append((self.step, line_number, text[:200], reason))
        self.rejected += 1

    def predicate(self, name: str) -> int:
        """Return the number of a predicate, given as an IRI or in words."""
        iri = canonical_iri(name)
        if iri not in self._predicates:
            self._predicates[iri] = len(self._predicates) + 1
            self.add("predicate", self._predicates[iri], iri, words_of_name(iri), int(iri not in NO_HOP))
        return self._predicates[iri]

    def class_(self, name: str) -> int:
        """Return the number of a class, given as an IRI or in words."""
        iri = canonical_iri(name)
        if iri not in self._classes:
            self._classes[iri] = len(self._classes) + 1
            coarse, depth = self._type_map.type_of(iri), self._type_map.depth_of(iri)
            self.add("class", self._classes[iri], iri, words_of_name(iri), coarse, depth)
        return self._classes[iri]

    def tag(self, text: str) -> int:
        """Return the number of a literal's tag: its language (`@en`) or the IRI of its datatype, or an empty text."""
        if text not in self._tags:
            self._tags[text] = len(self._tags) + 1
            self.add("tag", self._tags[text], text)
        return self._tags[text]

    def checkpoint(self, offset_bytes: int | None = None, lines: int | None = None) -> None:
        """Keep everything that was collected, together with how far the source is read (None: as before)."""
        self._keep_iris()
        for name in SEGMENTS:
            if rows := self._rows.pop(name, None):
                *columns, last = zip(*rows, strict=True)
                kinds = SEGMENTS[name]
                numbers = [_column(values, kind) for values, kind in zip(columns, kinds, strict=False)]
                if name in _WITH_TEXTS:
                    self.add_texts(name, Texts.of(last), *numbers)
                else:
                    self.add_columns(name, *numbers, _column(last, kinds[-1]))
        for file in self.segments.values():
            file.flush()
        connection = self.connection
        with transaction(connection):
            for table, rows in self._rows.items():
                insert_rows(connection, f"stage_{table}", _COLUMNS[table], rows)
            connection.executemany(
                "INSERT OR REPLACE INTO stage_segments VALUES (?, ?)",
                [(name, file.size_bytes) for name, file in self.segments.items()],
            )
            connection.execute(
                "INSERT INTO stage_progress VALUES (?1, COALESCE(?2, 0), COALESCE(?3, 0), ?4, ?5, ?6)"
                " ON CONFLICT (step) DO UPDATE SET offset_bytes = COALESCE(?2, offset_bytes),"
                " lines = COALESCE(?3, lines), records = records + ?4, ignored = ignored + ?5,"
                " rejected = rejected + ?6",
                (self.step, offset_bytes, lines, self.records, self.ignored, self.rejected),
            )
        self._rows.clear()
        self.records = self.ignored = self.rejected = 0

    def progress(self, step: int) -> tuple[int, int, int, int, int]:
        """Return offset, lines, records, ignored and rejected of a source, as they are kept."""
        query = "SELECT offset_bytes, lines, records, ignored, rejected FROM stage_progress WHERE step = ?"
        return self.connection.execute(query, (step,)).fetchone() or (0, 0, 0, 0, 0)

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query on the stage tables."""
        for rows in self.fetch(query):
            yield from rows

    def fetch(self, query: str, *, at_once: int = 50_000) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a query on the stage tables, some at a time."""
        cursor = self.connection.execute(query)
        while rows := cursor.fetchmany(at_once):
            yield rows

    def _keep_iris(self) -> None:
        if self._keys:
            texts = [canonical_iri(iri).encode("utf-8", "surrogatepass") for iri in self._keys]
            data = np.frombuffer(b"".join(texts), dtype=np.uint8)
            ends = np.cumsum(np.array([len(text) for text in texts], dtype=np.int64))
            starts = np.concatenate([[0], ends[:-1]])
            keys, checks = np.empty(len(texts), dtype=np.uint64), np.empty(len(texts), dtype=np.uint64)
            scan.hash_spans(data, starts, ends, keys, checks)
            flags = np.fromiter(self._flags.values(), dtype=np.uint8, count=len(texts))
            self.add_iris(data, starts, ends, keys, checks, flags)
        self._keys.clear()
        self._flags.clear()


def key_of(iri: str) -> int:
    """Return the key of a canonical IRI as the signed number that SQLite holds."""
    data = np.frombuffer(iri.encode("utf-8", "surrogatepass"), dtype=np.uint8)
    keys = np.empty(1, dtype=np.uint64)
    scan.hash_spans(data, np.zeros(1, dtype=np.int64), np.array([len(data)]), keys, np.empty(1, dtype=np.uint64))
    return int(keys.view(np.int64)[0])


def unsigned(keys: "list[int] | tuple[int, ...]") -> npt.NDArray[np.uint64]:
    """Return keys from SQLite as they are in segment files."""
    return np.array(keys, dtype=np.int64).view(np.uint64)


def _column(values: "tuple[int, ...]", kind: str) -> Column:
    return unsigned(values) if kind == "u8" else np.array(values, dtype=kind)


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
    connection.execute("PRAGMA synchronous = OFF")  # see kg.building.durable
    connection.execute("PRAGMA temp_store = FILE")
    connection.execute("PRAGMA cache_size = -16384")
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'stage_progress'").fetchone() is None:
        connection.executescript(f"BEGIN;{_TABLES}COMMIT;")
    return connection


def _ids(connection: sqlite3.Connection, table: str, column: str = "iri") -> dict[str, int]:
    rows = connection.execute(f"SELECT {column}, id FROM stage_{table}")  # noqa: S608 -- our own names
    return {str(name): int(row_id) for name, row_id in rows}
