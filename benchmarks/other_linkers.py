"""KORE50, RSS-500 and OKE 2015, never trained on, beside ten published linkers on the same texts.

python -m benchmarks.other_linkers

The graph is that of the data's own entities: names, and as prior 1e8 / Q-number; it has no descriptions, types or
triples. Each set is linked twice: with the gold mentions given, and end to end. The published figures are end to end
with exact spans, over mentions that have an entity; ours beside them count the same (exact, InKB).
"""

import csv
import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.options import take_no_options
from benchmarks.sample import SHARED, WORK
from linker import (
    BuildSettings,
    LinkReport,
    Pipeline,
    Post,
    PostError,
    evaluate_links,
    read_posts,
    result_to_json,
    update_index,
)

DATA = SHARED / "data" / "linking" / "elevant-kb"
SETS = ("kore50", "rss-500", "oke-2015-train")
ALWAYS_RIGHT = "oracle"  # among the published systems: what no linker can pass


def homonym_index() -> Path:
    """Build the index of the data's entities, or find it built."""
    folder, index = WORK / "elevant", WORK / "elevant-index"
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / "entities.tsv"
    part = table.with_suffix(".part")
    with (
        gzip.open(DATA / "entities.tsv.gz", "rt", encoding="utf-8", newline="") as lines,
        part.open("w", encoding="utf-8", newline="") as out,
    ):
        rows = csv.DictReader(lines, delimiter="\t")
        writer = csv.DictWriter(out, [*(rows.fieldnames or ()), "prior"], delimiter="\t")
        writer.writeheader()
        writer.writerows({**row, "prior": 1e8 / int(row["iri"].rsplit("/Q", 1)[1])} for row in rows)
    part.replace(table)
    update_index(index, BuildSettings(sources=[table]))
    return index


def link(pipeline: Pipeline, posts: Iterable[Post], out: Path) -> Path:
    """Link posts, and write the results as link-and-tag does."""
    with out.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(result_to_json(result)) + "\n" for result in pipeline.run(posts))
    return out


def main() -> None:
    """Print a table for each set."""
    published = json.loads((DATA / "other-systems.json").read_text("utf-8"))
    index = homonym_index()
    with (
        Pipeline.open(index, keep_cache=False) as pipeline,
        Pipeline.open(index, keep_cache=False, min_link_score=0) as bold,
    ):
        for name in SETS:
            gold = DATA / f"{name}.jsonl"
            posts = [post for post in read_posts(gold) if not isinstance(post, PostError)]
            given = link(pipeline, posts, WORK / "elevant" / f"{name}-given.jsonl")
            texts = [replace(post, mentions=None) for post in posts]
            own = link(pipeline, texts, WORK / "elevant" / f"{name}-own.jsonl")
            likeliest = link(bold, texts, WORK / "elevant" / f"{name}-likeliest.jsonl")
            print(f"\n{name}: {len(posts)} posts")
            print("\n".join(_given_lines(evaluate_links(given, gold))))
            print("\n".join(_own_lines(evaluate_links(own, gold), published[name])))
            always = evaluate_links(likeliest, gold).scores["exact/InKB"]
            row = f"{always.precision or 0:>12.4f}{always.recall:>9.4f}{always.f1 or 0:>9.4f}"
            print(f"  {'with --min-link-score 0':<32}{row}")


def _given_lines(report: LinkReport) -> Iterator[str]:
    for group in ("accuracy", "InKB", "NIL", "recall@1", "recall@5", "recall@10"):
        score = report.scores[f"given/{group}"]
        value = score.recall if score.f1 is None else score.f1
        low, high = score.interval
        if score.gold:
            yield f"  mentions given, {group:<34}{value:>8.4f}  ({low:.4f} to {high:.4f})  of {score.gold}"
    for name, score in report.scores.items():
        if name.startswith("form/"):
            form = name.removeprefix("form/")
            yield f"  mentions given, {form:<34}{score.recall:>8.4f}  ({score.right}/{score.gold})"
    for kind, found in report.calibration.items():
        if found.error is not None:
            yield f"  calibration error, {kind:<31}{found.error:>8.4f}  of {sum(found.counts)}"


def _own_lines(report: LinkReport, published: dict[str, dict[str, float]]) -> Iterator[str]:
    ours = report.scores["exact/InKB"]
    rows = [("this project", ours.precision or 0.0, ours.recall, ours.f1 or 0.0)]
    rows += [
        (name, scores["precision"], scores["recall"], scores["f1"])
        for name, scores in published.items()
        if name != ALWAYS_RIGHT
    ]
    yield f"  {'end to end, exact spans':<32}{'precision':>12}{'recall':>9}{'F1':>9}"
    for name, precision, recall, f1 in sorted(rows, key=lambda row: -row[3]):
        yield f"  {name:<32}{precision:>12.4f}{recall:>9.4f}{f1:>9.4f}"
    low, high = ours.interval
    weak = report.scores["overlap/InKB"]
    yield f"  this project: F1 {low:.4f} to {high:.4f} with 95 % probability; overlapping spans {weak.f1:.4f}"


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
