"""Training recipes: every choice of a run, checked, in one small TOML file."""

from __future__ import annotations

import dataclasses
import json
import tomllib
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast, get_type_hints

from ner.errors import RecipeError

_T = TypeVar("_T")

RECIPES = Path(__file__).parents[1] / "recipes"
"""Where the shipped recipes are."""

TAGGERS: tuple[str, ...] = ("kg-transformer",)
"""The taggers that can be trained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRecipe:
    """The sizes of the network.

    Attributes:
        adapter_rank: Rank of the encoder's adapters; 0 trains the whole encoder instead.
        adapter_dropout: Dropout before an adapter.
        letter_width: Filters over a word's letters.
        lstm_width: Width of each direction of the BiLSTM; 0 leaves it out.
        dropout: Dropout before and after the BiLSTM.
    """

    adapter_rank: int = 48
    adapter_dropout: float = 0.0
    letter_width: int = 64
    lstm_width: int = 128
    dropout: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRecipe:
    """How the network is trained.

    Attributes:
        epochs: Passes over the training posts, at most.
        patience: Epochs without a better validation before it stops.
        batch_size: Windows in a step.
        encoder_learning_rate: Peak rate of the encoder's parameters (its adapters, or the whole of it).
        head_learning_rate: Peak rate of everything above the encoder.
        crf_learning_rate: Peak rate of the CRF's transitions.
        weight_decay: Of matrices; biases, norms and transitions have none.
        warm_up: Share of the steps in which the rates rise; they fall linearly after it.
        clip: Greatest norm of a step's gradient.
        average: How much of the running average of the weights a step keeps; 0 uses the last weights.
        auxiliary_epochs: In how many first epochs the auxiliary posts take part.
        auxiliary_share: Which share of the auxiliary posts is drawn in such an epoch.
        auxiliary_weight: How much an auxiliary post counts in the loss.
    """

    epochs: int = 8
    patience: int = 3
    batch_size: int = 16
    encoder_learning_rate: float = 5e-4
    head_learning_rate: float = 1e-3
    crf_learning_rate: float = 5e-3
    weight_decay: float = 0.01
    warm_up: float = 0.06
    clip: float = 1.0
    average: float = 0.995
    auxiliary_epochs: int = 2
    auxiliary_share: float = 1.0
    auxiliary_weight: float = 1.0


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

    caption: float = 0.5
    wrong_caption: float = 0.1
    gold_knowledge: float = 0.7
    fact: float = 0.2
    unrelated_fact: float = 0.12
    contrary_fact: float = 0.06
    attributes: float = 0.15
    lower_case: float = 0.04
    upper_case: float = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All of a training run but its data.

    Attributes:
        tagger: Which tagger: one of :data:`TAGGERS`.
        encoder: A Hugging Face encoder: a folder, or a name.
        seed: Where every random number comes from.
        network: Sizes.
        schedule: How it is trained.
        context: What stands beside the posts while it is trained.
    """

    tagger: str = "kg-transformer"
    encoder: str = "all-MiniLM-L6-v2"
    seed: int = 13
    network: NetworkRecipe = field(default_factory=NetworkRecipe)
    schedule: ScheduleRecipe = field(default_factory=ScheduleRecipe)
    context: ContextRecipe = field(default_factory=ContextRecipe)

    def __post_init__(self) -> None:
        if self.tagger not in TAGGERS:
            raise RecipeError(f"tagger = {self.tagger!r}: expected one of {', '.join(TAGGERS)}")
        if not self.encoder:
            raise RecipeError("encoder = '': expected a folder or a name such as 'all-MiniLM-L6-v2'")
        for section in (self.network, self.schedule, self.context):
            _check_numbers(section)


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
    return _build(Recipe, values, "")


def recipe_to_dict(recipe: Recipe) -> dict[str, Any]:
    """Every value of a recipe, the defaults too."""
    return dataclasses.asdict(recipe)


_ANY_SIZE = frozenset({"adapter_rank", "lstm_width", "auxiliary_epochs", "seed"})
_RATES = frozenset({"encoder_learning_rate", "head_learning_rate", "crf_learning_rate", "clip", "auxiliary_weight"})


def _build(kind: type[_T], values: Any, place: str) -> _T:
    if not isinstance(values, Mapping):
        raise RecipeError(f"{place.rstrip('.')} = {values!r}: expected a section with named values")
    hints = get_type_hints(kind)
    arguments: dict[str, Any] = {}
    for name, value in values.items():
        if name not in hints:
            raise RecipeError(f"{place}{name} is unknown: expected one of {', '.join(hints)}")
        wanted = hints[name]
        if dataclasses.is_dataclass(wanted):
            arguments[name] = _build(cast(type[Any], wanted), value, f"{name}.")
        else:
            arguments[name] = _typed(value, wanted, f"{place}{name}")
    return kind(**arguments)


def _typed(value: Any, wanted: type, place: str) -> Any:
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, wanted) or isinstance(value, bool):
        words: Mapping[type, str] = types.MappingProxyType({int: "a whole number", float: "a number", str: "a text"})
        raise RecipeError(f"{place} = {value!r}: expected {words[wanted]}")
    return value


def _check_numbers(section: NetworkRecipe | ScheduleRecipe | ContextRecipe) -> None:
    for item in dataclasses.fields(section):
        value = getattr(section, item.name)
        if isinstance(value, float) and item.name not in _RATES:
            if not 0.0 <= value <= 1.0:
                raise RecipeError(f"{item.name} = {value!r}: expected a share from 0 to 1")
        elif isinstance(value, int) and item.name in _ANY_SIZE:
            if value < 0:
                raise RecipeError(f"{item.name} = {value!r}: expected 0 or more")
        elif not value > 0:
            raise RecipeError(f"{item.name} = {value!r}: expected more than 0")
