"""What the networks of all taggers have in common: an encoder and a fusion of their own, under a head.

Shapes: ``B`` windows in a batch, ``T`` words, ``H`` width of a word before the head, ``K`` tags.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Protocol

from torch import Tensor, nn

from ner.heads.chain import Chain
from ner.heads.crf import Head
from ner.taggers import TaggerInput


class Inputs(Protocol):
    """The input side of a network.

    A window is a stretch of a post that a network takes at once: it holds the words ``start:end``, and its results are
    taken for the words ``keep_start:keep_end``, which no other window gives. ``size`` is how long it is for the
    network; batches are made of similar sizes. A batch has a ``mask``, bool (B, T), True where there is a word.
    """

    def windows(self, post: TaggerInput) -> Sequence[Any]:
        """The windows of a post, in order; together they keep every word once. No words, no window."""

    def collate(self, windows: Sequence[Any]) -> Any:
        """Windows padded to one batch."""


class Network(nn.Module):
    """Batches to emissions, and a loss; a subclass gives :meth:`words`, and sets ``self.head``.

    Whatever stands in padding, and the regions of a post without a picture, never changes another position's result.
    """

    # what the names of its parameters began with in older checkpoints, and what they begin with now
    old_names: ClassVar[Mapping[str, str]] = MappingProxyType({})
    # the parameters, by what their names begin with, in which each tag, or each style, has a row of its own
    of_tags: ClassVar[tuple[str, ...]] = ("head.",)
    of_styles: ClassVar[tuple[str, ...]] = ()
    takes_regions: bool = False  # whether it looks at a picture's regions
    head: Head

    def words(self, batch: Any) -> Tensor:
        """A batch to words in context, float32 (B, T, H)."""
        raise NotImplementedError

    def emissions(self, batch: Any, style: Tensor | None = None) -> Tensor:  # noqa: ARG002
        """Scores of each word's tags, float32 (B, T, K); ``style`` int64 (B,): annotation style, the first if None."""
        emissions: Tensor = self.head(self.words(batch))
        return emissions

    def apart(self, batches: Sequence[Any]) -> list[Tensor]:
        """The emissions of batches of one window each; a window's depend on no other, to the last bit."""
        return [self.emissions(batch) for batch in batches]

    def loss(self, batch: Any, tags: Tensor, style: Tensor | None = None, weight: Tensor | None = None) -> Tensor:
        """What training makes small, for ``tags`` int64 (B, T): a scalar, averaged over windows by ``weight`` (B,)."""
        return self.head.loss(self.emissions(batch, style), tags, batch.mask, weight)

    def chain(self) -> Chain:
        """How tags follow one another, as numpy arrays."""
        return self.head.chain()

    def set_tags(self, tags: Sequence[str]) -> None:
        """Give tags of another set scores of their own, drawn anew; a subclass does so wherever it has some."""
        self.head = type(self.head)(self.head.tag_scores.in_features, tags)

    def own_state(self) -> dict[str, Tensor]:
        """The parameters that training changes, by name."""
        return {name: parameter for name, parameter in self.named_parameters() if parameter.requires_grad}

    @classmethod
    def current_name(cls, name: str) -> str:
        """What a parameter of a checkpoint is called now."""
        renamed = (new + name.removeprefix(old) for old, new in cls.old_names.items() if name.startswith(old))
        return next(renamed, name)
