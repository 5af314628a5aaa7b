"""Two ways to find the rows of a matrix near a query: faiss and PyTorch. Both only propose; `ImageIndex` decides.

Shapes: N rows of width C in the index, n queries.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

_CHUNK_ROWS = 262_144
_CHUNK_QUERIES = 256
_FIRST_K = 64
_MOST_K_ON_GPU = 2048


class Search(Protocol):
    """Finds rows by inner product."""

    def near(self, queries: NDArray[np.float32], floor: float) -> list[NDArray[np.int64]]:
        """Rows whose inner product with a query is above a floor, up to rounding of about 1e-6.

        Args:
            queries: float32, (n, C).
            floor: The least inner product.

        Returns:
            For each query its rows, ascending.
        """
        ...


class FaissSearch:
    """Searches a faiss index of inner products whose ids are row numbers, on a CPU or (with faiss-gpu) on a GPU."""

    def __init__(self, index: Any) -> None:
        """Take an index that is filled; nothing is copied."""
        self._index = index
        self._ranges = not type(index).__name__.startswith("Gpu")

    @classmethod
    def on_gpu(cls, index: Any, *, device: int = 0) -> "FaissSearch":
        """Copy an index to a GPU. Needs faiss-gpu."""
        import faiss

        return cls(faiss.index_cpu_to_gpu(faiss.StandardGpuResources(), device, index))

    def near(self, queries: NDArray[np.float32], floor: float) -> list[NDArray[np.int64]]:
        """Rows whose inner product with a query is above a floor, ascending, for each query."""
        if not self._index.ntotal or not len(queries):
            return [np.empty(0, np.int64) for _ in queries]
        queries = np.ascontiguousarray(queries, np.float32)
        if not self._ranges:
            return nearest_until(self._index, queries, floor)
        limits, _, rows = self._index.range_search(queries, float(floor))
        ends = limits.astype(np.int64)
        return [np.sort(rows[ends[i] : ends[i + 1]]).astype(np.int64) for i in range(len(queries))]


def nearest_until(index: Any, queries: NDArray[np.float32], floor: float) -> list[NDArray[np.int64]]:
    """A range search for indexes that only know the k nearest (those of faiss-gpu): ask for more until it is enough.

    Raises:
        RuntimeError: More than 2048 rows are above the floor, faiss-gpu's limit; use `TorchSearch` for such floors.
    """
    found: list[NDArray[np.int64]] = [np.empty(0, np.int64) for _ in queries]
    open_queries = np.arange(len(queries))
    k = min(_FIRST_K, index.ntotal)
    while len(open_queries):
        products, rows = index.search(queries[open_queries], k)
        for query, product, row in zip(open_queries, products, rows, strict=True):
            found[query] = np.sort(row[product > floor]).astype(np.int64)
        open_queries = open_queries[(products > floor).all(axis=1)] if k < index.ntotal else open_queries[:0]
        if len(open_queries) and k >= _MOST_K_ON_GPU:
            raise RuntimeError(f"more than {_MOST_K_ON_GPU} rows are nearer than {floor:.3f}; use TorchSearch")
        k = min(2 * k, index.ntotal, _MOST_K_ON_GPU)
    return found


class TorchSearch:
    """Searches a matrix with PyTorch, on a CPU or a GPU; the rows are copied there once."""

    def __init__(self, chunks: Sequence["torch.Tensor"]) -> None:
        """Take the rows as they come, in chunks of (n, C), float16 or float32, on one device."""
        self._chunks = chunks

    @classmethod
    def of(cls, rows: Iterator[NDArray[np.float32]], *, device: str, half: bool) -> "TorchSearch":
        """Copy rows, given in chunks, to a device.

        Args:
            rows: float32, (n, C), in order.
            device: ``cpu``, ``cuda`` or ``cuda:N``.
            half: Keep them as float16.
        """
        import torch

        kind = torch.float16 if half else torch.float32
        return cls([torch.from_numpy(chunk).to(device=device, dtype=kind) for chunk in rows])

    def near(self, queries: NDArray[np.float32], floor: float) -> list[NDArray[np.int64]]:
        """Rows whose inner product with a query is above a floor, ascending, for each query."""
        import torch

        found: list[list[NDArray[np.int64]]] = [[np.empty(0, np.int64)] for _ in queries]
        with torch.inference_mode():
            for first in range(0, len(queries), _CHUNK_QUERIES):
                self._near(torch.from_numpy(queries[first : first + _CHUNK_QUERIES].copy()), floor, found, first)
        return [np.concatenate(parts) for parts in found]

    def _near(self, queries: "torch.Tensor", floor: float, found: list[list[NDArray[np.int64]]], first: int) -> None:
        start = 0
        for chunk in self._chunks:
            # In float32: a product in half precision would be off by as much as the margin of the re-scoring.
            products = queries.to(chunk.device) @ chunk.float().T
            hits = (products > floor).nonzero().cpu().numpy()
            for query in np.unique(hits[:, 0]):
                found[first + query].append(hits[hits[:, 0] == query, 1] + start)
            start += len(chunk)


def row_chunks(index: Any) -> Iterator[NDArray[np.float32]]:
    """The rows of a faiss index as float32, (n, C), in chunks small enough to hold beside it."""
    for start in range(0, index.ntotal, _CHUNK_ROWS):
        yield index.reconstruct_n(start, min(_CHUNK_ROWS, index.ntotal - start))
