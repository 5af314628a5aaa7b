"""What the report's page knows of a post: a result as short JSON, entities and pictures by their numbers."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from string import ascii_lowercase, digits
from typing import Any

from linker import (
    SCORE_PARTS,
    Candidate,
    GoldAnswers,
    Index,
    LinkedMention,
    Result,
    find_entity_picture,
    make_thumbnail,
    score_parts,
    why,
)

_DIGITS = 3
_EXACT = 1 << 53  # from here on JavaScript rounds whole numbers
_LEVELS = digits + ascii_lowercase  # of attention: 36
_EVIDENT = 0.01  # "restaurant 0 %" says nothing
_LONGEST = 2000  # characters of an own field that are shown


class PageData:
    """Makes the JSON of posts, and gathers what they share.

    Args:
        index: Where the pictures of entities come from.
        gold: Gold answers to set beside the results.
    """

    parts = SCORE_PARTS

    def __init__(self, index: Index | None, gold: GoldAnswers) -> None:
        self._index, self._gold = index, gold
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
        value: dict[str, Any] = {
            "id": result.id if isinstance(result.id, str) or abs(result.id) < _EXACT else str(result.id),
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
        if result.attention:
            value |= {"attention": list(map(_levels, result.attention)), "gates": list(map(_short, result.gates))}
        self._set_beside_gold(result, value)
        left_out = ("gold", "links") if "gold" in value else ()
        own = {name: said for name, said in result.fields.items() if said not in (None, "") and name not in left_out}
        value["own"] = [(name, _told(said)) for name, said in own.items()]
        return {name: said for name, said in value.items() if said not in (None, [], ())}

    def _set_beside_gold(self, result: Result, value: dict[str, Any]) -> None:
        compared = self._gold.compare(result, self._index.graph if self._index else None)
        if compared is None:
            return
        value["gold"] = [
            {"text": one.gold.text, "type": one.gold.type, "wrong": one.wrong}
            | ({"iri": one.gold.iri, "name": one.gold.name} if self._gold.tell_links else {})
            for one in compared
        ]
        for mention in value["mentions"]:
            mention["wrong"] = "spurious"
        for number, one in enumerate(compared):
            if one.found is not None:
                value["mentions"][one.found] |= {"wrong": one.wrong, "gold": number}

    def _mention(self, mention: LinkedMention) -> dict[str, Any]:
        best = mention.entity
        return {
            **{name: getattr(mention, name) for name in ("start", "end", "start_char", "end_char", "type")},
            "score": _short(mention.score),
            "linked": best and self._entity(best.entity),
            "sure": _short(best.score if best else mention.nil_score),
            "nil": _short(mention.nil_score),
            "other": _short(mention.other_score),
            "ambiguous": mention.ambiguous,
            "why": "; ".join(why(mention, parts=False)),
            "candidates": ";".join(map(self._candidate, mention.candidates)),
        }

    def _candidate(self, candidate: Candidate) -> str:
        """In the order that ``card.js`` reads; behind the hop all parts of the score, or the two that are known."""
        parts = score_parts(candidate)
        numbers = (
            self._entity(candidate.entity),
            _short(candidate.score),
            _short(candidate.match.fuzzy),
            float(f"{candidate.entity.prior:.3g}"),
            candidate.count,
            candidate.hop,
            *(round(nats, 2) for nats in (parts.values() if parts else (candidate.context, candidate.coherence))),
        )
        return ",".join("" if number is None else f"{number:.10g}" for number in numbers)

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


def _levels(row: Sequence[float]) -> tuple[float, str]:
    """The most of a row, and each number of it as a digit that says its share of that: 0 to z."""
    most = max(row) or 1.0
    return _short(most), "".join(_LEVELS[round(max(share, 0.0) / most * (len(_LEVELS) - 1))] for share in row)


def _told(value: Any) -> str:
    """A field of the user's as text; the end of one that is very long is left out, with a word."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    cut = f"{text[:_LONGEST]}… ({len(text):,} characters in all)"
    return text if len(text) <= _LONGEST else cut


def _short(value: float) -> float:
    return round(value, _DIGITS)
