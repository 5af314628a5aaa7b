"""Files to lines: any of three compressions, told by the first bytes, with offsets that a killed build can go on from.

Offsets count *decompressed* bytes. A cut or damaged compressed file gives the lines before the damage, and then a
`DamagedFileError` with the reason.
"""

import bz2
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Self, cast

BLOCK_BYTES = 8 << 20
LINE_LIMIT_BYTES = 1 << 20
_SMALL_BZ2_BYTES = 4 << 20


class DamagedFileError(Exception):
    """A file that can be read only up to some point; its text says why."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some whole lines of a file.

    Attributes:
        data: The lines, undecoded, each with a line break behind it. Of a line that does not end within a block, only
            so much is kept that it is seen to be longer than `LINE_LIMIT_BYTES`.
        end_bytes: Offset after the last of them.
    """

    data: bytes
    end_bytes: int


def compression_of(path: Path) -> str:
    """Return `bz2`, `gz` or `plain`, by the file's first bytes."""
    with path.open("rb") as file:
        magic = file.read(10)
    if magic[:3] == b"BZh" and magic[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return "bz2"
    return "gz" if magic[:2] == b"\x1f\x8b" else "plain"


def open_plain(path: Path) -> BufferedReader:
    """Open a file for reading its decompressed bytes."""
    compression = compression_of(path)
    if compression == "plain":
        return path.open("rb")
    return cast("BufferedReader", bz2.open(path) if compression == "bz2" else gzip.open(path))


def read_head(path: Path, *, limit_bytes: int = 1 << 18) -> bytes:
    """Return the first decompressed bytes of a file; what could be read, where it is damaged."""
    with open_plain(path) as stream:
        data = b""
        try:
            while len(data) < limit_bytes:
                more = stream.read1(limit_bytes - len(data))
                if not more:
                    break
                data += more
        except (OSError, EOFError, zlib.error):
            pass
        return data


def read_blocks(path: Path, *, offset_bytes: int = 0, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
    """Yield a file's lines in blocks, in memory that does not depend on the file's size or its longest line.

    Args:
        path: The file, compressed or not.
        offset_bytes: Where to go on: an earlier block's `end_bytes`.
        block_bytes: About how much to take at once.

    Raises:
        DamagedFileError: After the last readable line, if the file ends in damage.
    """
    with _open_for_all(path) as stream:
        if offset_bytes:
            stream.seek(offset_bytes)
        total, rest, damage = offset_bytes, b"", None
        while damage is None:
            data, damage = _read_some(stream, block_bytes)
            if not data:
                break
            total += len(data)
            cut = data.rfind(b"\n") + 1
            if cut:
                yield Block(rest + data[:cut], total - len(data) + cut)
                rest = b""
            rest = (rest + data[cut:])[: LINE_LIMIT_BYTES + 1]
        if rest:
            yield Block(rest + b"\n", total)
    if damage is not None:
        raise DamagedFileError(damage)


def _open_for_all(path: Path) -> "BufferedReader | _ParallelBz2":
    """Open a file that is going to be read to its end."""
    is_worth_threads = compression_of(path) == "bz2" and path.stat().st_size > _SMALL_BZ2_BYTES
    return _ParallelBz2(path) if is_worth_threads else open_plain(path)


class _ParallelBz2:
    """A bz2 file, its blocks decompressed on all cores; where it is damaged, as the standard library reads it."""

    def __init__(self, path: Path) -> None:
        from rapidgzip import IndexedBzip2File

        self._path = path
        self._stream: BufferedReader = IndexedBzip2File(str(path), parallelization=0)
        self._at = 0
        self._is_parallel = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def seek(self, offset_bytes: int) -> None:
        """Go to an offset."""
        while self._at < offset_bytes and self.read1(min(BLOCK_BYTES, offset_bytes - self._at)):
            pass

    def read1(self, size: int) -> bytes:
        """Read up to some bytes; none at the end.

        Raises:
            EOFError, OSError: As `bz2` does.
        """
        if self._is_parallel:
            try:
                data = self._stream.read(size)
            except (RuntimeError, ValueError, OSError, EOFError):
                # Which blocks are whole, and what is wrong with the next one, `bz2` knows better.
                self._is_parallel = False
                self._stream.close()
                self._stream = open_plain(self._path)
                self._stream.seek(self._at)
        if not self._is_parallel:
            data = self._stream.read1(size)
        self._at += len(data)
        return data


def _read_some(stream: "BufferedReader | _ParallelBz2", size: int) -> tuple[bytes, str | None]:
    """Read up to `size` bytes; on damage, what came before it and the reason."""
    data = bytearray()
    try:
        while len(data) < size:
            more = stream.read1(size - len(data))
            if not more:
                break
            data += more
    except EOFError:
        return bytes(data), "the compressed data ends too early (a download that was cut?)"
    except (OSError, zlib.error) as error:
        return bytes(data), f"the file is damaged ({error})"
    return bytes(data), None
