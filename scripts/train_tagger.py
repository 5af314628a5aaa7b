"""``train-tagger``: tagged posts in; a tagger's folder out."""

from pathlib import Path
from typing import Any

import click

from scripts._cli import Command
from scripts._picture_options import picture_options

_EXAMPLES = """
train-tagger default --train train.conll --valid valid.conll -o my-tagger
train-tagger recipe.toml --train a.conll --train b.conll --valid valid.conll --captions captions.tsv -o my-tagger
train-tagger kg-transformer --encoder xlm-roberta-large --batch-size 8 --train a.conll --valid b.conll -o large
train-tagger kg-transformer --train train.jsonl --valid valid.jsonl --images pictures --seed 7 -o seeing
evaluate-tagger my-tagger valid.conll
"""
_FILE = click.Path(path_type=Path)


@click.command(cls=Command, examples=_EXAMPLES, going_on="the same command goes on from the last whole epoch")
@click.argument("recipe", required=False)
@click.option("--recipe", "recipe_option", metavar="RECIPE", help="The recipe, in place of the first argument.")
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
@picture_options
@click.option("--encoder", metavar="NAME|DIR", help="The Hugging Face encoder, in place of the recipe's.")
@click.option("--vectors", metavar="NAME|FILE", help="The word vectors, in place of the recipe's.")
@click.option("--seed", type=int, metavar="N", help="Where every random number comes from, in place of the recipe's.")
@click.option("--epochs", type=int, metavar="N", help="Passes over the posts at most, in place of the recipe's.")
@click.option("--batch-size", type=int, metavar="N", help="Posts at once, in place of the recipe's.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", help="Where to compute.")
def main(
    recipe: str | None,
    recipe_option: str | None,
    encoder: str | None,
    vectors: str | None,
    seed: int | None,
    epochs: int | None,
    batch_size: int | None,
    picture_encoder: str | None,
    **files: Any,
) -> None:
    """Train a tagger by a recipe, or go on with a run that was stopped.

    RECIPE is a shipped recipe's name (default, or a tagger's) or a TOML file. Posts are CoNLL columns (with or without
    IMGID: lines) or JSON lines with tokens and tags.
    """
    if (recipe is None) == (recipe_option is None):
        raise click.UsageError("give one RECIPE: a shipped recipe's name (default), or a TOML file")
    from ner import changed_recipe, load_recipe
    from scripts._progress import Progress
    from scripts._training import Job, print_report, train

    chosen = changed_recipe(
        load_recipe(recipe or str(recipe_option)),
        encoder=encoder,
        vectors=vectors,
        picture_encoder=picture_encoder,
        seed=seed,
        epochs=epochs,
        batch_size=batch_size,
    )
    with Progress() as progress:
        report = train(chosen, Job(**files), progress)
    print_report(report)


if __name__ == "__main__":
    main()
