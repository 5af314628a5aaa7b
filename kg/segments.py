"""Columns of numbers and texts on the disk, a segment for each block of lines that was read.

A build that was killed forgets the segments behind the length that it had written down: `SegmentFile` is opened with
that length, and cuts off the rest.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import StoreError

Column = npt.NDArray[Any]


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

    def append(self, *columns: Column) -> None:
        """Write one segment; its columns may differ in length."""
        head = np.array([len(column) for column in columns], dtype=np.int64)
        parts = [head, *(column.astype(kind, copy=False) for column, kind in zip(columns, self._dtypes, strict=True))]
        for part in parts:
            data = np.ascontiguousarray(part)
            self._file.write(data.data)
            padding = -data.nbytes % 8
            self._file.write(b"\0" * padding)
            self.size_bytes += data.nbytes + padding

    def flush(self) -> None:
        """Hand everything to the system, which keeps it when this process dies."""
        self._file.flush()

    def close(self) -> None:
        """Close the file; the segments stay."""
        self._file.close()

    def segments(self) -> Iterator[list[Column]]:
        """Yield the columns of each segment, mapped from the file."""
        self._file.flush()
        if not self.size_bytes:
            return
        data = np.memmap(self.path, dtype=np.uint8, mode="r", shape=(self.size_bytes,))
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
