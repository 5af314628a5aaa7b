"""From the names that entities were given to the rows of `alias`, and to the index of their normal forms.

`alias` is in the order of entities, as the names come, so that nothing has to be sorted that does not fit in memory.
Entities with a label and no other name, which are most, are never more than columns of bytes and numbers here.
"""

import sqlite3
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from kg.building.pages import PageFile
from kg.building.records import Texts
from kg.building.scan import gather
from kg.building.trees import Tree

from . import kernels
from .grams import fill_grams
from .holders import ENTITY_BITS
from .naming import derived_names, given_name
from .normal import normal_form

_BATCH = 50_000
_KEYS_A_ROW = 128
# Types by their second letters.
_TYPES = {"E": "PER", "O": "LOC", "R": "ORG", "T": "OTHER"}
_BRACKET, _COMMA = 1, 2  # hints of `find_hints`

_Given = tuple[int, str, str, float]
_Ranked = tuple[int, str, str, float, str]
_Ints = npt.NDArray[np.int64]
_Keys = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Labels:
    """Some entities: their ids, ascending, their labels, and the second letters of their types, `-` without one."""

    ids: _Ints
    texts: Texts
    types: bytes


def fill_names(pages: PageFile, labels: Iterable[Labels], given: sqlite3.Cursor) -> None:
    """Fill `alias` with the distinct texts of each entity, each under its best kind, and what finds them.

    Args:
        pages: The file with the tables, which are empty.
        labels: The labels of all entities, in the order of ids.
        given: Further names: entity, text, kind, weight; in the order of entities.
    """
    lines, keys, names = bytearray(), [], Tree(pages, "alias")
    further = _Ahead(given)
    for some in labels:
        rows = _rows(some, further.until(int(some.ids[-1])))
        names.add([rows.entities, rows.normals, rows.texts, rows.kinds, rows.weights])
        keys.append(_keys(rows))
        lines += _lines(rows.normals)
    names.finish()
    _fill_normals(pages, keys)
    count = sum(map(len, keys))
    del keys
    fill_grams(pages, lines, count)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of `alias`, column by column."""

    entities: _Ints
    normals: Texts
    texts: Texts
    kinds: Texts
    weights: npt.NDArray[np.float64]


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


def _rows(labels: Labels, given: list[_Given]) -> _Rows:
    """Return the rows of some entities, in the order of the table."""
    names = _further_names(labels, given)
    several = np.isin(labels.ids, np.array([name[0] for name in names], dtype=np.int64))
    single = np.flatnonzero(~several)
    texts = labels.texts.take(single)
    ranked = _distinct_rows(labels, names, np.flatnonzero(several))
    entities = np.append(labels.ids[single], np.array([row[0] for row in ranked], dtype=np.int64))
    kinds = sorted({row[4] for row in ranked})
    of_kind = {kind: place for place, kind in enumerate(kinds, 1)}
    places = np.array([0] * len(single) + [of_kind[row[4]] for row in ranked], dtype=np.int64)
    normals = normals_of(texts).then(Texts.of(row[1] for row in ranked))
    rows = _Rows(
        entities=entities,
        normals=normals,
        texts=texts.then(Texts.of(row[2] for row in ranked)),
        kinds=Texts.choices(["label", *kinds], places),
        weights=np.array([1.0] * len(single) + [-row[3] for row in ranked]),
    )
    order = np.argsort(entities, kind="stable")
    order = order[normals.ends[order] > normals.starts[order]]
    return _Rows(
        entities=rows.entities[order],
        normals=rows.normals.take(order),
        texts=rows.texts.take(order),
        kinds=rows.kinds.take(order),
        weights=rows.weights[order],
    )


def normals_of(texts: Texts) -> Texts:
    """Return the normal form of each text."""
    room = int((texts.ends - texts.starts).sum()) + 4 * int((texts.data == ord("&")).sum())
    out, ends = np.empty(room, dtype=np.uint8), np.empty(len(texts), dtype=np.int64)
    kernels.fold(texts.data, texts.starts, texts.ends, out, ends)
    starts = np.append(0, ends)[:-1]
    alone = np.flatnonzero(ends == starts)
    return Texts(out, starts, ends).replaced(alone, Texts.of(map(normal_form, texts.take(alone).strings())))


def _distinct_rows(labels: Labels, names: Sequence[_Given], several: _Ints) -> list[_Ranked]:
    """Return the rows of the entities with several names, each text once; `several` are those entities' places."""
    ranks = {weight: -round(weight, 4) for weight in {name[3] for name in names}}
    own = zip(labels.ids[several].tolist(), labels.texts.take(several).strings(), strict=True)
    ranked = [(entity, text, -1.0, "label") for entity, text in own]
    ranked += [(entity, text, ranks[weight], kind) for entity, text, kind, weight in names]
    normals = normals_of(Texts.of(row[1] for row in ranked)).strings()
    ordered = sorted((row[0], normal, *row[1:]) for row, normal in zip(ranked, normals, strict=True))
    kept, last_entity, last_text = [], -1, ""
    for row in ordered:
        if row[2] != last_text or row[0] != last_entity:
            last_entity, _, last_text, _, _ = row
            kept.append(row)
    return kept


