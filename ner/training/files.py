"""Training a tagger from files: reads the posts, then hands over to the one trainer, :mod:`ner.training.runs`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ner.checkpoints import pick_device
from ner.errors import TrainingError
from ner.formats import TaggedPost, read_captions, read_posts, with_captions
from ner.training.batches import Corpus, RegionsOf
from ner.training.recipes import Recipe
from ner.training.reports import TrainingReport
from ner.training.runs import Pictures, Progress, Run, Tell
from ner.training.validations import Validation, validations_of

AttributesOf = Callable[[TaggedPost], tuple[tuple[str, float], ...]]
"""What a post's picture shows, with probabilities, the likeliest first; nothing where it has none."""


def train_tagger(
    recipe: Recipe,
    *,
    train: Sequence[Path],
    valid: Sequence[Path],
    output: Path,
    captions: Sequence[Path] = (),
    auxiliary: Sequence[Path] = (),
    init: Path | None = None,
    regions: RegionsOf | None = None,
    picture_encoder: str | None = None,
    region_width: int = 0,
    attributes: AttributesOf | None = None,
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
            them.
        output: The folder to write.
        captions: Files of ``name<TAB>caption`` lines for the pictures.
        auxiliary: Files annotated in another style, each with a style of its own, that help in the first epochs.
        init: A tagger's folder with the same network, whose weights are the start.
        regions: Gives a post its picture's regions, float32 (R, C), or None; the same at each call.
        picture_encoder: Which encoder these are from.
        region_width: C.
        attributes: Gives a post what its picture shows; nothing leaves what stands in the file.
        device: "cpu", "cuda", or "auto".
        progress: Told (what, done, total) as it goes.
        tell: Told a line after each epoch.

    Raises:
        FormatError: A file cannot be read.
        TrainingError: A file has no posts, the folder holds another run, or the loss is not a number any more.
        EncoderNotFoundError: The encoder cannot be found.
        CheckpointError: ``init`` or the run to go on with cannot be read.
    """
    texts: dict[str, str] = {}
    for path in captions:
        texts |= read_captions(path)
    beside = _Beside(texts, attributes)
    corpora = [Corpus(tuple(_posts(train, beside)), style=0)]
    corpora += [Corpus(tuple(_posts([path], beside)), style=number) for number, path in enumerate(auxiliary, 1)]
    run = Run(
        recipe,
        corpora,
        _validations(valid, beside, regions),
        output=output,
        init=init,
        pictures=None if regions is None else Pictures(regions, str(picture_encoder), region_width),
        device=pick_device(device),
        progress=progress,
        tell=tell,
    )
    return run.finish()


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is put beside the posts of a file: captions by the pictures' names, and what the pictures show."""

    captions: Mapping[str, str]
    attributes: AttributesOf | None

    def put(self, posts: Sequence[TaggedPost]) -> list[TaggedPost]:
        posts = with_captions(posts, self.captions)
        if self.attributes is None:
            return posts
        return [replace(post, attributes=self.attributes(post) or post.attributes) for post in posts]


def _posts(paths: Sequence[Path], beside: _Beside) -> list[TaggedPost]:
    posts = [post for path in paths for post in beside.put(read_posts(path)) if post.tokens]
    if not posts:
        raise TrainingError(f"{', '.join(map(str, paths)) or 'train'}: no posts: give a file of tagged posts")
    return posts


def _validations(paths: Sequence[Path], beside: _Beside, regions: RegionsOf | None) -> list[Validation]:
    found: list[Validation] = []
    for path in paths:
        found += validations_of(f"{path.parent.name}/{path.name}", _posts([path], beside), regions)
    if not found:
        raise TrainingError("valid: no files: give a file of tagged posts to choose the best epoch by")
    return found
