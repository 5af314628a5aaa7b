"""The tagger of Chen et al. 2021, against its equations written out, and posts that lack knowledge or attributes."""

import math
from dataclasses import replace

import pytest
import torch

from ner.encoders.words import WordSizes
from ner.inputs.word_shapes import WORD_LETTERS
from ner.inputs.words import WordBatch, WordTensors
from ner.networks.knowledge_attention import AttributeVector, KnowledgeAttention, KnowledgeAttentionOptions

SIZES = WordSizes(vector_width=3, words=6, region_width=4)
K, R, D, A = 9, 3, 5, 3
NAMES = ("vectors", "ids", "letters", "speech", "mask")


def network(sizes=SIZES, **options):
    torch.manual_seed(0)
    return KnowledgeAttention(KnowledgeAttentionOptions(letter_width=2, **options), sizes).eval()


def words(lengths, width):
    return WordTensors(
        torch.randn(len(lengths), width, SIZES.vector_width),
        torch.randint(2, SIZES.words, (len(lengths), width)),
        torch.randint(1, 20, (len(lengths), width, WORD_LETTERS)),
        torch.randint(1, 11, (len(lengths), width)),
        torch.arange(width) < torch.tensor(lengths)[:, None],
    )


def batch_of(text, knowledge, attributes, has_regions):
    """Posts of so many words and so on, with garbage in all padding and in the regions of those without a picture."""
    torch.manual_seed(1)
    b = len(text)
    has_regions = torch.tensor(has_regions)
    there = torch.arange(A) < torch.tensor(attributes)[:, None]
    return WordBatch(
        words(text, max(text)),
        words(knowledge, max(knowledge)),
        torch.randn(b, A, SIZES.vector_width).masked_fill(~there[..., None], torch.nan),
        (torch.rand(b, A) + 0.1).masked_fill(~there, 0.0),
        torch.randn(b, R, SIZES.region_width).masked_fill(~has_regions[:, None, None], torch.nan),
        has_regions,
    )


def cut(tensors, row, length):
    return WordTensors(*(getattr(tensors, name)[row : row + 1, :length] for name in NAMES))


def alone(batch, row):
    """One post of a batch, with nothing of the padding, and no place for what it does not have."""
    attributes = int((batch.attribute_weights[row] > 0).sum())
    return WordBatch(
        cut(batch.text, row, int(batch.mask[row].sum())),
        cut(batch.knowledge, row, int(batch.knowledge.mask[row].sum())),
        batch.attributes[row : row + 1, :attributes],
        batch.attribute_weights[row : row + 1, :attributes],
        batch.regions[row : row + 1] if batch.has_regions[row] else torch.zeros(1, 0, 0),
        batch.has_regions[row : row + 1],
    )


ALL = ([3, 2, 4, 2], [2, 0, 3, 1], [2, 3, 0, 0], [True, False, False, True])


def test_a_post_does_not_depend_on_its_neighbours():
    net = network()
    batch = batch_of(*ALL)
    found = net.emissions(batch)
    assert found.shape == (4, 4, K)
    for row, length in enumerate(ALL[0]):
        own = net.emissions(alone(batch, row))[0]
        torch.testing.assert_close(found[row, :length], own, rtol=0, atol=1e-5)


def sigma(x):
    return 1 / (1 + math.exp(-x))


def dot(layer, vector):
    bias = layer.bias.tolist() if layer.bias is not None else [0.0] * layer.out_features
    return [
        sum(w * x for w, x in zip(row, vector, strict=True)) + b
        for row, b in zip(layer.weight.tolist(), bias, strict=True)
    ]


def gated(gate, context, own):
    scores = zip(dot(gate.from_context, context), dot(gate.from_own, own), strict=True)
    return [sigma(s + t) * c + (1 - sigma(s + t)) * o for (s, t), c, o in zip(scores, context, own, strict=True)]


def weighted(scores, items):
    """A softmax over items for each dimension, and the sum of the items by it."""
    found = []
    for d in range(D):
        total = sum(math.exp(score[d]) for score in scores)
        found.append(sum(math.exp(score[d]) / total * item[d] for score, item in zip(scores, items, strict=True)))
    return found


