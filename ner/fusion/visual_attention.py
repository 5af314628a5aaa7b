"""Attention-guided visual attention: what of the picture bears on how one word scores another.

Arshad et al. 2019, section III.E, equations 8-11 (and 12-13 for the gate); Chen et al. 2021, section 3.4, equations 7-9
(and 10-11). The scores of regions for all pairs of words are never there at once: :mod:`ner.fusion.region_tiles`.

Shapes: ``B`` posts, ``N`` queries, ``M`` keys, ``D`` width of a score, ``R`` regions, ``C`` width of a region; ``Q``
pairs of a query and a key, those of one picture side by side, ``G`` pictures.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ner.fusion.gate import GatedFusion
from ner.fusion.region_tiles import region_contexts

FORMS = ("printed", "released")
_RELEASED_SPREAD = 5.0  # scores of the released form stay between -5 and 5


class VisualAttention(nn.Module):
    """``C_v`` of some pairs' scores ``a_s``, over the regions of their pictures.

    As printed, with ``I`` the regions brought to width ``D`` by a dense layer and ReLU:

        a_v = W_v act(a_s W_s + I_j W_i)          Arshad equation 9, Chen equation 7
        C_v = sum_j softmax_j(a_v) * I_j          Arshad equations 10-11, Chen equations 8-9

    As released by Arshad et al.: ``a_v = 5 tanh((W relu(W' a_s) + W'' I_j + b) / 5)``, no matrix after the activation.

    Args:
        width: ``D``.
        region_width: ``C``.
        activation: One of :data:`ner.fusion.activations.ACTIVATIONS`, for the printed form.
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
