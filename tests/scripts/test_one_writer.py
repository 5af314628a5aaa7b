"""Two runs of a command into one place: the second is told who holds it, and what the first has made stays whole."""

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from kg import build_lock
from ner import load_tagger

TAGGED = "Chad B-LOC\nis O\nfine O\n\n"
ENTITY = {"iri": "http://e/chad", "label": "Chad", "score": 0.9}
MENTION = {"start_char": 0, "end_char": 4, "type": "LOC", "entity": ENTITY, "nil_score": 0.1}
RESULT = {"id": "a", "text": "Chad is fine", "mentions": [MENTION], "pictured": None}
WITHOUT = {"tokens": ["Chad"], "tags": ["O"], "mentions": [], "knowledge": [], "attributes": [], "image_error": None}
FORMS = ("jsonl", "jsonl.gz", "csv", "parquet", "conll", "html")

Run = Callable[..., Result]
Commands = dict[str, tuple[Path, Path, list[object]]]


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    """By name: what is locked, what is made, and the command line."""
    files = {
        "posts.conll": TAGGED,
        "gold.jsonl": json.dumps(RESULT) + "\n",
        "results.jsonl": json.dumps(RESULT | WITHOUT) + "\n",
        "l.nt": '<http://e/a> <http://www.w3.org/2000/01/rdf-schema#label> "A"@en .\n',
        "small.toml": 'tagger = "bilstm-crf"\n[network]\nlstm_width = 4\n[schedule]\nepochs = 1\n',
        "vectors.txt": "chad 1 2 3 4\nis 2 1 4 3\nfine 1 1 1 2\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    posts, gold, tagger = tmp_path / "posts.conll", tmp_path / "gold.jsonl", tmp_path / "tagger"
    index, scores, plot = tmp_path / "index", tmp_path / "scores.json", tmp_path / "plot.png"
    index.mkdir()
    build = ["build-kg-index", index, "--dump", tmp_path / "l.nt"]
    train = ["train-tagger", tmp_path / "small.toml", "--vectors", tmp_path / "vectors.txt"]
    errors, out, results = tmp_path / "errors.jsonl", tmp_path / "out.jsonl", tmp_path / "results.jsonl"
    linking: Commands = {
        "link --errors": (errors, errors, ["link-and-tag", index, posts, "-o", out, "--errors", errors]),
        "link --text": (out, out, ["link-and-tag", index, "--text", "Chad", "-o", out]),
    }
    for form in FORMS:
        made = tmp_path / f"made.{form}"
        linking[f"link -o .{form}"] = made, made, ["link-and-tag", index, posts, "-o", made, "-o", out]
        linking[f"report -o .{form}"] = made, made, ["kgmner-report", results, "-o", out, "-o", made]
    return linking | {
        "build": (index / "index.json", index / "kg.sqlite", build),
        "update": (index / "index.json", index / "kg.sqlite", [*build, "--update"]),
        "links": (scores, scores, ["evaluate-links", gold, gold, "--json", scores]),
        "plot": (plot, plot, ["evaluate-tagger", "default", posts, "--plot", plot]),
        "train": (tagger, tagger, [*train, "--train", posts, "--valid", posts, "-o", tagger]),
    }


NAMES = (
    *(f"{command} -o .{form}" for command in ("link", "report") for form in FORMS),
    *("link --errors", "link --text", "build", "update", "links", "plot", "train"),
)


@pytest.mark.parametrize("name", NAMES)
def test_the_second_run_is_refused(run: Run, tmp_path: Path, commands: Commands, name: str) -> None:
    locked, made, command = commands[name]
    with build_lock(locked):
        before = sorted(tmp_path.rglob("*"))
        result = run(*command)
        assert sorted(tmp_path.rglob("*")) == before
    assert result.exit_code == 1, result.output
    error = result.stderr.splitlines()[-1]
    assert str(locked) in error
    assert f"is being written by process {os.getpid()} on" in error
    assert not made.exists()


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system cannot hold a process")
@pytest.mark.parametrize("name", ["build", "links", "train", "report -o .html"])
def test_the_first_run_ends_whole_though_a_second_came(
    run: Run, start: Callable[..., subprocess.Popen[bytes]], commands: Commands, name: str
) -> None:
    """The first is held for as long as the second tries; `link-and-tag` is held to it in `test_outputs`."""
    locked, made, command = commands[name]
    lock = locked.with_name(f"{locked.name}.lock")
    first = start(*command)
    while not (lock.exists() and lock.read_text()):
        assert first.poll() is None, first.communicate()
        time.sleep(0.0005)
    first.send_signal(signal.SIGSTOP)
    told = run(*command)
    first.send_signal(signal.SIGCONT)
    _, errors = first.communicate()
    assert first.returncode == 0, errors
    assert told.exit_code == 1, told.output
    assert f"is being written by process {first.pid} on" in told.stderr
    _check_whole(made)
    assert not list(locked.parent.glob("*.lock"))


def _check_whole(made: Path) -> None:
    if made.suffix == ".sqlite":
        assert sqlite3.connect(made).execute("SELECT label FROM entity").fetchall() == [("A",)]
    elif made.suffix == ".json":
        assert json.loads(made.read_text())["posts"] == 1
    elif made.suffix == ".html":
        page = made.read_text("utf-8")
        assert (page.count('class="posts"'), page.rstrip().endswith("</html>")) == (1, True)
    else:
        tagger: Any = load_tagger(made, device="cpu")
        assert tagger.name == "bilstm-crf"
