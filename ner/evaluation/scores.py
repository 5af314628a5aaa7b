"""Scores of a tagger: exact span and type, lenient and strict, for each type and overall.

They are made of counts for each post apart: what there was to find, what was found, and what of it is right.
Shapes: ``N`` posts, ``G`` groups (all entities, each type, spans whatever their type), 3 counts (gold, predicted,
correct).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ner.formats import TaggedPost
from ner.spans import TYPES, spans_from_tags

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALL = "all"
"""The group of all entities: exact span and type."""

SPANS_ONLY = "span only"
"""The group of all spans, whatever their type."""


@dataclass(frozen=True, slots=True)
class Score:
    """How many entities were found, predicted and right."""

    gold: int  # entities in the data
    predicted: int  # entities that the tagger found
    correct: int  # those of them that are in the data, exactly

    @property
    def precision(self) -> float:
        """Share of the predicted that are right; 0 where nothing was predicted."""
        return self.correct / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of the gold that was found; 0 where there is none."""
        return self.correct / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.correct / (self.gold + self.predicted) if self.gold + self.predicted else 0.0

    def to_dict(self) -> dict[str, float]:
        """Counts and shares as plain values."""
        return {**asdict(self), "precision": self.precision, "recall": self.recall, "f1": self.f1}


@dataclass(frozen=True, slots=True)
class ChunkingScores:
    """The scores by one reading of the tags."""

    overall: Score  # exact span and type, over all entities
    by_type: Mapping[str, Score]  # the same for each type
    spans_only: Score  # exact span, whatever the type

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values."""
        by_type = {kind: score.to_dict() for kind, score in self.by_type.items()}
        return {"overall": self.overall.to_dict(), "by_type": by_type, "spans_only": self.spans_only.to_dict()}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A tagger's scores on some posts."""

    posts: int  # how many posts there are
    tokens: int  # how many tokens they have
    lenient: ChunkingScores  # the headline: seqeval's default reading, an orphan ``I-`` opens an entity
    strict: ChunkingScores  # only what opens with ``B-``

    @property
    def f1(self) -> float:
        """The number that counts: F1 over all entities, lenient."""
        return self.lenient.overall.f1

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values."""
        chunkings = {"lenient": self.lenient.to_dict(), "strict": self.strict.to_dict()}
        return {"posts": self.posts, "tokens": self.tokens, **chunkings}


@dataclass(frozen=True, slots=True, eq=False)
class PostCounts:
    """Counts of each post."""

    groups: tuple[str, ...]  # what is counted: :data:`ALL`, each type, :data:`SPANS_ONLY`
    values: NDArray[np.int64]  # int64 (N, G, 3): gold, predicted and correct entities

    def totals(self) -> dict[str, tuple[int, int, int]]:
        """Gold, predicted and correct over all posts, by group."""
        gold, predicted, correct = self.values.sum(axis=0).T.tolist()
        return dict(zip(self.groups, zip(gold, predicted, correct, strict=True), strict=True))


def score_posts(posts: Sequence[TaggedPost], predicted: Sequence[Sequence[str]]) -> Evaluation:
    """The scores of predicted tags against the posts' own."""
    return score_tags([post.tags for post in posts], predicted)


def score_tags(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> Evaluation:
    """The scores of predicted tags against gold ones, post by post.

    Raises:
        ValueError: The two have not the same posts, or a post not the same tokens.
    """
    lenient, strict = (score_counts(count_posts(gold, predicted, strict=flag)) for flag in (False, True))
    return Evaluation(len(gold), sum(map(len, gold)), lenient, strict)


def score_counts(counts: PostCounts) -> ChunkingScores:
    """The scores of what was counted post by post."""
    scores = {group: Score(*numbers) for group, numbers in counts.totals().items()}
    overall, spans_only = scores.pop(ALL), scores.pop(SPANS_ONLY)
    return ChunkingScores(overall, scores, spans_only)


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
        TagError: A tag is not a BIO tag.
    """
    if [len(tags) for tags in gold] != [len(tags) for tags in predicted]:
        raise ValueError("gold and predicted tags differ in length: give one tag a token for the same posts")
    kinds = tuple(types if types is not None else types_in(gold, predicted))
    rows = [_count(wanted, found, kinds, strict) for wanted, found in zip(gold, predicted, strict=True)]
    groups = (ALL, *kinds, SPANS_ONLY)
    return PostCounts(groups, np.array(rows, dtype=np.int64).reshape(len(rows), len(groups), 3))


def types_in(*tagged: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The types of :data:`ner.spans.TYPES`, then what else occurs in some posts' tags, by name.

    Where any of the latter occurs, only those of the former that do too.
    """
    found = {tag[2:] for posts in tagged for tags in posts for tag in tags if len(tag) > 2}
    ours = TYPES if found <= set(TYPES) else [kind for kind in TYPES if kind in found]
    return (*ours, *sorted(found - set(TYPES)))


def f1_of(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """F1 of gold, predicted and correct counts (..., 3) as float64 (...); 0 where there is nothing at all."""
    both = counts[..., 0] + counts[..., 1]
    return 2.0 * counts[..., 2] / np.where(both > 0, both, 1.0)


def _count(gold: Sequence[str], predicted: Sequence[str], types: Sequence[str], strict: bool) -> list[list[int]]:
    """The counts of one post in each group."""
    wanted, found = (spans_from_tags(tags, strict=strict) for tags in (gold, predicted))
    three = (wanted, found, set(wanted) & set(found))
    of_types = [[sum(span.type == kind for span in spans) for spans in three] for kind in types]
    places = {(span.start, span.end) for span in wanted} & {(span.start, span.end) for span in found}
    return [[len(spans) for spans in three], *of_types, [len(wanted), len(found), len(places)]]
