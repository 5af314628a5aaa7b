"""Writing the image index as a stream: faiss's own file format, a batch of rows at a time, sealed at the end.

faiss trusts a file that it maps: one that was cut short crashes the process instead of raising. So the file ends with
a seal (length, and a checksum of the header), which faiss ignores and `ImageIndex.open` asks for first.

Shapes: N images of width C in the index, n of them in a batch.
"""

import errno
import os
import struct
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from .errors import ImageIndexError, shown

_CHUNK_ROWS = 65_536

_SEAL = struct.Struct("<8sQI")  # magic, bytes before the seal, CRC-32 of the first of them
_SEAL_MAGIC = b"kgmner-1"
_HEADER_BYTES = 64  # fewer than the shortest index has
_COUNT = struct.Struct("<Q")


def write_index(
    path: Path, ids: Sequence[int] | NDArray[np.int64], vectors: NDArray[Any], *, half: bool = True
) -> None:
    """Write an index, which appears whole or not at all.

    Args:
        path: The file; one that is there is replaced.
        ids: (N,) different image ids, in any order, gaps allowed.
        vectors: (N, C) of any float type and length; they are stored at length 1, but float16 as it is.
        half: Store float16 (2 bytes a number) rather than float32. Cosines change by less than 1e-4.

    Raises:
        ImageIndexError: Ids are repeated, shapes do not fit, a number is not finite, or the file cannot be written.
    """
    numbers = np.asarray(ids, np.int64)
    if vectors.ndim != 2 or numbers.shape != vectors.shape[:1]:
        raise _misshapen(numbers, vectors)
    order = np.argsort(numbers, kind="stable")
    parts = (order[start : start + _CHUNK_ROWS] for start in range(0, len(order), _CHUNK_ROWS))
    batches = ((numbers[part], vectors[part]) for part in parts)
    write_index_batches(path, batches, count=len(order), dimension=vectors.shape[1], half=half)


def write_index_batches(
    path: Path,
    batches: Iterable[tuple[NDArray[np.int64], NDArray[Any]]],
    *,
    count: int,
    dimension: int,
    half: bool = True,
) -> None:
    """Write an index from batches, with no more in memory than one of them and 8 bytes for an image.

    Args:
        path: The file; one that is there is replaced when the new one is whole.
        batches: Ids (n,), ascending from batch to batch, and their vectors (n, C), as for `write_index`.
        count: N, how many there are in all.
        dimension: C.
        half: See `write_index`.

    Raises:
        ImageIndexError: As for `write_index`, or ids do not ascend, or there are not `count` of them.
    """
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            _write(file, batches, count, dimension, half=half)
        _seal(part)
        part.replace(path)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        fix = "free some space, then run the same command again" if full else "is the folder there, and may you write?"
        raise ImageIndexError(f"{shown(path)} cannot be written ({error.strerror}): {fix}") from error
    finally:
        part.unlink(missing_ok=True)


def stored_form(vectors: NDArray[Any], *, half: bool = True) -> NDArray[Any]:
    """Vectors as an index stores them: at length 1, rounded.

    Args:
        vectors: (n, C); float16 stays as it is, for it comes out of an index.
        half: Round to float16 rather than float32.

    Returns:
        (n, C), float16 or float32.
    """
    if vectors.dtype == np.float16:
        return vectors if half else vectors.astype(np.float32)
    rounded = unit(np.asarray(vectors, np.float64)).astype(np.float32)
    if not half:
        return rounded
    codes = _quantizer(vectors.shape[1]).sa_encode(rounded)  # not as NumPy rounds what lies between two numbers
    return np.asarray(codes.view("<f2").astype(np.float16, copy=False))


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Vectors (n, C) at length 1; those of length 0 stay."""
    lengths = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
    return np.asarray(np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0))


def check_seal(path: Path) -> None:
    """Make sure that a file is whole.

    Raises:
        OSError: It is not, or it cannot be read.
    """
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
        length = file.seek(0, os.SEEK_END) - _SEAL.size
        file.seek(max(0, length))
        if file.read() != _SEAL.pack(_SEAL_MAGIC, max(0, length), zlib.crc32(header)):
            raise OSError("the seal is missing or does not fit")


def _write(
    file: IO[bytes],
    batches: Iterable[tuple[NDArray[np.int64], NDArray[Any]]],
    count: int,
    dimension: int,
    *,
    half: bool,
) -> None:
    file.write(_header(count, dimension, half=half))
    written = array("q")
    for ids, vectors in _checked(batches, dimension):
        file.write(stored_form(vectors, half=half).astype("<f2" if half else "<f4", copy=False).tobytes())
        written.frombytes(ids.astype("=i8").tobytes())
    if len(written) != count:
        raise ImageIndexError(f"{len(written):,} images came, expected {count:,}")
    file.write(_COUNT.pack(count))
    file.write(np.frombuffer(written, "=i8").astype("<i8", copy=False).tobytes() if written else b"")


def _header(count: int, dimension: int, *, half: bool) -> bytes:
    """What comes before the rows, as faiss writes it: learned from an index without rows and one with a single row.

    The two differ in how many rows each part says that there are, in the length of the rows, and in the number of ids,
    which stands last in the first and before the only id in the second.
    """
    none, single = (_serialised(rows, dimension, half=half) for rows in (0, 1))
    end = len(none) - _COUNT.size
    places = [at for at in range(end - _COUNT.size) if none[at] != single[at]]
    row_bytes = dimension * (2 if half else 4)
    [row_length] = _COUNT.unpack_from(single, end - _COUNT.size)
    counts = [_COUNT.unpack_from(single, at)[0] for at in places]
    if len(single) != len(none) + row_bytes + 8 or set(counts) != {1} or row_length not in (row_bytes, dimension):
        raise ImageIndexError("this version of faiss writes indexes in a form that is not known here: take another")
    header = bytearray(none[:end])
    for at in places:
        _COUNT.pack_into(header, at, count)
    _COUNT.pack_into(header, end - _COUNT.size, count * row_length)
    return bytes(header)


def _serialised(rows: int, dimension: int, *, half: bool) -> bytes:
    import faiss

    stored = _quantizer(dimension) if half else faiss.IndexFlatIP(dimension)
    index = faiss.IndexIDMap(stored)
    index.add_with_ids(np.zeros((rows, dimension), np.float32), np.arange(rows, dtype=np.int64))
    return bytes(faiss.serialize_index(index).tobytes())


def _quantizer(dimension: int) -> Any:  # faiss has types in some versions, and they do not help
    import faiss

    return faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)


def _checked(
    batches: Iterable[tuple[NDArray[np.int64], NDArray[Any]]], dimension: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[Any]]]:
    last: int | None = None
    for ids, vectors in batches:
        if vectors.ndim != 2 or vectors.shape[1] != dimension or ids.shape != vectors.shape[:1]:
            raise _misshapen(ids, vectors)
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


def _misshapen(ids: NDArray[np.int64], vectors: NDArray[Any]) -> ImageIndexError:
    return ImageIndexError(f"ids of shape {ids.shape} and vectors of shape {vectors.shape}; expected (N,) and (N, C)")


def _seal(path: Path) -> None:
    with path.open("r+b") as file:
        header = file.read(_HEADER_BYTES)
        length = file.seek(0, os.SEEK_END)
        file.write(_SEAL.pack(_SEAL_MAGIC, length, zlib.crc32(header)))
        file.flush()
        os.fsync(file.fileno())
