"""Files of posts, told by their content: JSON of any shape, tables, Parquet, columns of words, plain text.

Each gives records, a post each, with the line where it begins. All but Parquet are read as a stream.
"""

import json
import re
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, TYPE_CHECKING, Any

from linker.json_values import Around, Broken, json_values
from linker.post_fields import field_within, is_empty
from linker.post_pictures import media_keys, with_media

if TYPE_CHECKING:
    from ner import TextFile

_DELIMITERS = {",": "CSV", "\t": "TSV", ";": "a table with semicolons", "|": "a table with bars"}
_JSON_ENDINGS = {".jsonl", ".ndjson", ".json"}
_TABLE_ENDINGS = {".csv", ".tsv"}
_ROWS_AT_ONCE, _ROWS_LOOKED_AT, _LINES_LOOKED_AT = 256, 5, 50
_UNNAMED = re.compile(r"column \d+")  # an empty cell under no name is no field
_SEP = re.compile(r"\ufeff?sep=(.)", re.IGNORECASE)  # what Excel writes in front
_WRAPPER = re.compile(r'\{\s*"\w+"\s*:\s*\[\s*[{\]]')
_BEGINS_OBJECT = re.compile(r'\{\s*("[^"]*"\s*:.*)?$')
_BEGINS_JSON = re.compile(r'\{\s*(["}]|$)|\[\s*([\[{"\]]|$)|window\.YTD\.')  # the last: a user's own archive of Twitter
_TEXTS, _IDS = {"text", "full_text", "tokens"}, {"id", "id_str"}
_TEXTS_IF_STRINGS = ("content", "tweet", "tweet_text", "message", "sentence")  # else what is around a post
_LINES, _VALUES = "lines, a post a line", "values, a post an object"


@dataclass(frozen=True, slots=True)
class Record:
    """What may be a post."""

    line: int  # where it begins, from 1
    value: Mapping[str, Any] = field(default_factory=dict)  # its fields, as the file calls them
    error: str = ""  # why it is none
    text: str = ""  # its beginning, where there is an error
    image_name: str | None = None  # of a file of columns, what IMGID: says
    number: int = 0  # among the records of an array, from 1; 0 where a line is a record


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
    if shape := _json_shape(first, lines, file, names.asked):
        is_expected = shape == _LINES and isinstance(source, Path) and not endings.isdisjoint(_JSON_ENDINGS)
        form = "" if is_expected else f"JSON {shape}"
        return form, _json_lines(file, names.asked) if shape == _LINES else _numbered(_json_records(file, names.asked))
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


def _json_shape(first: str, lines: Sequence[str], file: "TextFile", asked: str) -> str:
    """What JSON a file is: a post a line, or posts in an array or over several lines; "" where it is none."""
    looked_at = [line for line in lines[:_LINES_LOOKED_AT] if line.strip()]
    value = _parsed(first)
    if isinstance(value, dict):
        return _LINES if _inner_list(value, asked) is None else _VALUES
    if sum(isinstance(_parsed(line), dict) for line in looked_at) * 2 > len(looked_at):
        return _LINES
    if not _BEGINS_JSON.match(first):
        return ""
    is_one_line = file.is_cut and len(lines) < 2  # a long one
    is_object = first.startswith("{") and not _WRAPPER.match(first)
    return _LINES if is_object and (is_one_line or not _BEGINS_OBJECT.match(first)) else _VALUES


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _is_post(value: Mapping[str, Any], asked: str) -> bool:
    """Whether an object has an id or a text of its own, and so is not what is around a post."""
    has_asked = _has(value, asked) and not _has(value.get("data"), asked)
    return has_asked or bool((_TEXTS | _IDS) & value.keys()) or isinstance(value.get("content"), str)


def _has(value: Any, asked: str) -> bool:
    """Whether there is anything where the user says that the text is."""
    return asked != "" and not is_empty(field_within(value, asked))


def _inner_list(value: Mapping[str, Any], asked: str) -> list[Any] | None:
    """The posts in an object that is no post itself: ``{"data": [...]}``; in Telegram's chats, Mastodon's archives."""
    if _TEXTS & value.keys():
        return None
    if isinstance(value.get("data"), dict) and not _is_post(value, asked):
        return _inner_list(value["data"], asked)
    around = {name: value.get(name) for name in ("messages", "orderedItems")} if _IDS & value.keys() else value
    lists = [(name, item) for name, item in around.items() if isinstance(item, list) and item]
    lists = [(name, item) for name, item in lists if all(isinstance(one, dict) for one in item)]
    has_text = any(isinstance(value.get(name), str) for name in _TEXTS_IF_STRINGS)
    others = [] if has_text else [item for _, item in lists]
    found = next((item for name, item in lists if name == "data"), others[0] if others else None)
    return None if _has(value, asked) and not any(_has(item, asked) for item in found or ()) else found


def _json_lines(file: "TextFile", asked: str) -> Iterator[Record]:
    for number, line in file.lines():
        if not line.strip():
            continue
        error = _not_text(line)
        value: Any = None
        if not error:
            try:
                value = json.loads(line.removeprefix("\ufeff"))
            except (ValueError, RecursionError) as problem:
                error = f"is not JSON ({problem}), expected one object a line"
        yield _record(number, value, error, line, asked)


def _json_records(file: "TextFile", asked: str) -> Iterator[Record]:
    held: list[tuple[int, Any, str]] | None = None  # until what stands behind their array is read
    for line, value, text in chain(json_values(file.blocks()), [(0, Around({}), "")]):
        if not isinstance(value, Around):
            if held or (held is not None and media_keys(value)):
                held.append((line, value, text))
            else:
                yield from _records(line, value, text, asked)
            continue
        for place, item, shown in held or ():
            yield from _records(place, with_media(item, value.fields or {}), shown, asked)
        held = [] if value.fields is None else None


def _numbered(records: Iterator[Record]) -> Iterator[Record]:
    for number, record in enumerate(records, 1):
        yield replace(record, number=number)


def _records(line: int, value: Any, text: str, asked: str) -> Iterator[Record]:
    inner = _inner_list(value, asked) if isinstance(value, dict) else None
    if isinstance(value, Broken):
        yield Record(line, error=f"is not JSON ({value.reason})", text=text)
    elif inner is None:
        yield _record(line, value, _not_text(text), text, asked)
    else:
        for item in inner:
            yield _record(line, with_media(item, value), "", text, asked)


def _record(line: int, value: Any, error: str, text: str, asked: str) -> Record:
    if not error and not isinstance(value, dict):
        error = f"is a JSON {type(value).__name__}, expected an object"
    if error:
        return Record(line, error=error, text=text)
    # {"tweet": {...}}, as in a user's own archive; {"data": {...}, "includes": ...}, as in a stream of Twitter's
    inner = next(iter(value.values())) if len(value) == 1 else value.get("data")
    note = value.get("object")
    if value.get("type") == "Create" and isinstance(note, dict) and not (value.keys() & _TEXTS or _has(value, asked)):
        return Record(line, note)  # {"type": "Create", "object": {...}}, as in an archive of Mastodon's
    return Record(line, with_media(inner, value) if isinstance(inner, dict) and not _is_post(value, asked) else value)


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
        yield Record(number, fields, error or _not_text(line), line)


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
            yield Record(number, {"text": line.removeprefix("\ufeff")}, _not_text(line), line)


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


def _not_text(line: str) -> str:
    from ner import is_text

    return "" if is_text(line) else "is not UTF-8: save the file as UTF-8 (in Excel: CSV UTF-8)"
