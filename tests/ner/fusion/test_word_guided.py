"""The visual gate of Lu et al. 2018 against its equations, written out word by word."""

import pytest
import torch
from torch import Tensor

from ner.fusion.word_guided import GatedVisualAttention

WORD, QUERY, REGION, WIDTH = 4, 3, 5, 6


@pytest.fixture
def fusion() -> GatedVisualAttention:
    torch.manual_seed(4)
    return GatedVisualAttention(word_width=WORD, query_width=QUERY, region_width=REGION, width=WIDTH).double()


def plain(fusion: GatedVisualAttention, words: Tensor, query: Tensor, regions: Tensor) -> Tensor:
    """One post: words (T, 4), its query (3,) and its picture's regions (R, 5) to words (T, 4)."""
    v = [torch.tanh(fusion.regions.weight @ r + fusion.regions.bias) for r in regions]
    hidden = fusion.attention
    q = hidden.queries.weight @ query + hidden.queries.bias
    e = torch.stack([hidden.scores.weight[0] @ torch.tanh(hidden.items.weight @ v_j + q) for v_j in v])
    alpha = e.exp() / e.exp().sum()
    v_c = sum(alpha[j] * v[j] for j in range(len(v)))
    gate, rows = fusion.gate, []
    for h in words:
        parts = {}
        for name, layer in (("v", gate.picture), ("w", gate.word), ("m", gate.both)):
            w, u = layer.weight[:, :WORD], layer.weight[:, WORD:]
            parts[name] = w @ h + u @ v_c + layer.bias
        beta_v, beta_w = 1 / (1 + torch.exp(-parts["v"])), 1 / (1 + torch.exp(-parts["w"]))
        rows.append(beta_w * h + beta_v * torch.tanh(parts["m"]))
    return torch.stack(rows)


def example() -> tuple[Tensor, Tensor, Tensor]:
    return torch.randn(3, 5, WORD).double(), torch.randn(3, QUERY).double(), torch.randn(3, 7, REGION).double()


def test_equals_the_plain_formulas(fusion: GatedVisualAttention) -> None:
    words, query, regions = example()
    tuned = fusion(words, query, regions, torch.ones(3, dtype=torch.bool))
    assert tuned.shape == (3, 5, WORD)
    for row in range(3):
        torch.testing.assert_close(tuned[row], plain(fusion, words[row], query[row], regions[row]))


def test_without_a_picture_the_words_stay_as_they_are_and_the_others_do_not_notice(
    fusion: GatedVisualAttention,
) -> None:
    words, query, regions = example()
    regions[1] = torch.nan
    given = words.clone()
    tuned = fusion(words, query, regions, torch.tensor([True, False, True]))
    assert torch.equal(words, given)
    assert torch.equal(tuned[1], words[1])
    for row in (0, 2):
        torch.testing.assert_close(tuned[row], plain(fusion, words[row], query[row], regions[row]))


def test_a_batch_without_any_picture_needs_no_regions(fusion: GatedVisualAttention) -> None:
    words, query, _ = example()
    assert torch.equal(fusion(words, query, torch.zeros(3, 0, 0), torch.zeros(3, dtype=torch.bool)), words)


def test_gradients(fusion: GatedVisualAttention) -> None:
    words = torch.randn(2, 2, WORD, dtype=torch.float64, requires_grad=True)
    query = torch.randn(2, QUERY, dtype=torch.float64, requires_grad=True)
    regions = torch.randn(2, 3, REGION, dtype=torch.float64, requires_grad=True)
    has_regions = torch.tensor([True, False])
    assert torch.autograd.gradcheck(lambda *x: fusion(*x, has_regions), (words, query, regions))
