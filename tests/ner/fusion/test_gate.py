"""The gate against Chen et al. 2021, equations 13-14, number by number."""

import math

import pytest
import torch

from ner.fusion.multi_dimensional import GatedFusion


def test_equals_equations_13_and_14() -> None:
    torch.manual_seed(1)
    gate = GatedFusion(3).double()
    context, own = torch.randn(2, 4, 3).double(), torch.randn(2, 4, 3).double()
    w_1, w_2, b = (p.detach() for p in (gate.from_context.weight, gate.from_own.weight, gate.from_own.bias))
    mixed = gate(context, own).detach()
    assert mixed.shape == (2, 4, 3)
    for row in range(2):
        for t in range(4):
            for d in range(3):
                c, x = context[row, t], own[row, t]
                score = sum(float(w_1[d, e] * c[e] + w_2[d, e] * x[e]) for e in range(3)) + float(b[d])
                g = 1 / (1 + math.exp(-score))
                assert float(mixed[row, t, d]) == pytest.approx(g * float(c[d]) + (1 - g) * float(x[d]))


@pytest.mark.parametrize("start", [0.0, 1.0])
def test_the_bias_starts_where_it_is_told(start: float) -> None:
    assert GatedFusion(3, bias_start=start).from_own.bias.tolist() == [start] * 3


def test_gradients() -> None:
    gate = GatedFusion(3, bias_start=1.0).double()
    context, own = (torch.randn(2, 3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    assert torch.autograd.gradcheck(gate, (context, own))
