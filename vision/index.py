"""The index of the entities' images: one row for an image, in one faiss file that is mapped into memory, not read.

`vision.index_file` writes it. Whatever proposes rows (`vision.search`), one function here computes their cosines.

Shapes: N images of width C in the index, n of them or n queries at a time.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import ImageIndexError, shown
from .index_file import Fingerprint, check_file
from .search import ROUNDING, Search, choose_search, products, stored_rows, unit

#: A search proposes a little more than asked, so that no rounding of its own can hide an image; `cosines` decides. The
#: second part is for rows that rounding left a little longer or shorter than 1.
_MARGIN = ROUNDING + 1e-3


class ImageIndex:
    """An index opened for reading; see `open`.

    Attributes:
        ids: int64, (N,), ascending.
        dimension: C.
    """

    def __init__(self, index: Any, search: Search, *, path: Path) -> None:
        """Take a faiss index, filled and in the order of its ids, and a search of its rows; `open` does."""
        import faiss

        self._path = path
        self._index = index  # owns the memory that the next line only looks into
        self._rows = faiss.downcast_index(index.index)
        self._search = search
        self.ids: NDArray[np.int64] = faiss.vector_to_array(index.id_map)
        self.dimension: int = index.d

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def open(
        cls, path: Path, fingerprint: Fingerprint, *, device: str = "auto", thorough: bool = False
    ) -> "ImageIndex":
        """Open an index; on a CPU its rows stay in the file and are mapped into memory, shared between processes.

        Args:
            path: The file.
            fingerprint: What `write_index` gave: the size is compared always, the digest up to 32 MiB.
            device: ``auto`` (CUDA where there is one), ``cpu``, ``cuda`` or ``cuda:N``: where to search.
            thorough: Compare the digest of a larger file too, which reads all of it.

        Returns:
            The index.

        Raises:
            ImageIndexError: The file is missing or damaged, or there is no such device.
        """
        import faiss

        if not path.is_file():
            raise ImageIndexError(f"no image index {shown(path)}; build it with build-kg-index")
        try:
            check_file(path, fingerprint, thorough=thorough)
            index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except (OSError, RuntimeError, MemoryError) as error:
            raise ImageIndexError(
                f"{shown(path)} is damaged or is not the image index that was built; build it again with build-kg-index"
            ) from error
        return cls(index, choose_search(faiss.downcast_index(index.index), device), path=path)

    def vectors(self, ids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float32]:
        """The stored vectors of images.

        Args:
            ids: (n,) image ids, in any order, repeats allowed.

        Returns:
            float32, (n, C).

        Raises:
            ImageIndexError: An id is not in the index.
        """
        rows = self._rows_of(np.asarray(ids, np.int64))
        if not len(rows):
            return np.empty((0, self.dimension), np.float32)
        vectors: NDArray[np.float32] = self._rows.reconstruct_batch(rows)
        return vectors

    def cosines(self, query: NDArray[Any], ids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float64]:
        """The cosines of a query with images: each the same to the last bit whatever other images are asked for.

        Args:
            query: (C,), of any length.
            ids: (n,) image ids.

        Returns:
            float64, (n,), from -1 to 1; 0 with a vector of length 0.

        Raises:
            ImageIndexError: An id is not in the index, or the query has another width.
        """
        return _cosines(self._checked(query[np.newaxis])[0], self.vectors(ids))

    def matches(
        self, query: NDArray[Any], ids: Sequence[int] | NDArray[np.int64], threshold: float
    ) -> list[tuple[int, float]]:
        """The images among some with a cosine of at least the threshold: as `cosines`, faster where there are many.

        Args:
            query: (C,), of any length.
            ids: (n,) image ids.
            threshold: The least cosine.

        Returns:
            (image id, cosine), by falling cosine, then by id; the cosines are those of `cosines`.

        Raises:
            ImageIndexError: An id is not in the index, or the query has another width.
        """
        rows = self._rows_of(np.asarray(ids, np.int64))
        [found] = products(stored_rows(self._rows)[rows], unit(self._checked(query[np.newaxis])))
        return self._decide(query, rows[found > threshold - _MARGIN], threshold)

    def search(self, queries: NDArray[Any], threshold: float) -> list[list[tuple[int, float]]]:
        """All images with a cosine of at least the threshold, for each query.

        Args:
            queries: (n, C), of any length.
            threshold: The least cosine.

        Returns:
            For each query (image id, cosine), by falling cosine, then by id; the cosines are those of `cosines`.

        Raises:
            ImageIndexError: The queries have another width.
        """
        units = unit(self._checked(queries))
        proposals = self._search.near(units.astype(np.float32), threshold - _MARGIN)
        return [self._decide(query, rows, threshold) for query, rows in zip(queries, proposals, strict=True)]

    def _decide(self, query: NDArray[Any], rows: NDArray[np.int64], threshold: float) -> list[tuple[int, float]]:
        ids = self.ids[rows]
        cosines = self.cosines(query, ids)
        hits = [(int(i), float(cosine)) for i, cosine in zip(ids, cosines, strict=True) if cosine >= threshold]
        return sorted(hits, key=lambda hit: (-hit[1], hit[0]))

    def _rows_of(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        rows = np.searchsorted(self.ids, ids)
        known = rows < len(self.ids)
        known[known] = self.ids[rows[known]] == ids[known]
        if not known.all():
            raise ImageIndexError(
                f"image {ids[~known][0]} is not in {shown(self._path)} ({len(self.ids):,} images); build it again"
            )
        return rows.astype(np.int64)

    def _checked(self, queries: NDArray[Any]) -> NDArray[np.float64]:
        if queries.ndim != 2 or queries.shape[1] != self.dimension:
            raise ImageIndexError(
                f"the query has {queries.shape[-1]} numbers, {shown(self._path)} has {self.dimension}; "
                "use the encoder the index was built with"
            )
        return np.asarray(queries, np.float64)


def _cosines(query: NDArray[np.float64], rows: NDArray[np.float32]) -> NDArray[np.float64]:
    # Sums along each row, not a matrix product: BLAS may add up a row in another order when there are other rows.
    wide = rows.astype(np.float64)
    products = (wide * query).sum(axis=1)
    lengths = np.sqrt((wide * wide).sum(axis=1)) * np.sqrt((query * query).sum())
    cosines = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
    return np.asarray(np.clip(cosines, -1.0, 1.0))
