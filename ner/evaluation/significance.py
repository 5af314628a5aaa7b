"""How sure an F1 is, and whether one tagger is better than another on the same posts.

An interval is the bootstrap's over posts (Efron 1979), by percentiles: posts are drawn again with replacement, and the
F1 of each draw is noted. Posts with the same counts are as good as one another, so what is drawn is how often each
different row of counts occurs: the same distribution, in less work, and independent of the order of the posts.

Two taggers are compared by approximate randomisation (Yeh 2000, section 3): were both as good, it would not matter
whose answer to a post is whose. So in each trial a fair coin for each post says whether the two answers change places,
and p is how often the difference of the two F1 is then at least as great as it was. The paired bootstrap draws posts
again, with both answers, and gives an interval for the difference.

Shapes: ``N`` posts, ``U`` different rows of counts, ``S`` draws, ``G`` groups, 3 counts (gold, predicted, correct).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ner.evaluation.scores import PostCounts, f1_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEVEL = 0.95
_BLOCK = 250  # draws at once, which bounds the memory
_ROUNDING = 1e-12  # two ways to the same F1 may differ in their last digit


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a number lies: with probability :data:`_LEVEL` from ``low`` to ``high``."""

    low: float
    high: float

    def to_dict(self) -> dict[str, float]:
        """Both ends as plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two taggers' F1 on the same posts."""

    f1: float  # the first one's
    other_f1: float  # the second one's
    interval: Interval  # where the difference lies, by the paired bootstrap
    p_value: float  # how probable so great a difference is by chance, by approximate randomisation; two-sided
    bootstrap_p: float  # twice the share of the draws in which the difference is gone or turned round, at most 1

    @property
    def difference(self) -> float:
        """How much better the first one is."""
        return self.f1 - self.other_f1

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values."""
        return {**asdict(self), "difference": self.difference}


def f1_intervals(
    counts: PostCounts, *, samples: int = 1000, seed: int = 0, level: float = _LEVEL
) -> dict[str, Interval]:
    """An interval for the F1 of each group of counts.

    Args:
        counts: What was counted in each post.
        samples: How many times the posts are drawn again.
        seed: Where the draws come from.
        level: The share of the draws that lie within.
    """
    rows, times = _different_rows(counts.values.reshape(len(counts.values), 3 * len(counts.groups)))
    drawn = _resampled_totals(rows, times, samples=samples, rng=np.random.default_rng(seed))  # (S, G * 3)
    scores = f1_of(drawn.reshape(samples, len(counts.groups), 3))  # (S, G)
    return {group: _percentiles(scores[:, column], level) for column, group in enumerate(counts.groups)}


def compare_counts(
    first: PostCounts, second: PostCounts, *, trials: int = 10_000, samples: int = 1000, seed: int = 0
) -> dict[str, Comparison]:
    """Compare two taggers in each group that both have been counted in.

    Args:
        first: One tagger's counts, post by post.
        second: The other's, on the same posts.
        trials: Of the approximate randomisation.
        samples: Draws of the bootstrap.
        seed: Where both come from.

    Raises:
        ValueError: The two were not counted on the same posts.
    """
    groups = [group for group in first.groups if group in second.groups]
    columns = [(first.groups.index(group), second.groups.index(group)) for group in groups]
    if len(first.values) != len(second.values) or any(
        (first.values[:, one, 0] != second.values[:, other, 0]).any() for one, other in columns
    ):
        raise ValueError("the two taggers were not scored on the same posts: count both on the same gold tags")
    return {
        group: _compare(first.values[:, one], second.values[:, other], trials=trials, samples=samples, seed=seed)
        for group, (one, other) in zip(groups, columns, strict=True)
    }


def _compare(
    first: NDArray[np.int64], second: NDArray[np.int64], *, trials: int, samples: int, seed: int
) -> Comparison:
    """Compare counts (N, 3) of two taggers."""
    rows, times = _different_rows(np.concatenate([first, second], axis=1))  # (U, 6)
    totals = (times @ rows).astype(np.float64)
    f1, other_f1 = float(f1_of(totals[:3])), float(f1_of(totals[3:]))
    rng = np.random.default_rng(seed)
    p_value = _randomisation(rows, times, abs(f1 - other_f1), trials=trials, rng=rng)
    drawn = _resampled_totals(rows, times, samples=samples, rng=rng)  # (S, 6)
    differences = f1_of(drawn[:, :3]) - f1_of(drawn[:, 3:])
    against = min(np.count_nonzero(differences <= _ROUNDING), np.count_nonzero(differences >= -_ROUNDING))
    bootstrap_p = min(1.0, 2 * (against + 1) / (samples + 1))
    return Comparison(f1, other_f1, _percentiles(differences), p_value, bootstrap_p)


def _randomisation(
    rows: NDArray[np.int64], times: NDArray[np.int64], seen: float, *, trials: int, rng: np.random.Generator
) -> float:
    """How often exchanged answers differ by at least ``seen``; the answers as they are count as one trial more."""
    totals = (times @ rows).astype(np.float64)
    apart = (rows[:, 3:] - rows[:, :3]).astype(np.float64)  # (U, 3)
    as_great = 0
    for size in _in_blocks(trials):
        swapped = rng.binomial(times, 0.5, size=(size, len(times)))  # (S, U) how many posts are exchanged
        moved = swapped.astype(np.float64) @ apart  # (S, 3)
        differences = np.abs(f1_of(totals[:3] + moved) - f1_of(totals[3:] - moved))
        as_great += int(np.count_nonzero(differences >= seen - _ROUNDING))
    return (as_great + 1) / (trials + 1)


def _percentiles(values: NDArray[np.float64], level: float = _LEVEL) -> Interval:
    """Where the middle share ``level`` of some draws (S,) lies."""
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def _different_rows(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The different rows of (N, X) in their order, int64 (U, X), and how often each occurs, int64 (U,)."""
    rows, times = np.unique(values, axis=0, return_counts=True)
    return rows.astype(np.int64), times.astype(np.int64)


def _resampled_totals(
    rows: NDArray[np.int64], times: NDArray[np.int64], *, samples: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Column sums of ``samples`` draws of as many rows as there are posts, float64 (S, X)."""
    count = int(times.sum())
    if not count:
        return np.zeros((samples, rows.shape[1]))
    shares = times / count
    drawn = (rng.multinomial(count, shares, size=size) for size in _in_blocks(samples))
    values = rows.astype(np.float64)
    return np.concatenate([block.astype(np.float64) @ values for block in drawn])


def _in_blocks(samples: int) -> Iterator[int]:
    """Numbers of draws that sum to ``samples``, each small enough to be drawn at once."""
    for start in range(0, samples, _BLOCK):
        yield min(_BLOCK, samples - start)
