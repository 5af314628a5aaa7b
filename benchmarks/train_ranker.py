"""Train the ranker, write linker/data/ranker.json, and print what it reaches.

    python -m benchmarks.train_ranker            all figures by five folds, then the ranker of all training data
    python -m benchmarks.train_ranker --ablate   also each clue, and each kind of knowledge, left out

It is trained on mel-context, Tweeki's first half and the first 400 posts of kg-sample; KORE50, RSS-500, OKE and the
last 200 posts are only measured. Each training mention comes twice, each time with a kind of knowledge missing that its
number picks, so that the ranker bears a graph without descriptions, priors or types, and a post without a picture.
Folds are those of `benchmarks.linking_sets.folds_of`: no entity of a tested mention was trained on. The temperature of
a fold's ranker is fitted on answers for the other four, of rankers that saw neither their fold nor the reported one.
"""

import argparse
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from zlib import crc32

import numpy as np

import linker
from benchmarks.link_figures import Judged, accuracy, calibration_error, given_an_entity, nil_scores
from benchmarks.linking_sets import FOLDS
from benchmarks.ranker_data import Case, Cases, collect
from benchmarks.ranker_fit import KNOWLEDGE, SET, Weighted, calibrate, design, fit, without
from linker.ranker import CLUES, NIL_CLUES, PAIR_CLUES, Ranker, scores, softmax

COMMAND = "python -m benchmarks.train_ranker"
TRAINED = {"mel": 1.0, "tweeki": 3.0, "sample": 1.0}
"""The training sets, and what a mention of each weighs."""

TESTED = ("kore50", "rss500", "oke")
MISSING: dict[str, tuple[tuple[str, ...], ...]] = {
    "mel": ((), ("priors",), ("profiles",), ("profiles",), ("priors",), ("profiles", "priors")),
    "tweeki": ((), (), ("types",), ("priors",), ("types", "priors")),
    "sample": ((), (), (), ("types",), ("profiles",), ("priors",), ("tagger",)),
}
TIMES = 2


def training(sets: dict[str, Cases], *, but: Collection[int] = ()) -> list[Weighted]:
    """The training cases of all folds but some, each as often as `TIMES`, with knowledge missing by turns."""
    parts = []
    for name, weight in TRAINED.items():
        choices = MISSING[name]
        cases = [
            without(case, choices[crc32(f"{time} {place}".encode()) % len(choices)])
            for time in range(TIMES)
            for place, case in enumerate(sets[name])
            if case.fold >= 0 and case.fold not in but
        ]
        parts.append(Weighted(cases, weight))
    return parts


def cross_validate(sets: dict[str, Cases], temperatures: Sequence[float]) -> list[Ranker]:
    """A ranker for each fold, which saw nothing of it.

    Args:
        sets: The cases of each set.
        temperatures: That of each.
    """
    rankers = [fit(design(training(sets, but=[fold]))) for fold in range(FOLDS)]
    return [replace(ranker, temperature=one) for ranker, one in zip(rankers, temperatures, strict=True)]


def inner_rankers(sets: dict[str, Cases]) -> list[dict[int, Ranker]]:
    """For each fold the rankers that answer for the other four, of which none saw the fold, or that it answers for.

    What is chosen for a fold is chosen by their answers: the temperature, which is the best for them, is theirs too.
    """
    pairs = {pair: fit(design(training(sets, but=pair))) for pair in combinations(range(FOLDS), 2)}
    found = []
    for fold in range(FOLDS):
        inner = {other: pairs[min(fold, other), max(fold, other)] for other in range(FOLDS) if other != fold}
        temperature = calibrate(answers_of(sets, inner))
        found.append({other: replace(ranker, temperature=temperature) for other, ranker in inner.items()})
    return found


def temperatures_of(inner: Sequence[Mapping[int, Ranker]]) -> list[float]:
    """The temperature of each fold."""
    return [next(iter(rankers.values())).temperature for rankers in inner]


def answers_of(sets: dict[str, Cases], rankers: Mapping[int, Ranker]) -> list[tuple[Ranker, Case]]:
    """The training cases of some folds, each with the ranker of its fold."""
    return [(rankers[case.fold], case) for name in TRAINED for case in sets[name] if case.fold in rankers]


def judge(rankers: Sequence[Ranker], cases: Cases, missing: Sequence[str] = ()) -> Judged:
    """Each case with its probabilities, by the ranker that did not see its fold."""
    told = []
    for case in cases:
        ranker, seen = rankers[max(case.fold, 0)], without(case, missing)
        told.append((case, softmax(scores(ranker, seen.clues, seen.nil))))
    return told


