"""The activations that the additive attentions of Arshad 2019 and Chen 2021 may have; both papers leave theirs open."""

from __future__ import annotations

import torch
from torch import Tensor

ACTIVATIONS = ("tanh", "sigmoid", "relu")
"""The first is the default: it is the usual one of additive attention (Bahdanau et al. 2015), and DiSAN's."""


def activate(values: Tensor, name: str) -> Tensor:
    """An activation, by its name, of every value of a tensor."""
    if name == "tanh":
        return torch.tanh(values)
    return torch.sigmoid(values) if name == "sigmoid" else torch.relu(values)
