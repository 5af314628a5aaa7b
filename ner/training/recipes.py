"""Training recipes: every choice of a run, checked, in one small TOML file."""

from __future__ import annotations

import dataclasses
import json
import tomllib
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast, get_args, get_type_hints

from ner.errors import RecipeError
from ner.networks.registry import REGISTRY
from ner.options import check_options, choice, positive, share, size

_T = TypeVar("_T")

RECIPES = Path(__file__).parents[1] / "recipes"
"""Where the shipped recipes are."""

DEFAULT_ENCODER = "all-MiniLM-L6-v2"
"""The encoder of a tagger that reads sub-tokens, where its recipe names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRecipe:
    """How the network is trained.

    Attributes:
        epochs: Passes over the training posts, at most.
        patience: Epochs without a better validation before it stops.
        batch_size: Windows that are put through the network at once.
        accumulate: Batches whose gradients are averaged to one step.
        optimizer: Which optimizer takes the steps.
        encoder_learning_rate: Peak rate of the encoder's parameters (its adapters, or the whole of it).
        head_learning_rate: Peak rate of everything above the encoder.
        crf_learning_rate: Peak rate of the CRF's transitions.
        weight_decay: Of matrices; biases, norms and transitions have none.
        warm_up: Share of the steps in which the rates rise.
        course: What the rates do after it: fall linearly to a hundredth, or stay.
        clip: Greatest norm of a step's gradient.
        average: How much of the running average of the weights a step keeps; 0 uses the last weights.
        precision: What the network computes with on a GPU; "bf16" leaves the CRF and the weights in float32. On a CPU
            it is always float32.
        auxiliary_epochs: In how many first epochs the auxiliary posts take part.
        auxiliary_share: Which share of the auxiliary posts is drawn in such an epoch.
        auxiliary_weight: How much an auxiliary post counts in the loss.
    """

    epochs: int = size(8)
    patience: int = size(3)
    batch_size: int = size(16)
    accumulate: int = size(1)
    optimizer: str = choice("adamw", ("adamw", "adam", "adagrad", "sgd"))
    encoder_learning_rate: float = positive(5e-4)
    head_learning_rate: float = positive(1e-3)
    crf_learning_rate: float = positive(5e-3)
    weight_decay: float = share(0.01)
    warm_up: float = share(0.06)
    course: str = choice("linear", ("linear", "constant"))
    clip: float = positive(1.0)
    average: float = share(0.995)
    precision: str = choice("float32", ("float32", "bf16"))
    auxiliary_epochs: int = size(2, at_least=0)
    auxiliary_share: float = share(1.0)
    auxiliary_weight: float = positive(1.0)

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextRecipe:
    """What is put beside a training post, so that the tagger uses a context that helps and bears one that does not.

    Each is the share of posts to which it happens.

    Attributes:
        caption: The post's own caption stays.
        wrong_caption: Another post's caption stands there.
        gold_knowledge: The post's own knowledge stays, where it has any.
        fact: A fact about one of the post's entities that agrees with its type.
        unrelated_fact: A fact about something else.
        contrary_fact: A fact that gives a one-word entity another type, which becomes the right one.
        attributes: Labels of an image classifier, drawn blindly.
        lower_case: The post is written without capitals.
        upper_case: The post is written in capitals.
    """

    caption: float = share(0.5)
    wrong_caption: float = share(0.1)
    gold_knowledge: float = share(0.7)
    fact: float = share(0.2)
    unrelated_fact: float = share(0.12)
    contrary_fact: float = share(0.06)
    attributes: float = share(0.15)
    lower_case: float = share(0.04)
    upper_case: float = share(0.02)

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All of a training run but its data.

    Attributes:
        tagger: Which tagger: a name in :data:`ner.networks.registry.REGISTRY`.
        encoder: A Hugging Face encoder, a folder or a name, for a tagger that reads sub-tokens; None for any other.
        seed: Where every random number comes from.
        network: The tagger's own options; None for their defaults.
        schedule: How it is trained.
        context: What stands beside the posts while it is trained.
    """

    tagger: str = "kg-transformer"
    encoder: str | None = None
    seed: int = size(13, at_least=0)
    network: Any = None
    schedule: ScheduleRecipe = field(default_factory=ScheduleRecipe)
    context: ContextRecipe = field(default_factory=ContextRecipe)

    def __post_init__(self) -> None:
        if self.tagger not in REGISTRY:
            raise RecipeError(f"tagger = {self.tagger!r}: expected one of {', '.join(REGISTRY)}")
        if self.encoder is None:
            object.__setattr__(self, "encoder", DEFAULT_ENCODER)
        if not self.encoder:
            raise RecipeError("encoder = '': expected a folder or a name such as 'all-MiniLM-L6-v2'")
        check_options(self)
        options = REGISTRY[self.tagger].options_class()
        if self.network is None:
            object.__setattr__(self, "network", options())
        if not isinstance(self.network, options):
            raise RecipeError(f"network = {self.network!r}: expected {options.__name__}, as for {self.tagger}")


