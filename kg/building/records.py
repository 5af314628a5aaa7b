"""Rows as SQLite stores them in its pages: columns in, cells out (https://sqlite.org/fileformat2.html, 1.6 and 2.1).

A *cell* is the payload's size, the row id (of a table that has one), and the payload: a record of one type code a
column, and then the columns' values. Numbers are stored as SQLite would store them: in as few bytes as they need, whole
ones of a REAL column as integers.

Legend: N rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from .scan import Bytes, Spans, copy_bytes, gather

Floats = npt.NDArray[np.float64]

_TEXT, _BLOB = 13, 12
_7, _8 = np.uint64(7), np.uint64(8)


@dataclass(frozen=True, slots=True)
class Texts:
    """A column of texts.

    Attributes:
        data: UTF-8 (of a column of blobs, anything), uint8.
        starts: Where each text starts in it, (N,).
        ends: Where it ends, (N,); before its start: NULL.
        is_blob: They are blobs.
    """

    data: Bytes
    starts: Spans
    ends: Spans
    is_blob: bool = False

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Texts":
        """Return a column with some texts."""
        encoded = [text.encode() for text in texts]
        ends = np.cumsum(np.array([len(text) for text in encoded], dtype=np.int64))
        return cls(np.frombuffer(bytearray(b"".join(encoded)), dtype=np.uint8), np.append(0, ends)[:-1], ends)

    @classmethod
    def choices(cls, texts: Sequence[str | None], places: npt.NDArray[np.int64]) -> "Texts":
        """Return a column with these of some few texts, or None."""
        few = cls.of(text or "" for text in texts)
        few.ends[[place for place, text in enumerate(texts) if text is None]] = -1
        return few.take(places)

    def __len__(self) -> int:
        return len(self.starts)

    def take(self, places: npt.NDArray[np.int64]) -> "Texts":
        """Return some of the texts."""
        return Texts(self.data, self.starts[places], self.ends[places], self.is_blob)

    def strings(self) -> list[str]:
        """Return the texts, decoded."""
        # One text with breaks behind each is decoded and split much faster than each by itself.
        lines = np.empty(int((self.ends - self.starts).sum()) + len(self), dtype=np.uint8)
        gather(self.data, self.starts, self.ends, lines, as_lines=True)
        texts = lines.tobytes().decode().split("\n")[:-1]
        if len(texts) == len(self):
            return texts
        spans = zip(self.starts.tolist(), self.ends.tolist(), strict=True)
        return [self.data[start:end].tobytes().decode() for start, end in spans]

    def packed(self) -> "Texts":
        """Return the same texts, one behind the other and nothing else."""
        ends = np.cumsum(self.ends - self.starts)
        data = np.empty(int(ends[-1]) if len(ends) else 0, dtype=np.uint8)
        gather(self.data, self.starts, self.ends, data)
        return Texts(data, np.append(0, ends)[:-1], ends, self.is_blob)

    def then(self, others: "Texts") -> "Texts":
        """Return these texts, and others behind them."""
        if not len(others):
            return self
        shift = len(self.data)
        return Texts(
            np.concatenate([self.data, others.data]),
            np.concatenate([self.starts, others.starts + shift]),
            np.concatenate([self.ends, others.ends + shift]),
            self.is_blob,
        )

    def replaced(self, places: npt.NDArray[np.int64], texts: "Texts") -> "Texts":
        """Return the same column with other texts at some places."""
        if not len(places):
            return self
        both = self.then(texts)
        order = np.arange(len(self))
        order[places] = np.arange(len(self), len(both))
        return both.take(order)


Column = Spans | Floats | Texts | None
"""Integers, numbers of a REAL column, texts; None for the column that is the row id."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells, one behind the other.

    Attributes:
        data: Their bytes.
        ends: Where each one ends, (N,).
        payloads: The sizes of their payloads, with which they end, (N,).
    """

    data: Bytes
    ends: Spans
    payloads: Spans


def cells_of(columns: Sequence[Column], rowids: Spans | None) -> Cells:
    """Return rows as cells.

    Args:
        columns: The columns in the order in which they are stored, each (N,).
        rowids: The rows' ids, (N,); None for an index, or a table without them.
    """
    count = next(len(column) for column in columns if column is not None)
    # The header's own size takes a byte: it is below 128 for the dozen columns that a table of ours may have.
    heads, bodies = np.ones(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    for column in columns:
        if column is None:
            heads += 1
        elif isinstance(column, Texts):
            _measure_texts(column.starts, column.ends, heads, bodies)
        else:
            _measure_numbers(*_whole(column), heads, bodies)
    payloads = heads + bodies
    ends = np.empty(count, dtype=np.int64)
    data = np.empty(
        _measure_cells(payloads, payloads if rowids is None else rowids, rowids is not None, ends), np.uint8
    )
    # From here on: where each row's next type code goes, and its next value.
    _start_cells(payloads, payloads if rowids is None else rowids, rowids is not None, ends, data, heads, bodies)
    for column in columns:
        if column is None:
            data[heads] = 0
            heads += 1
        elif isinstance(column, Texts):
            code = _BLOB if column.is_blob else _TEXT
            _put_texts(column.data, column.starts, column.ends, code, data, heads, bodies)
        else:
            _put_numbers(*_whole(column), data, heads, bodies)
    return Cells(data, ends, payloads)


def varint(value: int) -> bytes:
    """Return a number from 0 on as SQLite writes it."""
    out = np.empty(9, dtype=np.uint8)
    return out[: _put_varint(out, 0, np.uint64(value))].tobytes()


def _whole(column: "Spans | Floats") -> tuple[Spans, npt.NDArray[np.bool_]]:
    """Return numbers as integers, or the bits of those that are no integers of 48 bits; and which these are."""
    if column.dtype != np.float64:
        return np.ascontiguousarray(column, dtype=np.int64), np.zeros(len(column), dtype=np.bool_)
    values = np.ascontiguousarray(column, dtype=np.float64)
    is_real = (np.abs(values) >= 2.0**47) | (np.trunc(values) != values)
    whole = np.where(is_real, 0.0, values).astype(np.int64)
    return np.where(is_real, values.view(np.int64), whole), is_real


@numba.njit(cache=True, nogil=True)
def _varint_size(value: np.uint64) -> int:
    size = 1
    while size < 9 and value >> _7 != 0:
        value >>= _7
        size += 1
    return size


@numba.njit(cache=True, nogil=True)
def _put_varint(out: Bytes, at: int, value: np.uint64) -> int:
    """Write a number and return where it ends."""
    size = _varint_size(value)
    last = at + size - 1
    if size == 9:  # the last one has all of its eight bits
        out[last] = value & np.uint64(0xFF)
        value >>= _8
    else:
        out[last] = value & np.uint64(0x7F)
        value >>= _7
    for place in range(last - 1, at - 1, -1):
        out[place] = value & np.uint64(0x7F) | np.uint64(0x80)
        value >>= _7
    return at + size


@numba.njit(cache=True, nogil=True)
def _number_code(value: int, is_real: bool) -> int:
    """Return the type code of a number."""
    if is_real:
        return 7
    if value == 0 or value == 1:
        return 8 + value
    if value < 0:
        value = ~value
    if value < 1 << 31:
        return 1 if value < 1 << 7 else 2 if value < 1 << 15 else 3 if value < 1 << 23 else 4
    return 5 if value < 1 << 47 else 6


@numba.njit(cache=True, nogil=True)
def _number_size(code: int) -> int:
    """Return how many bytes a number with a type code takes."""
    if code >= 8:
        return 0
    return code if code < 5 else 6 if code == 5 else 8


@numba.njit(cache=True, nogil=True)
def _measure_numbers(values: Spans, is_real: npt.NDArray[np.bool_], heads: Spans, bodies: Spans) -> None:
    for row in range(len(values)):
        heads[row] += 1
        bodies[row] += _number_size(_number_code(values[row], is_real[row]))


@numba.njit(cache=True, nogil=True)
def _put_numbers(values: Spans, is_real: npt.NDArray[np.bool_], out: Bytes, heads: Spans, bodies: Spans) -> None:
    for row in range(len(values)):
        code = _number_code(values[row], is_real[row])
        out[heads[row]] = code
        heads[row] += 1
        value, size, at = np.uint64(values[row]), _number_size(code), bodies[row]
        for place in range(at + size - 1, at - 1, -1):
            out[place] = value & np.uint64(0xFF)
            value >>= _8
        bodies[row] = at + size


@numba.njit(cache=True, nogil=True)
def _measure_texts(starts: Spans, ends: Spans, heads: Spans, bodies: Spans) -> None:
    for row in range(len(starts)):
        size = ends[row] - starts[row]
        heads[row] += 1 if size < 0 else _varint_size(np.uint64(2 * size + _TEXT))
        bodies[row] += max(size, 0)


@numba.njit(cache=True, nogil=True)
def _put_texts(data: Bytes, starts: Spans, ends: Spans, code: int, out: Bytes, heads: Spans, bodies: Spans) -> None:
    for row in range(len(starts)):
        size, start, at = ends[row] - starts[row], starts[row], bodies[row]
        if size < 0:
            out[heads[row]] = 0
            heads[row] += 1
            continue
        heads[row] = _put_varint(out, heads[row], np.uint64(2 * size + code))
        copy_bytes(data, start, size, out, at)
        bodies[row] = at + size


@numba.njit(cache=True, nogil=True)
def _measure_cells(payloads: Spans, rowids: Spans, has_rowids: bool, ends: Spans) -> int:
    end = 0
    for row in range(len(payloads)):
        end += payloads[row] + _varint_size(np.uint64(payloads[row]))
        if has_rowids:
            end += _varint_size(np.uint64(rowids[row]))
        ends[row] = end
    return end


@numba.njit(cache=True, nogil=True)
def _start_cells(
    payloads: Spans, rowids: Spans, has_rowids: bool, ends: Spans, out: Bytes, heads: Spans, bodies: Spans
) -> None:
    """Write what stands before the columns, and turn the sizes of headers and bodies to places."""
    at = 0
    for row in range(len(payloads)):
        at = _put_varint(out, at, np.uint64(payloads[row]))
        if has_rowids:
            at = _put_varint(out, at, np.uint64(rowids[row]))
        out[at] = heads[row]
        bodies[row] = at + heads[row]
        heads[row] = at + 1
        at = ends[row]
