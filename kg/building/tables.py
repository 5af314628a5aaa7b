"""A user's own tables into the stage: entities and triples, as CSV, TSV or JSON lines."""

import csv
import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from kg.entities import ENTITY_TYPES
from kg.vocabulary import DATASETS, IGNORED

from .detect import SourceFile, delimiter_of, normal_columns
from .reading import LINE_LIMIT_BYTES, DamagedFileError, open_plain
from .scan import LABELLED, STATED
from .staging import Stage

_ABSOLUTE_IRI = re.compile(r"(?:https?|ftp|urn|tag|info|doi|file):\S+$", re.IGNORECASE)
_TYPE_NAMES = {
    "MISC": "OTHER",
    "PERSON": "PER",
    "LOCATION": "LOC",
    "GPE": "LOC",
    "ORGANISATION": "ORG",
    "ORGANIZATION": "ORG",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Attributes:
        cells: Texts (or, in JSON lines, lists and numbers) by column name.
        text: The row as it stands in the file.
        line: Number of its last line, from 1.
        end_bytes: Offset after it.
        error: Why it cannot be used, or None.
    """

    cells: dict[str, object]
    text: str
    line: int
    end_bytes: int
    error: str | None


def read_rows(source: SourceFile, *, offset_bytes: int = 0, lines_before: int = 0) -> Iterator[Row]:
    """Yield a table's rows, from an earlier row's `end_bytes` and `line` on.

    Raises:
        DamagedFileError: After the last readable row, if the file ends in damage.
    """
    with open_plain(source.path) as stream:
        lines = _Lines(stream)
        reader: Callable[[_Lines], Iterator[Row]]
        if source.form == "jsonl":
            reader = _json_rows
        else:
            columns = list(source.columns)
            if not columns:
                columns = list(normal_columns(next(csv.reader(lines, delimiter=delimiter_of(source.form)))))
            reader = lambda lines: _delimited_rows(lines, columns, delimiter_of(source.form))  # noqa: E731
        if offset_bytes:
            stream.seek(offset_bytes)
            lines.end_bytes, lines.count = offset_bytes, lines_before
        yield from reader(lines)


def load_rows(
    stage: Stage, source: SourceFile, *, offset_bytes: int, lines_before: int, rows_at_once: int = 20_000
) -> Iterator[tuple[int, int]]:
    """Put the rows of a table into the stage, from some offset on.

    Yields:
        Offset and number of lines up to which the stage now holds everything.

    Raises:
        DamagedFileError: After the last readable row, if the file ends in damage.
    """
    end, lines, damage = offset_bytes, lines_before, None
    try:
        for count, row in enumerate(read_rows(source, offset_bytes=offset_bytes, lines_before=lines_before), 1):
            load_row(stage, row, source)
            end, lines = row.end_bytes, row.line
            if count % rows_at_once == 0:
                yield end, lines
    except DamagedFileError as error:
        damage = error
    yield end, lines
    if damage is not None:
        raise damage


def load_row(stage: Stage, row: Row, source: SourceFile) -> None:
    """Put one row into the stage; a bad one is kept as rejected."""
    if row.error is not None:
        stage.reject(row.line, row.text, row.error)
    elif source.dataset == "triples":
        _load_triple(stage, row)
    elif source.dataset == "priors":
        _load_prior(stage, row)
    else:
        _load_entity(stage, row, source.path.parent)


class _Lines:
    """The decoded lines of a stream, with the offset after the last one that was taken."""

    def __init__(self, stream: BufferedReader) -> None:
        self._stream = stream
        self.end_bytes = 0
        self.count = 0
        self.last = ""
        self.bad = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        try:
            line = self._stream.readline(LINE_LIMIT_BYTES)
        except EOFError:
            raise DamagedFileError("the compressed data ends too early (a download that was cut?)") from None
        except OSError as error:
            raise DamagedFileError(f"the file is damaged ({error})") from None
        if not line:
            raise StopIteration
        text = line.removeprefix(b"\xef\xbb\xbf") if self.end_bytes == 0 else line
        self.end_bytes += len(line)
        self.count += 1
        try:
            self.last, self.bad = text.decode("utf-8"), False
        except UnicodeDecodeError:
            self.last, self.bad = text.decode("utf-8", "replace"), True
        return self.last


def _delimited_rows(lines: _Lines, columns: list[str], delimiter: str) -> Iterator[Row]:
    while True:
        start, error, cells, bad = lines.end_bytes, None, [], False
        try:
            cells = next(csv.reader(lines, delimiter=delimiter))
            bad = lines.bad
        except StopIteration:
            return
        except csv.Error as problem:
            error = f"no row of cells ({problem})"
        if not cells and error is None:
            continue
        if bad:
            error = "bytes that are not UTF-8"
        elif error is None and len(cells) != len(columns):
            error = f"{len(cells)} cells, expected {len(columns)}"
        assert lines.end_bytes > start
        text = delimiter.join(cells) or lines.last.rstrip("\r\n")
        yield Row(dict(zip(columns, cells, strict=False)), text, lines.count, lines.end_bytes, error)


def _json_rows(lines: _Lines) -> Iterator[Row]:
    for line in lines:
        if not line.strip():
            continue
        cells: dict[str, object] = {}
        error: str | None = "no JSON object"
        try:
            value = json.loads(line)
            if isinstance(value, dict):
                cells, error = value, None
        except (ValueError, RecursionError):
            pass
        if error is None:
            error = "bytes that are not UTF-8" if lines.bad else _half_character(line, cells)
        yield Row(cells, line.rstrip("\r\n"), lines.count, lines.end_bytes, error)


def _half_character(line: str, cells: dict[str, object]) -> str | None:
    """Say that a row holds half of an escaped pair, which JSON can spell and no file can hold."""
    if "\\ud" in line.lower():
        try:
            json.dumps(cells, ensure_ascii=False).encode()
        except UnicodeEncodeError as problem:
            return f"half a character (\\u{ord(problem.object[problem.start]):04x} alone)"
    return None


def _load_entity(stage: Stage, row: Row, folder: Path) -> None:
    iri, label = _text(row.cells.get("iri")), _text(row.cells.get("label"))
    if not iri or not label:
        stage.reject(row.line, row.text, f"no {'label' if iri else 'iri'}")
        return
    stage.records += 1
    key = stage.key(iri, STATED | LABELLED)
    stage.add("label", key, stage.tag(""), label)
    for alias in _texts(row.cells.get("aliases")):
        stage.add("name", key, alias, "alias", 0.9)
    for image in _texts(row.cells.get("image")):
        stage.add("image", key, image, str(folder))
    for name in _texts(row.cells.get("class")):
        stage.add("type", key, stage.class_(name))
    coarse, prior = _coarse_type(stage, row), _prior(stage, row)
    if coarse is not None or prior is not None:
        stage.add("coarse", key, coarse, prior)


def _load_triple(stage: Stage, row: Row) -> None:
    subject, predicate, target = (_text(row.cells.get(name)) for name in ("subject", "predicate", "object"))
    if not subject or not predicate or not target:
        stage.reject(row.line, row.text, "a triple needs subject, predicate and object")
        return
    if predicate in IGNORED:
        stage.ignored += 1
        return
    stage.records += 1
    dataset = DATASETS.get(predicate)
    if dataset == "labels":
        stage.add("label", stage.key(subject, LABELLED), stage.tag(""), target)
        return
    key = stage.key(subject)
    if dataset == "instance_types":
        stage.add("type", key, stage.class_(target))
    elif dataset == "images":
        stage.add("image", key, target, "")
    elif _ABSOLUTE_IRI.match(target):
        stage.add("triple", key, stage.predicate(predicate), stage.key(target))
    else:
        stage.add_names([(key, predicate, target)])
        # An object that turns out to be an entity's IRI becomes a triple, when all entities are known.
        stage.add("literal", key, stage.predicate(predicate), stage.tag(""), stage.key(target, 0), target)


def _load_prior(stage: Stage, row: Row) -> None:
    iri, given = _text(row.cells.get("iri")), _text(row.cells.get("count"))
    count = _number(given)
    if not iri or count is None:
        stage.reject(row.line, row.text, f"count {given!r}, expected a number from 0 on" if iri else "no iri")
        return
    stage.records += 1
    stage.add("count", stage.key(iri, 0), count)


def _coarse_type(stage: Stage, row: Row) -> str | None:
    given = _text(row.cells.get("type")).upper()
    coarse = _TYPE_NAMES.get(given, given)
    if not coarse or coarse in ENTITY_TYPES:
        return coarse or None
    stage.reject(
        row.line, row.text, f"type {given!r}, expected PER, LOC, ORG or OTHER; the entity is kept without a type"
    )
    return None


def _prior(stage: Stage, row: Row) -> float | None:
    given = _text(row.cells.get("prior"))
    if not given:
        return None
    prior = _number(given)
    if prior is None:
        stage.reject(row.line, row.text, f"prior {given!r}, expected a number from 0 on; the entity is kept without it")
    return prior


def _number(text: str) -> float | None:
    """Return the number from 0 on that a text is, None if it is none."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).strip()


def _texts(value: object) -> list[str]:
    parts = value if isinstance(value, list) else _text(value).split("|")
    return [text for text in map(_text, parts) if text]
