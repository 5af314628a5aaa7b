"""One training run of a tagger by its recipe, in a folder of its own: what is asked for, and what came of it."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
import tomllib
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.sample import SHARED, WORK
from ner.formats import TaggedPost, read_captions, read_posts, tagger_input, with_captions
from scripts._graph_context import GraphContext, encoder_of_index
from scripts._picture_features import DEFAULT_ENCODER, PictureFeatures

if TYPE_CHECKING:
    from ner.taggers import TaggerInput

TEXT, CAPTIONS, PICTURES = "text", "captions", "pictures"
"""What stands beside the text: nothing, or the picture's caption (taggers that read words take it for attributes), or
the picture: its regions, its attributes and, with an index, what the graph knows of it."""

CONTEXT_TAGGERS = frozenset({"kg-transformer", "knowledge-attention"})
"""The taggers that take a caption or attributes beside the text."""

PICTURE_TAGGERS = (
    "modality-attention",
    "gvatt",
    "adacan",
    "visual-self-attention",
    "knowledge-attention",
    "hsn",
    "mt",
    "umt",
    "kg-transformer",
)
"""The taggers that look at a picture's regions."""

_DATA = SHARED / "data"


@dataclass(frozen=True, slots=True)
class RunSpec:
    """A run.

    Attributes:
        recipe: A shipped recipe's name or a file.
        changes: What is changed in its network, as ``field=value`` parted by commas; "" for nothing.
        year: Of the Twitter set.
        context: :data:`TEXT` or :data:`CAPTIONS`.
        seed: Of the run.
        epochs: At most so many; None for the recipe's.
        encoder: In place of the recipe's, for a tagger on sub-tokens; None for the recipe's.
        vectors: The same for a tagger on words.
        picture_encoder: In place of the recipe's.
        images: The folder of the pictures, or of a folder for each year; for :data:`PICTURES`.
        index: An index whose graph knows them; None for none.
    """

    recipe: str
    changes: str
    year: int
    context: str
    seed: int
    epochs: int | None = None
    encoder: str | None = None
    vectors: str | None = None
    picture_encoder: str | None = None
    images: str | None = None
    index: str | None = None

    @property
    def title(self) -> str:
        """What a table calls the tagger: its recipe, and what differs from it."""
        parts = [f"{self.recipe}:{self.changes}" if self.changes else self.recipe]
        parts += [f"on {name}" for name in (self.encoder, self.vectors, self.picture_encoder) if name is not None]
        if self.index is not None:
            parts.append("with a graph")
        if self.epochs is not None:
            parts.append(f"in {self.epochs} epochs")
        return " ".join(parts)

    @property
    def key(self) -> str:
        """What tells a run from all others: itself, and every value of its recipe."""
        values = json.dumps([asdict(self), resolved_recipe(self)], sort_keys=True)
        return hashlib.sha256(values.encode()).hexdigest()[:12]

    def __str__(self) -> str:
        return f"{self.title}, {self.year}, {self.context}, seed {self.seed}"


def resolved_recipe(spec: RunSpec) -> dict[str, Any]:
    """Every value of a run's recipe.

    Raises:
        RecipeError: There is no such recipe, or it has no such field or value.
    """
    from ner.errors import RecipeError
    from ner.training.recipes import changed_recipe, load_recipe, recipe_from_dict, recipe_to_dict

    recipe = load_recipe(spec.recipe)
    changed = changed_recipe(
        recipe,
        encoder=spec.encoder,
        vectors=spec.vectors,
        picture_encoder=spec.picture_encoder,
        seed=spec.seed,
        epochs=spec.epochs,
    )
    values = recipe_to_dict(changed)
    for change in filter(None, spec.changes.split(",")):
        name, sign, value = change.partition("=")
        if not sign:
            raise RecipeError(f"change {change!r}: expected field=value, as in visual_gate=false")
        values["network"][name.strip()] = _plain(value.strip())
    return recipe_to_dict(recipe_from_dict(values))


class Pictures:
    """Puts beside posts what their pictures show, and what an index knows of these.

    Args:
        images: The folder of the pictures.
        encoder: Which encoder looks at them; None for the usual one, or the index's.
        opened: Closes what is opened here.
        index: The index; None for none.
    """

    def __init__(self, images: Path, encoder: str | None, opened: ExitStack, index: Path | None = None) -> None:
        WORK.mkdir(parents=True, exist_ok=True)
        name = (encoder_of_index(index, encoder) if index else encoder) or DEFAULT_ENCODER
        self.features = opened.enter_context(closing(PictureFeatures(images, WORK / "features.sqlite", name)))
        graph = GraphContext(index, self.features, "auto") if index else None
        self._graph = opened.enter_context(closing(graph)) if graph else None

    def informed(self, posts: Sequence[TaggedPost]) -> list[TaggedPost]:
        """The posts with their attributes, and with an index their knowledge and known names; pictures are encoded."""
        print(self.features.prepare(posts), file=sys.stderr, flush=True)
        return (self._graph or self.features).informed(posts)

    def inputs(self, posts: Sequence[TaggedPost]) -> list[TaggerInput]:
        """The same, with their regions, as a tagger reads them."""
        return [replace(tagger_input(post), regions=self.features.regions(post)) for post in self.informed(posts)]

    def of_training(self) -> dict[str, Any]:
        """What :func:`ner.training.train.train_tagger` takes of it."""
        return {
            "regions": self.features.regions,
            "picture_encoder": self.features.encoder_name,
            "region_width": self.features.region_width,
            "informed": self.informed,
        }


