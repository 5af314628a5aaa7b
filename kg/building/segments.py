"""Columns of numbers and texts on the disk, a segment for each block of lines that was read.

A build that was killed forgets the segments behind the length that it had written down: `SegmentFile` is opened with
that length, and cuts off the rest.
"""

import mmap
import os
import weakref
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kg.errors import StoreError

from .records import Texts

_WRITES_AT_ONCE = 4

Column = npt.NDArray[Any]


def release_map(column: Column) -> None:
    """Let the system take back the memory behind a mapped column."""
    mapping = getattr(column, "_mmap", None)
    if mapping is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapping.madvise(mmap.MADV_DONTNEED)


def texts_of(ends: Column, data: Column) -> Texts:
    """Return the texts at the end of a segment's columns."""
    ends = ends.astype(np.int64)
    return Texts(data, np.append(0, ends)[:-1], ends)


class SegmentFile:
    """A file of segments, each with the same columns.

    Args:
        path: The file; made if it is not there.
        dtypes: The type of each column.
        size_bytes: How much of the file counts; what lies behind is cut off.

    Raises:
        StoreError: If the file is shorter than it should be.
    """

    def __init__(self, path: Path, dtypes: Sequence[str], *, size_bytes: int = 0) -> None:
        self.path = path
        self._dtypes = [np.dtype(name) for name in dtypes]
        self._file = path.open("r+b" if path.exists() else "w+b")
        if os.fstat(self._file.fileno()).st_size < size_bytes:
            self._file.close()
            raise StoreError(f"{path} is shorter than it was left; remove it and the .part beside it, and build again")
        self._file.truncate(size_bytes)
        self._file.seek(size_bytes)
        self.size_bytes = size_bytes
        self._pool = ThreadPoolExecutor(1)
        self._writes: deque[Future[None]] = deque()
        self._map: weakref.ref[Column] | None = None

    def append(self, *columns: Column) -> None:
        """Write one segment; its columns may differ in length."""
        head = np.array([len(column) for column in columns], dtype=np.int64)
        parts = [head, *(column.astype(kind, copy=False) for column, kind in zip(columns, self._dtypes, strict=True))]
        whole = [np.ascontiguousarray(part) for part in parts]
        self.size_bytes += sum(part.nbytes + -part.nbytes % 8 for part in whole)
        # The system takes its time over new pages: meanwhile, the next block is worked on.
        self._writes.append(self._pool.submit(self._write, whole))
        if len(self._writes) > _WRITES_AT_ONCE:
            self._writes.popleft().result()

    def flush(self) -> None:
        """Hand everything to the system, which keeps it when this process dies."""
        while self._writes:
            self._writes.popleft().result()
        self._file.flush()

    def close(self) -> None:
        """Close the file; the segments stay."""
        self._pool.shutdown()
        self._file.close()

    def segments(self) -> Iterator[list[Column]]:
        """Yield the columns of each segment, mapped from the file."""
        self.flush()
        if not self.size_bytes:
            return
        data = np.memmap(self.path, dtype=np.uint8, mode="r", shape=(self.size_bytes,))
        self._map = weakref.ref(data)
        at = 0
        while at < self.size_bytes:
            head_bytes = 8 * len(self._dtypes)
            lengths = data[at : at + head_bytes].view(np.int64)
            at += head_bytes
            columns = []
            for length, kind in zip(lengths.tolist(), self._dtypes, strict=True):
                size = length * kind.itemsize
                columns.append(data[at : at + size].view(kind))
                at += size + -size % 8
            yield columns

    def text_sizes(self) -> dict[str, int]:
        """Return the number of rows and of the bytes of their texts, where the last column is texts."""
        sizes = [(len(columns[0]), len(columns[-1])) for columns in self.segments()]
        return {"rows": sum(rows for rows, _ in sizes), "text_bytes": sum(size for _, size in sizes)}

    def release(self) -> None:
        """Let the system take back the memory behind segments that are in use; it reads them again when need be."""
        data = self._map() if self._map is not None else None
        if data is not None:
            release_map(data)

    def _write(self, parts: Sequence[Column]) -> None:
        for part in parts:
            self._file.write(part.data)
            self._file.write(b"\0" * (-part.nbytes % 8))
