"""Rubbish for build-kg-index: each ends in a report or in one line, and what is good beside it is used."""

import bz2
import gzip
import io
import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
REDIRECT = "<http://dbpedia.org/ontology/wikiPageRedirects>"
RESOURCE = "http://dbpedia.org/resource/"
LAUGHS = "<!DOCTYPE lolz [" + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)) + "]>"
LONG_BYTES = 100_000_000


def label(name: str, text: str | None = None) -> str:
    return f'<{RESOURCE}{name}> {LABEL} "{text or name}"@en .\n'


@pytest.fixture
def build(run, tmp_path: Path) -> Callable[..., list[dict[str, str]]]:
    """Build an index from files, which must end well; returns what was rejected."""

    def build(files: dict[str, bytes | str]) -> list[dict[str, str]]:
        for name, content in files.items():
            (tmp_path / "dumps").mkdir(exist_ok=True)
            (tmp_path / "dumps" / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        result = run("build-kg-index", tmp_path / "index", "--dump", tmp_path / "dumps")
        assert result.exit_code == 0, result.output
        build.result = result  # type: ignore[attr-defined]
        rows = run("kg-cache", tmp_path / "index", "sql", "select * from rejected", "--json")
        found: list[dict[str, str]] = json.loads(rows.stdout)
        return found

    return build


@pytest.fixture
def names(tmp_path: Path) -> Callable[[], list[str]]:
    """The labels of the entities that were built."""

    def names() -> list[str]:
        with closing(sqlite3.connect(tmp_path / "index" / "kg.sqlite")) as graph:
            return [name for (name,) in graph.execute("SELECT label FROM entity ORDER BY label")]

    return names


def assert_one_line(result, *words: str) -> None:
    assert result.exit_code == 1, result.output
    line = result.stderr.splitlines()[-1]  # after a line of progress or two where the machine is busy
    assert line.startswith("error: ")
    assert all(word in line for word in words), line


def photograph() -> bytes:
    content = io.BytesIO()
    Image.effect_noise((200, 200), 60).convert("RGB").save(content, "JPEG")
    return content.getvalue()


def test_a_bz2_that_is_cut_in_a_block_gives_what_was_before_the_cut(build, names) -> None:
    lines = "".join(label(f"E{n:05}", f"Entity {n * 7919 % 100_003}") for n in range(30_000)).encode()
    packed = bz2.compress(lines, 1)  # blocks of 100,000 bytes
    rejected = build({"labels.ttl.bz2": packed[: len(packed) * 2 // 3], "more.nt": label("Whole")})
    assert any("ends too early" in row["reason"] for row in rejected)
    assert len(rejected) <= 2  # the cut, and the line that it runs through
    found = names()
    assert "Whole" in found
    assert 10_000 < len(found) < 30_000
    assert "labels.ttl.bz2" in build.result.stdout


WRONG = {
    "a picture": (photograph(), "is a binary file"),
    "a web page": (b"<!DOCTYPE html>\n<html><body>404\n</body></html>\n" * 50, "is a web page"),
    "rdf/xml": (f'<?xml version="1.0"?>\n{LAUGHS}<rdf:RDF>&l9;</rdf:RDF>'.encode(), "RDF/XML"),
    "prose": (b"These are the labels.\nYours sincerely\n", "neither statements nor a table"),
    "noise": (bytes(range(1, 256)) * 99, "neither statements nor a table"),
    "a long line": (f'<{RESOURCE}A> {LABEL} "'.encode() + b"a" * 2_000_000, "neither statements nor a table"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_file_given_as_labels(run, tmp_path: Path, kind: str) -> None:
    content, reason = WRONG[kind]
    folder = tmp_path / "dumps"
    folder.mkdir()
    path = folder / "labels_en.ttl"
    path.write_bytes(content)
    assert_one_line(run("build-kg-index", tmp_path / "index", "--dump", path), str(path), reason)
    assert_one_line(run("build-kg-index", tmp_path / "index", "--dump", folder), str(path), reason)
    (folder / "good.nt").write_text(label("Good"))
    result = run("build-kg-index", tmp_path / "index", "--dump", folder)
    assert result.exit_code == 0, result.output
    assert "1 entity" in result.stdout
    [line] = [line for line in result.stderr.splitlines() if line.startswith("not used: ")]
    assert line.startswith(f"not used: {path} ")
    assert reason in line


def test_a_table_of_types_that_lies_among_the_dumps_is_used(run, tmp_path: Path) -> None:
    folder = tmp_path / "dumps"
    folder.mkdir()
    (folder / "good.nt").write_text(label("Good"))
    types = folder / "types.csv"
    types.write_text("class,type\nband,ORG\n")
    assert "not used" not in run("build-kg-index", tmp_path / "a", "--dump", folder, "--types", types).stderr
    assert f"not used: {types} lacks" in run("build-kg-index", tmp_path / "b", "--dump", folder).stderr


def test_objects_given_as_labels_are_objects(build, names, tmp_path: Path, run) -> None:
    build({"labels_en.ttl": f"<{RESOURCE}A> <http://dbpedia.org/ontology/near> <{RESOURCE}B> .\n"})
    assert "1 triple" in build.result.stdout
    assert names() == ["A", "B"]


def test_latin_1_is_rejected_line_by_line(build, names) -> None:
    text = label("A", "Zürich") + label("B") + label("Zürich", "C")
    rejected = build({"labels.nt": text.encode("latin-1"), "good.nt": label("Genève")})
    assert [(row["line"], row["reason"]) for row in rejected] == [(n, "bytes that are not UTF-8") for n in (1, 3)]
    assert names() == ["B", "Genève"]


def write_long_lines(folder: Path, size_bytes: int) -> None:
    """Two dumps with a long line between good ones, small on the disk: one is mostly a hole, one compressed."""
    good = "".join(label(f"E{n}") for n in range(4000)).encode()
    start, end = f'<{RESOURCE}Long> {LABEL} "'.encode(), b'"@en .\n' + label("Last").encode()
    folder.mkdir()
    with (folder / "hole.nt").open("wb") as file:
        file.write(good)
        file.seek(size_bytes, os.SEEK_CUR)
        file.write(b"\n" + label("After").encode())
    with gzip.open(folder / "literal.nt.gz", "wb", 1) as file:
        file.write(good + start)
        for _ in range(size_bytes // 1_000_000):
            file.write(b"a" * 1_000_000)
        file.write(end)


def test_lines_of_100_mb_are_rejected_and_take_no_memory(start, names, run, tmp_path: Path) -> None:
    """Lines that are three times as long take no more of it."""
    peaks = []
    for size_bytes in (3 * LONG_BYTES, LONG_BYTES):
        folder = tmp_path / str(size_bytes)
        write_long_lines(folder, size_bytes)
        process = start("build-kg-index", tmp_path / "index", "--dump", folder, "--update")
        with process.stdout, process.stderr:
            output = process.stdout.read() + process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, output
        peaks.append(usage.ru_maxrss * 1024)
    rows = run("kg-cache", tmp_path / "index", "sql", "select reason, length(text) as size from rejected", "--json")
    rejected = json.loads(rows.stdout)
    assert [row["reason"].startswith("a line longer than") for row in rejected] == [True, True]
    assert all(row["size"] <= 200 for row in rejected)
    assert {"Last", "After"} <= set(names())
    assert peaks[0] - peaks[1] < LONG_BYTES


def test_a_billion_laughs_in_a_literal_are_only_text(build, run, tmp_path: Path) -> None:
    text = LAUGHS + "<lolz>&l9;</lolz>"
    escaped = text.replace('"', '\\"')
    assert build({"l.nt": label("A") + f'<{RESOURCE}A> <http://dbpedia.org/ontology/motto> "{escaped}" .\n'}) == []
    rows = run("kg-cache", tmp_path / "index", "sql", "select value from literal", "--json")
    assert json.loads(rows.stdout) == [{"value": text}]


def test_iris_and_texts_that_look_like_sql_are_data(build, names, run, tmp_path: Path) -> None:
    drop = "'); DROP TABLE entity; --"
    good = f'<{RESOURCE}x\');DROP%20TABLE%20entity;--> {LABEL} "Robert{drop}"@en .\n'
    rejected = build({
        "l.nt": good + label(f"x{drop}", "Blank") + label('q"uote', "Quote") + label("B"),
        "entities.csv": f'iri,label,type,aliases\nurn:t,"Tables{drop}",ORG,"{drop}|"" OR 1=1"\n',
    })  # fmt: skip
    assert [row["line"] for row in rejected] == [2, 3]
    assert names() == ["B", f"Robert{drop}", f"Tables{drop}"]
    shown = run("kg-cache", tmp_path / "index", "show", f"Robert{drop}", "--json")
    assert json.loads(shown.stdout)["label"] == f"Robert{drop}"
    for text in (drop, '" OR 1=1', "x' OR '1'='1"):
        assert run("kg-cache", tmp_path / "index", "search", text).exit_code == 0
        assert run("kg-cache", tmp_path / "index", "show", text).exit_code in (0, 1)
    assert names() == ["B", f"Robert{drop}", f"Tables{drop}"]


def test_redirects_in_circles(build, names) -> None:
    pairs = ["SS", "AB", "BA", "CD", "DE", "EC", "XC", "YX", "ZB"]  # itself, a pair, a ring with a tail, a tail
    redirects = "".join(f"<{RESOURCE}{a}> {REDIRECT} <{RESOURCE}{b}> .\n" for a, b in pairs)
    rejected = build({"r.nt": redirects, "l.nt": "".join(label(name) for name in "SABCDEXYZ")})
    assert sorted(row["text"][-1] for row in rejected) == list("ABCDES")
    assert {row["reason"] for row in rejected} == {"redirects in a circle"}
    assert names() == list("ABCDES")  # each stands for itself; X and Y are names of C, Z of B


@pytest.mark.parametrize("name", ["a.nt", "a.ttl.bz2", "a.csv"])
def test_an_empty_file_is_no_graph_and_no_trouble(build, names, name: str) -> None:
    build({name: bz2.compress(b"") if name.endswith("bz2") else b"", "good.nt": label("Good")})
    assert names() == ["Good"]


def test_a_file_that_calls_itself_bz2_and_is_none(run, build, names) -> None:
    build({"labels.nt.bz2": label("Plain"), "gzipped.bz2": gzip.compress(label("Gzipped").encode())})
    assert names() == ["Gzipped", "Plain"]
