"""Fuzzy candidates among DBpedia's 5.9 million titles: how fast, how complete, and what they cost.

python -m benchmarks.candidates

The graph is made of all titles (see benchmarks.titles) as entities, with types and priors drawn at random, and of all
redirects as aliases; its names are filled in by the steps of a build. 2,000 noisy mentions (see benchmarks.noise) are
then looked up in a process of their own, one at a time.

Recall is that of the best ten entities against a search through every name with the scorer of `kg.names.fuzzy`, on the
first mentions of each kind of noise. An entity counts as found if it was returned, or if another one was returned with
the same fuzzy score, weight and prior.
"""

import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

from benchmarks import lookups
from benchmarks.noise import NOISES, noisy_mentions
from benchmarks.options import take_no_options
from benchmarks.sample import WORK
from benchmarks.titles import read_redirects, titles
from kg import AliasIndex, AliasMatch, Graph, normal_form
from kg.names.fuzzy import Query, likenesses
from kg.names.index import fill_names
from kg.names.normal import squash
from kg.schema import create_indexes, create_tables, open_for_building, transaction

GRAPH = WORK / "names" / "kg.sqlite"
MENTIONS, SEED, LIMIT = 2000, 5, 10
SEARCHED = int(os.environ.get("KGMNER_BENCH_SEARCHED", "200"))
EXTRACTED = 24
_TYPES = (("PER", 30), ("LOC", 15), ("ORG", 7), ("OTHER", 18), (None, 30))


