"""Low-rank adapters (Hu et al. 2021, LoRA): what a tagger changes in an encoder, small enough to ship.

A frozen matrix ``W`` becomes ``W + B A``, with ``A`` (r, in) and ``B`` (out, r). For tagging the two are merged into
one matrix, so that an adapted encoder costs no more than a plain one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

_M = TypeVar("_M", bound=nn.Module)


class AdaptedLinear(nn.Module):
    """A frozen linear layer and its low-rank change; it starts as the layer it wraps."""

    def __init__(self, base: nn.Linear, rank: int, dropout: float) -> None:
        super().__init__()
        self.base = base
        self.base.weight.requires_grad = False
        bound = 1 / math.sqrt(base.in_features)
        self.down = nn.Parameter(torch.empty(rank, base.in_features).uniform_(-bound, bound))  # A
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))  # B
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """``W x + b + B A x``; ``x`` is (..., in)."""
        change = nn.functional.linear(nn.functional.linear(self.dropout(x), self.down), self.up)
        base: Tensor = self.base(x)
        return base + change

    def nearest(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """``A`` and ``B`` with which the layer comes nearest to a matrix (out, in) (Eckart and Young 1936)."""
        rank = len(self.down)
        change = (weight - self.base.weight).detach().double()
        left, values, right = torch.linalg.svd(change, full_matrices=False)
        scale, kept = values[:rank].sqrt(), min(rank, len(values))
        down, up = self.down.detach().clone(), torch.zeros_like(self.up)
        down[:kept], up[:, :kept] = (scale[:, None] * right[:rank]).to(down), (left[:, :rank] * scale).to(up)
        return down, up

    def merged(self) -> nn.Linear:
        """One linear layer that does the same."""
        merged = nn.Linear(self.base.in_features, self.base.out_features, bias=self.base.bias is not None)
        with torch.no_grad():
            merged.weight.copy_(self.base.weight + self.up @ self.down)
            if self.base.bias is not None:
                merged.bias.copy_(self.base.bias)
        return merged


def adapt(encoder: nn.Module, *, rank: int, dropout: float) -> None:
    """Freeze an encoder but for biases, layer norms and segment embeddings, and adapt every linear layer of it."""
    for name, parameter in encoder.named_parameters():
        small = name.endswith(".bias") or "LayerNorm" in name or "layer_norm" in name
        parameter.requires_grad_(small or "token_type_embeddings" in name)
    for parent, name, linear in _linears(encoder, nn.Linear):
        setattr(parent, name, AdaptedLinear(linear, rank, dropout))


def merge(encoder: nn.Module) -> None:
    """Replace every adapted layer by its merged one, for tagging."""
    for parent, name, adapted in _linears(encoder, AdaptedLinear):
        setattr(parent, name, adapted.merged())


def adapters_nearest(encoder: nn.Module, whole: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What an adapted encoder's parameters are where it comes nearest to a whole one, given its parameters by name."""
    found = {name: whole[name] for name, _ in encoder.named_parameters() if name in whole}
    for name, layer in encoder.named_modules():
        if isinstance(layer, AdaptedLinear):
            found[f"{name}.down"], found[f"{name}.up"] = layer.nearest(whole[f"{name}.weight"])
            if layer.base.bias is not None:
                found[f"{name}.base.bias"] = whole[f"{name}.bias"]
    return found


def _linears(encoder: nn.Module, kind: type[_M]) -> list[tuple[nn.Module, str, _M]]:
    return [
        (parent, name, child)
        for parent in encoder.modules()
        if not isinstance(parent, AdaptedLinear)
        for name, child in parent.named_children()
        if isinstance(child, kind)
    ]
