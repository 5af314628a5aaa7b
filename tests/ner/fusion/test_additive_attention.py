"""Additive attention against its equations, written out query by query and item by item."""

import math

import pytest
import torch
from torch import Tensor

from ner.fusion.additive_attention import AdditiveAttention


@pytest.fixture
def attention() -> AdditiveAttention:
    torch.manual_seed(1)
    return AdditiveAttention(query_width=3, item_width=4, width=5).double()


def plain(attention: AdditiveAttention, queries: Tensor, items: Tensor) -> Tensor:
    """One post: queries (Q, 3) and items (J, 4) to (Q, 4), by loops."""
    w_k, w_q = attention.items.weight.detach(), attention.queries.weight.detach()
    b, w = attention.queries.bias.detach(), attention.scores.weight.detach()[0]
    rows = []
    for q in queries:
        e = [float(w @ torch.tanh(w_k @ k + w_q @ q + b)) for k in items]
        total = sum(math.exp(score) for score in e)
        rows.append(sum(math.exp(score) / total * k for score, k in zip(e, items, strict=True)))
    return torch.stack(rows)


def test_equals_the_plain_formula(attention: AdditiveAttention) -> None:
    queries, items = torch.randn(2, 6, 3).double(), torch.randn(2, 7, 4).double()
    seen = attention(queries, items)
    assert seen.shape == (2, 6, 4)
    for row in range(2):
        torch.testing.assert_close(seen[row], plain(attention, queries[row], items[row]))


def test_items_that_are_not_there_are_not_seen(attention: AdditiveAttention) -> None:
    queries, items = torch.randn(2, 6, 3).double(), torch.randn(2, 7, 4).double()
    mask = torch.tensor([[True] * 7, [True] * 3 + [False] * 4])
    items[1, 3:] = torch.nan
    seen = attention(queries, items, mask)
    torch.testing.assert_close(seen[0], plain(attention, queries[0], items[0]))
    torch.testing.assert_close(seen[1], plain(attention, queries[1], items[1, :3]))


def test_the_query_decides_what_is_seen(attention: AdditiveAttention) -> None:
    seen = attention(torch.randn(1, 2, 3).double(), torch.randn(1, 7, 4).double())
    assert not torch.allclose(seen[0, 0], seen[0, 1])


def test_gradients(attention: AdditiveAttention) -> None:
    queries = torch.randn(2, 2, 3, dtype=torch.float64, requires_grad=True)
    items = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)
    mask = torch.tensor([[True, True, True], [True, False, True]])
    assert torch.autograd.gradcheck(lambda q, k: attention(q, k, mask), (queries, items))
