"""Multi-dimensional self-attention against Chen et al. 2021, equations 3-5, written out pair by pair."""

import math

import pytest
import torch
from torch import Tensor

from ner.fusion.multi_dimensional import MultiDimensionalScores, attended, visible_pairs

B, N, M, D = 2, 4, 6, 3
ACT = {
    "tanh": math.tanh,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "relu": lambda x: max(x, 0.0),
}


@pytest.fixture
def keys() -> Tensor:
    torch.manual_seed(5)
    return torch.randn(B, M, D).double()


def plain_scores(layer: MultiDimensionalScores, x: Tensor, q: Tensor) -> list[float]:
    """Equation 3 for one key and one query."""
    w_x, w_q, w_t = (part.weight.detach() for part in (layer.from_key, layer.from_query, layer.to_score))
    hidden = [
        ACT[layer.activation](sum(float(w_x[d, e] * x[e] + w_q[d, e] * q[e]) for e in range(D))) for d in range(D)
    ]
    return [sum(float(w_t[k, d]) * hidden[d] for d in range(D)) for k in range(D)]


def plain_context(scores: Tensor, keys: Tensor, seen: list[int]) -> list[float]:
    """Equations 4 and 5 for one query: ``scores`` and ``keys`` (M, D), over some keys."""
    context = []
    for k in range(D):
        total = sum(math.exp(float(scores[i, k])) for i in seen)
        context.append(sum(math.exp(float(scores[i, k])) / total * float(keys[i, k]) for i in seen))
    return context


@pytest.mark.parametrize("activation", sorted(ACT))
def test_scores_equal_equation_3(activation: str, keys: Tensor) -> None:
    layer = MultiDimensionalScores(D, activation=activation).double()
    scores = layer(keys[:, :N], keys)
    assert scores.shape == (B, N, M, D)
    for b in range(B):
        for n in range(N):
            for m in range(M):
                expected = plain_scores(layer, keys[b, m], keys[b, n])
                assert scores[b, n, m].tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("direction", "seen"),
    [
        ("all", lambda n: [0, 1, 2, 4]),  # key 3 is padding of the text, key 5 of what stands beside it
        ("forward", lambda n: [m for m in (0, 1, 2) if m < n] + [4]),
        ("backward", lambda n: [m for m in (0, 1, 2) if m > n] + [4]),
    ],
)
def test_contexts_equal_equations_4_and_5_over_the_keys_that_are_seen(
    direction: str, seen: object, keys: Tensor
) -> None:
    scores = torch.randn(B, N, M, D).double()
    key_mask = torch.tensor([[True, True, True, False, True, False]] * B)
    visible = visible_pairs(key_mask[:, :N], key_mask, direction)
    contexts = attended(scores, keys, visible)
    assert contexts.shape == (B, N, D)
    for b in range(B):
        for n in range(3):
            expected = plain_context(scores[b, n], keys[b], seen(n))  # type: ignore[operator]
            assert contexts[b, n].tolist() == pytest.approx(expected)
        assert contexts[b, 3].tolist() == [0.0] * D  # a query in padding sees nothing


def test_the_first_word_has_nothing_before_it(keys: Tensor) -> None:
    mask = torch.ones(B, M, dtype=torch.bool)
    visible = visible_pairs(mask, mask, "forward")
    scores = torch.randn(B, M, M, D, dtype=torch.float64, requires_grad=True)
    contexts = attended(scores, keys, visible)
    assert bool((contexts[:, 0] == 0).all())
    assert contexts[:, 1].tolist() == keys[:, 0].tolist()
    contexts.sum().backward()
    assert scores.grad is not None
    assert bool(scores.grad.isfinite().all())


def test_padding_changes_nothing(keys: Tensor) -> None:
    layer = MultiDimensionalScores(D).double()
    mask = torch.ones(B, M, dtype=torch.bool)
    mask[1, 4:] = False
    keys[1, 4:] = torch.nan
    beside = attended(layer(keys, keys), keys, visible_pairs(mask, mask))
    short = keys[1:, :4]
    alone = attended(layer(short, short), short, visible_pairs(mask[1:, :4], mask[1:, :4]))
    torch.testing.assert_close(beside[1, :4], alone[0])
    assert bool((beside[1, 4:] == 0).all())


def test_gradients() -> None:
    torch.manual_seed(6)
    layer = MultiDimensionalScores(2).double()
    keys = torch.randn(2, 3, 2, dtype=torch.float64, requires_grad=True)
    mask = torch.tensor([[True, True, True], [True, True, False]])

    def contexts(keys: Tensor, direction: str) -> Tensor:
        return attended(layer(keys, keys), keys, visible_pairs(mask, mask, direction))

    for direction in ("all", "forward"):
        assert torch.autograd.gradcheck(lambda keys, d=direction: contexts(keys, d), (keys,))
