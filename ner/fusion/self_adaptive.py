"""Self-adaptive multimodal integration (Tian et al. 2021, section 3.4): how much of a word is its text alone.

Shapes: ``B`` posts, ``T`` words, ``d`` width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SelfAdaptiveIntegration(nn.Module):
    """``O = gamma * H + (1 - gamma) * F`` with one scalar ``gamma`` for each word (equations 17 and 18).

    Where ``H`` and ``F`` are equal, ``O`` is exactly that.

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