def contexts_of(recipe: str, asked: Iterable[str]) -> list[str]:
    """What stands beside the text of a recipe's tagger, of what is asked for; the text alone where it takes none.

    Raises:
        RecipeError: There is no such recipe.
    """
    from ner.training.recipes import load_recipe

    tagger = load_recipe(recipe).tagger
    taken_by = {TEXT: [tagger], CAPTIONS: CONTEXT_TAGGERS, PICTURES: PICTURE_TAGGERS}
    return [context for context in asked if tagger in taken_by[context]] or [TEXT]


def choices_of(recipe: str, context: str, asked: argparse.Namespace) -> dict[str, str | None]:
    """Of what was asked for in place of the recipes' choices, that which a recipe's tagger has a use for.

    Raises:
        RecipeError: There is no such recipe.
    """
    from ner.training.recipes import load_recipe

    own = load_recipe(recipe)
    used = ["encoder" if own.encoder else "vectors"]
    used += ["picture_encoder", "images", "index"] if context == PICTURES else []
    return {name: getattr(asked, name) for name in used}


def train_and_score(spec: RunSpec) -> dict[str, Any]:
    """Train, or go on with what a stopped run left, and score the best epoch on ``valid``.

    Returns:
        What was asked for and what came of it, as plain values; or only "error", why nothing did.
    """
    from ner.checkpoints import load_tagger
    from ner.errors import NerError
    from ner.evaluation.evaluate import tag_in_steps
    from ner.evaluation.scores import score_posts
    from ner.training.recipes import recipe_from_dict
    from ner.training.train import train_tagger

    folder = WORK / "taggers" / f"{spec.recipe.replace('/', '-')}-{spec.year}-{spec.context}-{spec.seed}-{spec.key}"
    data = _DATA / f"twitter{spec.year}"
    captions = [_DATA / "captions" / f"twitter{spec.year}.tsv"] if spec.context == CAPTIONS else []
    resumed = folder.is_dir()
    start = time.monotonic()
    recipe = recipe_from_dict(resolved_recipe(spec))
    try:
        with ExitStack() as opened:
            seen = _pictures_of(spec, recipe.picture_encoder, opened) if spec.context == PICTURES else None
            report = train_tagger(
                recipe,
                train=[data / "train.txt"],
                valid=[data / "valid.txt"],
                captions=captions,
                output=folder,
                **(seen.of_training() if seen else {}),
            )
            minutes = (time.monotonic() - start) / 60
            posts = read_posts(data / "valid.txt")
            for path in captions:
                posts = with_captions(posts, read_captions(path))
            inputs = seen.inputs(posts) if seen else [tagger_input(post) for post in posts]
            tagger = load_tagger(folder)
            evaluation = score_posts(posts, [output.tags for output in tag_in_steps(tagger, inputs)])
    except NerError as error:
        return {"error": str(error)}
    course = {"epochs_run": len(report.epochs), "best_epoch": report.best.epoch}
    took = {"minutes": round(minutes, 2), "resumed": resumed, "device": _device()}
    return {**asdict(spec), "title": spec.title, "key": spec.key, **course, **took, "evaluation": evaluation.to_dict()}


def read_results(path: Path) -> list[dict[str, Any]]:
    """What earlier runs wrote, a JSON object a line; a line that a kill cut short is passed over."""
    results = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            results.append(json.loads(line))
        except ValueError:
            continue
    return results


def append_result(path: Path, result: dict[str, Any]) -> None:
    """Add a line to the results; it begins a line of its own, whatever a kill left before it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cut = path.is_file() and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" * cut + json.dumps(result) + "\n")


def _pictures_of(spec: RunSpec, encoder: str | None, opened: ExitStack) -> Pictures:
    """The pictures of a year: in a folder of their own, as they are usually shared, or all in one."""
    images = Path(str(spec.images))
    own = [images / f"twitter{spec.year}_images", images / f"twitter{spec.year}"]
    folder = next((path for path in own if path.is_dir()), images)
    return Pictures(folder, encoder, opened, Path(spec.index) if spec.index else None)


def _plain(text: str) -> Any:
    """A value as TOML has it; any other text is itself."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _device() -> str:
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
