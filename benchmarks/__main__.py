"""Run every benchmark that the machine has the data for: `make bench`."""

import importlib
import sys

from benchmarks.sample import SAMPLE

BENCHMARKS = {
    "benchmarks.linking": "the pictured entity and the links on kg-sample/posts",
    "benchmarks.other_linkers": "the links of KORE50, RSS-500 and OKE 2015, beside ten published linkers",
    "benchmarks.titles": "the titles of DBpedia, made once for the benchmarks at its size",
    "benchmarks.loading": "dumps to SQLite, beside oxigraph load",
    "benchmarks.candidates": "fuzzy candidates among DBpedia's 5.9 million titles, and what their index costs",
    "benchmarks.graph_worth": "what a graph is worth to the default tagger",
    "benchmarks.raw_text": "the default tagger on tweets as they were typed, cut into tokens by us",
    "benchmarks.throughput": "posts a second, and where the time goes",
    "benchmarks.visual_attention": "visual attention in tiles, beside plain matrix products",
    "benchmarks.hubs": "hop distances on hubs",
    "benchmarks.kills": "builds and updates that are killed and gone on with",
    "benchmarks.compare_taggers": "taggers by their recipes on the same tweets, beside the papers' figures",
}


def main() -> None:
    """Run them in turn."""
    if not SAMPLE.is_dir():
        sys.exit(f"error: no data in {SAMPLE}: expected the folder kg-sample (set KGMNER_SHARED to shared's path)")
    for module, title in BENCHMARKS.items():
        print(f"\n== {title} (python -m {module})\n", flush=True)
        importlib.import_module(module).main()


if __name__ == "__main__":
    main()
