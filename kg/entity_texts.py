"""What a graph says of entities: labels of their classes and neighbours, literals, and what other graphs call them."""

import json
from collections.abc import Iterable

from .graph_file import GraphFile

_LONGEST = 2000  # characters of a literal that are read
_CLASSES = (
    "SELECT ec.entity, c.label FROM json_each(?) wanted CROSS JOIN entity_class ec"
    " ON ec.entity = wanted.value JOIN class c ON c.id = ec.class"
    " ORDER BY ec.entity, c.depth DESC NULLS LAST, c.instances, c.iri"
)
_LITERALS = (
    "SELECT l.subject, p.iri, substr(l.value, 1, ?2), l.datatype FROM json_each(?1) wanted CROSS JOIN literal l"
    " ON l.subject = wanted.value JOIN predicate p ON p.id = l.predicate ORDER BY l.subject, l.id"
)
_SAME = (
    "SELECT s.entity, s.iri FROM json_each(?) wanted CROSS JOIN same_as s ON s.entity = wanted.value"
    " ORDER BY s.entity, s.iri"
)
# Each direction by its own index, and no further than is used: a hub has a million neighbours.
_AROUND = (
    "SELECT near, label FROM (SELECT t.object AS near FROM triple t JOIN predicate p ON p.id = t.predicate"
    " WHERE t.subject = ?1 AND p.hop LIMIT ?2) JOIN entity ON entity.id = near"
    " UNION ALL SELECT near, label FROM (SELECT t.subject AS near FROM triple t JOIN predicate p ON p.id = t.predicate"
    " WHERE t.object = ?1 AND p.hop LIMIT ?2) JOIN entity ON entity.id = near"
)


def class_labels(graph: GraphFile, entity_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """The labels of the classes of those entities that have any, by id: most specific first, each once."""
    found: dict[int, dict[str, None]] = {}
    for entity, label in graph.connection.execute(_CLASSES, (json.dumps(list(entity_ids)),)):
        found.setdefault(entity, {})[label] = None
    return {entity: tuple(labels) for entity, labels in found.items()}


def literal_texts(graph: GraphFile, entity_ids: Iterable[int]) -> dict[int, list[tuple[str, str, str]]]:
    """The predicate's IRI, the beginning and the datatype of each literal of those entities that have any, by id."""
    found: dict[int, list[tuple[str, str, str]]] = {}
    for entity, predicate, value, datatype in graph.connection.execute(
        _LITERALS, (json.dumps(list(entity_ids)), _LONGEST)
    ):
        found.setdefault(entity, []).append((predicate, value, datatype))
    return found


def same_iris(graph: GraphFile, entity_ids: Iterable[int]) -> dict[int, list[str]]:
    """What other graphs call those entities of which that is known, and their old IRIs, by id; in alphabetic order."""
    found: dict[int, list[str]] = {}
    for entity, iri in graph.connection.execute(_SAME, (json.dumps(list(entity_ids)),)):
        found.setdefault(entity, []).append(iri)
    return found


def neighbour_labels(graph: GraphFile, entity_id: int, *, limit: int) -> dict[int, str]:
    """The labels of entities one hop away, by id; in each direction the first ones up to a limit."""
    return dict(graph.connection.execute(_AROUND, (entity_id, limit)).fetchall())
