"""Writes the table of modules in docs/architecture.md, from the first sentence of each module's docstring.

python docs/make_module_table.py
"""

import ast
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
ROOMS = {
    "kg": "the graph: SQLite store, sources, names, hops, knowledge cache. Knows no tensor.",
    "vision": "pictures to numbers: safe loading, encoders, the entity-image index. Knows no entity.",
    "ner": "text to tags: tokens, formats, the [taggers](taggers.md), training, evaluation. Knows no graph.",
    "linker": "posts to results: mentions, candidates, the pictured entity, the decision, the index directory.",
    "kgmner": "the face for Python: a text in, a document or a data frame out; spaCy. A thin layer over linker.",
    "scripts": "the commands: parse, call, print.",
}
START, END = "<!-- made by docs/make_module_table.py -->\n", "<!-- end of what is made -->\n"


def module_table() -> str:
    """The sections of all rooms, a table each."""
    return "\n".join(_section(room, title) for room, title in ROOMS.items())


def page_with(table: str, page: str) -> str:
    """A page whose part between the two marks is replaced by a table."""
    before, rest = page.split(START)
    return f"{before}{START}\n{table}\n{END}{rest.split(END)[1]}"


def _section(room: str, title: str) -> str:
    lines = [f"### `{room}/`: {title}", "", "| module | is about |", "|---|---|"]
    folder = ROOT / room
    files = sorted(folder.rglob("*.py"), key=lambda path: (len(path.relative_to(folder).parts) > 1, str(path)))
    for package, paths in groupby(files, key=lambda path: path.parent):
        for path in sorted(paths, key=lambda path: (path.name != "__init__.py", path.name)):
            name = path.relative_to(folder).as_posix()
            if path.name == "__init__.py":
                if package != folder:
                    lines.append(f"| **`{package.relative_to(folder).as_posix()}/`** | **{_first_sentence(path)}** |")
            else:
                lines.append(f"| `{name}` | {_first_sentence(path)} |")
    return "\n".join(lines) + "\n"


def _first_sentence(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    paragraph = " ".join(text.split("\n\n")[0].split())
    return paragraph.removesuffix(".").replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page_with(module_table(), PAGE.read_text("utf-8")), "utf-8")
    print(f"{PAGE.relative_to(ROOT)}: written")
