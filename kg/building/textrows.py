"""Rows of an entity, a number, a text and another number, sorted and each once, in parts that bound the memory."""

from dataclasses import dataclass
from pathlib import Path

import numba
import numpy as np
import numpy.typing as npt

from .parts import Ids, Parts
from .records import Texts
from .scan import Bytes, Keys, Spans

_ROWS_AT_ONCE = 250_000
_BYTES_AT_ONCE = 16 << 20
_MOST_PARTS = 256  # each is an open file
_CODE_BITS = 32


@dataclass(frozen=True, slots=True)
class TextRows:
    """Some rows, column by column: entities, numbers, texts and further numbers, each (N,)."""

    entities: Ids
    codes: Ids
    texts: Texts
    tails: Ids

    def take(self, places: Ids) -> "TextRows":
        """Return some of the rows."""
        return TextRows(self.entities[places], self.codes[places], self.texts.take(places), self.tails[places])


class TextSorter(Parts[TextRows]):
    """Rows that are put into parts by their entity and sorted by entity, number, text (its bytes) and further number.

    Args:
        folder: Where the parts lie.
        name: The parts' files are called by it.
        entities: The number of entities; ids are 1 and up.
        rows: About how many rows will come.
        text_bytes: About how long all their texts are.
    """

    def __init__(self, folder: Path, name: str, *, entities: int, rows: int, text_bytes: int) -> None:
        parts = min(_MOST_PARTS, 1 + max(rows // _ROWS_AT_ONCE, text_bytes // _BYTES_AT_ONCE))
        super().__init__(folder, name, entities=entities, width=(entities + 1) // parts + 1)

    def add(self, rows: TextRows) -> None:
        """Keep some rows; numbers are below 2**32."""
        order, parts = self._split(rows.entities)
        for part, span in parts:
            some = rows.take(order[span])
            keys = ((some.entities % self._width) << _CODE_BITS | some.codes).astype(np.uint64)
            texts = some.texts.packed()
            head = np.array([len(keys), len(texts.data)], dtype=np.int64)
            columns = (head, keys, some.tails.astype(np.int64), texts.ends - texts.starts, texts.data)
            self._write(part, np.concatenate([column.view(np.uint8) for column in columns]))

    def _sorted(self, part: int) -> TextRows:
        keys, tails, starts, ends, data = self._columns(part)
        order = np.argsort(keys, kind="stable")
        sort_ties(order, keys, data, starts, ends, tails, np.empty_like(order))
        order = order[are_new(order, keys, data, starts, ends, tails)]
        keys = keys[order]
        entities = (keys >> np.uint64(_CODE_BITS)).astype(np.int64) + part * self._width
        codes = (keys & np.uint64((1 << _CODE_BITS) - 1)).astype(np.int64)
        return TextRows(entities, codes, Texts(data, starts[order], ends[order]), tails[order])

    def _columns(self, part: int) -> tuple[Keys, Ids, Spans, Spans, Bytes]:
        """Return keys, further numbers, starts and ends of texts, and the bytes that these stand in."""
        data = self._read(part, np.uint8)
        keys, tails, starts, ends = ([np.zeros(0, dtype=np.int64)] for _ in range(4))
        at = 0
        while at < len(data):
            count, text_bytes = _numbers(data, at, 2).tolist()
            at += 16
            for place, column in enumerate((keys, tails)):
                column.append(_numbers(data, at + 8 * count * place, count))
            sizes = _numbers(data, at + 16 * count, count)
            at += 24 * count
            ends.append(np.cumsum(sizes) + at)
            starts.append(ends[-1] - sizes)
            at += text_bytes
        found = (np.concatenate(keys).view(np.uint64), np.concatenate(tails))
        return *found, np.concatenate(starts), np.concatenate(ends), data


def _numbers(data: Bytes, start: int, count: int) -> Ids:
    return data[start : start + 8 * count].copy().view(np.int64)


@numba.njit(cache=True, nogil=True)
def _compare(data: Bytes, starts: Spans, ends: Spans, tails: Ids, one: int, other: int) -> int:
    """Return a number below, at or above 0 where one row's text and further number come before, are, or come after."""
    size, other_size = ends[one] - starts[one], ends[other] - starts[other]
    for place in range(min(size, other_size)):
        byte, other_byte = data[starts[one] + place], data[starts[other] + place]
        if byte != other_byte:
            return -1 if byte < other_byte else 1
    return int(size - other_size if size != other_size else tails[one] - tails[other])


@numba.njit(cache=True, nogil=True)
def sort_ties(order: Ids, keys: Keys, data: Bytes, starts: Spans, ends: Spans, tails: Ids, buffer: Ids) -> None:
    """Sort rows that are in the order of their keys further, by their texts and further numbers.

    Args:
        order: The places of rows, sorted by their keys, (N,); sorted further.
        keys: The key of each row, (N,).
        data: UTF-8.
        starts: Where each row's text starts in it, (N,).
        ends: Where it ends, (N,).
        tails: Further numbers, (N,).
        buffer: As long as the order, (N,).
    """
    first = 0
    while first < len(order):
        last = first + 1
        while last < len(order) and keys[order[last]] == keys[order[first]]:
            last += 1
        width = 1
        while width < last - first:  # runs of this width are sorted: two and two are merged
            for begin in range(first, last, 2 * width):
                middle, end = min(begin + width, last), min(begin + 2 * width, last)
                left, right = begin, middle
                for place in range(begin, end):
                    takes_left = right == end or (
                        left < middle and _compare(data, starts, ends, tails, order[left], order[right]) <= 0
                    )
                    buffer[place] = order[left] if takes_left else order[right]
                    left += takes_left
                    right += not takes_left
            order[first:last] = buffer[first:last]
            width *= 2
        first = last


@numba.njit(cache=True, nogil=True)
def are_new(order: Ids, keys: Keys, data: Bytes, starts: Spans, ends: Spans, tails: Ids) -> npt.NDArray[np.bool_]:
    """Return which of some sorted rows differ from the one before them, (N,); see `sort_ties`."""
    new = np.ones(len(order), dtype=np.bool_)
    for place in range(1, len(order)):
        one, other = order[place - 1], order[place]
        new[place] = keys[one] != keys[other] or _compare(data, starts, ends, tails, one, other) != 0
    return new
