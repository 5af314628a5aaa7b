"""What the picture tells, in words: the pictured entity and what the graph knows about it, remembered in the cache."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kg import AliasMatch, Fact, PicturedRecord
from linker.index import Index
from linker.memory import Memory
from linker.pictured import find_nearest, find_pictured
from linker.recent import Recent
from linker.results import Nearest, Pictured, Post, PostPicture
from linker.second_look import Recognised, SecondLook, load_look_model
from linker.settings import Settings


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What a picture tells."""

    pictured: Pictured | None = None  # the pictured entity, where one was recognised
    facts: tuple[Fact, ...] = ()  # what the graph knows about it, most specific first
    nearest: Nearest | None = None  # what came nearest, where nothing was recognised
    key: str | None = None  # under which the knowledge cache has it


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
        self._second_look = SecondLook(index, memory) if settings.second_look else None
        self._recent: Recent[str, Knowledge] = Recent(_RECENT_ANSWERS)

    def find(self, post: Post, picture: PostPicture, matches: Sequence[Sequence[AliasMatch]]) -> Knowledge:
        """Find the pictured entity of a post, near its candidates.

        Args:
            post: The post.
            picture: Its picture.
            matches: The candidates of its mentions.

        Returns:
            The pictured entity, or what came nearest; and what the graph knows about it.
        """
        if picture.vector is None:
            return Knowledge()
        text = text_scores(matches)
        key = self._key(picture.sha256, text)
        known = self._recent.of([key]).get(key) or self._recall(key)
        if known is None:
            known, is_whole = self._find(post.image, picture, text)
            if not is_whole:  # the missing pictures may be there the next time
                return known
            self._memory.keep(self._record(key, picture.sha256, sorted(text), known))
        known = replace(known, key=key)
        self._recent.keep({key: known})
        return known

    def _find(
        self, file: Path | bytes | None, picture: PostPicture, text: Mapping[int, float]
    ) -> tuple[Knowledge, bool]:
        """The answer, and whether all that it depends on could be read."""
        graph, images, settings, candidates = self._index.graph, self._index.images, self._settings, sorted(text)
        assert picture.vector is not None
        threshold, hops, way = settings.threshold, settings.hops, settings.way
        match = find_pictured(graph, images, picture.vector, candidates, threshold=threshold, hops=hops, way=way)
        if match is not None:
            return self._known(candidates, Recognised(match, "copy", 1.0)), True
        if self._second_look is None or file is None:
            return Knowledge(), True
        nearest = find_nearest(graph, images, picture.vector, candidates, hops=hops)
        recognised, is_whole = self._second_look.look(nearest, file, picture.sha256, text)
        if recognised is not None:
            return self._known(candidates, recognised), is_whole
        if not nearest:
            return Knowledge(), is_whole
        return Knowledge(nearest=Nearest(graph.entity(nearest[0].entity_id), nearest[0].cosine)), is_whole

    def _known(self, candidates: Sequence[int], recognised: Recognised) -> Knowledge:
        graph, match = self._index.graph, recognised.match
        image = graph.image(match.image_id)
        path = graph.path(candidates, match.entity_id, max_hops=self._settings.hops) if match.hop else ()
        pictured = Pictured(
            entity=graph.entity(match.entity_id),
            hop=match.hop,
            cosine=match.cosine,
            image=image.source if image else "",
            path=tuple((row.subject.iri, row.predicate_iri, row.object.iri) for row in path),
            how=recognised.how,
            score=recognised.score,
        )
        return Knowledge(pictured, tuple(graph.conceptual(match.entity_id)))

    def _key(self, sha256: str, text: Mapping[int, float]) -> str:
        """Everything that the answer depends on: picture, candidates, index and settings."""
        settings = self._settings
        parts = [sha256, sorted(text), self._index_id, settings.threshold, settings.hops]
        if self._second_look is not None:
            parts += [[round(score, 6) for _, score in sorted(text.items())], load_look_model().identity]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def _recall(self, key: str) -> Knowledge | None:
        """What the cache has under a key: the pictured entity, or that there is none; None where it has nothing."""
        record = self._memory.recall(lambda cache: cache.pictured([key])).get(key)
        if record is None:
            return None
        if record.entity_iri is None:
            nearest = self._index.graph.entity_by_iri(record.nearest_iri) if record.nearest_iri else None
            return Knowledge(nearest=Nearest(nearest, record.nearest_cosine or 0.0) if nearest else None)
        entity = self._index.graph.entity_by_iri(record.entity_iri)
        if entity is None or record.hop is None or record.cosine is None:
            return None
        how, score = record.how or "copy", 1.0 if record.score is None else record.score
        pictured = Pictured(entity, record.hop, record.cosine, record.image or "", record.path, how, score)
        return Knowledge(pictured, tuple(Fact(*triple) for triple in record.knowledge))

    def _record(self, key: str, sha256: str, candidates: Sequence[int], known: Knowledge) -> PicturedRecord:
        entities, pictured, nearest = self._index.graph.entities(candidates), known.pictured, known.nearest
        return PicturedRecord(
            key=key,
            sha256=sha256,
            candidates=tuple(entities[candidate].iri for candidate in candidates),
            threshold=self._settings.threshold,
            hops=self._settings.hops,
            index_id=self._index_id,
            entity_iri=pictured.entity.iri if pictured else None,
            hop=pictured.hop if pictured else None,
            cosine=pictured.cosine if pictured else None,
            image=pictured.image if pictured else None,
            path=pictured.path if pictured else (),
            knowledge=tuple(fact.triple for fact in known.facts),
            how=pictured.how if pictured else None,
            score=pictured.score if pictured else None,
            nearest_iri=nearest.entity.iri if nearest else None,
            nearest_cosine=nearest.cosine if nearest else None,
        )


def text_scores(matches: Sequence[Sequence[AliasMatch]]) -> dict[int, float]:
    """How well a name of the text fits each entity near which pictures are looked for, 0 to 1, by entity id."""
    scores: dict[int, float] = {}
    for match in (match for row in matches for match in row if match.fuzzy >= LEAST_FUZZY):
        scores[match.entity.id] = max(scores.get(match.entity.id, 0.0), match.fuzzy * match.weight)
    return scores
