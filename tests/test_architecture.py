"""The arrows of docs/architecture.md: who may import whom, and what may not be imported at start-up."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = {"kg", "vision", "ner", "linker", "scripts"}
MAY_IMPORT = {
    "kg": set(),
    "vision": set(),
    "ner": set(),
    "linker": {"kg", "vision", "ner"},
    "scripts": {"kg", "vision", "ner", "linker"},
}
HEAVY = {
    "torch",
    "torchvision",
    "transformers",
    "faiss",
    "PIL",
    "nltk",
    "networkx",
    "sqlite_utils",
    "rich",
    "numpy",
    "SPARQLWrapper",
    "httpx",
}


def imported_modules(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module, node.lineno


def python_files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_imports_only_the_rooms_it_may(room: str) -> None:
    allowed = MAY_IMPORT[room] | {room}
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in python_files(room)
        for module, line in imported_modules(path)
        if module.split(".")[0] in ROOMS - allowed
    ]
    assert wrong == []


@pytest.mark.parametrize("room", sorted(ROOMS - {"scripts"}))
def test_what_a_package_does_not_list_is_private(room: str) -> None:
    """Another room takes names from the package itself, not from its modules."""
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for other in sorted(ROOMS - {room})
        for path in python_files(other)
        for module, line in imported_modules(path)
        if module.startswith(f"{room}.")
    ]
    assert wrong == []


@pytest.mark.parametrize("room", sorted(ROOMS - {"scripts"}))
def test_every_public_name_can_be_had(room: str) -> None:
    package = __import__(room)
    missing = [name for name in package.__all__ if not hasattr(package, name)]
    assert package.__all__
    assert missing == []


@pytest.mark.parametrize(
    "module", ["kg", "vision", "ner", "linker", "kg.errors", "vision.errors", "ner.errors", "linker.errors"]
)
def test_nothing_heavy_is_imported_with_a_package(module: str) -> None:
    code = f"import sys, {module}; print(' '.join(sorted({{name.split('.')[0] for name in sys.modules}})))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(loaded.stdout.split()) & HEAVY == set()


def test_the_page_names_every_room_and_every_module() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    modules = [
        path.relative_to(ROOT / room).as_posix()
        for room in sorted(ROOMS)
        for path in python_files(room)
        if path.name != "__init__.py"
    ]
    missing = [name for name in modules if f"`{name}`" not in page]
    assert missing == []
