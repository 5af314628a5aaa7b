"""Mutated tables of a graph: no traceback, and each row's entity in the graph or its line kept as rejected.

``python -m benchmarks.fuzz_tables [LINES] [SEED]`` builds graphs from so many lines (30,000), in tables of some hundred
lines of which each is changed in some places.
"""

import json
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import click

from benchmarks.fuzz_posts import PIECES
from kg import Graph, KgError, build_graph

LINES_OF_A_TABLE = 300
_SHORT = [piece for piece in PIECES if len(piece) < 99]  # of a rejected line, 200 letters are kept
_TEXTS = (
    "SELECT iri FROM entity", "SELECT label FROM entity", "SELECT text FROM alias", "SELECT value FROM literal",
    "SELECT text FROM rejected", "SELECT iri FROM class", "SELECT source FROM image", "SELECT iri FROM predicate",
)  # fmt: skip


def _object(number: int) -> dict[str, object]:
    return {"iri": f"http://e/{number}.", "label": f"Näme {number}", "aliases": ["x"], "type": "LOC"}


FORMS: dict[str, tuple[str, Callable[[int], str], str]] = {
    "csv": ("iri,label,type,description", lambda n: f'http://e/{n}.,"Name, {n}",LOC,"a ""text"" {n}"', ""),
    "semicolons": ("iri;label;type", lambda n: f"http://e/{n}.;Name {n};PER", ""),
    "tsv": ("iri\tlabel\ttype", lambda n: f'http://e/{n}.\t"Name" {n}\tORG', ""),
    "triples": ("subject,predicate,object", lambda n: f"http://e/{n}.,http://e/p,http://e/{n + 1}.", ""),
    "headerless triples": ("http://e/0.\thttp://e/p\thttp://e/1.", lambda n: f"<http://e/{n}.>\thttp://e/p\ttext", ""),
    "JSON lines": (json.dumps(_object(0)), lambda n: json.dumps(_object(n), ensure_ascii=False), ""),
    "JSON array": ("[" + json.dumps(_object(0)), lambda n: "," + json.dumps(_object(n)), "]"),
}


def mutated(form: str, source: random.Random) -> bytes:
    """A table, half of whose lines have pieces put in; of headerless triples fewer, as they are told by most lines."""
    header, row, end = FORMS[form]
    lines = [header]
    for number in range(1, LINES_OF_A_TABLE):
        line = row(number)
        for _ in range(source.choice([0] * (60 if "headerless" in form else 3) + [1, 1, 3])):
            at = source.randrange(len(line) + 1)
            line = line[:at] + source.choice(_SHORT) + line[at + source.choice([0, 0, 1, 4]) :]
        lines.append(line)
    text = "\n".join([*lines, end])
    return text.encode(source.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16"]), "surrogatepass")


def check(path: Path, data: bytes) -> Counter[str]:
    """Build a graph from a table, and see that no IRI that the table has is lost; what came of it.

    Raises:
        AssertionError: One is in no text of the graph, and in no line that is kept as rejected.
    """
    path.write_bytes(data)
    graph_file = path.with_name("kg.sqlite")
    graph_file.unlink(missing_ok=True)
    try:
        report = build_graph(graph_file, sources=[path])
    except KgError as error:
        assert "\n" not in str(error), str(error)
        return Counter({"tables named": 1})
    with Graph.open(graph_file) as graph:
        found = "\n".join(str(text) for query in _TEXTS for (text,) in graph.connection.execute(query))
    written = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")
    iris = re.findall(r"http://e/\d+\.(?=[\s,;\">])", written)
    lost = [iri for iri in iris if iri not in found]
    assert not lost, f"lost: {lost}"
    [source] = report.sources
    return Counter({"tables": 1, "records": source.records, "rejected": source.rejected})


@click.command()
@click.argument("lines", type=int, default=30_000)
@click.argument("seed", type=int, default=0)
def main(lines: int, seed: int) -> None:
    """Build graphs from mutated tables, and say what came of them."""
    source, found = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        while found["lines"] < lines:
            form = source.choice(sorted(FORMS))
            data = mutated(form, source)
            found["lines"] += LINES_OF_A_TABLE
            try:
                found += check(Path(folder) / "table", data)
            except Exception:
                Path("fuzzed-table").write_bytes(data)
                sys.stderr.write(f"seed {seed}, line {found['lines']:,}, {form}: the table is in ./fuzzed-table\n")
                raise
    click.echo(", ".join(f"{count:,} {what}" for what, count in found.items()))


if __name__ == "__main__":
    main()
