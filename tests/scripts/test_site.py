"""The tutorial's commands run word for word, every page is on the site, and the site builds without a warning."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def test_every_command_of_the_tutorial_runs_as_it_stands(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    commands = tmp_path / "bin"
    commands.mkdir()
    for name in re.findall(r'^([a-z-]+) = "scripts\.', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE):
        file = commands / name
        file.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m scripts.{name.replace("-", "_")} "$@"\n')
        file.chmod(0o755)
    blocks = re.findall(r"^```bash\n(.*?)^```", (DOCS / "tutorial.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 6
    environment = {**os.environ, "PATH": f"{commands}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    said = []
    for block in blocks:
        told = subprocess.run(
            ["bash", "-euc", block], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert told.returncode == 0, block + told.stderr
        said.append(told.stdout)
    assert "also means" in said[1]
    assert "picture: Chad Smith: named in the text" in said[3]
    assert re.search(r"morning +│ shows", said[3])
    assert re.search(r"accuracy.*1\.000", said[4])
    assert (tmp_path / "mine" / "again.jsonl").is_file()


def test_every_page_is_in_the_navigation() -> None:
    listed = set(re.findall(r"[\w-]+\.md", (ROOT / "mkdocs.yml").read_text("utf-8")))
    assert {page.name for page in DOCS.glob("*.md")} == listed


def test_the_site_builds_without_a_warning_and_asks_nobody(tmp_path: Path) -> None:
    if not all(map(importlib.util.find_spec, ("mkdocs", "material", "mkdocstrings"))):
        pytest.skip("needs the extra docs")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "<h3" in (tmp_path / "python-reference" / "index.html").read_text("utf-8")
    fetched = re.compile(r"<(?:script|img|link rel=\"?(?:stylesheet|preconnect|preload))[^>]*\"https?://")
    assert [page for page in tmp_path.rglob("*.html") if fetched.search(page.read_text("utf-8"))] == []
