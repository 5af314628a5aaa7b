"""Gated fusion: for each dimension apart, how much of two things goes on.

Arshad et al. 2019, equations 12-13; Chen et al. 2021, equations 10-11 and 13-14.

Shapes: ``...`` whatever the positions are, ``D`` width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class GatedFusion(nn.Module):
    """``G = sigmoid(W_1 context + W_2 own + b)``, and ``G * context + (1 - G) * own``.

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
        gate = torch.sigmoid(self.from_context(context) + self.from_own(own))
        return torch.lerp(own, context, gate)
