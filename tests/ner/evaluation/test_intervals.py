"""Bootstrap intervals, against plain loops and where the answer is known."""

import random

import numpy as np
import pytest
from made_up_tags import made_up

from ner.evaluation.scores import ALL, PostCounts, count_posts, score_tags
from ner.evaluation.significance import f1_intervals


def test_nothing_but_right_answers_is_surely_right():
    gold = [["B-PER", "O", "B-LOC", "I-LOC"]] * 20
    intervals = f1_intervals(count_posts(gold, gold), samples=50)
    assert {group: (i.low, i.high) for group, i in intervals.items()} == {
        **dict.fromkeys(("all", "PER", "LOC", "span only"), (1.0, 1.0)),
        **dict.fromkeys(("ORG", "OTHER"), (0.0, 0.0)),
    }


def test_posts_that_are_all_alike_leave_nothing_open():
    counts = PostCounts((ALL,), np.array([[[3, 2, 1]]] * 30))
    interval = f1_intervals(counts, samples=200)[ALL]
    assert (interval.low, interval.high) == pytest.approx((0.4, 0.4))


def test_no_posts_at_all():
    interval = f1_intervals(count_posts([], []), samples=10)[ALL]
    assert (interval.low, interval.high) == (0.0, 0.0)


def test_the_interval_is_that_of_drawing_posts_one_by_one():
    gold, predicted = made_up(80, 1)
    source = random.Random(2)
    draws = []
    for _ in range(400):
        chosen = [source.randrange(80) for _ in range(80)]
        draws.append(score_tags([gold[n] for n in chosen], [predicted[n] for n in chosen]).f1)
    interval = f1_intervals(count_posts(gold, predicted), samples=4000)[ALL]
    assert (interval.low, interval.high) == pytest.approx(np.quantile(draws, [0.025, 0.975]), abs=0.012)


def test_the_same_seed_gives_the_same_interval_whatever_the_order_of_the_posts():
    gold, predicted = made_up(60, 3)
    order = random.Random(4).sample(range(60), 60)
    one = f1_intervals(count_posts(gold, predicted), seed=5)
    other = f1_intervals(count_posts([gold[n] for n in order], [predicted[n] for n in order]), seed=5)
    assert one == other
    assert one != f1_intervals(count_posts(gold, predicted), seed=6)


def test_more_posts_make_it_narrower():
    widths = []
    for posts in (50, 800):
        interval = f1_intervals(count_posts(*made_up(posts, 7)))[ALL]
        widths.append(interval.high - interval.low)
    assert widths[1] < widths[0] / 2
