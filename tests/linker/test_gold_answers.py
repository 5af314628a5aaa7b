"""Gold answers beside results: what is another name, type or link; in any of the forms that are evaluated."""

import json
from pathlib import Path
from typing import Any

import pytest
from made_up_results import make_candidate, make_mention, make_result

from linker import GoldAnswers, LinkerError, Result

CHAD = make_candidate(iri="http://dbpedia.org/resource/Chad")


def result(**fields: Any) -> Result:
    return make_result(mentions=[make_mention(0, 1, entity=CHAD, candidates=[CHAD])], **fields)


def said(gold: GoldAnswers, of: Result) -> Any:
    compared = gold.compare(of)
    return compared if compared is None else [(one.gold.text, one.found, one.wrong) for one in compared]


@pytest.mark.parametrize(
    ("mention", "expected"),
    [
        ({"start": 0, "end": 4, "iri": "http://dbpedia.org/resource/Chad", "type": "LOC"}, ("Chad", 0, "")),
        ({"start": 0, "end": 4, "iri": "https://en.wikipedia.org/wiki/Chad"}, ("Chad", 0, "")),
        ({"start": 0, "end": 4, "iri": "http://dbpedia.org/resource/Chad", "type": "place"}, ("Chad", 0, "")),
        ({"start": 0, "end": 4, "iri": "http://dbpedia.org/resource/Chad", "type": "PER"}, ("Chad", 0, "type")),
        ({"start": 0, "end": 4, "iri": None}, ("Chad", 0, "link")),
        ({"start": 0, "end": 10, "iri": None}, ("Chad looks", None, "missed")),
    ],
)
def test_what_is_another(mention: dict[str, Any], expected: Any, tmp_path: Path) -> None:
    assert said(GoldAnswers(), result(gold=[mention])) == [expected]  # the post brought it along
    file = tmp_path / "gold.jsonl"
    file.write_text(json.dumps({"id": "p", "text": "Chad looks great", "gold": [mention]}))
    gold = GoldAnswers.read(file)
    assert gold.tell_links
    assert said(gold, result()) == [expected]
    assert said(gold, result(id="another")) is None
    assert said(gold, result(tokens=["Chad", "smiles"])) is None


def test_bare_offsets_count_tokens_where_that_fits() -> None:
    for links in ([(0, 1), (1, 3)], [(0, 4), (5, 16)]):
        gold = [{"start": start, "end": end, "entity": None} for start, end in links]
        assert said(GoldAnswers(), result(links=gold)) == [("Chad", 0, "link"), ("looks great", None, "missed")]


def test_empty_links_alone_are_no_gold() -> None:
    assert said(GoldAnswers(), result(links=[])) is None
    assert said(GoldAnswers(), result(gold=[], links=[])) == []


def test_tags_tell_names_and_types_only(tmp_path: Path) -> None:
    file = tmp_path / "gold.conll"
    file.write_text("IMGID:p\nChad\tB-PER\nlooks\tO\ngreat\tB-MISC\n\n")
    gold = GoldAnswers.read(file)
    assert not gold.tell_links
    assert said(gold, result()) == [("Chad", 0, "type"), ("great", None, "missed")]


def test_a_mention_outside_of_its_text_stands_nowhere() -> None:
    beyond = make_result(mentions=[make_mention(0, 1, end_char=99)], gold=[{"start": 0, "end": 1, "iri": None}])
    assert said(GoldAnswers(), beyond) == [("Chad", None, "missed")]


@pytest.mark.parametrize("answers", ["no list", [{"iri": 3}], [3]])
def test_what_is_no_answer_is_none(answers: Any) -> None:
    assert not any(one.found for one in GoldAnswers().compare(result(gold=answers)) or ())


def test_a_file_that_holds_neither_is_named(tmp_path: Path) -> None:
    file = tmp_path / "gold.jsonl"
    file.write_text('{"id": "p", "text": "Chad"}\n')
    with pytest.raises(LinkerError, match=r"gold.jsonl holds no gold answers .*, and no tagged posts"):
        GoldAnswers.read(file)
