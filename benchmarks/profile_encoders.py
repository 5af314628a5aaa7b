"""Profiles by word vectors and by a sentence encoder: links of mel-context by five folds, and what each costs.

    python -m benchmarks.profile_encoders

For each: of the mentions that mean an entity of the graph, those that are linked to it, and those among them that are
parts of a name; the processor time of a text; and, for a file with 5.9 million entities (of random bytes), its size on
the disk and the memory that stays resident after the candidates of 20,000 mentions were looked up at random.
"""

import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np

from benchmarks.link_figures import accuracy
from benchmarks.linking_sets import (
    CANDIDATES,
    FOLDS,
    LINKING,
    folds_of,
    initials_of_graph,
    mel_graph,
    read_gold,
    to_link,
)
from benchmarks.options import take_no_options
from benchmarks.ranker_data import Case, form_of, is_removed
from benchmarks.ranker_fit import Weighted, design, fit
from benchmarks.train_ranker import judge
from kg import AliasIndex
from linker.manifest import PROFILES, ProfilesRecord
from linker.profile_vectors import ProfileVectors
from linker.ranking import LinkRanker
from linker.sentence_meanings import load_meanings
from linker.word_meanings import ENCODER, WORDS, WordMeanings

ENTITIES, MENTIONS = 5_900_000, 20_000


def cases_of(meanings: WordMeanings) -> Iterator[Case]:
    """The gold mentions of mel-context, with the graph as it is and without a third of the gold entities."""
    graph, posts = mel_graph(), read_gold(LINKING / "mel-context" / "posts.jsonl")
    aliases, initials, ranker = AliasIndex(graph), initials_of_graph(graph), LinkRanker(graph, meanings=meanings)
    removed = frozenset(iri for post in posts for iri in post.gold if iri and is_removed(iri))
    for post, fold in zip(posts, folds_of(posts), strict=True):
        for without in (frozenset[str](), removed):
            found = to_link(post, aliases, without=without, initials=initials)
            for row, (clues, nil), iri, mention, name in zip(
                found.matches, ranker.clues(found), post.gold, found.mentions, post.names, strict=True
            ):
                entities = tuple(match.entity.iri for match in row)
                right = entities.index(iri) if iri in entities else -1
                is_nil, form = iri is None or iri in without, form_of(mention.text, name)
                yield Case(clues, nil, right, is_nil, fold, form, bool(without), mention.text, entities)


def memory_of_file(dimension: int) -> tuple[float, float]:
    """The size of a file of profiles, and what is resident of it after look-ups, in MB."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / PROFILES
        rows = np.lib.format.open_memmap(path, mode="w+", dtype=np.int8, shape=(ENTITIES + 1, dimension))
        for start in range(0, len(rows), 100_000):
            part = rows[start : start + 100_000]
            part[:] = rng.integers(-127, 128, part.shape, dtype=np.int8)
        del rows, part
        size = path.stat().st_size
        record = ProfilesRecord("random", "random", dimension, size, sha256().hexdigest())
        vectors, most = ProfileVectors.open(Path(folder), record), 0
        for _ in range(MENTIONS):
            vectors.vectors(rng.integers(1, ENTITIES + 1, CANDIDATES).tolist())
            most = max(most, resident_bytes())
    return size / 1e6, most / 1e6


def resident_bytes() -> int:
    """How much of mapped files is resident in this process (Linux)."""
    status = Path("/proc/self/status").read_text("utf-8")
    return 1024 * int(next(line for line in status.splitlines() if line.startswith("RssFile")).split()[1])


def main() -> None:
    """Print the table."""
    print(f"{'profiles by':<20}{'right':>8}{'parts':>8}{'always linked':>15}{'parts':>8}{'ms a text':>11}", flush=True)
    for name in (WORDS, ENCODER):
        meanings = load_meanings(name, device="cpu")
        cases = list(cases_of(meanings))
        rankers = [fit(design([Weighted([case for case in cases if case.fold != fold], 1.0)])) for fold in range(FOLDS)]
        judged = [(case, row) for case, row in judge(rankers, cases) if not case.removed]
        texts = [case.mention.split() * 10 for case in cases[:500]]
        start = time.process_time()
        meanings.texts(texts)
        cost = (time.process_time() - start) / len(texts) * 1000
        row = [accuracy(judged, always=always, form=form) for always in (False, True) for form in (None, "part")]
        print(f"{name:<20}{row[0]:>8.4f}{row[1]:>8.4f}{row[2]:>15.4f}{row[3]:>8.4f}{cost:>11.3f}", flush=True)
    before = resident_bytes() / 1e6
    for name in (WORDS, ENCODER):
        size, resident = memory_of_file(load_meanings(name, device="cpu").dimension)
        print(
            f"{name}: {ENTITIES:,} entities: {size:,.0f} MB on the disk, {resident - before:,.0f} MB resident at most"
        )


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
