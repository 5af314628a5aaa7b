"""The examples of docs/python.md, docs/results.md and the README run, on the index of the examples."""

import doctest
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OPTIONAL = ("pandas", "polars", "spacy")


def blocks(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: Path, images: Path) -> Path:
    """A folder with what the examples name, and the folder that they run in."""
    (tmp_path / "my-index").symlink_to(index)
    shutil.copy(images / "chad-flag.jpg", tmp_path / "flag.jpg")
    shutil.copy(images / "chad-drummer.jpg", tmp_path / "drummer.jpg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.parametrize("page", ["docs/python.md", "docs/results.md", "README.md"])
def test_the_examples_of_a_page_run(page: str) -> None:
    if find_spec("spacy"):
        import kgmner.spacy_pipe  # noqa: F401 - as an installed package does by its entry point
    if page == "docs/results.md":
        write_results()
    names: dict[str, object] = {}
    found = [block for block in blocks(page) if not any(f"import {name}" in block for name in missing())]
    if not found:
        pytest.skip(f"the examples need packages that are not installed: {', '.join(missing())}")
    for number, block in enumerate(found, 1):
        if not block.startswith(">>>"):
            exec(compile(block, f"{page}, block {number}", "exec"), names)
            continue
        test = doctest.DocTestParser().get_doctest(block, names, f"{page}, block {number}", page, 0)
        names = test.globs
        said: list[str] = []
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        runner.run(test, out=said.append, clear_globs=False)
        assert runner.failures == 0, "".join(said)


def missing() -> list[str]:
    return [name for name in OPTIONAL if find_spec(name) is None]


def write_results() -> None:
    """What link-and-tag writes as a table."""
    from click.testing import CliRunner

    from scripts.link_and_tag import main

    Path("posts.jsonl").write_text('{"id": 1, "text": "Chad looks great"}\n', "utf-8")
    told = CliRunner().invoke(main, ["my-index", "posts.jsonl", "-o", "results.csv", "--cache", "none"])
    assert told.exit_code == 0, told.output
