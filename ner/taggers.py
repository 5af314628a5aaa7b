"""What every tagger takes, gives and is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEFAULT_TAGGER = "default"


@dataclass(frozen=True, slots=True)
class KnownName:
    """A name that a graph knows, where it stands in a post."""

    start: int  # its first token
    end: int  # the token after its last
    # which share of what the name may mean is of which type: (("LOC", 0.9), ("ORG", 0.1)); what has no type counts for
    # none, so they sum to at most 1
    types: tuple[tuple[str, float], ...] = ()
    # how surely the name means what it names, in 0..1: 1 for a label, less for a demonym or a part of a name
    weight: float = 1.0
    prior: float = 0.0  # how often the likeliest of what it may mean is meant (its links, say); 0 where nobody knows
    # 1 where it may name the pictured entity, a half for one hop from it, a quarter for two, else 0
    nearness: float = 0.0
    same_case: bool = False  # whether the graph writes the name as the post does


@dataclass(frozen=True, slots=True)
class TaggerInput:
    """A post as a tagger sees it; all but the tokens may be missing."""

    tokens: tuple[str, ...]  # the words of the post
    # what the picture shows, with probabilities: (("flagpole", 0.41), ...)
    attributes: tuple[tuple[str, float], ...] = ()
    caption: str = ""  # what the picture's caption says
    # triples about the pictured entity: (("Chad", "is a", "country"), ...), the most telling first
    knowledge: tuple[tuple[str, str, str], ...] = ()
    regions: NDArray[np.float32] | None = None  # float32 ``(49, C)``, the picture's regions
    # where names that a graph knows stand in the text, and of what types they are
    known_names: tuple[KnownName, ...] = ()

    def __post_init__(self) -> None:
        tokens: object = self.tokens
        if isinstance(tokens, str):  # it would be read as a word a letter
            raise TypeError(f"tokens is {tokens[:80]!r}: expected a tuple of words; ner.tokenize cuts a text")


@dataclass(frozen=True, slots=True)
class ScoredSpan:
    """An entity that a tagger found."""

    start: int  # its first token
    end: int  # the token after its last
    type: str  # one of PER, LOC, ORG, OTHER, or of the tagger's own types
    score: float  # how probable the tagger holds exactly this span with this type, in 0..1
    # how probable each type is, given that the span is an entity; in the order of the tagger's types, they sum to 1
    type_scores: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class TaggerOutput:
    """One BIO tag a token, and the entities these tags spell with their scores."""

    tags: tuple[str, ...]
    spans: tuple[ScoredSpan, ...]


@dataclass(frozen=True, slots=True)
class Looks:
    """How the words of a post look at its picture, by a tagger's visual part.

    What its equations leave for each dimension, head or pair of words apart is averaged.
    """

    attention: NDArray[np.float32]  # float32 (T, 49), how much each word looks at each region; a row sums to 1
    gates: NDArray[np.float32]  # float32 (T,), the picture's share in what goes on of each word, in 0..1


class Tagger(Protocol):
    """Posts to tags. Tagging changes nothing, and on a CPU a post's output does not depend on the posts around it."""

    @property
    def name(self) -> str:
        """What the tagger is called in reports."""

    @property
    def needs_regions(self) -> bool:
        """Whether the tagger looks at ``TaggerInput.regions``."""

    @property
    def picture_encoder(self) -> str | None:
        """Which picture encoder these regions must be from; None where it was trained without pictures."""

    def tag(self, posts: Sequence[TaggerInput]) -> list[TaggerOutput]:
        """Tag posts, in their order; a post without tokens gets an empty output."""

    def looks(self, post: TaggerInput) -> Looks | None:
        """How its words look at its picture; None where there is none, or no part of the tagger that looks at one."""
