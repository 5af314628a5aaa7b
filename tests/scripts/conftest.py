"""A small index, built once, and the commands run in this process or as real ones."""

import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from browser_tab import CHROMIUM
from click.testing import CliRunner, Result

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"

Run = Callable[..., Result]


@pytest.fixture(scope="session")
def run() -> Run:
    """Run a command in this process: `run("link-and-tag", index, posts)`."""

    def run(command: str, *arguments: object, stdin: bytes | None = None) -> Result:
        main = import_module(f"scripts.{command.replace('-', '_')}").main
        return CliRunner().invoke(main, [str(a) for a in arguments], input=stdin, prog_name=command)

    return run


@pytest.fixture(scope="session", autouse=True)
def no_lines_of_progress() -> Iterator[None]:
    """A slow machine says nothing more than a fast one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scripts._progress._SECONDS_BETWEEN_LINES", math.inf)
        yield


@pytest.fixture(scope="session")
def start() -> Callable[..., subprocess.Popen[bytes]]:
    """Start a command as a process of its own."""

    def start(command: str, *arguments: object, **options: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen(command_line(command, arguments), env=environment(), stdout=-1, stderr=-1, **options)  # type: ignore[call-overload,no-any-return]

    return start


@pytest.fixture(scope="session")
def python() -> Callable[[str], str]:
    """Run a program in a fresh interpreter that finds this checkout; returns its output."""

    def python(program: str) -> str:
        command = [sys.executable, "-c", program]
        return subprocess.run(command, capture_output=True, text=True, env=environment(), check=True).stdout

    return python


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    """The index of the example graph; its cache is never written, tests that want one say --cache."""
    path = tmp_path_factory.mktemp("example") / "index"
    result = run("build-kg-index", path, "--dump", EXAMPLES / "graph")
    assert result.exit_code == 0, result.output
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, headless."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def posts() -> Path:
    """The example posts."""
    return EXAMPLES / "posts" / "posts.jsonl"


@pytest.fixture(scope="session")
def linked(tmp_path_factory: pytest.TempPathFactory, run: Run, index: Path, posts: Path) -> bytes:
    """What link-and-tag makes of the example posts."""
    out = tmp_path_factory.mktemp("linked") / "results.jsonl"
    result = run("link-and-tag", index, posts, "-o", out, "--cache", "none")
    assert result.exit_code == 0, result.output
    return out.read_bytes()


def command_line(command: str, arguments: Sequence[object]) -> list[str]:
    """A command as a module of this checkout, so that the tests need no installed entry points."""
    return [sys.executable, "-m", f"scripts.{command.replace('-', '_')}", *map(str, arguments)]


def environment() -> dict[str, str]:
    """The environment with this checkout in front."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "COLUMNS": "100"}
