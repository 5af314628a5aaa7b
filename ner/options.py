"""Option dataclasses, checked by pydantic: a wrong name or value is refused in one line that says what is allowed.

::

    @options
    class SomeOptions:
        width: int = size(128)
        dropout: float = share(0.5)
        letters: str = choice("cnn", ("cnn", "lstm", "none"))
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any, TypeVar, dataclass_transform

from pydantic import ConfigDict, Field, ValidationError
from pydantic.dataclasses import dataclass

from ner.errors import RecipeError

_T = TypeVar("_T")

_SECTION = "a section with named values"
_KINDS = {
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "a text",
    "bool_type": "true or false",
    "list_type": "a list",
    "finite_number": "a finite number",
    "dataclass_exact_type": _SECTION,
}


def size(default: int, *, at_least: int = 1) -> Any:
    """A whole number, ``at_least`` or more."""
    return Field(default, ge=at_least, description=f"{at_least} or more")


def share(default: float) -> Any:
    """A number from 0 to 1."""
    return Field(default, ge=0, le=1, description="a share from 0 to 1")


def positive(default: float) -> Any:
    """A number above 0."""
    return Field(default, gt=0, description="more than 0")


def at_least_zero(default: float) -> Any:
    """A number of 0 or more."""
    return Field(default, ge=0, description="0 or more")


def choice(default: str, allowed: Sequence[str]) -> Any:
    """One of some names."""
    return Field(default, pattern=f"^(?:{'|'.join(allowed)})$", description=f"one of {', '.join(allowed)}")


@dataclass_transform(kw_only_default=True, frozen_default=True)
def options(kind: type[_T]) -> type[_T]:
    """Make a class a frozen dataclass with keyword arguments, each held to its type and to what its field says.

    A wrong one raises RecipeError: the text names the field, the value and what was expected. For a field that is such
    a dataclass plain values, as TOML and JSON have them, are taken too.
    """
    config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
    checked: Any = dataclass(frozen=True, slots=True, kw_only=True, config=config)(kind)
    initialize, fields = checked.__init__, checked.__pydantic_fields__
    sections: dict[str, Any] = {name: f.annotation for name, f in fields.items() if is_dataclass(f.annotation)}

    @functools.wraps(initialize)
    def initialize_or_say_why_not(self: Any, **values: Any) -> None:
        for name in sections.keys() & values.keys():
            if isinstance(values[name], Mapping):
                values[name] = options_from(sections[name], values[name], f"{name}.")
        try:
            initialize(self, **values)
        except ValidationError as error:
            raise RecipeError(_message(checked, error)) from error

    checked.__init__ = initialize_or_say_why_not
    result: type[_T] = checked
    return result


def options_from(kind: type[_T], values: Any, place: str = "") -> _T:
    """An option dataclass from plain values; what is left out has its default.

    Args:
        kind: A class that :func:`options` made.
        values: A mapping of names to values.
        place: What stands before the names in errors: ``network.``.

    Raises:
        RecipeError: A name is unknown, or a value has the wrong type or lies out of range; the text says what is
            allowed.
    """
    if not isinstance(values, Mapping):
        raise RecipeError(f"{place.rstrip('.') or kind.__name__} = {values!r}: expected {_SECTION}")
    try:
        return kind(**values)
    except RecipeError as error:
        raise RecipeError(f"{place}{error}") from error


def _message(kind: Any, error: ValidationError) -> str:
    """What the first of the errors says, in our words."""
    found = error.errors(include_url=False)[0]
    if found["type"] == "value_error":  # raised by __post_init__
        return str(found["ctx"]["error"])
    name, fields = found["loc"][0], kind.__pydantic_fields__
    if name not in fields:
        return f"{name} is unknown: expected one of {', '.join(fields)}"
    return f"{name} = {found['input']!r}: expected {_KINDS.get(found['type']) or fields[name].description}"
