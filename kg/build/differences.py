"""What is different between two graphs: entities by their IRIs, pictures by their content.

What a graph says about an entity is added up as one number, in whatever order it comes, so that millions of entities
take a few bytes each.
"""

import sqlite3
from array import array
from contextlib import closing
from pathlib import Path

from kg.entities import GraphDifferences
from kg.schema import open_for_reading

_MASK = (1 << 64) - 1
_NAMED = 5  # entities of a kind of change
_SAID = (
    "SELECT entity, 'alias', text, kind, weight FROM {0}.alias",
    "SELECT e.entity, 'class', c.iri FROM {0}.entity_class e JOIN {0}.class c ON c.id = e.class",
    "SELECT l.subject, 'literal', p.iri, l.value, l.datatype FROM {0}.literal l"
    " JOIN {0}.predicate p ON p.id = l.predicate",
    "SELECT entity, 'image', source, status, sha256 FROM {0}.image",
)
_EMBEDDED = "SELECT sha256 FROM {}.image WHERE status = 'embedded'"


def compare_graphs(old: Path, new: Path) -> GraphDifferences:
    """Compare two finished graphs.

    An entity has changed if its label, type, names, classes, literals, pictures or the triples that start from it are
    different. That more or fewer triples lead to it, and so its prior, is a change of what they start from.

    Raises:
        StoreError: If one of them cannot be opened.
    """
    open_for_reading(old).close()
    with closing(open_for_reading(new)) as connection:
        connection.execute("ATTACH ? AS old", (f"{old.resolve().as_uri()}?mode=ro",))

        def count(rows: str) -> int:
            return int(connection.execute(f"SELECT count(*) FROM ({rows})").fetchone()[0])  # noqa: S608

        def only_in(one: str, other: str) -> tuple[str, ...]:
            query = f"SELECT iri FROM {one}.entity WHERE iri NOT IN (SELECT iri FROM {other}.entity) ORDER BY id"  # noqa: S608
            return tuple(iri for (iri,) in connection.execute(f"{query} LIMIT {_NAMED}"))

        then, now = _said(connection, "old"), _said(connection, "main")
        kept = changed = 0
        names: list[str] = []
        both = "SELECT o.id, n.id, n.iri FROM old.entity o JOIN main.entity n USING (iri) ORDER BY n.id"
        for before, after, iri in connection.execute(both):
            kept += 1
            if then[before] != now[after]:
                changed += 1
                names.extend([iri] if changed <= _NAMED else [])
        of_old, of_new = _EMBEDDED.format("old"), _EMBEDDED.format("main")
        fresh = count(f"{of_new} AND sha256 NOT IN ({of_old})")
        return GraphDifferences(
            entities_added=count("SELECT 1 FROM main.entity") - kept,
            entities_removed=count("SELECT 1 FROM old.entity") - kept,
            entities_changed=changed,
            pictures_added=fresh,
            pictures_kept=count(of_new) - fresh,
            pictures_dropped=count(f"{of_old} AND sha256 NOT IN ({of_new})"),
            added=only_in("main", "old"),
            removed=only_in("old", "main"),
            changed=tuple(names),
        )


def _said(connection: sqlite3.Connection, graph: str) -> "array[int]":
    """Return, by the id of each entity, what is said about it as a number."""
    [size] = connection.execute(f"SELECT COALESCE(max(id), 0) + 1 FROM {graph}.entity").fetchone()  # noqa: S608
    sums, names = array("Q", bytes(8 * size)), array("q", bytes(8 * size))
    for entity, iri, label, kind in connection.execute(f"SELECT id, iri, label, type FROM {graph}.entity"):  # noqa: S608
        names[entity] = hash(iri)
        sums[entity] = hash((label, kind)) & _MASK
    predicates = {key: hash(iri) for key, iri in connection.execute(f"SELECT id, iri FROM {graph}.predicate")}  # noqa: S608
    triples = connection.execute(f"SELECT subject, predicate, object FROM {graph}.triple")  # noqa: S608
    for subject, predicate, target in triples:
        sums[subject] = (sums[subject] + hash((predicates[predicate], names[target]))) & _MASK
    for query in _SAID:
        for entity, *said in connection.execute(query.format(graph)):
            sums[entity] = (sums[entity] + hash(tuple(said))) & _MASK
    return sums
