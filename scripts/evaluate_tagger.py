"""``evaluate-tagger``: a tagger and tagged posts in; precision, recall and F1 out."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts._cli import Command

if TYPE_CHECKING:
    from ner import Evaluation, Score

_EXAMPLES = """
evaluate-tagger default valid.conll
evaluate-tagger my-tagger valid.conll --captions captions.tsv
evaluate-tagger default valid.conll --json
"""
_FILE = click.Path(path_type=Path)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("tagger", metavar="DIR|NAME")
@click.argument("posts", metavar="FILE", type=_FILE)
@click.option("--captions", type=_FILE, metavar="TSV", help="Captions of the posts' pictures: name, tab, caption.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", help="Where to compute.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def main(tagger: str, posts: Path, captions: Path | None, device: str, as_json: bool) -> None:
    """Score a tagger on tagged posts: exact span and type, overall and by type.

    Lenient chunking is the headline: an I- tag without its B- opens an entity. Strict takes only what opens with B-.
    """
    from ner import evaluate_tagger
    from scripts._progress import Progress
    from scripts._tables import print_json

    with Progress() as progress:
        evaluation = evaluate_tagger(tagger, posts, captions=captions, device=device, progress=progress)
    if as_json:
        print_json(evaluation.to_dict())
    else:
        _print_scores(evaluation)


def _print_scores(evaluation: "Evaluation") -> None:
    from scripts._tables import print_rows

    click.echo(f"{evaluation.posts:,} posts, {evaluation.tokens:,} tokens; F1 {evaluation.f1:.4f} (lenient, all types)")
    rows = []
    for name, scores in (("lenient", evaluation.lenient), ("strict", evaluation.strict)):
        rows.append(_row(name, "all", scores.overall))
        rows += [_row("", kind, score) for kind, score in scores.by_type.items()]
        rows.append(_row("", "span only", scores.spans_only))
    print_rows(("chunking", "type", "precision", "recall", "F1", "gold", "predicted", "correct"), rows, as_json=False)


def _row(chunking: str, kind: str, score: "Score") -> tuple[str, str, str, str, str, int, int, int]:
    shares = (f"{share:.4f}" for share in (score.precision, score.recall, score.f1))
    precision, recall, f1 = shares
    return chunking, kind, precision, recall, f1, score.gold, score.predicted, score.correct


if __name__ == "__main__":
    main()
