"""Ways to find the rows of a matrix near a query: PyTorch on a CPU or a GPU, and faiss. `ImageIndex` judges them.

Shapes: N rows of width C in the index, n queries.
"""

import os
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import ImageIndexError, WeightsError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import ThreadPoolExecutor

    import torch

#: How far an inner product of a search may be off. PyTorch's are of numbers in float16 and rounded to that, which moves
#: one of vectors of length 1 by about 1e-3 at most; faiss-gpu's by half of that.
ROUNDING = 2e-3

_CPU_ROWS = 2048  # what fits a core's cache
_TASK_ROWS = 32 * _CPU_ROWS  # for a thread at a time
_GPU_ROWS = 262_144
_CHUNK_QUERIES = 1024
_FIRST_K = 64
_MOST_K = 2048  # faiss-gpu gives no more


class Search(Protocol):
    """Finds rows by inner product."""

    def near(self, queries: NDArray[np.float32], floor: float) -> list[NDArray[np.int64]]:
        """Rows whose inner product with a query is above a floor, up to a rounding of less than `ROUNDING`.

        Args:
            queries: float32, (n, C), of length 1.
            floor: The least inner product.

        Returns:
            For each query its rows, ascending.
        """
        ...


def choose_search(index: Any, device: str) -> Search:
    """A search of a faiss index: on a GPU by faiss-gpu where that is installed, else by PyTorch there or on the CPU.

    Args:
        index: A flat index of inner products in float16, whose ids are row numbers.
        device: ``auto`` (a GPU where there is one), ``cpu``, ``cuda`` or ``cuda:N``.

    Raises:
        ImageIndexError: There is no such device.
    """
    if device == "cpu":
        return TorchSearch(index, device="cpu")
    import faiss

    from .encoder import choose_device

    if device in {"auto", "cuda"} and faiss.get_num_gpus():
        return FaissGpuSearch.of(index, gpu=0)
    try:
        chosen = choose_device(device)
    except WeightsError as error:
        raise ImageIndexError(str(error)) from error
    if chosen.type == "cpu":
        return TorchSearch(index, device="cpu")
    if faiss.get_num_gpus():
        return FaissGpuSearch.of(index, gpu=chosen.index or 0)
    return TorchSearch(index, device=str(chosen))


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Vectors (n, C) at length 1; those of length 0 stay."""
    lengths = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
    return np.asarray(np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0))


def stored_rows(index: Any) -> NDArray[np.float16]:
    """The rows of a faiss index in float16, (N, C), as they lie in memory or a mapped file; the index owns them."""
    import faiss

    if not index.ntotal:
        return np.empty((0, index.d), np.float16)
    codes: NDArray[np.uint8] = faiss.rev_swig_ptr(index.codes.data(), index.codes.size())
    return codes.view(np.float16).reshape(index.ntotal, index.d)


def products(rows: NDArray[np.float16], queries: NDArray[np.floating]) -> NDArray[np.float16]:
    """The inner products of rows (m, C) with queries (n, C), (n, m), up to `ROUNDING`: the fast way on a CPU."""
    return _threads(os.getpid()).submit(_products, rows, queries.astype(np.float16)).result()


def _products(rows: NDArray[np.float16], queries: NDArray[np.float16]) -> NDArray[np.float16]:
    import torch

    found, wide = np.empty((len(queries), len(rows)), np.float16), torch.from_numpy(queries)
    for start in range(0, len(rows), _CPU_ROWS):
        part = torch.from_numpy(rows[start : start + _CPU_ROWS])
        for number, query in enumerate(wide):  # PyTorch multiplies half matrices slowly on a CPU, but not with a vector
            found[number, start : start + len(part)] = (part @ query).numpy()
    return found


@cache
def _threads(process: int) -> "ThreadPoolExecutor":  # noqa: ARG001 - a forked process has none of its parent's threads
    import torch

    from .threads import single_threaded_pool

    return single_threaded_pool(torch.get_num_threads())


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
    """Searches an index with PyTorch: on a CPU its rows stay where they are, to a GPU they are copied once.

    Numbers are float16 with sums in float32: half the memory to go through, and much faster than to widen them first.

    Args:
        index: The faiss index, filled; the caller keeps it.
        device: ``cpu``, ``cuda`` or ``cuda:N``.
    """

    def __init__(self, index: Any, *, device: str) -> None:
        self._rows = stored_rows(index)
        self._device = device
        self._on_gpu = [] if device == "cpu" else _copied(self._rows, device)

    def near(self, queries: NDArray[np.float32], floor: float) -> list[NDArray[np.int64]]:
        """Rows whose inner product with a query is above a floor, ascending, for each query."""
        found: list[list[NDArray[np.int64]]] = [[np.empty(0, np.int64)] for _ in queries]
        for first in range(0, len(queries), _CHUNK_QUERIES):
            some = queries[first : first + _CHUNK_QUERIES].astype(np.float16)
            for start, hits in self._hits_on_gpu(some, floor) if self._on_gpu else self._hits(some, floor):
                for query in np.unique(hits[:, 0]):
                    found[first + query].append(hits[hits[:, 0] == query, 1] + start)
        return [np.concatenate(parts) for parts in found]

    def _hits(self, queries: NDArray[np.float16], floor: float) -> "Iterable[tuple[int, NDArray[np.int64]]]":
        """From the rows on: (query, row), for some rows at a time, on every thread."""

        def task(start: int) -> tuple[int, NDArray[np.int64]]:
            return start, np.argwhere(_products(self._rows[start : start + _TASK_ROWS], queries) > np.float16(floor))

        return _threads(os.getpid()).map(task, range(0, len(self._rows), _TASK_ROWS))

    def _hits_on_gpu(self, queries: NDArray[np.float16], floor: float) -> "Iterable[tuple[int, NDArray[np.int64]]]":
        import torch

        flags, start = torch.backends.cuda.matmul, 0
        before, flags.allow_fp16_reduced_precision_reduction = flags.allow_fp16_reduced_precision_reduction, False
        try:
            half = torch.from_numpy(queries).to(self._device)
            for rows in self._on_gpu:
                yield start, (half @ rows.T > floor).nonzero().cpu().numpy()
                start += len(rows)
        finally:
            flags.allow_fp16_reduced_precision_reduction = before


def _copied(rows: NDArray[np.float16], device: str) -> "list[torch.Tensor]":
    import torch

    return [torch.from_numpy(rows[start : start + _GPU_ROWS]).to(device) for start in range(0, len(rows), _GPU_ROWS)]
