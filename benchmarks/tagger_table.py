"""The results of many runs as Markdown: mean and spread over seeds, by type, beside the papers' own figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any

from benchmarks.paper_figures import REPORTED
from benchmarks.tagger_runs import PICTURES, TEXT
from ner.evaluation.significance import Comparison
from ner.spans import TYPES

_COLUMNS = ("tagger", "beside the text", "F1", *TYPES, "strict F1", "span only", "seeds", "minutes")
_PAPERS = ("paper's F1 (test)", "paper's " + " / ".join(TYPES), "order", "papers' order")


@dataclass(frozen=True, slots=True)
class Row:
    """The runs of one tagger on one set that differ only in their seed.

    Attributes:
        title: The tagger, with what is changed in it.
        paper: What the papers' figures know it by: its recipe, without its folder, and what is changed.
        context: What stands beside the text.
        runs: What came of each.
    """

    title: str
    paper: str
    context: str
    runs: tuple[Mapping[str, Any], ...]

    @property
    def f1(self) -> float:
        """The mean lenient F1."""
        return mean(self.values("lenient", "overall"))

    def values(self, reading: str, *path: str) -> list[float]:
        """An F1 of each run, in percent."""
        found = []
        for run in self.runs:
            score = run["evaluation"][reading]
            for name in path:
                score = score[name]
            found.append(100 * score["f1"])
        return found


def rows_of(results: Iterable[Mapping[str, Any]], year: int) -> list[Row]:
    """The rows of a year's table, the best first."""
    groups: dict[tuple[str, str, str], dict[int, Mapping[str, Any]]] = {}
    for run in results:
        if run["year"] == year:
            paper = f"{run['recipe'].rpartition('/')[2]}:{run['changes']}".rstrip(":")
            groups.setdefault((run["title"], paper, run["context"]), {})[run["seed"]] = run
    rows = [Row(*key, tuple(runs[seed] for seed in sorted(runs))) for key, runs in groups.items()]
    return sorted(rows, key=lambda row: (-row.f1, row.title, row.context))


def year_table(results: Iterable[Mapping[str, Any]], year: int) -> str:
    """A year's table as Markdown."""
    rows = rows_of(results, year)
    reported = REPORTED.get(year, {})
    seen = {row.paper for row in rows if row.context == PICTURES}
    alone = [r for r in rows if r.paper in reported and r.context == (PICTURES if r.paper in seen else TEXT)]
    of_papers = sorted(alone, key=lambda row: -reported[row.paper].f1)
    lines = [markdown_line((*_COLUMNS, *_PAPERS)), markdown_line(["---"] * (len(_COLUMNS) + len(_PAPERS)))]
    for row in rows:
        paper = reported.get(row.paper)
        figures = [f"{paper.f1:.2f}", " / ".join(f"{value:.1f}" for value in paper.by_type)] if paper else ["", ""]
        ranks = [str(order.index(row) + 1) if row in alone else "" for order in (alone, of_papers)]
        lines.append(markdown_line([*_own_figures(row), *figures, *ranks]))
    return "\n".join(lines)


def _own_figures(row: Row) -> list[str]:
    types = [f"{mean(row.values('lenient', 'by_type', kind)):.1f}" for kind in TYPES]
    strict, spans = mean(row.values("strict", "overall")), mean(row.values("lenient", "spans_only"))
    least = "at least " if any(run["resumed"] for run in row.runs) else ""
    minutes = f"{least}{mean(run['minutes'] for run in row.runs):.1f}"
    overall = spread(row.values("lenient", "overall"))
    return [row.title, row.context, overall, *types, f"{strict:.2f}", f"{spans:.2f}", str(len(row.runs)), minutes]


def spread(values: Sequence[float]) -> str:
    """The mean of some values, and how far they spread (the standard deviation of the sample)."""
    return f"{mean(values):.2f}" + (f" ± {stdev(values):.2f}" if len(values) > 1 else "")


def worth(found: Comparison) -> str:
    """How much better one is than another, in points, with its interval and how probable that is by chance."""
    low, high = 100 * found.interval.low, 100 * found.interval.high
    return f"{100 * found.difference:+.2f} ({low:+.1f} to {high:+.1f}), p = {found.p_value:.4f}"


def markdown_line(cells: Iterable[str]) -> str:
    """A row of a table."""
    return f"| {' | '.join(cells)} |"
