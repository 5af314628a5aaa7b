"""A post, what is found in it on the way, and the result of reading it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kg import AliasMatch, Entity, Fact

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vision import PictureError

PostId = str | int

TYPES = ("PER", "LOC", "ORG", "OTHER")


@dataclass(frozen=True, slots=True)
class GivenMention:
    """A mention that came with the post and is linked as it stands.

    Attributes:
        start: First token.
        end: One past the last token.
        type: PER, LOC, ORG, OTHER, or None where it is to be found out.
    """

    start: int
    end: int
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A post to read.

    Attributes:
        id: As in the input.
        tokens: The words of the text.
        image: The picture's file; None for a post without one.
        caption: A sentence about the picture, where somebody wrote one.
        mentions: Mentions that came with the post; None where they are to be found.
        line: Line number in the input, from 1; 0 where there is none.
        file: Where it was read from: a path, or - for standard input; empty where it was made in Python.
    """

    id: PostId
    tokens: tuple[str, ...]
    image: Path | None = None
    caption: str = ""
    mentions: tuple[GivenMention, ...] | None = None
    line: int = 0
    file: str = ""


@dataclass(frozen=True, slots=True)
class PostPicture:
    """The picture of a post as numbers.

    Attributes:
        sha256: Digest of the file; empty where it could not be read.
        format: What the file really is: ``JPEG``, ``PNG``, ...
        vector: Global vector, float32 (C,), L2-normalised; None where the picture could not be used.
        attributes: Labels with probabilities, the likeliest first.
        regions: float32 (49, C'), where they were asked for.
        error: Why the picture was not used.
    """

    sha256: str = ""
    format: str = ""
    vector: "NDArray[np.float32] | None" = None
    attributes: tuple[tuple[str, float], ...] = ()
    regions: "NDArray[np.float32] | None" = None
    error: "PictureError | None" = None


@dataclass(frozen=True, slots=True)
class Mention:
    """A span of tokens that may name an entity.

    Attributes:
        start: First token.
        end: One past the last token.
        text: The tokens, joined by spaces.
        score: How sure the tagger is, 0 to 1; 0 where only the graph's aliases speak for it.
        type_scores: Probability of each type, summing to 1; empty where the tagger did not see the span.
        exact: Whether an alias of the graph matches it to the letter.
    """

    start: int
    end: int
    text: str
    score: float = 0.0
    type_scores: tuple[tuple[str, float], ...] = ()
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entity proposed for a mention, with the evidence.

    Attributes:
        match: The entity and the alias that matched, with the fuzzy score (0 to 1).
        hop: Hops between the entity and the pictured one; None where there is none or it is farther away than was
            searched.
        score: Probability that the mention means this entity, 0 to 1.
    """

    match: AliasMatch
    hop: int | None = None
    score: float = 0.0

    @property
    def entity(self) -> Entity:
        """The proposed entity."""
        return self.match.entity


@dataclass(frozen=True, slots=True)
class LinkedMention:
    """A mention with its type and its entity.

    Attributes:
        start: First token.
        end: One past the last token.
        text: The tokens, joined by spaces.
        type: PER, LOC, ORG or OTHER.
        score: How sure the tagger is of the mention, 0 to 1.
        entity: The chosen candidate; None is NIL.
        candidates: All of them, best first.
    """

    start: int
    end: int
    text: str
    type: str
    score: float
    entity: Candidate | None
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Pictured:
    """The entity that the post's picture shows.

    Attributes:
        entity: The entity.
        hop: Hops from the nearest candidate.
        cosine: Between the post's picture and the entity's.
        image: Where the graph has the entity's picture from: an IRI or a path.
        path: The triples from the nearest candidate to the entity, as IRIs; empty at hop 0.
    """

    entity: Entity
    hop: int
    cosine: float
    image: str
    path: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """A post, read.

    Attributes:
        id: The post's.
        tokens: The post's.
        tags: A BIO tag for each token.
        mentions: In the order of the text, not overlapping.
        pictured: The pictured entity, where one was found.
        knowledge: What the graph knows about it, as readable triples.
        attributes: Labels of what the picture shows, with probabilities.
        image_error: Why the picture was not used; None where it was, or where there is none.
    """

    id: PostId
    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    mentions: tuple[LinkedMention, ...] = ()
    pictured: Pictured | None = None
    knowledge: tuple[Fact, ...] = ()
    attributes: tuple[tuple[str, float], ...] = ()
    image_error: str | None = None
