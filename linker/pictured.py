"""The pictured entity: which entity of the graph does the post's picture show?

Chen et al. 2021, section 3.2.

The rule: search the pictures of the candidates; if none has a cosine of theta or more with the post's picture, those
of their one-hop neighbours; then two-hop. The first hop with a match wins, and within it the highest cosine; ties
break by
entity id, then by image id. Two ways give that answer:

- *candidates first* gathers the vectors of the candidates' images, then of the neighbours';
- *image first* searches the whole image index once, and asks the graph how near each entity that was found is to a
  candidate.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Way = Literal["auto", "candidates-first", "image-first"]

# One matrix-vector product over this many rows costs less than expanding two hops in SQLite.
_SMALL_INDEX = 100_000


class HopGraph(Protocol):
    """What is asked of the graph."""

    def neighbours(self, ids: Collection[int], *, hops: int) -> Mapping[int, int]:
        """Least hop of each entity within reach, the given ones included at 0."""

    def hop_distances(
        self, sources: Collection[int], targets: Collection[int], *, max_hops: int = 2
    ) -> Mapping[int, int]:
        """Least hop of each target that is within reach of a source."""

    def entity_images(self, entity_ids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        """The embedded images of each entity."""

    def image_entities(self, image_ids: Collection[int]) -> Mapping[int, int]:
        """The entity of each image."""


class ImageSearch(Protocol):
    """What is asked of the entity-image index."""

    def __len__(self) -> int:
        """How many images it holds."""

    def cosines(self, query: NDArray[np.float32], ids: NDArray[np.int64]) -> NDArray[np.float64]:
        """Cosine of the query (C,) with each image, (n,)."""

    def search(self, queries: NDArray[np.float32], theta: float) -> list[list[tuple[int, float]]]:
        """Images with a cosine of theta or more, for each query (n, C)."""


@dataclass(frozen=True, slots=True)
class Match:
    """A pictured entity, by numbers.

    Attributes:
        entity_id: The entity.
        image_id: Its image that matched.
        hop: Hops from the nearest candidate.
        cosine: Between the post's picture and that image.
    """

    entity_id: int
    image_id: int
    hop: int
    cosine: float


def find_pictured(
    graph: HopGraph,
    images: ImageSearch,
    vector: NDArray[np.float32],
    candidates: Collection[int],
    *,
    theta: float = 0.9,
    hops: int = 2,
    way: Way = "auto",
) -> Match | None:
    """Find the entity that a picture shows, near the candidates.

    Args:
        graph: The graph.
        images: The index of its pictures.
        vector: The post's picture, float32 (C,), L2-normalised.
        candidates: Ids of the entities that the text may mean.
        theta: Least cosine of a match.
        hops: How far from the candidates to look: 0, 1 or 2.
        way: Which of the two ways; the answer is the same.

    Returns:
        The match, or None.
    """
    if not candidates or len(images) == 0:
        return None
    if way == "auto":
        way = "image-first" if len(images) <= _SMALL_INDEX else "candidates-first"
    find = _image_first if way == "image-first" else _candidates_first
    return find(graph, images, vector, candidates, theta, hops)


def _candidates_first(
    graph: HopGraph,
    images: ImageSearch,
    vector: NDArray[np.float32],
    candidates: Collection[int],
    theta: float,
    hops: int,
) -> Match | None:
    seen: set[int] = set()
    for hop in range(hops + 1):
        reached = set(candidates) if hop == 0 else set(graph.neighbours(candidates, hops=hop))
        pictures = graph.entity_images(sorted(reached - seen))
        seen |= reached
        owners = [(image, entity) for entity, found in pictures.items() for image in found]
        if not owners:
            continue
        cosines = images.cosines(vector, np.array([image for image, _ in owners], dtype=np.int64))
        matches = [
            Match(entity, image, hop, float(cosine))
            for (image, entity), cosine in zip(owners, cosines, strict=True)
            if cosine >= theta
        ]
        if matches:
            return min(matches, key=_rank)
    return None


def _image_first(
    graph: HopGraph,
    images: ImageSearch,
    vector: NDArray[np.float32],
    candidates: Collection[int],
    theta: float,
    hops: int,
) -> Match | None:
    [found] = images.search(vector[None, :], theta)
    if not found:
        return None
    owner = graph.image_entities([image for image, _ in found])
    distance = graph.hop_distances(candidates, sorted(set(owner.values())), max_hops=hops)
    matches = [
        Match(owner[image], image, distance[owner[image]], cosine)
        for image, cosine in found
        if owner.get(image) in distance
    ]
    return min(matches, key=_rank, default=None)


def _rank(match: Match) -> tuple[int, float, int, int]:
    return (match.hop, -match.cosine, match.entity_id, match.image_id)
