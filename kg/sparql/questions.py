"""The queries that a fetch asks: what there is about some IRIs, counted, whole, or by the page.

In each of them `?x` is the IRI that is asked about and `?y` the other end. Pages are told apart by a key, never by an
OFFSET: those of IRIs by `STR(?y) > STR(<last>)` (Virtuoso 7 compares a constant text that is not ASCII wrongly, that
of an IRI rightly), those of literals by their MD5, which is short and ASCII.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from kg.iris import canonical_iri, is_iri, is_language
from kg.vocabulary import ABOUT, DATASETS, DISAMBIGUATION, IGNORED, NAME_PREDICATES, NO_HOP, REDIRECT, SUBCLASS_OF, TYPE

from .recipe import PLAIN, SparqlRecipe

# The datasets that a fetch holds; links and texts of articles are too much to ask for.
FETCHED = (
    *("labels", "instance_types", "mappingbased_objects", "mappingbased_literals"),
    *("images", "redirects", "disambiguations", "same_as", "priors"),
)
# Statements of articles and of the schema, besides those that no build keeps: they lead from everything to everything.
NOT_FOLLOWED = frozenset(
    {
        *IGNORED,
        *NO_HOP,
        *DATASETS,
        SUBCLASS_OF,
        "http://www.w3.org/2004/02/skos/core#broader",
    }
)
_RESOURCES = {predicate for predicate, dataset in DATASETS.items() if dataset in FETCHED}
_LABELS = {predicate for predicate, dataset in DATASETS.items() if dataset == "labels"}
_ENCODED = re.compile("%[0-9A-F]{2}")
_DIGEST = re.compile(r"[0-9a-f]{32}")

_TEXT = "http://www.w3.org/2001/XMLSchema#string"

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
    onward: tuple[str, ...] | None = None  # predicates whose other ends are entities to go on with; None for all

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


def links(graphs: tuple[str, ...], recipe: SparqlRecipe = PLAIN) -> tuple[Question, Question]:
    """Ask what an IRI points to, and what points to it."""
    named = {*NOT_FOLLOWED, *recipe.meanings, *recipe.superclasses}
    followed = f"?p NOT IN ({_listed(named)})" + _taken(recipe.follow, recipe.leave_out)
    out = Question("links from it", f"?x ?p ?y . FILTER(isIRI(?y) && {followed})", graphs=graphs)
    return out, _subjects("links to it", followed, graphs)


def pages(graphs: tuple[str, ...], recipe: SparqlRecipe = PLAIN) -> Question:
    """Ask which redirects, disambiguation pages and articles point to an IRI."""
    onward = (REDIRECT, DISAMBIGUATION, *recipe.redirects)
    condition = f"?p IN ({_listed(onward)})"
    if recipe.articles:
        condition = f"({condition} || (?p = {in_query(ABOUT)} && {_among('?y', recipe.articles)}))"
    return _subjects("pages", condition, graphs, onward=onward)


def instances(graphs: tuple[str, ...], recipe: SparqlRecipe = PLAIN) -> Question:
    """Ask for the instances of a class; one that two graphs name is counted once."""
    return _subjects("instances", f"?p IN ({_listed((TYPE, *recipe.types))})", graphs, counted="DISTINCT ?y")


def properties(languages: Sequence[str], graphs: tuple[str, ...], recipe: SparqlRecipe = PLAIN) -> Question:
    """Ask for the labels, literals, classes and pictures of an IRI, and where it redirects to."""
    named = {*recipe.meanings, *recipe.superclasses}
    texts = (*recipe.follow, *sorted(named | _LABELS)) if recipe.follow else ()
    names = named | _LABELS | NAME_PREDICATES.keys()
    plain = f'(?p NOT IN ({_listed(names)}) && LANG(?y) = "" && DATATYPE(?y) = {in_query(_TEXT)})'
    taken = _taken(texts, recipe.leave_out) + ("" if recipe.plain_texts else f" && !{plain}")
    literals = f"({_spoken(languages)} && ?p NOT IN ({_listed(IGNORED.keys() - named)}){taken})"
    spoken = {*_LABELS, *recipe.labels, *recipe.aliases, *recipe.descriptions}
    resources = f"?p IN ({_listed((_RESOURCES | named) - spoken - {*recipe.leave_out})})"
    pattern = f"?x ?p ?y . FILTER({literals} || {resources})"
    return Question("properties", pattern, values=True, graphs=graphs, onward=(REDIRECT, *recipe.redirects))


def labels(languages: Sequence[str] | None, graphs: tuple[str, ...], recipe: SparqlRecipe = PLAIN) -> Question:
    """Ask for the labels of an IRI, in all languages where None are given, and, of a class, for those above it."""
    spoken = "isLiteral(?y)" if languages is None else _spoken(languages)
    condition = f"({spoken} && ?p IN ({_listed(_LABELS | {*recipe.labels})}))"
    if recipe.superclasses:
        condition += f" || ?p IN ({_listed(recipe.superclasses)})"
    pattern = f"?x ?p ?y . FILTER({condition})"
    return Question("labels", pattern, values=True, graphs=graphs, onward=recipe.superclasses)


def anything(graphs: tuple[str, ...]) -> tuple[Question, ...]:
    """Ask for whatever is said of an IRI, with it as an object, and by it as a predicate."""
    return tuple(Question("anything", pattern, graphs=graphs) for pattern in ("?x ?p ?y .", "?y ?p ?x .", "?y ?x ?p ."))


def probe(limit: int, graphs: tuple[str, ...]) -> str:
    """Ask for so many rows of anything: fewer come back from an endpoint that cuts its answers."""
    return f"SELECT ?p {_from(graphs)}WHERE {{ ?x ?p ?y }} LIMIT {limit}"


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


def rare_spellings(iri: str) -> tuple[str, ...]:
    """Return more forms: with marks encoded that need not be, as old graphs have it, and by the other scheme."""
    forms: list[str] = []
    for form in spellings(iri):
        scheme, mark, rest = form.partition("://")
        marked = quote(rest, safe="/:#?=%@") if mark else rest
        small = _ENCODED.sub(lambda found: found[0].lower(), marked)
        for one in dict.fromkeys((scheme, {"http": "https", "https": "http"}.get(scheme, scheme))):
            forms += [f"{one}{mark}{end}" for end in (rest, marked, small)]
    return tuple(dict.fromkeys(forms))


def _subjects(
    name: str,
    condition: str,
    graphs: tuple[str, ...],
    *,
    counted: str = "?p",
    onward: tuple[str, ...] | None = None,
) -> Question:
    pattern = f"?y ?p ?x . FILTER(isIRI(?y) && {condition})"
    return Question(name, pattern, asks_for_subjects=True, graphs=graphs, counted=counted, onward=onward)


def _from(graphs: Sequence[str]) -> str:
    return "".join(f"FROM {in_query(graph)} " for graph in graphs)


def _values(iris: Sequence[str]) -> str:
    return " ".join(map(in_query, iris))


def _listed(iris: Iterable[str]) -> str:
    return ", ".join(map(in_query, sorted(iris)))


def _among(variable: str, listed: Sequence[str]) -> str:
    """Write that an IRI is one of a list, or begins as one of it that ends in `*`."""
    begun = [f"STRSTARTS(STR({variable}), STR({in_query(iri[:-1])}))" for iri in listed if iri.endswith("*")]
    whole = [iri for iri in listed if not iri.endswith("*")]
    return f"({' || '.join([*begun, *([f'{variable} IN ({_listed(whole)})'] if whole else [])])})"


def _taken(follow: Sequence[str], leave_out: Sequence[str]) -> str:
    """Write that a predicate is one that is followed, and none that is left out."""
    return (f" && {_among('?p', follow)}" if follow else "") + (f" && !{_among('?p', leave_out)}" if leave_out else "")


def _spoken(languages: Sequence[str]) -> str:
    """Write that something is a literal in one of some languages or its regional forms, in `mul`, or in none."""
    if not all(map(is_language, languages)):
        raise ValueError(f"not languages: {languages!r}")
    tags = sorted({name.lower() for name in languages})
    listed = ", ".join(f'"{tag}"' for tag in ("", "mul", *tags))
    regional = "".join(f' || STRSTARTS(LCASE(LANG(?y)), "{tag}-")' for tag in tags)
    return f"isLiteral(?y) && (LCASE(LANG(?y)) IN ({listed}){regional})"
