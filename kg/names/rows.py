"""From the names that entities were given to the rows of `alias`, and to the index of their normal forms.

`alias` is in the order of entities, as the names come, so that nothing has to be sorted that does not fit in memory.
Who has a certain normal form is told by `alias_normal`: numbers of 63 bits, the CRC-32 of the normal form above the
entity, ascending, some hundred a row, each row under its first one.
"""

import sqlite3
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TypeVar
from zlib import crc32

import numpy as np
import numpy.typing as npt

from kg.bulk import insert_columns

from .naming import derived_names, given_name
from .normal import normal_forms

ENTITY_BITS = 31

_BATCH = 50_000
_KEYS_A_ROW = 128
# Types by their second letters.
_TYPES = {"E": "PER", "O": "LOC", "R": "ORG", "T": "OTHER"}

_Given = tuple[int, str, str, float]
_Value = TypeVar("_Value")
_Keys = npt.NDArray[np.uint64]


def fill_aliases(connection: sqlite3.Connection, labels: "Iterable[Labels] | None" = None) -> None:
    """Fill `alias` with the distinct texts of each entity, each under its best kind, and `alias_normal`.

    Args:
        connection: Has the tables to fill, and `stage_given_name`.
        labels: The labels of all entities, in the order of ids; those of the table `entity`, if they are not given.
    """
    given = _Ahead(connection.execute("SELECT entity, text, kind, weight FROM stage_given_name ORDER BY entity"))
    keys = []
    for some in _read_labels(connection) if labels is None else labels:
        rows = _columns(some, given.until(some.ids[-1]))
        insert_columns(
            connection,
            "alias",
            {
                "entity": rows.entities,
                "normal": rows.normals,
                "text": rows.texts,
                "kind": rows.kinds,
                "weight": rows.weights,
            },
        )
        keys.append(normal_keys(rows.normals, rows.entities))
    _fill_normals(connection, keys)


def normal_keys(normals: Sequence[str], entities: Sequence[int]) -> _Keys:
    """Return the number under which `alias_normal` holds each of some normal forms with its entity."""
    encoded = "\n".join(normals).encode().split(b"\n") if normals else []
    hashes = np.fromiter(map(crc32, encoded), dtype=np.uint64, count=len(encoded))
    return (hashes << np.uint64(ENTITY_BITS)) | np.array(entities, dtype=np.uint64)


def entities_of(connection: sqlite3.Connection, normal: str) -> Sequence[int]:
    """Return the entities that may have a normal form as a name: all that do, and rarely others."""
    low = crc32(normal.encode("utf-8", "surrogatepass")) << ENTITY_BITS
    high = low + (1 << ENTITY_BITS)
    found: list[int] = []
    # From the last row backwards: it is nearly always the only one.
    query = "SELECT key, entities FROM alias_normal WHERE key < ? ORDER BY key DESC"
    for first, blob in connection.execute(query, (high,)):
        keys = array("Q", blob)
        found[:0] = [key - low for key in keys[bisect_left(keys, low) : bisect_left(keys, high)]]
        if first <= low:
            break
    return found


@dataclass(frozen=True, slots=True)
class Labels:
    """A range of entities: their ids, their labels, and the second letters of their types, `-` without one."""

    ids: Sequence[int]
    texts: list[str]
    types: str


@dataclass(frozen=True, slots=True)
class _Columns:
    """Rows of `alias`, column by column."""

    entities: list[int]
    normals: list[str]
    texts: list[str]
    kinds: list[str]
    weights: list[float]


class _Ahead:
    """Rows that come in the order of their entities, a range of entities at a time."""

    def __init__(self, rows: sqlite3.Cursor) -> None:
        self._rows = rows
        self._read: list[_Given] = []

    def until(self, last: int) -> list[_Given]:
        """Take the rows of entities up to `last`."""
        taken: list[_Given] = []
        while True:
            end = bisect_right(self._read, last, key=itemgetter(0))
            taken += self._read[:end]
            del self._read[:end]
            if self._read:
                return taken
            self._read = self._rows.fetchmany(_BATCH)
            if not self._read:
                return taken


def _read_labels(connection: sqlite3.Connection) -> Iterator[Labels]:
    # Many labels as one text come five times as fast as row by row.
    query = (
        "SELECT min(id), max(id), count(*), group_concat(label, char(10)),"
        " group_concat(coalesce(substr(type, 2, 1), '-'), '')"
        " FROM (SELECT id, label, type FROM entity WHERE id > ? ORDER BY id LIMIT ?)"
    )
    last = 0
    while True:
        first, end, count, joined, types = connection.execute(query, (last, _BATCH)).fetchone()
        if not count:
            return
        ids: Sequence[int] = range(first, end + 1)
        texts = joined.split("\n")
        if len(ids) != count or len(texts) != count:
            rows = connection.execute("SELECT id, label FROM entity WHERE id BETWEEN ? AND ?", (first, end)).fetchall()
            ids, texts = [entity for entity, _ in rows], [label for _, label in rows]
        yield Labels(ids, texts, types)
        last = end


