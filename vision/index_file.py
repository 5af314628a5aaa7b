"""The file of the image index: written by faiss, whole or not at all, and known again by its size and digest.

faiss trusts a file that it maps: one that was cut short crashes the process instead of raising. So whoever writes an
index keeps its `Fingerprint`, and whoever opens it shows that.

Shapes: N images of width C in the index, n of them in a batch.
"""

import errno
import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import ImageIndexError, shown
from .search import unit

_BLOCK_BYTES = 1 << 20
#: A file up to this size is read through whenever it is opened, which takes about a twentieth of a second.
_SMALL_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells a whole file from a damaged one."""

    size_bytes: int  # its size
    sha256: str  # digest of its bytes, in hexadecimal


def write_index(
    path: Path, batches: Iterable[tuple[NDArray[np.int64], NDArray[Any]]], *, dimension: int
) -> Fingerprint:
    """Write an index, which appears whole or not at all; no more is in memory than a batch and 8 bytes for an image.

    Args:
        path: The file; one that is there is replaced when the new one is whole.
        batches: Ids (n,), ascending from batch to batch, and their vectors (n, C) of any float type and length; they
            are stored as `stored_form` gives them.
        dimension: C.

    Returns:
        The fingerprint of the file, to be shown to `ImageIndex.open`.

    Raises:
        ImageIndexError: Ids are repeated or do not ascend, shapes do not fit, a number is not finite, or the file
            cannot be written.
    """
    part, rows = (path.with_name(path.name + ending) for ending in (".part", ".rows"))
    try:
        fingerprint = _write_index(part, rows, _write_rows(rows, batches, dimension), dimension)
        part.replace(path)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        fix = "free some space, then run the same command again" if full else "is the folder there, and may you write?"
        raise ImageIndexError(f"{shown(path)} cannot be written ({error.strerror}): {fix}") from error
    finally:
        part.unlink(missing_ok=True)
        rows.unlink(missing_ok=True)
    return fingerprint


def stored_form(vectors: NDArray[Any]) -> NDArray[np.float16]:
    """Vectors as an index stores them: at length 1, rounded.

    Args:
        vectors: (n, C); float16 stays as it is, for it comes out of an index.

    Returns:
        (n, C).
    """
    if vectors.dtype == np.float16:
        return vectors
    rounded = unit(np.asarray(vectors, np.float64)).astype(np.float32)
    codes = _quantizer(vectors.shape[1]).sa_encode(rounded)  # not as NumPy rounds what lies between two numbers
    return np.asarray(codes.view("<f2").astype(np.float16, copy=False))


def check_file(path: Path, fingerprint: Fingerprint, *, thorough: bool) -> None:
    """Make sure that a file is the one of a fingerprint: by its size, and by its digest where it is small.

    Args:
        path: The file.
        fingerprint: What `write_index` gave.
        thorough: Compare the digest of a large file too.

    Raises:
        OSError: It is another one, or it cannot be read.
    """
    size_bytes = path.stat().st_size
    if size_bytes != fingerprint.size_bytes:
        raise OSError(f"it has {size_bytes:,} bytes, expected {fingerprint.size_bytes:,}")
    if thorough or size_bytes <= _SMALL_BYTES:
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != fingerprint.sha256:
                raise OSError("its content has changed")


def _write_rows(
    path: Path, batches: Iterable[tuple[NDArray[np.int64], NDArray[Any]]], dimension: int
) -> NDArray[np.int64]:
    """Write the rows one after another, as an index has them in memory; return their ids."""
    ids = [np.empty(0, np.int64)]
    with path.open("wb") as file:
        for numbers, vectors in _checked(batches, dimension):
            file.write(stored_form(vectors).astype("<f2", copy=False).tobytes())
            ids.append(numbers)
    return np.concatenate(ids)


def _write_index(path: Path, rows: Path, ids: NDArray[np.int64], dimension: int) -> Fingerprint:
    """Have faiss write an index whose rows it only looks at, in a mapped file."""
    faiss, digest = _faiss(), hashlib.sha256()
    index = faiss.IndexIDMap(_quantizer(dimension))
    faiss.copy_array_to_vector(ids, index.id_map)
    index.ntotal = index.index.ntotal = len(ids)
    if len(ids):
        codes = np.memmap(rows, np.uint8, "r")
        nobody = faiss.MaybeOwnedVectorUInt8().owner
        view = faiss.MaybeOwnedVectorUInt8.create_view(faiss.swig_ptr(codes), codes.size, nobody)
        faiss.downcast_index(index.index).codes = view
    with path.open("wb") as file:

        def write(block: bytes) -> None:
            digest.update(block)
            file.write(block)

        faiss.write_index(index, faiss.PyCallbackIOWriter(write, _BLOCK_BYTES))
        file.flush()
        os.fsync(file.fileno())
        return Fingerprint(file.tell(), digest.hexdigest())


def _quantizer(dimension: int) -> Any:
    faiss = _faiss()
    return faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)


def _faiss() -> Any:
    """The module, without the types that some versions have: they lack half of it."""
    import faiss

    return faiss


def _checked(
    batches: Iterable[tuple[NDArray[np.int64], NDArray[Any]]], dimension: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[Any]]]:
    last: int | None = None
    for ids, vectors in batches:
        if vectors.ndim != 2 or vectors.shape[1] != dimension or ids.shape != vectors.shape[:1]:
            raise ImageIndexError(
                f"ids of shape {ids.shape} and vectors of shape {vectors.shape}; expected (N,) and (N, {dimension})"
            )
        if not len(ids):
            continue
        if (ids[1:] == ids[:-1]).any() or ids[0] == last:
            raise ImageIndexError("an image id occurs twice; expected one vector for an image")
        if (ids[1:] < ids[:-1]).any() or (last is not None and ids[0] < last):
            raise ImageIndexError("the image ids do not ascend; expected them in order")
        finite = np.isfinite(vectors).all(axis=1)
        if not finite.all():
            raise ImageIndexError(f"the vector of image {ids[int(finite.argmin())]} is not finite; encode it again")
        last = int(ids[-1])
        yield ids, vectors
