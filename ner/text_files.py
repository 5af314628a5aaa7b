"""Files as lines of text, whatever they are packed with and however their letters and line ends are written."""

import bz2
import gzip
import io
import lzma
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from ner.errors import FormatError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_HEAD_BYTES, _SIGHT = 1 << 18, 4096  # the latter in letters
_FEW = 31  # zero bytes that a text may have
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}

_PACKED: dict[bytes, tuple[str, Callable[[Any], Any]]] = {
    b"\x1f\x8b": ("gzip", gzip.open),
    b"BZh": ("bzip2", bz2.open),
    b"\xfd7zXZ": ("xz", lzma.open),
    b"\x28\xb5\x2f\xfd": ("zstd", zstd.open),
}
_OTHER = {
    b"PK\x03\x04": "a zip archive: unpack it first (an Excel file: save it as CSV UTF-8)",
    b"\xd0\xcf\x11\xe0": "a file of Excel or Word: save it as CSV UTF-8",
    b"7z\xbc\xaf": "a 7z archive: unpack it first",
    b"%PDF": "a PDF, expected text",
    b"{\\rtf": "a file of Word (RTF): save it as plain text",
}
_MARKUP = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml\s|!doctype\s+html|html[^>]*>\s*<|rss\s[^>]*>|feed\s+xmlns)", re.IGNORECASE
)
_DAMAGE: tuple[type[Exception], ...] = (EOFError, OSError, zlib.error, lzma.LZMAError, zstd.ZstdError)


class TextFile:
    """A file of text, unpacked and decoded as its first bytes say; to be used with ``with``.

    Args:
        source: A path, or a stream of bytes such as standard input.

    Attributes:
        head: Its first bytes, unpacked: a quarter of a megabyte, or all; of a stream that starts with ``{``, what came
            at once.
        damage: Once all of it was read: why the rest of it could not be; "" where it is whole.

    Raises:
        FormatError: The file cannot be read.
    """

    def __init__(self, source: str | Path | IO[bytes]) -> None:
        source = Path(source) if isinstance(source, str) else source
        self.name = str(source) if isinstance(source, Path) else "standard input"
        try:
            stream: Any = source.open("rb") if isinstance(source, Path) else io.BufferedReader(cast("Any", source))
        except OSError as error:
            raise FormatError(f"{source}: cannot be read ({error.strerror}): check the path") from error
        self._opened = [stream] if isinstance(source, Path) else []
        start = stream.peek(6)
        for magic, (_, unpack) in _PACKED.items():
            if start.startswith(magic):
                stream = unpack(stream)
                self._opened.append(stream)
        self._source, self.damage = stream, ""
        self.head = b""
        while len(self.head) < _HEAD_BYTES and (block := self._read(_HEAD_BYTES)):
            self.head += block
            if self.head.lstrip().startswith(b"{") and b"\n" in self.head:
                break
        self.encoding = _encoding_of(self.head)
        self.is_cut = len(self.head) >= _HEAD_BYTES  # whether the head may end within a line

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for stream in reversed(self._opened):
            stream.close()

    def first_lines(self) -> list[str]:
        """The lines of the head, the last of which may be cut; a `FormatError` where it is no text at all."""
        kind = next((kind for magic, kind in _OTHER.items() if self.head.startswith(magic)), "")
        if _MARKUP.match(self.head):
            kind = "a page or feed (XML or HTML), expected text, a table or JSON: export it as one of these"
        text = self.head.decode(self.encoding, "replace")
        controls = sum(letter < " " and letter not in "\t\n\r\f" for letter in text[:_SIGHT])
        if kind or (text.count("\0", 0, _SIGHT) > _FEW and controls * 30 > len(text[:_SIGHT])):
            raise FormatError(f"{self.name}: is {kind or 'a binary file, expected text'}")
        return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def lines(self) -> Iterator[tuple[int, str]]:
        """Yield each line with its number from 1, without its end; bytes that are no text as lone surrogates."""
        by_return = b"\r" in self.head and b"\n" not in self.head  # as old Macs end lines
        text = self._text("\r" if by_return else "\n")
        for number, line in enumerate(text, 1):
            yield number, line.rstrip("\r\n")

    def blocks(self, size: int = 1 << 20) -> Iterator[str]:
        """Yield the text in blocks of so many characters, as it is."""
        text = self._text("")
        while block := text.read(size):
            yield block

    def stream(self) -> io.BufferedReader:
        """The unpacked bytes, all of them."""
        return io.BufferedReader(_Whole(self.head, self._read), _HEAD_BYTES)

    def _text(self, newline: str) -> io.TextIOWrapper:
        errors = "surrogateescape" if self.encoding.startswith("utf-8") else "replace"
        return io.TextIOWrapper(self.stream(), self.encoding, errors, newline)

    def _read(self, size: int) -> bytes:
        """Some bytes; none at the end, or where the damage begins."""
        try:
            reader = getattr(self._source, "read1", self._source.read)
            return b"" if self.damage else cast("bytes", reader(size))
        except _DAMAGE as error:
            self.damage = f"the file is damaged or was cut ({error}): get it again"
        return b""


class _Whole(io.RawIOBase):
    """A stream whose head was read already."""

    def __init__(self, head: bytes, read: Callable[[int], bytes]) -> None:
        self._head, self._read_on = head, read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        block = block or self._read_on(len(buffer))
        buffer[: len(block)] = block
        return len(block)


def is_text(line: str) -> bool:
    """Whether all bytes of a line were text."""
    return line.isascii() or not any("\udc80" <= letter <= "\udcff" for letter in line)


def _encoding_of(head: bytes) -> str:
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return encoding
    nulls = [head[place:2000:2].count(0) for place in (0, 1)]
    if max(nulls) > len(head[:2000]) // 8:  # ASCII letters as two bytes
        return "utf-16-be" if nulls[0] > nulls[1] else "utf-16-le"
    return "utf-8"
