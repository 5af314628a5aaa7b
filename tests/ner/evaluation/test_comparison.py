"""Paired tests: by hand, by every exchange there is, and where the answer is known."""

import itertools
import json

import numpy as np
import pytest
from made_up_tags import made_up

from ner.evaluation.scores import ALL, PostCounts, count_posts, f1_of
from ner.evaluation.significance import compare_counts


def counts(rows):
    return PostCounts((ALL,), np.array(rows, dtype=np.int64).reshape(-1, 1, 3))


def exact_p(first, second):
    """The share of all 2^N exchanges whose difference is at least the one seen."""
    first, second = np.array(first, dtype=float), np.array(second, dtype=float)
    seen = abs(f1_of(first.sum(0)) - f1_of(second.sum(0)))
    differences = []
    for swaps in itertools.product([False, True], repeat=len(first)):
        swap = np.array(swaps)[:, None]
        one, other = np.where(swap, second, first).sum(0), np.where(swap, first, second).sum(0)
        differences.append(abs(f1_of(one) - f1_of(other)) >= seen - 1e-12)
    return np.mean(differences)


def test_a_tagger_is_as_good_as_itself():
    gold, predicted = made_up(40, 1)
    same = count_posts(gold, predicted)
    for found in compare_counts(same, same, trials=200, samples=100).values():
        assert (found.difference, found.p_value, found.bootstrap_p) == (0.0, 1.0, 1.0)
        assert (found.interval.low, found.interval.high) == (0.0, 0.0)


def test_a_much_better_tagger_is_better():
    gold, good = made_up(200, 2, right=0.95)
    bad = [["O"] * len(tags) if number % 3 else tags for number, tags in enumerate(good)]
    found = compare_counts(count_posts(gold, good), count_posts(gold, bad), trials=999)[ALL]
    assert (found.p_value, found.difference > 0.1, found.interval.low > 0) == (pytest.approx(0.001), True, True)
    assert found.bootstrap_p < 0.01
    turned = compare_counts(count_posts(gold, bad), count_posts(gold, good), trials=999)[ALL]
    assert (turned.difference, turned.p_value) == (-found.difference, pytest.approx(0.001))


def test_worked_by_hand():
    """Three posts of one entity; one tagger finds all, the other none: 2 of the 8 exchanges differ as much."""
    first, second = [[1, 1, 1]] * 3, [[1, 0, 0]] * 3
    assert exact_p(first, second) == 0.25
    found = compare_counts(counts(first), counts(second), trials=40_000)[ALL]
    assert (found.f1, found.other_f1, found.difference) == (1.0, 0.0, 1.0)
    assert found.p_value == pytest.approx(0.25, abs=0.01)
    assert (found.interval.low, found.interval.high) == (1.0, 1.0)


def test_randomisation_is_that_of_every_exchange():
    source = np.random.default_rng(3)
    gold = source.integers(0, 3, 9)
    first = [(g, g + 1, source.integers(0, g + 1)) for g in gold]
    second = [(g, p := source.integers(0, g + 2), min(g, p, source.integers(0, 3))) for g in gold]
    found = compare_counts(counts(first), counts(second), trials=40_000)[ALL]
    assert found.p_value == pytest.approx(exact_p(first, second), abs=0.01)


def test_the_interval_is_that_of_drawing_posts_one_by_one():
    gold, one = made_up(60, 4)
    other = [tags if number % 4 else ["O"] * len(tags) for number, tags in enumerate(one)]
    first, second = count_posts(gold, one), count_posts(gold, other)
    source = np.random.default_rng(5)
    drawn = source.integers(0, 60, (3000, 60))
    differences = f1_of(first.values[drawn, 0].sum(1)) - f1_of(second.values[drawn, 0].sum(1))
    found = compare_counts(first, second, trials=10, samples=3000)[ALL]
    assert (found.interval.low, found.interval.high) == pytest.approx(
        np.quantile(differences, [0.025, 0.975]), abs=0.01
    )


def test_the_order_of_the_posts_does_not_matter():
    gold, one = made_up(30, 6)
    other = [["O"] * len(tags) for tags in gold[:5]] + one[5:]
    found = [
        compare_counts(count_posts(gold[::step], one[::step]), count_posts(gold[::step], other[::step]), trials=500)
        for step in (1, -1)
    ]
    assert found[0] == found[1]
    assert json.loads(json.dumps(found[0][ALL].to_dict()))["p_value"] == found[0][ALL].p_value


def test_other_posts_are_refused():
    with pytest.raises(ValueError, match="same posts"):
        compare_counts(counts([[1, 1, 1]]), counts([[1, 1, 1]] * 2))
    with pytest.raises(ValueError, match="same posts"):
        compare_counts(counts([[1, 1, 1]]), counts([[2, 1, 1]]))
