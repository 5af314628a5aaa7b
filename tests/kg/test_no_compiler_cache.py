"""Names are filled in for a user who may write neither beside the code nor in a home folder."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOBODY = "65534"
FILL_NAMES = """
import sqlite3
from kg.names.index import fill_names
from kg.schema import create_tables

graph = sqlite3.connect(":memory:", isolation_level=None)
create_tables(graph)
fill_names(graph, [(1, "Chad", "LOC"), (2, "Kobe Bryant", "PER")], [])
print(graph.execute("SELECT sum(count) FROM alias_segment").fetchone()[0])
"""


@pytest.fixture
def house() -> Iterator[Path]:
    """A copy of the code that nobody may write to, as an administrator installs it."""
    folder = Path(tempfile.mkdtemp())
    shutil.copytree(ROOT / "kg", folder / "kg", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield folder
    for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        path.chmod(0o755)
    shutil.rmtree(folder)


def test_no_folder_for_machine_code_is_needed(house: Path) -> None:
    command = [sys.executable]
    if os.geteuid() == 0:  # the modes of files do not bind root
        if shutil.which("setpriv") is None:
            pytest.skip("needs setpriv to run as another user")
        command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", sys.executable]
    environment = {"HOME": "/nonexistent", "PATH": os.environ["PATH"], "PYTHONPATH": str(house)}
    probe = subprocess.run([*command, "-c", "import numba"], cwd=house, env=environment, capture_output=True)
    if probe.returncode:
        pytest.skip("another user may not read the installed packages")
    done = subprocess.run([*command, "-c", FILL_NAMES], cwd=house, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == "5"  # the segments of both names
    assert not list(house.rglob("*.nbi"))
