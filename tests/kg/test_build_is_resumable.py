"""Killed builds, and two builders."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path

import pytest

from kg import BuildLockedError, Graph, StoreError, build_graph
from kg.building import filling
from kg.building.build import _Build
from kg.building.pages import PageFile
from kg.lock import build_lock

_TIMES = {"build_step": ("started", "finished")}

_CHILD = """
import os, signal, sys
from pathlib import Path
import functools
import kg.building.build
kg.building.build.CHECKPOINT_S = 0
kg.building.build.load_rows = functools.partial(kg.building.build.load_rows, rows_at_once=5)
kg.building.build.load_statements = functools.partial(kg.building.build.load_statements, block_bytes=500)
left = int(sys.argv[3])
def count_down(*_):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
import kg.building.staging
def watch(module, name):
    connect = getattr(module, name)
    def watched(path):
        connection = connect(path)
        connection.set_trace_callback(count_down)
        return connection
    setattr(module, name, watched)
watch(kg.building.build, "open_for_building")
watch(kg.building.staging, "_open")
kg.building.build.build_graph(Path(sys.argv[2]), sources=[Path(sys.argv[1])])
"""


def _content(path: Path) -> dict[str, list[tuple[object, ...]]]:
    connection = sqlite3.connect(path)
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    content = {}
    for name in names:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
        kept = ", ".join(column for column in columns if column not in _TIMES.get(name, ()))
        content[name] = sorted(connection.execute(f"SELECT {kept} FROM {name}").fetchall(), key=repr)
    connection.close()
    return content


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
    rows = "".join(f"http://e/{n},Thing {n},LOC,T{n}|U{n}\n" for n in range(30, 60))
    (folder / "table.csv").write_text("iri,label,type,aliases\n" + rows + "http://e/x,only two\n")
    return folder


def test_a_build_killed_anywhere_ends_like_one_that_was_not(sources: Path, tmp_path: Path) -> None:
    build_graph(tmp_path / "whole.sqlite", sources=[sources])
    expected = _content(tmp_path / "whole.sqlite")
    child = tmp_path / "child.py"
    child.write_text(textwrap.dedent(_CHILD))
    target = tmp_path / "kg.sqlite"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    kills = 0
    for statements in (3, 40, 90, 150, 220, 320, 400, 10**9):
        command = [sys.executable, str(child), str(sources), str(target), str(statements)]
        status = subprocess.run(command, env=environment, check=False).returncode
        kills += status == -signal.SIGKILL
        assert target.exists() == (status == 0)
    assert kills >= 3
    assert _content(target) == expected
    assert not list(tmp_path.glob("kg.sqlite.*")), "neither a part nor a lock is left"


@pytest.mark.parametrize("step", ["entities", "descriptions", "triples, literals, entities and names", "indexes"])
def test_an_exception_in_a_step_leaves_the_steps_before_it(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    build_graph(tmp_path / "whole.sqlite", sources=[sources])

    def fail(name: str, done: int, total: int) -> None:
        if (name, done) == (step, 1):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_graph(tmp_path / "kg.sqlite", sources=[sources], progress=fail)
    loads: list[str] = []
    monkeypatch.setattr(_Build, "_load", lambda *_: loads.append("again"))
    build_graph(tmp_path / "kg.sqlite", sources=[sources])
    assert loads == []
    assert _content(tmp_path / "kg.sqlite") == _content(tmp_path / "whole.sqlite")


@pytest.mark.parametrize("is_published", [False, True])
def test_large_tables_that_were_cut_short_are_filled_again(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_published: bool
) -> None:
    build_graph(tmp_path / "whole.sqlite", sources=[sources])

    def publish(pages: PageFile) -> None:
        if is_published:
            published(pages)
        raise KeyboardInterrupt

    published = PageFile.publish
    for _ in range(2):
        monkeypatch.setattr(PageFile, "publish", publish)
        with pytest.raises(KeyboardInterrupt):
            build_graph(tmp_path / "kg.sqlite", sources=[sources])
    monkeypatch.setattr(PageFile, "publish", published)
    build_graph(tmp_path / "kg.sqlite", sources=[sources])
    assert _content(tmp_path / "kg.sqlite") == _content(tmp_path / "whole.sqlite")
    with closing(sqlite3.connect(tmp_path / "kg.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "and no page is lost"


@pytest.mark.parametrize("failing", ["fill_entities", "fill_names"])
def test_what_fails_in_one_thread_stops_the_other(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(filling, failing, fail)
        with pytest.raises(StoreError, match="No space left"):
            build_graph(tmp_path / "kg.sqlite", sources=[sources])
    build_graph(tmp_path / "kg.sqlite", sources=[sources])
    with Graph.open(tmp_path / "kg.sqlite") as graph:
        assert graph.counts()["entity"] == 60


def test_a_part_of_other_sources_is_not_gone_on_with(sources: Path, tmp_path: Path) -> None:
    def stop(name: str, done: int, total: int) -> None:
        if name == "entities":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_graph(tmp_path / "kg.sqlite", sources=[sources], progress=stop)
    (sources / "objects.nt").unlink()
    report = build_graph(tmp_path / "kg.sqlite", sources=[sources])
    assert report.counts["triple"] == 0


def test_the_second_builder_is_told_who_builds(sources: Path, tmp_path: Path) -> None:
    target = tmp_path / "kg.sqlite"
    with build_lock(target), pytest.raises(BuildLockedError, match=f"process {os.getpid()} on"):
        build_graph(target, sources=[sources])
    build_graph(target, sources=[sources])


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
