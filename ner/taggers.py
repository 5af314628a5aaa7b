"""What every tagger takes, gives and is; and how one is loaded by its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ner.errors import CheckpointError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEFAULT_TAGGER = "default"


@dataclass(frozen=True, slots=True)
class KnownName:
    """A name that a graph knows, where it stands in a post.

    Attributes:
        start: Its first token.
        end: The token after its last.
        types: Which share of what the name may mean is of which type: (("LOC", 0.9), ("ORG", 0.1)); what has no type
            counts for none, so they sum to at most 1.
        weight: How surely the name means what it names, in 0..1: 1 for a label, less for a demonym or a part of a name.
        prior: How often the likeliest of what it may mean is meant (its links, say); 0 where nobody knows.
        nearness: 1 where it may name the pictured entity, a half for one hop from it, a quarter for two, else 0.
        same_case: Whether the graph writes the name as the post does.
    """

    start: int
    end: int
    types: tuple[tuple[str, float], ...]
    weight: float = 1.0
    prior: float = 0.0
    nearness: float = 0.0
    same_case: bool = False


@dataclass(frozen=True, slots=True)
class TaggerInput:
    """A post as a tagger sees it; all but the tokens may be missing.

    Attributes:
        tokens: The words of the post.
        attributes: What the picture shows, with probabilities: (("flagpole", 0.41), ...).
        caption: What the picture's caption says.
        knowledge: Triples about the pictured entity: (("Chad", "is a", "country"), ...), the most telling first.
        regions: float32 ``(49, C)``, the picture's regions.
        known_names: Where names that a graph knows stand in the text, and of what types they are.
    """

    tokens: tuple[str, ...]
    attributes: tuple[tuple[str, float], ...] = ()
    caption: str = ""
    knowledge: tuple[tuple[str, str, str], ...] = ()
    regions: NDArray[np.float32] | None = None
    known_names: tuple[KnownName, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoredSpan:
    """An entity that a tagger found.

    Attributes:
        start: Its first token.
        end: The token after its last.
        type: One of PER, LOC, ORG, OTHER.
        score: How probable the tagger holds exactly this span with this type, in 0..1.
        type_scores: How probable each type is, given that the span is an entity; in the order of TYPES, they sum to 1.
    """

    start: int
    end: int
    type: str
    score: float
    type_scores: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class TaggerOutput:
    """One BIO tag a token, and the entities these tags spell with their scores."""

    tags: tuple[str, ...]
    spans: tuple[ScoredSpan, ...]


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


def load_tagger(name_or_dir: str | Path = DEFAULT_TAGGER, *, device: str = "auto") -> Tagger:
    """Load a trained tagger.

    Args:
        name_or_dir: A shipped tagger's name ("default"), or the folder that a training run wrote.
        device: "cpu", "cuda", or "auto" for CUDA where there is one.

    Raises:
        CheckpointError: There is no such tagger, it has yet to be trained, or its folder is damaged or of another
            version.
        EncoderNotFoundError: The encoder it was trained on cannot be found.
    """
    from ner.checkpoints import load_checkpoint
    from ner.networks.registry import REGISTRY

    folder = tagger_folder(name_or_dir)
    if str(name_or_dir) in REGISTRY and not folder.is_dir():
        raise CheckpointError(
            f"tagger {str(name_or_dir)!r} is not shipped: train it first with 'train-tagger {name_or_dir} "
            "--train FILE --valid FILE -o DIR', and give DIR"
        )
    return load_checkpoint(folder, device=device)


def tagger_folder(name_or_dir: str | Path) -> Path:
    """The folder of a tagger: a shipped one's by its name, else the folder itself."""
    shipped = Path(__file__).parent / "weights" / str(name_or_dir)
    is_name = Path(name_or_dir).name == str(name_or_dir)
    return shipped if is_name and shipped.is_dir() else Path(name_or_dir)
