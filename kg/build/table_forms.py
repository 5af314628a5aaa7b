"""Which table a file is: told by its first line, its JSON, or, for triples without a header, the form of its rows."""

import csv
import json
import re
from collections.abc import Iterable, Sequence
from glob import escape
from pathlib import Path

import duckdb

from kg.errors import SourceError
from kg.pictures.files import name_not_utf8

from .files import read_head
from .source_file import SourceFile

ENTITY_COLUMNS = ("iri", "label")
TRIPLE_COLUMNS = ("subject", "predicate", "object")
_READ = {
    "entities": (*ENTITY_COLUMNS, "type", "class", "aliases", "image", "description", "prior"),
    "triples": TRIPLE_COLUMNS,
}
NUMBER_COLUMNS = {"priors": ("iri", "count"), "counts": ("alias", "iri", "count")}
# Wikipedia's own page views: a day's, by access, and an hour's.
_PAGE_VIEWS = (
    (re.compile(r"\S+ \S+ (\d+|null) [a-z-]+ \d+ \S+"), ("wiki", "iri", "page", "access", "count", "hours")),
    (re.compile(r"[a-z][\w.-]* \S+ \d+ \d+"), ("wiki", "iri", "count", "bytes")),
)
# A first line by which spreadsheets say what stands between the cells.
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*$', re.IGNORECASE)
# What comes before the first object of a list: `[`, or `{"data": [`.
JSON_LIST = re.compile(r'\s*(\{\s*"[^"]*"\s*:\s*)?\[\s*(?=\{)')
PARQUET = b"PAR1"
_DELIMITERS = ",;\t|"
_QUOTED_CELL = re.compile(r'"(?:[^"\t]|"")*(?:"\s*\t|"?\s*$)')  # it may end on a later line
_HEAD_LINES, _JSON_HEAD_BYTES = 2000, 4 << 20  # one object may be long
_SHARE_OF_TRIPLES, _FEW_PREDICATES = 0.9, 3
# Other headers for the columns of triples.
_TRIPLE_NAMES = (("s", "p", "o"), ("head", "relation", "tail"))
# What names a thing: an IRI (also within brackets), `wd:Q1`, `Q1`, `/m/0abc`.
_NAME = re.compile(r"<\S+>|‹\S+›|[A-Za-z][\w.+-]*:\S+|[A-Za-z]+\d+|/\w+/\S+")
_HEADERLESS = "it has no header, and was read as subject, predicate and object"


def detect_table(path: Path, text: str) -> SourceFile:
    """Say which table a file is.

    Args:
        path: The file.
        text: Its beginning.

    Raises:
        SourceError: If it is none with the columns that one needs.
    """
    if text.lstrip()[:1] in ("{", "["):
        return _json_table(path, read_head(path, limit_bytes=_JSON_HEAD_BYTES).decode("utf-8-sig", "replace"))
    lines = [line.rstrip("\r") for line in text.split("\n") if line.strip()]
    separator = SEPARATOR_LINE.match(lines[0])
    first = lines[1] if separator and len(lines) > 1 else lines[0]
    delimiter, header = _split(first, separator[1] if separator else None)
    columns = set(normal_columns(header))
    if not columns & {*ENTITY_COLUMNS, *TRIPLE_COLUMNS} and (found := _headerless_triples(path, lines[:_HEAD_LINES])):
        return found
    dataset, has_quotes = _dataset_of(path, columns), _has_quotes(first, delimiter)
    return SourceFile(path, "table", dataset, (), delimiter, has_quotes, _unused(normal_columns(header), dataset))


def detect_parquet(path: Path) -> SourceFile:
    """Say which table a file of Parquet is.

    Raises:
        SourceError: If it is none with the columns that one needs, or is damaged.
    """
    try:
        with duckdb.connect() as connection:
            header = connection.execute("SELECT * FROM read_parquet(?) LIMIT 0", [escape(str(path))]).description
    except duckdb.Error as error:
        raise SourceError(f"{path} is a damaged file of Parquet: {str(error).splitlines()[0]}") from None
    columns = normal_columns(name for name, *_ in header or ())
    dataset = _dataset_of(path, set(columns))
    return SourceFile(path, "parquet", dataset, remark=_unused(columns, dataset))


def detect_numbers(path: Path, dataset: str) -> SourceFile:
    """Say how a table of numbers is written: with commas, tabs or `;`; its first line may name the columns.

    Args:
        path: The table.
        dataset: ``priors``, which has `iri,count` or is one of Wikipedia's page views; or ``counts``, which has
            `alias,iri,count`.

    Raises:
        SourceError: If it is not one, or cannot be read.
    """
    if odd := name_not_utf8(path):
        raise SourceError(odd)
    try:
        lines = read_head(path).decode("utf-8-sig", "replace").split("\n")
    except OSError as error:
        raise SourceError(f"the file of {dataset} {path} cannot be read: {error.strerror}") from None
    first = next((line for line in lines if line.strip()), "")
    for form, names_of_cells in _PAGE_VIEWS if dataset == "priors" else ():
        if form.fullmatch(first.rstrip("\r")):
            return SourceFile(path, "table", "page views", names_of_cells, " ", has_quotes=False)
    delimiter, cells = _split(first)
    columns, has_quotes = NUMBER_COLUMNS[dataset], _has_quotes(first, delimiter)
    if set(columns) <= set(normal_columns(cells)):
        return SourceFile(path, "table", dataset, (), delimiter, has_quotes)
    try:
        *names, count = cells
        if len(names) != len(columns) - 1:
            raise ValueError
        float(count.strip('"').replace(",", ""))
    except ValueError:
        raise SourceError(
            f"{path} is not a file of {dataset}: expected lines of {','.join(columns)}; its first is {first[:80]!r}"
        ) from None
    return SourceFile(path, "table", dataset, columns, delimiter, has_quotes)


