"""Fields of option dataclasses that know what values they may have, so that a wrong one is named with what is allowed.

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
from collections.abc import Callable, Sequence
from typing import Any

from ner.errors import RecipeError

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


def _field(default: Any, check: Callable[[Any], bool], expected: str) -> Any:
    return dataclasses.field(default=default, metadata={_CHECK: check, _EXPECTED: expected})
