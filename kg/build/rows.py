"""The rows of a table in CSV, TSV or JSON lines, each with its line number, whatever is wrong with its neighbours."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass

from .files import LINE_LIMIT_BYTES, read_blocks
from .sources import SourceFile, normal_columns

_LINES_OF_ONE_ROW = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table."""

    cells: dict[str, object]  # texts (or, in JSON lines, lists and numbers) by column name
    text: str  # the row as it stands in the file
    line: int  # number of its first line, from 1
    error: str | None  # why it cannot be used, or None


def read_rows(source: SourceFile) -> Iterator[Row]:
    """Yield a table's rows.

    Raises:
        DamagedFileError: After the last readable row, if the file ends in damage.
    """
    if source.form == "jsonl":
        yield from _json_rows(source)
        return
    columns = list(source.columns)
    for number, lines, cells, error in _delimited(source):
        text = "\n".join(lines)
        if not columns and error is None:
            columns = list(normal_columns(cells))
            continue
        if not cells and error is None:
            continue
        if error is None and len(cells) != len(columns):
            error = f"{len(cells)} cells, expected {len(columns)}"
        yield Row(dict(zip(columns, cells, strict=False)), text, number, error)


class _Lines:
    """The lines of a file, decoded, which can be put back."""

    def __init__(self, source: SourceFile) -> None:
        self._lines = _read_lines(source)
        self._back: list[tuple[str, bool]] = []
        self.count = 0

    def take(self) -> tuple[str, bool] | None:
        """Return the next line and whether its bytes are UTF-8; None at the end."""
        line = self._back.pop() if self._back else next(self._lines, None)
        self.count += line is not None
        return line

    def put_back(self, lines: list[tuple[str, bool]]) -> None:
        """Let these lines come again."""
        self._back += reversed(lines)
        self.count -= len(lines)


def _read_lines(source: SourceFile) -> Iterator[tuple[str, bool]]:
    for block in read_blocks(source.path):
        for line in block.removeprefix(b"\xef\xbb\xbf").split(b"\n")[:-1]:
            try:
                yield line.decode(), True
            except UnicodeDecodeError:
                yield line.decode("utf-8", "replace"), False


def _delimited(source: SourceFile) -> Iterator[tuple[int, list[str], list[str], str | None]]:
    """Yield each row's first line's number, its lines, its cells, and what is wrong with it, if anything is."""
    lines = _Lines(source)
    while (line := lines.take()) is not None:
        number = lines.count
        taken, cells = [line], list[str]()
        error: str | None
        if len(line[0]) > LINE_LIMIT_BYTES:
            error = f"a line longer than {LINE_LIMIT_BYTES} bytes"
        else:
            taken, cells, error = _take_row(lines, line, source)
        if not all(is_utf8 for _, is_utf8 in taken):
            error = "bytes that are not UTF-8"
        yield number, [text.rstrip("\r") for text, _ in taken], cells, error


def _take_row(
    lines: _Lines, first: tuple[str, bool], source: SourceFile
) -> tuple[list[tuple[str, bool]], list[str], str | None]:
    """Return the lines of a row, its cells and what is wrong with it; a quote that is never closed costs one line."""
    taken = [first]
    while True:
        try:
            return taken, _cells(taken, source, strict=True), None
        except csv.Error as problem:
            if "unexpected end of data" not in str(problem):
                break
        while (line := lines.take()) is not None:
            taken.append(line)
            if '"' in line[0] or len(taken) > _LINES_OF_ONE_ROW:
                break
        if line is None or len(taken) > _LINES_OF_ONE_ROW:
            break
    if len(taken) > 1:
        lines.put_back(taken[1:])
        return [first], [], "a quote that is not closed"
    try:
        cells = _cells(taken, source, strict=False)
    except csv.Error as problem:
        return taken, [], f"not a row of cells ({problem})"
    return taken, cells, None


def _cells(lines: list[tuple[str, bool]], source: SourceFile, *, strict: bool) -> list[str]:
    text = "\n".join(line for line, _ in lines).removesuffix("\r")
    if not source.has_quotes:
        return next(csv.reader([text], delimiter=source.delimiter, quoting=csv.QUOTE_NONE), [])
    return next(csv.reader([text], delimiter=source.delimiter, strict=strict), [])


def _json_rows(source: SourceFile) -> Iterator[Row]:
    for number, (line, is_utf8) in enumerate(_read_lines(source), 1):
        if not line.strip():
            continue
        cells: dict[str, object] = {}
        error: str | None = "not a JSON object"
        try:
            value = json.loads(line)
            if isinstance(value, dict):
                cells, error = value, None
        except (ValueError, RecursionError):
            pass
        if error is None:
            error = _half_character(line, cells) if is_utf8 else "bytes that are not UTF-8"
        yield Row(cells, line.rstrip("\r"), number, error)


def _half_character(line: str, cells: dict[str, object]) -> str | None:
    """Say that a row holds half of an escaped pair, which JSON can spell and no file can hold."""
    if "\\ud" in line.lower():
        try:
            json.dumps(cells, ensure_ascii=False).encode()
        except UnicodeEncodeError as problem:
            return f"half a character (\\u{ord(problem.object[problem.start]):04x} alone)"
    return None
