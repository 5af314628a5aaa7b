"""The inner part of attention-guided visual attention, in tiles: a softmax over regions for each pair and dimension.

For a pair of words with vector ``u``, and regions with vectors ``v_j`` and values ``I_j``:

    s_j = W act(u + v_j)                (D,)  a D x D product for each word, query and region
    P_j = exp(s_j) / sum_i exp(s_i)     for each dimension apart
    C   = sum_j P_j * I_j

Written out, ``s`` has pairs x 49 x D floats: gigabytes for a batch. Here a tile of some pairs is made at a time, small
enough for a core's own cache, and dropped; the backward pass makes it again. What is kept for it is ``C`` and the
logarithm of the denominator, so memory does not grow with the number of triples.

``tanh(x) = 2 sigmoid(2 x) - 1``, and a softmax does not change with what all regions have in common: so tanh is done
as a sigmoid, which is much the faster, with ``u``, ``v`` and ``W`` doubled. Exponentials are of base 2, as the faster.

Shapes: ``Q`` pairs, those of one picture side by side; ``G`` pictures, ``R`` regions, ``D`` width, ``t`` pairs a tile.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ner.fusion.activations import ACTIVATIONS
from ner.threads import single_core_pool

_TILE_BYTES_CPU = 1 << 19
"""Of one of the two or three tensors of a tile; together they about fill a core's second-level cache."""
_TILE_BYTES_GPU = 1 << 25
_LOG2_E = 1.0 / math.log(2.0)
_SAFE_EXPONENT = 100.0  # 2 ** 100 is far from float32's largest number, also 49 times, and 2 ** -100 from its smallest


def region_contexts(
    pairs: Tensor, regions: Tensor, values: Tensor, weight: Tensor | float, counts: Sequence[int], *, activation: str
) -> Tensor:
    """``C`` of every pair.

    Differentiable once, for all four tensors. Under autocast the products are made in its type, all sums in float32.

    Args:
        pairs: float (Q, D), ``u``: first the pairs of picture 0, then those of picture 1, and so on.
        regions: float (G, R, D), ``v``.
        values: float (G, R, D), ``I``.
        weight: float (D, D), ``W``; or a number, for ``s = weight * act(u + v)``.
        counts: How many pairs each of the G pictures has; they sum to Q.
        activation: One of :data:`ner.fusion.activations.ACTIVATIONS`.

    Returns:
        float (Q, D).

    Raises:
        ValueError: The activation is unknown, or the counts are not of these pairs and pictures.
    """
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation {activation!r}: expected one of {', '.join(ACTIVATIONS)}")
    if sum(counts) != len(pairs) or len(counts) != len(regions):
        raise ValueError(f"counts {list(counts)}: expected {len(regions)} numbers that sum to {len(pairs)}")
    if activation == "tanh":
        pairs, regions, weight = 2.0 * pairs, 2.0 * regions, 2.0 * weight
    matrix, factor = (weight, 1.0) if isinstance(weight, Tensor) else (None, weight)
    kind = torch.promote_types(pairs.dtype, torch.float32)  # float32, or float64
    matrix = None if matrix is None else matrix.to(kind)
    plan = _Plan(_tiles(counts, regions, kind), factor, activation == "relu", _product_type(pairs.device.type, kind))
    contexts: Tensor = _RegionContexts.apply(pairs.to(kind), regions.to(kind), values.to(kind), matrix, plan)
    return contexts


class _Tile(NamedTuple):
    """Pairs ``start:end``, all of one picture."""

    picture: int
    start: int
    end: int


class _Plan(NamedTuple):
    """What a pass does, beside its tensors.

    Attributes:
        tiles: All of them, in order.
        factor: What ``act(u + v)`` is multiplied with, where there is no matrix.
        relu: Whether the activation is ReLU; else it is the sigmoid.
        product_type: What the products with the matrix are made in.
    """

    tiles: list[_Tile]
    factor: float
    relu: bool
    product_type: torch.dtype


