"""The head without a chain: each word's tag on its own (Yu et al. 2020, section 3.2, the baseline BERT).

Shapes: ``B`` posts, ``T`` words, ``H`` width of a word, ``K`` tags.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ner.heads.chain import Chain
from ner.spans import TAGS


class SoftmaxHead(nn.Module):
    """Words to emissions, and the cross-entropy of tags.

    Args:
        width: ``H``.
        tags: ``K``.
    """

    def __init__(self, width: int, tags: int = len(TAGS)) -> None:
        super().__init__()
        self.tag_scores = nn.Linear(width, tags)

    def forward(self, words: Tensor) -> Tensor:
        """``words`` float32 (B, T, H) to emissions float32 (B, T, K)."""
        emissions: Tensor = self.tag_scores(words)
        return emissions

    def loss(self, emissions: Tensor, tags: Tensor, mask: Tensor, weight: Tensor | None = None) -> Tensor:
        """The cross-entropy of ``tags`` int64 (B, T), averaged over the words, each with its post's ``weight`` (B,)."""
        losses = cross_entropy(emissions[mask], tags[mask], reduction="none")  # a row for each word
        if weight is not None:
            losses = losses * weight[:, None].expand_as(mask)[mask]
        return losses.mean()

    def chain(self) -> Chain:
        """A chain in which every tag may follow every other at no cost, so that the best tags are each word's best."""
        tags = self.tag_scores.out_features
        return Chain(np.zeros(tags), np.zeros(tags), np.zeros((tags, tags)), constrained=False)
