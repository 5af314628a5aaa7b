"""What a run tells of its epochs: records, lines for people, ``curves.csv``, and ``curves.png`` with matplotlib."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ner.evaluation.plots import check_plot, save_figure

CSV_FILE = "curves.csv"
PNG_FILE = "curves.png"

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
        return sum(self.f1.values()) / len(self.f1) if self.f1 else 0.0


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """A finished run."""

    output: Path  # the tagger's folder
    epochs: tuple[EpochReport, ...]  # every epoch, in order
    best: EpochReport  # the epoch whose weights were kept
    train_posts: int  # how many posts there were to train on, auxiliary ones not counted


def best_epoch(epochs: Sequence[EpochReport]) -> EpochReport:
    """The epoch with the greatest mean F1; of equal ones, the first. Where nothing was validated, the last."""
    return max(epochs, key=lambda epoch: (epoch.mean_f1, -epoch.epoch)) if epochs[-1].f1 else epochs[-1]


def epoch_line(epochs: Sequence[EpochReport], most: int, seconds: float) -> str:
    """The last epoch as a line: its loss, its F1s, the best so far, and how long the rest will take at most.

    Args:
        epochs: Those behind the run, at least one.
        most: How many epochs there can be.
        seconds: How long an epoch takes.
    """
    last, best = epochs[-1], best_epoch(epochs)
    left = most - last.epoch
    ahead = f"; at most {_duration(left * seconds)} left" if left else ""
    if not last.f1:
        return f"epoch {last.epoch} of {most}: loss {last.loss:.4f}; there is nothing to validate on{ahead}"
    scores = ", ".join(f"{name} {f1:.4f}" for name, f1 in last.f1.items())
    standing = "the best so far" if best is last else f"epoch {best.epoch} stays the best with {best.mean_f1:.4f}"
    return (
        f"epoch {last.epoch} of {most}: loss {last.loss:.4f}; F1 {scores}; mean {last.mean_f1:.4f}, {standing}{ahead}"
    )


def write_curves(folder: Path, epochs: Sequence[EpochReport]) -> None:
    """Write the epochs as columns: number, mean training loss, F1 of each validation, and their mean."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["epoch", "loss", *epochs[0].f1, "mean F1"])
    for epoch in epochs:
        rows.writerow([epoch.epoch, repr(epoch.loss), *map(repr, epoch.f1.values()), repr(epoch.mean_f1)])
    part = folder / f"{CSV_FILE}.part"
    part.write_text(text.getvalue(), encoding="utf-8")
    part.replace(folder / CSV_FILE)


def draw_curves(folder: Path, epochs: Sequence[EpochReport]) -> None:
    """Draw the epochs: the loss on the left, each validation's F1 on the right, a line through the best epoch.

    Raises:
        NerError: matplotlib is not installed.
    """
    check_plot(folder / PNG_FILE)
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(10, 4.2), layout="constrained")
    losses, scores = figure.subplots(1, 2)
    numbers = [epoch.epoch for epoch in epochs]
    losses.plot(numbers, [epoch.loss for epoch in epochs], marker="o")
    losses.set(xlabel="epoch", ylabel="training loss", ylim=(0, None))
    for name in epochs[0].f1:
        scores.plot(numbers, [epoch.f1[name] for epoch in epochs], marker="o", label=name)
    best = best_epoch(epochs).epoch
    scores.axvline(best, color="#222222", linestyle=":", label=f"epoch {best} was kept")
    scores.set(xlabel="epoch", ylabel="F1")
    scores.legend(fontsize=8)
    for axes in (losses, scores):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    save_figure(folder / PNG_FILE, figure, dpi=120)


def _duration(seconds: float) -> str:
    if seconds < 2 * _MINUTE_S:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR_S:
        return f"{seconds / _MINUTE_S:.0f} min"
    return f"{seconds / _HOUR_S:.1f} h"