def make_graph(path: Path) -> None:
    """Make the graph, and print what its names took."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    connection = open_for_building(path)
    create_tables(connection)
    _fill_entities(connection)
    seconds = {}
    before = lookups.memory_mb("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the most memory is counted from here on
    steps = {"names": lambda: _fill_names(connection), "indexes": lambda: create_indexes(connection)}
    for name, step in steps.items():
        start, cpu = time.perf_counter(), time.process_time()
        step()
        seconds[name] = time.perf_counter() - start, time.process_time() - cpu
    most = lookups.memory_mb("VmHWM")
    connection.execute("DROP TABLE stage_given_name")
    connection.execute("ANALYZE")
    connection.execute("PRAGMA journal_mode = DELETE")
    names = connection.execute("SELECT count(*) FROM alias").fetchone()[0]
    connection.close()
    print(f"{names:,} names of {_count_lines(titles()):,} entities; the file takes {path.stat().st_size / 1e9:.2f} GB")
    for name, (wall, cpu) in seconds.items():
        print(f"  {name:<10}{wall / names * 1e6:>6.2f} us a name by the clock, {cpu / names * 1e6:.2f} of a core")
    print(f"  most memory meanwhile: {most:.0f} MB, of which {before:.0f} MB were taken before")


def _fill_names(connection: sqlite3.Connection) -> None:
    labels = connection.execute("SELECT id, label, type FROM entity ORDER BY id")
    given = connection.execute("SELECT entity, text, kind, weight FROM stage_given_name ORDER BY entity")
    with closing(labels), closing(given), transaction(connection):
        fill_names(connection, labels, given)


def _fill_entities(connection: sqlite3.Connection) -> None:
    chance = random.Random(SEED)
    kinds, shares = zip(*_TYPES, strict=True)
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO entity (iri, label, type, prior) VALUES (?, ?, ?, ?)",
        (
            (
                f"http://dbpedia.org/resource/{title}",
                title.replace("_", " "),
                chance.choices(kinds, shares)[0],
                int(chance.paretovariate(1)),
            )
            for title in _lines(titles())
        ),
    )
    connection.execute("CREATE TEMP TABLE redirect (title TEXT, target TEXT)")
    connection.executemany("INSERT INTO redirect VALUES (?, 'http://dbpedia.org/resource/' || ?)", read_redirects())
    connection.execute(
        "CREATE TABLE stage_given_name AS SELECT e.id AS entity, replace(r.title, '_', ' ') AS text,"
        " 'redirect' AS kind, 0.85 AS weight FROM redirect r JOIN entity e ON e.iri = r.target"
    )
    connection.execute("COMMIT")


def measure_look_ups() -> float:
    """Print times and memory of the look-ups; return the mean time."""
    given = json.dumps([str(GRAPH), LIMIT, [mention for _, mention in _mentions()]])
    command = [sys.executable, "-m", "benchmarks.lookups"]
    done = subprocess.run(command, input=given, stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout)
    seconds: list[float] = found["seconds"]
    ordered = sorted(seconds)
    print(f"{'opening the graph and its names':<50}{found['opened'] * 1e3:>8.1f} ms   (target: 200)")
    print(f"{'candidates, p50':<50}{ordered[len(ordered) // 2] * 1e3:>8.2f} ms   (target: 2)")
    print(f"{'candidates, p99':<50}{ordered[len(ordered) * 99 // 100] * 1e3:>8.2f} ms   (target: 20)")
    print(f"{'candidates, slowest and mean':<50}{ordered[-1] * 1e3:>8.2f} ms, {statistics.mean(ordered) * 1e3:.2f} ms")
    for place, noise in enumerate(NOISES):
        some = sorted(seconds[place :: len(NOISES)])
        tail = some[len(some) * 99 // 100] * 1e3
        print(f"  {noise.__name__:<48}{some[len(some) // 2] * 1e3:>8.2f} ms, p99 {tail:.2f}")
    resident, most = found["resident"], found["most"]
    print(f"{'memory: resident after the look-ups, and at most':<50}{resident:>8.0f} MB, {most:.0f}   (target: 500)")
    print(f"{'heavy modules that were imported':<50}{', '.join(found['heavy']) or 'none':>8}")
    return statistics.mean(ordered)


def measure_recall(graph: Graph, names: Sequence[str]) -> None:
    """Print how much is found of what a search through all names finds."""
    index, squashed = AliasIndex(graph), [squash(name) for name in names]
    found = dict.fromkeys((noise.__name__ for noise in NOISES), 0)
    there = dict(found)
    for kind, mention in _mentions()[:SEARCHED]:
        expected = search_all(index, mention, names, squashed)
        got = index.candidates(mention, limit=LIMIT)
        ids, ranks = {match.entity.id for match in got}, {_worth(match) for match in got}
        hits = sum(match.entity.id in ids or _worth(match) in ranks for match in expected)
        if hits < len(expected):
            missed = [match for match in expected if match.entity.id not in ids and _worth(match) not in ranks]
            print(f"  missed for {mention!r}: {[(match.alias, round(match.fuzzy, 4)) for match in missed]}")
        found[kind] += hits
        there[kind] += len(expected)
    print(f"{f'recall@10, {SEARCHED} mentions':<50}{sum(found.values()) / sum(there.values()):>8.4f}   (target: 0.99)")
    for kind in found:
        print(f"  {kind:<48}{found[kind] / max(1, there[kind]):>8.4f}   of {there[kind]}")


def search_all(index: AliasIndex, mention: str, names: Sequence[str], squashed: Sequence[str]) -> list[AliasMatch]:
    """Return the best entities after scoring every name that could score at all: no index of ours proposes them."""
    query = Query.of(mention)
    if not query.variants:
        return []
    alike = set(query.exact)
    for spelling, _ in query.variants:
        # likenesses() allows two edits at most.
        near = process.extract(spelling, squashed, scorer=OSA.distance, score_cutoff=2, limit=None)
        alike.update(names[place] for _, _, place in near)
    for words, _ in query.readings:
        alike.update(name for name in names if words[0] in name)
    ordered = sorted(alike)
    scores = {name: score for name, score in zip(ordered, likenesses(query, ordered), strict=True) if score >= 0.8}
    best: dict[int, AliasMatch] = {}
    for normal, matches in index.lookup(_best(scores)).items():
        for match in matches:
            scored = AliasMatch(match.entity, match.alias, match.kind, match.weight, scores[normal])
            if match.entity.id not in best or _rank(scored) < _rank(best[match.entity.id]):
                best[match.entity.id] = scored
    return sorted(best.values(), key=_rank)[:LIMIT]


def _best(scores: dict[str, float], most: int = 200) -> list[str]:
    """Leave out names that cannot be among the best: an entity has not two hundred that are better."""
    ranked = sorted(scores, key=lambda name: -scores[name])
    least = scores[ranked[most]] if len(ranked) > most else 0.0
    return [name for name in ranked if scores[name] >= least]


def measure_extract(names: Sequence[str], mean: float) -> None:
    """Print how much longer rapidfuzz takes over the whole list than our look-ups did in a process of their own."""
    mentions = [normal_form(mention) for _, mention in _mentions()[:EXTRACTED]]
    for title, count, options in (
        ("process.extract with its own scorer, WRatio", 4, {}),
        ("process.extract with OSA.normalized_similarity", EXTRACTED, {"scorer": OSA.normalized_similarity}),
    ):
        start = time.perf_counter()
        for mention in mentions[:count]:
            process.extract(mention, names, limit=LIMIT, **options)
        each = (time.perf_counter() - start) / count
        ratio = f"{each / mean:,.0f} times our mean, {count} mentions"
        print(f"{title:<50}{each:>8.2f} s, {ratio}   (expected: over 1,000)")


def _worth(match: AliasMatch) -> tuple[float, float, float]:
    return match.fuzzy, match.weight, match.entity.prior


def _rank(match: AliasMatch) -> tuple[float, float, float, int]:
    return -match.fuzzy, -match.weight, -match.entity.prior, match.entity.id


def _mentions() -> list[tuple[str, str]]:
    return noisy_mentions([line.replace("_", " ") for line in _lines(titles())], MENTIONS, SEED)


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield line.rstrip("\n")


def _count_lines(path: Path) -> int:
    return sum(1 for _ in _lines(path))


def main() -> None:
    """Build the graph anew and print every figure with its target."""
    make_graph(GRAPH)
    mean = measure_look_ups()
    with Graph.open(GRAPH) as graph:
        names = [name for (name,) in graph.connection.execute("SELECT DISTINCT normal FROM alias ORDER BY normal")]
        print(f"{len(names):,} different normal forms")
        measure_recall(graph, names)
        measure_extract(names, mean)


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
