"""A user's own tables into the stage: entities, triples, priors and counts, as CSV, TSV or JSON lines."""

import math
import re
from collections.abc import Iterator
from pathlib import Path

from kg.entities import ENTITY_TYPES
from kg.iris import canonical_iri
from kg.names.normal import normal_form
from kg.ntriples import Statement
from kg.vocabulary import DATASETS, DESCRIPTION

from .rows import Row, read_rows
from .source_file import SourceFile
from .stage import LABELLED, STATED, Stage
from .statements import Statements

_ABSOLUTE_IRI = re.compile(r"(?:https?|ftp|urn|tag|info|doi|file):\S+$", re.IGNORECASE)
_BRACKETED = re.compile(r'["“]?[<‹〈]([^<>‹›〈〉]*)[>›〉]["”]?$')
# What tells an entity's name from a text, where the row's subject is one of its kind: `Q188`, `wd:Q188`, `/m/02q`.
_NUMBERED = re.compile(r"((?:\w+:)?[A-Za-z]+)\d+$")
_PREFIXED = re.compile(r"([A-Za-z][\w.-]*:)[^\s/]+$")
_PATH = re.compile(r"(/\w+/)\S+$")
_TYPE_NAMES = {
    "MISC": "OTHER",
    "PERSON": "PER",
    "LOCATION": "LOC",
    "GPE": "LOC",
    "ORGANISATION": "ORG",
    "ORGANIZATION": "ORG",
}
# `en`, `en.m`, `en.wikipedia`, as page views name the Wikipedias; `en.b` and the like are other projects.
_WIKI = re.compile(r"([a-z-]+)(?:\.m|\.wikipedia)?")
_TWO_NUMBERS = re.compile(r'"?[1-9]\d{0,2},\d{3}"?')
_ROWS_AT_ONCE = 20_000


def load_table(stage: Stage, source: SourceFile) -> Iterator[int]:
    """Bring the rows of a table into the stage; bad ones are kept as rejected.

    Yields:
        How many lines are read.

    Raises:
        DamagedFileError: After the last readable row, if the file ends in damage.
    """
    lines = 0
    triples = _Triples(stage)
    try:
        for count, row in enumerate(read_rows(source), 1):
            lines = row.line
            if row.error is not None:
                stage.reject(row.line, row.text, row.error)
            elif source.dataset == "triples":
                triples.add(row)
            elif source.dataset == "priors":
                _load_prior(stage, row)
            elif source.dataset == "page views":
                _load_views(stage, row)
            elif source.dataset == "counts":
                _load_name_count(stage, row)
            else:
                _load_entity(stage, row, source.path.parent)
                triples.describe(row)
            if count % _ROWS_AT_ONCE == 0:
                triples.keep()
                yield lines
    finally:
        triples.keep()
    yield lines


class _Triples:
    """The rows of a table of triples, on their way into the stage."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._statements = Statements(stage)
        self._waiting: list[tuple[Statement, str | None]] = []

    def add(self, row: Row) -> None:
        """Take a row."""
        subject, predicate, target = (_iri_text(row.cells.get(name)) for name in ("subject", "predicate", "object"))
        if not subject or not predicate or not target:
            self._stage.reject(row.line, row.text, "a triple needs subject, predicate and object")
            return
        dataset = DATASETS.get(predicate)
        is_node = dataset == "instance_types" or (dataset not in ("labels", "images") and _is_entity(target, subject))
        if is_node:
            self._waiting.append((Statement(subject, predicate, target, None, ""), None))
        else:
            # A text that turns out to be an entity's IRI becomes a triple, when all entities are known.
            may_be = None if dataset in ("labels", "images") else canonical_iri(target)
            text = _text(row.cells.get("object"))
            self._waiting.append((Statement(subject, predicate, None, text, ""), may_be))

    def describe(self, row: Row) -> None:
        """Take the description of a row of entities, if it has one."""
        iri, label, text = (
            _iri_text(row.cells.get("iri")),
            _text(row.cells.get("label")),
            _text(row.cells.get("description")),
        )
        if iri and label and text:
            self._waiting.append((Statement(iri, DESCRIPTION, None, text, ""), None))

    def keep(self) -> None:
        """Bring what was taken into the stage."""
        if self._waiting:
            statements, may_be = zip(*self._waiting, strict=True)
            self._statements.take(statements, may_be)
            self._statements.keep()
            self._waiting.clear()


def _is_entity(target: str, subject: str) -> bool:
    """Say whether an object is an IRI, or a name of the same kind as the subject's."""
    if _ABSOLUTE_IRI.match(target):
        return True
    return any(
        (found := kind.match(target)) is not None and (own := kind.match(subject)) is not None and found[1] == own[1]
        for kind in (_NUMBERED, _PREFIXED, _PATH)
    )