def _further_names(labels: Labels, given: list[_Given]) -> list[_Given]:
    """Return the names that were given besides the labels, and those that labels and redirects imply."""
    deriving = _deriving(labels)
    names = [
        (entity, *name)
        for entity, place, text in zip(
            labels.ids[deriving].tolist(), deriving.tolist(), labels.texts.take(deriving).strings(), strict=True
        )
        for name in derived_names(text, 1.0, _TYPES.get(chr(labels.types[place])))
    ]
    if any(kind == "disambiguation" for _, _, kind, _ in given):
        given = [(entity, given_name(text, kind), kind, weight) for entity, text, kind, weight in given]
    redirects = [name for name in given if name[2] == "redirect"]
    places = np.searchsorted(labels.ids, np.array([name[0] for name in redirects], dtype=np.int64)).tolist()
    for (entity, text, _, weight), place in zip(redirects, places, strict=True):
        letter = chr(labels.types[place])
        if letter == "R" or ")" in text or (letter == "O" and ", " in text):
            names.extend((entity, *derived) for derived in derived_names(text, weight, _TYPES.get(letter)))
    return names + given


def _deriving(labels: Labels) -> _Ints:
    """Return the places of labels that may imply further names."""
    hints = np.empty(len(labels.texts), dtype=np.uint8)
    kernels.find_hints(labels.texts.data, labels.texts.starts, labels.texts.ends, hints)
    letters = np.frombuffer(labels.types, dtype=np.uint8)
    has_comma = (letters == ord("O")) & ((hints & _COMMA) > 0)
    return np.flatnonzero((letters == ord("R")) | has_comma | ((hints & _BRACKET) > 0))


def _keys(rows: _Rows) -> _Keys:
    """Return the numbers under which `alias_normal` holds the normal forms with their entities."""
    keys = np.empty(len(rows.normals), dtype=np.uint64)
    kernels.crc32_each(rows.normals.data, rows.normals.starts, rows.normals.ends, keys)
    return (keys << np.uint64(ENTITY_BITS)) | rows.entities.astype(np.uint64)


def _lines(texts: Texts) -> bytes:
    lines = np.empty(int((texts.ends - texts.starts).sum()) + len(texts), dtype=np.uint8)
    gather(texts.data, texts.starts, texts.ends, lines, as_lines=True)
    return lines.tobytes()


def _fill_normals(pages: PageFile, keys: Sequence[_Keys]) -> None:
    if not sum(map(len, keys)):
        return
    ordered = np.concatenate(keys)
    ordered.sort()
    ordered = ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])]
    starts = np.arange(0, len(ordered), _KEYS_A_ROW)
    ends = np.minimum(starts + _KEYS_A_ROW, len(ordered))
    blobs = Texts(ordered.astype("<u8", copy=False).view(np.uint8), 8 * starts, 8 * ends, is_blob=True)
    tree = Tree(pages, "alias_normal")
    tree.add([None, blobs], ordered[starts].astype(np.int64))
    tree.finish()