class _RegionContexts(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, pairs: Tensor, regions: Tensor, values: Tensor, weight: Tensor | None, plan: _Plan) -> Tensor:
        contexts, logs = torch.empty_like(pairs), torch.empty_like(pairs)
        scoring = _Scoring.of(pairs, weight, plan)

        def work(tiles: Sequence[_Tile]) -> None:
            z, s = scoring.buffers(2, tiles, regions)
            for picture, start, end in tiles:
                hidden, scores = z[: end - start], s[: end - start]  # (t, R, D)
                scoring.scores(pairs[start:end], regions[picture], hidden, scores)
                top = None if scoring.bounded else scores.amax(dim=1)  # (t, D)
                if top is not None:
                    scores.sub_(top[:, None])
                total = scores.exp2_().sum(dim=1)  # (t, D)
                torch.sum(scores.mul_(values[picture]), dim=1, out=contexts[start:end])
                contexts[start:end].div_(total)
                torch.log2(total, out=logs[start:end])
                if top is not None:
                    logs[start:end].add_(top)

        _share_out(plan.tiles, work, pairs.device)
        ctx.plan = plan
        ctx.save_for_backward(pairs, regions, values, weight, contexts, logs)
        return contexts

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        pairs, regions, values, weight, contexts, logs = ctx.saved_tensors
        scoring = _Scoring.of(pairs, weight, ctx.plan)
        grad = grad.contiguous()
        grad_pairs = torch.empty_like(pairs)

        def work(tiles: Sequence[_Tile]) -> tuple[Tensor, Tensor, Tensor | None]:
            z, s, d = scoring.buffers(3, tiles, regions)
            grad_regions, grad_values = torch.zeros_like(regions), torch.zeros_like(values)
            grad_weight = None if weight is None else torch.zeros_like(weight)
            for picture, start, end in tiles:
                hidden, p, delta = z[: end - start], s[: end - start], d[: end - start]  # (t, R, D)
                scoring.scores(pairs[start:end], regions[picture], hidden, p)
                p.sub_(logs[start:end, None]).exp2_()  # P
                p.mul_(grad[start:end, None])
                grad_values[picture].add_(p.sum(dim=0))
                torch.sub(values[picture], contexts[start:end, None], out=delta)
                delta.mul_(p)  # dL/ds = P * (I - C) * dL/dC
                scoring.into_hidden(delta, hidden, p, grad_weight)  # p: dL/dz
                scoring.through_activation(p, hidden)  # p: dL/d(u + v)
                torch.sum(p, dim=1, out=grad_pairs[start:end])
                grad_regions[picture].add_(p.sum(dim=0))
            return grad_regions, grad_values, grad_weight

        parts = _share_out(ctx.plan.tiles, work, pairs.device)
        grad_regions, grad_values, grad_weight = (_total(list(part)) for part in zip(*parts, strict=True))
        return grad_pairs, grad_regions, grad_values, grad_weight, None


