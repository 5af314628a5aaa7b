"""A post, what is found in it on the way, and the result of reading it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kg import AliasMatch, Entity, Fact

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vision import PictureError

PostId = str | int


@dataclass(frozen=True, slots=True)
class GivenMention:
    """A mention that came with the post and is linked as it stands."""

    start: int  # first token
    end: int  # one past the last token
    type: str | None = None  # PER, LOC, ORG, OTHER, or None where it is to be found out


@dataclass(frozen=True, slots=True)
class Post:
    """A post to read."""

    id: PostId  # as in the input
    tokens: tuple[str, ...]  # the words of the text
    image: Path | bytes | None = None  # the picture's file, or what is in it; None for a post without one
    caption: str = ""  # a sentence about the picture, where somebody wrote one
    # mentions that came with the post; None where they are to be found
    mentions: tuple[GivenMention, ...] | None = None
    line: int = 0  # line number in the input, from 1; 0 where there is none
    file: str = ""  # where it was read from: a path, or - for standard input; empty where it was made in Python
    text: str = ""  # the text that the tokens stand in; empty: they are joined by blanks
    fields: Mapping[str, Any] = field(default_factory=dict)  # the user's own, which come out again
    image_url: str = ""  # where its picture is in the web
    image_error: str = ""  # why there is no picture although the post names one

    def __post_init__(self) -> None:
        tokens: object = self.tokens
        if isinstance(tokens, str):  # it would be read as a word a letter
            raise TypeError(
                f"tokens is {tokens[:80]!r}: expected a tuple of words; "
                'a text is read by post_from_json({"text": ...}), or by kgmner.load(INDEX)(text)'
            )


@dataclass(frozen=True, slots=True)
class PostPicture:
    """The picture of a post as numbers."""

    sha256: str = ""  # digest of the file; empty where it could not be read
    format: str = ""  # what the file really is: JPEG, PNG, and so on
    # global vector, float32 (C,), L2-normalised; None where the picture could not be used
    vector: "NDArray[np.float32] | None" = None
    attributes: tuple[tuple[str, float], ...] = ()  # labels with probabilities, the likeliest first
    regions: "NDArray[np.float32] | None" = None  # float32 (49, C'), where they were asked for
    error: "PictureError | None" = None  # why the picture was not used


@dataclass(frozen=True, slots=True)
class Mention:
    """A span of tokens that may name an entity."""

    start: int  # first token
    end: int  # one past the last token
    text: str  # the tokens, joined by spaces
    score: float = 0.0  # how sure the tagger is, 0 to 1; 0 where only the graph's aliases speak for it
    # probability of each type, summing to 1; empty where the tagger did not see the span
    type_scores: tuple[tuple[str, float], ...] = ()
    exact: bool = False  # whether an alias of the graph matches it to the letter


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entity proposed for a mention, with the evidence."""

    match: AliasMatch  # the entity and the alias that matched, with the fuzzy score (0 to 1)
    # hops between the entity and the pictured one; None where there is none or it is farther away than was searched
    hop: int | None = None
    score: float = 0.0  # probability that the mention means this entity, 0 to 1
    count: float = 0.0  # how often the mention's name was seen to mean it; 0 where nobody counted
    context: float = 0.0  # what the words around the mention and the picture's attributes say for it, in nats
    coherence: float = 0.0  # what the other mentions of the post say for it, in nats
    # the parts of its score in nats, by the names of `linker.ranker.CLUES`; those that count nothing are left out
    clues: tuple[tuple[str, float], ...] = ()

    @property
    def entity(self) -> Entity:
        """The proposed entity."""
        return self.match.entity


@dataclass(frozen=True, slots=True)
class LinkedMention:
    """A mention with its type and its entity."""

    start: int  # first token
    end: int  # one past the last token
    text: str  # as it stands in the text
    type: str  # PER, LOC, ORG or OTHER, or one of the tagger's own
    score: float  # how sure the tagger is of the mention, 0 to 1
    entity: Candidate | None  # the chosen one; None is NIL
    candidates: tuple[Candidate, ...]  # the ten best, best first
    nil_score: float = 0.0  # probability that it means no entity of the graph
    other_score: float = 0.0  # probability that it means one that is not among the candidates
    ambiguous: bool = False  # whether another candidate is as good as the chosen one
    start_char: int = 0  # first character
    end_char: int = 0  # one past the last character


@dataclass(frozen=True, slots=True)
class Pictured:
    """The entity that the post's picture shows."""

    entity: Entity
    hop: int  # hops from the nearest candidate
    cosine: float  # between the post's picture and the entity's
    image: str  # where the graph has the entity's picture from: an IRI or a path
    # the triples from the nearest candidate to the entity, as IRIs; empty at hop 0
    path: tuple[tuple[str, str, str], ...] = ()
    # copy: by the papers' rule; geometry: local features agree on a placement; encoder: by cosine and margin alone
    how: str = "copy"
    score: float = 1.0  # how probable that is; 1 where the rule says it


@dataclass(frozen=True, slots=True)
class Nearest:
    """The entity in reach of the text whose picture comes nearest to one in which nothing was recognised."""

    entity: Entity
    cosine: float


@dataclass(frozen=True, slots=True)
class Result:
    """A post, read."""

    id: PostId  # as in the post
    tokens: tuple[str, ...]  # as in the post
    tags: tuple[str, ...]  # a BIO tag for each token
    mentions: tuple[LinkedMention, ...] = ()  # in the order of the text, not overlapping
    pictured: Pictured | None = None  # the pictured entity, where one was found
    nearest: Nearest | None = None  # what came nearest, where a second look recognised nothing
    knowledge: tuple[Fact, ...] = ()  # what the graph knows about it, as readable triples
    attributes: tuple[tuple[str, float], ...] = ()  # labels of what the picture shows, with probabilities
    image_error: str | None = None  # why the picture was not used; None where it was, or where there is none
    text: str = ""  # as in the post; where that has tokens only, they are joined by blanks
    image: str | None = None  # the picture's file, as a path; None for a post without one, or with its bytes
    fields: Mapping[str, Any] = field(default_factory=dict)  # the user's own, as in the post
    # where they were asked for, and the tagger looks at the picture: how much each token looks at each of its 7 x 7
    # regions, row by row, and the picture's share in what the tagger makes of the token
    attention: tuple[tuple[float, ...], ...] = ()
    gates: tuple[float, ...] = ()
