"""``train-tagger``: tagged posts in; a tagger's folder out."""

from pathlib import Path

import click

from scripts._cli import Command

_EXAMPLES = """
train-tagger default --train train.conll --valid valid.conll -o my-tagger
train-tagger recipe.toml --train a.conll --train b.conll --valid valid.conll --captions captions.tsv -o my-tagger
evaluate-tagger my-tagger valid.conll
"""
_FILE = click.Path(path_type=Path)


@click.command(cls=Command, examples=_EXAMPLES, going_on="the same command goes on from the last whole epoch")
@click.argument("recipe")
@click.option(
    "--train", multiple=True, required=True, type=_FILE, help="Tagged posts to learn from; may be given again."
)
@click.option(
    "--valid",
    multiple=True,
    required=True,
    type=_FILE,
    help="Tagged posts by which the best epoch is chosen; may be given again.",
)
@click.option(
    "-o", "--output", required=True, type=_FILE, metavar="DIR", help="The tagger's folder; a stopped run in it goes on."
)
@click.option(
    "--captions",
    multiple=True,
    type=_FILE,
    metavar="TSV",
    help="Captions of the posts' pictures: name, tab, caption; may be given again.",
)
@click.option(
    "--auxiliary",
    multiple=True,
    type=_FILE,
    metavar="FILE",
    help="Posts annotated in another style that help in the first epochs; may be given again.",
)
@click.option("--init", type=_FILE, metavar="DIR", help="A tagger of the same design to start from.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", help="Where to compute.")
def main(
    recipe: str,
    train: tuple[Path, ...],
    valid: tuple[Path, ...],
    output: Path,
    captions: tuple[Path, ...],
    auxiliary: tuple[Path, ...],
    init: Path | None,
    device: str,
) -> None:
    """Train a tagger by a recipe, or go on with a run that was stopped.

    RECIPE is a shipped recipe's name (default) or a TOML file. Posts are CoNLL columns (with or without IMGID: lines)
    or JSON lines with tokens and tags.
    """
    from ner import load_recipe, train_tagger
    from scripts._progress import Progress

    with Progress() as progress:
        report = train_tagger(
            load_recipe(recipe),
            train=train,
            valid=valid,
            output=output,
            captions=captions,
            auxiliary=auxiliary,
            init=init,
            device=device,
            progress=progress,
        )
    course = f"epoch {report.best.epoch} of {len(report.epochs)} was best"
    click.echo(f"{report.output}: trained on {report.train_posts:,} posts; {course}")
    for name, f1 in report.best.f1.items():
        click.echo(f"  {name}: F1 {f1:.4f}")


if __name__ == "__main__":
    main()
