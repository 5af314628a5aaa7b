"""Hierarchical attention, Luong's in its place, and both units, against the paper's equations element by element."""

import math

import pytest
import torch

from ner.fusion.hierarchical_attention import (
    CrossModalInteraction,
    ElementWeights,
    hierarchical_weights,
    luong_weights,
    masked_softmax,
)

ATTENTIONS = ("hierarchical", "luong")
VARIANTS = [
    {"heads": heads, "attention": attention, "head_softmax": head_softmax}
    for heads, head_softmax in ((0, True), (1, True), (2, True), (2, False))
    for attention in ATTENTIONS
]
T, R, D = 4, 3, 6


def softmax(values):
    total = sum(math.exp(value) for value in values)
    return [math.exp(value) / total for value in values]


def scores_by_loops(v, h):
    """Equation 8: a row for each of ``v``."""
    return [[sum(a * b for a, b in zip(row, column, strict=True)) for column in h] for row in v]


def hierarchical_by_loops(m):
    """Equations 9 to 13, one element at a time."""
    k, n = len(m), len(m[0])
    alpha = [softmax([m[i][t] for i in range(k)]) for t in range(n)]  # alpha[t][i]
    betas = [softmax(m[t]) for t in range(k)]
    beta = [sum(betas[t][j] for t in range(k)) / k for j in range(n)]
    return [sum(alpha[t][i] * beta[t] for t in range(n)) for i in range(k)]


def luong_by_loops(m):
    k, n = len(m), len(m[0])
    alpha = [softmax([m[i][t] for i in range(k)]) for t in range(n)]
    return [sum(alpha[t][i] for t in range(n)) / n for i in range(k)]


WEIGHTS = {"hierarchical": hierarchical_weights, "luong": luong_weights}
BY_LOOPS = {"hierarchical": hierarchical_by_loops, "luong": luong_by_loops}


def mapped(x, weight, first, last):
    """A head's linear map: its rows ``first`` to ``last`` of all heads' maps."""
    return [[sum(row[j] * weight[i][j] for j in range(len(row))) for i in range(first, last)] for row in x]


def weights_by_loops(module, v, h, attention):
    """Equations 14 and 15: the mean of the heads' softmaxed weights."""
    weigh = BY_LOOPS[attention]
    if not module.heads:
        return weigh(scores_by_loops(v, h))
    width = D // module.heads
    of_v, of_h = module.weighed_maps.weight.tolist(), module.by_maps.weight.tolist()
    heads = []
    for i in range(module.heads):
        first, last = i * width, (i + 1) * width
        head = weigh(scores_by_loops(mapped(v, of_v, first, last), mapped(h, of_h, first, last)))
        heads.append(softmax(head) if module.head_softmax else head)
    return [sum(head[i] for head in heads) / len(heads) for i in range(len(v))]


def fused_by_loops(module, h, v, attention):
    s_img = weights_by_loops(module.text_to_image, v, h, attention)
    g = [[s * x for x in row] for s, row in zip(s_img, v, strict=True)]
    s_sen = weights_by_loops(module.image_to_text, h, g, attention)
    return [[s * x for x in row] for s, row in zip(s_sen, h, strict=True)]


def random_posts(b=2, *, requires_grad=False):
    """Words, regions and masks without padding."""
    words = torch.randn(b, T, D, dtype=torch.float64, requires_grad=requires_grad)
    regions = torch.randn(b, R, D, dtype=torch.float64, requires_grad=requires_grad)
    return words, regions, torch.ones(b, T, dtype=torch.bool), torch.ones(b, R, dtype=torch.bool)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.mark.parametrize(
    ("weigh", "by_loops"), [(hierarchical_weights, hierarchical_by_loops), (luong_weights, luong_by_loops)]
)
def test_weights_are_the_equations(weigh, by_loops):
    m = torch.randn(2, R, T, dtype=torch.float64) * 2
    found = weigh(m, torch.ones(2, R, dtype=torch.bool), torch.ones(2, T, dtype=torch.bool))
    torch.testing.assert_close(found, torch.tensor([by_loops(post) for post in m.tolist()], dtype=torch.float64))


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_both_units_are_the_equations(variant):
    module = CrossModalInteraction(D, **variant).double()
    words, regions, word_mask, region_mask = random_posts()
    expected = [
        fused_by_loops(module, h, v, variant["attention"])
        for h, v in zip(words.tolist(), regions.tolist(), strict=True)
    ]
    found = module(words, regions, word_mask, region_mask)
    assert found.shape == (2, T, D)
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_padding_changes_nothing_and_weighs_nothing(variant):
    module = CrossModalInteraction(D, **variant).double()
    words, regions, word_mask, region_mask = random_posts()
    word_mask[0, 2:], region_mask[0, 1:] = False, False
    words[0, 2:], regions[0, 1:] = 50.0, -50.0
    found = module(words, regions, word_mask, region_mask)
    alone = module(words[:1, :2], regions[:1, :1], word_mask[:1, :2], region_mask[:1, :1])
    torch.testing.assert_close(found[:1, :2], alone)
    assert not found[0, 2:].any()
    torch.testing.assert_close(found[1:], module(words[1:], regions[1:], word_mask[1:], region_mask[1:]))


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_weights_sum_to_one(variant):
    module = ElementWeights(D, **variant).double()
    words, regions, word_mask, region_mask = random_posts()
    region_mask[0, 1] = False
    s = module(regions, words, region_mask, word_mask)
    assert s.shape == (2, R)
    torch.testing.assert_close(s.sum(dim=1), torch.ones(2, dtype=torch.float64))
    assert float(s.detach()[0, 1]) == 0.0


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_without_a_region_all_is_zero_and_gradients_stay_finite(variant):
    module = CrossModalInteraction(D, **variant).double()
    words, regions, word_mask, region_mask = random_posts(requires_grad=True)
    region_mask[1] = False
    found = module(words, regions, word_mask, region_mask)
    assert not found[1].any()
    found.sum().backward()
    assert torch.isfinite(words.grad).all()
    assert torch.isfinite(regions.grad).all()
    assert not regions.grad[1].any()


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_its_gradient_is_right(variant):
    module = CrossModalInteraction(D, **variant).double()
    words, regions, word_mask, region_mask = random_posts(requires_grad=True)
    word_mask[0, 3], region_mask[1, 0] = False, False
    assert torch.autograd.gradcheck(lambda h, v: module(h, v, word_mask, region_mask), (words, regions))


def test_the_second_softmax_lets_no_element_stand_out():
    words, regions, word_mask, region_mask = random_posts()
    sharp = {True: 0.0, False: 0.0}
    for head_softmax in sharp:
        torch.manual_seed(0)
        module = ElementWeights(D, heads=2, head_softmax=head_softmax).double()
        s = module(1e3 * regions, 1e3 * words, region_mask, word_mask)
        sharp[head_softmax] = float((s.max(dim=1).values / s.min(dim=1).values.clamp(min=1e-9)).max().detach())
    assert sharp[True] <= math.e < sharp[False]


def test_a_softmax_over_nothing_is_zero():
    scores = torch.tensor([[1.0, 2.0], [3.0, float("inf")]])
    mask = torch.tensor([[False, False], [True, False]])
    assert masked_softmax(scores, mask, dim=1).tolist() == [[0.0, 0.0], [1.0, 0.0]]


def test_heads_that_do_not_part_the_width_are_named():
    with pytest.raises(ValueError, match="width = 6: expected a multiple of 4"):
        ElementWeights(6, heads=4)
