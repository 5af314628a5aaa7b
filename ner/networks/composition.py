"""What compositions have in common: only how words become vectors is their own, and which head they have.

Shapes: ``B`` windows in a batch, ``T`` words, ``H`` width of a word before the head, ``K`` tags.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor, nn

from ner.heads.chain import Chain
from ner.heads.crf import CrfHead
from ner.heads.softmax import SoftmaxHead


@dataclass(frozen=True, slots=True, kw_only=True)
class WordSizes:
    """What a network that reads words must know of its input side.

    Attributes:
        vector_width: ``E``, the width of the published word vectors.
        words: How many word numbers there are, padding and the unknown word included.
        region_width: ``C``, the width of a picture's region; 0 where training had no pictures, and then the network
            has no visual part.
    """

    vector_width: int
    words: int
    region_width: int = 0


class Composition(nn.Module):
    """An encoder and a fusion under a head; a subclass gives :meth:`words`, and sets ``self.head``."""

    name: ClassVar[str]
    takes_regions: bool = False
    head: CrfHead | SoftmaxHead

    def words(self, batch: Any, style: Tensor | None) -> Tensor:
        """A batch to words in context, float32 (B, T, H)."""
        raise NotImplementedError

    def emissions(self, batch: Any, style: Tensor | None = None) -> Tensor:
        """Scores of each word's tags, float32 (B, T, K)."""
        emissions: Tensor = self.head(self.words(batch, style))
        return emissions

    def loss(self, batch: Any, tags: Tensor, style: Tensor | None = None, weight: Tensor | None = None) -> Tensor:
        """What the head makes of ``tags`` int64 (B, T), averaged by the windows' ``weight`` (B,)."""
        return self.head.loss(self.emissions(batch, style), tags, batch.mask, weight)

    def chain(self) -> Chain:
        """How tags follow one another, as numpy arrays."""
        return self.head.chain()

    def own_state(self) -> dict[str, Tensor]:
        """The parameters that training changes, by name."""
        return {name: parameter for name, parameter in self.named_parameters() if parameter.requires_grad}


class CrfComposition(Composition):
    """A composition under a CRF."""

    head: CrfHead
