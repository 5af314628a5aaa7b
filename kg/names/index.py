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
from itertools import chain, groupby, islice, pairwise
from operator import itemgetter
from zlib import crc32

import numpy as np
import numpy.typing as npt

from kg.schema import insert_rows

from .derived import derived_names, given_name
from .keys import (
    ENTITY_BITS,
    FIRST_BITS,
    FNV_PRIME,
    FNV_START,
    FREQUENT,
    HASH_BITS,
    LONGEST_NAME,
    SECOND_BITS,
    WORD_HASH_BITS,
    WORD_LENGTH_BITS,
    segment_count,
)
from .normal import normal_form

_KEYS_A_ROW, _SEGMENTS_A_ROW, _WORDS_A_ROW = 128, 64, 200
_NAMES_A_PASS = 600_000
_WORDS_A_PASS = 4_000_000
_NAMES_AT_ONCE = 50_000
_ENTRIES_AT_ONCE = 400_000
_NAME_BITS = 29  # what a name's number takes of an entry: its key stands above
_BLANK, _LINE_END = b" \n"

_Given = tuple[int, str, str, float]
_Row = tuple[int, str, str, float, str]
_Bytes = npt.NDArray[np.uint8]
_Ints = npt.NDArray[np.int64]
_Hashes = npt.NDArray[np.uint64]

# By byte of UTF-8: the bit in a letter mask of the letter that ends with it.
_BITS = np.array([*FIRST_BITS, *[0] * 64], dtype=np.uint32)
_BITS[[_BLANK, _LINE_END]] = 0
_COUNTS = np.array([segment_count(length) for length in range(LONGEST_NAME + 1)])


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
    names = _Names(lines)
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
            derived = derived_names(label, 1.0, coarse)
            names += [(entity, text, -round(weight, 4), kind) for text, kind, weight in derived]
    types = {entity: coarse for entity, _, coarse in labels} if given else {}
    for entity, text, kind, weight in given:
        names.append((entity, given_name(text, kind), -round(weight, 4), kind))
        if kind == "redirect":
            derived = derived_names(text, weight, types.get(entity))
            names += [(entity, text, -round(weight, 4), kind) for text, kind, weight in derived]
    normals = [normal_form(name[1]) for name in names]
    if len(names) == len(labels):
        return [(name[0], normal, name[1], 1.0, "label") for name, normal in zip(names, normals, strict=True) if normal]
    rows = sorted([(name[0], normal, *name[1:]) for name, normal in zip(names, normals, strict=True) if normal])
    best = (next(same) for _, same in groupby(rows, key=itemgetter(0, 2)))  # equal texts stand together
    return [(entity, normal, text, -rank, kind) for entity, normal, text, rank, kind in best]


