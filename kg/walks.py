"""A shortest path between entities, and the neighbourhood of one as a networkx graph."""

import sqlite3
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from .hops import HopFinder
from .entities import Entity

if TYPE_CHECKING:
    import networkx

_Step = tuple[int, str, str, int]

_BETWEEN = (
    "SELECT t.subject, p.iri, p.label, t.object FROM triple t JOIN predicate p ON p.id = t.predicate"
    " WHERE p.hop AND ((t.subject = ?1 AND t.object = ?2) OR (t.subject = ?2 AND t.object = ?1))"
    " ORDER BY (t.subject <> ?1), p.id LIMIT 1"
)


def find_path(finder: HopFinder, sources: Iterable[int], target: int, *, max_hops: int) -> tuple[_Step, ...]:
    """Return the triples of a shortest way, from a source on: subject, predicate IRI and label, object.

    Of several, the one whose entities, from the source on, have the smallest ids.
    """
    starts = set(sources)
    length = finder.distances(starts, [target], max_hops=max_hops).get(target)
    if not length:
        return ()
    node = min(finder.distances([target], starts, max_hops=length))
    nodes = [node]
    for left in range(length - 1, 0, -1):
        node = _next_node(finder, node, target, left)
        nodes.append(node)
    nodes.append(target)
    return tuple(finder.connection.execute(_BETWEEN, (one, other)).fetchone() for one, other in pairwise(nodes))


def read_neighbourhood(
    connection: sqlite3.Connection, entities: Mapping[int, Entity], distances: Mapping[int, int]
) -> "networkx.MultiDiGraph[int]":
    """Return entities and all triples among them as a networkx graph."""
    import networkx

    graph: networkx.MultiDiGraph[int] = networkx.MultiDiGraph()
    for entity in entities.values():
        graph.add_node(
            entity.id, iri=entity.iri, label=entity.label, type=entity.type or "", hop=distances.get(entity.id, 0)
        )
    query = (
        "SELECT t.object, p.iri, p.label FROM triple t JOIN predicate p ON p.id = t.predicate WHERE t.subject = ?"
        " ORDER BY t.object, p.id"
    )
    for subject in entities:
        for target, iri, label in connection.execute(query, (subject,)):
            if target in entities:
                graph.add_edge(subject, target, key=iri, predicate=iri, label=label)
    return graph


def _next_node(finder: HopFinder, node: int, target: int, left: int) -> int:
    """Return the smallest neighbour of `node` that lies exactly `left` hops before the target."""
    if left == 1:
        middle = finder.links.common(node, target)
        assert middle is not None, "the target is two hops from the node"
        return middle
    neighbours = finder.links.few(node)
    if neighbours is not None:
        return min(finder.distances([target], neighbours, max_hops=left))
    around = finder.within([target], hops=left)  # a hub has more neighbours than most targets have entities around
    return next(entity for entity in sorted(around) if around[entity] == left and finder.links.linked(entity, node))
