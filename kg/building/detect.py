"""What a file is: told by its first lines, never by its name."""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kg.errors import SourceError
from kg.ntriples import BrokenLineError, parse_line
from kg.vocabulary import dataset_of

from .reading import read_head

ENTITY_COLUMNS = ("iri", "label")
TRIPLE_COLUMNS = ("subject", "predicate", "object")
PRIOR_COLUMNS = ("iri", "count")
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file and what it is.

    Attributes:
        path: The file.
        form: `statements`, `csv`, `tsv` or `jsonl`.
        dataset: What is in it, as DBpedia names it.
        columns: The names of a table's columns, where its first line does not name them.
    """

    path: Path
    form: str
    dataset: str
    columns: tuple[str, ...] = ()


def find_sources(sources: Sequence[Path]) -> tuple[list[SourceFile], list[str]]:
    """Find every usable file among files and folders.

    Args:
        sources: Files, which must be usable, and folders, which are searched with all below them.

    Returns:
        The files, in a fixed order, each once; and a line for each file of a folder that is no source, with the reason.

    Raises:
        SourceError: If a file or folder does not exist, a named file is no source, or there is none at all.
    """
    found: dict[Path, SourceFile] = {}
    skipped: list[str] = []
    for source in sources:
        if not source.exists():
            raise SourceError(f"{source} does not exist; expected a dump, a table, or a folder of them")
        files = [source] if not source.is_dir() else sorted(path for path in source.rglob("*") if path.is_file())
        for path in files:
            if path.resolve() in found or any(part.startswith(".") for part in path.relative_to(source).parts):
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
        head = read_head(path)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from None
    if not head.strip():
        return SourceFile(path, "statements", "empty")
    if b"\0" in head[:4096]:
        raise SourceError(f"{path} is a binary file, expected a dump or a table")
    lines = head.decode("utf-8-sig", "replace").split("\n")
    dataset = _statement_dataset(lines)
    if dataset is not None:
        return SourceFile(path, "statements", dataset)
    first = next(line for line in lines if line.strip())
    if first.lstrip().startswith("<") and (kind := _markup(first)):
        raise SourceError(f"{path} is {kind}, expected a dump with a statement a line, or a table")
    if first.lstrip().startswith("{"):
        return _json_table(path, first)
    return _delimited_table(path, first)


def detect_priors(path: Path) -> SourceFile:
    """Say how a table of priors is written: `iri,count` with commas or tabs, its first line may name the columns.

    Raises:
        SourceError: If it is none, or cannot be read.
    """
    try:
        lines = read_head(path).decode("utf-8-sig", "replace").split("\n")
    except OSError as error:
        raise SourceError(f"the file of priors {path} cannot be read: {error.strerror}") from None
    first = next((line for line in lines if line.strip()), "")
    form = "tsv" if "\t" in first else "csv"
    cells = next(csv.reader([first], delimiter=delimiter_of(form)), [])
    if set(PRIOR_COLUMNS) <= set(normal_columns(cells)):
        return SourceFile(path, form, "priors")
    try:
        _, count = cells
        float(count)
    except ValueError:
        raise SourceError(
            f"{path} is no file of priors: expected lines of iri,count; its first is {first[:80]!r}"
        ) from None
    return SourceFile(path, form, "priors", PRIOR_COLUMNS)


def _statement_dataset(lines: Sequence[str]) -> str | None:
    seen: Counter[str] = Counter()
    comments = broken = 0
    for line in lines[:2000]:
        try:
            statement = parse_line(line)
        except BrokenLineError:
            broken += 1
            continue
        if statement is None:
            comments += line.strip() != ""
        else:
            seen[dataset_of(statement.predicate, is_literal=statement.value is not None)] += 1
    if seen:
        return max(seen, key=lambda name: (seen[name], name))
    return "empty" if comments and broken <= 1 else None


def _markup(first: str) -> str | None:
    start = first.lstrip()[:200].lower()
    if start.startswith(("<!doctype html", "<html")):
        return "a web page (a download that failed?)"
    if start.startswith(("<?xml", "<rdf:", "<!doctype")):
        return "XML (RDF/XML? convert it to N-Triples first)"
    return None


def _json_table(path: Path, first: str) -> SourceFile:
    try:
        row = json.loads(first)
    except ValueError:
        raise SourceError(f"{path} starts like JSON lines, but its first line is no JSON object") from None
    return SourceFile(path, "jsonl", _table_dataset(path, set(row) if isinstance(row, dict) else set()))


def _delimited_table(path: Path, first: str) -> SourceFile:
    form = "tsv" if "\t" in first else "csv"
    try:
        header = next(csv.reader([first], delimiter=delimiter_of(form)), [])
    except csv.Error:
        header = []
    return SourceFile(path, form, _table_dataset(path, set(normal_columns(header))))


def delimiter_of(form: str) -> str:
    """Return what stands between the cells of a `csv` or `tsv` table."""
    return "\t" if form == "tsv" else ","


def normal_columns(header: Sequence[str]) -> Iterator[str]:
    """Yield column names as they are compared: without blanks, in lower case."""
    return (name.strip().lower() for name in header)


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
