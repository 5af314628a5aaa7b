"""Ways to find the rows of a matrix near a query: faiss on a CPU or a GPU, and PyTorch. `ImageIndex` judges them.

Shapes: N rows of width C in the index, n queries.
"""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import ImageIndexError, WeightsError

_CHUNK_ROWS = 262_144
_CHUNK_QUERIES = 256
_FIRST_K = 64
_MOST_K = 2048  # faiss-gpu gives no more


class Search(Protocol):
    """Finds rows by inner product."""

    def near(self, queries: NDArray[np.float32], floor: float) -> list[NDArray[np.int64]]:
        """Rows whose inner product with a query is above a floor, up to a rounding of less than 1e-3.

        Args:
            queries: float32, (n, C), of length 1.
            floor: The least inner product.

        Returns:
            For each query its rows, ascending.
        """
        ...


def choose_search(index: Any, device: str) -> Search:
    """A search of a faiss index: on a GPU by faiss-gpu where that is installed, else by PyTorch; else faiss on the CPU.

    Args:
        index: A flat index of inner products, whose ids are row numbers.
        device: ``auto`` (a GPU where there is one), ``cpu``, ``cuda`` or ``cuda:N``.

    Raises:
        ImageIndexError: There is no such device.
    """
    if device == "cpu":
        return FaissSearch(index)
    import faiss

    from .encoder import choose_device

    if device in {"auto", "cuda"} and faiss.get_num_gpus():
        return FaissGpuSearch.of(index, gpu=0)
    try:
        chosen = choose_device(device)
    except WeightsError as error:
        raise ImageIndexError(str(error)) from error
    if chosen.type == "cpu":
        return FaissSearch(index)
    if faiss.get_num_gpus():
        return FaissGpuSearch.of(index, gpu=chosen.index or 0)
    return TorchSearch(index, device=str(chosen))


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Vectors (n, C) at length 1; those of length 0 stay."""
    lengths = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
    return np.asarray(np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0))


class FaissSearch:
    """Searches an index on the CPU, in place: the rows may lie in a mapped file.

    Args:
        index: The faiss index, filled.
    """

    def __init__(self, index: Any) -> None:
        self._index = index

    def near(self, queries: NDArray[np.float32], floor: float) -> list[NDArray[np.int64]]:
        """Rows whose inner product with a query is above a floor, ascending, for each query."""
        if not self._index.ntotal or not len(queries):
            return [np.empty(0, np.int64) for _ in queries]
        limits, _, rows = self._index.range_search(np.ascontiguousarray(queries, np.float32), float(floor))
        ends = limits.astype(np.int64)
        return [np.sort(rows[ends[i] : ends[i + 1]]).astype(np.int64) for i in range(len(queries))]


class FaissGpuSearch:
    """Searches a copy of an index that gives only the k nearest, as faiss-gpu's do: asks for more until it is enough.

    Args:
        copy: The faiss index on the GPU.
        index: The same on the CPU, for queries with more rows than a GPU gives.
    """

    def __init__(self, copy: Any, index: Any) -> None:
        self._copy = copy
        self._rest = FaissSearch(index)

    @classmethod
    def of(cls, index: Any, *, gpu: int) -> "FaissGpuSearch":
        """Copy an index to a GPU. Needs faiss-gpu."""
        import faiss

        return cls(faiss.index_cpu_to_gpu(faiss.StandardGpuResources(), gpu, index), index)

    def near(self, queries: NDArray[np.float32], floor: float) -> list[NDArray[np.int64]]:
        """Rows whose inner product with a query is above a floor, ascending, for each query."""
        queries = np.ascontiguousarray(queries, np.float32)
        found = [np.empty(0, np.int64) for _ in queries]
        waiting = np.arange(len(queries))
        most = min(_MOST_K, self._copy.ntotal)
        k = min(_FIRST_K, most)
        while k and len(waiting):
            products, rows = self._copy.search(queries[waiting], k)
            for query, product, row in zip(waiting, products, rows, strict=True):
                found[query] = np.sort(row[product > floor]).astype(np.int64)
            waiting = waiting[(products > floor).all(axis=1)]
            k = min(2 * k, most) if k < most else 0
        for query, rows in zip(waiting, self._rest.near(queries[waiting], floor), strict=True):
            found[query] = rows
        return found


class TorchSearch:
    """Searches an index with PyTorch, on a CPU or a GPU; its rows are copied there once, as float16.

    Args:
        index: The faiss index, filled.
        device: ``cpu``, ``cuda`` or ``cuda:N``.
    """

    def __init__(self, index: Any, *, device: str) -> None:
        import torch

        self._chunks = [torch.from_numpy(rows).to(device=device, dtype=torch.float16) for rows in _row_chunks(index)]

    def near(self, queries: NDArray[np.float32], floor: float) -> list[NDArray[np.int64]]:
        """Rows whose inner product with a query is above a floor, ascending, for each query."""
        found: list[list[NDArray[np.int64]]] = [[np.empty(0, np.int64)] for _ in queries]
        for first in range(0, len(queries), _CHUNK_QUERIES):
            self._near(queries[first : first + _CHUNK_QUERIES], floor, found[first : first + _CHUNK_QUERIES])
        return [np.concatenate(parts) for parts in found]

    def _near(self, queries: NDArray[np.float32], floor: float, found: list[list[NDArray[np.int64]]]) -> None:
        import torch

        start = 0
        with torch.inference_mode():
            for chunk in self._chunks:
                # In float32: a product in half precision would be off by as much as the margin of the re-scoring.
                products = torch.from_numpy(queries.copy()).to(chunk.device) @ chunk.float().T
                hits = (products > floor).nonzero().cpu().numpy()
                for query in np.unique(hits[:, 0]):
                    found[query].append(hits[hits[:, 0] == query, 1] + start)
                start += len(chunk)


def _row_chunks(index: Any) -> Iterator[NDArray[np.float32]]:
    """The rows of a faiss index as float32, (n, C), in chunks small enough to hold beside it."""
    for start in range(0, index.ntotal, _CHUNK_ROWS):
        yield index.reconstruct_n(start, min(_CHUNK_ROWS, index.ntotal - start))
