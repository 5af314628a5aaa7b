"""What the graph knows about an entity, in words.

*Most specific first*: a class that the type map places deeper stands before a shallower one; classes that it does not
know come after those, the rarer one (fewer instances in this graph) first.
"""

import sqlite3
from collections.abc import Sequence
from itertools import islice

from .entities import Fact
from .iris import canonical_iri

IS_A = "is a"

# Predicates whose facts help to tell what a text is about, in the order in which they are given; IRIs or local names.
DEFAULT_PREDICATES = (
    "occupation", "profession", "position", "team", "league", "party", "office", "nationality", "birthPlace", "genre",
    "industry", "location", "locationCity", "headquarter", "city", "country", "capital", "continent", "language",
    "author", "director", "artist", "knownFor", "sport",
)  # fmt: skip
_FACTS_OF_CONCEPT = 8
_FACTS_OF_PREDICATE = 3

_CLASSES = (
    "SELECT c.label FROM entity_class ec JOIN class c ON c.id = ec.class WHERE ec.entity = ?"
    " ORDER BY c.depth DESC NULLS LAST, c.instances, c.iri"
)
_OBJECTS = (
    "SELECT e.label FROM triple t JOIN entity e ON e.id = t.object WHERE t.subject = ? AND t.predicate = ?"
    " ORDER BY e.prior DESC, e.id LIMIT ?"
)
_VALUES = "SELECT value FROM literal WHERE subject = ? AND predicate = ? ORDER BY id LIMIT ?"


def read_classes(connection: sqlite3.Connection, entity: int) -> tuple[str, ...]:
    """Return the labels of an entity's classes, most specific first, each once."""
    return tuple(dict.fromkeys(row[0] for row in connection.execute(_CLASSES, (entity,))))


def read_facts(
    connection: sqlite3.Connection,
    entity: int,
    label: str,
    *,
    predicates: Sequence[str],
    limit: int,
    each: int | None = None,
) -> tuple[Fact, ...]:
    """Return an entity's facts under some predicates, in their order; objects are labels or literals' texts.

    Args:
        connection: A graph.
        entity: Its id.
        label: Its label.
        predicates: IRIs, local names or labels.
        limit: How many facts at most.
        each: How many of one predicate at most.
    """
    facts: dict[Fact, None] = {}
    for predicate, words in _find_predicates(connection, predicates):
        arguments = (entity, predicate, min(each or limit, limit))
        texts = [row[0] for query in (_OBJECTS, _VALUES) for row in connection.execute(query, arguments)]
        facts.update(dict.fromkeys(Fact(label, words, text) for text in texts[: each or limit]))
        if len(facts) >= limit:
            break
    return tuple(islice(facts, limit))


def read_conceptual(connection: sqlite3.Connection, entity: int, label: str) -> tuple[Fact, ...]:
    """Return the conceptual knowledge of an entity: what it is, most specific first, then a few default facts."""
    classes = tuple(Fact(label, IS_A, name) for name in read_classes(connection, entity))
    return classes + read_facts(
        connection, entity, label, predicates=DEFAULT_PREDICATES, limit=_FACTS_OF_CONCEPT, each=_FACTS_OF_PREDICATE
    )


def _find_predicates(connection: sqlite3.Connection, names: Sequence[str]) -> list[tuple[int, str]]:
    rows = connection.execute("SELECT id, iri, label FROM predicate ORDER BY id").fetchall()
    found = []
    for name in names:
        iri = canonical_iri(name)
        endings = (f"/{iri}", f"#{iri}")
        found += [(row, label) for row, full, label in rows if full == iri or label == name or full.endswith(endings)]
    return list(dict.fromkeys(found))
