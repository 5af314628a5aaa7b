"""The parts of a candidate's score: every clue is in one."""

import pytest
from made_up_results import make_candidate, make_mention, make_result

from linker import SCORE_PARTS, score_parts
from linker.ranker import CLUES


def test_the_parts_add_up_to_the_clues_and_coherence() -> None:
    clues = {name: 1.0 + number for number, name in enumerate(CLUES)}
    [mention] = make_result(
        mentions=[make_mention(0, 1, candidates=[make_candidate(clues=clues, coherence=0.5)])]
    ).mentions
    parts = score_parts(mention.candidates[0])
    assert tuple(parts) == SCORE_PARTS
    assert sum(parts.values()) == pytest.approx(sum(clues.values()) + 0.5)
    assert parts["coherence"] == 0.5


def test_without_clues_no_parts_are_known() -> None:
    [mention] = make_result(mentions=[make_mention(0, 1, candidates=[make_candidate()])]).mentions
    assert score_parts(mention.candidates[0]) is None
