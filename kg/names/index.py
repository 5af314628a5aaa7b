"""What finds names, filled in while a graph is built: `alias`, `alias_normal`, `alias_segment` and `alias_word`.

`alias` has a row for each entity and name. `alias_normal` tells which entities have a normal form: numbers of 63 bits,
the CRC-32 of the normal form above the entity, ascending, some hundred a row, each row under its first one.

A row of `alias_segment` or `alias_word` holds all distinct normal forms with some neighbouring keys (see
`kg.names.keys`), ascending, under the first of them; a key is never split over two rows. So the names with a key are
in the last row that does not start behind it, together with other names that a look-up has to tell apart anyway.
`alias_segment.names` is `count` letter masks (uint32, little-endian), `count` numbers of bytes that a name has beyond
its letters (blanks, and what UTF-8 adds), and then the names themselves; all have the same number of letters.
`alias_word.names` is a name a line, those with one word ordered by their length.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from zlib import crc32

import numpy as np
import numpy.typing as npt

from kg.schema import insert_rows

from .derived import derived_names, given_name
from .kernels import (
    Bytes,
    Entries,
    Lengths,
    Masks,
    Starts,
    drop_repeated,
    gather,
    measure,
    segment_entries,
    word_entries,
)
from .keys import ENTITY_BITS, FIRST_BITS, LONGEST_NAME, NAME_BITS, SECOND_BITS
from .normal import normal_forms

_KEYS_A_ROW, _SEGMENTS_A_ROW, _WORDS_A_ROW = 128, 64, 200
_NAMES_A_PASS = 600_000
_WORDS_A_PASS = 4_000_000
_ENTRIES_AT_ONCE = 400_000

_Given = tuple[int, str, str, float]
_Row = tuple[int, str, str, float, str]
_Ints = npt.NDArray[np.int64]


def fill_names(
    graph: sqlite3.Connection,
    labels: Iterable[tuple[int, str, str | None]],
    given: Iterable[_Given],
    *,
    at_once: int = 50_000,
) -> None:
    """Fill the tables of names, which are empty, within the caller's transaction; every table in its own order.

    Args:
        graph: The graph.
        labels: Each entity's id, label and type, in the order of ids.
        given: Further names: entity, text, kind, weight; in the order of entities.
        at_once: How many entities' names are held in memory at once.
    """
    rest, further, lines, keys = iter(labels), iter(given), bytearray(), [np.zeros(0, np.uint64)]
    while some := list(islice(rest, at_once)):
        taken, further = _until(some[-1][0], further)
        rows = _alias_rows(some, taken)
        insert_rows(graph, "alias", ("entity", "normal", "text", "weight", "kind"), rows)
        normals = "".join([row[1] + "\n" for row in rows]).encode()
        lines += normals
        hashes = np.array([crc32(normal) for normal in normals.split(b"\n")[:-1]], dtype=np.uint64)
        keys.append(hashes << np.uint64(ENTITY_BITS) | np.array([row[0] for row in rows], dtype=np.uint64))
    ordered = np.concatenate(keys)
    del keys
    ordered.sort()
    ordered = ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]]
    chunks = (ordered[at : at + _KEYS_A_ROW] for at in range(0, len(ordered), _KEYS_A_ROW))
    rows_of_keys = ((int(chunk[0]), chunk.astype("<u8").tobytes()) for chunk in chunks)
    insert_rows(graph, "alias_normal", ("key", "entities"), rows_of_keys)
    del ordered
    fill_grams(graph, lines)


def fill_grams(graph: sqlite3.Connection, lines: bytearray) -> None:
    """Fill `alias_segment` and `alias_word` from names in UTF-8, each with a line break; one may come several times."""
    names = _Names.read(lines)
    insert_rows(graph, "alias_segment", ("key", "count", "names"), names.segment_rows())
    insert_rows(graph, "alias_word", ("key", "names"), names.word_rows())


def _until(last: int, given: Iterator[_Given]) -> tuple[list[_Given], Iterator[_Given]]:
    """Return the names of entities up to one, and an iterator over the rest."""
    taken: list[_Given] = []
    for name in given:
        if name[0] > last:
            return taken, chain([name], given)
        taken.append(name)
    return taken, given


def _alias_rows(labels: Sequence[tuple[int, str, str | None]], given: Sequence[_Given]) -> list[_Row]:
    """Return entity, normal form, text, weight and kind of each name: each text once, under its best kind."""
    names = [(entity, text, -1.0, "label") for entity, text, _ in labels]
    for entity, label, coarse in labels:
        if coarse == "ORG" or ")" in label or (coarse == "LOC" and ", " in label):
            names += [
                (entity, text, -round(weight, 4), kind) for text, kind, weight in derived_names(label, 1.0, coarse)
            ]
    types = {entity: coarse for entity, _, coarse in labels} if given else {}
    for entity, text, kind, weight in given:
        names.append((entity, given_name(text, kind), -round(weight, 4), kind))
        if kind == "redirect":
            derived = derived_names(text, weight, types.get(entity))
            names += [(entity, text, -round(weight, 4), kind) for text, kind, weight in derived]
    normals = normal_forms([name[1] for name in names])
    if len(names) == len(labels):
        return [(name[0], normal, name[1], 1.0, "label") for name, normal in zip(names, normals, strict=True) if normal]
    rows = sorted([(name[0], normal, *name[1:]) for name, normal in zip(names, normals, strict=True) if normal])
    before = chain([(0, "", "")], rows)
    return [
        (entity, normal, text, -rank, kind)
        for (entity, normal, text, rank, kind), last in zip(rows, before, strict=False)
        if text != last[2] or entity != last[0]
    ]


@dataclass(frozen=True, slots=True)
class _Names:
    """Every name, as `kg.names.kernels` wants them."""

    text: Bytes
    starts: Starts
    lengths: Lengths
    masks: Masks

    @classmethod
    def read(cls, lines: bytearray) -> "_Names":
        """Find the names in the lines, and leave out those that are equal to one before them."""
        text, count = np.frombuffer(lines, dtype=np.uint8), lines.count(b"\n")
        names = cls(text, _empty_starts(len(text), count), np.empty(count, np.uint16), np.empty(count, np.uint32))
        hashes = np.empty(count, dtype=np.uint64)
        bits = (np.array(FIRST_BITS, np.uint32), np.array(SECOND_BITS, np.uint32))
        measure(text, bits, names.starts, names.lengths, names.masks, hashes)
        hashes.sort()
        drop_repeated(text, names.starts, hashes, names.lengths)
        return names

    def segment_rows(self) -> Iterator[tuple[int, int, bytes]]:
        """Yield the rows of `alias_segment`, the names of some lengths after the other."""
        counts = np.bincount(self.lengths, minlength=LONGEST_NAME + 1)
        low = 1
        while low <= LONGEST_NAME:
            high = low
            while high < LONGEST_NAME and counts[low : high + 2].sum() <= _NAMES_A_PASS:
                high += 1
            # Side by side, they are near each other in memory too.
            some = self._only(np.flatnonzero((self.lengths >= low) & (self.lengths <= high)))
            entries = np.empty(3 * len(some.lengths), dtype=np.uint64)
            found = segment_entries(some.text, some.starts, some.lengths, entries)
            for keys, names in _parts(entries[:found]):
                yield from some._segment_rows_of(keys, names)
            low = high + 1

    def word_rows(self) -> Iterator[tuple[int, str]]:
        """Yield the rows of `alias_word`."""
        blanks = sum(int((self.text[at : at + 2**20] == ord(" ")).sum()) for at in range(0, len(self.text), 2**20))
        most = blanks + len(self.lengths)
        bits = max(1, (most // _WORDS_A_PASS).bit_length())
        for part in range(1 << bits):
            entries = np.empty(most, dtype=np.uint64)
            found = word_entries(self.text, self.starts, self.lengths, part, bits, entries)
            for keys, names in _parts(entries[:found]):
                lines, sizes = self._gathered(names, line_end=1)
                for start, _, text in _rows(lines, sizes, _cuts(keys, None, _WORDS_A_ROW)):
                    yield int(keys[start]), text[:-1].decode()  # the last name of a row has no line break behind it

    def _segment_rows_of(self, keys: Entries, names: _Ints) -> Iterator[tuple[int, int, bytes]]:
        lengths = self.lengths[names].astype(np.int64)
        text, sizes = self._gathered(names, line_end=0)
        masks, extras = self.masks[names].astype("<u4").tobytes(), (sizes - lengths).astype(np.uint8).tobytes()
        for start, end, part in _rows(text, sizes, _cuts(keys, lengths, _SEGMENTS_A_ROW)):
            yield int(keys[start]), end - start, masks[4 * start : 4 * end] + extras[start:end] + part

    def _only(self, names: _Ints) -> "_Names":
        text, sizes = self._gathered(names, line_end=1)
        starts = _empty_starts(len(text), len(names))
        starts[0] = 0
        np.cumsum(sizes, out=starts[1:])
        return _Names(text, starts, self.lengths[names], self.masks[names])

    def _gathered(self, names: _Ints, *, line_end: int) -> tuple[Bytes, _Ints]:
        """Return some names one behind the other, and how many bytes each one takes."""
        sizes = self.starts[names + 1].astype(np.int64) - self.starts[names] - 1 + line_end
        out = np.empty(sizes.sum(), dtype=np.uint8)
        gather(self.text, self.starts, names, line_end, out)
        return out, sizes


def _empty_starts(letters: int, names: int) -> Starts:
    return np.empty(names + 1, np.uint32) if letters < 2**32 else np.empty(names + 1, np.int64)


def _parts(entries: Entries) -> Iterator[tuple[Entries, _Ints]]:
    """Yield keys and names of entries, sorted, a part at a time; a key is never split over two parts."""
    entries.sort()
    shift, start = np.uint64(NAME_BITS), 0
    while start < len(entries):
        end = min(start + _ENTRIES_AT_ONCE, len(entries))
        if end < len(entries):
            end = int(np.searchsorted(entries, ((entries[end - 1] >> shift) + np.uint64(1)) << shift))
        part = entries[start:end]
        yield part >> shift, (part & np.uint64((1 << NAME_BITS) - 1)).astype(np.int64)
        start = end


def _cuts(keys: Entries, groups: _Ints | None, least: int) -> _Ints:
    """Return where rows start, and the end: between keys, so many names apart or more, and where the group changes."""
    between = np.flatnonzero(keys[1:] != keys[:-1]) + 1
    borders = np.flatnonzero(groups[1:] != groups[:-1]) + 1 if groups is not None else between[:0]
    wanted = np.searchsorted(between, np.arange(least, len(keys), least))
    return np.unique(np.concatenate([[0], between[wanted[wanted < len(between)]], borders, [len(keys)]]))


def _rows(text: Bytes, sizes: _Ints, cuts: _Ints) -> Iterator[tuple[int, int, bytes]]:
    """Yield the first name and the end of each row, and its names' text."""
    whole, ends = text.tobytes(), np.append(0, np.cumsum(sizes))[cuts].tolist()
    places = cuts.tolist()
    for row in range(len(places) - 1):
        yield places[row], places[row + 1], whole[ends[row] : ends[row + 1]]
