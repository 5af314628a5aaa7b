"""A linear layer in 8-bit whole numbers, for tagging on processors that multiply these four times as fast as floats.

Each row of the matrix has a scale of its own, and so has each row of what comes in, which is two rows of whole numbers:
a coarse one, and a fine one of what the coarse one leaves over. Sums of whole numbers are exact, so a row's result
depends on no other row, and on no order of summing. The engine is oneDNN, which comes with PyTorch.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

_MOST = 127  # whole numbers are -127..127
_ZERO = 128  # what stands for 0 in what comes in, which the engine wants without signs
_LEAST_SCALE = 1e-12  # for rows of zeros
_FINE = 2 * _MOST  # how many steps of the fine rows are one of the coarse ones
_ROWS = 16  # there are so many times a whole number


class EightBitLinear(nn.Module):
    """Linear layers over the same input as one, their results side by side, nearly.

    Args:
        layers: The layers, each ``(out, in)`` with a bias.

    Raises:
        RuntimeError: This PyTorch has no such engine.
    """

    bias: Tensor
    scale: Tensor
    zero: Tensor
    packed: Tensor

    def __init__(self, *layers: nn.Linear) -> None:
        super().__init__()
        with torch.no_grad():
            weight = torch.cat([layer.weight for layer in layers]).float()  # (out, in)
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
        top, bottom = rows.amax(dim=1, keepdim=True), rows.amin(dim=1, keepdim=True)
        most = torch.maximum(top, bottom.neg_()).clamp_(min=_LEAST_SCALE)  # (N, 1)
        # The engine prepares itself for each number of rows: so there are few, and what the last ones hold is unread.
        numbers = torch.empty((-(-2 * count // _ROWS) * _ROWS, rows.shape[1]), dtype=torch.uint8)
        scaled = rows * (_MOST / most)
        coarse = scaled.round()
        numbers[:count].copy_(coarse + _ZERO)
        numbers[count : 2 * count].copy_(scaled.sub_(coarse).mul_(_FINE).add_(_ZERO + 0.5))  # cut off, so rounded
        products = torch.ops.onednn.qlinear_pointwise.default(
            *(numbers, 1 / _MOST, _ZERO, self.packed, self.scale, self.zero, None),
            *(1.0, 0, torch.float32, "none", [], ""),  # floats come out, and nothing is done to them
        )
        found = products[:count].add_(products[count : 2 * count], alpha=1 / _FINE)
        whole: Tensor = found.mul_(most).add_(self.bias).view(*x.shape[:-1], -1)
        return whole


def eight_bit_is_fast() -> bool:
    """Whether this processor has instructions for it, and this PyTorch an engine."""
    has_instructions = getattr(torch.cpu, "_is_vnni_supported", lambda: False)
    has_engine: bool = torch.backends.mkldnn.is_available() and hasattr(torch.ops, "onednn")  # type: ignore[no-untyped-call]
    return has_engine and bool(has_instructions())
