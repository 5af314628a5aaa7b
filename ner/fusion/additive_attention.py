"""Additive attention: what a query sees in some items, each scored by one hidden layer over both.

A query ``q_i`` and an item ``k_j`` (Bahdanau et al. 2015, section 3.1; the form that the papers on tweets use for words
and regions alike):

    e_ij     = w · tanh(W_k k_j + W_q q_i + b)
    alpha_i  = softmax(e_i) over the items
    seen_i   = sum_j alpha_ij k_j

Shapes: ``B`` posts, ``Q`` queries of a post, ``J`` items of a post, ``D`` width of the hidden layer.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

ACTIVATIONS = ("tanh", "sigmoid", "relu")
"""What the additive attentions of Arshad 2019 and Chen 2021 may have, as both papers leave theirs open.

The first is the default: it is the usual one of additive attention, and DiSAN's.
"""


class AdditiveAttention(nn.Module):
    """Queries look at items.

    Args:
        query_width: How wide a query is.
        item_width: How wide an item is.
        width: ``D``.
    """

    def __init__(self, query_width: int, item_width: int, width: int) -> None:
        super().__init__()
        self.items = nn.Linear(item_width, width, bias=False)  # W_k
        self.queries = nn.Linear(query_width, width)  # W_q, b
        self.scores = nn.Linear(width, 1, bias=False)  # w; a bias would leave the softmax again

    def forward(self, queries: Tensor, items: Tensor, mask: Tensor | None = None) -> Tensor:
        """What each query sees.

        Args:
            queries: float (B, Q, query_width).
            items: float (B, J, item_width).
            mask: bool (B, J), True where there is an item, and each post has one; None where every item is there.

        Returns:
            float (B, Q, item_width).
        """
        if mask is not None:
            items = items.masked_fill(~mask[:, :, None], 0.0)
        return self.shares(queries, items, mask) @ items

    def shares(self, queries: Tensor, items: Tensor, mask: Tensor | None = None) -> Tensor:
        """How much each query looks at each item, float (B, Q, J), which sums to 1; arguments as of `forward`."""
        hidden = torch.tanh(self.items(items)[:, None] + self.queries(queries)[:, :, None])  # (B, Q, J, D)
        e = self.scores(hidden).squeeze(3)  # (B, Q, J)
        if mask is not None:
            e = e.masked_fill(~mask[:, None], -torch.inf)
        return torch.softmax(e, dim=2)


def activate(values: Tensor, name: str) -> Tensor:
    """An activation, by its name, of every value of a tensor."""
    if name == "tanh":
        return torch.tanh(values)
    return torch.sigmoid(values) if name == "sigmoid" else torch.relu(values)
