"""The arrows of docs/architecture.md: who may import whom, and what may not be imported at start-up."""

import ast
import runpy
import subprocess
import sys
from collections.abc import Container, Iterator
from pathlib import Path

import networkx
import pytest

ROOT = Path(__file__).parents[1]
ROOMS = {"kg", "vision", "ner", "linker", "kgmner", "scripts"}
MAY_IMPORT = {
    "kg": set(),
    "vision": set(),
    "ner": set(),
    "linker": {"kg", "vision", "ner"},
    "kgmner": {"linker"},
    "scripts": {"kg", "vision", "ner", "linker", "kgmner"},
}
HEAVY = {
    "torch",
    "torchvision",
    "transformers",
    "faiss",
    "PIL",
    "cv2",
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
    "module", ["kg", "vision", "ner", "linker", "kgmner", "kg.errors", "vision.errors", "ner.errors", "linker.errors"]
)
def test_nothing_heavy_is_imported_with_a_package(module: str) -> None:
    code = f"import sys, {module}; print(' '.join(sorted({{name.split('.')[0] for name in sys.modules}})))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(loaded.stdout.split()) & HEAVY == set()


def test_no_file_imports_itself_through_others() -> None:
    """No circle between files, wherever in a file its imports stand."""
    files = {_dotted(path): path for room in sorted(ROOMS) for path in python_files(room)}
    arrows = networkx.DiGraph(
        (module, target)
        for module, path in files.items()
        for target in _imported_files(module, path, files)
        if target != module
    )
    circles = [sorted(part) for part in networkx.strongly_connected_components(arrows) if len(part) > 1]
    assert circles == []


def test_the_table_of_modules_is_current() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    made = runpy.run_path(str(ROOT / "docs" / "make_module_table.py"))
    assert made["page_with"](made["module_table"](), page) == page, "run: python docs/make_module_table.py"


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _imported_files(module: str, path: Path, files: Container[str]) -> Iterator[str]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in files)
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1]) if node.level else ""
            source = ".".join(filter(None, (start, node.module)))
            names = [f"{source}.{name.name}" for name in node.names]
            yield from (name if name in files else source for name in names if name in files or source in files)
