"""Modality attention against Moon et al. 2018, equations 4 and 5, written out word by word."""

import math

import pytest
import torch
from torch import Tensor

from ner.fusion.modality_attention import ModalityAttention, ViewLayers, global_vectors


@pytest.fixture
def attention() -> ModalityAttention:
    torch.manual_seed(2)
    return ModalityAttention(views=3, width=4).double()


def sigma(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def plain(attention: ModalityAttention, x: Tensor, views: list[int]) -> Tensor:
    """One post, (T, 3, 4) to (T, 4), over some views: equation 4 with all, 5 without the picture."""
    w_m, b_m = attention.scores.weight.detach().reshape(3, 3, 4), attention.scores.bias.detach()
    rows = []
    for word in x:
        a = {m: sigma(sum(float(w_m[m, other] @ word[other]) for other in views) + float(b_m[m])) for m in views}
        total = sum(math.exp(value) for value in a.values())
        rows.append(sum(math.exp(a[m]) / total * word[m] for m in views))
    return torch.stack(rows)


def test_equals_equation_4(attention: ModalityAttention) -> None:
    x = torch.randn(2, 5, 3, 4).double()
    fused = attention(x, torch.ones(2, 3, dtype=torch.bool))
    assert fused.shape == (2, 5, 4)
    for row in range(2):
        torch.testing.assert_close(fused[row], plain(attention, x[row], [0, 1, 2]))


def test_a_post_without_a_picture_follows_equation_5_beside_one_with_a_picture(attention: ModalityAttention) -> None:
    x = torch.randn(2, 5, 3, 4).double()
    x[1, :, 2] = torch.nan
    fused = attention(x, torch.tensor([[True, True, True], [True, True, False]]))
    torch.testing.assert_close(fused[0], plain(attention, x[0], [0, 1, 2]))
    torch.testing.assert_close(fused[1], plain(attention, x[1], [0, 1]))


def test_weights_sum_to_one_over_the_views_that_are_there(attention: ModalityAttention) -> None:
    alpha = attention.weights(torch.randn(2, 5, 3, 4).double(), torch.tensor([[True, True, True], [True, False, True]]))
    torch.testing.assert_close(alpha.sum(dim=2), torch.ones(2, 5).double())
    assert bool((alpha[1, :, 1] == 0).all())
    assert bool((alpha[0] > 0).all())


@pytest.mark.parametrize(("transform", "function"), [("sigmoid", torch.sigmoid), ("tanh", torch.tanh)])
def test_each_view_has_its_own_layer(transform: str, function: object) -> None:
    torch.manual_seed(3)
    layers = ViewLayers([2, 5], 4, transform=transform).double()
    views = [torch.randn(2, 3, 2).double(), torch.randn(2, 3, 5).double()]
    wide = layers(views)
    assert wide.shape == (2, 3, 2, 4)
    for number, view in enumerate(views):
        layer = layers.layers[number]
        torch.testing.assert_close(wide[1, 2, number], function(layer.weight @ view[1, 2] + layer.bias))  # type: ignore[operator]


def test_the_picture_is_the_mean_of_its_regions() -> None:
    regions = torch.tensor([[[1.0, 2.0], [3.0, 6.0]], [[torch.nan, 5.0], [5.0, 5.0]]])
    means = global_vectors(regions, torch.tensor([True, False]))
    assert means.tolist() == [[2.0, 4.0], [0.0, 0.0]]


def test_gradients(attention: ModalityAttention) -> None:
    x = torch.randn(2, 2, 3, 4, dtype=torch.float64, requires_grad=True)
    present = torch.tensor([[True, True, True], [True, True, False]])
    assert torch.autograd.gradcheck(lambda x: attention(x, present), (x,))
