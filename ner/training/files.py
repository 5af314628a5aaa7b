"""Training a tagger from files: reads the posts, then hands over to the one trainer, :mod:`ner.training.runs`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ner.checkpoints import pick_device
from ner.errors import TrainingError
from ner.formats import TaggedPost, read_captions, read_posts, with_captions
from ner.training.augment import without_context
from ner.training.batches import Corpus
from ner.training.recipes import Recipe
from ner.training.runs import EpochReport, Progress, Run, TrainingReport

__all__ = ["EpochReport", "Progress", "TrainingReport", "train_tagger"]


def train_tagger(
    recipe: Recipe,
    *,
    train: Sequence[Path],
    valid: Sequence[Path],
    output: Path,
    captions: Sequence[Path] = (),
    auxiliary: Sequence[Path] = (),
    init: Path | None = None,
    device: str = "auto",
    progress: Progress | None = None,
) -> TrainingReport:
    """Train a tagger, or go on with a run that was cut short.

    Args:
        recipe: Every choice of the run.
        train: Files of tagged posts, in any of the formats of :mod:`ner.formats`.
        valid: Files of tagged posts; the epoch with the best mean F1 over them is kept.
        output: The folder to write.
        captions: Files of ``name<TAB>caption`` lines for the pictures; validation is then with and without them.
        auxiliary: Files annotated in another style, each with a style of its own, that help in the first epochs.
        init: A tagger's folder with the same network, whose weights are the start.
        device: "cpu", "cuda", or "auto".
        progress: Told (what, done, total) as it goes.

    Raises:
        FormatError: A file cannot be read.
        TrainingError: A file has no posts, the folder holds another run, or the loss is not a number any more.
        EncoderNotFoundError: The encoder cannot be found.
        CheckpointError: ``init`` or the run to go on with cannot be read.
    """
    texts: dict[str, str] = {}
    for path in captions:
        texts |= read_captions(path)
    corpora = [Corpus(tuple(_posts(train, texts)), style=0)]
    corpora += [Corpus(tuple(_posts([path], texts)), style=number) for number, path in enumerate(auxiliary, 1)]
    validations = _validations(valid, texts)
    run = Run(recipe, corpora, validations, output=output, init=init, device=pick_device(device), progress=progress)
    return run.finish()


def _posts(paths: Sequence[Path], captions: dict[str, str]) -> list[TaggedPost]:
    posts = [post for path in paths for post in with_captions(read_posts(path), captions) if post.tokens]
    if not posts:
        raise TrainingError(f"{', '.join(map(str, paths)) or 'train'}: no posts: give a file of tagged posts")
    return posts


def _validations(paths: Sequence[Path], captions: dict[str, str]) -> dict[str, list[TaggedPost]]:
    found: dict[str, list[TaggedPost]] = {}
    for path in paths:
        posts = _posts([path], captions)
        name = f"{path.parent.name}/{path.name}"
        found[name] = [without_context(post) for post in posts]
        if any(post.caption for post in posts):
            found[f"{name} + captions"] = [replace(post, knowledge=()) for post in posts]
    if not found:
        raise TrainingError("valid: no files: give a file of tagged posts to choose the best epoch by")
    return found
