"""Multimodal hierarchical attention with its multi-head process, and self-adaptive integration (Tian et al. 2021).

One modality's elements are weighed by the other's (section 3.3): in the text-to-image unit regions by words, in the
image-to-text unit words by regions. Each gets one weight, whatever the other modality's element. Then a word is
integrated from its text and what was fused (section 3.4).

Where the printed equations do not fit their shapes we read them so: ``M`` is (k, n), a row an element that is weighed;
equation 12 is the mean over the ``k`` rows, and equation 13 is ``s = A beta``. The heads' width is ``d / e``, as in
Vaswani et al. 2017, which the paper follows there; it does not say.

Shapes: ``B`` posts, ``k`` elements that are weighed, ``n`` elements that they are weighed by, ``d`` width, ``e`` heads;
``T`` words, ``R`` regions. Masks are True where there is an element.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn

HIERARCHICAL: Final = "hierarchical"
LUONG: Final = "luong"


class CrossModalInteraction(nn.Module):
    """The two units, one after the other: regions weighed by words, then words by the weighed regions.

    Tian et al. 2021, section 3.3.2, equation 16 and algorithm 1, step 2.

    Args:
        width: ``d``, of words and regions alike.
        heads: ``e``; 0 leaves the multi-head process out (the ablation "w/o MP").
        attention: ``hierarchical``, or ``luong`` in its place (the ablation "w/o HA").
        head_softmax: As in :class:`ElementWeights`.
    """

    def __init__(self, width: int, *, heads: int = 8, attention: str = HIERARCHICAL, head_softmax: bool = True) -> None:
        super().__init__()
        self.text_to_image = ElementWeights(width, heads=heads, attention=attention, head_softmax=head_softmax)
        self.image_to_text = ElementWeights(width, heads=heads, attention=attention, head_softmax=head_softmax)

    def forward(self, words: Tensor, regions: Tensor, word_mask: Tensor, region_mask: Tensor) -> Tensor:
        """The fusion features ``F``.

        Args:
            words: ``H``, float32 (B, T, d).
            regions: ``V``, float32 (B, R, d).
            word_mask: bool (B, T).
            region_mask: bool (B, R).

        Returns:
            ``F = s_sen * H``, float32 (B, T, d); zeros for a post without any region.
        """
        s_img = self.text_to_image(regions, words, region_mask, word_mask)  # (B, R)
        guided = s_img[..., None] * regions  # G (B, R, d)
        s_sen = self.image_to_text(words, guided, word_mask, region_mask)  # (B, T)
        fused: Tensor = s_sen[..., None] * words
        return fused


class ElementWeights(nn.Module):
    """One weight for each element of a modality: ``MultiHead(V, H)`` of equations 14 and 15.

    Each head maps both modalities, weighs, and softmaxes its weights; the heads' mean is the result. Without the
    multi-head process the weights are those of equation 13 on the modalities as they are.

    Args:
        width: ``d``, a multiple of ``heads``.
        heads: ``e``; 0 for none of equations 14 and 15.
        attention: ``hierarchical`` or ``luong``.
        head_softmax: Whether each head's weights are softmaxed once more, as equation 14 prints. They lie in 0..1, so
            after it no element has more than ``e`` times the weight of another, whatever is learned.

    Raises:
        ValueError: The width is not a multiple of the heads.
    """

    def __init__(self, width: int, *, heads: int = 8, attention: str = HIERARCHICAL, head_softmax: bool = True) -> None:
        super().__init__()
        if heads and width % heads:
            raise ValueError(f"width = {width}: expected a multiple of {heads}, the number of heads; or give heads = 0")
        self.heads, self.head_softmax = heads, head_softmax
        self._weigh = {HIERARCHICAL: hierarchical_weights, LUONG: luong_weights}[attention]
        self.weighed_maps = nn.Linear(width, width, bias=False) if heads else None  # the W_i^v, one below the other
        self.by_maps = nn.Linear(width, width, bias=False) if heads else None  # the W_i^h

    def forward(self, weighed: Tensor, by: Tensor, weighed_mask: Tensor, by_mask: Tensor) -> Tensor:
        """``weighed`` (B, k, d), ``by`` (B, n, d), masks bool (B, k) and (B, n), to weights float32 (B, k).

        A post's weights sum to 1; they are 0 where it has no element, and all 0 where one side has none.
        """
        if self.weighed_maps is None or self.by_maps is None:
            return self._weigh(weighed @ by.transpose(1, 2), weighed_mask, by_mask)
        v, h = (
            self._parted(self.weighed_maps(weighed)),
            self._parted(self.by_maps(by)),
        )  # (B, e, k, d/e), (B, e, n, d/e)
        rows, columns = weighed_mask[:, None], by_mask[:, None]
        heads = self._weigh(v @ h.transpose(2, 3), rows, columns)  # (B, e, k)
        if not self.head_softmax:
            return heads.mean(dim=1)
        present = rows & columns.any(dim=-1, keepdim=True)
        return masked_softmax(heads, present, dim=-1).mean(dim=1)

    def _parted(self, x: Tensor) -> Tensor:
        b, length, _ = x.shape
        return x.view(b, length, self.heads, -1).transpose(1, 2)


class SelfAdaptiveIntegration(nn.Module):
    """``O = gamma * H + (1 - gamma) * F`` with one scalar ``gamma`` for each word: how much of it is its text alone.

    Section 3.4, equations 17 and 18. Where ``H`` and ``F`` are equal, ``O`` is exactly that.

    Args:
        width: ``d``.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.text = nn.Linear(width, 1)  # W_gamma, b_gamma
        self.fused = nn.Linear(width, 1, bias=False)  # U_gamma

    def forward(self, text: Tensor, fused: Tensor) -> Tensor:
        """``H`` and ``F``, float32 (B, T, d) each, to ``O`` float32 (B, T, d)."""
        gamma = self.text_shares(text, fused)[..., None]
        return fused + gamma * (text - fused)

    def text_shares(self, text: Tensor, fused: Tensor) -> Tensor:
        """``gamma``, float32 (B, T): 1 where the picture says nothing to the word, 0 where only the fusion counts."""
        return torch.sigmoid(self.text(text) + self.fused(fused))[..., 0]


