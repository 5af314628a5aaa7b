"""The mistakes of a tagger: what it takes for what, and the posts that it gets most wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ner.evaluation.scores import types_in
from ner.formats import TaggedPost
from ner.spans import Span, spans_from_tags
from ner.taggers import TaggerOutput

MISSED = 0.5
"""What an entity counts that nothing was found for: a tagger does not say how sure it was that there is none."""

_KINDS_OF_ERRORS = ("wrong_bounds", "missed", "wrongly_bounded", "spurious")


@dataclass(frozen=True, slots=True)
class Confusion:
    """Where every gold and every predicted entity went.

    The gold entities of a type are its row of ``exact``, its ``wrong_bounds`` and its ``missed``; the predicted ones of
    a type are its column of ``exact``, its ``wrongly_bounded`` and its ``spurious``.
    """

    types: tuple[str, ...]  # the types, in the order of the table
    # entities whose span was found exactly: by gold type, then by predicted type
    exact: Mapping[str, Mapping[str, int]]
    wrong_bounds: Mapping[str, int]  # gold entities that only a span with other bounds overlaps, by gold type
    missed: Mapping[str, int]  # gold entities that nothing overlaps, by gold type
    # predicted entities that overlap a gold one but have no gold one's bounds, by predicted type
    wrongly_bounded: Mapping[str, int]
    spurious: Mapping[str, int]  # predicted entities that overlap no gold one, by predicted type

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class FoundSpan:
    """An entity that a tagger found, and how sure it was, in 0..1."""

    span: Span
    score: float


@dataclass(frozen=True, slots=True)
class WrongPost:
    """A post whose tags are wrong somewhere."""

    id: str  # the post's
    tokens: tuple[str, ...]  # its words
    gold: tuple[Span, ...]  # its entities
    predicted: tuple[FoundSpan, ...]  # what the tagger found
    # how wrong it is: a wrong entity counts as much as the tagger was sure of it, a missed one :data:`MISSED`
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


def confusion_of_tags(
    gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], *, strict: bool = False
) -> Confusion:
    """Count what a tagger takes for what.

    Args:
        gold: The posts' BIO tags.
        predicted: A tagger's, for the same posts.
        strict: Whether only what opens with ``B-`` is an entity.

    Raises:
        ValueError: The two have not the same posts.
    """
    types = types_in(gold, predicted)
    exact: Counter[tuple[str, str]] = Counter()
    errors: dict[str, Counter[str]] = {name: Counter() for name in _KINDS_OF_ERRORS}
    for wanted_tags, found_tags in zip(gold, predicted, strict=True):
        wanted, found = (spans_from_tags(tags, strict=strict) for tags in (wanted_tags, found_tags))
        type_at = {(span.start, span.end): span.type for span in found}
        exact.update((span.type, type_at[span.start, span.end]) for span in wanted if (span.start, span.end) in type_at)
        for spans, others, cut, alone in (
            (wanted, found, "wrong_bounds", "missed"),
            (found, wanted, "wrongly_bounded", "spurious"),
        ):
            places = {(span.start, span.end) for span in others}
            for span in spans:
                if (span.start, span.end) not in places:
                    errors[cut if _overlaps_any(span, others) else alone][span.type] += 1
    table = {kind: {other: exact[kind, other] for other in types} for kind in types}
    return Confusion(types, table, **{name: {kind: errors[name][kind] for kind in types} for name in _KINDS_OF_ERRORS})


def worst_posts(posts: Sequence[TaggedPost], outputs: Sequence[TaggerOutput], count: int) -> list[WrongPost]:
    """The most wrong posts, the worst first, then in their order; posts without an error are left out.

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
    missed = sum(MISSED for span in gold if not _overlaps_any(span, spans))
    return WrongPost(post.id, post.tokens, gold, found, wrong + missed)


def _overlaps_any(span: Span, others: Sequence[Span]) -> bool:
    """Whether a span shares a token with one of the others."""
    return any(span.start < other.end and other.start < span.end for other in others)
