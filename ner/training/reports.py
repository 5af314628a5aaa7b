"""What a run tells: its epochs as records, and as lines that a person can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_MINUTE_S, _HOUR_S = 60, 3600


@dataclass(frozen=True, slots=True)
class EpochReport:
    """One epoch: its mean training loss and the lenient F1 of each validation, by ``file`` or ``file + captions``."""

    epoch: int
    loss: float
    f1: dict[str, float]

    @property
    def mean_f1(self) -> float:
        """What epochs are compared by."""
        return sum(self.f1.values()) / len(self.f1)


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """A finished run.

    Attributes:
        output: The tagger's folder.
        epochs: Every epoch, in order.
        best: The epoch whose weights were kept.
        train_posts: How many posts there were to train on, auxiliary ones not counted.
    """

    output: Path
    epochs: tuple[EpochReport, ...]
    best: EpochReport
    train_posts: int


def best_epoch(epochs: Sequence[EpochReport]) -> EpochReport:
    """The epoch with the greatest mean F1; of equal ones, the first."""
    return max(epochs, key=lambda epoch: (epoch.mean_f1, -epoch.epoch))


def epoch_line(epochs: Sequence[EpochReport], most: int, seconds: float) -> str:
    """The last epoch as a line: its loss, its F1s, the best so far, and how long the others will take at most.

    Args:
        epochs: Those behind the run, at least one.
        most: How many epochs there can be.
        seconds: How long an epoch takes.
    """
    last, best = epochs[-1], best_epoch(epochs)
    scores = ", ".join(f"{name} {f1:.4f}" for name, f1 in last.f1.items())
    standing = "the best so far" if best is last else f"epoch {best.epoch} stays the best with {best.mean_f1:.4f}"
    left = most - last.epoch
    ahead = f"; at most {_duration(left * seconds)} left" if left else ""
    return (
        f"epoch {last.epoch} of {most}: loss {last.loss:.4f}; F1 {scores}; mean {last.mean_f1:.4f}, {standing}{ahead}"
    )


def _duration(seconds: float) -> str:
    if seconds < 2 * _MINUTE_S:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR_S:
        return f"{seconds / _MINUTE_S:.0f} min"
    return f"{seconds / _HOUR_S:.1f} h"