def print_row(name: str, judged: Judged) -> None:
    """Print the figures of one set: with the graph as it is, and without a third of its entities."""
    whole = [(case, row) for case, row in judged if not case.removed]
    part = [(case, row) for case, row in judged if case.removed]
    forms = [accuracy(whole, form=form) for form in ("title", "part", "other")]
    always = [accuracy(whole, always=True), accuracy(whole, always=True, form="part")]
    cells = [accuracy(whole), *forms, *always, *nil_scores(part)]
    cells += [given_an_entity(whole)]
    cells += [calibration_error(rows) for rows in (whole, part, judged)]
    print(f"{name:<34}" + "".join(f"{cell:>8.3f}" for cell in cells), flush=True)


def print_table(sets: dict[str, Cases], rankers: Sequence[Ranker], whole: Ranker) -> None:
    """Print the figures of every set: of the training sets by folds, of the others by the whole ranker."""
    titles = (
        "right",
        "title",
        "part",
        "other",
        "always",
        "part",
        "NIL P",
        "R",
        "F1",
        "NIL>e",
        "ECE",
        "ECE NIL",
        "ECE all",
    )
    print(f"{'set':<34}" + "".join(f"{title:>8}" for title in titles))
    for missing in ((), ("priors",), ("profiles",), ("profiles", "priors")):
        print_row(" ".join(["mel-context", *(f"-{kind}" for kind in missing)]), judge(rankers, sets["mel"], missing))
    for missing in ((), ("priors",), ("types",)):
        print_row(" ".join(["tweeki", *(f"-{kind}" for kind in missing)]), judge(rankers, sets["tweeki"], missing))
    for name in TESTED:
        print_row(name, judge([whole] * FOLDS, sets[name]))
    first, last = ([case for case in sets["sample"] if (case.fold >= 0) == is_first] for is_first in (True, False))
    print_row("kg-sample, first 400", judge(rankers, first))
    for kind in ((), ("pictures",), ("profiles",), ("tagger",)):
        judged = judge([whole] * FOLDS, last, kind)
        print_row(" ".join(["kg-sample, last 200", *(f"-{name}" for name in kind)]), judged)


def ablate(sets: dict[str, Cases], whole: Sequence[Ranker]) -> None:
    """Print what each clue is worth: all figures of the training sets without it, by rankers fitted without it."""
    groups = {name: sorted({*clues, *nil}) for name, (clues, nil) in KNOWLEDGE.items() if name != "pictures"}
    designs = [design(training(sets, but=[fold])) for fold in range(FOLDS)]
    for left_out in [[], *groups.values(), *([clue] for clue in (*CLUES, *NIL_CLUES) if clue not in SET)]:
        rankers = [
            replace(fit(on, left_out=left_out, start=ranker), temperature=ranker.temperature)
            for on, ranker in zip(designs, whole, strict=True)
        ]
        name = next((kind for kind, clues in groups.items() if clues == left_out), "".join(left_out) or "nothing")
        for title in ("mel", "tweeki"):
            print_row(f"{title} without {name}", judge(rankers, sets[title]))


def to_json(ranker: Ranker) -> dict[str, object]:
    """The ranker as the package keeps it."""
    return {
        "made_by": COMMAND,
        "made_from": "mel-context, the first half of Tweeki, the first 400 posts of kg-sample",
        "weights": _named(CLUES, ranker.weights),
        "nil": _named(NIL_CLUES, ranker.nil),
        "other": _named(NIL_CLUES, ranker.other),
        "pairs": _named(PAIR_CLUES, ranker.pairs),
        "temperature": ranker.temperature,
        "tie_within": ranker.tie_within,
    }


def _named(names: Sequence[str], values: Sequence[float] | np.ndarray) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(names, values, strict=True)}


def main() -> None:
    """Measure, train and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ablate", action="store_true", help="also leave out each clue in turn; takes an hour")
    arguments = parser.parse_args()
    sets = {name: collect(name) for name in (*TRAINED, *TESTED)}
    temperatures = temperatures_of(inner_rankers(sets))
    rankers = cross_validate(sets, temperatures)
    temperature = calibrate(answers_of(sets, dict(enumerate(rankers))))
    whole = replace(fit(design(training(sets))), temperature=temperature)
    print(f"temperature {whole.temperature:.2f}")
    print_table(sets, rankers, whole)
    if arguments.ablate:
        ablate(sets, rankers)
    path = Path(linker.__file__).parent / "data" / "ranker.json"
    path.write_text(json.dumps(to_json(whole), indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
