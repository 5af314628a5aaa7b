"""A highway network (Srivastava et al. 2015): how much of each number is transformed, and how much carried on.

Shapes: ``D`` width of a word.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

_CARRY_BIAS = -2.0  # starts by carrying nearly everything on, as Srivastava et al. advise (section 2.2)


class Highway(nn.Module):
    """One layer, ``y = t * relu(W x + b) + (1 - t) * x`` with ``t = sigmoid(W_t x + b_t)``, and tanh over it.

    Tian et al. 2021, section 3.2.1, equation 5: ``h = tanh(Highway(x))``.

    Args:
        width: ``D``.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.transform = nn.Linear(width, width)
        self.gate = nn.Linear(width, width)
        nn.init.constant_(self.gate.bias, _CARRY_BIAS)

    def forward(self, x: Tensor) -> Tensor:
        """``x`` float32 (..., D) to float32 (..., D), each number in -1..1."""
        t = torch.sigmoid(self.gate(x))
        return torch.tanh(x + t * (torch.relu(self.transform(x)) - x))
