"""The highway layer against its equation, number by number."""

import math

import pytest
import torch

from ner.encoders.words import Highway


@pytest.fixture
def highway():
    torch.manual_seed(0)
    return Highway(5).double()


def highway_by_loops(highway, x):
    w, b = highway.transform.weight.tolist(), highway.transform.bias.tolist()
    w_t, b_t = highway.gate.weight.tolist(), highway.gate.bias.tolist()
    y = []
    for i in range(len(x)):
        transformed = max(0.0, sum(w[i][j] * x[j] for j in range(len(x))) + b[i])
        t = 1 / (1 + math.exp(-(sum(w_t[i][j] * x[j] for j in range(len(x))) + b_t[i])))
        y.append(math.tanh(t * transformed + (1 - t) * x[i]))
    return y


def test_it_is_the_equation(highway):
    x = torch.randn(2, 3, 5, dtype=torch.float64)
    expected = [[highway_by_loops(highway, word) for word in post] for post in x.tolist()]
    torch.testing.assert_close(highway(x), torch.tensor(expected, dtype=torch.float64))


def test_it_starts_by_carrying_its_input_on(highway):
    x = torch.randn(4, 5, dtype=torch.float64)
    with torch.no_grad():
        highway.gate.weight.zero_()
        highway.transform.weight.zero_()
        highway.transform.bias.zero_()
    carried = 1 - 1 / (1 + math.exp(2.0))
    torch.testing.assert_close(highway(x), torch.tanh(carried * x))


def test_a_word_is_alone(highway):
    x = torch.randn(2, 3, 5, dtype=torch.float64)
    changed = x.clone()
    changed[1, 2] = 1e3
    torch.testing.assert_close(highway(changed)[0], highway(x)[0], rtol=0, atol=0)
    torch.testing.assert_close(highway(changed)[1, :2], highway(x)[1, :2], rtol=0, atol=0)


def test_its_gradient_is_right(highway):
    x = torch.randn(2, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(highway, (x,))