def tanh_of(*parts):
    return [math.tanh(sum(values)) for values in zip(*parts, strict=True)]


def plain(net, x, keys, regions):
    """Equations 6 to 14 for one post, as lists: ``O`` of every word."""
    part = net.attentions[0]
    look = part.visual.attention
    seen = [[max(value, 0.0) for value in dot(look.project, region)] for region in regions]
    found = []
    for q in x:
        scores = []
        for w in keys:
            hidden = tanh_of(dot(part.scores.from_key, w), dot(part.scores.from_query, q))
            a_s = dot(part.scores.to_score, hidden)  # equations 3 and 6
            a_v = [
                dot(look.to_score, tanh_of(dot(look.from_score, a_s), dot(look.from_region, i))) for i in seen
            ]  # equation 7
            c_v = weighted(a_v, seen)  # equations 8 and 9
            scores.append(gated(part.visual.gate, c_v, a_s))  # equations 10 and 11
        found.append(gated(part.gate, weighted(scores, keys), q))  # equations 12 to 14
    return found


def test_equals_equations_6_to_14():
    net = network().double()
    batch = alone(batch_of(*ALL), 0)
    batch = replace(batch, attributes=batch.attributes.double(), regions=batch.regions.double())
    batch = replace(batch, text=replace(batch.text, vectors=batch.text.vectors.double()))
    batch = replace(batch, knowledge=replace(batch.knowledge, vectors=batch.knowledge.vectors.double()))
    x, knowledge = net.encoder(batch.text)[0].tolist(), net.encoder(batch.knowledge)[0].tolist()
    weights = batch.attribute_weights[0].tolist()
    labels = batch.attributes[0].tolist()
    average = [sum(p * label[e] for p, label in zip(weights, labels, strict=True)) / sum(weights) for e in range(3)]
    attribute = dot(net.attribute_vector.second, tanh_of(dot(net.attribute_vector.first, average)))
    keys = [*x, *knowledge, attribute]
    assert len(keys) == 3 + 2 + 1
    expected = plain(net, x, keys, batch.regions[0].tolist())
    found = net.words(batch)[0].tolist()
    for word, other in zip(found, expected, strict=True):
        assert word == pytest.approx(other, rel=1e-6)


@pytest.mark.parametrize("part", ["knowledge", "attributes"])
def test_knowledge_and_attributes_count_where_they_are_and_not_where_they_are_left_out(part):
    batch = batch_of([3, 2], [2, 2], [2, 2], [False, False])
    if part == "knowledge":
        nothing = torch.zeros_like(batch.knowledge.mask)
        without = replace(batch, knowledge=replace(batch.knowledge, mask=nothing))
    else:
        without = replace(batch, attribute_weights=torch.zeros(2, A))
    net, blind = network(), network(**{part: False})
    assert not torch.allclose(net.emissions(batch), net.emissions(without), atol=1e-6)
    assert torch.equal(blind.emissions(batch), blind.emissions(without))


def test_attributes_without_any_weight_have_no_vector():
    layers = AttributeVector(3, D)
    vector, there = layers(torch.full((2, A, 3), torch.nan), torch.zeros(2, A))
    assert there.tolist() == [False, False]
    assert not vector.any()
    none, there = layers(torch.zeros(2, 0, 3), torch.zeros(2, 0))
    assert there.tolist() == [False, False]
    assert not none.any()


def test_gradients_of_the_attribute_vector():
    layers = AttributeVector(3, D).double()
    attributes = torch.randn(2, A, 3, dtype=torch.float64, requires_grad=True)
    weights = torch.tensor([[0.5, 0.2, 0.0], [0.0, 0.0, 0.0]], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda attributes: layers(attributes, weights)[0], (attributes,))


@pytest.mark.parametrize("directions", ["all", "forward-backward"])
def test_the_loss_reaches_every_parameter(directions):
    net = network(directions=directions)
    loss = net.loss(batch_of(*ALL), torch.randint(0, K, (4, 4)))
    loss.backward()
    assert torch.isfinite(loss)
    assert [name for name, p in net.own_state().items() if p.grad is None or not p.grad.isfinite().all()] == []
    assert [name for name, p in net.own_state().items() if not p.grad.any()] == []
