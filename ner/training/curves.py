"""The course of a run as ``curves.csv``, and as ``curves.png`` where matplotlib is installed."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from ner.evaluation.plots import check_plot
from ner.training.reports import EpochReport, best_epoch

CSV_FILE = "curves.csv"
PNG_FILE = "curves.png"

_LOSS, _MEAN = "loss", "mean F1"


def write_curves(folder: Path, epochs: Sequence[EpochReport]) -> None:
    """Write the epochs as columns: number, mean training loss, F1 of each validation, and their mean."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["epoch", _LOSS, *epochs[0].f1, _MEAN])
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
    part = folder / f"{PNG_FILE}.part"
    figure.savefig(part, format="png", dpi=120, metadata={"Software": None})
    part.replace(folder / PNG_FILE)
