"""The head without a chain, against logarithms of shares that are added up word by word."""

import math

import numpy as np
import pytest
import torch

from ner.heads.chain import best_tags, lattice, score_span
from ner.heads.crf import SoftmaxHead
from ner.spans import TAGS, TYPES, Span, spans_from_tags


def word_loss(scores: list[float], tag: int) -> float:
    return math.log(sum(math.exp(score) for score in scores)) - scores[tag]


def test_the_loss_is_the_mean_over_words_and_padding_is_none():
    torch.manual_seed(0)
    head = SoftmaxHead(4).double()
    emissions = torch.randn(2, 3, len(TAGS), dtype=torch.float64)
    tags, mask = torch.tensor([[1, 2, 0], [5, 0, 0]]), torch.tensor([[True] * 3, [True, False, False]])
    emissions[1, 1:], tags[1, 1:] = torch.nan, -100
    first = [word_loss(emissions[0, at].tolist(), int(tags[0, at])) for at in range(3)]
    second = word_loss(emissions[1, 0].tolist(), 5)
    assert head.loss(emissions, tags, mask).item() == pytest.approx((sum(first) + second) / 4)
    weight = torch.tensor([1.0, 0.5], dtype=torch.float64)
    assert head.loss(emissions, tags, mask, weight).item() == pytest.approx((sum(first) + 0.5 * second) / 4)


def test_gradients_are_the_loss_s_own():
    torch.manual_seed(1)
    head = SoftmaxHead(3, TAGS[:4]).double()
    words = torch.randn(2, 2, 3, dtype=torch.float64, requires_grad=True)
    tags, mask = torch.tensor([[1, 3], [2, 0]]), torch.tensor([[True, True], [True, False]])
    assert torch.autograd.gradcheck(lambda words: head.loss(head(words), tags, mask), (words,))


def test_best_tags_are_each_word_s_best_whatever_bio_says():
    emissions = np.random.default_rng(0).normal(size=(30, len(TAGS)))
    emissions[4, TAGS.index("I-LOC")] = emissions[0, TAGS.index("I-ORG")] = 9.0
    emissions[3, TAGS.index("O")] = 9.0
    tags = best_tags(SoftmaxHead(4).chain(), emissions)
    assert tags == tuple(TAGS[number] for number in emissions.argmax(axis=1))
    assert tags[0] == "I-ORG"
    assert tags[3:5] == ("O", "I-LOC")


def test_an_entity_without_its_first_tag_has_the_probability_of_its_words():
    """Words are independent here, so a span's probability is a product: opened, gone on with, not gone on with."""
    emissions = np.random.default_rng(1).normal(size=(4, len(TAGS)))
    emissions[1, TAGS.index("I-LOC")] = emissions[2, TAGS.index("I-LOC")] = emissions[0, 0] = 5.0
    shares = np.exp(emissions) / np.exp(emissions).sum(axis=1, keepdims=True)
    begin, inside = TAGS.index("B-LOC"), TAGS.index("I-LOC")
    chain = SoftmaxHead(4).chain()
    assert Span(1, 3, "LOC") in spans_from_tags(best_tags(chain, emissions))
    orphan = (1 - shares[0, begin] - shares[0, inside]) * shares[1, inside]
    expected = (shares[1, begin] + orphan) * shares[2, inside] * (1 - shares[3, inside])
    probability, given = score_span(lattice(chain, emissions), Span(1, 3, "LOC"))
    assert probability == pytest.approx(expected)
    assert max(given) == given[TYPES.index("LOC")]
