"""Attention-guided visual attention: what of the picture bears on how one word scores another.

Arshad et al. 2019, section III.E, equations 8-11 (and 12-13 for the gate); Chen et al. 2021, section 3.4, equations 7-9
(and 10-11). For a pair of words with vector ``u``, and regions with vectors ``v_j`` and values ``I_j``:

    s_j = W act(u + v_j)                (D,)  a D x D product for each word, query and region
    P_j = exp(s_j) / sum_i exp(s_i)     for each dimension apart
    C   = sum_j P_j * I_j

Written out, ``s`` has pairs x 49 x D floats: gigabytes for a batch. Here some pairs at a time are a tile, which is
made, dropped, and made again by the backward pass; so memory does not grow with the number of triples.

Shapes: ``B`` posts, ``N`` queries, ``M`` keys, ``D`` width of a score, ``R`` regions, ``C`` width of a region; ``Q``
pairs of a query and a key, those of one picture side by side, ``G`` pictures, ``t`` pairs of a tile.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from ner.fusion.additive_attention import ACTIVATIONS, activate
from ner.fusion.multi_dimensional import GatedFusion

FORMS = ("printed", "released")
_RELEASED_SPREAD = 5.0  # scores of the released form stay between -5 and 5
_TILE_BYTES_CPU = 1 << 21  # of one of the few tensors of a tile
_TILE_BYTES_GPU = 1 << 25

_Place: TypeAlias = tuple[int, slice]
_How: TypeAlias = tuple[str, torch.dtype]  # the activation, and what the products with W are made in


class VisualAttention(nn.Module):
    """``C_v`` of some pairs' scores ``a_s``, over the regions of their pictures.

    As printed, with ``I`` the regions brought to width ``D`` by a dense layer and ReLU:

        a_v = W_v act(a_s W_s + I_j W_i)          Arshad equation 9, Chen equation 7
        C_v = sum_j softmax_j(a_v) * I_j          Arshad equations 10-11, Chen equations 8-9

    As released by Arshad et al.: ``a_v = 5 tanh((W relu(W' a_s) + W'' I_j + b) / 5)``, no matrix after the activation.

    Args:
        width: ``D``.
        region_width: ``C``.
        activation: One of :data:`ner.fusion.additive_attention.ACTIVATIONS`, for the printed form.
        form: One of :data:`FORMS`.
    """

    def __init__(self, width: int, region_width: int, *, activation: str = "tanh", form: str = "printed") -> None:
        super().__init__()
        if form not in FORMS:
            raise ValueError(f"form {form!r}: expected one of {', '.join(FORMS)}")
        self.form = form
        self.activation = activation
        self.project = nn.Linear(region_width, width)
        self.from_score = nn.Linear(width, width, bias=False)  # W_s, or W'
        self.from_region = nn.Linear(width, width, bias=False)  # W_i, or W''
        self.to_score = nn.Linear(width, width, bias=form == "released")  # W_v, or W and b

    def forward(self, scores: Tensor, regions: Tensor, counts: Sequence[int]) -> Tensor:
        """Contexts of pairs.

        Args:
            scores: float (Q, D), ``a_s``: first the pairs of picture 0, and so on.
            regions: float (G, R, C).
            counts: How many pairs each picture has.

        Returns:
            float (Q, D).
        """
        values = torch.relu(self.project(regions))  # (G, R, D), I
        from_regions, from_scores = self.from_region(values), self.from_score(scores)
        if self.form == "printed":
            weight = self.to_score.weight
            return region_contexts(from_scores, from_regions, values, weight, counts, activation=self.activation)
        pairs = self.to_score(torch.relu(from_scores)) / _RELEASED_SPREAD
        return region_contexts(
            pairs, from_regions / _RELEASED_SPREAD, values, _RELEASED_SPREAD, counts, activation="tanh"
        )

    def shares(self, scores: Tensor, regions: Tensor) -> Tensor:
        """How much pairs look at the regions of their one picture, the mean of ``P`` over dimensions.

        Args:
            scores: float (Q, D), ``a_s``.
            regions: float (R, C).

        Returns:
            float (Q, R); each row sums to 1.
        """
        values = torch.relu(self.project(regions))
        from_regions, from_scores = self.from_region(values), self.from_score(scores)
        if self.form == "printed":
            found = self.to_score(activate(from_scores[:, None] + from_regions, self.activation))  # (Q, R, D)
        else:
            sums = self.to_score(torch.relu(from_scores))[:, None] + from_regions
            found = _RELEASED_SPREAD * torch.tanh(sums / _RELEASED_SPREAD)
        shares: Tensor = found.softmax(dim=1).mean(dim=2)
        return shares


class VisuallyAidedScores(nn.Module):
    """``F_r``: the scores of pairs, mixed with what the picture says about them (Arshad eq. 12-13, Chen eq. 10-11).

    Without a picture there is no ``C_v`` to mix in, and ``F_r = a_s``.

    Args:
        width: ``D``.
        region_width: ``C``.
        activation: As :class:`VisualAttention` has it.
        form: As :class:`VisualAttention` has it.
        bias_start: Where the gate's bias starts.
    """

    def __init__(
        self,
        width: int,
        region_width: int,
        *,
        activation: str = "tanh",
        form: str = "printed",
        bias_start: float = 0.0,
    ) -> None:
        super().__init__()
        self.attention = VisualAttention(width, region_width, activation=activation, form=form)
        self.gate = GatedFusion(width, bias_start=bias_start)

    def forward(self, scores: Tensor, visible: Tensor, regions: Tensor, has_regions: Tensor) -> Tensor:
        """Scores with the picture's help; pairs that nobody sees, or without a picture, cost nothing and stay.

        Args:
            scores: float (B, N, M, D), ``a_s``.
            visible: bool (B, N, M), True where the query sees the key.
            regions: float (B, R, C); whatever stands for a post without a picture is not looked at.
            has_regions: bool (B,), True where there is a picture.

        Returns:
            float (B, N, M, D).
        """
        pairs = visible & has_regions[:, None, None]
        counts = pairs[has_regions].sum(dim=(1, 2)).tolist()
        if not sum(counts):
            return scores
        chosen = scores[pairs]  # (Q, D), in the order of posts
        contexts = self.attention(chosen, regions[has_regions], counts)
        fused = self.gate(contexts, chosen)
        return scores.masked_scatter(pairs[..., None], fused.to(scores.dtype))

    def looks(self, scores: Tensor, visible: Tensor, regions: Tensor, has_regions: Tensor) -> tuple[Tensor, Tensor]:
        """Each query's attention over regions, float (B, N, R), and the gate's share of the picture, float (B, N).

        Arguments as of `forward`; both are means over the keys that the query sees, and 0 where there is none.
        """
        attention, gates = scores.new_zeros((*scores.shape[:2], regions.shape[1])), scores.new_zeros(scores.shape[:2])
        seen = (visible & has_regions[:, None, None]).any(dim=2)
        for post, query in seen.nonzero().tolist():  # one at a time: few triples are in memory at once
            chosen = scores[post, query, visible[post, query]]  # (M', D)
            attention[post, query] = self.attention.shares(chosen, regions[post]).mean(dim=0)
            context = self.attention(chosen, regions[post : post + 1], [len(chosen)])
            gates[post, query] = self.gate.shares(context, chosen).mean()
        return attention, gates


def region_contexts(
    pairs: Tensor, regions: Tensor, values: Tensor, weight: Tensor | float, counts: Sequence[int], *, activation: str
) -> Tensor:
    """``C`` of every pair.

    Differentiable once. Under autocast the products are made in its type, all sums in float32.

    Args:
        pairs: float (Q, D), ``u``: first the pairs of picture 0, then those of picture 1, and so on.
        regions: float (G, R, D), ``v``.
        values: float (G, R, D), ``I``.
        weight: float (D, D), ``W``; or a number, for ``s = weight * act(u + v)``.
        counts: How many pairs each of the G pictures has; they sum to Q.
        activation: One of :data:`ner.fusion.additive_attention.ACTIVATIONS`.

    Returns:
        float (Q, D).

    Raises:
        ValueError: The activation is unknown, or the counts are not of these pairs and pictures.
    """
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation {activation!r}: expected one of {', '.join(ACTIVATIONS)}")
    if sum(counts) != len(pairs) or len(counts) != len(regions):
        raise ValueError(f"counts {list(counts)}: expected {len(regions)} numbers that sum to {len(pairs)}")
    kind = torch.promote_types(pairs.dtype, torch.float32)  # float32, or float64
    device = pairs.device.type
    mixed = kind == torch.float32 and torch.is_autocast_enabled(device)
    product_type = torch.get_autocast_dtype(device) if mixed else kind
    if activation == "tanh":  # 2 sigmoid(2 x) - 1, where the softmax drops the 1: it is the faster
        pairs, regions, weight, activation = 2.0 * pairs, 2.0 * regions, 2.0 * weight, "sigmoid"
    if not isinstance(weight, Tensor):
        weight = torch.tensor(weight, device=pairs.device)
    pairs, regions, values, weight = pairs.to(kind), regions.to(kind), values.to(kind), weight.to(kind)
    contexts: Tensor = _Tiled.apply(pairs, regions, values, weight, _tiles(counts, regions), (activation, product_type))
    return contexts


class _Tiled(torch.autograd.Function):
    """All tiles, one after the other. :mod:`torch.utils.checkpoint` would do it too, but keeps a graph of all tiles."""

    @staticmethod
    def forward(
        ctx: Any, pairs: Tensor, regions: Tensor, values: Tensor, weight: Tensor, tiles: list[_Place], how: _How
    ) -> Tensor:
        ctx.save_for_backward(pairs, regions, values, weight)
        ctx.tiles, ctx.how = tiles, how
        contexts = torch.empty_like(pairs)
        for picture, rows in tiles:
            contexts[rows] = _tile(pairs[rows], regions[picture], values[picture], weight, how)
        return contexts

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        inputs = ctx.saved_tensors
        sums = [torch.zeros_like(tensor) for tensor in inputs]
        for picture, rows in ctx.tiles:
            places = (rows, picture, picture, ...)
            parts = [tensor[place].detach().requires_grad_() for tensor, place in zip(inputs, places, strict=True)]
            with torch.enable_grad():
                contexts = _tile(parts[0], parts[1], parts[2], parts[3], ctx.how)
            for total, place, own in zip(sums, places, torch.autograd.grad(contexts, parts, grad[rows]), strict=True):
                total[place] += own
        return (*sums, None, None)


def _tile(u: Tensor, v: Tensor, values: Tensor, weight: Tensor, how: _How) -> Tensor:
    """``u`` (t, D), ``v`` and ``values`` (R, D), ``W`` (D, D) or a number (), to (t, D)."""
    activation, product_type = how
    hidden = activate(u[:, None] + v, activation)  # (t, R, D)
    if weight.dim():
        scores = nn.functional.linear(hidden.to(product_type), weight.to(product_type)).to(u.dtype)
    else:
        scores = hidden * weight
    return (scores.softmax(dim=1) * values).sum(dim=1)


def _tiles(counts: Sequence[int], regions: Tensor) -> list[_Place]:
    """Which picture, and which pairs of it, each tile has."""
    tile_bytes = _TILE_BYTES_CPU if regions.device.type == "cpu" else _TILE_BYTES_GPU
    size = max(1, tile_bytes // max(1, regions[:1].numel() * regions.element_size()))
    ends = list(accumulate(counts))
    return [
        (picture, slice(start, min(start + size, end)))
        for picture, (count, end) in enumerate(zip(counts, ends, strict=True))
        for start in range(end - count, end, size)
    ]
