"""What the trainer and the tagger ask of a network and of its input side, whatever is inside.

Shapes: ``B`` windows in a batch, ``T`` words, ``K`` tags.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol, Self

import torch
from torch import Tensor

from ner.heads.chain import Chain
from ner.taggers import TaggerInput


class Window(Protocol):
    """A stretch of a post that a network takes at once.

    Attributes:
        start: The first word of the post that the window holds.
        end: The word after its last.
        keep_start: The first word whose result is taken from this window and no other.
        keep_end: The word after the last such.
        size: How long the window is for the network; batches are made of like sizes.
    """

    @property
    def start(self) -> int: ...  # noqa: D102
    @property
    def end(self) -> int: ...  # noqa: D102
    @property
    def keep_start(self) -> int: ...  # noqa: D102
    @property
    def keep_end(self) -> int: ...  # noqa: D102
    @property
    def size(self) -> int: ...  # noqa: D102


class Batch(Protocol):
    """Padded windows.

    Attributes:
        mask: bool (B, T), True where there is a word.
    """

    @property
    def mask(self) -> Tensor: ...  # noqa: D102

    def to(self, device: torch.device) -> Self:
        """The same on ``device``."""


class Inputs(Protocol):
    """The input side of a network."""

    def windows(self, post: TaggerInput) -> Sequence[Any]:
        """The windows of a post, in order; together they keep every word once. No words, no window."""

    def collate(self, windows: Sequence[Any]) -> Any:
        """Windows padded to one batch."""


class Network(Protocol):
    """Batches to emissions, and a loss.

    Every network is an ``nn.Module`` as well. Whatever stands in padding, and the regions of a post without a picture,
    never changes another position's result.

    Attributes:
        name: What the composition is called: ``umt``.
        takes_regions: Whether it looks at a picture's regions.
    """

    name: ClassVar[str]
    takes_regions: bool

    def emissions(self, batch: Any, style: Tensor | None = None) -> Tensor:
        """Scores of each word's tags, float32 (B, T, K); ``style`` int64 (B,): annotation style, the first if None."""

    def loss(self, batch: Any, tags: Tensor, style: Tensor | None = None, weight: Tensor | None = None) -> Tensor:
        """What training makes small, for ``tags`` int64 (B, T): a scalar, averaged over windows by ``weight`` (B,)."""

    def chain(self) -> Chain:
        """How tags follow one another, as numpy arrays."""

    def own_state(self) -> dict[str, Tensor]:
        """The parameters that training changes, by name."""
