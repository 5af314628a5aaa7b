"""How far the work is: bars on a terminal, a plain line now and then elsewhere. All of it on stderr."""

import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from scripts._cli import is_quiet, say

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

_SECONDS_BETWEEN_LINES = 10.0


class Progress:
    """Call it with the name of a step, how much is done, and how much there is (0: not known)."""

    def __init__(self) -> None:
        self._bars: RichProgress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._unbounded: dict[str, int] = {}
        """What is done of the steps whose end is not known."""
        self._last_line_s = time.monotonic()
        self._shown: dict[str, tuple[float, int]] = {}
        """When a step began, or had its last line, and what was done by then."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Show that `done` of `total` are done."""
        if self._bars is None:
            self._write_line(step, done, total)
            return
        if step not in self._tasks:
            self._finish_others(self._bars)
            self._tasks[step] = self._bars.add_task(step, total=None)
        if not total:
            self._unbounded[step] = done
        self._bars.update(self._tasks[step], completed=done, total=total or None)

    def __enter__(self) -> Self:
        if sys.stderr.isatty() and not is_quiet():
            self._bars = _make_bars()
            self._bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars = None

    def _finish_others(self, bars: "RichProgress") -> None:
        """A step whose end is not known is over when the next one begins; one that goes on says so itself."""
        for step, done in self._unbounded.items():
            bars.update(self._tasks[step], completed=done, total=done)
        self._unbounded.clear()

    def _write_line(self, step: str, done: int, total: int) -> None:
        now_s = time.monotonic()
        began_s, before = self._shown.setdefault(step, (now_s, done))
        if now_s - self._last_line_s < _SECONDS_BETWEEN_LINES:
            return
        self._last_line_s = now_s
        self._shown[step] = now_s, done
        line = f"{step}: {done:,} of {total:,}" if total else f"{step}: {done:,}"
        if now_s > began_s and done > before:
            rate = (done - before) / (now_s - began_s)
            line += f", {rate:,.{0 if rate >= 10 else 1}f}/s"
            line += f", {timedelta(seconds=round((total - done) / rate))} left" if total else ""
        say(line)


def _make_bars() -> "RichProgress":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as RichProgress
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.0f}/s" if task.speed else "")

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return RichProgress(*columns, console=Console(stderr=True), transient=True)
