"""The head of most taggers: a linear layer and a linear-chain CRF (Lafferty et al. 2001).

Shapes: ``B`` posts, ``T`` words, ``H`` width of a word, ``K`` tags.
"""

from __future__ import annotations

from torch import Tensor, nn
from torchcrf import CRF

from ner.heads.chain import Chain
from ner.spans import TAGS


class CrfHead(nn.Module):
    """Words to emissions, and the likelihood of tags.

    Args:
        width: ``H``.
        tags: ``K``.
    """

    def __init__(self, width: int, tags: int = len(TAGS)) -> None:
        super().__init__()
        self.tag_scores = nn.Linear(width, tags)
        self.crf = CRF(tags, batch_first=True)

    def forward(self, words: Tensor) -> Tensor:
        """``words`` float32 (B, T, H) to emissions float32 (B, T, K)."""
        emissions: Tensor = self.tag_scores(words)
        return emissions

    def loss(self, emissions: Tensor, tags: Tensor, mask: Tensor, weight: Tensor | None = None) -> Tensor:
        """The negative log-likelihood of ``tags`` int64 (B, T), averaged over the posts by ``weight`` float (B,)."""
        likelihood: Tensor = self.crf(emissions, tags, mask=mask, reduction="none")  # (B,)
        if weight is None:
            return -likelihood.mean()
        return -(likelihood * weight).mean()

    def chain(self) -> Chain:
        """The CRF's scores as numpy arrays."""
        crf = self.crf
        start, end, transitions = (
            p.detach().cpu().double().numpy() for p in (crf.start_transitions, crf.end_transitions, crf.transitions)
        )
        return Chain(start, end, transitions)
