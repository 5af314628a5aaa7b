"""Which taggers use the picture at all: each that looks at pictures, trained and read on the kg-sample posts.

    python -m benchmarks.picture_use                                         all of them, five seeds
    python -m benchmarks.picture_use --taggers hsn umt --seeds 1 2           some
    python -m benchmarks.picture_use --index INDEX                           and with what a graph knows of the pictures
    python -m benchmarks.picture_use --table-only                            what has been run so far

A run with seed s is trained on four fifths of the first 400 posts; the fifth numbered s chooses the epoch. It reads
the last 200 with their own pictures, without, and with another post's: regions, attributes and, with an index, what the
graph knows of the pictured entity. Names that the graph knows in the text stay, but are near no other picture. Over
several seeds the counts of each post are summed; the intervals (paired bootstrap) and p (approximate randomisation) are
over posts.

A run has a folder under ``KGMNER_BENCH/picture-use``; one that was stopped goes on, and one that is done is not run
again. What came of each is a line of ``results.jsonl`` there, with the counts of each post.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.sample import SAMPLE, TRAIN, WORK
from benchmarks.tagger_runs import (
    PICTURE_TAGGERS,
    PICTURES,
    Pictures,
    RunSpec,
    append_result,
    choices_of,
    read_results,
    resolved_recipe,
)
from benchmarks.tagger_table import markdown_line, spread, worth
from ner.checkpoints import load_tagger
from ner.errors import NerError
from ner.evaluation.evaluate import tag_in_steps
from ner.evaluation.picture_swaps import with_wrong_pictures, without_picture
from ner.evaluation.scores import ALL, PostCounts, count_posts
from ner.evaluation.significance import compare_counts
from ner.formats import read_posts

FOLDER = WORK / "picture-use"
RESULTS = FOLDER / "results.jsonl"
POSTS = SAMPLE / "posts" / "posts.jsonl"
OWN, ALONE, WRONG = "own picture", "none", "another's"
_FOLDS = 5
_COLUMNS = ("tagger", "seeds", f"F1, {OWN}", ALONE, WRONG, f"{OWN} over {ALONE}", f"{OWN} over {WRONG}", "minutes")


def train_and_read(spec: RunSpec, pictures: Pictures) -> dict[str, Any]:
    """Train a tagger, or go on with it, and count what it finds in each post of the last 200 in each setting.

    Raises:
        NerError: The recipe, or the training, will not do.
    """
    from ner.training.recipes import recipe_from_dict
    from ner.training.train import train_tagger

    start = time.monotonic()
    train, valid = _fold(spec.seed)
    folder = FOLDER / f"{spec.recipe.replace('/', '-')}-{spec.seed}-{spec.key}"
    recipe = recipe_from_dict(resolved_recipe(spec))
    report = train_tagger(recipe, train=[train], valid=[valid], output=folder, **pictures.of_training())
    minutes = (time.monotonic() - start) / 60
    posts, tagger = read_posts(POSTS)[TRAIN:], load_tagger(folder)
    own = pictures.inputs(posts)
    settings = {
        OWN: own,
        ALONE: [without_picture(post) for post in own],
        WRONG: with_wrong_pictures(own, [post.image for post in posts], seed=spec.seed),
    }
    gold, counts = [post.tags for post in posts], {}
    for name, inputs in settings.items():
        found = count_posts(gold, [output.tags for output in tag_in_steps(tagger, inputs)])
        counts[name] = found.values[:, found.groups.index(ALL)].tolist()
    course = {"epochs_run": len(report.epochs), "best_epoch": report.best.epoch, "minutes": round(minutes, 2)}
    return {**asdict(spec), "title": spec.title, "key": spec.key, **course, "counts": counts}


def table_of(results: Iterable[Mapping[str, Any]]) -> str:
    """The results as Markdown, a row a tagger, in the order in which the taggers were first run."""
    runs: dict[str, dict[int, Mapping[str, Any]]] = {}
    for result in results:
        runs.setdefault(result["title"], {})[result["seed"]] = result
    lines = [markdown_line(_COLUMNS), markdown_line(["---"] * len(_COLUMNS))]
    return "\n".join([*lines, *(_row(title, list(of_seeds.values())) for title, of_seeds in runs.items())])


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--taggers", nargs="+", default=list(PICTURE_TAGGERS), metavar="RECIPE[:FIELD=VALUE,...]")
    parser.add_argument("--seeds", nargs="+", type=int, default=list(range(1, _FOLDS + 1)), help="a run for each")
    parser.add_argument("--epochs", type=int, help="at most so many, in place of the recipes'")
    parser.add_argument("--encoder", help="in place of the recipes', for taggers on sub-tokens")
    parser.add_argument("--vectors", help="in place of the recipes', for taggers on words: a file, or glove-6b-50d")
    parser.add_argument("--picture-encoder", help="any of docs/encoders.md; efficientnet-lite0 if left out")
    parser.add_argument("--index", help="an index whose graph knows what the pictures show")
    parser.add_argument("--table-only", action="store_true", help="print what has been run, whatever it was")
    chosen = parser.parse_args(arguments, argparse.Namespace(images=str(POSTS.parent)))
    if not chosen.table_only:
        try:
            keys = _run(chosen)
        except NerError as error:
            sys.exit(f"error: {error}")
    print(table_of(result for result in read_results(RESULTS) if chosen.table_only or result["key"] in keys))


def _run(chosen: argparse.Namespace) -> set[str]:
    """Run what is not done yet, every tagger with the first seed before any with the second; returns their keys."""
    specs = [
        RunSpec(recipe, changes, 0, PICTURES, seed, chosen.epochs, **choices_of(recipe, PICTURES, chosen))
        for seed in chosen.seeds
        for recipe, _, changes in (name.partition(":") for name in chosen.taggers)
    ]
    done = {result["key"] for result in read_results(RESULTS)}
    with ExitStack() as opened:
        index = Path(chosen.index) if chosen.index else None
        pictures = Pictures(POSTS.parent, chosen.picture_encoder, opened, index)
        for spec in specs:
            if spec.key not in done:
                append_result(RESULTS, train_and_read(spec, pictures))
                print(f"{spec.title}, seed {spec.seed}: done", file=sys.stderr, flush=True)
    return {spec.key for spec in specs}


def _fold(seed: int) -> tuple[Path, Path]:
    """Files of the first posts: those to train on, and the fifth that chooses the epoch."""
    lines = POSTS.read_text(encoding="utf-8").splitlines(keepends=True)[:TRAIN]
    FOLDER.mkdir(parents=True, exist_ok=True)
    parts = FOLDER / f"train-{seed % _FOLDS}.jsonl", FOLDER / f"valid-{seed % _FOLDS}.jsonl"
    for path, held_out in zip(parts, (False, True), strict=True):
        chosen = (line for number, line in enumerate(lines) if (number % _FOLDS == seed % _FOLDS) == held_out)
        path.write_text("".join(chosen), encoding="utf-8")
    return parts


def _row(title: str, runs: Sequence[Mapping[str, Any]]) -> str:
    counts = {name: np.array([run["counts"][name] for run in runs]) for name in (OWN, ALONE, WRONG)}  # (S, N, 3)
    f1 = [[_f1(values) for values in of_setting] for of_setting in counts.values()]
    own, *others = (PostCounts((ALL,), values.sum(axis=0)[:, None]) for values in counts.values())
    against = [worth(compare_counts(own, other)[ALL]) for other in others]
    minutes = f"{np.mean([run['minutes'] for run in runs]):.1f}"
    return markdown_line([title, str(len(runs)), *map(spread, f1), *against, minutes])


def _f1(counts: np.ndarray[Any, Any]) -> float:
    """F1 in percent of the counts (N, 3) of posts."""
    gold, predicted, correct = counts.sum(axis=0)
    return float(200 * correct / ((gold + predicted) or 1))


if __name__ == "__main__":
    main(sys.argv[1:])
