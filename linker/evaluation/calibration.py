"""Do probabilities mean what they say? Answers in ten bins by their scores, and the expected calibration error."""

from collections.abc import Iterable
from dataclasses import dataclass

BINS = 10


@dataclass(frozen=True, slots=True)
class Calibration:
    """How well scores foretell what is right, in ten bins from 0 to 1; the last bin holds 1 too.

    Attributes:
        counts: Answers in each bin.
        scores: Their mean score; None where there is none.
        accuracies: The share of them that is right; None where there is none.
        error: The expected calibration error: how far mean score and accuracy of a bin are apart, as a mean over all
            answers; None where there is none.
    """

    counts: tuple[int, ...]
    scores: tuple[float | None, ...]
    accuracies: tuple[float | None, ...]
    error: float | None


def calibrate(answers: Iterable[tuple[float | None, bool]]) -> Calibration:
    """Sort answers into bins: (score from 0 to 1, whether it is right); what tells no score is left out."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for score, right in answers:
        if score is not None:
            bins[min(int(score * BINS), BINS - 1)].append((score, right))
    scores, accuracies = (
        tuple(sum(answer[column] for answer in held) / len(held) if held else None for held in bins)
        for column in (0, 1)
    )
    counts = tuple(map(len, bins))
    apart = sum(abs(sum(score - right for score, right in held)) for held in bins)
    return Calibration(counts, scores, accuracies, apart / sum(counts) if any(counts) else None)
