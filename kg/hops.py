"""How near two entities are, by triples in both directions, and a shortest path between them.

A neighbour is an entity on either side of a triple whose predicate is a hop. Distances are found from both ends at
once. Whether two ends lie one hop apart, or two, is read from the neighbours of those with few triples, and asked of
the triple indexes for hubs, which are never expanded. Only beyond that does a side grow: the one with fewer triples.

What two hubs have in common is found by leaping through their neighbours, which the indexes hold in order: the one that
is behind seeks the other's place. Hubs with little in common would leap long; their neighbours are then kept as bits.
"""

import json
import sqlite3
from collections.abc import Iterable
from functools import cached_property, lru_cache
from itertools import pairwise, product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_END = 1 << 62  # after every id
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

    def __init__(
        self, connection: sqlite3.Connection, links: "Links | None" = None, *, many_pairs: int = 10_000
    ) -> None:
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
        near = _Ring(self.links, set(sources))
        found = {target: self._distance(near, _Ring(self.links, {target}), max_hops) for target in sorted(set(targets))}
        return {target: distance for target, distance in found.items() if distance is not None}

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
        return tuple(self._connection.execute(_BETWEEN, pair).fetchone() for pair in pairwise(nodes))

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

    def _distance(self, some: "_Ring", others: "_Ring", max_hops: int) -> int | None:
        if not some.ids.isdisjoint(others.ids):
            return 0
        if max_hops >= 1 and some.touches(others):
            return 1
        for distance in range(2, max_hops + 1):
            if some.meets(others, self._many_pairs):
                return distance
            if distance < max_hops:
                if self._is_lighter(some, others):
                    some = some.next
                else:
                    others = others.next
        return None

    def _is_lighter(self, *rings: "_Ring") -> bool:
        """Say whether the first of two has fewer triples around it, counting no further than it takes to know."""
        limit = _FIRST_COUNT
        while True:
            one, other = (self.links.degree(ring.ids, limit=limit) for ring in rings)
            if one < limit or other < limit:
                return one <= other
            limit *= 8


class _Ring:
    """The entities at one distance from a start: hubs, and others, whose neighbours are read at once."""

    def __init__(self, links: "Links", ids: set[int], before: frozenset[int] = frozenset()) -> None:
        self._links = links
        self._seen = before | ids
        self.ids = ids
        few = {entity: links.few(entity) for entity in sorted(ids)}
        self.near = set[int]().union(*(around for around in few.values() if around))
        self.hubs = [entity for entity, around in few.items() if around is None]

    @cached_property
    def neighbours(self) -> set[int]:
        """Every neighbour."""
        return self._links.neighbours(self.ids)

    @cached_property
    def next(self) -> "_Ring":
        """The entities one hop further from the start."""
        return _Ring(self._links, self.neighbours - self._seen, self._seen)

    def touches(self, other: "_Ring") -> bool:
        """Say whether a hop leads from one to the other."""
        if not self.near.isdisjoint(other.ids) or not other.near.isdisjoint(self.ids):
            return True
        return any(self._links.linked(*pair) for pair in product(self.hubs, other.hubs))

    def meets(self, other: "_Ring", many_pairs: int) -> bool:
        """Say whether one has a neighbour that the other has too."""
        if not self.near.isdisjoint(other.near):
            return True
        if len(self.hubs) * len(other.ids) + len(self.ids) * len(other.hubs) > many_pairs:
            return not self.neighbours.isdisjoint(other.neighbours)
        pairs = {*product(self.hubs, other.ids), *product(self.ids, other.hubs)}
        return any(self._links.common(*pair) is not None for pair in sorted(pairs))


