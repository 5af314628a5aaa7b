"""Every tagger by its recipe on the same tweets, beside what the papers report.

    python -m benchmarks.compare_taggers                                    a few taggers, one seed
    python -m benchmarks.compare_taggers --taggers all --seeds 1 2 3        everything: hours
    python -m benchmarks.compare_taggers --taggers umt umt:heads=4          a tagger, and with another choice
    python -m benchmarks.compare_taggers --taggers papers/yu-2020 --images DIR      a paper's table, with the pictures
    python -m benchmarks.compare_taggers --table-only                       what has been run so far

Each tagger is trained on ``train`` of Twitter-2015 and of 2017, apart, and scored on ``valid`` of the same year, by
which its best epoch was chosen too: the test sets are not here, so these figures flatter. Without ``--images`` what
looks at pictures has nothing to see, and an ablation of it changes little; a tagger that takes words beside the text is
trained and scored once more with the pictures' captions. With ``--images`` each tagger has all that it takes of the
picture. The folder holds all pictures, or ``twitter2015_images`` and ``twitter2017_images``, as they are shared with
the tweets (docs/reproduction.md).

A run has a folder under ``KGMNER_BENCH/taggers``; one that was stopped goes on, and one that is done is not run again.
What came of each is a line of ``results.jsonl`` there.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any

from benchmarks.sample import WORK
from benchmarks.tagger_runs import (
    CAPTIONS,
    PICTURES,
    TEXT,
    RunSpec,
    append_result,
    choices_of,
    contexts_of,
    read_results,
    train_and_score,
)
from benchmarks.tagger_table import year_table
from ner.errors import RecipeError

RESULTS = WORK / "taggers" / "results.jsonl"
FEW = ("bilstm-crf", "cnn-bilstm-crf", "default")
"""The taggers of a run that was asked for no others: all of them take hours."""

YEARS = (2015, 2017)


def shipped_recipes(folder: str = "") -> list[str]:
    """The names of all recipes that ship, or of those in a folder of them."""
    from ner.training.recipes import recipe_names

    return [name for name in recipe_names() if name.rpartition("/")[0] == folder]


def specs_of(arguments: argparse.Namespace) -> list[RunSpec]:
    """Every run that was asked for, those of the first seed before those of the second."""
    asked = [shipped_recipes("" if name == "all" else name) or [name] for name in arguments.taggers]
    contexts = arguments.contexts or ([PICTURES] if arguments.images else [TEXT, CAPTIONS])
    return [
        RunSpec(recipe, changes, year, context, seed, arguments.epochs, **choices_of(recipe, context, arguments))
        for seed in arguments.seeds
        for recipe, _, changes in (name.partition(":") for names in asked for name in names)
        for year in arguments.years
        for context in contexts_of(recipe, contexts)
    ]


def run_all(specs: Sequence[RunSpec], jobs: int) -> None:
    """Run what is not done yet, several beside each other, and write down what comes of each as it ends."""
    done = {result["key"] for result in read_results(RESULTS)}
    waiting = [spec for spec in specs if spec.key not in done]
    print(f"{len(specs)} runs, {len(specs) - len(waiting)} of them done before", file=sys.stderr, flush=True)
    os.environ["OMP_NUM_THREADS"] = "1"  # each process is one of several; inherited by those that are started below
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        futures = {pool.submit(train_and_score, spec): spec for spec in waiting}
        for number, future in enumerate(as_completed(futures), 1):
            spec, failure = futures[future], future.exception()
            result: dict[str, Any] = {"error": repr(failure)} if failure is not None else future.result()
            if "error" in result:
                print(f"{number} of {len(waiting)}: {spec}: not run: {result['error']}", file=sys.stderr, flush=True)
                continue
            append_result(RESULTS, result)
            f1, minutes = result["evaluation"]["lenient"]["overall"]["f1"], result["minutes"]
            print(f"{number} of {len(waiting)}: {spec}: F1 {f1:.4f}, {minutes} min", file=sys.stderr, flush=True)


def print_tables(specs: Iterable[RunSpec] | None, years: Sequence[int]) -> None:
    """Print the tables of some runs, or of all that were ever done."""
    wanted = None if specs is None else {spec.key for spec in specs}
    results = [result for result in read_results(RESULTS) if wanted is None or result["key"] in wanted]
    for year in years:
        print(f"\nTwitter-{year}: trained on train, scored on valid; F1 in percent, mean ± spread over seeds\n")
        print(year_table(results, year), flush=True)


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    few = [name for name in FEW if name in shipped_recipes()]
    parser.add_argument(
        "--taggers",
        nargs="+",
        default=few,
        metavar="RECIPE[:FIELD=VALUE,...]",
        help=f"all, or a folder (default: {few})",
    )
    parser.add_argument("--years", nargs="+", type=int, choices=YEARS, default=list(YEARS), help="the Twitter sets")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1], help="a run for each")
    parser.add_argument("--contexts", nargs="+", choices=(TEXT, CAPTIONS, PICTURES), help="what stands beside the text")
    parser.add_argument("--images", metavar="DIR", help="the tweets' pictures, by the names in the tweets' files")
    parser.add_argument("--index", help="and an index whose graph knows what they show")
    parser.add_argument("--epochs", type=int, help="at most so many, in place of the recipes'")
    parser.add_argument("--encoder", help="in place of the recipes', for taggers on sub-tokens")
    parser.add_argument("--vectors", help="in place of the recipes', for taggers on words: a file, or glove-6b-50d")
    parser.add_argument("--picture-encoder", help="in place of the recipes': any of docs/encoders.md")
    parser.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 1)), help="runs beside each other")
    parser.add_argument("--table-only", action="store_true", help="print what has been run, whatever it was")
    chosen = parser.parse_args(arguments)
    if PICTURES in (chosen.contexts or ()) and chosen.images is None:
        parser.error("--contexts pictures takes --images DIR")
    return chosen


def main(arguments: Sequence[str] = ()) -> None:
    chosen = parsed(arguments)
    if chosen.table_only:
        print_tables(None, chosen.years)
        return
    try:
        specs = specs_of(chosen)
        run_all(specs, chosen.jobs)
    except RecipeError as error:
        sys.exit(f"error: {error}")
    print_tables(specs, chosen.years)


if __name__ == "__main__":
    main(sys.argv[1:])
