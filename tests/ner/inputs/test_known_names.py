"""What known names tell of each word."""

import math

import pytest
import torch

from ner import KnownName, TaggerInput
from ner.inputs.known_names import NAME_FEATURES, name_features, near_name_scores
from ner.spans import TAGS

HEAT = KnownName(1, 3, (("LOC", 0.25), ("ORG", 0.75)), weight=0.85, prior=math.expm1(math.log1p(1e6) / 2), nearness=0.5)


def test_a_post_without_known_names_has_zeros() -> None:
    assert name_features(TaggerInput(("Go", "Miami"))) == [[0.0] * NAME_FEATURES] * 2


def test_first_and_later_tokens_of_a_name_are_told_apart() -> None:
    before, first, second, after = name_features(TaggerInput(("Go", "Miami", "Heat", "!"), known_names=(HEAT,)))
    assert before == after == [0.0] * NAME_FEATURES
    shares = [0.0, 0.25, 0.75, 0.0, 1.0]  # PER, LOC, ORG, OTHER, and that there is a name
    about = pytest.approx([0.0, 0.85, 1.0, 0.5, 0.5, 0.0])
    assert first[:5] == shares
    assert first[5:10] == [0.0] * 5
    assert second[:5] == [0.0] * 5
    assert second[5:10] == shares
    assert first[10:] == about
    assert second[10:] == about


def test_a_single_token_that_nobody_links_to() -> None:
    row = name_features(TaggerInput(("Heat",), known_names=(KnownName(0, 1, (), same_case=True),)))[0]
    assert row == [0.0, 0.0, 0.0, 0.0, 1.0, *[0.0] * 5, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0]


def test_every_number_stays_within_0_and_1() -> None:
    name = KnownName(0, 1, (("PER", 1.0),), prior=1e12, nearness=1.0, same_case=True)
    assert all(0.0 <= value <= 1.0 for value in name_features(TaggerInput(("Bo",), known_names=(name,)))[0])


def test_scores_of_near_names_are_share_times_weight_times_nearness() -> None:
    far = KnownName(3, 4, (("LOC", 1.0),))
    features = torch.tensor(name_features(TaggerInput(("Go", "Miami", "Heat", "Rome"), known_names=(HEAT, far))))
    scores = near_name_scores(features[None])[0]
    near = 0.85 * 0.5
    expected = torch.zeros(4, len(TAGS))
    for row, prefix in ((1, "B-"), (2, "I-")):
        expected[row, TAGS.index(prefix + "LOC")] = 0.25 * near
        expected[row, TAGS.index(prefix + "ORG")] = 0.75 * near
    torch.testing.assert_close(scores, expected)
