"""Files as lines and bytes: decompressed as their first bytes say, up to where they are damaged."""

import bz2
import codecs
import gzip
import lzma
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BufferedIOBase, BufferedReader
from pathlib import Path
from typing import Any, Self, TypeVar, cast

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_Item = TypeVar("_Item")
LINE_LIMIT_BYTES = 1 << 20
# Lines enough for DuckDB, which writes a commit of fewer than a hundred thousand rows twice.
_BLOCK_BYTES = 28 << 20
_SMALL_BZ2_BYTES = 4 << 20
_PEEK_BYTES = 4096
_PACKED = {b"\x1f\x8b": "gz", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zst"}
_DAMAGE = (EOFError, OSError, zlib.error, lzma.LZMAError, zstd.ZstdError)
# What other programs pack, and what to do with it.
_UNREAD = {
    b"PK\x03\x04": "is a zip archive; unpack it first (an Excel file: save it as CSV)",
    b"7z\xbc\xaf": "is a 7z archive; unpack it first",
}


class DamagedFileError(Exception):
    """A file that can be read only up to some point; its text says why.

    Attributes:
        line: The line where that is; None: behind the last one that was read.
    """

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line


def why_unread(path: Path) -> str | None:
    """Say why a packed file cannot be read; None for one that can be, or is not packed."""
    with path.open("rb") as file:
        return _UNREAD.get(file.read(4))


def open_plain(path: Path) -> BufferedReader:
    """Open a file for reading its decompressed bytes: plain, or by bzip2, gzip, xz or zstd; UTF-16 comes as UTF-8."""
    openers: dict[str, Callable[[Path], Any]] = {"bz2": bz2.open, "gz": gzip.open, "xz": lzma.open, "zst": zstd.open}
    opener = openers.get(_compression_of(path))
    stream = cast("BufferedReader", opener(path)) if opener else path.open("rb")
    translate = _translation_of(stream)
    return stream if translate is None else cast("BufferedReader", _Translated(stream, translate))


def read_head(path: Path, *, limit_bytes: int = 1 << 18) -> bytes:
    """Return the first decompressed bytes of a file; what could be read, where it is damaged."""
    with open_plain(path) as stream:
        return _read_some(stream, limit_bytes)[0]


def read_blocks(
    path: Path, *, block_bytes: int = _BLOCK_BYTES, line_limit_bytes: int = LINE_LIMIT_BYTES
) -> Iterator[bytes]:
    """Yield a file's lines in blocks, in memory that does not depend on the file's size or its longest line.

    Args:
        path: The file, compressed or not.
        block_bytes: About how much to take at once.
        line_limit_bytes: How long a line may be.

    Yields:
        Whole lines, undecoded, each with a line break behind it. Of a line that does not end within a block, only so
        much is kept that it is seen to be longer than the limit.

    Raises:
        DamagedFileError: After the last readable line, if the file ends in damage.
    """
    rest = b""
    with ByteStream(path) as stream:
        while data := stream.take(block_bytes):
            cut = data.rfind(b"\n") + 1
            if cut:
                yield rest + data[:cut]
                rest = b""
            rest = (rest + data[cut:])[: line_limit_bytes + 1]
        if rest:
            yield rest + b"\n"
        if stream.damage is not None:
            raise DamagedFileError(stream.damage)


def ahead(items: Iterable[_Item]) -> Iterator[_Item]:
    """Yield the items of an iterable, each of which is made in a thread, one ahead."""
    source = iter(items)
    end = object()
    with ThreadPoolExecutor(1) as pool:
        upcoming = pool.submit(next, source, end)
        while (item := upcoming.result()) is not end:
            upcoming = pool.submit(next, source, end)
            yield item  # type: ignore[misc]  # the end is never yielded


class ByteStream:
    """The decompressed bytes of a file, up to its end or to where it is damaged.

    Args:
        path: The file.

    Attributes:
        lines: How many line breaks were counted.
        damage: Why the rest cannot be read, once this is known.
    """

    def __init__(self, path: Path) -> None:
        self._stream = open_plain(path)
        is_large = _compression_of(path) == "bz2" and path.stat().st_size > _SMALL_BZ2_BYTES
        if is_large and hasattr(self._stream, "peek"):  # it is worth threads, and not translated
            self._stream.close()
            self._stream = cast("BufferedReader", _ParallelBz2(path))
        self.lines = 0
        self.damage: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def read(self, size: int = _BLOCK_BYTES) -> bytes:
        """Read so many bytes, fewer at the end, and count their line breaks."""
        data = self.take(size)
        self.lines += data.count(b"\n")
        return data

    def take(self, size: int) -> bytes:
        """Read so many bytes, fewer at the end."""
        if self.damage is not None:
            return b""
        data, self.damage = _read_some(self._stream, size)
        return data


class _ParallelBz2:
    """A bz2 file, its blocks decompressed on all cores; where it is damaged, as the standard library reads it."""

    def __init__(self, path: Path) -> None:
        from rapidgzip import IndexedBzip2File

        self._path = path
        self._stream: BufferedReader = IndexedBzip2File(str(path), parallelization=0)
        self._at = 0
        self._is_parallel = True

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

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


class _Translated(BufferedIOBase):
    """A stream whose bytes are translated as they are read."""

    def __init__(self, stream: BufferedReader, translate: Callable[[bytes], bytes]) -> None:
        self._stream = stream
        self._translate = translate

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def read1(self, size: int = -1) -> bytes:
        """Read about so many bytes; none at the end."""
        translated = b""
        while not translated and (data := self._stream.read1(max(2, size // 2))):
            translated = self._translate(data)
        return translated


def _translation_of(stream: BufferedReader) -> Callable[[bytes], bytes] | None:
    """Return what makes UTF-8 of UTF-16, and line breaks of single returns; None for a file that needs neither.

    Half of a pair of UTF-16 becomes bytes that are not UTF-8. UTF-16 without a mark is known by eight letters of ASCII.
    """
    try:
        head = stream.peek(_PEEK_BYTES)[:_PEEK_BYTES]
    except _DAMAGE:  # damage is found again, and reported, when it is read
        return None
    even, odd = head[:16:2], head[1:16:2]
    encoding = "utf-16" if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else None
    for name, letters, zeros in (("utf-16-le", even, odd), ("utf-16-be", odd, even)):
        if zeros == bytes(8) and all(letters):
            encoding = name
    if encoding is not None:
        decode = codecs.getincrementaldecoder(encoding)("surrogatepass").decode
        return lambda data: decode(data).encode("utf-8", "surrogatepass")
    is_old = b"\r" in head[:-1] and b"\n" not in head
    return (lambda data: data.replace(b"\r", b"\n")) if is_old else None


def _compression_of(path: Path) -> str:
    """Return `bz2`, `gz`, `xz`, `zst` or `plain`, by the file's first bytes."""
    with path.open("rb") as file:
        magic = file.read(10)
    if magic[:3] == b"BZh" and magic[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return "bz2"
    return next((name for start, name in _PACKED.items() if magic.startswith(start)), "plain")


def _read_some(stream: BufferedReader, size: int) -> tuple[bytes, str | None]:
    """Read up to `size` bytes; on damage, what came before it and the reason."""
    parts, left, damage = list[bytes](), size, None
    try:
        while left > 0 and (part := stream.read1(left)):
            parts.append(part)
            left -= len(part)
    except EOFError:
        damage = "the compressed data ends too early (a download that was cut?)"
    except _DAMAGE as error:
        damage = f"the file is damaged ({error})"
    return b"".join(parts), damage
