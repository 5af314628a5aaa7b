"""Progress goes to stderr: a plain line now and then where there is no terminal."""

import pytest

from scripts import _progress
from scripts._progress import Progress


def test_no_more_than_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    clock = iter(float(second) for second in range(1000))
    monkeypatch.setattr(_progress, "_SECONDS_BETWEEN_LINES", 10.0)
    monkeypatch.setattr(_progress.time, "monotonic", lambda: next(clock))
    with Progress() as progress:
        for done in range(25):
            progress("posts", done, 25)
        progress("lines", 1_000_000, 0)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "posts: 9 of 25, 1.0/s, 0:00:16 left\nposts: 19 of 25, 1.0/s, 0:00:06 left\n"


def test_the_rate_is_that_since_the_last_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter((0.0, 1.0, 11.0, 31.0, 51.0))
    monkeypatch.setattr(_progress, "_SECONDS_BETWEEN_LINES", 10.0)
    monkeypatch.setattr(_progress.time, "monotonic", lambda: next(clock))
    with Progress() as progress:
        for done in (500_000, 501_000, 501_100, 501_100):  # most were made by a run before
            progress("pictures", done, 600_000)
    assert capsys.readouterr().err == (
        "pictures: 501,000 of 600,000, 100/s, 0:16:30 left\n"
        "pictures: 501,100 of 600,000, 5.0/s, 5:29:40 left\n"
        "pictures: 501,100 of 600,000\n"
    )


def test_bars_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with Progress() as progress:
        progress("posts [of 2]", 1, 2)
        progress("lines", 5, 0)
    assert capsys.readouterr().out == ""


def test_a_step_of_unknown_length_is_finished_when_the_next_begins(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with Progress() as progress:
        progress("load a.ttl", 5, 0)
        progress("load b.ttl", 7, 0)
    last = capsys.readouterr().err
    assert "5/5" in last
    assert "7/?" in last
