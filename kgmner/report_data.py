"""What the report's page knows of a post: a result as short JSON, entities and pictures by their numbers."""

import hashlib
from pathlib import Path
from typing import Any

from linker import (
    SCORE_PARTS,
    Candidate,
    Index,
    LinkedMention,
    Result,
    find_entity_picture,
    make_thumbnail,
    score_parts,
    why,
)

_DIGITS = 3
_EVIDENT = 0.01  # "restaurant 0 %" says nothing


class PageData:
    """Makes the JSON of posts, and gathers what they share.

    Args:
        index: Where the pictures of entities come from.
    """

    parts = SCORE_PARTS

    def __init__(self, index: Index | None) -> None:
        self._index = index
        self._numbers: dict[tuple[str, str, str | None], int] = {}
        self._pictures: dict[str, int | None] = {}  # by digest
        self._digests: dict[Path, str] = {}
        self._shown: dict[tuple[str, str | None], int | None] = {}
        self._count, self._new = 0, list[tuple[int, bytes]]()

    @property
    def entities(self) -> list[tuple[str, str, str | None]]:
        """IRI, label and type of each entity, by its number."""
        return list(self._numbers)

    def new_pictures(self) -> list[tuple[int, bytes]]:
        """The pictures that came with the posts since this was asked before: their numbers, and JPEGs."""
        found, self._new = self._new, []
        return found

    def post(self, result: Result, image: Path | bytes | None) -> dict[str, Any]:
        """A post as the page's script has it; what is empty is left out."""
        pictured, nearest = result.pictured, result.nearest
        value = {
            "id": result.id,
            "text": result.text,
            "tokens": result.tokens,
            "image": result.image,
            "error": result.image_error,
            "picture": None if result.image_error else self._picture(image),
            "mentions": [self._mention(mention) for mention in result.mentions],
            "pictured": pictured
            and {
                "entity": self._entity(pictured.entity),
                "picture": self._picture_of(pictured.entity.iri, pictured.image),
                "hop": pictured.hop,
                "cosine": _short(pictured.cosine),
                "how": pictured.how,
                "score": _short(pictured.score),
                "path": pictured.path,
            },
            "nearest": nearest
            and {
                "entity": self._entity(nearest.entity),
                "picture": self._picture_of(nearest.entity.iri, None),
                "cosine": _short(nearest.cosine),
            },
            "knowledge": [fact.triple for fact in result.knowledge],
            "attributes": [(label, _short(share)) for label, share in result.attributes if share >= _EVIDENT],
        }
        return {name: said for name, said in value.items() if said not in (None, [], ())}

    def _mention(self, mention: LinkedMention) -> dict[str, Any]:
        chosen = mention.entity and mention.entity.entity.iri
        iris = [candidate.entity.iri for candidate in mention.candidates]
        return {
            **{name: getattr(mention, name) for name in ("start", "end", "start_char", "end_char", "type")},
            "score": _short(mention.score),
            "chosen": iris.index(chosen) if chosen in iris else None,
            "nil": _short(mention.nil_score),
            "other": _short(mention.other_score),
            "ambiguous": mention.ambiguous,
            "why": why(mention),
            "candidates": [self._candidate(candidate) for candidate in mention.candidates],
        }

    def _candidate(self, candidate: Candidate) -> list[Any]:
        """In the order that ``card.js`` reads: entity, score, name, prior, count, context, coherence, hop, parts."""
        parts = score_parts(candidate)
        return [
            self._entity(candidate.entity),
            _short(candidate.score),
            _short(candidate.match.fuzzy),
            float(f"{candidate.entity.prior:.3g}"),
            float(f"{candidate.count:.3g}"),
            _short(candidate.context),
            _short(candidate.coherence),
            candidate.hop,
            parts and [_short(parts[part]) for part in SCORE_PARTS],
        ]

    def _entity(self, entity: Any) -> int:
        return self._numbers.setdefault((entity.iri, entity.label, entity.type), len(self._numbers))

    def _picture(self, source: Path | bytes | None) -> int | None:
        """The number of a picture; the same content is read once."""
        if source is None:
            return None
        digest = self._digest(source)
        if digest not in self._pictures:
            made = make_thumbnail(source)
            self._pictures[digest] = None if made is None else self._count
            if made is not None:
                self._new.append((self._count, made))
                self._count += 1
        return self._pictures[digest]

    def _digest(self, source: Path | bytes) -> str:
        if isinstance(source, bytes):
            return hashlib.sha256(source).hexdigest()
        if source not in self._digests:
            try:
                with source.open("rb") as file:
                    self._digests[source] = hashlib.file_digest(file, "sha256").hexdigest()
            except OSError:
                self._digests[source] = str(source)
        return self._digests[source]

    def _picture_of(self, iri: str, source: str | None) -> int | None:
        """The number of an entity's picture."""
        if self._index is None:
            return None
        key = iri, source
        if key not in self._shown:
            self._shown[key] = self._picture(find_entity_picture(self._index, iri, source))
        return self._shown[key]


def _short(value: float) -> float:
    return round(value, _DIGITS)
