"""Names counted from made-up texts of links, against as many redirects: are candidates found as fast, what is built.

python -m benchmarks.anchor_names --names 500000

Half of the names are labels, the other half are redirects in one graph, and in the other texts of links that come three
times each, in DBpedia's own form and in the order of the texts. Both graphs are built by `build_graph`; then the same
mentions, names with a letter too many, too few or exchanged, are looked up in both by turns.
"""

import argparse
import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from kg import AliasIndex, Graph, build_graph

SEED, MENTIONS = 16, 400
_RESOURCE = "http://dbpedia.org/resource/"
_LABEL, _LINKED = "http://www.w3.org/2000/01/rdf-schema#label", "http://lexvo.org/ontology#label"
_REDIRECTS = "http://dbpedia.org/ontology/wikiPageRedirects"
_SYLLABLES = [
    first + second + third for first in "bdfgklmnprstvz" for second in "aeiou" for third in ("", "n", "r", "s")
]


def main() -> None:
    """Print sizes, rates and times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=int, default=500_000)
    parser.add_argument("--folder", type=Path, help="where the graphs are made; a temporary folder if it is left out")
    options = parser.parse_args()
    with TemporaryDirectory(dir=options.folder) as folder:
        _compare(Path(folder), options.names // 2)


def _compare(folder: Path, count: int) -> None:
    chance = random.Random(SEED)
    labels, others = (list(_names(chance, count)) for _ in range(2))
    files = {name: folder / f"{name}.ttl" for name in ("labels", "redirects", "anchors")}
    with files["labels"].open("w") as file:
        file.writelines(f'<{_RESOURCE}E{n}> <{_LABEL}> "{label}"@en .\n' for n, label in enumerate(labels))
    with files["redirects"].open("w") as file:
        for n, name in enumerate(others):
            file.write(f"<{_RESOURCE}{name.replace(' ', '_')}> <{_REDIRECTS}> <{_RESOURCE}E{n}> .\n")
    with files["anchors"].open("w") as file:
        for _ in range(3):
            file.writelines(f'<{_RESOURCE}E{n}> <{_LINKED}> "{name}"@en .\n' for n, name in enumerate(others))
    mentions = [_mistyped(chance, name) for name in chance.sample(labels + others, MENTIONS)]
    graphs = {}
    for kind in ("redirects", "anchors"):
        start = time.perf_counter()
        build_graph(folder / kind / "kg.sqlite", sources=[files["labels"], files[kind]])
        graphs[kind] = Graph.open(folder / kind / "kg.sqlite")
        counts = graphs[kind].counts()
        [(counted,)] = graphs[kind].connection.execute("SELECT count(*) FROM name_count").fetchall()
        seconds, size = time.perf_counter() - start, (folder / kind / "kg.sqlite").stat().st_size
        print(f"{kind}: {counts['alias']:,} names, {counted:,} counted; built in {seconds:.0f} s, {size / 1e6:.0f} MB")
    taken: dict[str, list[float]] = {kind: [] for kind in graphs}
    indexes = {kind: AliasIndex(graph) for kind, graph in graphs.items()}
    for mention in mentions:
        for kind, index in indexes.items():
            start = time.perf_counter()
            index.candidates(mention)
            taken[kind].append(time.perf_counter() - start)
    for kind, seconds_each in taken.items():
        ordered = sorted(seconds_each)
        p50, p99 = (ordered[len(ordered) * part // 100] * 1e3 for part in (50, 99))
        print(f"{kind}: candidates p50 {p50:.2f} ms, p99 {p99:.2f} ms, mean {statistics.mean(ordered) * 1e3:.2f} ms")
    print(f"anchors / redirects, mean: {statistics.mean(taken['anchors']) / statistics.mean(taken['redirects']):.2f}")
    for graph in graphs.values():
        graph.close()


def _names(chance: random.Random, count: int) -> Iterator[str]:
    for _ in range(count):
        words = ("".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))) for _ in range(chance.randint(1, 3)))
        yield " ".join(words).title()


def _mistyped(chance: random.Random, name: str) -> str:
    place = chance.randrange(len(name))
    return name[:place] + chance.choice(["", "x", "xx"]) + name[place + 1 :]


if __name__ == "__main__":
    main()
