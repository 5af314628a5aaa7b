"""The pictured entity: two ways, one answer, and the rule itself."""

from collections.abc import Collection, Mapping

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from linker import pictured
from linker.pictured import Match, find_pictured

Floats = NDArray[np.float32]


class PlainGraph:
    """A graph of integers, answered by networkx."""

    def __init__(self, edges: Collection[tuple[int, int]], owner: Mapping[int, int], nodes: Collection[int]) -> None:
        self.graph = nx.Graph()
        self.graph.add_nodes_from(nodes)
        self.graph.add_edges_from(edges)
        self.owner = owner

    def neighbours(self, ids: Collection[int], *, hops: int) -> Mapping[int, int]:
        return dict(nx.multi_source_dijkstra_path_length(self.graph, set(ids), cutoff=hops))

    def degree(self, ids: Collection[int], *, limit: int) -> int:
        return min(limit, sum(self.graph.degree(entity) for entity in ids))

    def hop_distances(
        self, sources: Collection[int], targets: Collection[int], *, max_hops: int = 2
    ) -> Mapping[int, int]:
        reached = self.neighbours(sources, hops=max_hops)
        return {target: int(reached[target]) for target in targets if target in reached}

    def entity_images(self, entity_ids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        images = {e: tuple(sorted(i for i, owner in self.owner.items() if owner == e)) for e in entity_ids}
        return {entity: found for entity, found in images.items() if found}

    def image_entities(self, image_ids: Collection[int]) -> Mapping[int, int]:
        return {image: self.owner[image] for image in image_ids}


class PlainImages:
    """Vectors by image id, searched by looking at each."""

    def __init__(self, vectors: Mapping[int, Floats]) -> None:
        self.vectors = vectors

    def __len__(self) -> int:
        return len(self.vectors)

    def cosines(self, query: Floats, ids: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.array([float(query.astype(np.float64) @ self.vectors[int(i)].astype(np.float64)) for i in ids])

    def matches(self, query: Floats, ids: NDArray[np.int64], threshold: float) -> list[tuple[int, float]]:
        hits = zip(ids.tolist(), self.cosines(query, ids).tolist(), strict=True)
        return sorted(((i, c) for i, c in hits if c >= threshold), key=lambda hit: (-hit[1], hit[0]))

    def search(self, queries: Floats, threshold: float) -> list[list[tuple[int, float]]]:
        return [self.matches(query, np.array(sorted(self.vectors), dtype=np.int64), threshold) for query in queries]


def unit(x: float, y: float) -> Floats:
    vector = np.array([x, y], dtype=np.float32)
    return vector / np.float32(np.hypot(x, y))


# Coarse directions, so that equal cosines (ties) are common.
directions = st.sampled_from([unit(1, 0), unit(1, 0.2), unit(1, 0.4), unit(1, 0.6), unit(0, 1), unit(-1, 0)])


@st.composite
def worlds(draw: st.DrawFn) -> tuple[PlainGraph, PlainImages, list[int]]:
    nodes = list(range(draw(st.integers(1, 12))))
    edges = draw(st.lists(st.tuples(st.sampled_from(nodes), st.sampled_from(nodes)), max_size=18))
    owner = dict(enumerate(draw(st.lists(st.sampled_from(nodes), max_size=14)), start=100))
    vectors = {image: draw(directions) for image in owner}
    candidates = draw(st.lists(st.sampled_from(nodes), max_size=4, unique=True))
    return PlainGraph(edges, owner, nodes), PlainImages(vectors), candidates


@settings(max_examples=300, deadline=None)
@given(worlds(), directions, st.sampled_from([0.0, 0.5, 0.9, 0.98, 1.0]), st.integers(0, 2))
def test_both_ways_give_the_same_answer(
    world: tuple[PlainGraph, PlainImages, list[int]], query: Floats, threshold: float, hops: int
) -> None:
    graph, images, candidates = world
    one = find_pictured(graph, images, query, candidates, threshold=threshold, hops=hops, way="candidates-first")
    other = find_pictured(graph, images, query, candidates, threshold=threshold, hops=hops, way="image-first")
    assert one == other
    assert find_pictured(graph, images, query, candidates, threshold=threshold, hops=hops) == one


@settings(max_examples=200, deadline=None)
@given(worlds(), directions, st.sampled_from([0.0, 0.9, 0.98]), st.integers(0, 2), st.integers(1, 4))
def test_turning_to_the_other_way_on_the_way_gives_the_same_answer(
    world: tuple[PlainGraph, PlainImages, list[int]], query: Floats, threshold: float, hops: int, rows_a_triple: int
) -> None:
    graph, images, candidates = world
    expected = find_pictured(graph, images, query, candidates, threshold=threshold, hops=hops, way="image-first")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictured, "_SMALL_INDEX", 0)
        patch.setattr(pictured, "_ROWS_A_TRIPLE", rows_a_triple)
        assert find_pictured(graph, images, query, candidates, threshold=threshold, hops=hops) == expected


@pytest.mark.parametrize("start", [1, 50])
def test_a_hub_is_never_expanded_in_a_large_index(start: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """1 is the hub; 50 is beside it."""
    graph = PlainGraph([(1, n) for n in range(2, 60)], {n: n for n in range(2, 60)}, range(1, 60))
    images = PlainImages({n: unit(0, 1) for n in range(2, 60)} | {7: unit(1, 0)})
    monkeypatch.setattr(pictured, "_SMALL_INDEX", 10)
    asked: list[int] = []
    neighbours = graph.neighbours

    def watched(ids: Collection[int], *, hops: int) -> Mapping[int, int]:
        asked.append(hops)
        return neighbours(ids, hops=hops)

    graph.neighbours = watched  # type: ignore[method-assign]
    graph.hop_distances = lambda s, t, max_hops=2: dict.fromkeys(t, 1 if start == 1 else 2)  # type: ignore[method-assign]
    match = find_pictured(graph, images, unit(1, 0), [start])
    assert match == Match(7, 7, 1 if start == 1 else 2, 1.0)
    assert asked == ([] if start == 1 else [1])


def chain() -> tuple[PlainGraph, PlainImages]:
    """1 - 2 - 3 - 4, each with one picture; the farther from 1, the better the picture fits."""
    graph = PlainGraph([(1, 2), (2, 3), (3, 4)], {10: 1, 20: 2, 30: 3, 40: 4}, [1, 2, 3, 4])
    images = PlainImages({10: unit(0, 1), 20: unit(1, 0.4), 30: unit(1, 0.2), 40: unit(1, 0)})
    return graph, images


@pytest.mark.parametrize("way", ["candidates-first", "image-first"])
def test_the_first_hop_with_a_match_wins_even_where_a_farther_one_fits_better(way: str) -> None:
    graph, images = chain()
    match = find_pictured(graph, images, unit(1, 0), [1], threshold=0.9, way=way)  # type: ignore[arg-type]
    assert match is not None
    assert (match.entity_id, match.image_id, match.hop) == (2, 20, 1)


@pytest.mark.parametrize("way", ["candidates-first", "image-first"])
def test_what_is_farther_than_the_hops_is_not_found(way: str) -> None:
    graph, images = chain()
    assert find_pictured(graph, images, unit(1, 0), [1], threshold=0.999, way=way) is None  # type: ignore[arg-type]
    match = find_pictured(graph, images, unit(1, 0), [2], threshold=0.999, way=way)  # type: ignore[arg-type]
    assert match == Match(entity_id=4, image_id=40, hop=2, cosine=1.0)


@pytest.mark.parametrize("way", ["candidates-first", "image-first"])
def test_ties_break_by_entity_then_image(way: str) -> None:
    graph = PlainGraph([], {31: 7, 30: 7, 29: 8}, [7, 8])
    images = PlainImages({29: unit(1, 0), 30: unit(1, 0), 31: unit(1, 0)})
    match = find_pictured(graph, images, unit(1, 0), [8, 7], way=way)  # type: ignore[arg-type]
    assert match is not None
    assert (match.entity_id, match.image_id) == (7, 30)


def test_no_candidates_or_no_pictures_is_no_match() -> None:
    graph, images = chain()
    assert find_pictured(graph, images, unit(1, 0), []) is None
    assert find_pictured(graph, PlainImages({}), unit(1, 0), [1]) is None
