"""What was fetched, as sorted N-Triples files: the same statements give the same bytes, in whatever order they came.

Servers keep the same literal in their own ways: Virtuoso writes `1` for `true` and `180.0` for `1.80E2`, Oxigraph makes
every `xsd:int` an `xsd:integer`. A graph must not depend on the server it was asked from, so numbers, truth values and
times get one form here.
"""

import os
import re
import sqlite3
from collections.abc import Iterable
from decimal import MAX_PREC, Context, Decimal, InvalidOperation
from pathlib import Path

from kg.iris import canonical_iri, is_language
from kg.ntriples import PLAIN_TYPES, escape
from kg.vocabulary import dataset_of

from .questions import FETCHED, BadTermError, Term, in_query

_NAMES = {name: f"{name.removeprefix('instance_').removeprefix('mappingbased_')}.nt" for name in FETCHED}
_HEAD = "# fetched from "

_XSD = "http://www.w3.org/2001/XMLSchema#"
_INTEGERS = frozenset(
    _XSD + name
    for name in (
        *("integer", "int", "long", "short", "byte", "nonNegativeInteger", "positiveInteger", "nonPositiveInteger"),
        *("negativeInteger", "unsignedInt", "unsignedLong", "unsignedShort", "unsignedByte"),
    )
)
_DIGITS = {_XSD + "double": 15, _XSD + "float": 6}  # as many as every server keeps
_EXACT = Context(prec=MAX_PREC)
_NUMERIC = _INTEGERS | _DIGITS.keys() | {_XSD + "decimal"}
_TIMES = frozenset(_XSD + name for name in ("dateTime", "dateTimeStamp", "time", "date", "gYear", "gYearMonth"))
_FRACTION = re.compile(r"(:\d\d)(\.\d*?)0+(?=$|Z|[+-])")
_SHORT_YEAR = re.compile(r"(-?)(\d{1,3})(?=$|Z|-\d\d|\+)")


class StatementFiles:
    """Collects statements on the disk, and writes them into a folder, which is made, when they are all there."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._connection = sqlite3.connect("")  # a file that SQLite removes
        self._connection.execute("CREATE TABLE statement (file, line, PRIMARY KEY (file, line)) WITHOUT ROWID")

    def close(self) -> None:
        """Forget what was collected."""
        self._connection.close()

    def add(self, statements: Iterable[tuple[str, str, str]]) -> None:
        """Collect statements: a subject in N-Triples form, a predicate's IRI, and an object in N-Triples form."""
        rows = []
        for subject, predicate, target in statements:
            is_literal = target.startswith('"')
            dataset = dataset_of(predicate, is_literal=is_literal)
            if dataset in _NAMES and (is_literal or dataset != "labels"):
                rows.append((_NAMES[dataset], f"{subject} <{predicate}> {target} ."))
        with self._connection:
            self._connection.executemany("INSERT OR IGNORE INTO statement VALUES (?, ?)", rows)

    def write(self, endpoint: str, comment: str) -> dict[Path, int]:
        """Write every file beside its place, then put them all in place; files without statements are removed.

        The head of each file names the endpoint, with a comment of one line. Returned are the files and the number of
        their statements.
        """
        parts = {self._folder / name: self._folder / f".{name}.part" for name in _NAMES.values()}
        counts = {path: self._write_one(path.name, part, f"{endpoint} ({comment})") for path, part in parts.items()}
        for path, part in parts.items():
            if counts[path]:
                part.replace(path)
            else:
                path.unlink(missing_ok=True)
                part.unlink()
        return {path: count for path, count in counts.items() if count}

    def _write_one(self, name: str, part: Path, head: str) -> int:
        count = 0
        with part.open("w", encoding="utf-8", newline="\n") as file:
            file.write(f"{_HEAD}{head}\n")
            for (line,) in self._connection.execute("SELECT line FROM statement WHERE file = ? ORDER BY line", [name]):
                file.write(line + "\n")
                count += 1
            file.flush()
            os.fsync(file.fileno())
        return count


def fetched_from(path: Path) -> str:
    """Return the endpoint that a file was fetched from; an empty text for any other file."""
    try:
        with path.open("rb") as file:
            head = file.readline(5000).decode("utf-8", "replace")
    except OSError:
        return ""
    return head.removeprefix(_HEAD).split(" ")[0] if head.startswith(_HEAD) else ""


def node(iri: str) -> str:
    """Write an IRI for N-Triples, in its one form, or raise `BadTermError` as `in_query` does."""
    return canonical_iri(in_query(iri))


def written(term: Term, number: str = "") -> str:
    """Write a result's IRI or literal for N-Triples, in its one form.

    Args:
        term: The term.
        number: Its value as the endpoint's `STR()` gives it, where it is a number: some round it in their JSON.

    Raises:
        BadTermError: If it is a blank node, not an absolute IRI, or a literal that no graph can hold.
    """
    value, language, datatype = term.get("value", ""), term.get("xml:lang"), term.get("datatype", "")
    if term.get("type") == "uri":
        return node(value)
    if term.get("type") not in ("literal", "typed-literal") or "value" not in term:
        raise BadTermError(f"not an IRI or a literal: {value[:200]!r}")
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise BadTermError("a literal with half a character")
    if language:
        if not is_language(language):
            raise BadTermError(f"not a language: {language[:50]!r}")
        return f'"{escape(value)}"@{language.lower()}'
    if datatype in ("", *PLAIN_TYPES):
        return f'"{escape(value)}"'
    if datatype in _INTEGERS:
        datatype = _XSD + "integer"
    return f'"{escape(normal_value(number if number and datatype in _NUMERIC else value, datatype))}"^^{node(datatype)}'


def normal_value(value: str, datatype: str) -> str:
    """Return the one form of a value; a value that its datatype does not allow stays as it is."""
    text = value.strip()
    try:
        if datatype in _DIGITS:  # Python writes `inf` and `nan`
            return format(float(text), f".{_DIGITS[datatype]}g").replace("inf", "INF").replace("nan", "NaN")
        if datatype in _INTEGERS:
            return str(int(text)) if len(text) < 1000 else value
        if datatype == _XSD + "decimal":
            number = Decimal(text)
            is_plain = number.is_finite() and abs(number.adjusted()) <= 1000
            return format(number.normalize(_EXACT) or Decimal(), "f") if is_plain else value
    except (ValueError, InvalidOperation):
        return value
    if datatype == _XSD + "boolean":
        return {"1": "true", "0": "false"}.get(text, value)
    if datatype in _TIMES:
        year = _SHORT_YEAR.match(text) if datatype != _XSD + "time" else None
        padded = f"{year[1]}{year[2]:0>4}{text[year.end() :]}" if year else text
        return _FRACTION.sub(lambda found: found[1] + (found[2] if len(found[2]) > 1 else ""), padded)
    return value
