"""What every command knows: its version, quiet and verbose, completion; and what it says to a person."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]
ROOT = Path(__file__).parents[2]
COMMANDS = (
    *("build-kg-index", "link-and-tag", "kgmner-report", "kg-cache", "train-tagger", "evaluate-tagger"),
    *("evaluate-links", "kgmner-serve"),
)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_version(run: Run, command: str) -> None:
    told = run(command, "--version")
    assert told.exit_code == 0
    assert re.fullmatch(rf"{command} (\d+\.\d+\.\d+\S*|unknown)\n", told.stdout)


def test_quiet_says_errors_only(run: Run, tmp_path: Path, index: Path) -> None:
    posts = tmp_path / "posts.jsonl"
    posts.write_text('{"id": 1, "text": "Chad"}\nno post\n', "utf-8")
    asked = ("link-and-tag", index, posts, "--cache", "none")
    loud, quiet = run(*asked), run(*asked, "--quiet")
    assert "1 line skipped" in loud.stderr
    assert (quiet.exit_code, quiet.stderr, quiet.stdout) == (0, "", loud.stdout)
    told = run("link-and-tag", tmp_path, posts, "-q")
    assert (told.exit_code, told.stderr.count("\n")) == (1, 1)
    assert told.stderr.startswith("error: ")


def test_verbose_says_how_long_it_took_and_where_an_error_came_from(run: Run, tmp_path: Path, index: Path) -> None:
    told = run("kg-cache", index, "stats", "--verbose")
    assert told.exit_code == 0
    assert re.fullmatch(r"kg-cache took \d+\.\d s\n", told.stderr)
    told = run("kg-cache", "-v", tmp_path / "none", "stats")
    assert told.exit_code == 1
    assert "Traceback" in told.stderr
    assert "read_manifest" in told.stderr
    assert told.stderr.splitlines()[-1].startswith("error: ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_options(shell: str) -> None:
    """As docs/commands.md says how to set it up."""
    name = "_LINK_AND_TAG_COMPLETE"
    assert f"{name}={shell}_source link-and-tag" in (ROOT / "docs" / "make_reference.py").read_text("utf-8")
    program = "from scripts.link_and_tag import main; main(prog_name='link-and-tag')"
    asked = {"COMP_WORDS": "link-and-tag --thr", "COMP_CWORD": "1" if shell != "fish" else "--thr"}
    environment = {**os.environ, **asked, "PYTHONPATH": str(ROOT), name: f"{shell}_complete"}
    told = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert "--threshold" in told.stdout, told.stderr


@pytest.mark.skipif(os.name != "posix", reason="needs a terminal of its own")
def test_a_text_on_a_terminal_is_answered_for_people(tmp_path: Path, index: Path) -> None:
    """With a file to write too, and a picture that is not there."""
    import pty

    out, (ours, theirs) = tmp_path / "out.jsonl", pty.openpty()
    given = ("--text", "Chad looks great", "--image", "nowhere.jpg", "--cache", "none", "--explain", "-o", str(out))
    command = [sys.executable, "-m", "scripts.link_and_tag", str(index), *given]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "dumb", "COLUMNS": "100"}
    told = subprocess.run(command, env=environment, stdout=theirs, stderr=subprocess.PIPE, check=False)
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert told.returncode == 0, told.stderr
    assert "Chad looks great" in shown
    assert "→ Chad " in shown
    assert "the name is Chad, to the letter" in shown
    assert "picture not used: no such file" in shown
    assert json.loads(out.read_text("utf-8"))["mentions"][0]["why"]


def test_a_missing_file_of_pictures_is_named_and_made_again(run: Run, tmp_path: Path, index: Path) -> None:
    broken = shutil.copytree(index, tmp_path / "index")
    (broken / "images.faiss").unlink()
    told = run("link-and-tag", broken, "--text", "Chad", "--cache", "none")
    assert (told.exit_code, told.stderr.count("\n")) == (1, 1)
    assert "has index.json but no images.faiss" in told.stderr
    assert "run the same build-kg-index command again" in told.stderr
    assert run("build-kg-index", broken, "--dump", ROOT / "examples" / "graph").exit_code == 0
    assert (broken / "images.faiss").read_bytes() == (index / "images.faiss").read_bytes()


def test_what_has_no_line_has_no_line_0(run: Run, tmp_path: Path, index: Path) -> None:
    told = run("link-and-tag", index, "--text", "Chad", "--image", "a\0b", "--cache", "none")
    assert "image has a NUL character" in told.output
    assert "line 0" not in told.output


def test_letters_that_a_terminal_or_a_mail_of_cron_does_not_know(index: Path) -> None:
    """What goes to a file or a pipe is UTF-8, in whatever locale."""
    query = "select 'Müller 北京 😀' as name"
    command = [sys.executable, "-m", "scripts.kg_cache", str(index), "sql", query]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "latin-1"}
    for options in ([], ["--json"]):
        told = subprocess.run([*command, *options], env=environment, capture_output=True, check=False)
        assert told.returncode == 0, told.stderr
        assert "Müller 北京 😀" in told.stdout.decode("utf-8")
