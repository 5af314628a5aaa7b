"""Profiles by word vectors and by a sentence encoder: links of mel-context by five folds, and what each costs.

    python -m benchmarks.profile_encoders

For each: of the mentions that mean an entity of the graph, those that are linked to it, and those among them that are
parts of a name; the processor time of a text; and, for a file with 5.9 million entities (of random bytes), its size on
the disk and the memory that stays resident after the candidates of 20,000 mentions were looked up at random.
"""

import tempfile
import time
from hashlib import sha256
from pathlib import Path

import numpy as np

from benchmarks.link_figures import accuracy
from benchmarks.linking_sets import CANDIDATES, FOLDS
from benchmarks.options import take_no_options
from benchmarks.ranker_data import mel_cases
from benchmarks.ranker_fit import Weighted, design, fit
from benchmarks.train_ranker import judge
from linker.manifest import PROFILES, ProfilesRecord
from linker.profile_vectors import ProfileVectors
from linker.sentence_meanings import load_meanings
from linker.word_meanings import ENCODER, WORDS

ENTITIES, MENTIONS = 5_900_000, 20_000


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
        cases = list(mel_cases(meanings=meanings))
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
