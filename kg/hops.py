"""How near two entities are, by triples in both directions, and a shortest path between them.

Distances are found from both ends at once. Whether two ends lie one hop apart, or two, is read from the neighbours of
those with few triples, and asked of the triple indexes for hubs, which are never expanded. Only beyond that does a
side grow: the one with fewer triples around it.
"""

import sqlite3
from collections.abc import Iterable
from functools import cached_property
from itertools import pairwise

from .links import Links

_FIRST_COUNT = 1_000
_BETWEEN = (
    "SELECT t.subject, p.iri, p.label, t.object FROM triple t JOIN predicate p ON p.id = t.predicate"
    " WHERE p.hop AND ((t.subject = ?1 AND t.object = ?2) OR (t.subject = ?2 AND t.object = ?1))"
    " ORDER BY (t.subject <> ?1), p.id LIMIT 1"
)

_Step = tuple[int, str, str, int]


class HopFinder:
    """Answers questions about hops on one connection.

    Args:
        connection: A finished graph.
        links: Reads single hops of it.
        many_pairs: Of how many pairs of entities it is asked what they have in common, before hubs are expanded.
    """

    def __init__(self, connection: sqlite3.Connection, links: Links | None = None, *, many_pairs: int = 10_000) -> None:
        self.links = links or Links(connection)
        self._connection = connection
        self._many_pairs = many_pairs

    def within(self, sources: Iterable[int], *, hops: int) -> dict[int, int]:
        """Return each entity within `hops` of the sources with its least distance."""
        distances = dict.fromkeys(sorted(set(sources)), 0)
        frontier = set(distances)
        for hop in range(1, hops + 1):
            frontier = self.links.neighbours(frontier) - distances.keys()
            distances.update(dict.fromkeys(sorted(frontier), hop))
        return distances

    def distances(self, sources: Iterable[int], targets: Iterable[int], *, max_hops: int) -> dict[int, int]:
        """Return the least distance of each target that lies within `max_hops` of a source."""
        near = _Side(self.links, sources)
        found = {}
        for target in sorted(set(targets)):
            distance = self._distance(near, _Side(self.links, [target]), max_hops)
            if distance is not None:
                found[target] = distance
        return found

    def path(self, sources: Iterable[int], target: int, *, max_hops: int) -> tuple[_Step, ...]:
        """Return the triples of a shortest way, from a source on: subject, predicate IRI and label, object.

        Of several, the one whose entities, from the source on, have the smallest ids.
        """
        starts = set(sources)
        length = self.distances(starts, [target], max_hops=max_hops).get(target)
        if not length:
            return ()
        nodes = [min(self.distances([target], starts, max_hops=length))]
        for left in range(length - 1, 0, -1):
            nodes.append(self._next_node(nodes[-1], target, left))
        nodes.append(target)
        return tuple(self._connection.execute(_BETWEEN, (one, other)).fetchone() for one, other in pairwise(nodes))

    def _next_node(self, node: int, target: int, left: int) -> int:
        """Return the smallest neighbour of `node` that lies exactly `left` hops before the target."""
        if left == 1:
            middle = self.links.common(node, target)
            assert middle is not None, "the target is two hops from the node"
            return middle
        neighbours = self.links.few(node)
        if neighbours is not None:
            return min(self.distances([target], neighbours, max_hops=left))
        around = self.within([target], hops=left)  # a hub has more neighbours than most targets have entities around
        return next(entity for entity in sorted(around) if around[entity] == left and self.links.linked(entity, node))

    def _distance(self, near: "_Side", far: "_Side", max_hops: int) -> int | None:
        some, others = near.frontier(0), far.frontier(0)
        if not some.ids.isdisjoint(others.ids):
            return 0
        if max_hops >= 1 and some.touches(others):
            return 1
        steps_near = steps_far = 0
        for distance in range(2, max_hops + 1):
            some, others = near.frontier(steps_near), far.frontier(steps_far)
            if some.meets(others, self._many_pairs):
                return distance
            if distance < max_hops:
                if self._is_lighter(some, others):
                    steps_near += 1
                else:
                    steps_far += 1
        return None

    def _is_lighter(self, some: "_Frontier", others: "_Frontier") -> bool:
        """Say which of two has fewer triples around it, counting no further than it takes to know."""
        limit = _FIRST_COUNT
        while True:
            one, other = (self.links.degree(side.ids, limit=limit) for side in (some, others))
            if one < limit or other < limit:
                return one <= other
            limit *= 8


class _Frontier:
    """Entities at one distance from a start; their neighbours are read when they are first asked for."""

    def __init__(self, links: Links, ids: set[int]) -> None:
        self._links = links
        self.ids = ids

    @cached_property
    def _near_and_hubs(self) -> tuple[set[int], list[int]]:
        near, hubs = set[int](), []
        for entity in sorted(self.ids):
            few = self._links.few(entity)
            if few is None:
                hubs.append(entity)
            else:
                near |= few
        return near, hubs

    @property
    def near(self) -> set[int]:
        """The neighbours of those that are not hubs."""
        return self._near_and_hubs[0]

    @property
    def hubs(self) -> list[int]:
        """Those that are hubs."""
        return self._near_and_hubs[1]

    @cached_property
    def neighbours(self) -> set[int]:
        """Every neighbour."""
        return self._links.neighbours(self.ids)

    def touches(self, other: "_Frontier") -> bool:
        """Say whether a hop leads from one to the other."""
        if not self.near.isdisjoint(other.ids) or not other.near.isdisjoint(self.ids):
            return True
        return any(self._links.linked(one, two) for one in self.hubs for two in other.hubs)

    def meets(self, other: "_Frontier", many_pairs: int) -> bool:
        """Say whether one has a neighbour that the other has too."""
        if not self.near.isdisjoint(other.near):
            return True
        if len(self.hubs) * len(other.ids) + len(self.ids) * len(other.hubs) > many_pairs:
            return not self.neighbours.isdisjoint(other.neighbours)
        hubs = set(self.hubs)
        pairs = [(one, two) for one in self.hubs for two in sorted(other.ids)]
        pairs += [(one, two) for one in sorted(self.ids - hubs) for two in other.hubs]
        return any(self._links.common(one, two) is not None for one, two in pairs)


class _Side:
    """The entities at each distance from a start, found as they are asked for."""

    def __init__(self, links: Links, start: Iterable[int]) -> None:
        self._links = links
        self._frontiers = [_Frontier(links, set(start))]
        self._seen = set(self._frontiers[0].ids)

    def frontier(self, step: int) -> _Frontier:
        """Return the entities at exactly this distance."""
        while len(self._frontiers) <= step:
            fresh = self._frontiers[-1].neighbours - self._seen
            self._seen |= fresh
            self._frontiers.append(_Frontier(self._links, fresh))
        return self._frontiers[step]
