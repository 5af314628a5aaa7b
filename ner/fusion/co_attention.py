"""Adaptive co-attention: words look at the picture, what they see looks back at the text, and gates keep what helps.

Zhang et al. 2018, "Adaptive Co-attention Network for Named Entity Recognition in Tweets", AAAI; AdaCAN in later papers'
tables. For word ``t``:

    v_j     = tanh(W_I r_j + b_I)                                         a region, brought to the model's width
    z_t     = tanh(W_v v (+) (W_h h_t + b_h))                             word-guided visual attention
    vhat_t  = sum_j softmax(w_alpha z_t)_j v_j
    z'_t    = tanh(W_x x (+) (W_vhat vhat_t + b_vhat))                    image-guided textual attention,
    hhat_t  = sum_i softmax(w_beta z'_t)_i x_i                            over the words x = (h_1 ... h_T)
    a_t     = tanh(W_1 vhat_t + b_1),  b_t = tanh(W_2 hhat_t + b_2)
    g_t     = sigma(W_g [a_t; b_t])                                       gated multimodal fusion
    m_t     = g_t * a_t + (1 - g_t) * b_t
    s_t     = sigma(W_s h_t (+) (W_m m_t + b_m))                          filtration gate
    u_t     = s_t * tanh(W_u m_t + b_u)
    w_t     = W [h_t; u_t]                                                to the CRF

The paper is not among those at hand: this is how it is known to us, and where that is open we chose. ``(+)`` is read as
a sum, as in Yang et al. 2016 (section 3.3), whose attention has this form. Read as concatenation, the guide's half of
``z`` would be the same for every region and leave the softmax: nothing would be guided. ``g`` and ``s`` are vectors, a
number for each dimension. The last ``W`` is the linear layer that a CRF head has anyway, so what is given here is
``u_t``. Without a picture there is nothing to add, ``u_t = 0``.

Shapes: ``B`` posts, ``T`` words, ``H`` width of a word, ``R`` regions of a picture, ``C`` width of a region, ``d``
width of all that is multimodal.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ner.fusion.additive_attention import AdditiveAttention


class AdaptiveCoAttention(nn.Module):
    """What a picture adds to each word.

    Args:
        word_width: ``H``.
        region_width: ``C``.
        width: ``d``.
    """

    def __init__(self, word_width: int, region_width: int, width: int) -> None:
        super().__init__()
        self.width = width
        self.regions = nn.Linear(region_width, width)  # W_I, b_I
        self.visual = AdditiveAttention(word_width, width, width)  # W_h, b_h; W_v; w_alpha
        self.textual = AdditiveAttention(width, word_width, width)  # W_vhat, b_vhat; W_x; w_beta
        self.fusion = GatedFusion(width, word_width, width)
        self.filtration = FiltrationGate(word_width, width)

    def forward(self, words: Tensor, mask: Tensor, regions: Tensor, has_regions: Tensor) -> Tensor:
        """``u_t`` of each word.

        Args:
            words: float (B, T, H), ``h_t``.
            mask: bool (B, T), True where there is a word.
            regions: float (B, R, C); of no consequence where there is no picture.
            has_regions: bool (B,), True where there is a picture.

        Returns:
            float (B, T, d), zeros for a post without a picture.
        """
        u = words.new_zeros(*words.shape[:2], self.width)
        if bool(has_regions.any()):
            seen = self._seen(words[has_regions], mask[has_regions], regions[has_regions])
            u[has_regions] = seen.to(u.dtype)
        return u

    def looks(self, words: Tensor, mask: Tensor, regions: Tensor, has_regions: Tensor) -> tuple[Tensor, Tensor]:
        """Attention over regions, float (B, T, R), and how much of it passes both gates, ``g s``, float (B, T)."""
        v = torch.tanh(self.regions(regions))
        attention = self.visual.shares(words, v)
        vhat = attention @ v
        hhat = self.textual(vhat, words, mask)
        passed = self.fusion.shares(vhat, hhat) * self.filtration.shares(words, self.fusion(vhat, hhat))
        return attention * has_regions[:, None, None], passed.mean(dim=2) * has_regions[:, None]

    def _seen(self, h: Tensor, mask: Tensor, regions: Tensor) -> Tensor:
        v = torch.tanh(self.regions(regions))  # (B, R, d)
        vhat = self.visual(h, v)  # (B, T, d)
        hhat = self.textual(vhat, h, mask)  # (B, T, H)
        u: Tensor = self.filtration(h, self.fusion(vhat, hhat))
        return u


class GatedFusion(nn.Module):
    """Two views in one, weighed against each other dimension by dimension.

    Args:
        visual_width: How wide what was seen in the picture is.
        textual_width: How wide what was seen in the text is.
        width: ``d``.
    """

    def __init__(self, visual_width: int, textual_width: int, width: int) -> None:
        super().__init__()
        self.visual = nn.Linear(visual_width, width)  # W_1, b_1
        self.textual = nn.Linear(textual_width, width)  # W_2, b_2
        self.gate = nn.Linear(2 * width, width, bias=False)  # W_g

    def forward(self, visual: Tensor, textual: Tensor) -> Tensor:
        """``vhat`` float (B, T, visual_width) and ``hhat`` float (B, T, textual_width) to ``m`` float (B, T, d)."""
        a, b = torch.tanh(self.visual(visual)), torch.tanh(self.textual(textual))
        g = self.shares(visual, textual)
        return g * a + (1 - g) * b

    def shares(self, visual: Tensor, textual: Tensor) -> Tensor:
        """``g``, float (B, T, d); arguments as of `forward`."""
        return torch.sigmoid(self.gate(torch.tanh(torch.cat([self.visual(visual), self.textual(textual)], dim=2))))


class FiltrationGate(nn.Module):
    """How much of what was fused a word has use for.

    Args:
        word_width: ``H``.
        width: ``d``.
    """

    def __init__(self, word_width: int, width: int) -> None:
        super().__init__()
        self.word = nn.Linear(word_width, width, bias=False)  # W_s
        self.fused = nn.Linear(width, width)  # W_m, b_m
        self.kept = nn.Linear(width, width)  # W_u, b_u

    def forward(self, words: Tensor, fused: Tensor) -> Tensor:
        """``h`` float (B, T, H) and ``m`` float (B, T, d) to ``u`` float (B, T, d)."""
        return self.shares(words, fused) * torch.tanh(self.kept(fused))

    def shares(self, words: Tensor, fused: Tensor) -> Tensor:
        """``s``, float (B, T, d)."""
        return torch.sigmoid(self.word(words) + self.fused(fused))
