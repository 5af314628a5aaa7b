"""The posts that a tagger gets most wrong: what to look at first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ner.evaluation.confusion import overlaps_any
from ner.formats import TaggedPost
from ner.spans import Span, spans_from_tags
from ner.taggers import TaggerOutput

MISSED = 0.5
"""What an entity counts that nothing was found for: a tagger does not say how sure it was that there is none."""


@dataclass(frozen=True, slots=True)
class FoundSpan:
    """An entity that a tagger found, and how sure it was, in 0..1."""

    span: Span
    score: float


@dataclass(frozen=True, slots=True)
class WrongPost:
    """A post whose tags are wrong somewhere.

    Attributes:
        id: The post's.
        tokens: Its words.
        gold: Its entities.
        predicted: What the tagger found.
        weight: How wrong it is: a wrong entity counts as much as the tagger was sure of it, a missed one
            :data:`MISSED`.
    """

    id: str
    tokens: tuple[str, ...]
    gold: tuple[Span, ...]
    predicted: tuple[FoundSpan, ...]
    weight: float

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, each entity with its words."""
        gold = [{**asdict(span), "text": self.text(span)} for span in self.gold]
        predicted = [
            {**asdict(found.span), "text": self.text(found.span), "score": found.score} for found in self.predicted
        ]
        return {"id": self.id, "weight": self.weight, "tokens": list(self.tokens), "gold": gold, "predicted": predicted}

    def text(self, span: Span) -> str:
        """The words of a span."""
        return " ".join(self.tokens[span.start : span.end])


def worst_posts(posts: Sequence[TaggedPost], outputs: Sequence[TaggerOutput], count: int) -> list[WrongPost]:
    """The most wrong posts, the worst first, then in their order; a post without an error is none of them.

    Args:
        posts: Tagged posts.
        outputs: What the tagger made of them.
        count: How many at most.
    """
    wrong = [_wrong_post(post, output) for post, output in zip(posts, outputs, strict=True)]
    return sorted((post for post in wrong if post.weight > 0), key=lambda post: -post.weight)[:count]


def _wrong_post(post: TaggedPost, output: TaggerOutput) -> WrongPost:
    gold = spans_from_tags(post.tags)
    sure = {(span.start, span.end, span.type): span.score for span in output.spans}
    found = tuple(
        FoundSpan(span, sure.get((span.start, span.end, span.type), 1.0)) for span in spans_from_tags(output.tags)
    )
    spans = [item.span for item in found]
    wrong = sum(item.score for item in found if item.span not in gold)
    missed = sum(MISSED for span in gold if not overlaps_any(span, spans))
    return WrongPost(post.id, post.tokens, gold, found, wrong + missed)
