"""Tweeki on DBpedia's 5.9 million names: posts a second. How good the links are, `benchmarks.tweeki_folds` prints.

    python -m benchmarks.tweeki_links

Posts a second with no profile known, with all of them in the file of the index (``build-kg-index --profiles words``),
and once more with what the process remembers of the first time.
"""

import time
from dataclasses import replace
from pathlib import Path

from benchmarks.options import take_no_options
from benchmarks.throughput import timed_run
from benchmarks.tweeki import read_tweeki, tweeki_index
from linker import BuildSettings, IndexManifest, Pipeline, Post, read_manifest
from linker.building import Builder
from linker.manifest import write_manifest
from linker.word_meanings import WORDS


def with_profiles(index: Path, bare: IndexManifest) -> IndexManifest:
    """What the index says of itself when its profiles are embedded; made once."""
    write_manifest(index, bare)
    start = time.process_time()
    made = Builder(index, BuildSettings(sources=[], profiles=WORDS), None).gain_profiles(bare)
    assert made.profiles is not None
    size = made.profiles.size_bytes / 1e6
    print(f"the profiles took {time.process_time() - start:.0f} s of processor time, {size:.0f} MB", flush=True)
    return made


def main() -> None:
    """Print the figures."""
    index = tweeki_index()
    bare = replace(read_manifest(index), profiles=None)
    for title, manifest in (("none known", bare), ("in the file", with_profiles(index, bare))):
        write_manifest(index, manifest)
        with Pipeline.open(index, keep_cache=False) as pipeline:
            posts = [Post(item.id, item.tokens) for item in read_tweeki(pipeline.index.graph)]
            pipeline.process([Post("warm", ("Warm", "up"))])
            for passed in ("", ", remembered"):
                print(f"profiles {title + passed:<28}{timed_run(pipeline, posts)[1]}", flush=True)


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
