"""What ``evaluate-tagger`` has to say, as tables for a terminal."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import click

from scripts._tables import print_rows

if TYPE_CHECKING:
    from ner import ChunkingScores, Comparison, Interval, Score, WrongPost
    from scripts._evaluating import Report, Scored

_BESIDE = {"right": "its own", "none": "none", "wrong": "another post's"}


def print_report(report: "Report") -> None:
    """Print the scores, and then whatever else was asked for."""
    evaluation = report.main.evaluation
    interval = report.main.intervals["lenient"]["all"]
    click.echo(
        f"{evaluation.posts:,} posts, {evaluation.tokens:,} tokens; F1 {evaluation.f1:.4f} "
        f"({_range(interval)} with 95 % probability; lenient, all types)"
    )
    columns: tuple[str, ...] = ("chunking", "type", "precision", "recall", "F1", "95 %", "gold", "predicted", "correct")
    rows = [row for reading in ("lenient", "strict") for row in _score_rows(report.main, reading)]
    print_rows(columns, rows, as_json=False)
    _print_confusion(report)
    if len(report.pictures) > 1:
        _print_pictures(report)
    if report.against is not None:
        click.echo(f"\nagainst {report.against[0]}, on the same posts")
        columns = ("type", "F1", "its F1", "difference", "95 %", "p (exchanged)", "p (drawn)")
        print_rows(columns, list(_comparison_rows(report.comparison)), as_json=False)
    for place, post in enumerate(report.worst, 1):
        _print_worst(place, post)


def _score_rows(scored: "Scored", reading: str) -> Iterator[tuple[object, ...]]:
    scores: ChunkingScores = getattr(scored.evaluation, reading)
    groups = {"all": scores.overall, **scores.by_type, "span only": scores.spans_only}
    for group, score in groups.items():
        shares = _shares(score)
        interval = _range(scored.intervals[reading][group])
        yield reading if group == "all" else "", group, *shares, interval, score.gold, score.predicted, score.correct


def _print_confusion(report: "Report") -> None:
    confusion = report.confusion
    click.echo("\nwhat is taken for what: exact spans, and those with other bounds or without a counterpart")
    rows: list[tuple[object, ...]] = [
        (kind, *confusion.exact[kind].values(), confusion.wrong_bounds[kind], confusion.missed[kind])
        for kind in confusion.types
    ]
    rows.append(("other bounds", *confusion.wrongly_bounded.values(), None, None))
    rows.append(("nothing", *confusion.spurious.values(), None, None))
    print_rows(("gold \\ found", *confusion.types, "other bounds", "nothing"), rows, as_json=False)


def _print_pictures(report: "Report") -> None:
    click.echo("\nwith what beside the text")
    rows = []
    for name, scored in report.pictures.items():
        worth = report.worth.get(name)
        against = (_signed(worth.difference), _range(worth.interval), f"{worth.p_value:.4f}") if worth else ("", "", "")
        score, interval = scored.evaluation.lenient.overall, scored.intervals["lenient"]["all"]
        rows.append((_BESIDE[name], *_shares(score), _range(interval), *against))
    columns = ("picture", "precision", "recall", "F1", "95 %", "against none", "95 % of it", "p")
    print_rows(columns, rows, as_json=False)


def _comparison_rows(comparison: Mapping[str, "Comparison"]) -> Iterator[tuple[object, ...]]:
    for group, found in comparison.items():
        scores = f"{found.f1:.4f}", f"{found.other_f1:.4f}", _signed(found.difference)
        yield group, *scores, _range(found.interval), f"{found.p_value:.4f}", f"{found.bootstrap_p:.4f}"


def _print_worst(place: int, post: "WrongPost") -> None:
    gold = [f"{span.type} {post.text(span)}" for span in post.gold]
    found = [f"{item.span.type} {post.text(item.span)} ({item.score:.2f})" for item in post.predicted]
    click.echo(f"\n{place}. {post.id} ({post.weight:.2f} wrong): {' '.join(post.tokens)}")
    click.echo(f"   gold   {'; '.join(gold) or 'nothing'}")
    click.echo(f"   found  {'; '.join(found) or 'nothing'}")


def _shares(score: "Score") -> tuple[str, str, str]:
    return f"{score.precision:.4f}", f"{score.recall:.4f}", f"{score.f1:.4f}"


def _range(interval: "Interval") -> str:
    return f"{interval.low:.4f} to {interval.high:.4f}"


def _signed(difference: float) -> str:
    return f"{difference:+.4f}"
