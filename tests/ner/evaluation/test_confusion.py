"""Confusion: a worked example, and that every entity is counted once."""

import json

from hypothesis import given, settings
from made_up_tags import PAIRS, unzipped

from ner.evaluation.mistakes import confusion_of_tags
from ner.evaluation.scores import score_tags


def test_worked_by_hand():
    gold = [["B-PER", "I-PER", "O", "B-LOC", "O", "B-ORG", "O"], ["B-LOC", "O"]]
    found = [["B-PER", "O", "O", "B-ORG", "O", "O", "B-OTHER"], ["B-LOC", "O"]]
    confusion = confusion_of_tags(gold, found)
    exact = {(g, p): n for g, row in confusion.exact.items() for p, n in row.items() if n}
    assert exact == {("LOC", "ORG"): 1, ("LOC", "LOC"): 1}
    rest = [confusion.wrong_bounds, confusion.missed, confusion.wrongly_bounded, confusion.spurious]
    nonzero = [{kind: n for kind, n in counts.items() if n} for counts in rest]
    assert nonzero == [{"PER": 1}, {"ORG": 1}, {"PER": 1}, {"OTHER": 1}]
    assert json.loads(json.dumps(confusion.to_dict()))["exact"]["LOC"]["ORG"] == 1


@settings(deadline=None)
@given(PAIRS)
def test_every_entity_is_counted_once(posts):
    gold, predicted = unzipped(posts)
    for strict in (False, True):
        confusion = confusion_of_tags(gold, predicted, strict=strict)
        scores = score_tags(gold, predicted)
        chunking = scores.strict if strict else scores.lenient
        for kind in confusion.types:
            row = sum(confusion.exact[kind].values()) + confusion.wrong_bounds[kind] + confusion.missed[kind]
            column = sum(r[kind] for r in confusion.exact.values())
            column += confusion.wrongly_bounded[kind] + confusion.spurious[kind]
            score = chunking.by_type[kind]
            assert (row, column, confusion.exact[kind][kind]) == (score.gold, score.predicted, score.correct)
        assert sum(sum(row.values()) for row in confusion.exact.values()) == chunking.spans_only.correct
