"""What the picture tells, in words: the pictured entity and what the graph knows about it, remembered in the cache."""

import hashlib
import json
from collections.abc import Sequence

from kg import AliasMatch, Fact, PicturedRecord
from linker.index import Index
from linker.memory import Memory
from linker.pictured import Way, find_pictured
from linker.pictures import PostPicture
from linker.records import Pictured, Post

Knowledge = tuple[Pictured | None, tuple[Fact, ...]]
"""The pictured entity, or None, and what the graph knows about it, most specific first."""

_RECENT_ANSWERS = 4096
# Below this a fuzzy candidate is too unlike the mention to look for its pictures and its neighbours'.
LEAST_FUZZY = 0.86


class KnowledgeFinder:
    """Finds the pictured entity of a post and the facts about it.

    Args:
        index: The opened index.
        memory: The knowledge cache.
        theta: Least cosine of a match.
        hops: How far from the candidates to look.
        way: Which of the two ways.
    """

    def __init__(self, index: Index, memory: Memory, *, theta: float, hops: int, way: Way) -> None:
        self._index = index
        self._memory = memory
        self._theta = theta
        self._hops = hops
        self._way: Way = way
        self._recent: dict[str, Knowledge] = {}

    def find(self, post: Post, picture: PostPicture, matches: Sequence[Sequence[AliasMatch]]) -> Knowledge:
        """Find the pictured entity of a post, near its candidates.

        Args:
            post: The post.
            picture: Its picture.
            matches: The candidates of its mentions.

        Returns:
            The pictured entity, or None; and what the graph knows about it.
        """
        if picture.vector is None:
            return None, ()
        candidates = sorted({match.entity.id for row in matches for match in row if match.fuzzy >= LEAST_FUZZY})
        key = self._key(picture.sha256, candidates)
        self._memory.remember_post(post, key)
        known = self._recent.get(key) or self._memory.pictured(key, self._index.graph)
        if known is None:
            pictured = self._find(picture, candidates)
            known = pictured, tuple(self._index.graph.conceptual(pictured.entity.id)) if pictured else ()
            self._memory.remember_pictured(self._record(key, picture.sha256, candidates, *known))
        if len(self._recent) >= _RECENT_ANSWERS:
            self._recent.clear()
        self._recent[key] = known
        return known

    def _record(
        self, key: str, sha256: str, candidates: Sequence[int], pictured: Pictured | None, facts: Sequence[Fact]
    ) -> PicturedRecord:
        entities = self._index.graph.entities(candidates)
        return PicturedRecord(
            key=key,
            sha256=sha256,
            candidates=tuple(entities[candidate].iri for candidate in candidates),
            theta=self._theta,
            hops=self._hops,
            index_id=self._index.manifest.identity,
            entity_iri=pictured.entity.iri if pictured else None,
            hop=pictured.hop if pictured else None,
            cosine=pictured.cosine if pictured else None,
            image=pictured.image if pictured else None,
            path=pictured.path if pictured else (),
            knowledge=tuple(fact.triple for fact in facts),
        )

    def _find(self, picture: PostPicture, candidates: Sequence[int]) -> Pictured | None:
        graph = self._index.graph
        assert picture.vector is not None
        match = find_pictured(
            graph, self._index.images, picture.vector, candidates, theta=self._theta, hops=self._hops, way=self._way
        )
        if match is None:
            return None
        image = graph.image(match.image_id)
        path = graph.path(candidates, match.entity_id, max_hops=self._hops) if match.hop else ()
        return Pictured(
            entity=graph.entity(match.entity_id),
            hop=match.hop,
            cosine=match.cosine,
            image=image.source if image else "",
            path=tuple((row.subject.iri, row.predicate_iri, row.object.iri) for row in path),
        )

    def _key(self, sha256: str, candidates: Sequence[int]) -> str:
        """Everything that the answer depends on: picture, candidates, index and settings."""
        parts = [sha256, candidates, self._index.manifest.identity, self._theta, self._hops]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
