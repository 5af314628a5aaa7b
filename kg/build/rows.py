"""The rows of a table, each with its line number, whatever is wrong with its neighbours."""

import codecs
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from glob import escape

import duckdb

from .delimited import delimited_rows
from .files import LINE_LIMIT_BYTES, ByteStream, DamagedFileError, read_blocks
from .source_file import SourceFile
from .table_forms import JSON_LIST, SEPARATOR_LINE, normal_columns

_JSON_BYTES = 4 << 20
_NOT_UTF8 = "bytes that are not UTF-8: save the table as UTF-8 (in Excel: CSV UTF-8)"
# What may stand between the objects of JSON lines, and of a list; where reading goes on behind what is no object.
_BETWEEN = {"jsonl": re.compile(r"\s*"), "json": re.compile(r"[\s,\[\]]*")}
_NEXT = {"jsonl": re.compile(r"\n"), "json": re.compile(r"\n|[,}\]]\s*(?=\{)")}


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
    columns = list(source.columns)
    found = delimited_rows(
        _read_lines(source),
        source.delimiter,
        columns,
        has_quotes=source.has_quotes,
        skips_blanks=source.delimiter != "\t",
        longest=LINE_LIMIT_BYTES,
    )
    for number, lines, cells, error in found:
        written = "\n".join(line.rstrip("\r") for line in lines)
        text = _readable(written)
        if text != written:
            error = _NOT_UTF8
        elif "\0" in text:
            error = "a zero byte"
        if not columns and error is None:
            if not SEPARATOR_LINE.match(text):
                columns += normal_columns(cells)
            continue
        if not cells and error is None:
            continue
        if error is None and len(cells) != len(columns):
            error = f"{len(cells)} cells, expected {len(columns)}"
        yield Row(dict(zip(columns, cells, strict=False)), text, number, error)


def _read_lines(source: SourceFile) -> Iterator[str]:
    """Yield the lines; bytes that are not UTF-8 come as lone surrogates."""
    for block in read_blocks(source.path):
        for line in block.removeprefix(b"\xef\xbb\xbf").split(b"\n")[:-1]:
            yield line.decode("utf-8", "surrogateescape")


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
            shown = _readable(piece)
            yield Row(cells, shown, line, error if shown == piece else _NOT_UTF8)
            line += text.count("\n", at, end)
            at = end
        if stream.damage is not None:
            raise DamagedFileError(stream.damage)


def _readable(text: str) -> str:
    """Return a text with what was not UTF-8 replaced."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


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
