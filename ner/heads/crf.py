"""The head of most taggers: a linear layer and a linear-chain CRF (Lafferty et al. 2001).

The parameters are pytorch-crf's, and so is what they mean; the sums over all tag sequences, and their gradients in
closed form, are compiled loops (:mod:`ner.heads.kernels`), in float64 on the CPU wherever the network runs: there is
little to add up, and a GPU would start a kernel or more for each token.

Shapes: ``B`` posts, ``T`` words, ``H`` width of a word, ``K`` tags.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torchcrf import CRF

from ner.heads import kernels
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
        losses = negative_log_likelihoods(self.crf, emissions, tags, mask)
        return losses.mean() if weight is None else (losses * weight).mean()

    def chain(self) -> Chain:
        """The CRF's scores as numpy arrays."""
        return crf_chain(self.crf)


def crf_chain(crf: CRF) -> Chain:
    """A CRF's scores as numpy arrays."""
    return Chain(*(_numbers(p) for p in (crf.start_transitions, crf.end_transitions, crf.transitions)))


def negative_log_likelihoods(crf: CRF, emissions: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
    """How improbable tags are: what ``-crf(emissions, tags, mask, reduction="none")`` is, and as differentiable.

    Args:
        crf: The scores of the chain.
        emissions: float (B, T, K).
        tags: int64 (B, T); what stands in padding is not looked at.
        mask: bool (B, T), True where there is a word; words come first, padding behind them.

    Returns:
        float (B,).

    Raises:
        ValueError: A post has no word, or padding before a word, or a tag that is none of the ``K``.
    """
    lengths = _lengths(mask)
    inside = tags.masked_fill(~mask, 0)
    if int(inside.min()) < 0 or int(inside.max()) >= emissions.shape[2]:
        raise ValueError(f"tags are {int(inside.min())} to {int(inside.max())}: expected 0 to {emissions.shape[2] - 1}")
    scores = (crf.start_transitions, crf.end_transitions, crf.transitions)
    losses: Tensor = _ChainLoss.apply(emissions, *scores, inside, lengths)
    return losses


def best_paths(crf: CRF, emissions: Tensor, mask: Tensor) -> list[list[int]]:
    """The most probable tags of each post, whatever BIO says of them: what ``crf.decode(emissions, mask)`` is.

    Args:
        crf: The scores of the chain.
        emissions: float (B, T, K).
        mask: bool (B, T), True where there is a word; words come first, padding behind them.

    Raises:
        ValueError: A post has no word, or padding before a word.
    """
    lengths, paths = _lengths(mask), np.zeros(tuple(mask.shape), np.int64)
    chain = crf_chain(crf)
    kernels.best_paths(_numbers(emissions), lengths.numpy(), chain.start, chain.end, chain.transitions, paths)
    return [path[:length] for path, length in zip(paths.tolist(), lengths.tolist(), strict=True)]


class _ChainLoss(torch.autograd.Function):
    """The negative log-likelihood of tags; its gradient comes with it, and backward only weighs it."""

    @staticmethod
    def forward(
        ctx: Any, emissions: Tensor, start: Tensor, end: Tensor, transitions: Tensor, tags: Tensor, lengths: Tensor
    ) -> Tensor:
        b, _, k = emissions.shape
        losses, pairs = np.empty(b), np.zeros((b, k, k))
        slopes = np.zeros(tuple(emissions.shape))
        scores = (_numbers(start), _numbers(end), _numbers(transitions))
        numbers = tags.cpu().contiguous().numpy()
        kernels.negative_log_likelihoods(_numbers(emissions), numbers, lengths.numpy(), *scores, losses, slopes, pairs)
        first, last = slopes[:, 0], slopes[np.arange(b), lengths.numpy() - 1]
        ctx.save_for_backward(*(torch.from_numpy(a).to(emissions.device) for a in (slopes, first, last, pairs)))
        ctx.dtypes = emissions.dtype, start.dtype
        dtype = torch.promote_types(emissions.dtype, start.dtype)
        return torch.from_numpy(losses).to(emissions.device, dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, weights: Tensor) -> tuple[Tensor | None, ...]:
        slopes, first, last, pairs = ctx.saved_tensors
        emission_type, score_type = ctx.dtypes
        weights = weights.double()  # (B,)
        return (
            (weights[:, None, None] * slopes).to(emission_type),
            (weights @ first).to(score_type),
            (weights @ last).to(score_type),
            torch.tensordot(weights, pairs, dims=1).to(score_type),
            None,
            None,
        )


def _lengths(mask: Tensor) -> Tensor:
    """int64 (B,) on the CPU: how many words each post has."""
    on_cpu = mask.detach().cpu().bool()
    lengths = on_cpu.sum(dim=1)
    if not bool((lengths > 0).all()):
        raise ValueError("a post without a word has no tags: leave it out of the batch")
    if not torch.equal(on_cpu, torch.arange(mask.shape[1]) < lengths[:, None]):
        raise ValueError("the mask has padding before a word: words must come first")
    return lengths


def _numbers(values: Tensor) -> Any:
    """As a float64 array laid out row by row, which is what the compiled loops take."""
    return values.detach().cpu().double().contiguous().numpy()
