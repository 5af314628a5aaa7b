"""What is different between two graphs: entities by their IRIs, pictures by their content.

Both are read once, row by row. What a graph says about an entity is added up as one number, in whatever order it
comes, so that millions of entities take a few bytes each.
"""

import sqlite3
from array import array
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from kg.entities import GraphDifferences
from kg.schema import open_for_reading

_MASK = (1 << 64) - 1


def compare_graphs(old: Path, new: Path) -> GraphDifferences:
    """Compare two finished graphs.

    An entity has changed if its label, type, names, classes, literals, pictures or the triples that start from it are
    others. That more or fewer triples point at it, and so its prior, is a change of the others.

    Raises:
        StoreError: If one of them cannot be opened.
    """
    with closing(open_for_reading(old)) as before, closing(open_for_reading(new)) as after:
        added = removed = changed = 0
        for then, now in _side_by_side(_said(before), _said(after)):
            added += then is None
            removed += now is None
            changed += then is not None and now is not None and then != now
    kept, fresh, dropped = _compare_pictures(old, new)
    return GraphDifferences(added, removed, changed, fresh, kept, dropped)


def _said(connection: sqlite3.Connection) -> Iterator[tuple[str, int]]:
    """Yield each entity's IRI, in their order, with what is said about it as a number."""
    [size] = connection.execute("SELECT COALESCE(max(id), 0) + 1 FROM entity").fetchone()
    sums, names = array("Q", bytes(8 * size)), array("q", bytes(8 * size))
    for entity, iri, label, kind in connection.execute("SELECT id, iri, label, type FROM entity"):
        names[entity] = hash(iri)
        sums[entity] = hash((label, kind)) & _MASK
    predicates = {key: hash(iri) for key, iri in connection.execute("SELECT id, iri FROM predicate")}
    for subject, predicate, target in connection.execute("SELECT subject, predicate, object FROM triple"):
        sums[subject] = (sums[subject] + hash((predicates[predicate], names[target]))) & _MASK
    for query in (
        "SELECT entity, 'alias', text, kind, weight FROM alias",
        "SELECT ec.entity, 'class', c.iri FROM entity_class ec JOIN class c ON c.id = ec.class",
        "SELECT l.subject, 'literal', p.iri, l.value, l.datatype FROM literal l JOIN predicate p ON p.id = l.predicate",
        "SELECT entity, 'image', source, status, sha256 FROM image",
    ):
        for entity, *said in connection.execute(query):
            sums[entity] = (sums[entity] + hash(tuple(said))) & _MASK
    for entity, iri in connection.execute("SELECT id, iri FROM entity ORDER BY iri"):
        yield iri, sums[entity]


def _side_by_side(
    some: Iterator[tuple[str, int]], others: Iterator[tuple[str, int]]
) -> Iterator[tuple[int | None, int | None]]:
    """Pair what two ordered streams say about the same IRI; None where one does not have it."""
    one, other = next(some, None), next(others, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0].encode() < other[0].encode()):
            assert one is not None
            yield one[1], None
            one = next(some, None)
        elif one is None or other[0].encode() < one[0].encode():
            yield None, other[1]
            other = next(others, None)
        else:
            yield one[1], other[1]
            one, other = next(some, None), next(others, None)


def _compare_pictures(old: Path, new: Path) -> tuple[int, int, int]:
    """Count the embedded pictures of the new graph that the old one has and has not, and those that it had alone."""
    with closing(open_for_reading(new)) as connection:
        connection.execute("ATTACH ? AS old", (f"{old.resolve().as_uri()}?mode=ro",))
        embedded = "SELECT sha256 FROM {}.image WHERE status = 'embedded'"
        of_new, of_old = embedded.format("main"), embedded.format("old")

        def count(which: str) -> int:
            return int(connection.execute(f"SELECT count(*) FROM ({which})").fetchone()[0])  # noqa: S608

        fresh = count(f"{of_new} AND sha256 NOT IN ({of_old})")
        return count(of_new) - fresh, fresh, count(f"{of_old} AND sha256 NOT IN ({of_new})")