def hierarchical_weights(scores: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """The weights ``s = A beta`` of equations 9 to 13, float32 (..., k).

    Args:
        scores: ``M`` of equation 8, float32 (..., k, n).
        rows: bool (..., k), which elements there are to weigh.
        columns: bool (..., n), which there are to weigh them by.
    """
    pairs = rows[..., :, None] & columns[..., None, :]
    alpha = masked_softmax(scores, pairs, dim=-2)  # A: a distribution over k for each of n
    beta = masked_softmax(scores, pairs, dim=-1)  # beta(t): a distribution over n for each of k
    beta = beta.sum(dim=-2) / _count(rows)  # (..., n)
    return (alpha @ beta[..., None])[..., 0]


def luong_weights(scores: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """The weights of one level of attention, as :func:`hierarchical_weights` takes and gives them.

    Global attention (Luong et al. 2015, section 3.1): each of ``n`` attends over ``k`` by a softmax of dot products,
    or of their "general" form where heads map both sides first. The paper does not say how ``n`` attentions become
    one: here every element of ``n`` counts the same, which is what the second level, beta, would have weighed.
    """
    alpha = masked_softmax(scores, rows[..., :, None] & columns[..., None, :], dim=-2)
    return alpha.sum(dim=-1) / _count(columns)


def masked_softmax(scores: Tensor, mask: Tensor, *, dim: int) -> Tensor:
    """The softmax over what is there; 0 elsewhere, and everywhere along ``dim`` where nothing is there."""
    lowest = torch.finfo(scores.dtype).min
    return torch.softmax(scores.masked_fill(~mask, lowest), dim=dim).masked_fill(~mask, 0.0)


def _count(mask: Tensor) -> Tensor:
    return mask.sum(dim=-1, keepdim=True).clamp(min=1)
