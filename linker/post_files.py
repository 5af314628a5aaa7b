"""Files of posts, told by their content: JSON of any shape, tables, Parquet, columns of words, plain text.

Each gives records, a post each, with the line where it begins. All but Parquet are read as a stream.
"""

import re
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, TYPE_CHECKING, Any

from linker.json_posts import LINES, JsonPosts
from linker.post_records import Record, not_text

if TYPE_CHECKING:
    from ner import TextFile

_DELIMITERS = {",": "CSV", "\t": "TSV", ";": "a table with semicolons", "|": "a table with bars"}
_JSON_ENDINGS = {".jsonl", ".ndjson", ".json"}
_TABLE_ENDINGS = {".csv", ".tsv"}
_ROWS_AT_ONCE, _ROWS_LOOKED_AT = 256, 5
_UNNAMED = re.compile(r"column \d+")  # an empty cell under no name is no field
_SEP = re.compile(r"\ufeff?sep=(.)", re.IGNORECASE)  # what Excel writes in front


@dataclass(frozen=True, slots=True)
class FieldNames:
    """What fields may be called."""

    text: Collection[str]  # in small letters
    others: Collection[str]
    asked: str = ""  # where the user says that the text is: ``record.text``


def read_records(source: Path | IO[bytes], names: FieldNames, tell: Callable[[str], None]) -> Iterator[Record]:
    """Yield the records of a file or a stream, and tell in a line what it was taken for.

    Raises:
        FormatError: It cannot be read.
    """
    from ner import TextFile

    with TextFile(source) as file:
        if file.head.startswith(b"PAR1"):
            tell(f"{file.name}: taken for Parquet, a post a row")
            yield from _parquet_records(file)
            return
        form, records = _form_of(file, names, source)
        if form:
            tell(f"{file.name}: taken for {form}")
        yield from records
        if file.damage:
            yield Record(0, error=f"the rest of {file.name}: {file.damage}")


def _form_of(file: "TextFile", names: FieldNames, source: Path | IO[bytes]) -> tuple[str, Iterator[Record]]:
    """What a file of text is, in words, and its records."""
    from ner import find_layout

    lines = file.first_lines()
    first = next((line.strip() for line in lines if line.strip()), "")
    if not first:
        return "", iter(())
    endings = {ending.lower() for ending in Path(file.name).suffixes}
    json_posts = JsonPosts(file, names.asked)
    if shape := json_posts.shape(first, lines):
        is_expected = shape == LINES and isinstance(source, Path) and not endings.isdisjoint(_JSON_ENDINGS)
        return "" if is_expected else f"JSON {shape}", json_posts.lines() if shape == LINES else json_posts.values()
    is_table = isinstance(source, Path) and not endings.isdisjoint(_TABLE_ENDINGS)
    delimiter, header, has_blanks = _header(lines, names, is_table=is_table)
    if header:
        form = f"{_DELIMITERS[delimiter]} with the columns {', '.join(header)}"
        return form, _table_records(file, delimiter, header, has_blanks)
    layout = find_layout(lines[:-1] if file.is_cut else lines)
    if layout:
        return f"columns of words {'without tags' if layout.tag is None else 'and tags'}", _column_records(file, layout)
    if is_table:
        reason = f"no column of {first[:80]!r} is known to have the text: say which, with --field text=COLUMN"
        return "", iter([Record(1, error=reason, text=first)])
    return "plain text, a post a line", _text_records(file)


