"""A run that is killed leaves no half file, and --resume ends with the same bytes."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

REPEATS = 3


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, posts: Path) -> Path:
    """The example posts, several times over: enough that a kill falls in the middle."""
    path = tmp_path_factory.mktemp("many") / "posts.jsonl"
    rows = [json.loads(line) for line in posts.read_text("utf-8").splitlines()]
    for row in rows:
        if "image" in row:
            row["image"] = str(posts.parent / row["image"])
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) * REPEATS)
    return path


def wait_for(condition: Callable[[], bool], process) -> None:
    while not condition():
        assert process.poll() is None, process.stderr.read().decode()
        time.sleep(0.02)


def test_a_killed_run_goes_on_to_the_same_bytes(
    run, start, tmp_path: Path, index: Path, many: Path, linked: bytes
) -> None:
    out, part = tmp_path / "out.jsonl", tmp_path / "out.jsonl.part"
    out.write_text("before\n")
    process = start("link-and-tag", index, many, "-o", out, "--cache", "none", "--batch-size", 1)
    wait_for(lambda: part.exists() and part.read_bytes().count(b"\n") >= 3, process)
    process.kill()
    process.communicate()
    assert out.read_text() == "before\n"
    done = part.read_bytes().count(b"\n")
    assert 3 <= done < REPEATS * linked.count(b"\n")
    with part.open("ab") as file:
        file.write(b'{"id": "half a li')
    result = run("link-and-tag", index, many, "-o", out, "--cache", "none", "--resume")
    assert result.exit_code == 0
    assert "going on after " in result.stderr
    assert out.read_bytes() == linked * REPEATS
    assert [file.name for file in tmp_path.iterdir()] == ["out.jsonl"]


def test_an_interrupted_run_says_how_to_go_on(start, tmp_path: Path, index: Path, many: Path) -> None:
    out, part = tmp_path / "out.html", tmp_path / "out.html.part"
    process = start("link-and-tag", index, many, "-o", out, "--cache", "none", "--batch-size", 1)
    wait_for(lambda: part.exists() and part.read_bytes().count(b"\n") >= 1, process)
    process.send_signal(2)
    _, errors = process.communicate()
    assert process.returncode == 130
    [line] = errors.decode().splitlines()
    assert line.startswith("stopped; ")
    assert "--resume" in line
    assert part.exists()
    assert not out.exists()


def test_results_of_other_posts_are_refused(run, tmp_path: Path, index: Path, posts: Path) -> None:
    out = tmp_path / "out.jsonl"
    (tmp_path / "out.jsonl.part").write_text('{"id": "somebody else"}\n')
    result = run("link-and-tag", index, posts, "-o", out, "--cache", "none", "--resume")
    assert result.exit_code == 1
    assert "somebody else" in result.stderr
    assert "leave out --resume" in result.stderr


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ({"threshold": 0.5}, "threshold 0.5"),
        ({"second-look": False}, "second-look False"),
        ({"field": {"text": "body"}}, "field {'text': 'body'}"),
    ],
)
def test_results_with_other_options_are_refused(
    run, tmp_path: Path, index: Path, posts: Path, theirs: dict[str, object], said: str
) -> None:
    out = tmp_path / "out.jsonl"
    (tmp_path / "out.jsonl.part").write_text('{"id": "chad-flag"}\n')
    (tmp_path / "out.jsonl.settings.part").write_text(json.dumps(theirs))
    result = run("link-and-tag", index, posts, "-o", out, "--cache", "none", "--resume")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert said in result.stderr
    assert (tmp_path / "out.jsonl.part").exists()


def test_pictures_not_used_before_the_stop_are_told(run, tmp_path: Path, index: Path) -> None:
    posts, out = tmp_path / "posts.jsonl", tmp_path / "out.jsonl"
    rows = [{"id": name, "text": "Chad wins", "image": f"{name}.jpg"} for name in ("first", "second")]
    posts.write_text("".join(json.dumps(row) + "\n" for row in rows))
    whole = run("link-and-tag", index, posts, "-o", out, "--cache", "none")
    (tmp_path / "out.jsonl.part").write_text(out.read_text().splitlines(keepends=True)[0])
    out.unlink()
    resumed = run("link-and-tag", index, posts, "-o", out, "--cache", "none", "--resume")
    assert resumed.stderr.splitlines() == ["going on after 1 post", *whole.stderr.splitlines()]
    assert "2 pictures not used: first (no such file: " in whole.stderr


@pytest.mark.parametrize("command", ["link-and-tag", "kg-cache"])
def test_a_reader_that_leaves_early_is_no_error(start, index: Path, many: Path, command: str) -> None:
    if command == "link-and-tag":
        process = start(command, index, many, "--cache", "none", "--batch-size", 1)
        assert process.stdout.readline().startswith(b"{")
    else:  # a table
        process = start(command, index, "sql", "select * from alias")
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait() == 141
