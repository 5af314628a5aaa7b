"""Terms between SPARQL and N-Triples: what may stand in a query, and one form for what servers write differently.

Servers keep the same literal in their own ways: Virtuoso writes `1` for `true` and `180.0` for `1.80E2`, Oxigraph makes
every `xsd:int` an `xsd:integer`. A graph must not depend on the server it was asked from, so numbers, truth values and
times get one form here.
"""

import re
from collections.abc import Mapping
from decimal import MAX_PREC, Context, Decimal, InvalidOperation
from urllib.parse import quote

from kg.iris import canonical_iri
from kg.ntriples import escape

_XSD = "http://www.w3.org/2001/XMLSchema#"
_IRI = re.compile(r'[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20<>"{}|^`\\\x7f-\x9f\ud800-\udfff]+')
_LANGUAGE = re.compile(r"[A-Za-z]+(?:-[A-Za-z0-9]+)*")
_IRI_LIMIT = 4096  # characters; longer ones are no names of things
_PLAIN = ("", _XSD + "string", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString")
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

Term = Mapping[str, str]
Row = Mapping[str, Term]


class BadTermError(ValueError):
    """A term that cannot stand in a graph or in a query; its text says why."""


def is_iri(text: str) -> bool:
    """Say whether a text is an absolute IRI that may stand between `<` and `>`, in a query as in N-Triples."""
    return len(text) <= _IRI_LIMIT and _IRI.fullmatch(text) is not None


def is_language(text: str) -> bool:
    """Say whether a text is a language tag."""
    return _LANGUAGE.fullmatch(text) is not None


def in_query(iri: str) -> str:
    """Write an IRI for a query, or raise `BadTermError` for what could end it early or mean something else."""
    if not is_iri(iri):
        raise BadTermError(f"not an absolute IRI: {iri[:200]!r}")
    return f"<{iri}>"


def spellings(iri: str) -> tuple[str, ...]:
    """Return the forms under which an endpoint may know an IRI: as it is, in Unicode, and percent-encoded."""
    plain = canonical_iri(iri)
    encoded = "".join(char if char.isascii() else quote(char) for char in plain)
    return tuple(dict.fromkeys((iri, plain, encoded)))


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
    if datatype in _PLAIN:
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
