"""A table or an index of SQLite from rows in its own order: leaves full of cells, and the levels above them.

A table with row ids keeps all rows in its leaves. An index, and a table without them, is a B-tree: the row between two
leaves stands in the level above. Every level is filled from the left, as SQLite does when rows come in order.

Legend: N rows, P pages.
"""

from collections.abc import Sequence

import numba
import numpy as np

from .pages import PageFile, Pages
from .records import Cells, Column, cells_of, varint
from .scan import Bytes, Spans, copy_bytes

_TABLE_LEAF, _TABLE_ABOVE, _INDEX_ABOVE = 13, 5, 2
_LEAF_HEAD, _ABOVE_HEAD = 8, 12


class Tree:
    """Fills an empty table or index of a file.

    Args:
        pages: The file.
        name: The table or index.
    """

    def __init__(self, pages: PageFile, name: str) -> None:
        self._pages = pages
        self._root, self._kind = pages.root(name)
        self._is_table = self._kind == _TABLE_LEAF
        self._rest = Cells(np.zeros(0, np.uint8), np.zeros(0, np.int64), np.zeros(0, np.int64))
        self._rest_ids: Spans = np.zeros(0, np.int64)
        self._children: list[Spans] = []
        self._between: list[bytes] = []

    def add(self, columns: Sequence[Column], rowids: Spans | None = None) -> None:
        """Write rows, which come behind those before them.

        Args:
            columns: As they are stored, each (N,): of a table without row ids, the primary key first; of an index, its
                columns, and the row's id or primary key.
            rowids: The rows' ids, (N,), if the table has them.
        """
        cells = self._spilled(cells_of(columns, rowids))
        ids = self._rest_ids if rowids is None else np.concatenate([self._rest_ids, rowids])
        self._write_leaves(_joined(self._rest, cells), ids, is_last=False)

    def finish(self) -> None:
        """Write the levels above the leaves."""
        if not len(self._rest.ends):
            return
        if not self._children and _fits(self._rest, self._room(_LEAF_HEAD)):
            starts, stops = np.zeros(1, np.int64), np.array([len(self._rest.ends)])
            self._pages.set_root(self._root, self._laid_out(self._rest, starts, stops, self._kind, _LEAF_HEAD)[0])
            return
        self._write_leaves(self._rest, self._rest_ids, is_last=True)
        children, between = np.concatenate(self._children), self._between
        while True:
            pages, between, is_root = self._level(children, between)
            if is_root:
                self._pages.set_root(self._root, pages[0])
                return
            children = self._kept(pages)

    def _write_leaves(self, cells: Cells, ids: Spans, *, is_last: bool) -> None:
        starts, stops, done = self._planned(cells.ends, _LEAF_HEAD, moves_up=not self._is_table, is_last=is_last)
        if len(starts):
            self._children.append(self._kept(self._laid_out(cells, starts, stops, self._kind, _LEAF_HEAD)))
        inner = stops[: len(stops) - is_last]
        if self._is_table:
            self._between += [varint(last) for last in ids[inner - 1].tolist()]
        else:
            self._between += _cut(cells, inner)
        self._rest, self._rest_ids = _behind(cells, done), ids[done:].copy()

    def _level(self, children: Spans, between: list[bytes]) -> tuple[Pages, list[bytes], bool]:
        """Return the pages above some pages, what stands between them, and whether it is one page only."""
        kind = _TABLE_ABOVE if self._is_table else _INDEX_ABOVE
        numbers = children.astype(">u4").view(np.uint8).reshape(-1, 4)
        parts = [number.tobytes() + cell for number, cell in zip(numbers, between, strict=False)]
        ends = np.cumsum(np.array([len(part) for part in parts], dtype=np.int64))
        cells = Cells(np.frombuffer(bytearray(b"".join(parts)), np.uint8), ends, ends)
        starts, stops, _ = self._planned(ends, _ABOVE_HEAD, moves_up=True, is_last=True)
        pages = self._laid_out(cells, starts, stops, kind, _ABOVE_HEAD)
        pages[:, 8:12] = numbers[stops]
        return pages, [between[stop] for stop in stops[:-1].tolist()], len(pages) == 1

    def _kept(self, pages: Pages) -> Spans:
        numbers = self._pages.take(len(pages))
        self._pages.write(numbers, pages)
        return numbers

    def _room(self, head: int) -> int:
        return self._pages.usable_bytes - head

    def _planned(self, ends: Spans, head: int, *, moves_up: bool, is_last: bool) -> tuple[Spans, Spans, int]:
        """Return first and behind the last cell of each page, (P,), and how many cells are done with."""
        starts, stops = np.empty(len(ends), np.int64), np.empty(len(ends), np.int64)
        count = _plan(ends, self._room(head), moves_up, is_last, starts, stops)
        starts, stops = starts[:count], stops[:count]
        return starts, stops, int(stops[-1]) + (moves_up and not is_last) if count else 0

    def _laid_out(self, cells: Cells, starts: Spans, stops: Spans, kind: int, head: int) -> Pages:
        out = np.zeros((len(starts), self._pages.page_bytes), dtype=np.uint8)
        _lay_out(cells.data, cells.ends, starts, stops, kind, head, self._pages.usable_bytes, out)
        return out

    def _spilled(self, cells: Cells) -> Cells:
        """Bring what is too long for a page to pages of its own; nothing else changes."""
        usable = self._pages.usable_bytes
        most = usable - 35 if self._is_table else (usable - 12) * 64 // 255 - 23
        long = np.flatnonzero(cells.payloads > most).tolist()
        if not long:
            return cells
        parts, sizes, at = [], np.diff(cells.ends, prepend=0), 0
        least = (usable - 12) * 32 // 255 - 23
        for row in long:
            end, payload = int(cells.ends[row]), int(cells.payloads[row])
            kept = least + (payload - least) % (usable - 4)
            cut = end - payload + (kept if kept <= most else least)
            first = self._spill(cells.data[cut:end])
            parts += [cells.data[at:cut], np.array([first], dtype=">u4").view(np.uint8)]
            sizes[row] -= end - cut - 4
            at = end
        return Cells(np.concatenate([*parts, cells.data[at:]]), np.cumsum(sizes), cells.payloads)

    def _spill(self, data: Bytes) -> int:
        """Write data to a chain of pages, and return the first one."""
        size = self._pages.usable_bytes - 4
        count = -(-len(data) // size)
        out = np.zeros((count, self._pages.page_bytes), dtype=np.uint8)
        for page in range(count):
            some = data[page * size : (page + 1) * size]
            out[page, 4 : 4 + len(some)] = some
        numbers = self._pages.take(count)
        out[:-1, :4] = numbers[1:].astype(">u4").view(np.uint8).reshape(-1, 4)
        self._pages.write(numbers, out)
        return int(numbers[0])


def _joined(some: Cells, others: Cells) -> Cells:
    return Cells(
        np.concatenate([some.data, others.data]),
        np.concatenate([some.ends, others.ends + len(some.data)]),
        np.concatenate([some.payloads, others.payloads]),
    )


def _behind(cells: Cells, done: int) -> Cells:
    start = int(cells.ends[done - 1]) if done else 0
    return Cells(cells.data[start:].copy(), cells.ends[done:] - start, cells.payloads[done:])


def _cut(cells: Cells, places: Spans) -> list[bytes]:
    """Return some cells, none of which is the first."""
    spans = zip(cells.ends[places - 1].tolist(), cells.ends[places].tolist(), strict=True)
    return [cells.data[start:end].tobytes() for start, end in spans]


def _fits(cells: Cells, room: int) -> bool:
    return len(cells.data) + 2 * len(cells.ends) <= room


@numba.njit(cache=True, nogil=True)
def _plan(ends: Spans, room: int, moves_up: bool, is_last: bool, starts: Spans, stops: Spans) -> int:
    """Fill in which cells go into which page, and return the number of pages.

    Args:
        ends: Where each cell ends, (N,).
        room: What cells and the pointers to them, two bytes each, may take of a page.
        moves_up: The cell between two pages is in neither of them.
        is_last: No more cells follow: the last page need not be full. Else what may be its beginning is left out.
        starts: Filled with each page's first cell.
        stops: Filled with the cell behind its last one.
    """
    count, start, total = 0, 0, len(ends)
    begin = 0
    for cell in range(total):
        if ends[cell] - begin + 2 * (cell - start + 1) <= room or cell == start:
            continue
        stop = cell
        if moves_up and cell == total - 1:
            if not is_last:
                break
            stop = cell - 1  # or no cell would be left for the page behind it
        starts[count], stops[count] = start, stop
        count += 1
        start = stop + 1 if moves_up else stop
        begin = ends[start - 1]
    if is_last:
        starts[count], stops[count] = start, total
        count += 1
    return count


@numba.njit(cache=True, nogil=True)
def _lay_out(
    data: Bytes, ends: Spans, starts: Spans, stops: Spans, kind: int, head: int, usable: int, out: Pages
) -> None:
    """Write pages, (P, page_bytes), which are zero: a header, pointers to the cells, and from the end on, the cells."""
    for page in range(len(starts)):
        at, pointer = usable, head
        for cell in range(starts[page], stops[page]):
            begin = ends[cell - 1] if cell else 0
            size = ends[cell] - begin
            at -= size
            copy_bytes(data, begin, size, out[page], at)
            out[page, pointer] = at >> 8
            out[page, pointer + 1] = at & 0xFF
            pointer += 2
        cells = stops[page] - starts[page]
        out[page, 0] = kind
        out[page, 3] = cells >> 8
        out[page, 4] = cells & 0xFF
        out[page, 5] = (at >> 8) & 0xFF  # 65,536 is written as 0
        out[page, 6] = at & 0xFF
