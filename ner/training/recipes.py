"""Training recipes: every choice of a run, checked, in one small TOML file."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from ner.embeddings.word_table import BuildOptions
from ner.errors import RecipeError
from ner.networks.registry import REGISTRY
from ner.options import choice, options, options_from, positive, share, size
from ner.spans import OUTSIDE, TYPES
from ner.tag_types import type_key

RECIPES = Path(__file__).parents[1] / "recipes"
"""Where the shipped recipes are."""

DEFAULT_ENCODER = "all-MiniLM-L6-v2"
"""The encoder of a tagger that reads sub-tokens, where its recipe names none."""

DEFAULT_VECTORS = "glove-6b-50d"
"""The word vectors of a tagger that reads words, where its recipe names none."""


@options
class ScheduleRecipe:
    """How the network is trained."""

    epochs: int = size(8)  # passes over the training posts, at most
    patience: int = size(3)  # epochs without a better validation before it stops
    batch_size: int = size(16)  # windows that are put through the network at once
    accumulate: int = size(1)  # batches whose gradients are averaged to one step
    optimizer: str = choice("adamw", ("adamw", "adam", "adagrad"))  # which optimizer takes the steps
    # peak rate of the encoder's parameters (its adapters, or the whole of it)
    encoder_learning_rate: float = positive(5e-4)
    head_learning_rate: float = positive(1e-3)  # peak rate of everything above the encoder
    crf_learning_rate: float = positive(5e-3)  # peak rate of the CRF's transitions
    weight_decay: float = share(0.01)  # of matrices; biases, norms and transitions have none
    warm_up: float = share(0.06)  # share of the steps in which the rates rise
    # what the rates do after it: fall linearly to a hundredth, or stay
    course: str = choice("linear", ("linear", "constant"))
    clip: float = positive(1.0)  # greatest norm of a step's gradient
    # how much of the running average of the weights a step keeps; 0 uses the last weights
    average: float = share(0.995)
    # What the network computes with; "bf16" leaves the CRF and the weights in float32, and is float32 on a device
    # that has no bf16.
    precision: str = choice("float32", ("float32", "bf16"))
    auxiliary_epochs: int = size(2, at_least=0)  # in how many first epochs the auxiliary posts take part
    auxiliary_share: float = share(1.0)  # which share of the auxiliary posts is drawn in such an epoch
    auxiliary_weight: float = positive(1.0)  # how much an auxiliary post counts in the loss


@options
class ContextRecipe:
    """What is put beside a training post, so that the tagger uses a context that helps and bears one that does not.

    Each is the share of posts to which it happens.
    """

    caption: float = share(0.5)  # the post's own caption stays
    wrong_caption: float = share(0.1)  # another post's caption stands there
    gold_knowledge: float = share(0.7)  # the post's own knowledge stays, where it has any
    fact: float = share(0.2)  # A fact about one of the post's entities that agrees with its type
    unrelated_fact: float = share(0.12)  # A fact about something else
    contrary_fact: float = share(0.06)  # A fact that gives a one-word entity another type, which becomes the right one
    attributes: float = share(0.15)  # labels of an image classifier, drawn blindly
    gold_attributes: float = share(0.7)  # the post's own attributes stay in their place, where it has any
    picture_dropped: float = share(0.0)  # the post's picture is left out
    picture_swapped: float = share(0.0)  # another post's picture stands there
    known_names: float = share(0.6)  # the post's own known names stay, where it has any
    listed_names: float = share(0.0)  # the names of a made-up list are known
    renamed: float = share(0.0)  # the entities get other names, many of them known to a made-up list
    lower_case: float = share(0.04)  # the post is written without capitals
    upper_case: float = share(0.02)  # the post is written in capitals


@options
class Recipe:
    """All of a training run but its data."""

    tagger: str = "kg-transformer"  # which tagger: a name in :data:`ner.networks.registry.REGISTRY`
    # A Hugging Face encoder, a folder or a name, for a tagger that reads sub-tokens; None for any other
    encoder: str | None = None
    # published word vectors, a file or a name, for a tagger that reads words; None for any other
    vectors: str | None = None
    # which encoder the posts' pictures are put through, where there are any; None for the usual one
    picture_encoder: str | None = None
    # the types of entities that it tells apart, of the user's own making if need be: ["PRODUCT", "EVENT"]
    types: list[str] = field(default_factory=lambda: [*TYPES])
    seed: int = size(13, at_least=0)  # where every random number comes from
    # what is kept of the vectors, and what a word without one gets
    table: BuildOptions = field(default_factory=BuildOptions)
    network: Any = None  # the tagger's own options, or plain values for them; None for their defaults
    schedule: ScheduleRecipe = field(default_factory=ScheduleRecipe)  # how it is trained
    context: ContextRecipe = field(default_factory=ContextRecipe)  # what stands beside the posts while it is trained

    def __post_init__(self) -> None:
        if self.tagger not in REGISTRY:
            raise RecipeError(f"tagger = {self.tagger!r}: expected one of {', '.join(REGISTRY)}")
        if not self.types or len({type_key(name) for name in self.types}) < len(self.types):
            raise RecipeError(f"types = {self.types}: expected at least one, each only once")
        if odd := [name for name in self.types if len(name.split()) != 1 or name == OUTSIDE]:
            raise RecipeError(f"types: {odd[0]!r} is no name of a type: expected one word, such as 'PRODUCT'")
        self._settle_what_it_reads()
        kind = REGISTRY[self.tagger].options_class()
        if not isinstance(self.network, kind):
            values = {} if self.network is None else self.network
            object.__setattr__(self, "network", options_from(kind, values, "network."))

    def _settle_what_it_reads(self) -> None:
        """Give the field that the tagger needs its default, and refuse the other one."""
        if REGISTRY[self.tagger].family == "pieces":
            needed, default, other = "encoder", DEFAULT_ENCODER, "vectors"
        else:
            needed, default, other = "vectors", DEFAULT_VECTORS, "encoder"
        if getattr(self, other) is not None:
            raise RecipeError(
                f"{other} = {getattr(self, other)!r}: expected none, as {self.tagger} is built on {needed}: give these"
            )
        if getattr(self, needed) is None:
            object.__setattr__(self, needed, default)
        if not getattr(self, needed):
            raise RecipeError(f"{needed} = '': expected a file, a folder or a name such as {default!r}")


def load_recipe(name_or_path: str | Path) -> Recipe:
    """A recipe from a TOML or JSON file, or a shipped one by its name ("default", "papers/yu-2020/umt").

    ``like = "umt"`` at its top starts from another recipe, a shipped one or a file beside it: what it says besides
    takes the place of what stands there.

    Raises:
        RecipeError: There is no such recipe, or it has a wrong name or value; the text says which, and what is allowed.
    """
    path = _file_of(name_or_path)
    values = _values_of(path)
    try:
        return recipe_from_dict(values)
    except RecipeError as error:
        raise RecipeError(f"{path}: {error}") from error


def recipe_names() -> list[str]:
    """The names of all shipped recipes; those in folders are of the papers' exact settings."""
    return sorted(path.relative_to(RECIPES).with_suffix("").as_posix() for path in RECIPES.rglob("*.toml"))


