"""How near two entities are, by triples in both directions.

A neighbour is an entity on either side of a triple whose predicate is a hop. Distances are found from both ends at
once: of the two frontiers, the one with fewer triples around it is expanded, and whether two frontiers touch is asked
of the triple index pair by pair. A hub on one side therefore costs nothing.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

_BATCH = 500
_DEGREE_LIMIT = 10_000


class HopFinder:
    """Answers questions about hops on one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        rows = connection.execute("SELECT id FROM predicate WHERE NOT hop")
        excluded = ", ".join(str(int(row[0])) for row in rows)
        self._hop = f" AND predicate NOT IN ({excluded})" if excluded else ""

    def neighbours(self, ids: Iterable[int]) -> set[int]:
        """Return every entity one hop from one of `ids` (which may contain some of them)."""
        found: set[int] = set()
        for batch in _batches(ids):
            marks = ",".join("?" * len(batch))
            query = (
                f"SELECT object FROM triple WHERE subject IN ({marks}){self._hop}"  # noqa: S608 -- only marks
                f" UNION SELECT subject FROM triple WHERE object IN ({marks}){self._hop}"
            )
            found.update(row[0] for row in self._connection.execute(query, (*batch, *batch)))
        return found

    def within(self, sources: Iterable[int], *, hops: int) -> dict[int, int]:
        """Return each entity within `hops` of the sources with its least distance."""
        distances = dict.fromkeys(sorted(set(sources)), 0)
        frontier = set(distances)
        for hop in range(1, hops + 1):
            frontier = self.neighbours(frontier) - distances.keys()
            distances.update(dict.fromkeys(sorted(frontier), hop))
        return distances

    def distances(self, sources: Iterable[int], targets: Iterable[int], *, max_hops: int) -> dict[int, int]:
        """Return the least distance of each target that lies within `max_hops` of a source."""
        near = _Ball(self, sources)
        found = {}
        for target in sorted(set(targets)):
            distance = self._distance(near, _Ball(self, [target]), max_hops)
            if distance is not None:
                found[target] = distance
        return found

    def degree(self, ids: Iterable[int], *, limit: int = _DEGREE_LIMIT) -> int:
        """Return the number of triples around some entities, counted up to `limit`."""
        count = 0
        for batch in _batches(ids):
            for entity in batch:
                for column in ("subject", "object"):
                    query = f"SELECT count(*) FROM (SELECT 1 FROM triple WHERE {column} = ? LIMIT ?)"  # noqa: S608
                    count += int(self._connection.execute(query, (entity, limit - count)).fetchone()[0])
                    if count >= limit:
                        return count
        return count

    def touch(self, some: set[int], others: set[int]) -> bool:
        """Say whether a hop leads from one set to the other."""
        query = (
            f"SELECT 1 FROM triple WHERE subject = ? AND object = ?{self._hop}"  # noqa: S608
            f" UNION ALL SELECT 1 FROM triple WHERE subject = ? AND object = ?{self._hop} LIMIT 1"
        )
        return any(
            self._connection.execute(query, (one, other, other, one)).fetchone() is not None
            for one in some
            for other in others
        )

    def _distance(self, near: "_Ball", far: "_Ball", max_hops: int) -> int | None:
        if near.frontiers[0] & far.frontiers[0]:
            return 0
        steps_near = steps_far = 0
        for distance in range(1, max_hops + 1):
            some, others = near.frontier(steps_near), far.frontier(steps_far)
            if self._meets(near, steps_near, far, steps_far):
                return distance
            if distance < max_hops and some and others:
                if near.degree(steps_near) <= far.degree(steps_far):
                    steps_near += 1
                else:
                    steps_far += 1
        return None

    def _meets(self, near: "_Ball", steps_near: int, far: "_Ball", steps_far: int) -> bool:
        some, others = near.frontier(steps_near), far.frontier(steps_far)
        # Pair look-ups cost a microsecond each; expanding costs one for each triple around.
        pairs = len(some) * len(others)
        cheapest = min(near.degree(steps_near), far.degree(steps_far)) if pairs > 64 else pairs
        if pairs <= 64 or pairs <= cheapest:
            return self.touch(some, others)
        if near.degree(steps_near) <= far.degree(steps_far):
            return not near.frontier(steps_near + 1).isdisjoint(others)
        return not far.frontier(steps_far + 1).isdisjoint(some)


class _Ball:
    """The entities at each distance from a start, found as they are asked for."""

    def __init__(self, finder: HopFinder, start: Iterable[int]) -> None:
        self._finder = finder
        self.frontiers = [set(start)]
        self._all = set(self.frontiers[0])
        self._degrees: dict[int, int] = {}

    def frontier(self, step: int) -> set[int]:
        """Return the entities at exactly this distance."""
        while len(self.frontiers) <= step:
            fresh = self._finder.neighbours(self.frontiers[-1]) - self._all
            self._all |= fresh
            self.frontiers.append(fresh)
        return self.frontiers[step]

    def degree(self, step: int) -> int:
        """Return how many triples lie around the entities at this distance, up to a limit."""
        if step not in self._degrees:
            self._degrees[step] = self._finder.degree(self.frontier(step))
        return self._degrees[step]


def _batches(ids: Iterable[int]) -> Iterator[Sequence[int]]:
    ordered = iter(sorted(set(ids)))
    while batch := list(islice(ordered, _BATCH)):
        yield batch