class _Scoring(NamedTuple):
    """From ``u`` and ``v`` to scores, and from their gradients back.

    Attributes:
        weight: (D, D) ``W``, in the type of products; None where there is none.
        weight_2: The same times log2(e), transposed.
        factor: What stands in its place.
        bounded: Whether all scores are so small that ``2 ** s`` needs no maximum taken off.
    """

    weight: Tensor | None
    weight_2: Tensor | None
    factor: float
    relu: bool
    bounded: bool
    dtype: torch.dtype

    @classmethod
    def of(cls, pairs: Tensor, weight: Tensor | None, plan: _Plan) -> _Scoring:
        if weight is None:
            bounded = not plan.relu and abs(plan.factor) * _LOG2_E < _SAFE_EXPONENT
            return cls(None, None, plan.factor, plan.relu, bounded, pairs.dtype)
        largest = float(weight.abs().sum(dim=1).max()) * _LOG2_E  # the sigmoid is between 0 and 1
        bounded = not plan.relu and largest < _SAFE_EXPONENT
        product = plan.product_type
        return cls(weight.to(product), (weight * _LOG2_E).to(product).t(), 1.0, plan.relu, bounded, pairs.dtype)

    def buffers(self, count: int, tiles: Sequence[_Tile], regions: Tensor) -> list[Tensor]:
        """Room for the largest of the tiles, ``count`` times (t, R, D)."""
        largest = max((end - start for _, start, end in tiles), default=0)
        return [regions.new_empty((largest, *regions.shape[1:])) for _ in range(count)]

    def scores(self, pairs: Tensor, regions: Tensor, hidden: Tensor, scores: Tensor) -> None:
        """``u`` (t, D) and ``v`` (R, D) to ``hidden``, act(u + v), and ``scores``, s * log2(e), both (t, R, D)."""
        torch.add(pairs[:, None], regions, out=hidden)
        hidden.relu_() if self.relu else hidden.sigmoid_()
        if self.weight_2 is None:
            torch.mul(hidden, self.factor * _LOG2_E, out=scores)
        else:
            _product(_rows(hidden), self.weight_2, out=_rows(scores))

    def into_hidden(self, delta: Tensor, hidden: Tensor, grad_hidden: Tensor, grad_weight: Tensor | None) -> None:
        """dL/ds to dL/dz (written) and dL/dW (added)."""
        if self.weight is None or grad_weight is None:
            torch.mul(delta, self.factor, out=grad_hidden)
            return
        _product(_rows(delta), self.weight, out=_rows(grad_hidden))
        rows = _rows(delta).t()
        if self.weight.dtype == grad_weight.dtype:
            grad_weight.addmm_(rows, _rows(hidden))
        else:
            grad_weight.add_(rows.to(self.weight.dtype) @ _rows(hidden).to(self.weight.dtype))

    def through_activation(self, grad: Tensor, hidden: Tensor) -> None:
        """dL/dz to dL/d(u + v), in place; the activation's slope is read off its value."""
        if self.relu:
            grad.mul_(hidden > 0)
        else:
            grad.mul_(hidden)
            grad.addcmul_(grad, hidden, value=-1.0)


def _product(left: Tensor, right: Tensor, *, out: Tensor) -> None:
    if right.dtype == out.dtype:
        torch.mm(left, right, out=out)
    else:
        out.copy_(left.to(right.dtype) @ right)


def _rows(tensor: Tensor) -> Tensor:
    return tensor.view(-1, tensor.shape[-1])


def _product_type(device: str, kind: torch.dtype) -> torch.dtype:
    if kind == torch.float32 and torch.is_autocast_enabled(device):
        return torch.get_autocast_dtype(device)
    return kind


def _tiles(counts: Sequence[int], regions: Tensor, kind: torch.dtype) -> list[_Tile]:
    size_bytes = _TILE_BYTES_CPU if regions.device.type == "cpu" else _TILE_BYTES_GPU
    a_pair = regions.shape[1] * regions.shape[2] * kind.itemsize
    size = max(1, size_bytes // max(1, a_pair))
    tiles: list[_Tile] = []
    first = 0
    for picture, count in enumerate(counts):
        tiles += [_Tile(picture, first + i, first + min(i + size, count)) for i in range(0, count, size)]
        first += count
    return tiles


def _share_out(tiles: list[_Tile], work: Callable[[Sequence[_Tile]], Any], device: torch.device) -> list[Any]:
    """Do the work, on a CPU in as many threads as PyTorch has: each takes its tiles on a core of its own.

    Which thread takes which tile is settled beforehand, so that sums come out the same every time.
    """

    def alone(part: Sequence[_Tile]) -> Any:
        with torch.no_grad(), torch.autocast(device.type, enabled=False):
            return work(part)

    threads = torch.get_num_threads() if device.type == "cpu" else 1
    if threads == 1 or len(tiles) < 2 * threads:
        return [alone(tiles)]
    return list(_pool(threads, os.getpid()).map(alone, [tiles[i::threads] for i in range(threads)]))


@functools.lru_cache(maxsize=1)
def _pool(threads: int, process: int) -> ThreadPoolExecutor:  # noqa: ARG001  threads do not outlive a fork
    return single_core_pool()


def _total(parts: list[Tensor | None]) -> Tensor | None:
    there = [part for part in parts if part is not None]
    return functools.reduce(torch.add, there) if there else None
