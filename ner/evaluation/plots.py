"""A plot of a tagger's scores: F1 by type with its intervals, and what it takes for what."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ner.errors import NerError
from ner.evaluation.mistakes import Confusion
from ner.evaluation.scores import ALL, SPANS_ONLY, ChunkingScores
from ner.evaluation.significance import Interval

_BAR, _INK, _SHADES = "#4c72b0", "#222222", "Blues"
_NOTHING, _OTHER_BOUNDS = "nothing", "other bounds"


def check_plot(path: Path) -> None:
    """See whether a plot can be drawn into a file, before the work that it is to show.

    Raises:
        NerError: The library that draws is not installed, or knows no such format.
    """
    try:
        from matplotlib.backend_bases import FigureCanvasBase
    except ImportError as error:
        raise NerError("no matplotlib to draw plots with: pip install 'kgmner[plots]'") from error
    if _format(path) not in FigureCanvasBase.get_supported_filetypes():
        raise NerError(f"{path}: {_format(path)!r} is not a format of plots: use .png, .svg or .pdf")


def plot_evaluation(
    path: Path, scores: ChunkingScores, intervals: Mapping[str, Interval], confusion: Confusion, *, title: str = ""
) -> None:
    """Draw the scores into a file, written beside and renamed.

    Args:
        path: A picture file; its ending says the format (``.png``, ``.svg``, ``.pdf``).
        scores: The bars.
        intervals: Of the F1 of each group, as :func:`ner.evaluation.significance.f1_intervals` gives them.
        confusion: The table beside the bars.
        title: Above both.

    Raises:
        NerError: The library that draws is not installed, or cannot draw such a file.
        OSError: The file cannot be written.
    """
    check_plot(path)
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.2), layout="constrained")
    bars, table = figure.subplots(1, 2)
    _draw_bars(bars, scores, intervals)
    _draw_confusion(table, confusion)
    figure.suptitle(title, color=_INK)
    save_figure(path, figure, dpi=150)


def save_figure(path: Path, figure: Any, *, dpi: int) -> None:
    """Write a figure of matplotlib in the format that the file's ending says, beside and renamed."""
    part = path.with_name(path.name + ".part")
    metadata = {"Software": None} if _format(path) == "png" else None  # so that equal plots are equal files
    try:
        figure.savefig(part, format=_format(path), dpi=dpi, metadata=metadata)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _format(path: Path) -> str:
    return path.suffix.lstrip(".").lower() or "png"


def _draw_bars(axes: Any, scores: ChunkingScores, intervals: Mapping[str, Interval]) -> None:
    groups = {ALL: scores.overall, **scores.by_type, SPANS_ONLY: scores.spans_only}
    values = [score.f1 for score in groups.values()]
    spread = [intervals.get(group, Interval(value, value)) for group, value in zip(groups, values, strict=True)]
    below = [max(0.0, value - interval.low) for value, interval in zip(values, spread, strict=True)]
    above = [max(0.0, interval.high - value) for value, interval in zip(values, spread, strict=True)]
    axes.bar(list(groups), values, yerr=[below, above], color=_BAR, ecolor=_INK, capsize=4)
    for place, value in enumerate(values):
        axes.annotate(f"{value:.3f}", (place, 0.02), ha="center", color="white", fontsize=9)
    axes.set(ylim=(0, 1), ylabel="F1 (95 % interval)")


def _draw_confusion(axes: Any, confusion: Confusion) -> None:
    """Gold types as rows, predicted ones as columns; each row coloured by its shares."""
    types = confusion.types
    rows = [
        [*(confusion.exact[kind][other] for other in types), confusion.wrong_bounds[kind], confusion.missed[kind]]
        for kind in types
    ]
    shares = [[value / (sum(row) or 1) for value in row] for row in rows]
    axes.imshow(shares, cmap=_SHADES, vmin=0, vmax=1, aspect="auto")
    columns = [*types, _OTHER_BOUNDS, _NOTHING]
    axes.set_xticks(range(len(columns)), columns, rotation=20)
    axes.set_yticks(range(len(types)), types)
    axes.set(xlabel="found", ylabel="gold")
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            ink = "white" if shares[y][x] > 0.5 else _INK
            axes.annotate(f"{value:,}", (x, y), ha="center", va="center", color=ink, fontsize=9)
