"""``train-tagger``: tagged posts in; a tagger's folder out."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scripts._cli import FILE, Command, CommandError, counted, device, say, types
from scripts._graph_context import GraphContext, encoder_of_index, index_option
from scripts._picture_features import DEFAULT_ENCODER, FEATURES, PictureFeatures, check_pictures, picture_options

if TYPE_CHECKING:
    from ner import Recipe, TrainingReport

_EXAMPLES = """
train-tagger fine-tune --init default --own-types --train mine.conll -o my-tagger
train-tagger default --train train.conll --valid valid.conll -o my-tagger
train-tagger recipe.toml --train a.conll --train b.conll --valid valid.conll --captions captions.tsv -o my-tagger
train-tagger kg-transformer --encoder xlm-roberta-large --batch-size 8 --train a.conll --valid b.conll -o large
train-tagger kg-transformer --train train.jsonl --valid valid.jsonl --images pictures --seed 7 -o seeing
evaluate-tagger my-tagger valid.conll
"""
_SECTIONS = {
    "Posts": ("train", "valid", "auxiliary", "captions", "types", "own_types"),
    "Pictures": ("images", "picture_encoder", "picture_cache"),
    "In place of what the recipe says": ("init", "encoder", "vectors", "seed", "epochs", "batch_size"),
}
_CHANGES = ("encoder", "vectors", "picture_encoder", "seed", "epochs", "batch_size")
"""The options that take the place of what the recipe says."""


@click.command(
    cls=Command,
    examples=_EXAMPLES,
    sections=_SECTIONS,
    going_on="the same command goes on from the last whole epoch",
)
@click.argument("recipe", required=False)
@click.option("--recipe", "recipe_option", metavar="RECIPE", help="The recipe, in place of the first argument.")
@click.option(
    "--train", multiple=True, required=True, type=FILE, help="Tagged posts to learn from; may be given again."
)
@click.option(
    "--valid",
    multiple=True,
    type=FILE,
    help="Tagged posts by which the best epoch is chosen; may be given again. Without any, the last is kept.",
)
@click.option(
    "-o", "--output", required=True, type=FILE, metavar="DIR", help="The tagger's folder; a stopped run in it goes on."
)
@click.option(
    "--captions",
    multiple=True,
    type=FILE,
    metavar="TSV",
    help="Captions of the posts' pictures: name, tab, caption; may be given again.",
)
@click.option(
    "--auxiliary",
    multiple=True,
    type=FILE,
    metavar="FILE",
    help="Posts annotated in another style that help in the first epochs; may be given again.",
)
@click.option(
    "--init",
    metavar="NAME|DIR",
    help="A tagger to start from: default, base, or a folder; what does not fit is made anew and named.",
)
@index_option
@click.option(
    "--own-types", is_flag=True, help="Tell apart the types that the training files have, as they are written there."
)
@picture_options("features.sqlite in the tagger's folder")
@click.option("--encoder", metavar="NAME|DIR", help="The Hugging Face encoder, in place of the recipe's.")
@click.option("--vectors", metavar="NAME|FILE", help="The word vectors, in place of the recipe's.")
@click.option("--seed", type=int, metavar="N", help="Where every random number comes from, in place of the recipe's.")
@click.option("--epochs", type=int, metavar="N", help="Passes over the posts at most, in place of the recipe's.")
@click.option("--batch-size", type=int, metavar="N", help="Posts at once, in place of the recipe's.")
@types
@device
def main(
    recipe: str | None,
    recipe_option: str | None,
    images: Path | None,
    picture_cache: Path | None,
    index: Path | None,
    own_types: bool,
    **given: Any,
) -> None:
    """Train a tagger by a recipe, or go on with a run that was stopped.

    RECIPE is a shipped recipe's name (fine-tune, which goes with --init; default, base, or a tagger's) or a TOML file.
    Posts are columns of words and tags in any scheme (with or without IMGID: lines), or JSON lines with tokens and
    tags.
    """
    check_pictures(images, picture_cache)
    if (recipe is None) == (recipe_option is None):
        raise click.UsageError("give one RECIPE: a shipped recipe's name (default), or a TOML file")
    from kg import build_lock
    from ner import changed_recipe, load_recipe, types_in_files

    changes = {name: given.pop(name) for name in _CHANGES}
    if own_types:
        changes["types"] = types_in_files(given["train"])
        say(f"types: {', '.join(changes['types'])}")
    chosen = changed_recipe(load_recipe(recipe or str(recipe_option)), **changes)
    output = given["output"].resolve()
    if output.exists() and not output.is_dir():
        raise CommandError(f"-o {given['output']} is a file: expected a folder, or a new name")
    output.parent.mkdir(parents=True, exist_ok=True)
    with build_lock(output):
        _print_report(_train(chosen, images, picture_cache, index, **given))


def _train(
    recipe: "Recipe", images: Path | None, cache: Path | None, index: Path | None, **given: Any
) -> "TrainingReport":
    """Train by a recipe, every picture of the posts encoded once; a line on stderr after each epoch."""
    from ner import read_posts, train_tagger, type_table
    from scripts._progress import Progress

    given["types"] = type_table(given["types"], types=recipe.types)
    encoder, features = recipe.picture_encoder, None
    if index is not None:
        encoder = encoder_of_index(index, encoder)
    with Progress() as progress, ExitStack() as opened:
        if images is not None:
            files = [path for name in ("train", "auxiliary", "valid") for path in given[name]]
            given["output"].mkdir(exist_ok=True)
            place = cache or given["output"] / FEATURES
            features = PictureFeatures(images, place, encoder or DEFAULT_ENCODER, given["device"])
            opened.callback(features.close)
            posts = [post for path in files for post in read_posts(path, types=given["types"])]
            say(str(features.prepare(posts, progress)))
            given |= {
                "regions": features.regions,
                "picture_encoder": features.encoder_name,
                "region_width": features.region_width,
                "informed": features.informed,
            }
        if index is not None:
            graph = GraphContext(index, features, given["device"])
            opened.callback(graph.close)
            given |= {"informed": graph.informed}
        return train_tagger(recipe, **given, progress=progress, tell=say)


def _print_report(report: "TrainingReport") -> None:
    course = f"epoch {report.best.epoch} of {len(report.epochs)} {'was best' if report.best.f1 else 'is kept'}"
    click.echo(f"{report.output}: trained on {counted(report.train_posts, 'post')}; {course}")
    for name, f1 in report.best.f1.items():
        click.echo(f"  {name}: F1 {f1:.4f}")


if __name__ == "__main__":
    main()
