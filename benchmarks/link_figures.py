"""Figures of links: accuracy by form of mention, NIL, and how well probabilities mean what they say."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.ranker_data import Case
from linker import Result

Judged = Sequence[tuple[Case, npt.NDArray[np.float64]]]
"""Cases with the probabilities of their candidates, and behind them those of NIL and of another entity."""

BINS = 10


def accuracy(judged: Judged, *, always: bool = False, form: str | None = None) -> float:
    """Of the mentions that mean an entity of the graph, those linked to it; with `always`, NIL is never said."""
    right = [
        case.right >= 0 and _choice(probabilities, always=always) == case.right
        for case, probabilities in judged
        if not case.is_nil and (form is None or case.form == form)
    ]
    return float(np.mean(right)) if right else float("nan")


def nil_scores(judged: Judged) -> tuple[float, float, float]:
    """Precision, recall and F1 of NIL."""
    said = [_choice(probabilities) < 0 for _, probabilities in judged]
    hits = sum(one and case.is_nil for one, (case, _) in zip(said, judged, strict=True))
    there = sum(case.is_nil for case, _ in judged)
    precision, recall = hits / max(sum(said), 1), hits / max(there, 1)
    return precision, recall, 2 * hits / max(sum(said) + there, 1)


def given_an_entity(judged: Judged) -> float:
    """Of the mentions that mean no entity of the graph, those that were given one."""
    rows = [_choice(probabilities) >= 0 for case, probabilities in judged if case.is_nil]
    return float(np.mean(rows)) if rows else float("nan")


def calibration_error(judged: Judged) -> float:
    """How far the probability of what was chosen lies from how often it is right, over ten bins (ECE)."""
    sure, right = [], []
    for case, probabilities in judged:
        choice = _choice(probabilities)
        sure.append(float(probabilities[choice if choice >= 0 else -2]))
        right.append(case.is_nil if choice < 0 else choice == case.right)
    bins = np.minimum((np.array(sure) * BINS).astype(int), BINS - 1)
    parts = [bins == number for number in range(BINS)]
    return float(
        sum(
            abs(np.mean(np.array(sure)[part]) - np.mean(np.array(right)[part])) * part.mean()
            for part in parts
            if part.any()
        )
    )


def contradictions(results: Iterable[Result]) -> tuple[int, int]:
    """Links whose entity has another type than the mention, and all links to entities with a type."""
    typed = [
        (mention.type, mention.entity.entity.type)
        for result in results
        for mention in result.mentions
        if mention.entity is not None and mention.entity.entity.type is not None
    ]
    return sum(one != other for one, other in typed), len(typed)


def _choice(probabilities: npt.NDArray[np.float64], *, always: bool = False) -> int:
    """The place of the chosen candidate; -1, NIL, where there is none, or as `linker.ranking` chooses it."""
    if len(probabilities) == 2:
        return -1
    best, nil = probabilities[:-2].max(), probabilities[-2]
    doubted = probabilities[-2:].sum() > 0.5 and nil > best
    return -1 if doubted and not always else int(probabilities[:-2].argmax())
