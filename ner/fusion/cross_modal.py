"""The multimodal interaction of words and regions (Yu et al. 2020, section 2.3).

A cross-modal Transformer layer lets queries attend to other things with ``m`` heads:

    CA_i(V, R) = softmax([W_qi V]' [W_ki R] / sqrt(d / m)) [W_vi R]'
    MH-CA(V, R) = W' [CA_1(V, R), ..., CA_m(V, R)]'
    P~ = LN(V + MH-CA(V, R))                                                              (1)
    P  = LN(P~ + FFN(P~))                                                                 (2)

With its queries as its keys it is the standard Transformer layer. Three of them make the interaction:

    A: words R ask P, which are regions V that asked the words R      image-aware words    (2.3.1, the coupled layer)
    Q: words R ask regions V                                          word-aware visual    (2.3.2)
    g = sigma(W_a' A + W_q' Q)                                                            (3)
    B = g * Q

Bias terms are there, though the paper leaves them out (its footnote 1). The feed-forward network is that of Vaswani et
al. 2017: ReLU, four times as wide within; dropout stands before both sums, as there.

Without a picture no region can be asked, and nothing is made of what is not there: ``A = R`` and ``B = 0``.

Shapes: ``B`` posts, ``N`` queries, ``M`` things that are asked, ``S`` sub-tokens, ``R`` regions of a picture, ``C``
width of a region, ``d`` width of a sub-token, ``m`` heads.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

_INNER = 4


class CrossModalLayer(nn.Module):
    """Queries that are told by other things what they ask for (equations 1 and 2).

    Args:
        width: ``d``.
        heads: ``m``, which must divide ``d``.
        dropout: How much of a sub-layer's output is dropped in training.
    """

    def __init__(self, width: int, heads: int, *, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.queries = nn.Linear(width, width)  # W_q1 ... W_qm, one under the other
        self.keys = nn.Linear(width, width)  # W_k
        self.values = nn.Linear(width, width)  # W_v
        self.together = nn.Linear(width, width)  # W'
        self.attended_norm = nn.LayerNorm(width)
        self.feed_forward = nn.Sequential(nn.Linear(width, _INNER * width), nn.ReLU(), nn.Linear(_INNER * width, width))
        self.output_norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, queries: Tensor, items: Tensor, mask: Tensor | None = None) -> Tensor:
        """Queries float (B, N, d), told by ``items`` float (B, M, d): float (B, N, d).

        ``mask`` bool (B, M) is True where there is an item; None where all are there. Each post needs one.
        """
        q, k, v = self._parted(self.queries(queries)), self._parted(self.keys(items)), self._parted(self.values(items))
        allowed = None if mask is None else mask[:, None, None]  # (B, 1, 1, M)
        answers = scaled_dot_product_attention(q, k, v, attn_mask=allowed)  # (B, m, N, d / m)
        attended = self.together(answers.transpose(1, 2).flatten(2))
        p = self.attended_norm(queries + self.dropout(attended))
        output: Tensor = self.output_norm(p + self.dropout(self.feed_forward(p)))
        return output

    def shares(self, queries: Tensor, items: Tensor) -> Tensor:
        """How much queries look at items, the mean over heads: float (B, N, M), which sums to 1."""
        q, k = self._parted(self.queries(queries)), self._parted(self.keys(items))
        shares: Tensor = (q @ k.transpose(2, 3) / q.shape[3] ** 0.5).softmax(dim=3).mean(dim=1)
        return shares

    def _parted(self, x: Tensor) -> Tensor:
        """(B, N, d) to (B, m, N, d / m)."""
        b, n, width = x.shape
        return x.reshape(b, n, self.heads, width // self.heads).transpose(1, 2)


class MultimodalInteraction(nn.Module):
    """Words that a picture tells something, and what each word sees in it.

    Args:
        width: ``d``.
        region_width: ``C``.
        heads: ``m``, which must divide ``d``.
        dropout: As for the layers.
        image_aware: Whether the words are told by the picture; where not, ``A = R``.
        word_aware: Whether there is what each word sees; where not, ``B = 0``.
        gate: Whether a gate lets in what a word sees; where not, ``B = Q``.
    """

    def __init__(
        self,
        width: int,
        region_width: int,
        heads: int,
        *,
        dropout: float,
        image_aware: bool = True,
        word_aware: bool = True,
        gate: bool = True,
    ) -> None:
        super().__init__()
        self.regions = nn.Linear(region_width, width)  # W_u
        self.image_aware, self.word_aware, self.gated = image_aware, word_aware, gate
        if image_aware:
            self.regions_ask = CrossModalLayer(width, heads, dropout=dropout)
            self.coupled = CrossModalLayer(width, heads, dropout=dropout)
        if word_aware:
            self.words_ask = CrossModalLayer(width, heads, dropout=dropout)
        if word_aware and gate:
            self.gate_words = nn.Linear(width, width, bias=False)  # W_a
            self.gate_visual = nn.Linear(width, width)  # W_q, and the bias of both

    def forward(self, words: Tensor, mask: Tensor, regions: Tensor, has_regions: Tensor) -> tuple[Tensor, Tensor]:
        """Image-aware words ``A`` and gated word-aware visual representations ``B``.

        Args:
            words: float (B, S, d), ``R``.
            mask: bool (B, S), True where there is a sub-token.
            regions: float (B, R, C), ``U``; of no consequence where there is no picture.
            has_regions: bool (B,), True where there is a picture.

        Returns:
            float (B, S, d) both.
        """
        aware, seen = words, torch.zeros_like(words)
        if not bool(has_regions.any()):
            return aware, seen
        r, r_mask = words[has_regions], mask[has_regions]
        v = self.regions(regions[has_regions])  # (B', R, d)
        a = r
        if self.image_aware:
            a = self.coupled(r, self.regions_ask(v, r, r_mask))
            aware = words.clone()
            aware[has_regions] = a.to(words.dtype)
        if self.word_aware:
            q = self.words_ask(r, v)
            seen[has_regions] = (self._gate(a, q) * q).to(words.dtype)
        return aware, seen

    def looks(self, words: Tensor, mask: Tensor, regions: Tensor, has_regions: Tensor) -> tuple[Tensor, Tensor]:
        """Attention of sub-tokens over regions, float (B, S, R), and how much the gate lets in, float (B, S).

        Arguments as of `forward`; both are 0 where there is no picture, and where ``B = 0``.
        """
        attention = words.new_zeros((*words.shape[:2], regions.shape[1]))
        gates = words.new_zeros(words.shape[:2])
        if self.word_aware and bool(has_regions.any()):
            r, v = words[has_regions], self.regions(regions[has_regions])
            # not self(...): whoever asks how words look listens to calls
            a = self.forward(words, mask, regions, has_regions)[0][has_regions]
            attention[has_regions] = self.words_ask.shares(r, v)
            gates[has_regions] = self._gate(a, self.words_ask(r, v)).mean(dim=2)
        return attention, gates

    def _gate(self, a: Tensor, q: Tensor) -> Tensor:
        """``g``, float (B, S, d); 1 without the gate."""
        return torch.sigmoid(self.gate_words(a) + self.gate_visual(q)) if self.gated else torch.ones_like(q)


def fitting_heads(width: int, most: int) -> int:
    """The greatest number of heads up to ``most`` that divides a width."""
    return next(heads for heads in range(most, 0, -1) if width % heads == 0)
