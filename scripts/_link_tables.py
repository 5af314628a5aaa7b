"""What ``evaluate-links`` has to say, as tables for a terminal."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from scripts._tables import print_rows

if TYPE_CHECKING:
    from linker import LinkReport, WrongLink


def print_report(report: "LinkReport") -> None:
    """Print the scores, and then whatever else was asked for."""
    click.echo(
        f"{report.posts:,} posts, {report.mentions:,} gold mentions; "
        f"the results have a mention in the places of {report.answered:,} of them"
    )
    columns = ("part", "group", "precision", "recall", "F1", "95 % (of F1)", "macro P", "macro R", "macro F1")
    rows = list(_score_rows(report))
    if rows:
        print_rows((*columns, "gold", "found", "right"), rows, as_json=False)
    _print_calibration(report)
    if report.comparison:
        _print_comparison(report)
    for place, link in enumerate(report.worst, 1):
        _print_wrong(place, link)


def _score_rows(report: "LinkReport") -> Iterator[tuple[object, ...]]:
    last = ""
    for name, score in report.scores.items():
        part, group = name.split("/", 1)
        micro = _shown((score.precision, score.recall, score.f1))
        macro = _shown((None, score.macro[1], None) if score.macro and score.found is None else score.macro)
        interval = f"{score.interval[0]:.4f} to {score.interval[1]:.4f}"
        shown = (*micro, interval, *macro) if score.gold or score.found else ("",) * 7
        yield part if part != last else "", group, *shown, score.gold, score.found, score.right
        last = part


def _shown(values: Sequence[float | None] | None) -> list[str]:
    return ["" if value is None else f"{value:.4f}" for value in values or (None,) * 3]


def _print_calibration(report: "LinkReport") -> None:
    click.echo("\nhow far scores are from the share that is right (expected calibration error, ten bins)")
    for name, calibration in report.calibration.items():
        said = "no answers that tell a score" if calibration.error is None else f"{calibration.error:.4f}"
        click.echo(f"  {name}: {said}, {sum(calibration.counts):,} answers")
    found = report.calibration["all"]
    rows = [
        (f"from {place / len(found.counts):.1f}", count, score, accuracy)
        for place, (count, score, accuracy) in enumerate(zip(found.counts, found.scores, found.accuracies, strict=True))
        if count
    ]
    if rows:
        print_rows(("score", "answers", "mean score", "share right"), rows, as_json=False)


def _print_comparison(report: "LinkReport") -> None:
    click.echo("\nagainst the other results, on the same posts (F1, or the share)")
    rows = [
        (
            group.replace("/", ": "),
            *(f"{value:.4f}" for value in (found.f1, found.other_f1)),
            f"{found.difference:+.4f}",
            f"{found.interval.low:+.4f} to {found.interval.high:+.4f}",
            *(f"{value:.4f}" for value in (found.p_value, found.bootstrap_p)),
        )
        for group, found in report.comparison.items()
    ]
    columns = ("group", "results", "the other", "difference", "95 %", "p (exchanged)", "p (drawn)")
    print_rows(columns, rows, as_json=False)


def _print_wrong(place: int, link: "WrongLink") -> None:
    score = "" if link.score is None else f" ({link.score:.2f})"
    rank = f", candidate {link.rank}" if link.rank else ""
    click.echo(f"\n{place}. {link.post}: {link.mention} [{link.form}] in: {link.text}")
    click.echo(f"   gold   {_entity(link.gold)}{rank}")
    click.echo(f"   found  {_entity(link.found) if link.is_found else 'no mention there'}{score}")


def _entity(entity: tuple[str, str] | None) -> str:
    return "NIL" if entity is None else " ".join(part for part in (entity[1], entity[0]) if part)