class Links:
    """Answers questions about single hops, reading no further than a question needs.

    Args:
        connection: A finished graph.
        few: An entity with more triples around it is a hub: nothing here reads them all unless it must.
        leaps: How often to leap before two hubs are compared as bits.
        kept: Of how many hubs the bits are kept, of those asked for last.
    """

    def __init__(self, connection: sqlite3.Connection, *, few: int = 64, leaps: int = 300, kept: int = 64) -> None:
        self._connection = connection
        self._few = few
        self._leaps = leaps
        self.bits_of = lru_cache(kept)(self._read_bits)
        excluded = ", ".join(str(row[0]) for row in connection.execute("SELECT id FROM predicate WHERE NOT hop"))
        self._hop = hop = f" AND predicate NOT IN ({excluded})"
        self._around = (
            f"SELECT {{0}}object{{1}} FROM triple WHERE subject = ?1{hop}"  # noqa: S608 -- only numbers
            f" UNION ALL SELECT {{0}}subject{{1}} FROM triple WHERE object = ?1{hop}"
        )
        self._leap = _leap_query(hop)

    def neighbours(self, ids: Iterable[int]) -> set[int]:
        """Return every entity one hop from one of `ids` (which may contain some of them)."""
        some = "IN (SELECT value FROM json_each(?1))"
        query = (
            f"SELECT object FROM triple WHERE subject {some}{self._hop}"  # noqa: S608 -- only numbers
            f" UNION SELECT subject FROM triple WHERE object {some}{self._hop}"
        )
        return {row[0] for row in self._connection.execute(query, (json.dumps(sorted(ids)),))}

    def few(self, entity: int) -> set[int] | None:
        """Return an entity's neighbours, or None for a hub."""
        query = f"{self._around.format('', '')} LIMIT {self._few + 1}"
        rows = self._connection.execute(query, (entity,)).fetchall()
        return None if len(rows) > self._few else {row[0] for row in rows}

    def degree(self, ids: Iterable[int], *, limit: int) -> int:
        """Return the number of triples around some entities, counted up to `limit`."""
        around = "SELECT 1 FROM json_each(?1) CROSS JOIN triple ON {} = value"
        query = f"SELECT count(*) FROM ({around.format('subject')} UNION ALL {around.format('object')} LIMIT ?2)"  # noqa: S608
        return int(self._connection.execute(query, (json.dumps(sorted(set(ids))), limit)).fetchone()[0])

    def linked(self, one: int, other: int) -> bool:
        """Say whether a hop leads from one entity to another."""
        query = f"SELECT 1 FROM triple WHERE subject = ? AND object = ?{self._hop}"  # noqa: S608 -- only numbers
        return any(self._connection.execute(query, ends).fetchone() for ends in ((one, other), (other, one)))

    def common(self, one: int, other: int) -> int | None:
        """Return the smallest neighbour that two entities have in common, None if there is none."""
        row = self._connection.execute(self._leap, (one, other, self._leaps)).fetchone()
        if row is not None:
            return int(row[0]) if row[0] == row[1] < _END else None
        import numpy as np

        some, others = self.bits_of(one), self.bits_of(other)
        length = min(len(some), len(others))
        both = some[:length] & others[:length]
        place = int((both != 0).argmax()) if length else 0
        return place * 8 + int(np.unpackbits(both[place : place + 1]).argmax()) if both.any() else None

    def _read_bits(self, entity: int) -> "NDArray[np.uint8]":
        """Return an entity's neighbours, a bit for each id."""
        import numpy as np

        query = self._around.format("group_concat(", ")")
        ids = [np.fromstring(text or "", np.int64, sep=",") for (text,) in self._connection.execute(query, (entity,))]
        found = np.concatenate(ids)
        flags = np.zeros(int(found.max(initial=-1)) + 1, np.bool_)
        flags[found] = True
        return np.packbits(flags)


def _leap_query(hop: str) -> str:
    """SQL that ends with the first common neighbour twice, with an end, or, leaped too often, with no row."""

    def first(entity: str, least: str) -> str:
        seek = "(SELECT {0} FROM triple WHERE {1} = {2} AND {0} >= {3}{4} ORDER BY {0} LIMIT 1)"
        ends = (("object", "subject"), ("subject", "object"))
        found = (f"coalesce({seek.format(end, start, entity, least, hop)}, {_END})" for end, start in ends)
        return f"min({', '.join(found)})"

    return (
        "WITH RECURSIVE leap(one, other) AS ("  # noqa: S608 -- only numbers
        f"SELECT {first('?1', '0')}, {first('?2', '0')} UNION ALL"
        f" SELECT CASE WHEN one < other THEN {first('?1', 'leap.other')} ELSE one END,"
        f" CASE WHEN other < one THEN {first('?2', 'leap.one')} ELSE other END"
        f" FROM leap WHERE one <> other AND one < {_END} AND other < {_END} LIMIT ?3)"
        f" SELECT one, other FROM leap WHERE one = other OR one = {_END} OR other = {_END}"
    )