class _Names:
    """Names as UTF-8, a line each; one that is equal to one before it is left out."""

    def __init__(self, lines: bytearray) -> None:
        self._text = np.frombuffer(lines, dtype=np.uint8)
        self._starts = np.append(0, np.flatnonzero(self._text == _LINE_END) + 1)  # and the end
        self._most_words = lines.count(b" ") + lines.count(b"\n")
        none = (np.zeros(0, np.uint16), np.zeros(0, np.uint32), np.zeros(0, np.uint64))
        measured = [none, *map(self._measure, self._blocks(np.arange(len(self._starts) - 1)))]
        self._lengths, self._masks, hashes = map(np.concatenate, zip(*measured, strict=True))
        del measured
        is_repeated = np.ones(len(hashes), np.bool_)
        is_repeated[np.unique(hashes, return_index=True)[1]] = False
        self._lengths[is_repeated] = 0

    def segment_rows(self) -> Iterator[tuple[int, int, bytes]]:
        """Yield the rows of `alias_segment`, the names of some lengths after the other."""
        counts = np.bincount(self._lengths, minlength=LONGEST_NAME + 1)
        low = 1
        while low <= LONGEST_NAME:
            high = low
            while high < LONGEST_NAME and counts[low : high + 2].sum() <= _NAMES_A_PASS:
                high += 1
            some = np.flatnonzero((self._lengths >= low) & (self._lengths <= high))
            for keys, names in _parts([self._segments(block) for block in self._blocks(some)]):
                yield from self._segment_rows_of(keys, names)
            low = high + 1

    def word_rows(self) -> Iterator[tuple[int, str]]:
        """Yield the rows of `alias_word`, the words of some hashes after the other."""
        kept = np.flatnonzero(self._lengths)
        bits = max(1, (self._most_words // _WORDS_A_PASS).bit_length())
        for part in range(1 << bits):
            for keys, names in _parts([self._words(block, part, bits) for block in self._blocks(kept)]):
                lines, sizes = self._gathered(names, line_end=1)
                for start, _, text in _rows(keys, None, _WORDS_A_ROW, lines, sizes):
                    yield int(keys[start]), text[:-1].decode()  # the last name of a row has no line break behind it

    def _blocks(self, names: _Ints) -> Iterator[_Ints]:
        return (names[at : at + _NAMES_AT_ONCE] for at in range(0, len(names), _NAMES_AT_ONCE))

    def _measure(self, names: _Ints) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint32], _Hashes]:
        """Return each name's letters without blanks (0 if they are too many), letter mask and hash."""
        borders = self._starts[names[0] : names[-1] + 2]  # they stand one behind the other already
        text, sizes, starts = self._text[borders[0] : borders[-1]], np.diff(borders), borders[:-1] - borders[0]
        bits = _BITS[text]
        further = text & 0xC0 == 0x80  # bytes of a letter behind its first
        bits[:-1][further[:-1] & further[1:]] = 0
        masks = np.bitwise_or.reduceat(bits, starts)
        for letter in FREQUENT.encode():
            twice = np.add.reduceat(text == letter, starts, dtype=np.uint32) > 1
            masks |= twice * np.uint32(SECOND_BITS[letter])
        lengths = np.add.reduceat(~further & (text != _BLANK) & (text != _LINE_END), starts, dtype=np.int64)
        lengths[(lengths > LONGEST_NAME) | (sizes - 1 - lengths > 255)] = 0
        return lengths.astype(np.uint16), masks, _fnv(text, starts, sizes - 1)

    def _segments(self, names: _Ints) -> _Hashes:
        """Return key and name, as one number, of each segment of some names."""
        text = self._gathered(names, line_end=0)[0]
        text = text[text != _BLANK]
        letters = np.append(np.flatnonzero(text & 0xC0 != 0x80), len(text))  # where each begins
        ends_of_names, entries = np.cumsum(self._lengths[names], dtype=np.int64), []
        for segment in range(_COUNTS.max()):
            has = np.flatnonzero(_COUNTS[self._lengths[names]] > segment)
            lengths = self._lengths[names[has]].astype(np.int64)
            first, counts = ends_of_names[has] - lengths, _COUNTS[lengths]
            starts, ends = (letters[first + lengths * place // counts] for place in (segment, segment + 1))
            above = (lengths << 2 | segment).astype(np.uint64) << np.uint64(HASH_BITS)
            hashes = _fnv(text, starts, ends - starts) >> np.uint64(64 - HASH_BITS)
            entries.append((above | hashes) << np.uint64(_NAME_BITS) | names[has].astype(np.uint64))
        return np.concatenate(entries)

    def _words(self, names: _Ints, part: int, part_bits: int) -> _Hashes:
        """Return key and name, as one number, of each word of names with several, if its hash starts with `part`."""
        text, sizes = self._gathered(names, line_end=1)
        ends = np.flatnonzero((text == _BLANK) | (text == _LINE_END))
        starts = np.append(0, ends[:-1] + 1)
        owners = np.searchsorted(np.cumsum(sizes), ends, side="right")
        several = np.bincount(owners)[owners] > 1
        starts, ends, owners = starts[several], ends[several], names[owners[several]]
        hashes = _fnv(text, starts, ends - starts)
        here = hashes >> np.uint64(64 - part_bits) == part
        shown = np.minimum(self._lengths[owners[here]], (1 << WORD_LENGTH_BITS) - 1).astype(np.uint64)
        keys = hashes[here] >> np.uint64(64 - WORD_HASH_BITS) << np.uint64(WORD_LENGTH_BITS) | shown
        entries: _Hashes = keys << np.uint64(_NAME_BITS) | owners[here].astype(np.uint64)
        return entries

    def _segment_rows_of(self, keys: _Hashes, names: _Ints) -> Iterator[tuple[int, int, bytes]]:
        lengths = self._lengths[names].astype(np.int64)
        text, sizes = self._gathered(names, line_end=0)
        masks, extras = self._masks[names].astype("<u4").tobytes(), (sizes - lengths).astype(np.uint8).tobytes()
        for start, end, part in _rows(keys, lengths, _SEGMENTS_A_ROW, text, sizes):
            yield int(keys[start]), end - start, masks[4 * start : 4 * end] + extras[start:end] + part

    def _gathered(self, names: _Ints, *, line_end: int) -> tuple[_Bytes, _Ints]:
        """Return some names one behind the other, each with its line break if that is 1, and the bytes of each."""
        sizes = self._starts[names + 1] - self._starts[names] - 1 + line_end
        moves = self._starts[names] - (np.cumsum(sizes) - sizes)
        return self._text[np.arange(sizes.sum()) + np.repeat(moves, sizes)], sizes


def _fnv(text: _Bytes, starts: _Ints, sizes: _Ints) -> _Hashes:
    """Return the hash of each piece of a text, see `kg.names.keys`: a byte of all pieces after the other."""
    longest_first = np.argsort(-sizes)
    values, places = np.full(len(starts), FNV_START, np.uint64), starts[longest_first]
    still = len(sizes) - np.searchsorted(np.sort(sizes), np.arange(sizes.max(initial=0)), side="right")
    for at, count in enumerate(still.tolist()):
        values[:count] = (values[:count] ^ text[places[:count] + at]) * np.uint64(FNV_PRIME)
    hashes = np.empty_like(values)
    hashes[longest_first] = values
    return hashes


def _parts(blocks: Sequence[_Hashes]) -> Iterator[tuple[_Hashes, _Ints]]:
    """Yield keys and names of entries, sorted, a part at a time; a key is never split over two parts."""
    entries = np.concatenate([np.zeros(0, np.uint64), *blocks])
    entries.sort()
    shift, start = np.uint64(_NAME_BITS), 0
    while start < len(entries):
        end = min(start + _ENTRIES_AT_ONCE, len(entries))
        if end < len(entries):
            end = int(np.searchsorted(entries, ((entries[end - 1] >> shift) + np.uint64(1)) << shift))
        part = entries[start:end]
        yield part >> shift, (part & np.uint64((1 << _NAME_BITS) - 1)).astype(np.int64)
        start = end


def _rows(
    keys: _Hashes, groups: _Ints | None, least: int, text: _Bytes, sizes: _Ints
) -> Iterator[tuple[int, int, bytes]]:
    """Yield each row's first name, its end and its text: so many names or more, of one group, no key in two rows."""
    between = np.flatnonzero(keys[1:] != keys[:-1]) + 1
    borders = np.flatnonzero(groups[1:] != groups[:-1]) + 1 if groups is not None else between[:0]
    wanted = np.searchsorted(between, np.arange(least, len(keys), least))
    cuts = np.unique(np.concatenate([[0], between[wanted[wanted < len(between)]], borders, [len(keys)]]))
    whole, ends = text.tobytes(), np.append(0, np.cumsum(sizes))[cuts].tolist()
    for (start, end), (first, last) in zip(pairwise(cuts.tolist()), pairwise(ends), strict=True):
        yield start, end, whole[first:last]
