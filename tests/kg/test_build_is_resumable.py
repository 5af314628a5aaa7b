"""Killed builds, and two builders."""

import errno
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kg import BuildLockedError, Graph, build_graph, build_lock

_TIMES = {"build_step": ("started", "finished")}

_CHILD = """
import os, signal, sys
from pathlib import Path
from kg import build_graph
left = int(sys.argv[3])
def count_down(*_):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
build_graph(Path(sys.argv[2]), sources=[Path(sys.argv[1])], progress=count_down)
"""


def _content(path: Path) -> dict[str, list[tuple[object, ...]]]:
    connection = sqlite3.connect(path)
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    content = {}
    for name in names:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
        kept = ", ".join(column for column in columns if column not in _TIMES.get(name, ()))
        content[name] = connection.execute(f"SELECT {kept} FROM {name}").fetchall()
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    return content


def _stop_at(step: str, done: int) -> Callable[[str, int, int], None]:
    def stop(name: str, now_done: int, total: int) -> None:
        if (name, now_done) == (step, done):
            raise KeyboardInterrupt

    return stop


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "sources"
    folder.mkdir()
    label = '<http://e/{0}> <http://www.w3.org/2000/01/rdf-schema#label> "Name {0}"@en .\n'
    near = "<http://e/{0}> <http://e/near> <http://e/{1}> .\n"
    (folder / "labels.nt").write_text(
        "".join(map(label.format, range(40))) + "broken\n" + "<http://e/torn\nIRI> .\n" * 60
    )
    (folder / "objects.nt").write_text("".join(near.format(n, n * n % 17) for n in range(40)))
    texts = (
        '<http://e/{0}> <http://e/says> "{1} \\u00e9"@{2} .\n<http://e/{0}> <http://xmlns.com/foaf/0.1/nick> "N{1}" .\n'
    )
    (folder / "texts.nt").write_text("".join(texts.format(n * 7 % 45, n, ("en", "fr")[n % 2]) for n in range(60)))
    link = "<http://e/{}> <http://dbpedia.org/ontology/wikiPageExternalLink> <http://x/> .\n"
    (folder / "pages.nt").write_text("".join(map(link.format, range(3))))
    rows = "".join(f"http://e/{n},Thing {n},LOC,T{n}|U{n}\n" for n in range(30, 60))
    (folder / "table.csv").write_text("iri,label,type,aliases\n" + rows + "http://e/x,only two\n")
    return folder


def test_a_build_killed_anywhere_ends_like_one_that_was_not(sources: Path, tmp_path: Path) -> None:
    build_graph(tmp_path / "whole.sqlite", sources=[sources])
    expected = _content(tmp_path / "whole.sqlite")
    target = tmp_path / "kg.sqlite"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    kills = 0
    for calls in (1, 3, 8, 12, 15, 17, 10**9):
        command = [sys.executable, "-c", _CHILD, str(sources), str(target), str(calls)]
        status = subprocess.run(command, env=environment, check=False).returncode
        kills += status == -signal.SIGKILL
        assert target.exists() == (status == 0)
    assert kills >= 4
    assert _content(target) == expected
    assert not list(tmp_path.glob("kg.sqlite.*")), "neither a part nor a lock is left"


@pytest.mark.parametrize("step", ["entities", "triples", "labels and names", "tables", "names"])
def test_a_build_goes_on_behind_the_sources_that_are_done(sources: Path, tmp_path: Path, step: str) -> None:
    build_graph(tmp_path / "whole.sqlite", sources=[sources])
    with pytest.raises(KeyboardInterrupt):
        build_graph(tmp_path / "kg.sqlite", sources=[sources], progress=_stop_at(step, 0))
    steps: list[str] = []
    build_graph(tmp_path / "kg.sqlite", sources=[sources], progress=lambda name, *_: steps.append(name))
    assert not [name for name in steps if name.startswith("load")]
    assert _content(tmp_path / "kg.sqlite") == _content(tmp_path / "whole.sqlite")


def test_a_source_that_was_cut_short_is_read_again_and_no_row_comes_twice(sources: Path, tmp_path: Path) -> None:
    build_graph(tmp_path / "whole.sqlite", sources=[sources])
    for name, lines in (("load labels.nt", 161), ("load pages.nt", 3), ("load table.csv", 32), ("load texts.nt", 120)):
        with pytest.raises(KeyboardInterrupt):
            build_graph(tmp_path / "kg.sqlite", sources=[sources], progress=_stop_at(name, lines))
    build_graph(tmp_path / "kg.sqlite", sources=[sources])
    assert _content(tmp_path / "kg.sqlite") == _content(tmp_path / "whole.sqlite")


def test_a_stage_that_cannot_be_read_is_begun_anew(sources: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        build_graph(tmp_path / "kg.sqlite", sources=[sources], progress=_stop_at("entities", 0))
    for path in (tmp_path / "kg.sqlite.stage").glob("*.duckdb"):
        path.write_bytes(path.read_bytes()[:5000] + b"rubbish" * 1000)
    report = build_graph(tmp_path / "kg.sqlite", sources=[sources])
    assert report.counts["entity"] == 60


def test_a_part_of_other_sources_is_not_gone_on_with(sources: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        build_graph(tmp_path / "kg.sqlite", sources=[sources], progress=_stop_at("entities", 0))
    (sources / "objects.nt").unlink()
    report = build_graph(tmp_path / "kg.sqlite", sources=[sources])
    assert report.counts["triple"] == 0


def test_the_second_builder_is_told_who_builds(sources: Path, tmp_path: Path) -> None:
    target = tmp_path / "kg.sqlite"
    with build_lock(target), pytest.raises(BuildLockedError, match=f"process {os.getpid()} on"):
        build_graph(target, sources=[sources])
    build_graph(target, sources=[sources])


def test_a_disk_without_locks_is_no_other_builder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", no_locks)
    with pytest.raises(OSError, match="it cannot be locked: No locks available"), build_lock(tmp_path / "kg.sqlite"):
        pass


def test_the_lock_of_a_dead_builder_is_taken_over(sources: Path, tmp_path: Path) -> None:
    target = tmp_path / "kg.sqlite"
    code = (
        "import sys, os, signal, pathlib, kg\n"
        "with kg.build_lock(pathlib.Path(sys.argv[1])): os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, "-c", code, str(target)], env=environment, check=False)
    assert target.with_name("kg.sqlite.lock").exists()
    build_graph(target, sources=[sources])
    with Graph.open(target) as graph:
        assert graph.counts()["entity"] == 60
    assert not target.with_name("kg.sqlite.lock").exists()
