"""The rows of a table, each with its line number, whatever is wrong with its neighbours."""

import codecs
import csv
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from glob import escape

import duckdb

from .files import LINE_LIMIT_BYTES, ByteStream, DamagedFileError, read_blocks
from .source_file import SourceFile
from .table_forms import JSON_LIST, SEPARATOR_LINE, normal_columns

_LINES_OF_ONE_ROW, _ANY_WIDTH = 1000, 1 << 30
_JSON_BYTES = 4 << 20
# What may stand between the objects of JSON lines, and of a list; where reading goes on behind what is no object.
_BETWEEN = {"jsonl": re.compile(r"\s*"), "json": re.compile(r"[\s,\[\]]*")}
_NEXT = {"jsonl": re.compile(r"\n"), "json": re.compile(r"\n|[,}\]]\s*(?=\{)")}
_FIRST_LETTERS = re.compile(r"\W*[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table."""

    cells: dict[str, object]  # texts (or, in JSON and Parquet, lists and numbers) by column name
    text: str  # the row as it stands in the file
    line: int  # number of its first line, or, in Parquet, of the row, from 1
    error: str | None  # why it cannot be used, or None


def read_rows(source: SourceFile) -> Iterator[Row]:
    """Yield a table's rows.

    Raises:
        DamagedFileError: After the last readable row, if the file ends in damage.
    """
    if source.form != "table":
        yield from _parquet_rows(source) if source.form == "parquet" else _json_rows(source)
        return
    csv.field_size_limit(_LINES_OF_ONE_ROW * LINE_LIMIT_BYTES)
    columns = list(source.columns)
    for number, lines, cells, error in _delimited(source, columns):
        text = "\n".join(lines)
        if not columns and error is None:
            if not SEPARATOR_LINE.match(text):
                columns += normal_columns(cells)
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


def _delimited(source: SourceFile, columns: list[str]) -> Iterator[tuple[int, list[str], list[str], str | None]]:
    """Yield each row's first line's number, its lines, its cells, and what is wrong with it, if anything is."""
    lines = _Lines(source)
    while (line := lines.take()) is not None:
        number = lines.count
        taken, cells = [line], list[str]()
        error: str | None
        if len(line[0]) > LINE_LIMIT_BYTES:
            error = f"a line longer than {LINE_LIMIT_BYTES} bytes"
        else:
            taken, cells, error = _take_row(lines, line, source, len(columns) or _ANY_WIDTH)
        if not all(is_utf8 for _, is_utf8 in taken):
            error = "bytes that are not UTF-8"
        elif any("\0" in text for text, _ in taken):
            error = "a zero byte"
        yield number, [text.rstrip("\r") for text, _ in taken], cells, error


def _take_row(
    lines: _Lines, first: tuple[str, bool], source: SourceFile, width: int
) -> tuple[list[tuple[str, bool]], list[str], str | None]:
    """Return the lines of a row, its cells and what is wrong with it; a quote that is never closed costs one line.

    A cell's quote that is closed on a later line belongs to another cell if the row has too many cells then, or if a
    line between them is a row by itself.
    """
    taken = [first]
    while True:
        try:
            cells = _cells(taken, source, strict=True)
            if len(taken) == 1 or len(cells) <= width:
                return taken, cells, None
            break
        except csv.Error as problem:
            if "unexpected end of data" not in str(problem) or not _take_to_quote(lines, taken, source, width):
                break
    if len(taken) > 1:
        lines.put_back(taken[1:])
        return [first], [], "a quote that is not closed"
    try:
        cells = _cells(taken, source, strict=False)
    except csv.Error as problem:
        return taken, [], f"not a row of cells ({problem})"
    return taken, cells, None


def _take_to_quote(lines: _Lines, taken: list[tuple[str, bool]], source: SourceFile, width: int) -> bool:
    """Take lines up to one with a quote; False if the row becomes too long before, or another one begins.

    A line begins another row if it has as many cells, and its first one begins with the same letters.
    """
    own = _FIRST_LETTERS.match(taken[0][0])
    while len(taken) <= _LINES_OF_ONE_ROW and (line := lines.take()) is not None:
        taken.append(line)
        start = _FIRST_LETTERS.match(line[0])
        if line[0].count(source.delimiter) == width - 1 and start and own and start[0] == own[0]:
            return False
        if '"' in line[0]:
            return True
    return False


def _cells(lines: list[tuple[str, bool]], source: SourceFile, *, strict: bool) -> list[str]:
    text = "\n".join(line for line, _ in lines).removesuffix("\r")
    if not source.has_quotes:
        return next(csv.reader([text], delimiter=source.delimiter, quoting=csv.QUOTE_NONE), [])
    is_blank_left = source.delimiter == "\t"
    return next(csv.reader([text], delimiter=source.delimiter, strict=strict, skipinitialspace=not is_blank_left), [])


def _json_rows(source: SourceFile) -> Iterator[Row]:
    """Yield the objects of JSON lines, of a list, or of the list that is the first member of an object."""
    between, behind, decoder = _BETWEEN[source.form], _NEXT[source.form], json.JSONDecoder()
    decode = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape").decode
    text, at, line, is_end, is_member = "", 0, 1, False, False
    with ByteStream(source.path) as stream:
        while not (is_end and at == len(text)):
            start = at
            if len(text) - at < LINE_LIMIT_BYTES and not is_end:
                is_first, data = not text, stream.take(_JSON_BYTES)
                is_end, text, at, start = not data, text[at:] + decode(data, final=not data), 0, 0
                if is_first and source.form == "json" and (before := JSON_LIST.match(text)):
                    is_member, start = before[1] is not None, before.end()
            start = between.match(text, start).end()  # type: ignore[union-attr]  # it matches nothing at all, too
            line += text.count("\n", at, start)
            if is_member and "]" in text[at:start]:
                break  # what else the object has is no row
            at = start
            if at == len(text):
                continue
            cells: dict[str, object] = {}
            error: str | None = "not a JSON object"
            end = at
            with suppress(ValueError, RecursionError):
                value, end = decoder.raw_decode(text, at)
                if isinstance(value, dict):
                    cells = dict(zip(normal_columns(value), value.values(), strict=True))
                    error = _half_character(text[at:end], value)
            if end == at:
                found = behind.search(text, at + 1)
                end = found.start() + (found[0] != "\n") if found else len(text)
            piece = text[at:end].rstrip("\r")
            shown = piece if piece.isascii() else piece.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            yield Row(cells, shown, line, error if shown == piece else "bytes that are not UTF-8")
            line += text.count("\n", at, end)
            at = end
        if stream.damage is not None:
            raise DamagedFileError(stream.damage)


def _half_character(line: str, cells: dict[str, object]) -> str | None:
    """Say that a row holds half of an escaped pair, which JSON can spell and no file can hold."""
    if "\\ud" in line.lower():
        try:
            json.dumps(cells, ensure_ascii=False).encode()
        except UnicodeEncodeError as problem:
            return f"half a character (\\u{ord(problem.object[problem.start]):04x} alone)"
    return None


def _parquet_rows(source: SourceFile) -> Iterator[Row]:
    try:
        with duckdb.connect() as connection:
            found = connection.execute("SELECT * FROM read_parquet(?)", [escape(str(source.path))])
            columns = normal_columns(name for name, *_ in found.description or ())
            for number, values in enumerate(iter(found.fetchone, None), 1):
                plain = [str(value) if isinstance(value, Decimal | date | time) else value for value in values]
                yield Row(dict(zip(columns, plain, strict=True)), str(values), number, None)
    except duckdb.Error as error:
        raise DamagedFileError(f"the file is damaged ({str(error).splitlines()[0]})") from None
