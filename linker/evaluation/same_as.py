"""One name for each entity: IRIs that a file or an index says are the same."""

import csv
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from kg import Graph, plain_iri
from linker.errors import LinkerError
from linker.evaluation.annotations import Problems, add_problem
from linker.manifest import GRAPH

SAME_AS = "http://www.w3.org/2002/07/owl#sameAs"

_SAME = "SELECT e.iri, s.iri FROM same_as s JOIN entity e ON e.id = s.entity"
_NUMBER = re.compile(r"\s*Q[1-9]\d*\s*")


def read_same_as(path: Path, wanted: Collection[str], problems: Problems) -> dict[str, str]:
    """Read which IRIs mean the same entity.

    Args:
        path: An index, whose graph knows what others call its entities; or a file with two IRIs a line, as
            CSV or TSV, or N-Triples with ``owl:sameAs``; compressed ones are unpacked.
        wanted: The IRIs that matter. Pairs of two others are passed over, so that a large file costs no memory.
        problems: Is told which lines are not two IRIs.

    Returns:
        For each IRI that has others beside it the first of them all, in the order of the alphabet.

    Raises:
        LinkerError: The file is damaged, is not text, or holds no pair at all.
        FormatError: The file cannot be read.
    """
    from networkx.utils import UnionFind

    same: Any = UnionFind()
    pairs = 0
    for one, other in _pairs(path, problems):
        pairs += 1
        if one in wanted or other in wanted:
            same.union(one, other)
    if not pairs:
        raise LinkerError(
            f"--same-as {path} holds no pair of IRIs: expected two columns, N-Triples with owl:sameAs, or an"
            " index whose sources told them"
        )
    return {iri: first for group, first in ((group, min(group)) for group in same.to_sets()) for iri in group}


def _pairs(path: Path, problems: Problems) -> Iterator[tuple[str, str]]:
    if path.is_dir():
        with Graph.open(path / GRAPH) as graph:
            for one, other in graph.connection.execute(_SAME):
                yield plain_iri(one), plain_iri(other)
        return
    from ner import TextFile, is_text

    with TextFile(path) as file:
        for number, line in file.lines():
            if not is_text(line):
                raise LinkerError(f"--same-as {path}: line {number} is not UTF-8: expected text, packed or not")
            if not line.strip() or line.startswith("#"):
                continue
            pair = _triple(line) if line.lstrip().startswith("<") else _row(line)
            if pair is not None:
                yield plain_iri(pair[0]), plain_iri(pair[1])
            elif number > 1 or line.startswith("<"):  # the first row may name the columns
                add_problem(
                    problems, "--same-as: lines that are not two IRIs (not used)", f"line {number}: {line[:60]!r}"
                )
        if file.damage:
            raise LinkerError(f"--same-as {path}: {file.damage}")


def _triple(line: str) -> tuple[str, str] | None:
    from pyoxigraph import NamedNode, RdfFormat, parse

    try:
        [triple] = parse(line, RdfFormat.N_TRIPLES)
    except (SyntaxError, ValueError):
        return None
    if triple.predicate.value != SAME_AS or not isinstance(triple.object, NamedNode):
        return None
    return triple.subject.value, triple.object.value


def _row(line: str) -> tuple[str, str] | None:
    try:
        cells = next(csv.reader([line], delimiter="\t" if "\t" in line else ","))
    except csv.Error:
        return None
    is_pair = len(cells) == 2 and all(":" in cell or _NUMBER.fullmatch(cell) for cell in cells)
    return (cells[0], cells[1]) if is_pair else None
