"""The example posts are read as a person reads them, and the examples are what their script makes."""

import csv
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
LIMIT_BYTES = 1_500_000


def load(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Import a module of the examples' folder, which is not a package."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


def read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (EXAMPLES / "posts" / name).read_text("utf-8").splitlines()]


def test_the_pictured_entity_is_right_in_every_post(linked: bytes) -> None:
    shown = {row["id"]: row["pictured"] and row["pictured"]["iri"] for row in map(json.loads, linked.splitlines())}
    assert shown == {row["id"]: row["image_entity"] for row in read("gold.jsonl")}


def test_the_picture_decides_what_the_words_leave_open(linked: bytes) -> None:
    links = {
        row["id"]: {mention["text"]: mention["entity"]["iri"] for mention in row["mentions"] if mention["entity"]}
        for row in map(json.loads, linked.splitlines())
    }
    for row in read("gold.jsonl"):
        shown = {gold["text"]: gold["iri"][0] for gold in row["gold"] if gold["iri"] == [row["image_entity"]]}
        assert links[row["id"]].items() >= shown.items()


def test_the_damaged_picture_is_said(linked: bytes) -> None:
    errors = {row["id"] for row in map(json.loads, linked.splitlines()) if row["image_error"]}
    assert errors == {"broken-picture"}


def test_every_reading_is_of_an_entity_of_the_graph() -> None:
    with (EXAMPLES / "graph" / "entities.csv").open(encoding="utf-8", newline="") as file:
        entities = {row["iri"] for row in csv.DictReader(file)}
    with (EXAMPLES / "graph" / "triples.csv").open(encoding="utf-8", newline="") as file:
        ends = {row[end] for row in csv.DictReader(file) for end in ("subject", "object")}
    named = {iri for row in read("gold.jsonl") for gold in row["gold"] for iri in gold["iri"]}
    named |= {row["image_entity"] for row in read("gold.jsonl") if row["image_entity"]}
    assert ends | named <= entities


def test_the_tables_are_what_the_script_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = load("graph_tables", monkeypatch)
    for name, rows in (("entities", tables.entity_rows()), ("triples", tables.triple_rows())):
        with (EXAMPLES / "graph" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            assert list(csv.DictReader(file)) == rows


def test_the_posts_are_what_the_script_makes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("skimage")
    pytest.importorskip("matplotlib")
    load("graph_tables", monkeypatch)
    load("drawing", monkeypatch)
    script = load("make_examples", monkeypatch)
    monkeypatch.setattr(script, "GRAPH", tmp_path / "graph")
    monkeypatch.setattr(script, "POSTS", tmp_path / "posts")
    script.main()
    made = {file.relative_to(tmp_path) for file in tmp_path.rglob("*") if file.is_file()}
    kept = {
        file.relative_to(EXAMPLES)
        for folder in ("graph", "posts")
        for file in (EXAMPLES / folder).rglob("*")
        if file.is_file()
    }
    assert made == kept
    for name in ("posts.jsonl", "gold.jsonl"):  # pictures may differ in a bit with the libraries' versions
        assert (tmp_path / "posts" / name).read_bytes() == (EXAMPLES / "posts" / name).read_bytes()


def test_the_examples_stay_small() -> None:
    assert sum(file.stat().st_size for file in EXAMPLES.rglob("*") if file.is_file()) < LIMIT_BYTES
