"""``evaluate-tagger``: a tagger and tagged posts in; precision, recall and F1 out, and how sure they are."""

from pathlib import Path
from typing import Any

import click

from scripts._cli import Command
from scripts._picture_options import picture_options

_EXAMPLES = """
evaluate-tagger default valid.conll
evaluate-tagger my-tagger valid.conll --captions captions.tsv --worst 20
evaluate-tagger my-tagger valid.jsonl --images pictures --pictures all
evaluate-tagger my-tagger valid.conll --against default --plot scores.png --json
"""
_FILE = click.Path(path_type=Path)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("tagger", metavar="DIR|NAME")
@click.argument("posts", metavar="FILE", type=_FILE)
@click.option("--against", metavar="DIR|NAME", help="Another tagger, compared on the same posts by a paired test.")
@click.option("--captions", type=_FILE, metavar="TSV", help="Captions of the posts' pictures: name, tab, caption.")
@picture_options
@click.option(
    "--pictures",
    type=click.Choice(["right", "none", "wrong", "all"]),
    default="right",
    help="What stands beside each post: its own picture (with its caption, attributes and knowledge), none, another "
    "post's, or each in turn.",
)
@click.option("--worst", type=click.IntRange(min=0), default=0, metavar="N", help="Show the posts most wrong.")
@click.option("--plot", type=_FILE, metavar="FILE.png", help="Draw F1 by type and the confusion of types.")
@click.option(
    "--bootstrap",
    "samples",
    type=click.IntRange(min=1),
    default=1000,
    metavar="N",
    help="How many times the posts are drawn again for the intervals.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, metavar="N", help="Where everything drawn comes from.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", help="Where to compute.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def main(as_json: bool, **options: Any) -> None:
    """Score a tagger on tagged posts: exact span and type, overall and by type.

    Lenient chunking is the headline: an I- tag without its B- opens an entity. Strict takes only what opens with B-.
    """
    from scripts._evaluating import Job, evaluate
    from scripts._progress import Progress
    from scripts._score_tables import print_report
    from scripts._tables import print_json

    with Progress() as progress:
        report = evaluate(Job(**options), progress)
    if as_json:
        print_json(report.to_dict())
    else:
        print_report(report)


if __name__ == "__main__":
    main()
