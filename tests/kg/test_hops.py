"""Distances, neighbours and paths, against networkx."""

import sqlite3
from collections.abc import Callable

import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg import Graph
from kg.hops import HopFinder, Links
from kg.schema import create_tables

Build = Callable[..., Graph]
Line = Callable[[str, str, str], str]
_NODES = 12

_EDGES = st.lists(
    st.tuples(st.integers(1, _NODES), st.integers(1, 3), st.integers(1, _NODES)), max_size=30, unique=True
)
_SOME = st.sets(st.integers(1, _NODES), max_size=4)


def _store(edges: list[tuple[int, int, int]]) -> tuple[sqlite3.Connection, "networkx.Graph[int]"]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    create_tables(connection)
    connection.executemany(
        "INSERT INTO predicate VALUES (?, ?, ?, ?)", [(1, "p", "p", 1), (2, "q", "q", 1), (3, "n", "n", 0)]
    )
    connection.executemany("INSERT INTO triple (subject, predicate, object) VALUES (?, ?, ?)", edges)
    graph: networkx.Graph[int] = networkx.Graph()
    graph.add_nodes_from(range(1, _NODES + 1))
    graph.add_edges_from((s, o) for s, p, o in edges if p != 3)
    return connection, graph


def _oracle(graph: "networkx.Graph[int]", sources: set[int], hops: int) -> dict[int, int]:
    if not sources:
        return {}
    return dict(networkx.multi_source_dijkstra_path_length(graph, sources, cutoff=hops, weight=lambda *_: 1))


@settings(max_examples=150, deadline=None)
@given(_EDGES, _SOME, _SOME, st.integers(0, 4), st.integers(0, 9), st.integers(1, 9), st.sampled_from([0, 10**6]))
def test_distances_and_neighbours_are_those_of_networkx(
    edges: list[tuple[int, int, int]],
    sources: set[int],
    targets: set[int],
    hops: int,
    few: int,
    leaps: int,
    pairs: int,
) -> None:
    """Whatever counts as a hub, however soon leaping ends, and however many pairs are too many."""
    connection, graph = _store(edges)
    expected = _oracle(graph, sources, hops)
    finder = HopFinder(connection, Links(connection, few=few, leaps=leaps), many_pairs=pairs)
    assert finder.within(sources, hops=hops) == expected
    assert finder.distances(sources, targets, max_hops=hops) == {t: expected[t] for t in targets if t in expected}
    connection.close()


@settings(max_examples=150, deadline=None)
@given(_EDGES, st.integers(1, _NODES), st.integers(1, _NODES), st.integers(0, 9))
def test_what_two_entities_have_in_common_is_the_smallest_that_both_lists_hold(
    edges: list[tuple[int, int, int]], one: int, other: int, leaps: int
) -> None:
    connection, graph = _store(edges)
    expected = min(set(graph[one]) & set(graph[other]), default=None)
    assert Links(connection, leaps=leaps).common(one, other) == expected
    assert Links(connection, leaps=0).common(one, other) == expected  # as bits
    connection.close()


def test_hubs_with_nothing_in_common_are_compared_as_bits_and_only_so_many_are_kept() -> None:
    connection, _ = _store([])
    hubs = range(1, 7)
    spokes = [(hub, 1, n) for hub in hubs for n in range(1000 + hub, 5000, 7)] + [(1, 1, 4800), (4800, 1, 6)]
    connection.executemany("INSERT OR IGNORE INTO triple (subject, predicate, object) VALUES (?, ?, ?)", spokes)
    finder = HopFinder(connection, Links(connection, kept=3))
    assert finder.distances([1], hubs, max_hops=2) == {1: 0, 6: 2}
    assert finder.distances([6, 3], hubs, max_hops=2) == {1: 2, 3: 0, 6: 0}
    assert 0 < finder.links.bits_of.cache_info().currsize <= 3
    assert [row[:3:3] for row in finder.path([1], 6, max_hops=2)] == [(1,), (4800,)]
    connection.close()


@settings(max_examples=100, deadline=None)
@given(_EDGES, _SOME, st.integers(1, _NODES), st.integers(0, 4), st.integers(0, 9))
def test_a_path_is_shortest_connected_and_has_the_smallest_ids(
    edges: list[tuple[int, int, int]], sources: set[int], target: int, hops: int, few: int
) -> None:
    connection, graph = _store(edges)
    steps = HopFinder(connection, Links(connection, few=few)).path(sources, target, max_hops=hops)
    distance = _oracle(graph, sources, hops).get(target)
    assert len(steps) == (distance or 0)
    if steps:
        every = [
            path
            for source in sorted(sources)
            if networkx.has_path(graph, source, target)
            for path in networkx.all_shortest_paths(graph, source, target)
            if len(path) == len(steps) + 1
        ]
        for (subject, predicate, _, end), one, other in zip(steps, min(every), min(every)[1:], strict=False):
            assert {subject, end} == {one, other}
            assert predicate != "n"
    connection.close()


def test_a_hub_is_never_expanded() -> None:
    hub, far = 1, 50_000
    connection, _ = _store([])
    spokes = ((n, 1, hub) for n in range(2, far))
    connection.executemany("INSERT INTO triple (subject, predicate, object) VALUES (?, ?, ?)", spokes)
    connection.execute("INSERT INTO triple (subject, predicate, object) VALUES (?, 1, 2)", (far,))
    finder = HopFinder(connection)
    asked: set[int] = set()
    neighbours = finder.links.neighbours

    def watched(ids: set[int]) -> set[int]:
        asked.update(ids)
        return neighbours(ids)

    finder.links.neighbours = watched  # type: ignore[method-assign]
    assert finder.distances([hub], [far, 3, hub], max_hops=2) == {far: 2, 3: 1, hub: 0}
    assert finder.distances([far], [hub, 3], max_hops=2) == {hub: 2}
    assert finder.distances([far], [3], max_hops=3) == {3: 3}
    assert hub not in asked
    connection.close()


def test_the_graph_answers_in_its_own_words(build: Build, line: Line) -> None:
    objects = line("Chad", "capital", "Ndjamena") + line("Ndjamena", "river", "Chari") + line("Chad", "near", "Mali")
    graph = build({"o": objects})
    chad, chari = graph.find("Chad"), graph.find("Chari")
    path = graph.path([chad.id], chari.id)
    assert [(row.subject.label, row.predicate_label, row.object.label) for row in path] == [
        ("Chad", "capital", "Ndjamena"),
        ("Ndjamena", "river", "Chari"),
    ]
    assert graph.path([chad.id], chad.id) == ()
    assert graph.path([chad.id], chari.id, max_hops=1) == ()
    exported = graph.neighbourhood(chad.id, hops=1)
    assert {data["label"] for _, data in exported.nodes(data=True)} == {"Chad", "Ndjamena", "Mali"}
    assert sorted(data["label"] for _, _, data in exported.edges(data=True)) == ["capital", "near"]


@pytest.mark.parametrize("hops", [0, 1, 2])
def test_unknown_entities_are_near_nothing(build: Build, line: Line, hops: int) -> None:
    graph = build({"o": line("A", "near", "B")})
    assert graph.hop_distances([99], [1, 2], max_hops=hops) == {}
    assert graph.hop_distances([], [1], max_hops=hops) == {}
    assert graph.hop_distances([1], [], max_hops=hops) == {}
    assert graph.entities([99, 1]).keys() == {1}
