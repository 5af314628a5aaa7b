"""Scores of a tagger: exact span and type, lenient and strict, for each type and overall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ner.evaluation.counts import ALL, SPANS_ONLY, PostCounts, count_posts
from ner.formats import TaggedPost


@dataclass(frozen=True, slots=True)
class Score:
    """How many entities were found, predicted and right.

    Attributes:
        gold: Entities in the data.
        predicted: Entities that the tagger found.
        correct: Those of them that are in the data, exactly.
    """

    gold: int
    predicted: int
    correct: int

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
        shares = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {"gold": self.gold, "predicted": self.predicted, "correct": self.correct, **shares}


@dataclass(frozen=True, slots=True)
class ChunkingScores:
    """The scores by one reading of the tags.

    Attributes:
        overall: Exact span and type, over all entities.
        by_type: The same for each type.
        spans_only: Exact span, whatever the type.
    """

    overall: Score
    by_type: Mapping[str, Score]
    spans_only: Score

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values."""
        by_type = {kind: score.to_dict() for kind, score in self.by_type.items()}
        return {"overall": self.overall.to_dict(), "by_type": by_type, "spans_only": self.spans_only.to_dict()}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A tagger's scores on some posts.

    Attributes:
        posts: How many posts there are.
        tokens: How many tokens they have.
        lenient: The headline: seqeval's default reading, an orphan ``I-`` opens an entity.
        strict: Only what opens with ``B-``.
    """

    posts: int
    tokens: int
    lenient: ChunkingScores
    strict: ChunkingScores

    @property
    def f1(self) -> float:
        """The number that counts: F1 over all entities, lenient."""
        return self.lenient.overall.f1

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values."""
        chunkings = {"lenient": self.lenient.to_dict(), "strict": self.strict.to_dict()}
        return {"posts": self.posts, "tokens": self.tokens, **chunkings}


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
