"""``evaluate-tagger``: a tagger and tagged posts in; precision, recall and F1 out, and how sure they are."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from scripts._cli import FILE, Command, as_json, bootstrap, check_file_place, counted, device, seed, types
from scripts._graph_context import index_option
from scripts._picture_features import picture_options
from scripts._results_file import hold

if TYPE_CHECKING:
    from ner import ChunkingScores, Comparison, Interval, Score, WrongPost
    from scripts._evaluate import Report, Scored

_EXAMPLES = """
evaluate-tagger default valid.conll
evaluate-tagger my-tagger valid.conll --captions captions.tsv --worst 20
evaluate-tagger my-tagger valid.jsonl --images pictures --pictures all
evaluate-tagger my-tagger valid.conll --against default --plot scores.png --json
"""
_BESIDE = {"right": "its own", "none": "none", "wrong": "another post's"}


@click.command(
    cls=Command,
    examples=_EXAMPLES,
    sections={
        "Pictures": ("images", "captions", "pictures", "picture_cache"),
        "Output": ("worst", "plot", "as_json"),
    },
)
@click.argument("tagger", metavar="DIR|NAME")
@click.argument("posts", metavar="FILE", type=FILE)
@types
@click.option("--against", metavar="DIR|NAME", help="Another tagger, compared on the same posts by a paired test.")
@click.option("--captions", type=FILE, metavar="TSV", help="Captions of the posts' pictures: name, tab, caption.")
@picture_options("features.sqlite in DIR, if it can be written; of a NAME, nothing is kept")
@index_option
@click.option(
    "--pictures",
    type=click.Choice(["right", "none", "wrong", "all"]),
    default="right",
    help="What stands beside each post: its own picture (with its caption, attributes and knowledge), none, another "
    "post's, or each in turn.",
)
@click.option("--worst", type=click.IntRange(min=0), default=0, metavar="N", help="Show the posts most wrong.")
@click.option("--plot", type=FILE, metavar="FILE.png", help="Draw F1 by type and the confusion of types.")
@bootstrap
@seed
@device
@as_json
def main(as_json: bool, **options: Any) -> None:
    """Score a tagger on tagged posts: exact span and type, overall and by type.

    FILE has columns of words and tags in any scheme (BIO, IOB1, IOBES, BILOU, bare types), or JSON lines with tokens
    and tags.

    Lenient chunking is the headline: an I- tag without its B- opens an entity. Strict takes only what opens with B-.
    """
    from scripts._evaluate import Job, evaluate
    from scripts._progress import Progress
    from scripts._show import show

    job = Job(**options)
    if job.plot is not None:
        check_file_place("--plot", job.plot)
    with hold([job.plot] if job.plot else []), Progress() as progress:
        report = evaluate(job, progress)
    if as_json:
        show(report.to_dict(job), as_json=True)
    else:
        _print_report(report, job.against)


def _print_report(report: "Report", against: str | None) -> None:
    """Print the scores, and then what else was asked for."""
    evaluation = report.main.evaluation
    interval = report.main.intervals["lenient"]["all"]
    click.echo(
        f"{counted(evaluation.posts, 'post')}, {counted(evaluation.tokens, 'token')}; F1 {evaluation.f1:.4f} "
        f"({_range(interval)} with 95 % probability; lenient, all types)"
    )
    columns: tuple[str, ...] = ("chunking", "type", "precision", "recall", "F1", "95 %", "gold", "predicted", "correct")
    rows = [row for reading in ("lenient", "strict") for row in _score_rows(report.main, reading)]
    _print(columns, rows)
    _print_confusion(report)
    if len(report.pictures) > 1:
        _print_pictures(report)
    if against is not None:
        click.echo(f"\nagainst {against}, on the same posts")
        columns = ("type", "F1", "its F1", "difference", "95 %", "p (exchanged)", "p (drawn)")
        _print(columns, list(_comparison_rows(report.comparison)))
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
    _print(("gold \\ found", *confusion.types, "other bounds", "nothing"), rows)


def _print_pictures(report: "Report") -> None:
    click.echo("\nwith what beside the text")
    rows = []
    for name, scored in report.pictures.items():
        worth = report.worth.get(name)
        against = (_signed(worth.difference), _range(worth.interval), f"{worth.p_value:.4f}") if worth else ("", "", "")
        score, interval = scored.evaluation.lenient.overall, scored.intervals["lenient"]["all"]
        rows.append((_BESIDE[name], *_shares(score), _range(interval), *against))
    columns = ("picture", "precision", "recall", "F1", "95 %", "against none", "95 % of it", "p")
    _print(columns, rows)


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


def _print(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    from scripts._show import Rows, show

    show(Rows(columns, rows))


if __name__ == "__main__":
    main()
