"""A linear layer in 8-bit whole numbers, for tagging on processors that multiply these four times as fast as floats.

Each row of the matrix has a scale of its own, and so has each row of what comes in, which is two rows of whole numbers:
a coarse one, and a fine one of what the coarse one leaves over; or a coarse one alone, where that does little harm.
What a norm makes is smoother before it is rounded: each column is divided by about how large the norm makes it, and the
matrix makes up for it (Xiao et al. 2023, SmoothQuant, equation 3, with the norm's weights for measured activations).
Sums of whole numbers are exact, so a row's result depends on no other row, and on no order of summing. The engine is
oneDNN, which comes with PyTorch.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

_MOST = 127  # whole numbers are -127..127
_ZERO = 128  # what stands for 0 in what comes in, which the engine wants without signs
_LEAST_SCALE = 1e-12  # for rows of zeros
_FINE = 2 * _MOST  # how many steps of the fine rows are one of the coarse ones
_ROWS = 16  # there are so many times a whole number
_LEAST_SHARE = 0.05  # of the mean, that a column is held to be


class EightBitLinear(nn.Module):
    """Linear layers over the same input as one, their results side by side, nearly.

    Args:
        layers: The layers, each ``(out, in)`` with a bias.
        coarse: Whether the coarse rows are enough.
        after: The norm that makes what comes in, for smoothing.

    Raises:
        RuntimeError: This PyTorch has no such engine.
    """

    bias: Tensor
    scale: Tensor
    zero: Tensor
    packed: Tensor
    smoothing: Tensor | None

    def __init__(self, *layers: nn.Linear, coarse: bool = False, after: nn.LayerNorm | None = None) -> None:
        super().__init__()
        self.coarse = coarse
        with torch.no_grad():
            weight = torch.cat([layer.weight for layer in layers]).float()  # (out, in)
            column = _column_sizes(after) if after is not None else None  # (in,)
            self.register_buffer("smoothing", None if column is None else 1 / column)
            weight = weight if column is None else weight * column
            scale = weight.abs().amax(dim=1).clamp(min=_LEAST_SCALE) / _MOST  # (out,)
            numbers = (weight / scale[:, None]).round_().to(torch.int8)
            self.register_buffer("bias", torch.cat([layer.bias for layer in layers]).float())
            self.register_buffer("scale", scale)
            self.register_buffer("zero", torch.zeros_like(scale, dtype=torch.int32))
            self.register_buffer("packed", torch.ops.onednn.qlinear_prepack(numbers, None))

    def forward(self, x: Tensor) -> Tensor:
        """``W x + b``; ``x`` float32 (..., in) to float32 (..., out)."""
        rows = x.flatten(0, -2)  # (N, in)
        count = len(rows)
        if not count:
            return rows.new_empty(*x.shape[:-1], len(self.bias))
        if self.smoothing is not None:
            rows = rows * self.smoothing
        top, bottom = rows.amax(dim=1, keepdim=True), rows.amin(dim=1, keepdim=True)
        most = torch.maximum(top, bottom.neg_()).clamp_(min=_LEAST_SCALE)  # (N, 1)
        # The engine prepares itself for each number of rows: so there are few, and what the last ones hold is unread.
        needed = count if self.coarse else 2 * count
        numbers = torch.empty((-(-needed // _ROWS) * _ROWS, rows.shape[1]), dtype=torch.uint8)
        scaled = rows * (_MOST / most)
        if self.coarse:
            numbers[:count].copy_(scaled.add_(_ZERO + 0.5))  # cut off, so rounded
        else:
            coarse = scaled.round()
            numbers[:count].copy_(coarse + _ZERO)
            numbers[count:needed].copy_(scaled.sub_(coarse).mul_(_FINE).add_(_ZERO + 0.5))
        found = torch.ops.onednn.qlinear_pointwise.default(
            *(numbers, 1 / _MOST, _ZERO, self.packed, self.scale, self.zero, None),
            *(1.0, 0, torch.float32, "none", [], ""),  # floats come out, and nothing is done to them
        )
        if not self.coarse:
            found[:count].add_(found[count:needed], alpha=1 / _FINE)
        whole: Tensor = found[:count].mul_(most).add_(self.bias).view(*x.shape[:-1], -1)
        return whole


def _column_sizes(norm: nn.LayerNorm) -> Tensor:
    """How large a norm makes each column, over the mean; its root, as matrix and rows are to share the burden."""
    sizes = norm.weight.abs() + norm.bias.abs() / 3  # a normal deviate's usual greatest of a row is about 3
    return (sizes / sizes.mean()).clamp(min=_LEAST_SHARE).sqrt()


def eight_bit_is_fast() -> bool:
    """Whether this processor has instructions for it, and this PyTorch an engine."""
    has_instructions = getattr(torch.cpu, "_is_vnni_supported", lambda: False)
    has_engine: bool = torch.backends.mkldnn.is_available() and hasattr(torch.ops, "onednn")  # type: ignore[no-untyped-call]
    return has_engine and bool(has_instructions())
