"""The pictured entity: which entity of the graph does the post's picture show?

Chen et al. 2021, section 3.2.

The rule: search the pictures of the candidates; if none has a cosine of the threshold (the paper's theta) or more with
the post's picture, those of their one-hop neighbours; then two-hop. The first hop with a match wins, and within it the
highest cosine; ties break by entity id, then by image id. Two ways give that answer:

- *candidates first* gathers the vectors of the candidates' images, then of the neighbours';
- *image first* searches the whole image index once, and asks the graph how near each entity that was found is to a
  candidate.

The second does not care for hubs. So in a large index the first is gone as long as few triples lie ahead of it.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kg import Graph
from linker.settings import Way

if TYPE_CHECKING:
    from vision import ImageIndex

# One matrix-vector product over this many rows costs less than expanding two hops in SQLite.
_SMALL_INDEX = 100_000
# Expanding a triple, and looking at the picture behind it, costs as much as looking at some four rows of the index.
_ROWS_A_TRIPLE = 4
# For the second look: triples that are expanded, and what is searched for beyond them.
_MOST_EXPANDED = 5_000
_LEAST_BEYOND = 0.5
_MOST_BEYOND = 200
_PICTURES_OF_ONE = 2
_MOST_COMPARED = 16


@dataclass(frozen=True, slots=True)
class Match:
    """A pictured entity, by numbers."""

    entity_id: int
    image_id: int  # the image of the entity that matched
    hop: int  # hops from the nearest candidate
    cosine: float  # between the post's picture and that image


def find_pictured(
    graph: Graph,
    images: "ImageIndex",
    vector: NDArray[np.float32],
    candidates: Collection[int],
    *,
    threshold: float = 0.9,
    hops: int = 2,
    way: Way = "auto",
) -> Match | None:
    """Find the entity that a picture shows, near the candidates.

    Args:
        graph: The graph.
        images: The index of its pictures.
        vector: The post's picture, float32 (C,), L2-normalised.
        candidates: Ids of the entities that the text may mean.
        threshold: Least cosine of a match.
        hops: How far from the candidates to look: 0, 1 or 2.
        way: Which of the two ways; the answer is the same. ``auto`` takes image first where the index is small, or
            where many triples lie around the candidates or their neighbours.

    Returns:
        The match, or None.
    """
    if not candidates or len(images) == 0:
        return None
    question = _Question(graph, images, vector, candidates, threshold, hops)
    if way == "image-first" or (way == "auto" and len(images) <= _SMALL_INDEX):
        return _image_first(question)
    return _candidates_first(question, len(images) // _ROWS_A_TRIPLE if way == "auto" else None)


def find_nearest(
    graph: Graph, images: "ImageIndex", vector: NDArray[np.float32], candidates: Collection[int], *, hops: int
) -> list[Match]:
    """Find the pictures in reach of the candidates that come nearest to one, whatever their cosines.

    Hubs are not expanded: where more triples lie around than `_MOST_EXPANDED`, the reach ends before them, and what
    lies beyond is looked at only from a cosine of `_LEAST_BEYOND` on.

    Returns:
        The nearest first, as many as the second look compares, two of an entity at most; ties by entity id, then by
        image id.
    """
    if not candidates or len(images) == 0:
        return []
    reach, fresh, is_whole = dict.fromkeys(candidates, 0), set(candidates), True
    for hop in range(1, hops + 1):
        if graph.degree(fresh, limit=_MOST_EXPANDED + 1) > _MOST_EXPANDED:
            is_whole = False
            break
        fresh = set(graph.neighbours(fresh, hops=1)) - reach.keys()
        reach |= dict.fromkeys(fresh, hop)
    owners = {image: entity for entity, found in graph.entity_images(reach).items() for image in found}
    if not is_whole:
        [beyond] = images.search(vector[None, :], _LEAST_BEYOND)
        further = graph.image_entities([image for image, _ in beyond[:_MOST_BEYOND]])
        reach |= graph.hop_distances(candidates, sorted(set(further.values()) - reach.keys()), max_hops=hops)
        owners |= {image: entity for image, entity in further.items() if entity in reach}
    if not owners:
        return []
    cosines = images.cosines(vector, np.array(sorted(owners), dtype=np.int64))
    found = [
        Match(owners[image], image, reach[owners[image]], float(cosine))
        for image, cosine in zip(sorted(owners), cosines, strict=True)
    ]
    nearest: list[Match] = []
    seen: Counter[int] = Counter()
    for match in sorted(found, key=lambda match: (-match.cosine, match.entity_id, match.image_id)):
        seen[match.entity_id] += 1
        if seen[match.entity_id] <= _PICTURES_OF_ONE:
            nearest.append(match)
    return nearest[:_MOST_COMPARED]


@dataclass(frozen=True, slots=True)
class _Question:
    graph: Graph
    images: "ImageIndex"
    vector: NDArray[np.float32]
    candidates: Collection[int]
    threshold: float
    hops: int


def _candidates_first(question: _Question, most_triples: int | None) -> Match | None:
    """Look hop by hop, and turn to image first before the hop that has more than `most_triples` to expand."""
    graph, candidates = question.graph, question.candidates
    seen: set[int] = set()
    fresh: set[int] = set()
    for hop in range(question.hops + 1):
        if hop and most_triples is not None and graph.degree(fresh, limit=most_triples + 1) > most_triples:
            return _image_first(question)
        fresh = (set(candidates) if hop == 0 else set(graph.neighbours(candidates, hops=hop))) - seen
        seen |= fresh
        if matches := _matches_at(question, fresh, hop):
            return min(matches, key=_rank)
    return None


def _matches_at(question: _Question, entities: set[int], hop: int) -> list[Match]:
    pictures = question.graph.entity_images(sorted(entities))
    owner = {image: entity for entity, found in pictures.items() for image in found}
    if not owner:
        return []
    ids = np.fromiter(owner, np.int64, len(owner))
    found = question.images.matches(question.vector, ids, question.threshold)
    return [Match(owner[image], image, hop, cosine) for image, cosine in found]


def _image_first(question: _Question) -> Match | None:
    [found] = question.images.search(question.vector[None, :], question.threshold)
    if not found:
        return None
    owner = question.graph.image_entities([image for image, _ in found])
    reached = question.graph.hop_distances(question.candidates, sorted(set(owner.values())), max_hops=question.hops)
    matches = [
        Match(owner[image], image, reached[owner[image]], cosine)
        for image, cosine in found
        if owner.get(image) in reached
    ]
    return min(matches, key=_rank, default=None)


def _rank(match: Match) -> tuple[int, float, int, int]:
    return (match.hop, -match.cosine, match.entity_id, match.image_id)