def _columns(labels: Labels, given: list[_Given]) -> _Columns:
    """Return the rows of a range of entities, in the order of the table."""
    names = _further_names(labels, given)
    normals = normal_forms(labels.texts + [name[1] for name in names])
    ids = np.array(labels.ids, dtype=np.int64)
    several = np.isin(ids, np.array([name[0] for name in names], dtype=np.int64))
    rows = _distinct_rows(labels, names, normals, np.flatnonzero(several).tolist())
    single = np.flatnonzero(~several)
    order = np.argsort(np.concatenate([ids[single], np.array([row[0] for row in rows], dtype=np.int64)]), kind="stable")
    places = single.tolist()
    columns = _Columns(
        entities=ids[single].tolist() + [row[0] for row in rows],
        normals=_taken(normals, places) + [row[1] for row in rows],
        texts=_taken(labels.texts, places) + [row[2] for row in rows],
        kinds=["label"] * len(places) + [row[4] for row in rows],
        weights=[1.0] * len(places) + [-row[3] for row in rows],
    )
    places = order.tolist()
    if "" in columns.normals:
        places = [place for place in places if columns.normals[place]]
    return _Columns(
        entities=_taken(columns.entities, places),
        normals=_taken(columns.normals, places),
        texts=_taken(columns.texts, places),
        kinds=_taken(columns.kinds, places),
        weights=_taken(columns.weights, places),
    )


def _taken(column: list[_Value], places: Sequence[int]) -> list[_Value]:
    return list(itemgetter(*places)(column)) if len(places) > 1 else [column[place] for place in places]


_Ranked = tuple[int, str, str, float, str]


def _distinct_rows(
    labels: Labels, names: Sequence[_Given], normals: Sequence[str], places: Sequence[int]
) -> list[_Ranked]:
    """Return the rows of the entities with several names, each text once; `places` are those entities' ones."""
    ids, texts, count = labels.ids, labels.texts, len(labels.ids)
    ranks = {weight: -round(weight, 4) for weight in {name[3] for name in names}}
    ranked = [(ids[place], normals[place], texts[place], -1.0, "label") for place in places]
    ranked += [
        (entity, normal, text, ranks[weight], kind)
        for (entity, text, kind, weight), normal in zip(names, normals[count:], strict=True)
    ]
    ranked.sort()
    kept, last_entity, last_text = [], -1, ""
    for row in ranked:
        if row[2] != last_text or row[0] != last_entity:
            last_entity, _, last_text, _, _ = row
            kept.append(row)
    return kept


def _further_names(labels: Labels, given: list[_Given]) -> list[_Given]:
    """Return the names that were given besides the labels, and those that labels and redirects imply."""
    names = [
        (labels.ids[place], *name)
        for place in _deriving(labels)
        for name in derived_names(labels.texts[place], 1.0, _TYPES.get(labels.types[place]))
    ]
    if any(kind == "disambiguation" for _, _, kind, _ in given):
        given = [(entity, given_name(text, kind), kind, weight) for entity, text, kind, weight in given]
    letters: Mapping[int, str] | str = labels.types
    first = labels.ids[0]
    if len(labels.ids) <= labels.ids[-1] - first:
        letters, first = dict(zip(labels.ids, labels.types, strict=True)), 0
    for entity, text, kind, weight in given:
        if kind == "redirect":
            letter = letters[entity - first]
            if letter == "R" or ")" in text or (letter == "O" and ", " in text):
                names.extend((entity, *derived) for derived in derived_names(text, weight, _TYPES.get(letter)))
    return names + given


def _deriving(labels: Labels) -> list[int]:
    """Return the places of labels that may imply further names."""
    letters = np.frombuffer(labels.types.encode("ascii"), dtype=np.uint8)
    places = set(np.flatnonzero(letters == ord("R")).tolist())
    places.update(place for place in np.flatnonzero(letters == ord("O")).tolist() if ", " in labels.texts[place])
    places.update(place for place, text in enumerate(labels.texts) if ")" in text)
    return sorted(places)


def _fill_normals(connection: sqlite3.Connection, keys: Sequence[_Keys]) -> None:
    if not keys:
        return
    ordered = np.concatenate(keys)
    ordered.sort()
    ordered = ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])]
    connection.executemany(
        "INSERT INTO alias_normal (key, entities) VALUES (?, ?)",
        (
            (int(ordered[start]), ordered[start : start + _KEYS_A_ROW].astype("<u8").tobytes())
            for start in range(0, len(ordered), _KEYS_A_ROW)
        ),
    )