def _load_entity(stage: Stage, row: Row, folder: Path) -> None:
    iri, label = _iri_text(row.cells.get("iri")), _text(row.cells.get("label"))
    if not iri or not label:
        stage.reject(row.line, row.text, f"no {'label' if iri else 'iri'}")
        return
    stage.records += 1
    iri = stage.iri(iri, STATED | LABELLED)
    stage.add("label", iri, label, "")
    for alias in _texts(row.cells.get("aliases")):
        stage.add("name", iri, alias, "alias", 0.9)
    for image in _texts(row.cells.get("image")):
        stage.add("image", iri, image, str(folder))
    for name in _texts(row.cells.get("class")):
        stage.add("type", iri, stage.iri(_unbracketed(name), 0))
    coarse, prior = _coarse_type(stage, row), _prior(stage, row)
    if coarse is not None or prior is not None:
        stage.add("given", iri, coarse, prior)


def _load_prior(stage: Stage, row: Row) -> None:
    iri, given = _iri_text(row.cells.get("iri")), _text(row.cells.get("count"))
    count = _number(given)
    if not iri or count is None:
        stage.reject(row.line, row.text, _no_number("count", given) if iri else "no iri")
        return
    stage.records += 1
    stage.add("count", stage.iri(iri, 0), count)


def _load_views(stage: Stage, row: Row) -> None:
    """Count the views of a page of a Wikipedia as that of DBpedia's thing; other projects' pages are no things."""
    wiki, title, count = (_text(row.cells.get(name)) for name in ("wiki", "iri", "count"))
    language, number = _WIKI.fullmatch(wiki), _number(count)
    if language is None:
        stage.ignore(1, "views of pages that are not Wikipedia's")
    elif number is None:
        stage.reject(row.line, row.text, _no_number("count", count))
    else:
        stage.records += 1
        stage.add("count", stage.iri(f"https://{language[1]}.wikipedia.org/wiki/{title}", 0), number)


def _load_name_count(stage: Stage, row: Row) -> None:
    iri, given = _iri_text(row.cells.get("iri")), _text(row.cells.get("count"))
    alias, count = _text(row.cells.get("alias")), _number(given)
    normal = normal_form(alias)
    if not iri or not normal or count is None:
        missing = "no alias" if not normal else "no iri" if not iri else ""
        stage.reject(row.line, row.text, missing or _no_number("count", given))
        return
    stage.records += 1
    stage.add("name_count", row.line, stage.iri(iri, 0), normal, count, row.text[:200], alias)


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
        stage.reject(row.line, row.text, f"{_no_number('prior', given)}; the entity is kept without it")
    return prior


def _number(text: str) -> float | None:
    """Return the number from 0 on that a text is (`12,5` is what some spreadsheets write), None if it is not one.

    `1,234` is none, as it is two: which of them, only its writer knows.
    """
    if _TWO_NUMBERS.fullmatch(text):
        return None
    try:
        number = float(text.strip('"').replace(",", ".", 1))
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _no_number(name: str, text: str) -> str:
    expected = "1234 or 1.234: a comma may mean either" if _TWO_NUMBERS.fullmatch(text) else "a number from 0 on"
    return f"{name} {text!r}, expected {expected}"


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value != value:  # the last: NaN
        return ""
    return str(value).strip()


def _iri_text(value: object) -> str:
    return _unbracketed(_text(value))


def _unbracketed(text: str) -> str:
    """Return an IRI without the brackets, `<http://…>` or `‹http://…›`, that some tables write around it."""
    found = _BRACKETED.match(text)
    return found[1].strip() if found else text


def _texts(value: object) -> list[str]:
    parts = value if isinstance(value, list) else _text(value).split("|")
    return [text for text in map(_text, parts) if text]
