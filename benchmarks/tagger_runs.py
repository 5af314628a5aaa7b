"""One training run of a tagger by its recipe, in a folder of its own: what is asked for, and what came of it."""

from __future__ import annotations

import hashlib
import json
import time
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.sample import SHARED, WORK

TEXT, CAPTIONS = "text", "captions"
"""What stands beside the text: nothing, or the picture's caption (taggers that read words take it for attributes)."""

CONTEXT_TAGGERS = frozenset({"kg-transformer", "knowledge-attention"})
"""The taggers that take a caption or attributes beside the text."""

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
    """

    recipe: str
    changes: str
    year: int
    context: str
    seed: int
    epochs: int | None = None
    encoder: str | None = None

    @property
    def title(self) -> str:
        """What a table calls the tagger: its recipe, and what differs from it."""
        parts = [f"{self.recipe}:{self.changes}" if self.changes else self.recipe]
        if self.encoder is not None:
            parts.append(f"on {self.encoder}")
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
    from ner.training.recipes import load_recipe, recipe_from_dict, recipe_to_dict

    values = recipe_to_dict(load_recipe(spec.recipe))
    values["seed"] = spec.seed
    if spec.epochs is not None:
        values["schedule"]["epochs"] = spec.epochs
    if spec.encoder is not None and values.get("encoder") is not None:
        values["encoder"] = spec.encoder
    for change in filter(None, spec.changes.split(",")):
        name, sign, value = change.partition("=")
        if not sign:
            raise RecipeError(f"change {change!r}: expected field=value, as in visual_gate=false")
        values["network"][name.strip()] = _plain(value.strip())
    return recipe_to_dict(recipe_from_dict(values))


def takes_context(recipe: str) -> bool:
    """Whether a recipe's tagger takes a caption or attributes."""
    from ner.training.recipes import load_recipe

    return load_recipe(recipe).tagger in CONTEXT_TAGGERS


def train_and_score(spec: RunSpec) -> dict[str, Any]:
    """Train, or go on with what a stopped run left, and score the best epoch on ``valid``.

    Returns:
        What was asked for and what came of it, as plain values; or only "error", why nothing did.
    """
    from ner.errors import NerError
    from ner.evaluation.evaluate import evaluate_tagger
    from ner.training.recipes import recipe_from_dict
    from ner.training.train import train_tagger

    folder = WORK / "taggers" / f"{spec.recipe.replace('/', '-')}-{spec.year}-{spec.context}-{spec.seed}-{spec.key}"
    data = _DATA / f"twitter{spec.year}"
    captions = _DATA / "captions" / f"twitter{spec.year}.tsv" if spec.context == CAPTIONS else None
    resumed = folder.is_dir()
    start = time.monotonic()
    try:
        report = train_tagger(
            recipe_from_dict(resolved_recipe(spec)),
            train=[data / "train.txt"],
            valid=[data / "valid.txt"],
            captions=[captions] if captions else [],
            output=folder,
        )
        minutes = (time.monotonic() - start) / 60
        evaluation = evaluate_tagger(folder, data / "valid.txt", captions=captions)
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


def _plain(text: str) -> Any:
    """A value as TOML has it; any other text is itself."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _device() -> str:
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
