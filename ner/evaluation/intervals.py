"""How sure an F1 is: bootstrap intervals over posts (Efron 1979), by percentiles.

Posts are drawn again with replacement and the F1 of each draw is noted. Posts with the same counts are as good as one
another, so what is drawn is how often each different row of counts occurs: the same distribution, in less work, and
independent of the order of the posts.

Shapes: ``N`` posts, ``U`` different rows of counts, ``S`` draws, ``G`` groups, 3 counts (gold, predicted, correct).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ner.evaluation.counts import PostCounts, f1_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLES = 1000
LEVEL = 0.95

_BLOCK = 250  # draws at once, which bounds the memory


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a number lies: with probability :data:`LEVEL` from ``low`` to ``high``."""

    low: float
    high: float

    def to_dict(self) -> dict[str, float]:
        """Both ends as plain values."""
        return {"low": self.low, "high": self.high}


def f1_intervals(
    counts: PostCounts, *, samples: int = SAMPLES, seed: int = 0, level: float = LEVEL
) -> dict[str, Interval]:
    """An interval for the F1 of each group of counts.

    Args:
        counts: What was counted in each post.
        samples: How many times the posts are drawn again.
        seed: Where the draws come from.
        level: The share of the draws that lie within.
    """
    rows, times = different_rows(counts.values.reshape(len(counts.values), 3 * len(counts.groups)))
    drawn = resampled_totals(rows, times, samples=samples, rng=np.random.default_rng(seed))  # (S, G * 3)
    scores = f1_of(drawn.reshape(samples, len(counts.groups), 3))  # (S, G)
    return {group: percentiles(scores[:, column], level) for column, group in enumerate(counts.groups)}


def percentiles(values: NDArray[np.float64], level: float = LEVEL) -> Interval:
    """Where the middle share ``level`` of some draws (S,) lies."""
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def different_rows(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The different rows of (N, X) in their order, int64 (U, X), and how often each occurs, int64 (U,)."""
    rows, times = np.unique(values, axis=0, return_counts=True)
    return rows.astype(np.int64), times.astype(np.int64)


def resampled_totals(
    rows: NDArray[np.int64], times: NDArray[np.int64], *, samples: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Column sums of ``samples`` draws of as many rows as there are posts, float64 (S, X)."""
    count = int(times.sum())
    if not count:
        return np.zeros((samples, rows.shape[1]))
    shares = times / count
    drawn = (rng.multinomial(count, shares, size=size) for size in in_blocks(samples))
    values = rows.astype(np.float64)
    return np.concatenate([block.astype(np.float64) @ values for block in drawn])


def in_blocks(samples: int) -> Iterator[int]:
    """Numbers of draws that sum to ``samples``, each small enough to be drawn at once."""
    for start in range(0, samples, _BLOCK):
        yield min(_BLOCK, samples - start)