def _file_of(name_or_path: str | Path, beside: Path = Path()) -> Path:
    name = str(name_or_path)
    return RECIPES / f"{name}.toml" if name in recipe_names() else beside / name


def _values_of(path: Path, followed: tuple[Path, ...] = ()) -> dict[str, Any]:
    """The plain values of a recipe's file, on top of those of the one that it is like."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        values: dict[str, Any] = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        names = ", ".join(name for name in recipe_names() if "/" not in name)
        raise RecipeError(f"recipe {str(path)!r} cannot be read: give a file, or one of {names}") from error
    except ValueError as error:
        raise RecipeError(f"{path}: is not {'JSON' if path.suffix == '.json' else 'TOML'} ({error})") from error
    if not isinstance(values, dict) or "like" not in values:
        return values
    other = _file_of(str(values.pop("like")), path.parent)
    if path in followed:
        raise RecipeError(f"{path}: like = {other.stem!r} leads back to itself: expected another recipe")
    start = _values_of(other, (*followed, path))
    sections = {name: start[name] | own for name, own in values.items() if _is_section(own, start.get(name))}
    return start | values | sections


def _is_section(*values: object) -> bool:
    return all(isinstance(value, dict) for value in values)


def recipe_from_dict(values: Mapping[str, Any]) -> Recipe:
    """A recipe from plain values; what is left out has its default.

    Raises:
        RecipeError: A name is unknown, or a value has the wrong type or lies out of range.
    """
    return options_from(Recipe, values)


def recipe_to_dict(recipe: Recipe) -> dict[str, Any]:
    """Every value of a recipe, the defaults too."""
    return dataclasses.asdict(recipe)


def changed_recipe(
    recipe: Recipe,
    *,
    encoder: str | None = None,
    vectors: str | None = None,
    picture_encoder: str | None = None,
    types: Sequence[str] | None = None,
    seed: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
) -> Recipe:
    """A recipe with some choices of a user's own; what is None stays.

    Raises:
        RecipeError: A value is none of those allowed, or the tagger has no use for it.
    """
    own: dict[str, Any] = {"encoder": encoder, "vectors": vectors, "picture_encoder": picture_encoder, "seed": seed}
    own["types"] = None if types is None else list(types)
    schedule = {"epochs": epochs, "batch_size": batch_size}
    values = recipe_to_dict(recipe)
    values |= {name: value for name, value in own.items() if value is not None}
    values["schedule"] |= {name: value for name, value in schedule.items() if value is not None}
    return recipe_from_dict(values)
