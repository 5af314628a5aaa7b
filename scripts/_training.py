"""What ``train-tagger`` does: the recipe with the user's own choices, the pictures, then the run."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts._cli import say

if TYPE_CHECKING:
    from ner import Recipe, TrainingReport
    from scripts._picture_features import PictureFeatures
    from scripts._progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to train a tagger on, and where its files go.

    Attributes:
        train: Files to learn from.
        valid: Files by which the best epoch is chosen.
        output: The tagger's folder.
        captions: Files of captions.
        auxiliary: Files annotated in another style.
        init: A tagger's folder to start from.
        images: The folder of the posts' pictures.
        picture_cache: Where it is kept what it saw.
        device: Where to compute.
    """

    train: tuple[Path, ...]
    valid: tuple[Path, ...]
    output: Path
    captions: tuple[Path, ...]
    auxiliary: tuple[Path, ...]
    init: Path | None
    images: Path | None
    picture_cache: Path
    device: str


def train(recipe: "Recipe", job: Job, progress: "Progress") -> "TrainingReport":
    """Train a tagger, or go on with a run that was stopped; a line on stderr after each epoch."""
    from ner import train_tagger

    features = _features(recipe, job, progress)
    return train_tagger(
        recipe,
        train=job.train,
        valid=job.valid,
        output=job.output,
        captions=job.captions,
        auxiliary=job.auxiliary,
        init=job.init,
        regions=None if features is None else features.regions,
        picture_encoder=None if features is None else features.encoder_name,
        region_width=0 if features is None else features.region_width,
        attributes=None if features is None else features.attributes,
        device=job.device,
        progress=progress,
        tell=say,
    )


def print_report(report: "TrainingReport") -> None:
    """Say what came of it."""
    course = f"epoch {report.best.epoch} of {len(report.epochs)} was best"
    click.echo(f"{report.output}: trained on {report.train_posts:,} posts; {course}")
    for name, f1 in report.best.f1.items():
        click.echo(f"  {name}: F1 {f1:.4f}")


def _features(recipe: "Recipe", job: Job, progress: "Progress") -> "PictureFeatures | None":
    """The posts' pictures, each encoded once; None where there are none to look at."""
    if job.images is None:
        return None
    from ner import read_posts
    from scripts._picture_features import DEFAULT_ENCODER, PictureFeatures

    encoder = recipe.picture_encoder or DEFAULT_ENCODER
    features = PictureFeatures(job.images, job.picture_cache, encoder, job.device)
    files: Iterable[Path] = (*job.train, *job.auxiliary, *job.valid)
    say(str(features.prepare([post for path in files for post in read_posts(path)], progress)))
    return features
