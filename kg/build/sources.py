"""Which files a build reads, and what each is: told by its first lines, never by its name."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from pyoxigraph import NamedNode, RdfFormat, parse

from kg.errors import SourceError
from kg.ntriples import BrokenLineError, parse_line
from kg.pictures.files import name_not_utf8
from kg.vocabulary import dataset_of

from .files import read_head, why_unread
from .source_file import SourceFile
from .table_forms import PARQUET, detect_parquet, detect_table
from .wikidata_json import is_wikidata_json

_SHOWN = 3
_HEAD_LINES, _SIGHT = 2000, 4096  # lines, and letters
_TURTLE = re.compile(r"^\s*(@prefix|@base|PREFIX|BASE)\s", re.IGNORECASE | re.MULTILINE)
_JSON_LD = re.compile(r'"@(?:id|context|graph)"\s*:')
_TURTLE_ENDS = re.compile(r"[;,{\[]\s*$", re.MULTILINE)
# A line that was meant as a statement, whatever is wrong with it.
_MEANT = re.compile(r"\s*(<[A-Za-z][^<>]*>|<[^<>:]*>|_:|@prefix|@base)\s*.*\.\s*$")
_ENDS = (".", ";", ",")  # of statements and their parts in Turtle


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
            real = path.resolve()
            if real in found:
                if path != found[real].path:
                    skipped.append(f"{path} is the same file as {found[real].path}")
                continue
            try:
                is_hidden = path.name.startswith(".")
                if path != source and (is_hidden or not path.is_file()):
                    why = "hidden by a dot" if is_hidden else "a closed folder, a link to nothing, or not a file"
                    raise SourceError(f"{path} is {why}; give it with --dump to use it")
                found[real] = detect(path)
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
    if odd := name_not_utf8(path):
        raise SourceError(odd)
    try:
        packed = why_unread(path)
        head = b"" if packed else read_head(path)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from None
    if packed:
        raise SourceError(f"{path} {packed}")
    if head.startswith(PARQUET):
        return detect_parquet(path)
    text = head.decode("utf-8-sig", "replace")
    if not text.strip():
        return SourceFile(path, "lines", "empty")
    lines = text.split("\n")
    controls = sum(letter < " " and letter not in "\t\n\r\f" for letter in text[:_SIGHT])
    if "\0" in text[:_SIGHT] and controls * 30 > len(text[:_SIGHT]) and not _line_dataset(lines):
        kind = "tar archive; unpack it first" if text[257:262] == "ustar" else "binary file, expected a dump or a table"
        raise SourceError(f"{path} is a {kind}")
    if is_wikidata_json(text):
        return SourceFile(path, "wikidata", "wikidata")
    if _TURTLE.search(text) and (dataset := _rdf_dataset(head, RdfFormat.TRIG)):
        return SourceFile(path, "turtle", dataset)
    if (dataset := _line_dataset(lines)) is not None and not _is_torn_turtle(lines):
        return SourceFile(path, "lines", dataset)
    if text.lstrip()[0] in "[{" and _JSON_LD.search(text[:_SIGHT]):
        with suppress(SourceError):  # a table of the user's own may have such a field
            if '"@context"' not in text[:_SIGHT]:
                return detect_table(path, text)
        return SourceFile(path, "json-ld", _rdf_dataset(head, RdfFormat.JSON_LD) or "mappingbased_objects")
    first = next(line for line in lines if line.strip())
    if first.lstrip().startswith("<") and (xml := _xml_dataset(path, first, head)) is not None:
        return SourceFile(path, "rdf/xml", xml)
    begins = first.lstrip().startswith(("<", "_:", "#")) and any(line.rstrip().endswith(_ENDS) for line in lines)
    is_turtle = _TURTLE_ENDS.search(text) or begins
    if is_turtle and (dataset := _rdf_dataset(head, RdfFormat.TRIG)):
        return SourceFile(path, "turtle", dataset)
    return detect_table(path, text)


def _files_of(source: Path) -> Iterator[Path]:
    """Yield a file, or what is in a folder and in those below it, linked ones too, in a fixed order.

    Folders that are hidden or closed are not entered, but yielded, so that they are accounted for.
    """
    seen, waiting, found = set[Path](), [source], list[Path]()
    while waiting:
        path = waiting.pop()
        if not path.is_dir() or (path != source and path.name.startswith(".")):
            found.append(path)
        elif path.resolve() not in seen:
            seen.add(path.resolve())
            try:
                waiting += path.iterdir()
            except PermissionError:
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


def _is_torn_turtle(lines: Sequence[str]) -> bool:
    """Say whether lines end where only Turtle may, and say more as Turtle than each by itself."""
    some = lines[:_HEAD_LINES]
    if not any(map(_TURTLE_ENDS.search, some)):
        return False
    alone = 0
    for line in some:
        with suppress(BrokenLineError):
            alone += parse_line(line) is not None
    return _rdf_datasets("\n".join(some).encode(), RdfFormat.TRIG).total() > alone


def _rdf_dataset(head: bytes, form: RdfFormat) -> str | None:
    """Return the dataset that most of the first statements belong to, None where there are none."""
    seen = _rdf_datasets(head, form)
    return _most(seen) if seen else None


def _rdf_datasets(head: bytes, form: RdfFormat) -> Counter[str]:
    """Count the datasets of the first statements."""
    seen: Counter[str] = Counter()
    with suppress(SyntaxError):  # at the latest where the head is cut
        for quad in parse(head, format=form, base_iri="file:///", lenient=True):
            is_literal = not isinstance(quad.object, NamedNode)
            seen[dataset_of(quad.predicate.value, is_literal=is_literal)] += 1
    return seen


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
