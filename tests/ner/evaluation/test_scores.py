"""Scores against seqeval, and by hand."""

import json
import random
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_tags import PAIRS, unzipped

from ner.errors import TagError
from ner.evaluation.scores import ALL, SPANS_ONLY, Score, count_posts, score_tags
from ner.spans import TYPES, spans_from_tags


def seqeval_reports(gold, predicted):
    """seqeval's own tables, by its two readings of the tags."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from seqeval.metrics import classification_report
        from seqeval.scheme import IOB2

        common = {"output_dict": True, "zero_division": 0}
        return (
            classification_report(gold, predicted, **common),
            classification_report(gold, predicted, **common, mode="strict", scheme=IOB2),
        )


@settings(deadline=None, max_examples=200)
@given(PAIRS)
def test_scores_are_seqevals(posts):
    gold, predicted = unzipped(posts)
    found = score_tags(gold, predicted)
    for ours, theirs in zip((found.lenient, found.strict), seqeval_reports(gold, predicted), strict=True):
        rows = [*((ours.by_type[kind], theirs.get(kind)) for kind in TYPES), (ours.overall, theirs["micro avg"])]
        for score, row in rows:
            row = row or {"precision": 0, "recall": 0, "f1-score": 0, "support": 0}
            assert (score.precision, score.recall, score.f1, score.gold) == pytest.approx(
                (row["precision"], row["recall"], row["f1-score"], row["support"])
            )


@pytest.mark.parametrize(
    ("tags", "lenient", "strict"),
    [
        ("I-PER I-PER O", 1, 0),
        ("B-PER I-LOC O", 2, 1),
        ("B-PER O I-PER", 2, 1),
        ("B-PER I-PER B-PER", 2, 2),
        ("B-PER I-LOC I-LOC B-LOC I-LOC", 3, 2),
    ],
)
def test_an_orphan_opens_an_entity_by_the_lenient_reading_only(tags, lenient, strict):
    gold = [tags.split()]
    found = score_tags(gold, gold)
    assert (found.lenient.overall.gold, found.strict.overall.gold) == (lenient, strict)
    reports = seqeval_reports(gold, gold)
    assert tuple(report["micro avg"]["support"] for report in reports) == (lenient, strict)


@settings(deadline=None)
@given(PAIRS, st.integers(0, 9))
def test_the_order_of_the_posts_does_not_matter(posts, seed):
    shuffled = random.Random(seed).sample(posts, len(posts))
    assert score_tags(*unzipped(posts)) == score_tags(*unzipped(shuffled))


@settings(deadline=None)
@given(PAIRS)
def test_counts_are_those_of_plain_sets(posts):
    gold, predicted = unzipped(posts)
    counts = count_posts(gold, predicted)
    wanted = {(n, s.start, s.end, s.type) for n, tags in enumerate(gold) for s in spans_from_tags(tags)}
    found = {(n, s.start, s.end, s.type) for n, tags in enumerate(predicted) for s in spans_from_tags(tags)}
    totals = counts.totals()
    assert totals[ALL] == (len(wanted), len(found), len(wanted & found))
    assert totals[SPANS_ONLY][2] == len({e[:3] for e in wanted} & {e[:3] for e in found})
    assert counts.values.shape == (len(posts), len(TYPES) + 2, 3)


def test_a_right_span_of_a_wrong_type_counts_as_a_span_only():
    found = score_tags([["B-PER", "I-PER", "O"]], [["B-LOC", "I-LOC", "O"]])
    assert found.lenient.spans_only == Score(1, 1, 1)
    assert found.f1 == 0.0


def test_a_type_of_another_set_has_a_row_of_its_own():
    found = score_tags([["B-PLANET", "B-PER"]], [["B-PLANET", "O"]])
    assert list(found.lenient.by_type) == ["PER", "PLANET"]
    assert found.lenient.by_type["PLANET"] == Score(1, 1, 1)


def test_nothing_to_find():
    assert score_tags([], []).f1 == 0.0
    assert score_tags([["O"]], [["O"]]).lenient.overall == Score(0, 0, 0)


def test_different_lengths_and_odd_tags_are_refused():
    with pytest.raises(ValueError, match="differ in length"):
        score_tags([["O"]], [["O", "O"]])
    with pytest.raises(TagError, match="'X'"):
        score_tags([["O"]], [["X"]])


def test_everything_can_be_written_as_json():
    found = score_tags([["B-PER", "B-LOC"]], [["B-PER", "O"]])
    values = json.loads(json.dumps(found.to_dict()))
    assert values["lenient"]["overall"] == {
        "gold": 2, "predicted": 1, "correct": 1, "precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3)
    }  # fmt: skip
