"""Two runs of a command into one place: the second is told who holds it, and what the first has made stays whole."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kg import build_lock

TAGGED = "Chad B-LOC\nis O\nfine O\n\n"
ENTITY = {"iri": "http://e/chad", "label": "Chad", "score": 0.9}
MENTION = {"start_char": 0, "end_char": 4, "type": "LOC", "entity": ENTITY, "nil_score": 0.1}
RESULT = {"id": "a", "text": "Chad is fine", "mentions": [MENTION], "pictured": None}


@pytest.fixture
def commands(tmp_path: Path) -> dict[str, tuple[Path, Path, list[object]]]:
    """By name: what is locked, what is made, and the command line."""
    files = {
        "posts.conll": TAGGED,
        "gold.jsonl": json.dumps(RESULT) + "\n",
        "l.nt": '<http://e/a> <http://www.w3.org/2000/01/rdf-schema#label> "A"@en .\n',
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    posts, gold, tagger = tmp_path / "posts.conll", tmp_path / "gold.jsonl", tmp_path / "tagger"
    index, scores, plot = tmp_path / "index", tmp_path / "scores.json", tmp_path / "plot.png"
    index.mkdir()
    build = ["build-kg-index", index, "--dump", tmp_path / "l.nt"]
    train = ["train-tagger", "bilstm-crf", "--train", posts, "--valid", posts, "-o", tagger]
    return {
        "build": (index / "index.json", index / "kg.sqlite", build),
        "update": (index / "index.json", index / "kg.sqlite", [*build, "--update"]),
        "links": (scores, scores, ["evaluate-links", gold, gold, "--json", scores]),
        "plot": (plot, plot, ["evaluate-tagger", "default", posts, "--plot", plot]),
        "train": (tagger, tagger, train),
    }


@pytest.mark.parametrize("name", ["build", "update", "links", "plot", "train"])
def test_the_second_run_is_refused(
    run: Callable[..., object], commands: dict[str, tuple[Path, Path, list[object]]], name: str
) -> None:
    locked, made, command = commands[name]
    with build_lock(locked):
        result = run(*command)
    assert result.exit_code == 1, result.output  # type: ignore[attr-defined]
    error = result.stderr.splitlines()[-1]  # type: ignore[attr-defined]
    assert f"is being written by process {os.getpid()} on" in error
    assert not made.exists()


@pytest.mark.parametrize("name", ["build", "links"])
def test_and_runs_when_the_first_has_ended(
    run: Callable[..., object], commands: dict[str, tuple[Path, Path, list[object]]], name: str
) -> None:
    locked, made, command = commands[name]
    with build_lock(locked):
        pass
    result = run(*command)
    assert result.exit_code == 0, result.output  # type: ignore[attr-defined]
    assert made.exists()
    assert not list(made.parent.glob("*.lock"))
