"""Hop distances on hubs: an entity with a million links, and entities 1, 2 and more hops away.

python -m benchmarks.hubs
"""

import sqlite3
import time
import timeit
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.options import take_no_options
from benchmarks.sample import WORK
from kg import Graph
from kg.schema import SCHEMA_VERSION, create_indexes, create_tables

_MAINLAND, _ISLAND = 1_300_000, 200_000
_TRIPLES = 3_600_000
_HUB, _EVEN, _ODD, _MIXED, _OTHER = 1, 2, 3, 4, 5
_LINKS = {_HUB: 1_000_000, _EVEN: 100_000, _ODD: 100_000, _MIXED: 100_000, _OTHER: 100_000}
_ASKED = 100

Ids = NDArray[np.int64]


def hub_graph() -> Path:
    """Make the graph, or find it made: hubs, a power-law mainland, and an island that no link leads to."""
    path = WORK / "hubs" / f"kg-{SCHEMA_VERSION}.sqlite"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with closing(sqlite3.connect(part, isolation_level=None)) as connection:
        create_tables(connection)
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        entities = ((n, f"http://e/{n}", f"E{n}") for n in range(1, _MAINLAND + _ISLAND + 1))
        connection.executemany("INSERT INTO entity (id, iri, label) VALUES (?, ?, ?)", entities)
        connection.executemany(
            "INSERT INTO predicate (id, iri, label, hop) VALUES (?, ?, ?, ?)",
            [(1, "urn:near", "near", 1), (2, "urn:of", "of", 1), (3, "urn:type", "type", 0)],
        )
        connection.executemany("INSERT INTO triple (subject, object, predicate) VALUES (?, ?, ?)", _triples().tolist())
        create_indexes(connection)
        connection.execute("COMMIT")
        connection.execute("ANALYZE")
    part.replace(path)
    return path


def _triples() -> NDArray[np.int64]:
    """(n, 3): subject, object, predicate, sorted, each once."""
    draw = np.random.default_rng(7)
    parts = []
    for hub, links in _LINKS.items():
        ends = draw.permutation(np.arange(10, _MAINLAND + 1))
        if hub in (_EVEN, _ODD):
            ends = ends[ends % 2 == hub % 2]
        ends = ends[:links]
        into = draw.random(links) < 0.8  # a hub is pointed at more than it points
        pairs = np.where(into[:, None], np.c_[ends, np.full(links, hub)], np.c_[np.full(links, hub), ends])
        parts.append(np.c_[pairs, draw.integers(1, 3, links)])
    for first, count, triples in ((10, _MAINLAND - 9, _TRIPLES), (_MAINLAND + 1, _ISLAND, _ISLAND)):
        subjects = first + draw.integers(0, count, triples)
        ranks = np.minimum(count - 1, (count ** draw.random(triples)).astype(np.int64))  # 1 / rank
        objects = first + draw.permutation(count)[ranks]
        parts.append(np.c_[subjects, objects, draw.choice([1, 2, 3], triples, p=[0.6, 0.3, 0.1])])
    rows = np.unique(np.concatenate(parts), axis=0)
    return np.asarray(rows[rows[:, 0] != rows[:, 1]])


def entities_at(graph: Graph, distance: int) -> list[int]:
    """100 entities at a distance from the hub; 3 stands for entities that no way leads to."""
    draw = np.random.default_rng(distance)
    if distance == 3:
        return sorted(draw.choice(np.arange(_MAINLAND + 1, _MAINLAND + _ISLAND), _ASKED, replace=False).tolist())
    wanted: list[int] = []
    for entity in draw.permutation(np.arange(10, _MAINLAND)).tolist():
        linked = graph.connection.execute(
            "SELECT 1 FROM triple WHERE predicate < 3 AND ((subject = ?1 AND object = ?2)"
            " OR (subject = ?2 AND object = ?1))",
            (_HUB, entity),
        ).fetchone()
        if bool(linked) == (distance == 1) and graph.hop_distances([entity], [_HUB]):
            wanted.append(entity)
        if len(wanted) == _ASKED:
            break
    return wanted


def measure(ask: Callable[[int], object], asked: Sequence[int]) -> tuple[float, float, float]:
    """Ask each question once to warm up, then with the clock: median, 99th percentile and most, in ms.

    Of five times the least counts, so that what else the machine does is not measured.
    """
    took = []
    for entity in asked:
        ask(entity)
        took.append(min(timeit.repeat(partial(ask, entity), number=1, repeat=5)) * 1000)
    return float(np.median(took)), float(np.percentile(took, 99)), max(took)


def main() -> None:
    """Print the table."""
    with Graph.open(hub_graph()) as graph:
        counts = graph.counts()
        print(f"{counts['entity']:,} entities, {counts['triple']:,} triples; a hub of {_LINKS[_HUB]:,} links")
        print(f"{'hop distances, ms a question, the least of 5':<62}{'median':>9}{'p99':>9}{'most':>9}")
        most = max(_measure_entities(graph) + _measure_hubs(graph))
    print(f"each under 1 ms: {'yes' if most < 1 else 'NO'}")


def _measure_entities(graph: Graph) -> list[float]:
    candidates = [_HUB, *np.random.default_rng(1).integers(10, _MAINLAND, 9).tolist()]
    most = []
    for distance, what in ((1, "1 hop"), (2, "2 hops"), (3, "no way within 2 hops")):
        near = entities_at(graph, distance)
        for title, ask in (
            ("hub to entity", lambda e: graph.hop_distances([_HUB], [e])),
            ("entity to hub", lambda e: graph.hop_distances([e], [_HUB])),
            ("10 candidates, one a hub, to entity", lambda e: graph.hop_distances(candidates, [e])),
            ("path from hub to entity", lambda e: graph.path([_HUB], e)),
        ):
            most.append(_print(f"{title}, {what}", measure(ask, near)))
    return most


def _measure_hubs(graph: Graph) -> list[float]:
    most = []
    for one, other, what in (
        (_HUB, _MIXED, "1,000,000 and 100,000 links"),
        (_MIXED, _OTHER, "100,000 links each"),
        (_EVEN, _ODD, "100,000 links each, none in common"),
    ):
        start = time.perf_counter()
        found = graph.hop_distances([one], [other]).get(other, "far")
        first = (time.perf_counter() - start) * 1000
        ask = partial(_ask_pair, graph, one)
        most.append(_print(f"hub to hub, {what}: {found}", measure(ask, [other] * 20)))
        print(f"    the first time: {first:.2f} ms")
    return most


def _ask_pair(graph: Graph, one: int, other: int) -> object:
    return graph.hop_distances([one], [other])


def _print(what: str, readings: tuple[float, float, float]) -> float:
    print(f"{what:<62}" + "".join(f"{reading:>9.3f}" for reading in readings), flush=True)
    return readings[2]


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