def _header(lines: Sequence[str], names: FieldNames, *, is_table: bool) -> tuple[str, list[str], bool]:
    """What delimits, the columns, whether blanks follow; none where the first line names no text, or may be one."""
    from kg import delimited_rows

    rows = [line.lstrip("\ufeff") for line in lines if line.strip()]
    said = _SEP.fullmatch(rows[0].strip())
    if said and len(rows) > 1:
        rows = rows[1:]
    for delimiter in dict.fromkeys([*([said[1]] if said and said[1] in _DELIMITERS else []), *_DELIMITERS]):
        if delimiter not in rows[0] and delimiter != ",":
            continue
        has_blanks = f"{delimiter} " in rows[0]
        first = delimited_rows(rows, delimiter, [], has_quotes=delimiter != "\t", skips_blanks=has_blanks)
        header = _column_names(next(first)[2])
        known = [name for name in header if name.lower() in names.text or name.lower() in names.others]
        if not any(name.lower() in names.text for name in known):
            continue
        if len(header) == 1 and delimiter == "," and len(rows) > 1:
            return delimiter, header, has_blanks
        is_even = len({row.count(delimiter) for row in rows[:_ROWS_LOOKED_AT]}) == 1 and not has_blanks
        if len(header) > 1 and (is_table or len(known) > 1 or is_even):
            return delimiter, header, has_blanks
    return "", [], False


def _column_names(cells: Sequence[str]) -> list[str]:
    """The names of columns, each another one: that of its place where there is none, or where it stands again."""
    names: list[str] = []
    for place, cell in enumerate(cells, 1):
        name = " ".join(cell.strip(' "\ufeff').split()) or f"column {place}"
        names.append(f"{name} ({place})" if name in names else name)
    return names


def _table_records(file: "TextFile", delimiter: str, header: Sequence[str], has_blanks: bool) -> Iterator[Record]:
    """The rows of a table; a quote that is not closed before the row has too many cells costs its line alone."""
    from kg import delimited_rows

    lines = (line for _, line in file.lines())
    rows = delimited_rows(lines, delimiter, header, has_quotes=delimiter != "\t", skips_blanks=has_blanks)
    is_first = True
    for number, taken, cells, problem in rows:
        line = "\n".join(taken)
        if not line.strip(" \t\ufeff") or (is_first and _SEP.fullmatch(line.strip())):
            continue
        if is_first:  # the header
            is_first = False
            continue
        error = f"has {problem}" if problem else ""
        if len(header) == 1 and not error:
            cells = [delimiter.join(cells)]
        if not error and len(cells) != len(header):
            surplus = [cell for cell in cells[len(header) :] if cell.strip()]
            if surplus or len(cells) < len(header):
                error = f"has {len(cells)} cells, expected {len(header)}"
        fields = {name: cell for name, cell in zip(header, cells, strict=False) if cell or not _UNNAMED.fullmatch(name)}
        yield Record(number, fields, error or not_text(line), line)


def _column_records(file: "TextFile", layout: Any) -> Iterator[Record]:
    from ner import read_blocks

    for block in read_blocks(file.lines(), layout):
        words = [word for _, word, _ in block.rows]
        value = {"id": block.name, "tokens": words}
        problem = f"line {block.bad[0]} {block.bad[1]}" if block.bad else ""
        yield Record(block.line, value, problem, " ".join(words)[:200], block.image)


def _text_records(file: "TextFile") -> Iterator[Record]:
    for number, line in file.lines():
        if line.strip():
            yield Record(number, {"text": line.removeprefix("\ufeff")}, not_text(line), line)


def _parquet_records(file: "TextFile") -> Iterator[Record]:
    import duckdb

    with NamedTemporaryFile(suffix=".parquet") as whole, duckdb.connect() as connection:
        shutil.copyfileobj(file.stream(), whole)  # it may come packed, or from a stream
        whole.flush()
        try:
            rows = connection.execute("SELECT * FROM read_parquet(?)", [whole.name])
            columns = [column[0] for column in rows.description or ()]
            number = 0
            while batch := rows.fetchmany(_ROWS_AT_ONCE):
                for row in batch:
                    number += 1
                    yield Record(number, dict(zip(columns, row, strict=True)))
        except duckdb.Error as error:
            yield Record(0, error=f"{file.name}: is no Parquet that can be read ({str(error).splitlines()[0]})")
