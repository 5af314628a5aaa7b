"""Literals: what is compiled against what Python does, and how they come into the graph."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg import Graph
from kg.building.records import Texts
from kg.building.spelling import strip_spans, unescape_spans
from kg.building.textrows import TextRows, TextSorter
from kg.ntriples import BrokenLineError, unescape

_BLANKS = "".join(chr(code) for code in range(0x3100) if chr(code).isspace())
_NEAR_BLANKS = "\u200b\u2027\u202e\u2060\u1681\u3001\xa1\x86\x1b\x0e\u00e9\U0001f600x"
_SPELT = st.lists(
    st.sampled_from(["\\", "u", "U", "0", "e", "9", "d800", "0001F600", "00110000", "n", '"', "'", "é", "\\u00e9", "z"])
).map("".join)

Build = Callable[..., Graph]
Line = Callable[[str, str, str], str]


@settings(max_examples=300)
@given(st.lists(_SPELT, max_size=6))
def test_escapes_are_resolved_as_the_grammar_says(spelt: list[str]) -> None:
    texts = Texts.of(spelt)
    out, ends = np.empty(len(texts.data), dtype=np.uint8), np.empty(len(spelt), dtype=np.int64)
    good = np.empty(len(spelt), dtype=np.bool_)
    unescape_spans(texts.data, texts.starts, texts.ends, out, ends, good)
    found = Texts(out, np.append(0, ends)[:-1], ends)
    for number, text in enumerate(spelt):
        try:
            expected = unescape(text)
        except BrokenLineError:
            assert not good[number]
            continue
        assert good[number]
        assert found.take(np.array([number])).strings() == [expected]


@settings(max_examples=300)
@given(st.lists(st.text(st.sampled_from(_BLANKS + _NEAR_BLANKS), max_size=8), max_size=6))
def test_texts_are_stripped_as_python_does(given_texts: list[str]) -> None:
    texts = Texts.of(given_texts)
    strip_spans(texts.data, texts.starts, texts.ends)
    assert [texts.data[a:b].tobytes().decode() for a, b in zip(texts.starts, texts.ends, strict=True)] == [
        text.strip() for text in given_texts
    ]


_ROWS = st.tuples(
    st.integers(1, 9),
    st.integers(0, 2),
    st.text(st.sampled_from("ab\0\u00e9\U0001f600"), max_size=3),
    st.integers(0, 2),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(st.lists(_ROWS, max_size=60), st.integers(0, 10**9))
def test_sorted_rows_are_the_distinct_ones_in_order(
    tmp_path: Path, rows: Sequence[tuple[int, int, str, int]], text_bytes: int
) -> None:
    with TextSorter(tmp_path, "rows", entities=9, rows=len(rows), text_bytes=text_bytes) as sorter:
        for start in range(0, len(rows), 25):
            entities, codes, texts, tails = zip(*rows[start : start + 25], strict=True)
            sorter.add(TextRows(np.array(entities), np.array(codes), Texts.of(texts), np.array(tails)))
        found = []
        for part in sorter.sorted_parts():
            found += zip(part.entities, part.codes, part.texts.strings(), part.tails, strict=True)
    assert found == sorted(set(rows), key=lambda row: (row[0], row[1], row[2].encode(), row[3]))
    assert not list(tmp_path.iterdir())


def test_literals_are_each_once_and_in_order(build: Build, line: Line) -> None:
    texts = ['"b"@en', '"a"@fr', '"a"@en', '"b"@en', '"10"^^<urn:int>', '"a"', r'"say \"a\"\n\u00e9"@en', '""']
    lines = [line(name, predicate, text) for name in ("Mali", "Chad") for predicate in ("q", "p") for text in texts]
    graph = build({"literals.nt": "".join(lines), "again.nt": "".join(reversed(lines))})
    rows = graph.connection.execute(
        "SELECT e.iri, p.iri, l.value, l.datatype FROM literal l JOIN entity e ON e.id = l.subject"
        " JOIN predicate p ON p.id = l.predicate ORDER BY l.id"
    ).fetchall()
    values = [("", ""), ("10", "urn:int"), ("a", ""), ("a", "@en"), ("a", "@fr"), ("b", "@en"), ('say "a"\né', "@en")]
    assert [row[2:] for row in rows] == 4 * values
    assert rows == sorted(rows)
    subject = graph.connection.execute("SELECT id FROM entity WHERE iri GLOB '*Mali'").fetchone()[0]
    plan = "EXPLAIN QUERY PLAN SELECT value FROM literal WHERE subject = ? AND predicate = 1"
    assert "literal_subject" in str(graph.connection.execute(plan, (subject,)).fetchall())
    assert graph.connection.execute("SELECT count(*) FROM literal WHERE subject = ?", (subject,)).fetchone() == (14,)
    assert graph.connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize(
    ("labels", "label"),
    [
        (['"Tschad"@de', '"Chad"@en', '"Tchad"@fr'], "Chad"),
        (['"Tschad"@de', '"  "@en', '"Tchad"@fr', '"Ciad"@it'], "Tschad"),
        (['"Chad"@en', '"Republic of Chad"@en', '"Tchad"'], "Tchad"),
        (['"Chad"@EN', '"A Chad"@en'], "A Chad"),
    ],
)
def test_an_entity_goes_by_the_first_of_its_labels(build: Build, line: Line, labels: list[str], label: str) -> None:
    graph = build({"labels.nt": "".join(line("Chad", "label", text) for text in labels)})
    assert graph.connection.execute("SELECT label FROM entity").fetchall() == [(label,)]
    texts = {text.split('"')[1].strip() for text in labels} - {""}
    assert {row[0] for row in graph.connection.execute("SELECT text FROM alias")} >= texts
