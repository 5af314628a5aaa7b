"""Coherence: what candidates are to each other, and mentions decided together."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linker.coherence import decide_together, relate
from linker.ranker import softmax

numbers = st.floats(-3, 3)


def count_every_choice(own, pairs):
    """The slow, plain way: every choice for all mentions, by its score."""
    total, shares = 0.0, [np.zeros(len(scores)) for scores in own]
    for choice in itertools.product(*(range(len(scores)) for scores in own)):
        score = sum(scores[place] for scores, place in zip(own, choice, strict=True))
        score += sum(table[choice[one], choice[other]] for (one, other), table in pairs.items())
        total += math.exp(score)
        for share, place in zip(shares, choice, strict=True):
            share[place] += math.exp(score)
    return [share / total for share in shares]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_few_mentions_are_decided_by_every_choice(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    own = [np.array(data.draw(st.lists(numbers, min_size=size, max_size=size))) for size in sizes]
    pairs = {}
    for one, other in itertools.combinations(range(len(sizes)), 2):
        if data.draw(st.booleans()):
            cells = data.draw(st.lists(numbers, min_size=sizes[one] * sizes[other], max_size=sizes[one] * sizes[other]))
            pairs[one, other] = np.array(cells).reshape(sizes[one], sizes[other])
    for found, right in zip(decide_together(own, pairs), count_every_choice(own, pairs), strict=True):
        assert found == pytest.approx(right, abs=1e-9)


def test_many_mentions_end_in_probabilities_that_agree_with_each_other() -> None:
    own = [np.array([0.5, 0.4, 0.0]) for _ in range(12)]
    table = np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    pairs = dict.fromkeys(itertools.combinations(range(12), 2), table)
    told = decide_together(own, pairs)
    assert all(probabilities.sum() == pytest.approx(1) for probabilities in told)
    assert all(probabilities.argmax() == 1 for probabilities in told)
    assert [p.tolist() for p in decide_together(own, pairs)] == [p.tolist() for p in told]


def test_a_mention_that_nothing_ties_keeps_its_own_probabilities() -> None:
    own = [np.array([1.0, 0.0]), np.array([0.3, 0.1]), np.array([0.2, 0.9])]
    told = decide_together(own, {(0, 2): np.array([[0.0, 0.0], [2.0, 0.0]])})
    assert told[1] == pytest.approx(softmax(own[1]))
    assert told[0] != pytest.approx(softmax(own[0]))


def relatedness(one, other, around, degrees):
    """What two entities are to each other, the slow, plain way: the same, one hop apart, and what they share."""
    if one == other:
        return 1.0, 0.0, 0.0
    if other in around[one] or one in around[other]:
        return 0.0, 1.0, 0.0
    shared = around[one] & around[other]
    return 0.0, 0.0, max((1 / math.log2(2 + degrees[node]) for node in shared), default=0.0)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 8), min_size=1, max_size=4, unique=True), min_size=2, max_size=3),
    st.dictionaries(st.integers(0, 8), st.frozensets(st.integers(0, 12), max_size=4)),
)
def test_pairs_are_what_relatedness_says(rows: list[list[int]], given: dict[int, frozenset[int]]) -> None:
    around = {entity: given.get(entity, frozenset()) for entity in range(9)}
    degrees = {node: 3 * node for node in range(13)}
    weights = np.array([1.0, 2.0, 3.0])
    pairs = relate(rows, around, degrees.__getitem__, weights)
    for one, other in itertools.combinations(range(len(rows)), 2):
        right = np.zeros((len(rows[one]) + 1, len(rows[other]) + 1))
        for i, left in enumerate(rows[one]):
            for j, entity in enumerate(rows[other]):
                right[i, j] = np.dot(weights, relatedness(left, entity, around, degrees))
        assert pairs.get((one, other), np.zeros_like(right)) == pytest.approx(right)
