"""The queries that a fetch asks: what there is about some IRIs, counted, whole, or by the page.

In each of them `?x` is the IRI that is asked about and `?y` the other end. Pages are told apart by a key, never by an
OFFSET: those of IRIs by `STR(?y) > STR(<last>)` (Virtuoso 7 compares a constant text that is not ASCII wrongly, that
of an IRI rightly), those of literals by their MD5, which is short and ASCII.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kg.vocabulary import DATASETS, DISAMBIGUATION, IGNORED, NO_HOP, REDIRECT, TYPE

from .terms import in_query

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
_RESOURCES = tuple(sorted(predicate for predicate, kind in DATASETS.items() if kind != "labels"))
_LABELS = tuple(sorted(predicate for predicate, kind in DATASETS.items() if kind == "labels"))
_LANGUAGE = re.compile(r"[A-Za-z]+(?:-[A-Za-z0-9]+)*")
_KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Question:
    """One kind of thing to ask about IRIs.

    Attributes:
        name: What it is, for people.
        pattern: The triple pattern, and what it is narrowed to.
        values: Whether `?y` may be a literal; pages are then told apart by a digest, and numbers come as text too.
        asks_for_subjects: Whether `?y` stands before `?x`.
        graphs: Named graphs to ask, all of them where there is none.
    """

    name: str
    pattern: str
    values: bool = False
    asks_for_subjects: bool = False
    graphs: tuple[str, ...] = ()

    def count(self, iris: Sequence[str], limit: int) -> str:
        """Ask how many rows each of some IRIs has; one that has none gets its 0, so that no IRI can be missed."""
        about = f"VALUES ?x {{ {_values(iris)} }} OPTIONAL {{ {self.pattern} }}"
        return f"SELECT ?x (COUNT(?p) AS ?n) {_from(self.graphs)}WHERE {{ {about} }} GROUP BY ?x LIMIT {limit}"

    def rows(self, iris: Sequence[str], limit: int) -> str:
        """Ask for the rows of some IRIs."""
        number = ' (IF(isNumeric(?y), STR(?y), "") AS ?v)' if self.values else ""
        return f"SELECT ?x ?p ?y{number} {self._about(iris)} LIMIT {limit}"

    def page(self, iri: str, after: str | None, limit: int, *, up_to: str | None = None) -> str:
        """Ask for the rows of one IRI behind a key, in the order of keys; where `?y` is an IRI, up to one of them.

        Raises:
            BadTermError: If the key is not one.
        """
        if not self.values:
            behind = f" FILTER(STR(?y) > STR({in_query(after)}))" if after else ""
            behind += f" FILTER(STR(?y) <= STR({in_query(up_to)}))" if up_to else ""
            return f"SELECT ?x ?p ?y {self._about([iri], behind)} ORDER BY STR(?y) LIMIT {limit}"
        if after is not None and _KEY.fullmatch(after) is None:
            raise ValueError(f"not a key: {after!r}")
        key = "MD5(STR(?y))"
        behind = f' FILTER({key} > "{after}")' if after else ""
        number = f'(IF(isNumeric(?y), STR(?y), "") AS ?v) ({key} AS ?k)'
        return f"SELECT ?x ?p ?y {number} {self._about([iri], behind)} ORDER BY {key} LIMIT {limit}"

    def _about(self, iris: Sequence[str], narrowed: str = "") -> str:
        return f"{_from(self.graphs)}WHERE {{ VALUES ?x {{ {_values(iris)} }} {self.pattern}{narrowed} }}"


def links_out(graphs: tuple[str, ...]) -> Question:
    """Ask what an IRI points to."""
    pattern = f"?x ?p ?y . FILTER(isIRI(?y) && ?p NOT IN ({_listed(NOT_FOLLOWED)}))"
    return Question("links from it", pattern, graphs=graphs)


def links_in(graphs: tuple[str, ...]) -> Question:
    """Ask what points to an IRI."""
    pattern = f"?y ?p ?x . FILTER(isIRI(?y) && ?p NOT IN ({_listed(NOT_FOLLOWED)}))"
    return Question("links to it", pattern, asks_for_subjects=True, graphs=graphs)


def pages(graphs: tuple[str, ...]) -> Question:
    """Ask which redirects and disambiguation pages point to an IRI."""
    pattern = f"?y ?p ?x . FILTER(isIRI(?y) && ?p IN ({_listed((REDIRECT, DISAMBIGUATION))}))"
    return Question("pages", pattern, asks_for_subjects=True, graphs=graphs)


def properties(languages: Sequence[str], graphs: tuple[str, ...]) -> Question:
    """Ask for the labels, literals, classes and pictures of an IRI, and where it redirects to."""
    spoken = f"isLiteral(?y) && LCASE(LANG(?y)) IN ({_languages(languages)})"
    pattern = f"?x ?p ?y . FILTER(({spoken} && ?p NOT IN ({_listed(IGNORED)})) || ?p IN ({_listed(_RESOURCES)}))"
    return Question("properties", pattern, values=True, graphs=graphs)


def labels(languages: Sequence[str], graphs: tuple[str, ...]) -> Question:
    """Ask for the labels of an IRI."""
    spoken = f"isLiteral(?y) && LCASE(LANG(?y)) IN ({_languages(languages)})"
    pattern = f"?x ?p ?y . FILTER({spoken} && ?p IN ({_listed(_LABELS)}))"
    return Question("labels", pattern, values=True, graphs=graphs)


def instances(class_iri: str, after: str | None, limit: int, graphs: tuple[str, ...]) -> str:
    """Ask for the instances of a class behind one of them, in the order of their IRIs."""
    behind = f" FILTER(STR(?y) > STR({in_query(after)}))" if after else ""
    pattern = f"?y {in_query(TYPE)} {in_query(class_iri)} . FILTER(isIRI(?y)){behind}"
    return f"SELECT DISTINCT ?y {_from(graphs)}WHERE {{ {pattern} }} ORDER BY STR(?y) LIMIT {limit}"


def instance_count(class_iri: str, graphs: tuple[str, ...]) -> str:
    """Ask how many instances a class has."""
    pattern = f"?y {in_query(TYPE)} {in_query(class_iri)} . FILTER(isIRI(?y))"
    return f"SELECT (COUNT(DISTINCT ?y) AS ?n) {_from(graphs)}WHERE {{ {pattern} }} LIMIT 2"


def probe(limit: int, graphs: tuple[str, ...]) -> str:
    """Ask for so many rows of anything: fewer come back from an endpoint that cuts its answers."""
    return f"SELECT ?p {_from(graphs)}WHERE {{ ?x ?p ?y }} LIMIT {limit}"


def is_language(text: str) -> bool:
    """Say whether a text is a language tag."""
    return _LANGUAGE.fullmatch(text) is not None


def _from(graphs: Sequence[str]) -> str:
    return "".join(f"FROM {in_query(graph)} " for graph in graphs)


def _values(iris: Sequence[str]) -> str:
    return " ".join(map(in_query, iris))


def _listed(iris: Sequence[str] | frozenset[str]) -> str:
    return ", ".join(map(in_query, sorted(iris)))


def _languages(languages: Sequence[str]) -> str:
    if not all(map(is_language, languages)):
        raise ValueError(f"not languages: {languages!r}")
    return ", ".join(f'"{language}"' for language in sorted({"", *(name.lower() for name in languages)}))
