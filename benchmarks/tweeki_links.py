"""Tweeki on DBpedia's 5.9 million names: links end to end and with mentions given, and posts a second.

    python -m benchmarks.tweeki_links

The ranker was trained on these very mentions (`benchmarks.train_ranker` prints figures by folds).
"""

import json
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.options import take_no_options
from benchmarks.sample import WORK
from benchmarks.tweeki import read_tweeki, tweeki_index
from linker import GivenMention, LinkReport, Pipeline, Post, evaluate_links, result_to_json

FIGURES = ("exact/InKB", "overlap/InKB", "given/accuracy", "given/InKB", "given/NIL", "given/recall@10")


def link(pipeline: Pipeline, posts: Sequence[Post], out: Path) -> float:
    """Link posts and write the results; returns posts a second."""
    start = time.perf_counter()
    results = list(pipeline.run(posts))
    rate = len(posts) / (time.perf_counter() - start)
    out.write_text("".join(json.dumps(result_to_json(result)) + "\n" for result in results), "utf-8")
    return rate


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
    with Pipeline.open(tweeki_index(), keep_cache=False) as pipeline:
        gold = read_tweeki(pipeline.index.graph)
        answers = [
            {
                "id": item.id,
                "tokens": item.tokens,
                "gold": [{"start": s, "end": e, "iri": iri} for (s, e), iri in zip(item.spans, item.gold, strict=True)],
            }
            for item in gold
        ]
        (folder / "gold.jsonl").write_text("".join(json.dumps(row) + "\n" for row in answers), "utf-8")
        posts = [Post(item.id, item.tokens) for item in gold]
        given = [
            Post(item.id, item.tokens, mentions=tuple(GivenMention(*span) for span in item.spans)) for item in gold
        ]
        for title in ("profiles not known", "profiles known"):
            print(f"{title:<36}{link(pipeline, posts, folder / 'own.jsonl'):>8.1f} posts/s")
        link(pipeline, given, folder / "given.jsonl")
    print_report("end to end", evaluate_links(folder / "own.jsonl", folder / "gold.jsonl"), ("exact", "overlap"))
    print_report("mentions given", evaluate_links(folder / "given.jsonl", folder / "gold.jsonl"), ("given",))


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
