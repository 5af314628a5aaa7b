"""Scores of a tagger: exact span and type, lenient and strict, for each type and overall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ner.formats import TaggedPost, read_captions, read_posts, tagger_input, with_captions
from ner.spans import TYPES, spans_from_tags
from ner.taggers import Tagger, load_tagger

if TYPE_CHECKING:
    from collections.abc import Callable


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


def evaluate_tagger(
    tagger: Tagger | str | Path,
    path: Path,
    *,
    captions: Path | None = None,
    device: str = "auto",
    progress: Callable[[str, int, int], None] | None = None,
) -> Evaluation:
    """Tag a file of tagged posts and compare.

    Args:
        tagger: A tagger, or the name or folder of one.
        path: Tagged posts, in any of the formats of :mod:`ner.formats`.
        captions: ``name<TAB>caption`` lines; without it the text alone is tagged (and what the file itself holds).
        device: Where a tagger that is loaded here runs.
        progress: Told ("evaluate", posts done, posts) as it goes.

    Raises:
        FormatError: A file cannot be read.
        CheckpointError: The tagger cannot be loaded.
    """
    posts = read_posts(path)
    if captions is not None:
        posts = with_captions(posts, read_captions(captions))
    loaded = load_tagger(tagger, device=device) if isinstance(tagger, (str, Path)) else tagger
    predicted: list[tuple[str, ...]] = []
    for start in range(0, len(posts), _STEP):
        inputs = [tagger_input(post) for post in posts[start : start + _STEP]]
        predicted += [output.tags for output in loaded.tag(inputs)]
        if progress is not None:
            progress("evaluate", len(predicted), len(posts))
    return score_posts(posts, predicted)


def score_posts(posts: Sequence[TaggedPost], predicted: Sequence[Sequence[str]]) -> Evaluation:
    """The scores of predicted tags against the posts' own."""
    return score_tags([post.tags for post in posts], predicted)


def score_tags(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> Evaluation:
    """The scores of predicted tags against gold ones, post by post.

    Raises:
        ValueError: The two have not the same posts, or a post not the same tokens.
    """
    if [len(tags) for tags in gold] != [len(tags) for tags in predicted]:
        raise ValueError("gold and predicted tags differ in length: give one tag a token for the same posts")
    lenient, strict = (_chunking_scores(gold, predicted, strict=flag) for flag in (False, True))
    return Evaluation(len(gold), sum(map(len, gold)), lenient, strict)


_STEP = 64


def _chunking_scores(
    gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], *, strict: bool
) -> ChunkingScores:
    wanted = _entities(gold, strict=strict)
    found = _entities(predicted, strict=strict)
    kinds = [*TYPES, *sorted({e[3] for e in wanted | found} - set(TYPES))]
    by_type = {kind: _score({e for e in wanted if e[3] == kind}, {e for e in found if e[3] == kind}) for kind in kinds}
    spans_only = _score({e[:3] for e in wanted}, {e[:3] for e in found})
    return ChunkingScores(_score(wanted, found), by_type, spans_only)


def _entities(posts: Sequence[Sequence[str]], *, strict: bool) -> set[tuple[int, int, int, str]]:
    return {
        (number, span.start, span.end, span.type)
        for number, tags in enumerate(posts)
        for span in spans_from_tags(tags, strict=strict)
    }


def _score(gold: set[Any], predicted: set[Any]) -> Score:
    return Score(len(gold), len(predicted), len(gold & predicted))
