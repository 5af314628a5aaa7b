"""Texts with marked spans, as annotation tools export them."""

import json
from pathlib import Path
from typing import Any

import pytest

from ner import FormatError, read_posts

TEXT = "Chad beat N'Djamena 😀 #Chad"
SPAN = {"start": 10, "end": 19, "label": "LOC"}


def read(tmp_path: Path, *rows: Any, array: bool = False) -> tuple[list[tuple[str, str]], str]:
    """The words of the first post that have a tag, and what was told."""
    path = tmp_path / "marked.json"
    path.write_text(json.dumps(rows) if array else "".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    told: list[str] = []
    post = read_posts(path, tell=told.append)[0]
    return [(word, tag) for word, tag in zip(post.tokens, post.tags, strict=True) if tag != "O"], "".join(told)


@pytest.mark.parametrize("array", [False, True])
@pytest.mark.parametrize(
    "row",
    [
        {"text": TEXT, "label": [[10, 19, "LOC"]]},
        {"text": TEXT, "labels": [[10, 19, "LOC"]]},
        {"text": TEXT, "entities": [{"id": 1, "start_offset": 10, "end_offset": 19, "label": "LOC"}], "relations": []},
        {"text": TEXT, "spans": [SPAN], "tokens": [{"text": "Chad", "id": 0}], "answer": "accept"},
        [TEXT, {"entities": [[10, 19, "LOC"]]}],
        {
            "data": {"text": TEXT, "tags": "politics"},
            "annotations": [
                {"was_cancelled": True, "result": []},
                {"result": [{"value": {"start": 10, "end": 19, "labels": ["LOC"]}, "type": "labels"}]},
            ],
        },
        {"text": TEXT, "entities": [], "ents": [SPAN]},
        {"text": TEXT, "label": [{"start": 10, "end": 19, "text": "N'Djamena", "labels": ["LOC"]}]},
    ],
    ids=[
        "doccano",
        "doccano, older",
        "doccano, newer",
        "Prodigy",
        "spaCy",
        "Label Studio",
        "spaCy, a document",
        "Label Studio, small",
    ],
)
def test_what_tools_export(row: Any, array: bool, tmp_path: Path) -> None:
    assert read(tmp_path, row, array=array or isinstance(row, list)) == ([("N'Djamena", "B-LOC")], "")


def test_spans_are_in_characters_and_widened_to_words(tmp_path: Path) -> None:
    marks = [[0, 9, "PERSON"], [11, 19, "LOC"], [23, 27, "LOC"]]  # the sign of the hashtag was left out
    found, told = read(tmp_path, {"text": TEXT, "label": marks}, {"text": "so it did", "label": []})
    assert found == [("Chad", "B-PER"), ("beat", "I-PER"), ("N'Djamena", "B-LOC"), ("#Chad", "B-LOC")]
    assert told.endswith("2 posts in JSON (BIO); PERSON as PER; 2 spans within a word widened to it")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"text": TEXT, "label": [[20, 99, "LOC"]]}, "1: span 20 to 99 .LOC.: expected words of the text, which is 27"),
        ({"text": TEXT, "label": [[4, 5, "LOC"]]}, "span 4 to 5"),
        (
            {"text": TEXT, "label": [[0, 3, "LOC"], [2, 9, "PER"]]},
            "overlaps another span: expected spans",
        ),
        ({"text": TEXT, "label": ["positive"]}, "span positive: expected begin, end"),
        ({"text": TEXT}, "has the fields text: give a word"),
    ],
)
def test_what_cannot_be_used_is_said(row: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=said):
        read(tmp_path, row)


def test_what_nobody_has_annotated_or_accepted_is_left_out_and_counted(tmp_path: Path) -> None:
    choice, mark = {"value": {"choices": ["x"]}}, {"value": {"start": 10, "end": 19, "labels": ["LOC"]}}
    rows = [
        {"data": {"text": TEXT}, "annotations": [{"result": [choice, mark, mark]}]},
        {"data": {"text": TEXT}, "annotations": []},
        {"data": {"text": TEXT}, "annotations": [{"was_cancelled": True, "result": [mark]}]},
        {"text": TEXT, "spans": [SPAN], "answer": "reject"},
        {"text": TEXT, "answer": "accept"},
    ]
    found, told = read(tmp_path, *rows)
    assert found == [("N'Djamena", "B-LOC")]
    assert told.endswith("2 posts in JSON (BIO); 3 not annotated, or rejected: left out")
