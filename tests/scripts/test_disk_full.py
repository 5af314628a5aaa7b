"""A disk that is full: one line, what is done is kept, and the same command goes on when there is room."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from index_content import content_of

Run = Callable[..., Result]
ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"

# It mounts a small disk that nobody else sees, and builds on it with ever less ballast beside the index.
_PROGRAM = """
import json, os, shutil, subprocess, sys
from pathlib import Path
from click.testing import CliRunner
from scripts.build_kg_index import main

disk, source, options = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)], check=True)
if (disk.parent / "old").exists():
    shutil.copytree(disk.parent / "old", disk / "index")
ballast, said = disk / "ballast", []
for step in range(60):
    room = int(6000 * 1.35 ** step)
    free = shutil.disk_usage(disk).free + (ballast.stat().st_size if ballast.exists() else 0)
    ballast.unlink(missing_ok=True)
    if free > room:
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, free - room)
    result = CliRunner().invoke(main, [str(disk / "index"), "--dump", source, *options])
    said.append((result.exit_code, result.stderr, repr(result.exception), (disk / "index" / "index.json").exists()))
    if result.exit_code == 0:
        break
shutil.copytree(disk / "index", disk.parent / "built")
print(json.dumps(said))
"""


def _build_on_a_full_disk(folder: Path, source: Path, *options: str) -> list[tuple[int, str, str, bool]]:
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    (folder / "disk").mkdir()
    try:
        subprocess.run([*alone, "mount", "-t", "tmpfs", "tmpfs", folder / "disk"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs a system where a process may mount a disk of its own (unshare, tmpfs)")
    command = [*alone, sys.executable, "-c", _PROGRAM, folder / "disk", source, *options]
    here = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=here, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said: list[tuple[int, str, str, bool]] = json.loads(done.stdout.splitlines()[-1])
    return said


def _assert_one_line(status: int, stderr: str, exception: str) -> None:
    assert status == 1, (stderr, exception)
    assert "Traceback" not in stderr
    last = stderr.splitlines()[-1]  # a slow machine says how far it is before
    assert last.startswith("error: the disk is full (")
    assert "free some space; the same command goes on where it was" in last


def test_a_build_says_so_and_goes_on_when_there_is_room(tmp_path: Path, index: Path) -> None:
    *full, last = _build_on_a_full_disk(tmp_path, EXAMPLES / "graph")
    assert last[0] == 0
    assert len(full) > 3
    for *said, is_whole in full:
        _assert_one_line(*said)
        assert not is_whole
    assert content_of(tmp_path / "built") == content_of(index)


def test_an_update_leaves_the_old_index_until_there_is_room(tmp_path: Path, index: Path, run: Run) -> None:
    shutil.copytree(EXAMPLES / "graph", tmp_path / "graph")
    with (tmp_path / "graph" / "triples.csv").open("a") as file:
        file.write("urn:x,urn:y,urn:z\n")
    shutil.copytree(index, tmp_path / "old")
    *full, last = _build_on_a_full_disk(tmp_path, tmp_path / "graph", "--update")
    assert last[0] == 0
    assert len(full) > 3
    for *said, is_whole in full:
        _assert_one_line(*said)
        assert is_whole
    assert run("build-kg-index", tmp_path / "fresh", "--dump", tmp_path / "graph").exit_code == 0
    assert content_of(tmp_path / "built") == content_of(tmp_path / "fresh")
