"""Fields of option dataclasses that know what values they may have, so that a wrong one is named with what is allowed.

``options_from`` makes such a dataclass from plain values, as TOML and JSON have them.

@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    width: int = size(128)
    dropout: float = share(0.5)
    letters: str = choice("cnn", ("cnn", "lstm", "none"))

    def __post_init__(self) -> None:
        check_options(self)
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast, get_args, get_type_hints

from ner.errors import RecipeError

_T = TypeVar("_T")

_CHECK, _EXPECTED = "check", "expected"


def size(default: int, *, at_least: int = 1) -> Any:
    """A whole number, ``at_least`` or more."""
    return _field(default, lambda value: value >= at_least, f"{at_least} or more")


def share(default: float) -> Any:
    """A number from 0 to 1."""
    return _field(default, lambda value: 0.0 <= value <= 1.0, "a share from 0 to 1")


def positive(default: float) -> Any:
    """A number above 0."""
    return _field(default, lambda value: value > 0, "more than 0")


def at_least_zero(default: float) -> Any:
    """A number of 0 or more."""
    return _field(default, lambda value: value >= 0, "0 or more")


def choice(default: str, allowed: Sequence[str]) -> Any:
    """One of some names."""
    return _field(default, lambda value: value in allowed, f"one of {', '.join(allowed)}")


def check_options(options: Any) -> None:
    """Hold an option dataclass to what its fields say.

    Raises:
        RecipeError: A value is none of those allowed; the text names the field, the value and what was expected.
    """
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if _CHECK in field.metadata and not field.metadata[_CHECK](value):
            raise RecipeError(f"{field.name} = {value!r}: expected {field.metadata[_EXPECTED]}")


def options_from(
    kind: type[_T], values: Any, place: str = "", *, sections: Mapping[str, type[Any]] | None = None
) -> _T:
    """An option dataclass from plain values; what is left out has its default.

    Args:
        kind: The dataclass; its fields are numbers, texts, flags, and such dataclasses.
        values: A mapping of names to values.
        place: What stands before the names in errors: ``network.``.
        sections: Which dataclass a field is, where its type does not say so; ``object`` for any value at all.

    Raises:
        RecipeError: A name is unknown, or a value has the wrong type or lies out of range; the text says what is
            allowed.
    """
    if not isinstance(values, Mapping):
        raise RecipeError(f"{place.rstrip('.') or kind.__name__} = {values!r}: expected a section with named values")
    hints = get_type_hints(kind) | dict(sections or {})
    arguments: dict[str, Any] = {}
    for name, value in values.items():
        if name not in hints:
            raise RecipeError(f"{place}{name} is unknown: expected one of {', '.join(hints)}")
        wanted = hints[name]
        if dataclasses.is_dataclass(wanted):
            arguments[name] = options_from(cast(type[Any], wanted), value, f"{place}{name}.")
        elif wanted is not object:
            arguments[name] = _typed(value, wanted, f"{place}{name}")
    try:
        return kind(**arguments)
    except RecipeError as error:
        raise RecipeError(f"{place}{error}") from error


def _field(default: Any, check: Callable[[Any], bool], expected: str) -> Any:
    return dataclasses.field(default=default, metadata={_CHECK: check, _EXPECTED: expected})


_KINDS: Mapping[type, str] = types.MappingProxyType(
    {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
)


def _typed(value: Any, wanted: Any, place: str) -> Any:
    kinds = get_args(wanted) or (wanted,)
    if float in kinds and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise RecipeError(f"{place} = {value!r}: expected {_KINDS[kinds[0]]}")
    return value
