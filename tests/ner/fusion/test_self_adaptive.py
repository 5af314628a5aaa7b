"""The integration against its equations, word by word."""

import math

import pytest
import torch

from ner.fusion.hierarchical_attention import SelfAdaptiveIntegration


@pytest.fixture
def integration():
    torch.manual_seed(0)
    return SelfAdaptiveIntegration(4).double()


def random_features(*, requires_grad=False):
    return (torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=requires_grad) for _ in range(2))


def integrated_by_loops(integration, h, f):
    w, b = integration.text.weight[0].tolist(), integration.text.bias.tolist()[0]
    u = integration.fused.weight[0].tolist()
    gamma = 1 / (1 + math.exp(-(sum(w[i] * h[i] + u[i] * f[i] for i in range(len(h))) + b)))
    return gamma, [gamma * h[i] + (1 - gamma) * f[i] for i in range(len(h))]


def test_it_is_equations_17_and_18(integration):
    h, f = random_features()
    found = [[integrated_by_loops(integration, h[b, t].tolist(), f[b, t].tolist()) for t in range(3)] for b in range(2)]
    gamma = torch.tensor([[word[0] for word in post] for post in found], dtype=torch.float64)
    expected = torch.tensor([[word[1] for word in post] for post in found], dtype=torch.float64)
    torch.testing.assert_close(integration.text_shares(h, f), gamma)
    torch.testing.assert_close(integration(h, f), expected)


def test_equal_features_come_out_as_they_are(integration):
    h, _ = random_features()
    assert torch.equal(integration(h.float().double(), h.float().double()), h.float().double())
    integration.float()
    assert torch.equal(integration(h.float(), h.float()), h.float())


def test_a_word_is_alone(integration):
    h, f = random_features()
    other_h, other_f = h.clone(), f.clone()
    other_h[1, 2], other_f[0, 1] = 1e3, -1e3
    before, after = integration(h, f), integration(other_h, other_f)
    kept = torch.ones(2, 3, dtype=torch.bool)
    kept[1, 2] = kept[0, 1] = False
    assert torch.equal(before[kept], after[kept])
    assert not torch.equal(before[~kept], after[~kept])


def test_its_gradient_is_right(integration):
    h, f = random_features(requires_grad=True)
    assert torch.autograd.gradcheck(integration, (h, f))
