"""The queries that a fetch asks: what there is about some IRIs, counted, whole, or by the page.

In each of them `?x` is the IRI that is asked about and `?y` the other end. Pages are told apart by a key, never by an
OFFSET: those of IRIs by `STR(?y) > STR(<last>)` (Virtuoso 7 compares a constant text that is not ASCII wrongly, that
of an IRI rightly), those of literals by their MD5, which is short and ASCII.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from kg.iris import canonical_iri, is_language
from kg.vocabulary import DATASETS, DISAMBIGUATION, IGNORED, NO_HOP, REDIRECT, TYPE

# Statements of articles and of the schema, besides those that no build keeps: they lead from everything to everything.
NOT_FOLLOWED = frozenset(
    {
        *IGNORED,
        *NO_HOP,
        *DATASETS,
        "http://dbpedia.org/property/wikiPageUsesTemplate",
        "http://www.w3.org/2000/01/rdf-schema#isDefinedBy",
        "http://www.w3.org/2000/01/rdf-schema#subClassOf",
        "http://www.w3.org/2000/01/rdf-schema#domain",
        "http://www.w3.org/2000/01/rdf-schema#range",
        "http://www.w3.org/2002/07/owl#equivalentClass",
        "http://www.w3.org/2004/02/skos/core#broader",
        "http://purl.org/dc/elements/1.1/rights",
    }
)
_LABELS = {predicate for predicate, dataset in DATASETS.items() if dataset == "labels"}
_DIGEST = re.compile(r"[0-9a-f]{32}")
_IRI = re.compile(r'[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20<>"{}|^`\\\x7f-\x9f\ud800-\udfff]+')
_IRI_LIMIT = 4096  # characters; longer ones are no names of things

Term = Mapping[str, str]
Row = Mapping[str, Term]


class BadTermError(ValueError):
    """A term that cannot stand in a graph or in a query; its text says why."""


@dataclass(frozen=True, slots=True)
class Question:
    """One kind of thing to ask about IRIs."""

    name: str  # what it is, for people
    pattern: str  # the triple pattern, and what it is narrowed to
    values: bool = False  # `?y` may be a literal: pages are told apart by a digest, and numbers come as text too
    asks_for_subjects: bool = False  # `?y` stands before `?x`
    graphs: tuple[str, ...] = ()  # named graphs to ask; what the endpoint asks by default where there is none
    counted: str = "?p"  # what is counted

    def count(self, iris: Sequence[str], limit: int) -> str:
        """Ask how many rows each of some IRIs has; one that has none gets its 0, so that no IRI can be missed."""
        where = f"{_from(self.graphs)}WHERE {{ VALUES ?x {{ {_values(iris)} }} OPTIONAL {{ {self.pattern} }} }}"
        return f"SELECT ?x (COUNT({self.counted}) AS ?n) {where} GROUP BY ?x LIMIT {limit}"

    def rows(self, iris: Sequence[str], limit: int) -> str:
        """Ask for the rows of some IRIs."""
        return f"SELECT {self._columns} {self._about(iris)} LIMIT {limit}"

    def page(self, iri: str, after: str | None, limit: int, *, up_to: str | None = None) -> str:
        """Ask for the rows of one IRI in the order of their keys: those behind a key, up to another.

        Raises:
            BadTermError: If a key is not one.
        """
        key = "MD5(STR(?y))" if self.values else "STR(?y)"
        ends = ((">", after), ("<=", up_to))
        between = "".join(f" FILTER({key} {sign} {self._constant(end)})" for sign, end in ends if end)
        columns = f"{self._columns} ({key} AS ?k)" if self.values else self._columns
        return f"SELECT {columns} {self._about([iri], between)} ORDER BY {key} LIMIT {limit}"

    def key_of(self, row: Row) -> str:
        """Return what a row of a page is sorted by."""
        return row.get("k" if self.values else "y", {}).get("value", "")

    def is_key(self, text: str) -> bool:
        """Say whether a text is a key that can stand in a query."""
        return _DIGEST.fullmatch(text) is not None if self.values else is_iri(text)

    def _constant(self, key: str) -> str:
        if not self.is_key(key):
            raise BadTermError(f"not a key: {key[:200]!r}")
        return f'"{key}"' if self.values else f"STR({in_query(key)})"

    def _about(self, iris: Sequence[str], narrowed: str = "") -> str:
        return f"{_from(self.graphs)}WHERE {{ VALUES ?x {{ {_values(iris)} }} {self.pattern}{narrowed} }}"

    @property
    def _columns(self) -> str:
        return '?x ?p ?y (IF(isNumeric(?y), STR(?y), "") AS ?v)' if self.values else "?x ?p ?y"


def links(graphs: tuple[str, ...]) -> tuple[Question, Question]:
    """Ask what an IRI points to, and what points to it."""
    followed = f"?p NOT IN ({_listed(NOT_FOLLOWED)})"
    out = Question("links from it", f"?x ?p ?y . FILTER(isIRI(?y) && {followed})", graphs=graphs)
    return out, _subjects("links to it", followed, graphs)


def pages(graphs: tuple[str, ...]) -> Question:
    """Ask which redirects and disambiguation pages point to an IRI."""
    return _subjects("pages", f"?p IN ({_listed((REDIRECT, DISAMBIGUATION))})", graphs)


def instances(graphs: tuple[str, ...]) -> Question:
    """Ask for the instances of a class; one that two graphs name is counted once."""
    return _subjects("instances", f"?p = {in_query(TYPE)}", graphs, counted="DISTINCT ?y")


def properties(languages: Sequence[str], graphs: tuple[str, ...]) -> Question:
    """Ask for the labels, literals, classes and pictures of an IRI, and where it redirects to."""
    literals = f"({_spoken(languages)} && ?p NOT IN ({_listed(IGNORED)}))"
    resources = f"?p IN ({_listed(DATASETS.keys() - _LABELS)})"
    return Question("properties", f"?x ?p ?y . FILTER({literals} || {resources})", values=True, graphs=graphs)


def labels(languages: Sequence[str], graphs: tuple[str, ...]) -> Question:
    """Ask for the labels of an IRI."""
    pattern = f"?x ?p ?y . FILTER({_spoken(languages)} && ?p IN ({_listed(_LABELS)}))"
    return Question("labels", pattern, values=True, graphs=graphs)


def probe(limit: int, graphs: tuple[str, ...]) -> str:
    """Ask for so many rows of anything: fewer come back from an endpoint that cuts its answers."""
    return f"SELECT ?p {_from(graphs)}WHERE {{ ?x ?p ?y }} LIMIT {limit}"


def is_iri(text: str) -> bool:
    """Say whether a text is an absolute IRI that may stand between `<` and `>`, in a query as in N-Triples."""
    return len(text) <= _IRI_LIMIT and _IRI.fullmatch(text) is not None


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


def _subjects(name: str, condition: str, graphs: tuple[str, ...], *, counted: str = "?p") -> Question:
    pattern = f"?y ?p ?x . FILTER(isIRI(?y) && {condition})"
    return Question(name, pattern, asks_for_subjects=True, graphs=graphs, counted=counted)


def _from(graphs: Sequence[str]) -> str:
    return "".join(f"FROM {in_query(graph)} " for graph in graphs)


def _values(iris: Sequence[str]) -> str:
    return " ".join(map(in_query, iris))


def _listed(iris: Iterable[str]) -> str:
    return ", ".join(map(in_query, sorted(iris)))


def _spoken(languages: Sequence[str]) -> str:
    if not all(map(is_language, languages)):
        raise ValueError(f"not languages: {languages!r}")
    listed = ", ".join(f'"{language}"' for language in sorted({"", *(name.lower() for name in languages)}))
    return f"isLiteral(?y) && LCASE(LANG(?y)) IN ({listed})"
