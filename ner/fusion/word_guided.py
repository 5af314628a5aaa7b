"""Word-guided visual attention: the text asks, the picture answers, and a gate lets in as much as each word needs.

Lu et al. 2018, "Visual Attention Model for Name Tagging in Multimodal Social Media", ACL; GVATT in later papers'
tables.

    v_j     = tanh(W_I r_j + b_I)                       a region, brought to the model's width
    e_j     = w · tanh(W_k v_j + W_q Q + b)             Q: the text as one vector, from an LSTM of its own
    v_c     = sum_j softmax(e)_j v_j                    the visual context, one for the post
    beta_v  = sigma(W_v h_t + U_v v_c + b_v)            how much of the picture
    beta_w  = sigma(W_w h_t + U_w v_c + b_w)            how much of the word
    m_t     = tanh(W_m h_t + U_m v_c + b_m)
    w_t     = beta_w * h_t + beta_v * m_t               the word as the picture tunes it

The paper is not among those at hand: this is how it is known to us, and where that is open we chose. The gates are
vectors, a number for each dimension. ``h_t`` is a word in context, so the tuned words go to the CRF. In the weighted
sum stand the projected regions ``v_j``. Without a picture nothing is tuned, ``w_t = h_t``: the gates are as they would
be with ``beta_w = 1`` and ``beta_v = 0``.

Shapes: ``B`` posts, ``T`` words, ``H`` width of a word, ``R`` regions of a picture, ``C`` width of a region, ``d``
width of the visual context.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ner.fusion.additive_attention import AdditiveAttention


class GatedVisualAttention(nn.Module):
    """Words that a picture tunes.

    Args:
        word_width: ``H``.
        query_width: How wide the text's query is.
        region_width: ``C``.
        width: ``d``.
    """

    def __init__(self, word_width: int, query_width: int, region_width: int, width: int) -> None:
        super().__init__()
        self.regions = nn.Linear(region_width, width)  # W_I, b_I
        self.attention = AdditiveAttention(query_width, width, width)
        self.gate = VisualGate(word_width, width)

    def forward(self, words: Tensor, query: Tensor, regions: Tensor, has_regions: Tensor) -> Tensor:
        """The words ``w_t``; those of a post without a picture are returned as they came.

        Args:
            words: float (B, T, H).
            query: float (B, query_width), ``Q``.
            regions: float (B, R, C); of no consequence where there is no picture.
            has_regions: bool (B,), True where there is a picture.

        Returns:
            float (B, T, H).
        """
        if not bool(has_regions.any()):
            return words
        v = torch.tanh(self.regions(regions[has_regions]))  # (B', R, d)
        context = self.attention(query[has_regions][:, None], v)  # (B', 1, d)
        tuned = words.clone()
        tuned[has_regions] = self.gate(words[has_regions], context).to(words.dtype)
        return tuned

    def looks(self, words: Tensor, query: Tensor, regions: Tensor, has_regions: Tensor) -> tuple[Tensor, Tensor]:
        """Attention over regions, float (B, T, R), one for all words of a post, and ``beta_v``'s share (B, T)."""
        v = torch.tanh(self.regions(regions))
        attention = self.attention.shares(query[:, None], v)
        beta_v, beta_w = self.gate.shares(words, attention @ v)
        share = (beta_v / (beta_v + beta_w)).mean(dim=2) * has_regions[:, None]
        return attention.expand(-1, words.shape[1], -1) * has_regions[:, None, None], share


class VisualGate(nn.Module):
    """How much of a visual context enters each word, and how much of the word stays.

    Args:
        word_width: ``H``.
        context_width: ``d``.
    """

    def __init__(self, word_width: int, context_width: int) -> None:
        super().__init__()
        self.picture = nn.Linear(word_width + context_width, word_width)  # W_v, U_v, b_v
        self.word = nn.Linear(word_width + context_width, word_width)  # W_w, U_w, b_w
        self.both = nn.Linear(word_width + context_width, word_width)  # W_m, U_m, b_m

    def forward(self, words: Tensor, context: Tensor) -> Tensor:
        """``words`` float (B, T, H) with a ``context`` float (B, 1, d) to float (B, T, H)."""
        beta_v, beta_w = self.shares(words, context)
        return beta_w * words + beta_v * torch.tanh(self.both(_joined(words, context)))

    def shares(self, words: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """``beta_v`` and ``beta_w``, float (B, T, H)."""
        joined = _joined(words, context)
        return torch.sigmoid(self.picture(joined)), torch.sigmoid(self.word(joined))


def _joined(words: Tensor, context: Tensor) -> Tensor:
    return torch.cat([words, context.expand(-1, words.shape[1], -1)], dim=2)  # (B, T, H + d)
