"""The on-disk structure behind fuzzy look-ups: names by their segments, and by their words (see `kg.names.keys`).

A *name* is a distinct normal form. A row of `alias_segment` or `alias_word` holds all names with some neighbouring
keys, ascending, under the first of them; a key never goes on in the next row. So the names with a key are in the last
row that does not start behind it, besides others that a look-up has to tell apart anyway.

`alias_segment.names` is `count` letter masks (uint32, little-endian), `count` numbers of bytes that a name has beyond
its letters (blanks, and what UTF-8 adds), and then the names themselves, one behind the other; all have the same number
of letters. `alias_word.names` is a name a line, those with one word ordered by their length.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kg.ahead import ahead
from kg.building.pages import PageFile
from kg.building.records import Column, Texts
from kg.building.trees import Tree

from .kernels import (
    Bytes,
    Entries,
    Lengths,
    Masks,
    Starts,
    drop_repeated,
    gather,
    measure,
    segment_blobs,
    segment_entries,
    word_entries,
)
from .keys import FIRST_BITS, LONGEST_NAME, NAME_BITS, SECOND_BITS

_NAMES_A_ROW = {"segment": 64, "word": 200}
_NAMES_A_PASS = 600_000
_WORDS_A_PASS = 4_000_000
_ENTRIES_AT_ONCE = 400_000

_Ints = npt.NDArray[np.int64]
# The keys of some rows, and their columns.
_Batch = tuple[_Ints, list[Column]]


def fill_grams(pages: PageFile, lines: bytearray, count: int) -> None:
    """Fill `alias_segment` and `alias_word`.

    Args:
        pages: The file with the tables, which are empty.
        lines: Names, in UTF-8, each with a line break behind it; a name may come several times.
        count: How many there are.
    """
    names = _Names.read(lines, count)
    for table, batches in (("alias_segment", names.segment_rows()), ("alias_word", names.word_rows())):
        tree = Tree(pages, table)
        for keys, columns in ahead(batches):
            tree.add([None, *columns], keys)
        tree.finish()


@dataclass(frozen=True, slots=True)
class _Names:
    """Every name, as `kg.names.kernels` wants them."""

    text: Bytes
    starts: Starts
    lengths: Lengths
    masks: Masks

    @classmethod
    def read(cls, lines: bytearray, count: int) -> "_Names":
        """Find the names in the lines, and leave out those that are equal to one before them."""
        text = np.frombuffer(lines, dtype=np.uint8)
        names = cls(text, _empty_starts(len(text), count), np.empty(count, np.uint16), np.empty(count, np.uint32))
        hashes = np.empty(count, dtype=np.uint64)
        bits = (np.array(FIRST_BITS, np.uint32), np.array(SECOND_BITS, np.uint32))
        measure(text, bits, names.starts, names.lengths, names.masks, hashes)
        hashes.sort()
        drop_repeated(text, names.starts, hashes, names.lengths)
        return names

    def segment_rows(self) -> Iterator[_Batch]:
        """Yield the rows of `alias_segment`, the names of some lengths after the other."""
        counts = np.zeros(LONGEST_NAME + 1, dtype=np.int64)
        for start in range(0, len(self.lengths), _NAMES_A_PASS):
            counts += np.bincount(self.lengths[start : start + _NAMES_A_PASS], minlength=LONGEST_NAME + 1)
        low = 1
        while low <= LONGEST_NAME:
            high = low
            while high < LONGEST_NAME and counts[low : high + 2].sum() <= _NAMES_A_PASS:
                high += 1
            # Side by side, they are near each other in memory too.
            some = self._only(np.flatnonzero((self.lengths >= low) & (self.lengths <= high)))
            entries = np.empty(3 * len(some.lengths), dtype=np.uint64)
            found = segment_entries(some.text, some.starts, some.lengths, entries)
            yield from some._segment_batches(entries[:found])
            low = high + 1

    def _only(self, names: _Ints) -> "_Names":
        sizes = self._sizes(names) + 1
        starts = _empty_starts(int(sizes.sum()), len(names))
        starts[0] = 0
        np.cumsum(sizes, out=starts[1:])
        return _Names(self._gathered(names, sizes, 1), starts, self.lengths[names], self.masks[names])

    def _sizes(self, names: _Ints) -> _Ints:
        return self.starts[names + 1].astype(np.int64) - self.starts[names] - 1

    def _segment_batches(self, entries: Entries) -> Iterator[_Batch]:
        entries.sort()
        for part in _parts(entries):
            keys, names = _split(part)
            lengths = self.lengths[names].astype(np.int64)
            sizes = self._sizes(names)
            cuts = _cuts(keys, lengths, _NAMES_A_ROW["segment"])
            text_ends = np.concatenate([[0], np.cumsum(sizes)])[cuts]
            blobs = np.empty(int(text_ends[-1]) + 5 * len(names), dtype=np.uint8)
            ends = np.empty(len(cuts) - 1, dtype=np.int64)
            extras, text = (sizes - lengths).astype(np.uint8), self._gathered(names, sizes, 0)
            segment_blobs(self.masks[names], extras, text, cuts, text_ends, blobs, ends)
            starts = np.append(0, ends)[:-1]
            yield keys[cuts[:-1]].astype(np.int64), [np.diff(cuts), Texts(blobs, starts, ends, is_blob=True)]

    def word_rows(self) -> Iterator[_Batch]:
        """Yield the rows of `alias_word`."""
        blanks = sum(int((self.text[at : at + 2**20] == ord(" ")).sum()) for at in range(0, len(self.text), 2**20))
        most = blanks + len(self.lengths)
        bits = max(1, (most // _WORDS_A_PASS).bit_length())
        for part in range(1 << bits):
            entries = np.empty(most, dtype=np.uint64)
            found = word_entries(self.text, self.starts, self.lengths, part, bits, entries)
            yield from self._word_batches(entries[:found])

    def _word_batches(self, entries: Entries) -> Iterator[_Batch]:
        entries.sort()
        for part in _parts(entries):
            keys, names = _split(part)
            sizes = self._sizes(names) + 1
            cuts = _cuts(keys, None, _NAMES_A_ROW["word"])
            ends = np.concatenate([[0], np.cumsum(sizes)])[cuts]
            # The last name of a row has no line break behind it.
            yield keys[cuts[:-1]].astype(np.int64), [Texts(self._gathered(names, sizes, 1), ends[:-1], ends[1:] - 1)]

    def _gathered(self, names: _Ints, sizes: _Ints, line_end: int) -> Bytes:
        out = np.empty(sizes.sum(), dtype=np.uint8)
        gather(self.text, self.starts, names, line_end, out)
        return out


def _empty_starts(letters: int, names: int) -> Starts:
    return np.empty(names + 1, np.uint32) if letters < 2**32 else np.empty(names + 1, np.int64)


def _parts(entries: Entries) -> Iterator[Entries]:
    """Yield sorted entries a part at a time; a key never goes on in the next part."""
    start = 0
    while start < len(entries):
        end = min(start + _ENTRIES_AT_ONCE, len(entries))
        if end < len(entries):
            following = ((entries[end - 1] >> np.uint64(NAME_BITS)) + np.uint64(1)) << np.uint64(NAME_BITS)
            end = int(np.searchsorted(entries, following))
        yield entries[start:end]
        start = end


def _split(entries: Entries) -> tuple[Entries, _Ints]:
    """Return the keys and the names of sorted entries."""
    return entries >> np.uint64(NAME_BITS), (entries & np.uint64((1 << NAME_BITS) - 1)).astype(np.int64)


def _cuts(keys: Entries, groups: _Ints | None, least: int) -> _Ints:
    """Return where rows start, and the end: between keys, so many names apart or more, and where the group changes."""
    between = np.flatnonzero(keys[1:] != keys[:-1]) + 1
    borders = np.flatnonzero(groups[1:] != groups[:-1]) + 1 if groups is not None else between[:0]
    wanted = np.searchsorted(between, np.arange(least, len(keys), least))
    return np.unique(np.concatenate([[0], between[wanted[wanted < len(between)]], borders, [len(keys)]]))
