"""Tweeki on DBpedia's 5.9 million names: links end to end and with mentions given, and posts a second.

    python -m benchmarks.tweeki_links

Posts a second with no profile known, with all of them in the file of the index (``build-kg-index --profiles words``),
and once more with what the process remembers of the first time.
The ranker was trained on these very mentions (`benchmarks.train_ranker` prints figures by folds).
"""

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.linking_sets import GoldLinks
from benchmarks.options import take_no_options
from benchmarks.sample import WORK
from benchmarks.throughput import timed_run
from benchmarks.tweeki import read_tweeki, tweeki_index
from linker import (
    BuildSettings,
    GivenMention,
    IndexManifest,
    LinkReport,
    Pipeline,
    Post,
    evaluate_links,
    read_manifest,
    result_to_json,
)
from linker.building import Builder
from linker.manifest import write_manifest
from linker.word_meanings import WORDS

FIGURES = ("exact/InKB", "overlap/InKB", "given/accuracy", "given/InKB", "given/NIL", "given/recall@10")


def link(pipeline: Pipeline, posts: Sequence[Post], out: Path) -> str:
    """Link posts and write the results; returns how fast it was."""
    results, rate = timed_run(pipeline, posts)
    out.write_text("".join(json.dumps(result_to_json(result)) + "\n" for result in results), "utf-8")
    return rate


def with_profiles(index: Path, bare: IndexManifest) -> IndexManifest:
    """What the index says of itself when its profiles are embedded; made once."""
    write_manifest(index, bare)
    start = time.process_time()
    made = Builder(index, BuildSettings(sources=[], profiles=WORDS), None).gain_profiles(bare)
    assert made.profiles is not None
    size = made.profiles.size_bytes / 1e6
    print(f"the profiles took {time.process_time() - start:.0f} s of processor time, {size:.0f} MB", flush=True)
    return made


def given_mentions(item: GoldLinks) -> tuple[GivenMention, ...]:
    """The gold mentions, to be linked."""
    return tuple(GivenMention(*span) for span in item.spans)


def gold_row(item: GoldLinks) -> dict[str, object]:
    """The gold answer as evaluate-links reads it."""
    links = [{"start": s, "end": e, "iri": iri} for (s, e), iri in zip(item.spans, item.gold, strict=True)]
    return {"id": item.id, "tokens": item.tokens, "gold": links}


def print_report(title: str, report: LinkReport, prefixes: tuple[str, ...]) -> None:
    """Print the figures that are of one way of linking."""
    for name in FIGURES:
        if name.startswith(prefixes):
            score = report.scores[name]
            value = score.recall if score.f1 is None else score.f1
            print(f"{title:<18}{name:<18}{value:>8.4f}  of {score.gold}")


def main() -> None:
    """Print the figures."""
    folder = WORK / "linking" / "tweeki-results"
    folder.mkdir(parents=True, exist_ok=True)
    index, gold, posts = tweeki_index(), [], []
    bare = replace(read_manifest(index), profiles=None)
    for title, manifest in (("none known", bare), ("in the file", with_profiles(index, bare))):
        write_manifest(index, manifest)
        with Pipeline.open(index, keep_cache=False) as pipeline:
            gold = read_tweeki(pipeline.index.graph)
            posts = [Post(item.id, item.tokens) for item in gold]
            pipeline.process([Post("warm", ("Warm", "up"))])
            for passed in ("", ", remembered"):
                print(f"profiles {title + passed:<28}{link(pipeline, posts, folder / 'own.jsonl')}", flush=True)
            given = [replace(post, mentions=given_mentions(item)) for post, item in zip(posts, gold, strict=True)]
            link(pipeline, given, folder / "given.jsonl")
    (folder / "gold.jsonl").write_text("".join(json.dumps(gold_row(item)) + "\n" for item in gold), "utf-8")
    print_report("end to end", evaluate_links(folder / "own.jsonl", folder / "gold.jsonl"), ("exact", "overlap"))
    print_report("mentions given", evaluate_links(folder / "given.jsonl", folder / "gold.jsonl"), ("given",))


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
