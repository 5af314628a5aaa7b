"""The heads: a linear layer under a linear-chain CRF (Lafferty et al. 2001), or under a softmax for each word alone.

Shapes: ``B`` posts, ``T`` words, ``H`` width of a word, ``K`` tags.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torchcrf import CRF

from ner.heads.chain import Chain
from ner.spans import TAGS


class Head(nn.Module):
    """Words to emissions, and a loss of tags.

    Args:
        width: ``H``.
        tags: The ``K`` tags.
    """

    def __init__(self, width: int, tags: Sequence[str] = TAGS) -> None:
        super().__init__()
        self.tags = tuple(tags)
        self.tag_scores = nn.Linear(width, len(self.tags))

    def forward(self, words: Tensor) -> Tensor:
        """``words`` float32 (B, T, H) to emissions float32 (B, T, K)."""
        emissions: Tensor = self.tag_scores(words)
        return emissions

    def loss(self, emissions: Tensor, tags: Tensor, mask: Tensor, weight: Tensor | None = None) -> Tensor:
        """How improbable tags are, a scalar; what stands in padding is not looked at.

        Args:
            emissions: float (B, T, K).
            tags: int64 (B, T).
            mask: bool (B, T), True where there is a word; a post has at least one, and words come before padding.
            weight: float (B,), how much each post counts; None where all count the same.
        """
        raise NotImplementedError

    def chain(self) -> Chain:
        """How tags follow one another, as numpy arrays."""
        raise NotImplementedError


class CrfHead(Head):
    """A linear-chain CRF: its parameters and its likelihood of tags are pytorch-crf's."""

    def __init__(self, width: int, tags: Sequence[str] = TAGS) -> None:
        super().__init__(width, tags)
        self.crf = CRF(len(self.tags), batch_first=True)

    def loss(self, emissions: Tensor, tags: Tensor, mask: Tensor, weight: Tensor | None = None) -> Tensor:
        """The negative log-likelihood of tags, averaged over the posts."""
        exact = emissions.to(self.crf.transitions.dtype).masked_fill(~mask[:, :, None], 0.0)  # also under autocast
        losses: Tensor = -self.crf(exact, tags.masked_fill(~mask, 0), mask=mask, reduction="none")  # (B,)
        return losses.mean() if weight is None else (losses * weight).mean()

    def chain(self) -> Chain:
        """The CRF's scores as numpy arrays."""
        scores = (self.crf.start_transitions, self.crf.end_transitions, self.crf.transitions)
        start, end, transitions = (score.detach().double().cpu().numpy() for score in scores)
        return Chain(start, end, transitions, tags=self.tags)


class SoftmaxHead(Head):
    """A softmax over each word's tags: the baseline BERT of Yu et al. 2020, section 3.2."""

    def loss(self, emissions: Tensor, tags: Tensor, mask: Tensor, weight: Tensor | None = None) -> Tensor:
        """The cross-entropy of tags, averaged over the words, each with its post's weight."""
        losses = cross_entropy(emissions[mask], tags[mask], reduction="none")  # a row for each word
        if weight is not None:
            losses = losses * weight[:, None].expand_as(mask)[mask]
        return losses.mean()

    def chain(self) -> Chain:
        """A chain in which every tag may follow every other at no cost, so that the best tags are each word's best."""
        count = len(self.tags)
        return Chain(np.zeros(count), np.zeros(count), np.zeros((count, count)), constrained=False, tags=self.tags)
