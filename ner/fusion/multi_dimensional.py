"""Multi-dimensional self-attention: additive attention that scores every dimension of a key apart; and gated fusion.

Arshad et al. 2019, section III.B, equations 5-7; Chen et al. 2021, section 3.4, equations 3-6. The attention comes
from DiSAN (Shen et al. 2018), whose directions are here too: the code that Arshad et al. released lets a query see the
keys before it in one attention and those after it in another, itself in neither. As printed, a query sees all keys.

Shapes: ``B`` posts, ``N`` queries, ``M`` keys (the queries themselves first, where there are more), ``D`` width;
``...`` whatever the positions are.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ner.fusion.additive_attention import activate


class MultiDimensionalScores(nn.Module):
    """``h'(x_i, q) = W_t act(x_i W_x + q W_q)`` for every query and key: Chen equation 3, Arshad equation 5.

    Args:
        width: ``D``.
        activation: One of :data:`ner.fusion.additive_attention.ACTIVATIONS`; the papers leave it open.
    """

    def __init__(self, width: int, *, activation: str = "tanh") -> None:
        super().__init__()
        self.activation = activation
        self.from_key = nn.Linear(width, width, bias=False)  # W_x
        self.from_query = nn.Linear(width, width, bias=False)  # W_q
        self.to_score = nn.Linear(width, width, bias=False)  # W_t

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        """``queries`` float (B, N, D) and ``keys`` float (B, M, D) to ``a_s``, float (B, N, M, D)."""
        sums = self.from_query(queries)[:, :, None] + self.from_key(keys)[:, None]  # (B, N, M, D)
        scores: Tensor = self.to_score(activate(sums, self.activation))
        return scores


class GatedFusion(nn.Module):
    """How much of two things goes on: ``G = sigmoid(W_1 context + W_2 own + b)``, ``G * context + (1 - G) * own``.

    For each dimension apart: Arshad et al. 2019, equations 12-13; Chen et al. 2021, equations 10-11 and 13-14.
    The papers write equation 10 with the score first and equation 13 with the context first; ``W_1`` and ``W_2`` are
    learned, so the order is only a matter of names.

    Args:
        width: ``D``.
        bias_start: Where ``b`` starts: 0 as printed, 1 in the code that Arshad et al. released, which lets three
            quarters of the context through at first.
    """

    def __init__(self, width: int, *, bias_start: float = 0.0) -> None:
        super().__init__()
        self.from_context = nn.Linear(width, width, bias=False)
        self.from_own = nn.Linear(width, width)
        nn.init.constant_(self.from_own.bias, bias_start)

    def forward(self, context: Tensor, own: Tensor) -> Tensor:
        """``context`` and ``own``, float (..., D), to their mixture, float (..., D)."""
        gate = self.shares(context, own)
        kind = torch.promote_types(own.dtype, context.dtype)  # under autocast one may be bf16
        return torch.lerp(own.to(kind), context.to(kind), gate.to(kind))

    def shares(self, context: Tensor, own: Tensor) -> Tensor:
        """``G``, the context's share in each dimension, float (..., D)."""
        return torch.sigmoid(self.from_context(context) + self.from_own(own))


def visible_pairs(query_mask: Tensor, key_mask: Tensor, direction: str = "all") -> Tensor:
    """Which keys each query sees.

    Args:
        query_mask: bool (B, N), True where there is a query.
        key_mask: bool (B, M), True where there is a key; the first N are the queries' own.
        direction: "all"; "forward" for the queries' own keys that stand before it, "backward" for those after it. Keys
            beyond the queries' own stand nowhere in the text and are seen in every direction.

    Returns:
        bool (B, N, M), True where the query sees the key.
    """
    pairs = query_mask[:, :, None] & key_mask[:, None]
    if direction == "all":
        return pairs
    n, m = query_mask.shape[1], key_mask.shape[1]
    query = torch.arange(n, device=pairs.device)[:, None]
    key = torch.arange(m, device=pairs.device)
    ordered = key < query if direction == "forward" else key > query
    return pairs & (ordered | (key >= n))


def attended(scores: Tensor, keys: Tensor, visible: Tensor) -> Tensor:
    """``C(q) = sum_i P_i * w_i``, ``P`` the softmax over keys for each dimension: Chen equations 4-5 and 12.

    Args:
        scores: float (B, N, M, D).
        keys: float (B, M, D).
        visible: bool (B, N, M), True where the query sees the key.

    Returns:
        float (B, N, D); zeros for a query that sees no key.
    """
    hidden = ~visible[..., None]  # (B, N, M, 1)
    nothing = hidden.all(dim=2, keepdim=True)  # (B, N, 1, 1)
    scores = scores.masked_fill(hidden & ~nothing, -torch.inf)  # a row of -inf alone would have no softmax
    weights = scores.softmax(dim=2)
    keys = keys.masked_fill(~visible.any(dim=1)[..., None], 0.0)  # 0 * nan is nan, whatever padding holds
    context = (weights * keys[:, None]).sum(dim=2)
    return context.masked_fill(nothing[:, :, 0], 0.0)
