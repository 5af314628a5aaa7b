"""Rows on the disk in parts, by their entities, so that a part can be sorted in memory."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

import numpy as np
import numpy.typing as npt

from kg.ahead import ahead

from .durable import write_whole

Ids = npt.NDArray[np.int64]
_Rows = TypeVar("_Rows")


class Parts(ABC, Generic[_Rows]):
    """A file for each part. Use it as a context manager.

    Args:
        folder: Where the files lie.
        name: They are called by it.
        entities: The number of entities; ids are 1 and up.
        width: How many ids a part has.
    """

    def __init__(self, folder: Path, name: str, *, entities: int, width: int) -> None:
        self._width = width
        self._files = [
            (folder / f"{name}.{part}").open("w+b", buffering=0) for part in range((entities + 1) // width + 1)
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the parts."""
        for file in self._files:
            file.close()
            Path(file.name).unlink(missing_ok=True)

    def sorted_parts(self) -> Iterator[_Rows]:
        """Yield the distinct rows of one part after the other, sorted."""
        yield from ahead(self._sorted(part) for part in range(len(self._files)))

    @abstractmethod
    def _sorted(self, part: int) -> _Rows:
        """Return a part's rows."""

    def _split(self, entities: Ids) -> tuple[Ids, Iterator[tuple[int, slice]]]:
        """Return the order in which rows go to their parts, and which of them, so ordered, go to which part."""
        parts = entities // self._width
        order = np.argsort(parts.astype(np.uint16 if len(self._files) < 2**16 else np.int64), kind="stable")
        bounds = np.searchsorted(parts[order], np.arange(len(self._files) + 1)).tolist()
        spans = ((part, slice(*bounds[part : part + 2])) for part in range(len(self._files)))
        return order, ((part, span) for part, span in spans if span.start < span.stop)

    def _write(self, part: int, column: npt.NDArray[Any]) -> None:
        write_whole(self._files[part], column)

    def _read(self, part: int, kind: type[np.generic]) -> npt.NDArray[Any]:
        file = self._files[part]
        file.seek(0)
        return np.fromfile(file, dtype=kind)
