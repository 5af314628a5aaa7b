"""Training a tagger from files: reads the posts, then hands over to the one trainer, :mod:`ner.training.run`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path

from ner.checkpoints import pick_device, tagger_folder
from ner.formats import read_captions
from ner.tag_types import TypeTable, type_table
from ner.training.epoch_reports import TrainingReport
from ner.training.recipes import Recipe
from ner.training.run import Pictures, Progress, Run, Tell
from ner.training.training_posts import Corpus, Informed, RegionsOf, Validation, read_training_posts, validations_of


def train_tagger(
    recipe: Recipe,
    *,
    train: Sequence[str | Path],
    valid: Sequence[str | Path],
    output: str | Path,
    captions: Sequence[str | Path] = (),
    auxiliary: Sequence[str | Path] = (),
    init: str | Path | None = None,
    regions: RegionsOf | None = None,
    picture_encoder: str | None = None,
    region_width: int = 0,
    informed: Informed | None = None,
    types: TypeTable | None = None,
    device: str = "auto",
    progress: Progress | None = None,
    tell: Tell | None = None,
) -> TrainingReport:
    """Train a tagger, or go on with a run that was cut short.

    Args:
        recipe: Every choice of the run.
        train: Files of tagged posts, in any of the formats of :mod:`ner.formats`.
        valid: Files of tagged posts; the epoch with the best mean F1 over them is kept. Each counts with its text
            alone, and again with its captions, with all that is known beside it, and with its pictures, where it has
            them. Without any, the last epoch is kept.
        output: The folder to write.
        captions: Files of ``name<TAB>caption`` lines for the pictures.
        auxiliary: Files annotated in another style, each with a style of its own, that help in the first epochs.
        init: A tagger's folder, or a shipped tagger's name, whose weights are the start, as far as they fit.
        regions: Gives a post its picture's regions, float32 (R, C), or None; the same at each call.
        picture_encoder: Which encoder these are from.
        region_width: C.
        informed: Gives posts what is known beside their text; None leaves what stands in the files.
        types: What the files' types are called here; the published sets' are known.
        device: "cpu", "cuda", or "auto".
        progress: Told (what, done, total) as it goes.
        tell: Told a line for each file that is not plain BIO with our types, and after each epoch.

    Raises:
        FormatError: A file cannot be read.
        TrainingError: A file has no posts, the folder holds another run, or the loss is not a number any more.
        EncoderNotFoundError: The encoder cannot be found.
        CheckpointError: ``init`` or the run to go on with cannot be read.
    """
    if recipe.encoder and (Path(recipe.encoder) / "config.json").is_file():  # the tagger is loaded from anywhere
        recipe = replace(recipe, encoder=str(Path(recipe.encoder).absolute()))
    texts: dict[str, str] = {}
    for path in captions:
        texts |= read_captions(path)
    groups = [list(train), *([path] for path in auxiliary)]
    table = type_table(types=recipe.types) if types is None else types
    read = partial(read_training_posts, captions=texts, informed=informed, types=table, tell=tell)
    corpora = [Corpus(tuple(read(paths)), n) for n, paths in enumerate(groups)]
    validations: list[Validation] = []
    learned = {post.tokens for post in corpora[0].posts}
    for path, name in zip(valid, _names(valid), strict=True):
        posts = read([path])
        again = sum(post.tokens in learned for post in posts)
        if again and tell is not None:
            tell(f"{path}: {again:,} of {len(posts):,} posts are trained on too, word for word")
        validations += validations_of(name, posts, regions)
    run = Run(
        recipe,
        corpora,
        validations,
        output=Path(output),
        init=None if init is None else tagger_folder(init),
        pictures=None if regions is None else Pictures(regions, str(picture_encoder), region_width),
        device=pick_device(device),
        progress=progress,
        tell=tell,
    )
    return run.finish()


def _names(paths: Sequence[str | Path]) -> list[str]:
    """Names of files in reports: file and folder, and of the folders above as many as tell the files apart."""
    places = [Path(path).absolute().parts for path in paths]
    depth = next(n for n in count(2) if len({parts[-n:] for parts in places}) == len(set(places)))
    return [Path(*parts[-depth:]).as_posix() for parts in places]
