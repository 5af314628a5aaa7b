"""Visual attention against Arshad et al. 2019, equations 9-13, written out triple by triple; and posts without it."""

import math

import pytest
import torch
from torch import Tensor

from ner.fusion.visual_attention import VisualAttention, VisuallyAidedScores

R, C, D = 4, 5, 3


def dot(weight: Tensor, vector: list[float]) -> list[float]:
    return [sum(float(w) * x for w, x in zip(row, vector, strict=True)) for row in weight.detach()]


def plain_context(layer: VisualAttention, a_s: list[float], regions: Tensor) -> list[float]:
    """``C_v`` of one pair: equation 9 for each region, then 10 and 11 for each dimension."""
    values, scores = [], []
    for region in regions:
        bias = layer.project.bias.tolist()
        value = [max(x + b, 0.0) for x, b in zip(dot(layer.project.weight, region.tolist()), bias, strict=True)]
        seen = dot(layer.from_region.weight, value)
        said = dot(layer.from_score.weight, a_s)
        if layer.form == "printed":
            hidden = [math.tanh(x + y) for x, y in zip(said, seen, strict=True)]
            scores.append(dot(layer.to_score.weight, hidden))
        else:
            said = dot(layer.to_score.weight, [max(x, 0.0) for x in said])
            b = layer.to_score.bias.tolist()
            scores.append([5 * math.tanh((x + y + z) / 5) for x, y, z in zip(said, seen, b, strict=True)])
        values.append(value)
    context = []
    for d in range(D):
        total = sum(math.exp(scores[j][d]) for j in range(R))
        context.append(sum(math.exp(scores[j][d]) / total * values[j][d] for j in range(R)))
    return context


@pytest.mark.parametrize("form", ["printed", "released"])
def test_of_one_dimension_what_is_looked_at_is_what_is_seen(form: str) -> None:
    torch.manual_seed(5)
    layer = VisualAttention(1, C, form=form).double()
    scores, regions = torch.randn(6, 1).double(), torch.randn(1, R, C).double()
    looks = layer.shares(scores, regions[0])
    values = torch.relu(layer.project(regions[0]))
    assert looks.sum(dim=1).tolist() == pytest.approx([1.0] * 6)
    assert (looks @ values)[:, 0].tolist() == pytest.approx(layer(scores, regions, [6])[:, 0].tolist())


def test_a_query_looks_as_the_mean_of_the_keys_it_sees() -> None:
    torch.manual_seed(6)
    layer = VisuallyAidedScores(D, C)
    scores, regions = torch.randn(1, 2, 3, D), torch.randn(1, R, C)
    visible = torch.tensor([[[True, False, True], [False, False, False]]])
    attention, gates = layer.looks(scores, visible, regions, torch.tensor([True]))
    pairs = layer.attention.shares(scores[0, 0, [0, 2]], regions[0])
    assert attention[0].tolist() == [pytest.approx(pairs.mean(dim=0).tolist()), [0.0] * R]
    assert 0 < gates[0, 0].item() < 1
    assert gates[0, 1] == 0
    layer.gate.from_own.bias.data.fill_(50.0)  # all of the picture
    assert layer.looks(scores, visible, regions, torch.tensor([True]))[1][0, 0].item() == pytest.approx(1.0)


@pytest.mark.parametrize("form", ["printed", "released"])
def test_equals_equations_9_to_11(form: str) -> None:
    torch.manual_seed(4)
    layer = VisualAttention(D, C, form=form).double()
    scores, regions = torch.randn(5, D).double(), torch.randn(2, R, C).double()
    contexts = layer(scores, regions, [2, 3])
    assert contexts.shape == (5, D)
    for q in range(5):
        expected = plain_context(layer, scores[q].tolist(), regions[0 if q < 2 else 1])
        assert contexts[q].tolist() == pytest.approx(expected)


def test_equals_equations_12_and_13_where_there_is_a_picture_and_leaves_the_rest() -> None:
    torch.manual_seed(5)
    layer = VisuallyAidedScores(D, C, bias_start=1.0).double()
    scores, regions = torch.randn(3, 2, 4, D).double(), torch.randn(3, R, C).double()
    regions[1] = torch.nan
    has_regions = torch.tensor([True, False, True])
    visible = torch.rand(3, 2, 4) > 0.3
    fused = layer(scores, visible, regions, has_regions)
    assert fused.shape == scores.shape
    w_1, w_2, b = layer.gate.from_context.weight, layer.gate.from_own.weight, layer.gate.from_own.bias.tolist()
    for row in range(3):
        for n in range(2):
            for m in range(4):
                a_s = scores[row, n, m].tolist()
                expected = a_s
                if has_regions[row] and visible[row, n, m]:
                    c_v = plain_context(layer.attention, a_s, regions[row])
                    gate = [
                        1 / (1 + math.exp(-x - y - z)) for x, y, z in zip(dot(w_1, c_v), dot(w_2, a_s), b, strict=True)
                    ]
                    expected = [g * c + (1 - g) * a for g, c, a in zip(gate, c_v, a_s, strict=True)]
                assert fused[row, n, m].tolist() == pytest.approx(expected)


def test_a_picture_beside_changes_nothing() -> None:
    torch.manual_seed(6)
    layer = VisuallyAidedScores(D, C).double()
    scores, regions = torch.randn(2, 2, 2, D).double(), torch.randn(2, R, C).double()
    visible = torch.ones(2, 2, 2, dtype=torch.bool)
    both = layer(scores, visible, regions, torch.tensor([True, True]))
    for row in range(2):
        alone = layer(scores[row : row + 1], visible[:1], regions[row : row + 1], torch.tensor([True]))
        torch.testing.assert_close(both[row], alone[0])


def test_without_any_picture_scores_stay_and_regions_may_have_no_width() -> None:
    layer = VisuallyAidedScores(D, C)
    scores = torch.randn(2, 2, 2, D)
    fused = layer(scores, torch.ones(2, 2, 2, dtype=torch.bool), torch.zeros(2, 0, 0), torch.tensor([False, False]))
    assert torch.equal(fused, scores)


@pytest.mark.parametrize("form", ["printed", "released"])
def test_gradients(form: str) -> None:
    torch.manual_seed(7)
    layer = VisuallyAidedScores(D, C, form=form).double()
    scores = torch.randn(2, 2, 2, D, dtype=torch.float64, requires_grad=True)
    regions = torch.randn(2, R, C, dtype=torch.float64, requires_grad=True)
    visible = torch.tensor([[[True, True], [True, False]], [[True, True], [True, True]]])
    has_regions = torch.tensor([True, False])

    def fused(scores: Tensor, regions: Tensor) -> Tensor:
        mixed: Tensor = layer(scores, visible, regions, has_regions)
        return mixed

    assert torch.autograd.gradcheck(fused, (scores, regions))


def test_an_unknown_form_is_named() -> None:
    with pytest.raises(ValueError, match="form 'drawn': expected one of printed, released"):
        VisualAttention(D, C, form="drawn")
