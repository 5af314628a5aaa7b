"""Building and opening an index directory: whole or not at all, killed and gone on with, refused with a reason."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from index_content import content_of
from PIL import Image

from linker import (
    BuildSettings,
    EncoderMismatchError,
    IndexConflictError,
    IndexIncompleteError,
    IndexMissingError,
    IndexVersionError,
    Memory,
    Pipeline,
    build_index,
    open_index,
    read_manifest,
    update_index,
)
from vision import ImageIndexError

ROOT = Path(__file__).parents[2]


def test_every_picture_has_a_status_and_a_reason(index_dir: Path) -> None:
    manifest = read_manifest(index_dir)
    assert manifest.images == {"embedded": 4, "missing": 1, "unreadable": 1}
    assert manifest.counts["entity"] == 7
    with open_index(index_dir) as index:
        bad = {record.status: record for record in index.graph.images() if record.status != "embedded"}
        assert set(bad) == {"missing", "unreadable"}
        assert all(record.reason for record in bad.values())
        assert len(index.images) == 4
        assert set(index.graph.image_entities(index.images.ids.tolist()).values()) <= set(range(1, 8))


def test_nothing_but_the_contract_is_in_the_directory(index_dir: Path, tmp_path: Path, graph_folder: Path) -> None:
    build_index(tmp_path / "index", BuildSettings(sources=[graph_folder]))
    assert {path.name for path in (tmp_path / "index").iterdir()} == {
        "index.json",
        "kg.sqlite",
        "images.faiss",
        "initials.npy",
    }
    assert read_manifest(tmp_path / "index") == read_manifest(index_dir)


def test_building_again_changes_nothing(index_dir: Path, graph_folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in index_dir.iterdir() if path.suffix != ".sqlite"}
    assert build_index(index_dir, BuildSettings(sources=[graph_folder])).manifest == read_manifest(index_dir)
    assert before == {path.name: path.read_bytes() for path in index_dir.iterdir() if path.name in before}


def test_a_build_that_is_killed_goes_on_to_the_same_index(tmp_path: Path) -> None:
    """Killed at whatever moments the machine happens to be at: in the graph, between pictures, or at the end."""
    graph, path = tmp_path / "graph", tmp_path / "index"
    graph.mkdir()
    rows = ["iri,label,type,image"]
    for number in range(100):
        Image.new("RGB", (20, 20), (2 * number, 255 - number, 7 * number % 256)).save(graph / f"{number}.png")
        rows.append(f"urn:{number},Label {number},LOC,{number}.png")
    (graph / "entities.csv").write_text("\n".join(rows), "utf-8")
    program = (
        "import linker, sys, pathlib\n"
        "settings = linker.BuildSettings(sources=[pathlib.Path(sys.argv[2])])\n"
        "linker.build_index(pathlib.Path(sys.argv[1]), settings, progress=lambda *step: print(*step, flush=True))\n"
    )
    for wanted in ("pictures 64", "pictures 100"):
        command = [sys.executable, "-W", "ignore", "-c", program, str(path), str(graph)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith(wanted):
                    process.send_signal(signal.SIGKILL)
                    break
        if not (path / "index.json").exists():
            with pytest.raises(IndexIncompleteError, match="half-built"):
                open_index(path)
    build_index(path, BuildSettings(sources=[graph]))
    build_index(tmp_path / "whole", BuildSettings(sources=[graph]))
    assert content_of(path) == content_of(tmp_path / "whole")


def test_other_sources_in_the_same_directory_are_refused(index_dir: Path, tmp_path: Path, graph_folder: Path) -> None:
    copy, other = tmp_path / "index", tmp_path / "other"
    shutil.copytree(index_dir, copy)
    shutil.copytree(graph_folder, other)
    (other / "triples.csv").write_text("subject,predicate,object\nurn:Chad,urn:near,urn:Mali\n", "utf-8")
    with pytest.raises(IndexConflictError, match="its sources") as caught:
        build_index(copy, BuildSettings(sources=[other]))
    assert "\n" not in str(caught.value)
    assert read_manifest(copy) == read_manifest(index_dir)


def test_an_older_index_is_refused_with_the_command_that_builds_it_anew(
    index_dir: Path, tmp_path: Path, graph_folder: Path
) -> None:
    copy = tmp_path / "index"
    shutil.copytree(index_dir, copy)
    data = json.loads((copy / "index.json").read_text("utf-8"))
    (copy / "index.json").write_text(json.dumps(data | {"format_version": 1}), "utf-8")
    for use in (open_index, lambda path: build_index(path, BuildSettings(sources=[graph_folder]))):
        with pytest.raises(IndexVersionError, match=rf"format 1, expected 2.*build-kg-index {copy} .*--update"):
            use(copy)
    assert update_index(copy, BuildSettings(sources=[graph_folder])).manifest == read_manifest(index_dir)


def test_an_index_of_a_graph_by_another_version_says_so(index_dir: Path, tmp_path: Path, graph_folder: Path) -> None:
    copy = tmp_path / "index"
    shutil.copytree(index_dir, copy)
    with closing(sqlite3.connect(copy / "kg.sqlite")) as graph, graph:
        [settings] = graph.execute("SELECT source FROM build_step WHERE name = 'settings'").fetchone()
        older = json.dumps(json.loads(settings) | {"build_version": 1})
        graph.execute("UPDATE build_step SET source = ? WHERE name = 'settings'", (older,))
    with pytest.raises(IndexConflictError, match=r"another version of this program built it.*--update"):
        build_index(copy, BuildSettings(sources=[graph_folder]))
    with pytest.raises(IndexConflictError, match="its picture folder was another"):
        build_index(index_dir, BuildSettings(sources=[graph_folder], images_dir=tmp_path))


@pytest.mark.parametrize("mend", [build_index, update_index])
def test_an_image_index_that_was_cut_or_changed_is_refused_and_built_again(
    index_dir: Path, tmp_path: Path, graph_folder: Path, mend: Callable[..., object]
) -> None:
    copy = tmp_path / "index"
    shutil.copytree(index_dir, copy)
    content = (copy / "images.faiss").read_bytes()
    for damaged in (content[:-1], content[:-1] + b"x"):
        (copy / "images.faiss").write_bytes(damaged)
        with open_index(copy) as index, pytest.raises(ImageIndexError, match="build it again with build-kg-index"):
            _ = index.images
        mend(copy, BuildSettings(sources=[graph_folder]))
        assert content_of(copy) == content_of(index_dir)


@pytest.mark.parametrize("mend", [build_index, update_index])
def test_initials_that_were_cut_or_are_gone_are_said_and_made_anew(
    index_dir: Path, tmp_path: Path, graph_folder: Path, mend: Callable[..., object]
) -> None:
    copy = tmp_path / "index"
    shutil.copytree(index_dir, copy)
    initials = copy / "initials.npy"
    content = initials.read_bytes()
    for damaged in (content[:-1], b"", None):
        initials.unlink()
        if damaged is not None:
            initials.write_bytes(damaged)
        with open_index(copy) as index, pytest.raises(IndexIncompleteError, match=r"no whole initials\.npy"):
            _ = index.initials
        mend(copy, BuildSettings(sources=[graph_folder]))
        assert initials.read_bytes() == content


def test_no_index_and_half_an_index_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError, match="build-kg-index"):
        open_index(tmp_path / "nowhere")
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(IndexMissingError, match="not a folder"):
        open_index(file)
    (tmp_path / "kg.sqlite").touch()
    with pytest.raises(IndexIncompleteError, match="same build-kg-index command"):
        open_index(tmp_path)


@pytest.mark.parametrize("text", ['{"format_version": 99}', "{broken", "[]", "{}", '{"format_version": 2}'])
def test_another_version_is_refused(index_dir: Path, tmp_path: Path, text: str) -> None:
    copy = tmp_path / "index"
    shutil.copytree(index_dir, copy)
    (copy / "index.json").write_text(text, "utf-8")
    with pytest.raises(IndexVersionError, match="expected 2") as caught:
        open_index(copy)
    assert "\n" not in str(caught.value)


def test_another_encoder_is_refused(index_dir: Path, tmp_path: Path) -> None:
    copy = tmp_path / "index"
    shutil.copytree(index_dir, copy)
    data = json.loads((copy / "index.json").read_text("utf-8"))
    data["encoder"]["identity"] = "efficientnet-lite0-of-another-day"
    (copy / "index.json").write_text(json.dumps(data), "utf-8")
    with pytest.raises(EncoderMismatchError, match="another-day"):
        Pipeline.open(copy)
    with pytest.raises(IndexConflictError, match="another-day"):
        build_index(copy, BuildSettings(sources=[copy]))


def test_a_graph_without_pictures_is_an_index(tmp_path: Path) -> None:
    table = tmp_path / "entities.csv"
    table.write_text("iri,label,type\nurn:a,Alpha,ORG\n", "utf-8")
    manifest = build_index(tmp_path / "index", BuildSettings(sources=[table])).manifest
    assert manifest.images == {}
    with open_index(tmp_path / "index") as index:
        assert len(index.images) == 0


def test_the_disk_is_left_alone_by_reading(index_dir: Path, tmp_path: Path) -> None:
    copy = tmp_path / "index"
    shutil.copytree(index_dir, copy)
    before = {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in copy.iterdir()}
    time.sleep(0.01)
    with open_index(copy) as index:
        index.graph.find("Chad")
        index.images.search(np.ones((1, index.images.dimension), np.float32), 0.5)
    assert before == {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in copy.iterdir()}


def test_a_cache_that_cannot_be_kept_is_a_word_and_no_more(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    memory = Memory.open(blocked / "cache.sqlite")
    assert memory.problem is not None
    assert "nothing new is remembered" in memory.problem
    assert memory.recall(lambda cache: cache.pictures(["a"], "encoder")) == {}
    memory.close()
