"""Adaptive co-attention against the equations of Zhang et al. 2018, written out word by word."""

import pytest
import torch
from torch import Tensor, nn

from ner.fusion.additive_attention import AdditiveAttention
from ner.fusion.co_attention import AdaptiveCoAttention

WORD, REGION, WIDTH = 4, 5, 6


@pytest.fixture
def fusion() -> AdaptiveCoAttention:
    torch.manual_seed(5)
    return AdaptiveCoAttention(word_width=WORD, region_width=REGION, width=WIDTH).double()


def affine(layer: nn.Linear, x: Tensor) -> Tensor:
    return layer.weight @ x + layer.bias


def sigma(x: Tensor) -> Tensor:
    return 1 / (1 + torch.exp(-x))


def look(attention: AdditiveAttention, guide: Tensor, items: list[Tensor]) -> Tensor:
    """What ``guide`` sees in ``items``: their sum, weighted by softmax(w tanh(W item + (W guide + b)))."""
    z = [torch.tanh(attention.items.weight @ item + affine(attention.queries, guide)) for item in items]
    e = torch.cat([attention.scores.weight @ column for column in z]).exp()
    return sum(e[number] / e.sum() * item for number, item in enumerate(items))  # type: ignore[return-value]


def plain(fusion: AdaptiveCoAttention, words: Tensor, regions: Tensor) -> Tensor:
    """One post without padding: words (T, 4) and regions (R, 5) to u (T, 6)."""
    v = [torch.tanh(affine(fusion.regions, r)) for r in regions]
    x = list(words)
    rows = []
    for h_t in x:
        vhat_t = look(fusion.visual, h_t, v)
        hhat_t = look(fusion.textual, vhat_t, x)
        a_t = torch.tanh(affine(fusion.fusion.visual, vhat_t))
        b_t = torch.tanh(affine(fusion.fusion.textual, hhat_t))
        g_t = sigma(fusion.fusion.gate.weight @ torch.cat([a_t, b_t]))
        m_t = g_t * a_t + (1 - g_t) * b_t
        s_t = sigma(fusion.filtration.word.weight @ h_t + affine(fusion.filtration.fused, m_t))
        rows.append(s_t * torch.tanh(affine(fusion.filtration.kept, m_t)))
    return torch.stack(rows)


def full(*shape: int) -> Tensor:
    return torch.ones(*shape, dtype=torch.bool)


def test_equals_the_plain_formulas(fusion: AdaptiveCoAttention) -> None:
    words, regions = torch.randn(2, 5, WORD).double(), torch.randn(2, 7, REGION).double()
    u = fusion(words, full(2, 5), regions, full(2))
    assert u.shape == (2, 5, WIDTH)
    for row in range(2):
        torch.testing.assert_close(u[row], plain(fusion, words[row], regions[row]))


def test_padding_changes_no_word(fusion: AdaptiveCoAttention) -> None:
    words, regions = torch.randn(2, 5, WORD).double(), torch.randn(2, 7, REGION).double()
    words[1, 3:] = 1e6
    mask = full(2, 5)
    mask[1, 3:] = False
    u = fusion(words, mask, regions, full(2))
    torch.testing.assert_close(u[0], plain(fusion, words[0], regions[0]))
    torch.testing.assert_close(u[1, :3], plain(fusion, words[1, :3], regions[1]))


def test_without_a_picture_nothing_is_added_and_the_others_do_not_notice(fusion: AdaptiveCoAttention) -> None:
    words, regions = torch.randn(3, 5, WORD).double(), torch.randn(3, 7, REGION).double()
    regions[1] = torch.nan
    u = fusion(words, full(3, 5), regions, torch.tensor([True, False, True]))
    assert bool((u[1] == 0).all())
    for row in (0, 2):
        torch.testing.assert_close(u[row], plain(fusion, words[row], regions[row]))


def test_a_batch_without_any_picture_needs_no_regions(fusion: AdaptiveCoAttention) -> None:
    u = fusion(torch.randn(2, 5, WORD).double(), full(2, 5), torch.zeros(2, 0, 0), ~full(2))
    assert u.shape == (2, 5, WIDTH)
    assert bool((u == 0).all())


def test_gradients(fusion: AdaptiveCoAttention) -> None:
    words = torch.randn(2, 3, WORD, dtype=torch.float64, requires_grad=True)
    regions = torch.randn(2, 3, REGION, dtype=torch.float64, requires_grad=True)
    mask = torch.tensor([[True, True, False], [True, True, True]])
    has_regions = torch.tensor([True, False])
    assert torch.autograd.gradcheck(lambda w, r: fusion(w, mask, r, has_regions), (words, regions))
