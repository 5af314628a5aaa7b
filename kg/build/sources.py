"""Which files a build reads, and what each is: told by its first lines, never by its name."""

import csv
import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import NamedNode, RdfFormat, parse

from kg.errors import SourceError
from kg.ntriples import BrokenLineError, parse_line
from kg.vocabulary import dataset_of

from .files import read_head, why_unread

ENTITY_COLUMNS = ("iri", "label")
TRIPLE_COLUMNS = ("subject", "predicate", "object")
NUMBER_COLUMNS = {"priors": ("iri", "count"), "counts": ("alias", "iri", "count")}
_SHOWN = 3
_HEAD_LINES = 2000
_TURTLE = re.compile(r"^\s*(@prefix|@base|PREFIX|BASE)\s", re.IGNORECASE | re.MULTILINE)
_TURTLE_ENDS = re.compile(r"[;,{\[]\s*$", re.MULTILINE)
# A line that was meant as a statement, whatever is wrong with it.
_MEANT = re.compile(r"\s*(<[A-Za-z][^<>]*>|<[^<>:]*>|_:|@prefix|@base)\s*.*\.\s*$")
_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file and what it is."""

    path: Path  # the file
    form: str  # `lines` (N-Triples, N-Quads), `turtle` (TriG too), `rdf/xml`, `table` (CSV, TSV) or `jsonl`
    dataset: str  # what is in it, as DBpedia names it
    columns: tuple[str, ...] = ()  # the names of a table's columns, where its first line does not name them
    delimiter: str = ","  # what stands between the cells of a table
    has_quotes: bool = True  # cells may stand in quotes; else a quote is a letter


def find_sources(sources: Sequence[Path]) -> tuple[list[SourceFile], list[str]]:
    """Find every usable file among files and folders.

    Args:
        sources: Files, which must be usable, and folders, which are searched with all below them.

    Returns:
        The files, in a fixed order, each once; and a line for each file of a folder that is not a source, with the
        reason.

    Raises:
        SourceError: If a file or folder does not exist, a named file is not a source, or there is none at all.
    """
    found: dict[Path, SourceFile] = {}
    skipped: list[str] = []
    for source in sources:
        if not source.exists():
            raise SourceError(f"{source} does not exist; expected a dump, a table, or a folder of them")
        for path in _files_of(source):
            if path.resolve() in found:
                continue
            try:
                found[path.resolve()] = detect(path)
            except SourceError as error:
                if path == source:
                    raise
                skipped.append(str(error))
    if not found:
        named = ", ".join(map(str, sources)) or "an empty list"
        reasons = "".join(f"; {reason}" for reason in skipped[:_SHOWN])
        raise SourceError(f"no dump or table in {named}; give at least one{reasons}")
    return list(found.values()), skipped


def detect(path: Path) -> SourceFile:
    """Say what a file is.

    Raises:
        SourceError: If it is neither statements nor a table with the columns that one needs, or cannot be read.
    """
    try:
        packed = why_unread(path)
        head = b"" if packed else read_head(path)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from None
    if packed:
        raise SourceError(f"{path} {packed}")
    if not head.strip():
        return SourceFile(path, "lines", "empty")
    text = head.decode("utf-8-sig", "replace")
    lines = text.split("\n")
    if "\0" in text[:4096] and not _line_dataset(lines):
        raise SourceError(f"{path} is a binary file, expected a dump or a table")
    if _TURTLE.search(text) and (dataset := _rdf_dataset(head, RdfFormat.TRIG)):
        return SourceFile(path, "turtle", dataset)
    if (dataset := _line_dataset(lines)) is not None:
        return SourceFile(path, "lines", dataset)
    if _TURTLE_ENDS.search(text) and (dataset := _rdf_dataset(head, RdfFormat.TRIG)):
        return SourceFile(path, "turtle", dataset)
    first = next(line for line in lines if line.strip())
    if first.lstrip().startswith("<"):
        if (xml := _xml_dataset(path, first, head)) is not None:
            return SourceFile(path, "rdf/xml", xml)
    elif first.lstrip().startswith("{"):
        return _json_table(path, first)
    return _delimited_table(path, first)


def detect_numbers(path: Path, dataset: str) -> SourceFile:
    """Say how a table of numbers is written: with commas, tabs or `;`; its first line may name the columns.

    Args:
        path: The table.
        dataset: ``priors``, which has `iri,count`, or ``counts``, which has `alias,iri,count`.

    Raises:
        SourceError: If it is not one, or cannot be read.
    """
    try:
        lines = read_head(path).decode("utf-8-sig", "replace").split("\n")
    except OSError as error:
        raise SourceError(f"the file of {dataset} {path} cannot be read: {error.strerror}") from None
    first = next((line for line in lines if line.strip()), "")
    delimiter, cells = _split(first)
    columns = NUMBER_COLUMNS[dataset]
    if set(columns) <= set(normal_columns(cells)):
        return SourceFile(path, "table", dataset, (), delimiter)
    try:
        *names, count = cells
        if len(names) != len(columns) - 1:
            raise ValueError
        float(count.replace(",", "."))
    except ValueError:
        raise SourceError(
            f"{path} is not a file of {dataset}: expected lines of {','.join(columns)}; its first is {first[:80]!r}"
        ) from None
    return SourceFile(path, "table", dataset, columns, delimiter)


def normal_columns(header: Sequence[str]) -> Iterator[str]:
    """Yield column names as they are compared: without blanks, in lower case."""
    return (name.strip().lower() for name in header)


def _files_of(source: Path) -> Iterator[Path]:
    """Yield a file, or the files of a folder and of those below it, linked ones too, in a fixed order."""
    if not source.is_dir():
        yield source
        return
    seen, waiting = set[Path](), [source]
    found = []
    while waiting:
        folder = waiting.pop()
        if folder.resolve() in seen:
            continue
        seen.add(folder.resolve())
        for entry in os.scandir(folder):
            if entry.name.startswith("."):
                continue
            path = folder / entry.name
            if path.is_dir():
                waiting.append(path)
            elif path.is_file():
                found.append(path)
    yield from sorted(found)


def _line_dataset(lines: Sequence[str]) -> str | None:
    """Return the dataset that most of some lines belong to, None where they are not statements."""
    seen: Counter[str] = Counter()
    comments = broken = meant = 0
    for line in lines[:_HEAD_LINES]:
        try:
            statement = parse_line(line)
        except BrokenLineError:
            broken += 1
            meant += _MEANT.match(line) is not None
            continue
        if statement is None:
            comments += line.strip() != ""
        else:
            seen[dataset_of(statement.predicate, is_literal=statement.value is not None)] += 1
    if seen:
        return _most(seen)
    is_rejected = 0 < broken == meant
    return "empty" if (comments and broken <= 1) or is_rejected else None


def _rdf_dataset(head: bytes, form: RdfFormat) -> str | None:
    """Return the dataset that most of the first statements belong to, None where there are none."""
    seen: Counter[str] = Counter()
    try:
        for quad in parse(head, format=form, base_iri="file:///", lenient=True):
            is_literal = not isinstance(quad.object, NamedNode)
            seen[dataset_of(quad.predicate.value, is_literal=is_literal)] += 1
    except SyntaxError:  # at the latest where the head is cut
        pass
    return _most(seen) if seen else None


def _most(seen: Counter[str]) -> str:
    return max(seen, key=lambda name: (seen[name], name))


def _xml_dataset(path: Path, first: str, head: bytes) -> str | None:
    """Return the dataset of RDF/XML, None for what is not markup at all.

    Raises:
        SourceError: If it is markup, but not RDF/XML that can be read.
    """
    start = first.lstrip()[:200].lower()
    if start.startswith(("<!doctype html", "<html")):
        raise SourceError(f"{path} is a web page (a download that failed?), expected a dump or a table")
    if not start.startswith(("<?xml", "<rdf:", "<!doctype")):
        return None
    dataset = _rdf_dataset(head, RdfFormat.RDF_XML)
    if dataset is None:
        raise SourceError(f"{path} is XML without statements of RDF/XML, expected a dump or a table")
    return dataset


def _json_table(path: Path, first: str) -> SourceFile:
    try:
        row = json.loads(first)
    except ValueError:
        raise SourceError(f"{path} starts like JSON lines, but its first line is not a JSON object") from None
    return SourceFile(path, "jsonl", _table_dataset(path, set(row) if isinstance(row, dict) else set()))


def _delimited_table(path: Path, first: str) -> SourceFile:
    delimiter, header = _split(first)
    dataset = _table_dataset(path, set(normal_columns(header)))
    # Tabs need no quotes: a quote is a letter between them, unless the first line has every name in quotes.
    has_quotes = delimiter != "\t" or first.startswith('"')
    return SourceFile(path, "table", dataset, (), delimiter, has_quotes)


def _split(first: str) -> tuple[str, list[str]]:
    """Return what stands between the cells of a table, by its first line, and the cells of this line."""
    delimiter = "\t" if "\t" in first else max(_DELIMITERS, key=first.count)
    try:
        return delimiter, next(csv.reader([first.rstrip("\r")], delimiter=delimiter), [])
    except csv.Error:
        return delimiter, []


def _table_dataset(path: Path, columns: set[str]) -> str:
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
