"""The triples around an entity, read no further than a question needs, so that hubs cost no more than others.

A neighbour is an entity on either side of a triple whose predicate is a hop. What two entities have in common is found
by leaping through their neighbours, which the triple indexes hold in order: the one that is behind seeks the other's
place. Two hubs with little in common would leap long; their neighbours are then kept as bits, and compared at once.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BATCH = 500
_END = 1 << 62  # after every id


class Links:
    """Answers questions about single hops on one connection.

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
        rows = connection.execute("SELECT id FROM predicate WHERE NOT hop")
        excluded = ", ".join(str(int(row[0])) for row in rows)
        hop = f" AND predicate NOT IN ({excluded})" if excluded else ""
        self._hop = hop
        self._around = (
            f"SELECT object FROM triple WHERE subject = ?1{hop}"  # noqa: S608 -- only numbers
            f" UNION ALL SELECT subject FROM triple WHERE object = ?1{hop}"
        )
        self._linked = (
            f"SELECT 1 FROM triple WHERE subject = ?1 AND object = ?2{hop}"  # noqa: S608
            f" UNION ALL SELECT 1 FROM triple WHERE subject = ?2 AND object = ?1{hop} LIMIT 1"
        )
        self._leap = _leap_query(hop)

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

    def few(self, entity: int) -> set[int] | None:
        """Return an entity's neighbours, or None for a hub."""
        rows = self._connection.execute(f"{self._around} LIMIT {self._few + 1}", (entity,)).fetchall()
        return None if len(rows) > self._few else {row[0] for row in rows}

    def degree(self, ids: Iterable[int], *, limit: int) -> int:
        """Return the number of triples around some entities, counted up to `limit`."""
        count = 0
        for entity in sorted(set(ids)):
            for column in ("subject", "object"):
                query = f"SELECT count(*) FROM (SELECT 1 FROM triple WHERE {column} = ? LIMIT ?)"  # noqa: S608
                count += int(self._connection.execute(query, (entity, limit - count)).fetchone()[0])
                if count >= limit:
                    return count
        return count

    def linked(self, one: int, other: int) -> bool:
        """Say whether a hop leads from one entity to another."""
        return self._connection.execute(self._linked, (one, other)).fetchone() is not None

    def common(self, one: int, other: int) -> int | None:
        """Return the smallest neighbour that two entities have in common, None if there is none."""
        row = self._connection.execute(self._leap, (one, other, self._leaps)).fetchone()
        if row is not None:
            return int(row[0]) if row[0] == row[1] < _END else None
        return self._common_bit(one, other)

    def _common_bit(self, one: int, other: int) -> int | None:
        import numpy as np

        some, others = self.bits_of(one), self.bits_of(other)
        length = min(len(some), len(others))
        both = some[:length] & others[:length]
        if not both.any():
            return None
        place = int((both != 0).argmax())
        return place * 8 + int(np.unpackbits(both[place : place + 1]).argmax())

    def _read_bits(self, entity: int) -> "NDArray[np.uint8]":
        """Return an entity's neighbours, a bit for each id."""
        import numpy as np

        query = self._around.replace("SELECT object", "SELECT group_concat(object)").replace(
            "SELECT subject", "SELECT group_concat(subject)"
        )
        texts = [text for (text,) in self._connection.execute(query, (entity,)) if text]
        if not texts:
            return np.zeros(0, np.uint8)
        ids = np.concatenate([np.fromstring(text, np.int64, sep=",") for text in texts])
        flags = np.zeros(int(ids.max()) + 1, np.bool_)
        flags[ids] = True
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


def _batches(ids: Iterable[int]) -> Iterator[Sequence[int]]:
    ordered = iter(sorted(set(ids)))
    while batch := list(islice(ordered, _BATCH)):
        yield batch
