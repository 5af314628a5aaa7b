"""A SQLite file whose trees are written page by page, behind the pages that it has, and shown to it at the end.

SQLite takes half a microsecond and more for every row that it is handed, however well they are sorted. Rows that come
in the order of their tree are laid out as pages by compiled code instead (`kg.building.trees`), in a twentieth of that,
and by several threads. SQLite makes the tables and indexes, empty; it sees no page of them until `publish` writes their
roots and the file's new size. What was written before that is lost, and written again by the next attempt.

The format is https://sqlite.org/fileformat2.html; a test lets SQLite check what is written.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Lock
from typing import Self

import numpy as np
import numpy.typing as npt

Pages = npt.NDArray[np.uint8]

_HEADER_BYTES = 100
_LOCK_BYTE = 1 << 30  # the page with it stays unused


class PageFile:
    """A SQLite file between two transactions. Use it as a context manager; leave the file to it meanwhile.

    Args:
        path: The file; it has no pages to be vacuumed by themselves, and no write-ahead log.
        first: How many of its pages count; None: all. What lies behind them is written over.

    Attributes:
        page_bytes: The size of a page.
        usable_bytes: How much of it is SQLite's own to fill.
        count: How many pages there are.
    """

    def __init__(self, path: Path, *, first: int | None = None) -> None:
        with closing(sqlite3.connect(path)) as connection:
            self._root_of = dict(connection.execute("SELECT name, rootpage FROM sqlite_master").fetchall())
        self._file = os.open(path, os.O_RDWR)
        self._head = bytearray(os.pread(self._file, _HEADER_BYTES, 0))
        size = int.from_bytes(self._head[16:18], "big")
        self.page_bytes = 1 << 16 if size == 1 else size
        self.usable_bytes = self.page_bytes - self._head[20]
        self.count = first if first is not None else int.from_bytes(self._head[28:32], "big")
        self._roots: dict[int, Pages] = {}
        self._lock = Lock()
        self._is_stopped = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def root(self, name: str) -> tuple[int, int]:
        """Return the number of the root of a table or index, and the kind of its leaves."""
        number = int(self._root_of[name])
        kind = os.pread(self._file, 1, (number - 1) * self.page_bytes)[0]
        return number, kind | 8  # what an earlier attempt published may be above the leaves: their kind has this bit

    def take(self, count: int) -> npt.NDArray[np.int64]:
        """Return the numbers of so many new pages, ascending; any thread may ask.

        Raises:
            InterruptedError: After `stop`.
        """
        if self._is_stopped:
            raise InterruptedError("stopped")
        unused = _LOCK_BYTE // self.page_bytes + 1
        with self._lock:
            numbers = np.arange(self.count + 1, self.count + 1 + count, dtype=np.int64)
            numbers[numbers >= unused] += int(self.count < unused)
            self.count = int(numbers[-1]) if count else self.count
        return numbers

    def write(self, numbers: npt.NDArray[np.int64], pages: Pages) -> None:
        """Write pages, (N, page_bytes), whose numbers, (N,), were taken together; any thread may."""
        # All at once, or in two parts where they go around the page that stays unused.
        cut = int(np.searchsorted(numbers - np.arange(len(numbers)), numbers[0], side="right"))
        for some, part in ((numbers[:cut], pages[:cut]), (numbers[cut:], pages[cut:])):
            if len(some):
                self._write(int(some[0]), part)

    def set_root(self, number: int, page: Pages) -> None:
        """Give a tree its root, (page_bytes,), which is written by `publish`."""
        self._roots[number] = page

    def stop(self) -> None:
        """Let every thread that goes on filling trees fail."""
        self._is_stopped = True

    def publish(self) -> None:
        """Show every tree to SQLite."""
        for number, page in self._roots.items():
            self._write(number, page)
        # Another count of changes than a connection remembers tells it to forget the pages that it has read.
        changes = (int.from_bytes(self._head[24:28], "big") + 1).to_bytes(4, "big")
        self._head[24:28] = self._head[92:96] = changes
        self._head[28:32] = self.count.to_bytes(4, "big")
        os.pwrite(self._file, self._head, 0)

    def _write(self, number: int, pages: Pages) -> None:
        data = np.ascontiguousarray(pages).data.cast("B")
        at = (number - 1) * self.page_bytes
        while len(data):
            written = os.pwrite(self._file, data, at)
            data, at = data[written:], at + written