def normal_columns(header: Iterable[str]) -> list[str]:
    """Return column names as they are compared: without blanks, in lower case; by the usual names of triples."""
    names = [name.strip().lower() for name in header]
    usual = next((zip(one, TRIPLE_COLUMNS, strict=True) for one in _TRIPLE_NAMES if set(one) <= set(names)), ())
    by_name = dict(usual)
    return [by_name.get(name, name) for name in names]


def _json_table(path: Path, text: str) -> SourceFile:
    """Return JSON lines, or a list of objects, which may be the first member of an object."""
    before = JSON_LIST.match(text)
    for form, start in (("jsonl", text.index(text.lstrip()[0])), ("json", before.end() if before else 0)):
        try:
            row, _ = json.JSONDecoder().raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict) and (form == "json" or before is None or {*ENTITY_COLUMNS, *TRIPLE_COLUMNS} & {*row}):
            dataset = _dataset_of(path, set(normal_columns(row)))
            return SourceFile(path, form, dataset, remark=_unused(normal_columns(row), dataset))
    raise SourceError(f"{path} starts like JSON, but its first value is not an object that can be read")


def _split(first: str, delimiter: str | None = None) -> tuple[str, list[str]]:
    """Return what stands between the cells of a table, by its first line, and the cells of this line."""
    delimiter = delimiter or ("\t" if "\t" in first else max(_DELIMITERS, key=first.count))
    if not _has_quotes(first, delimiter):
        return delimiter, first.rstrip("\r").split(delimiter)
    try:
        is_blank_left, is_strict = delimiter == "\t", delimiter == " "
        reader = csv.reader(
            [first.rstrip("\r")], delimiter=delimiter, skipinitialspace=not is_blank_left, strict=is_strict
        )
        return delimiter, next(reader, [])
    except csv.Error:
        return delimiter, []


def _has_quotes(first: str, delimiter: str) -> bool:
    """Say whether cells may stand in quotes: between tabs only where the first cell of the first line does."""
    return delimiter != "\t" or _QUOTED_CELL.match(first) is not None


def _headerless_triples(path: Path, lines: Sequence[str]) -> SourceFile | None:
    """Return a table of triples without a header; None unless nearly all rows are three cells that look like triples.

    Either subjects and predicates are names by their form, or the first line's predicate stands in other lines too (so
    it is not a header) and some object is a subject.
    """
    for delimiter in ("\t", ",", ";", " "):
        cells = [_split(line, delimiter)[1] for line in lines]
        rows = [row for row in cells if len(row) == len(TRIPLE_COLUMNS)]
        if len(cells[0]) != len(TRIPLE_COLUMNS) or len(rows) < _SHARE_OF_TRIPLES * len(cells):
            continue
        subjects, predicates = {row[0] for row in rows}, [row[1] for row in rows]
        if len(set(predicates)) > max(len(rows) // 2, _FEW_PREDICATES):
            continue
        named = [_NAME.fullmatch(row[0]) is not None and _NAME.fullmatch(row[1]) is not None for row in rows]
        is_named = named[0] and sum(named) >= _SHARE_OF_TRIPLES * len(rows)
        is_linked = predicates.count(predicates[0]) > 1 and any(row[2] in subjects for row in rows)
        if is_named or (is_linked and delimiter == "\t"):
            has_quotes = _has_quotes(lines[0], delimiter)
            return SourceFile(path, "table", "triples", TRIPLE_COLUMNS, delimiter, has_quotes, _HEADERLESS)
    return None


def _unused(columns: Sequence[str], dataset: str) -> str | None:
    """Say which columns of a table are not read; of those that are called alike, the last is."""
    known = _READ[dataset]
    idle = [name for name in columns if name and name not in known]
    idle += [f"{name} (stands again)" for place, name in enumerate(columns) if name in columns[place + 1 :] and name]
    return f"columns that are not used: {', '.join(idle)} (used are {', '.join(known)})" if idle else None


def _dataset_of(path: Path, columns: set[str]) -> str:
    if columns.issuperset(TRIPLE_COLUMNS):
        return "triples"
    if columns.issuperset(ENTITY_COLUMNS):
        return "entities"
    missing = None
    if columns & {*ENTITY_COLUMNS, "type", "aliases", "image"}:
        missing = [name for name in ENTITY_COLUMNS if name not in columns]
    if len(columns & set(TRIPLE_COLUMNS)) > 0:
        missing = [name for name in TRIPLE_COLUMNS if name not in columns]
    if missing:
        raise SourceError(f"{path} lacks the column {', '.join(missing)}; it has {', '.join(sorted(columns))}")
    raise SourceError(
        f"{path} is neither statements nor a table; a table's first line names iri,label or subject,predicate,object"
    )