def load_recipe(name_or_path: str | Path) -> Recipe:
    """A recipe from a TOML or JSON file, or a shipped one by its name ("default").

    Raises:
        RecipeError: There is no such recipe, or it has a wrong name or value; the text says which, and what is allowed.
    """
    shipped = sorted(RECIPES.glob("*.toml"))
    path = next((p for p in shipped if p.stem == str(name_or_path)), Path(name_or_path))
    try:
        text = path.read_text(encoding="utf-8")
        values = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        names = ", ".join(p.stem for p in shipped)
        raise RecipeError(f"recipe {str(name_or_path)!r} cannot be read: give a file, or one of {names}") from error
    except ValueError as error:
        raise RecipeError(f"{path}: is no {path.suffix.lstrip('.').upper() or 'TOML'} ({error})") from error
    try:
        return recipe_from_dict(values)
    except RecipeError as error:
        raise RecipeError(f"{path}: {error}") from error


def recipe_from_dict(values: Mapping[str, Any]) -> Recipe:
    """A recipe from plain values; what is left out has its default.

    Raises:
        RecipeError: A name is unknown, or a value has the wrong type or lies out of range.
    """
    return _build(Recipe, values, "", {"network": _options_class(values)})


def recipe_to_dict(recipe: Recipe) -> dict[str, Any]:
    """Every value of a recipe, the defaults too."""
    return dataclasses.asdict(recipe)


def _options_class(values: Any) -> type[Any]:
    """What the section of the network must be, for the tagger that a recipe names."""
    name = values.get("tagger", Recipe.__dataclass_fields__["tagger"].default) if isinstance(values, Mapping) else ""
    spec = REGISTRY.get(name) if isinstance(name, str) else None
    return cast(type[Any], spec.options_class() if spec else object)


def _build(kind: type[_T], values: Any, place: str, sections: Mapping[str, type[Any]] | None = None) -> _T:
    if not isinstance(values, Mapping):
        raise RecipeError(f"{place.rstrip('.') or 'recipe'} = {values!r}: expected a section with named values")
    hints = get_type_hints(kind) | dict(sections or {})
    arguments: dict[str, Any] = {}
    for name, value in values.items():
        if name not in hints:
            raise RecipeError(f"{place}{name} is unknown: expected one of {', '.join(hints)}")
        wanted = hints[name]
        if dataclasses.is_dataclass(wanted):
            arguments[name] = _build(cast(type[Any], wanted), value, f"{name}.")
        elif wanted is not object:
            arguments[name] = _typed(value, wanted, f"{place}{name}")
    try:
        return kind(**arguments)
    except RecipeError as error:
        raise RecipeError(f"{place}{error}") from error


_KINDS: Mapping[type, str] = types.MappingProxyType(
    {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
)


def _typed(value: Any, wanted: Any, place: str) -> Any:
    kinds = tuple(kind for kind in get_args(wanted) or (wanted,))
    if float in kinds and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise RecipeError(f"{place} = {value!r}: expected {_KINDS[kinds[0]]}")
    return value
