"""What there was to find, what was found and what of it is right, for each post apart: all that scores are made of.

Shapes: ``N`` posts, ``G`` groups (all entities, each type, spans whatever their type), 3 counts (gold, predicted,
correct).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ner.spans import TYPES, Span, spans_from_tags

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALL = "all"
"""The group of all entities: exact span and type."""

SPANS_ONLY = "span only"
"""The group of all spans, whatever their type."""


@dataclass(frozen=True, slots=True, eq=False)
class PostCounts:
    """Counts of each post.

    Attributes:
        groups: What is counted: :data:`ALL`, each type, :data:`SPANS_ONLY`.
        values: int64 (N, G, 3): gold, predicted and correct entities.
    """

    groups: tuple[str, ...]
    values: NDArray[np.int64]

    def totals(self) -> dict[str, tuple[int, int, int]]:
        """Gold, predicted and correct over all posts, by group."""
        gold, predicted, correct = self.values.sum(axis=0).T.tolist()
        return dict(zip(self.groups, zip(gold, predicted, correct, strict=True), strict=True))


def count_posts(
    gold: Sequence[Sequence[str]],
    predicted: Sequence[Sequence[str]],
    *,
    strict: bool = False,
    types: Sequence[str] | None = None,
) -> PostCounts:
    """Count gold, predicted and correct entities of each post.

    Args:
        gold: The posts' BIO tags.
        predicted: A tagger's, for the same posts.
        strict: Whether only what opens with ``B-`` is an entity.
        types: The types to count apart; those of :data:`ner.spans.TYPES` and what else occurs if None.

    Raises:
        ValueError: The two have not the same posts, or a post not the same tokens.
        TagError: A tag is no BIO tag.
    """
    if [len(tags) for tags in gold] != [len(tags) for tags in predicted]:
        raise ValueError("gold and predicted tags differ in length: give one tag a token for the same posts")
    pairs = [
        (spans_from_tags(wanted, strict=strict), spans_from_tags(found, strict=strict))
        for wanted, found in zip(gold, predicted, strict=True)
    ]
    kinds = tuple(types if types is not None else types_in(gold, predicted))
    rows = [_count(wanted, found, kinds) for wanted, found in pairs]
    groups = (ALL, *kinds, SPANS_ONLY)
    return PostCounts(groups, np.array(rows, dtype=np.int64).reshape(len(rows), len(groups), 3))


def types_in(*tagged: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The types of :data:`ner.spans.TYPES`, then what else occurs in some posts' tags, by name."""
    found = {tag[2:] for posts in tagged for tags in posts for tag in tags if len(tag) > 2}
    return (*TYPES, *sorted(found - set(TYPES)))


def f1_of(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """F1 of gold, predicted and correct counts (..., 3) as float64 (...); 0 where there is nothing at all."""
    both = counts[..., 0] + counts[..., 1]
    return 2.0 * counts[..., 2] / np.where(both > 0, both, 1.0)


def _count(gold: Sequence[Span], predicted: Sequence[Span], types: Sequence[str]) -> list[tuple[int, int, int]]:
    """The counts of one post in each group."""
    correct = set(gold) & set(predicted)
    rows = [(len(gold), len(predicted), len(correct))]
    rows += [_of_type((gold, predicted, correct), kind) for kind in types]
    places = {(span.start, span.end) for span in gold} & {(span.start, span.end) for span in predicted}
    return [*rows, (len(gold), len(predicted), len(places))]


def _of_type(three: tuple[Iterable[Span], Iterable[Span], Iterable[Span]], kind: str) -> tuple[int, int, int]:
    gold, predicted, correct = (sum(span.type == kind for span in spans) for spans in three)
    return gold, predicted, correct
