"""Scores against seqeval, and a tagger against a file."""

import json
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner.evaluation.scores import Score, evaluate_tagger, score_tags
from ner.spans import TAGS, TYPES
from ner.taggers import TaggerOutput

pairs = st.lists(
    st.lists(st.tuples(st.sampled_from(TAGS), st.sampled_from(TAGS)), min_size=1, max_size=8), min_size=1, max_size=5
)


@settings(deadline=None)
@given(pairs)
def test_scores_are_seqevals(posts):
    gold, predicted = [[g for g, _ in post] for post in posts], [[p for _, p in post] for post in posts]
    found = score_tags(gold, predicted)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from seqeval.metrics import classification_report
        from seqeval.scheme import IOB2

        lenient = classification_report(gold, predicted, output_dict=True, zero_division=0)
        strict = classification_report(gold, predicted, output_dict=True, zero_division=0, mode="strict", scheme=IOB2)
    for ours, theirs in ((found.lenient, lenient), (found.strict, strict)):
        for kind in TYPES:
            row = theirs.get(kind, {"precision": 0, "recall": 0, "f1-score": 0, "support": 0})
            score = ours.by_type[kind]
            assert (score.precision, score.recall, score.gold) == pytest.approx(
                (row["precision"], row["recall"], row["support"])
            )
        assert ours.overall.f1 == pytest.approx(theirs["micro avg"]["f1-score"])


def test_a_right_span_of_a_wrong_type_counts_as_a_span_only():
    found = score_tags([["B-PER", "I-PER", "O"]], [["B-LOC", "I-LOC", "O"]])
    assert found.lenient.spans_only == Score(1, 1, 1)
    assert found.f1 == 0.0


def test_nothing_to_find():
    assert score_tags([], []).f1 == 0.0
    assert score_tags([["O"]], [["O"]]).lenient.overall == Score(0, 0, 0)


def test_different_lengths_are_refused():
    with pytest.raises(ValueError, match="differ in length"):
        score_tags([["O"]], [["O", "O"]])


class EchoTagger:
    """Finds a place in the first word of a post whose caption says so."""

    name = "echo"
    needs_regions = False

    def tag(self, posts):
        return [TaggerOutput(("B-LOC" if p.caption else "O", *["O"] * (len(p.tokens) - 1)), ()) for p in posts]


def test_a_file_is_tagged_with_its_captions(tmp_path):
    path, captions = tmp_path / "posts.txt", tmp_path / "captions.tsv"
    path.write_text("IMGID:1\nChad\tB-LOC\nis\tO\n\nIMGID:2\nParis\tB-LOC\n", encoding="utf-8")
    captions.write_text("1\ta flag\n", encoding="utf-8")
    heard = []
    alone = evaluate_tagger(EchoTagger(), path)
    found = evaluate_tagger(EchoTagger(), path, captions=captions, progress=lambda *a: heard.append(a))
    assert (alone.f1, found.lenient.by_type["LOC"], found.posts, found.tokens) == (0.0, Score(2, 1, 1), 2, 3)
    assert heard == [("evaluate", 2, 2)]
    assert json.loads(json.dumps(found.to_dict()))["lenient"]["overall"]["recall"] == 0.5
