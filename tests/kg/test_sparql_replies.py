"""What a reply is worth, whatever its status says."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.sparql.reply import Reply, TroubleError, is_part, judge, parse_rows, shown

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
ROW = {"x": {"type": "uri", "value": "http://x/"}}


def document(number: int) -> bytes:
    return json.dumps({"head": {"vars": ["x"]}, "results": {"bindings": [ROW] * number}}).encode()


def trouble(reply: Reply) -> TroubleError:
    with pytest.raises(TroubleError) as caught:
        judge(reply, NOW)
    return caught.value


def test_whole_answers_and_cut_ones() -> None:
    assert judge(Reply(200, {}, document(2)), NOW) == ([ROW, ROW], "")
    rows, note = judge(Reply(200, {"x-sparql-maxrows": "2"}, document(2)), NOW)
    assert (len(rows), "2 rows" in note) == (2, True)
    assert not is_part([], "", limit=5, cut_at=None)
    assert is_part([ROW] * 5, "", limit=5, cut_at=None)
    assert is_part([ROW] * 3, "", limit=5, cut_at=3)
    assert is_part([ROW] * 10_000, "", limit=20_000, cut_at=None)
    assert not is_part([ROW] * 9_999, "", limit=20_000, cut_at=None)
    assert is_part([ROW], "its word", limit=5, cut_at=None)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *[(status, "again") for status in (408, 500, 502, 504, 524)],
        *[(status, "wait") for status in (429, 503)],
        *[(status, "refused") for status in (400, 413, 414)],
        *[(status, "fatal") for status in (204, 301, 307, 401, 403, 404, 418)],
        (206, "slow"),
    ],
)
def test_statuses(status: int, kind: str) -> None:
    assert trouble(Reply(status, {}, document(1))).kind == kind


def test_anytime_answers_are_not_whole() -> None:
    for headers in ({"x-sql-state": "S1TAT"}, {"x-sql-message": "RC...: incomplete"}):
        assert trouble(Reply(200, headers, document(1))).kind == "slow"


@given(st.integers(min_value=0))
def test_no_beginning_of_an_answer_is_an_answer(length: int) -> None:
    whole = document(3)
    cut = whole[: length % len(whole)]
    assert trouble(Reply(200, {}, cut)).kind == "again"
    assert trouble(Reply(200, {}, whole, cut="silence")).kind == "again"


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"null",
            b"[]",
            b"<html>",
            b'{"results": 1}',
            b'{"results": {"bindings": {}}}',
            b"\xff\xfe",
            b"[" * 100_000,
        ),
        b'{"results": {"bindings": [1]}}',
        b'{"results": {"bindings": [{"x": "y"}]}}',
        b'{"results": {"bindings": [{"x": {"type": "uri", "value": 1}}]}}',
    ],
)
def test_rubbish_is_not_an_answer(body: bytes) -> None:
    with pytest.raises(TroubleError):
        parse_rows(body)


def test_a_wait_that_is_asked_for() -> None:
    assert trouble(Reply(429, {"retry-after": "7"}, b"")).wait_s == 7
    assert trouble(Reply(503, {}, b"")).wait_s is None


@given(st.binary())
def test_what_is_shown_is_one_short_line(body: bytes) -> None:
    assert shown(body).isprintable()
    assert len(shown(body)) < 450
