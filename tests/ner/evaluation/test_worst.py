"""The worst posts: what weighs how much, and in which order."""

import json

from ner.evaluation.mistakes import MISSED, worst_posts
from ner.formats import TaggedPost
from ner.spans import Span
from ner.taggers import ScoredSpan, TaggerOutput


def post(name: str, words: str, tags: str) -> TaggedPost:
    return TaggedPost(name, tuple(words.split()), tuple(tags.split()))


def output(tags: str, *scored: tuple[int, int, str, float]) -> TaggerOutput:
    return TaggerOutput(tuple(tags.split()), tuple(ScoredSpan(*span, ()) for span in scored))


POSTS = [
    post("right", "Chad is", "B-LOC O"),
    post("unsure", "Chad is", "B-LOC O"),
    post("missed", "Chad is", "B-LOC O"),
    post("sure", "Chad is", "B-LOC O"),
    post("both", "Chad Smith in Paris", "B-PER I-PER O B-LOC"),
]
OUTPUTS = [
    output("B-LOC O", (0, 1, "LOC", 0.4)),
    output("B-PER O", (0, 1, "PER", 0.3)),
    output("O O"),
    output("B-PER O", (0, 1, "PER", 0.9)),
    output("B-PER O O O", (0, 1, "PER", 0.6)),
]


def test_sure_mistakes_come_first_and_right_posts_never():
    found = worst_posts(POSTS, OUTPUTS, 10)
    assert [(item.id, round(item.weight, 6)) for item in found] == [
        ("both", 0.6 + MISSED),
        ("sure", 0.9),
        ("missed", MISSED),
        ("unsure", 0.3),
    ]
    assert [item.id for item in worst_posts(POSTS, OUTPUTS, 2)] == ["both", "sure"]


def test_what_stands_in_a_row():
    worst = worst_posts(POSTS, OUTPUTS, 1)[0]
    assert worst.gold == (Span(0, 2, "PER"), Span(3, 4, "LOC"))
    values = json.loads(json.dumps(worst.to_dict()))
    assert values["gold"][0] == {"start": 0, "end": 2, "type": "PER", "text": "Chad Smith"}
    assert values["predicted"] == [{"start": 0, "end": 1, "type": "PER", "text": "Chad", "score": 0.6}]


def test_a_tagger_without_scores_is_taken_to_be_sure_and_ties_keep_their_order():
    outputs = [output("B-PER O")] * 4 + [output("B-PER I-PER O B-LOC")]
    assert [item.id for item in worst_posts(POSTS, outputs, 9)] == ["right", "unsure", "missed", "sure"]
    assert worst_posts(POSTS, outputs, 1)[0].weight == 1.0
