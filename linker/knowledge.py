"""What the picture tells, in words: the pictured entity and what the graph knows about it, remembered in the cache."""

import hashlib
import json
from collections.abc import Sequence
from functools import partial

from kg import AliasMatch, CachedPost, Fact, PicturedRecord
from linker.index import Index
from linker.memory import Memory
from linker.pictured import find_pictured
from linker.results import Pictured, Post, PostPicture
from linker.settings import Settings

Knowledge = tuple[Pictured | None, tuple[Fact, ...]]
"""The pictured entity, or None, and what the graph knows about it, most specific first."""

_RECENT_ANSWERS = 4096
# Below this a fuzzy candidate is too unlike the mention to look for its pictures and those of its neighbours.
LEAST_FUZZY = 0.86


class KnowledgeFinder:
    """Finds the pictured entity of a post and the facts about it.

    Args:
        index: The opened index.
        memory: The knowledge cache.
        settings: How to look for the pictured entity.
    """

    def __init__(self, index: Index, memory: Memory, settings: Settings) -> None:
        self._index = index
        self._index_id = index.manifest.identity
        self._memory = memory
        self._settings = settings
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
        self._memory.keep(CachedPost(post.file, str(post.id), " ".join(post.tokens), key))
        known = self._recent.get(key) or self._recall(key)
        if known is None:
            pictured = self._find(picture, candidates)
            known = pictured, tuple(self._index.graph.conceptual(pictured.entity.id)) if pictured else ()
            self._memory.keep(self._record(key, picture.sha256, candidates, *known))
        if len(self._recent) >= _RECENT_ANSWERS:
            self._recent.clear()
        self._recent[key] = known
        return known

    def _find(self, picture: PostPicture, candidates: Sequence[int]) -> Pictured | None:
        graph, settings = self._index.graph, self._settings
        assert picture.vector is not None
        ask = partial(find_pictured, graph, self._index.images, picture.vector, candidates)
        match = ask(theta=settings.threshold, hops=settings.hops, way=settings.way)
        if match is None:
            return None
        image = graph.image(match.image_id)
        path = graph.path(candidates, match.entity_id, max_hops=settings.hops) if match.hop else ()
        return Pictured(
            entity=graph.entity(match.entity_id),
            hop=match.hop,
            cosine=match.cosine,
            image=image.source if image else "",
            path=tuple((row.subject.iri, row.predicate_iri, row.object.iri) for row in path),
        )

    def _key(self, sha256: str, candidates: Sequence[int]) -> str:
        """Everything that the answer depends on: picture, candidates, index and settings."""
        parts = [sha256, candidates, self._index_id, self._settings.threshold, self._settings.hops]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def _recall(self, key: str) -> Knowledge | None:
        """What the cache has under a key: the pictured entity, or that there is none; None where it has nothing."""
        record = self._memory.recall(lambda cache: cache.pictured([key])).get(key)
        if record is None:
            return None
        if record.entity_iri is None:
            return None, ()
        entity = self._index.graph.entity_by_iri(record.entity_iri)
        if entity is None or record.hop is None or record.cosine is None:
            return None
        pictured = Pictured(entity, record.hop, record.cosine, record.image or "", record.path)
        return pictured, tuple(Fact(*triple) for triple in record.knowledge)

    def _record(
        self, key: str, sha256: str, candidates: Sequence[int], pictured: Pictured | None, facts: Sequence[Fact]
    ) -> PicturedRecord:
        entities = self._index.graph.entities(candidates)
        return PicturedRecord(
            key=key,
            sha256=sha256,
            candidates=tuple(entities[candidate].iri for candidate in candidates),
            theta=self._settings.threshold,
            hops=self._settings.hops,
            index_id=self._index_id,
            entity_iri=pictured.entity.iri if pictured else None,
            hop=pictured.hop if pictured else None,
            cosine=pictured.cosine if pictured else None,
            image=pictured.image if pictured else None,
            path=pictured.path if pictured else (),
            knowledge=tuple(fact.triple for fact in facts),
        )
