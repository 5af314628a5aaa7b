"""How an endpoint is asked, and what its predicates mean: recipes that ship, and a user's own, in TOML."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from kg.errors import EndpointError
from kg.iris import is_iri
from kg.vocabulary import ALIAS, DESCRIPTION, LABEL, PRIOR, REDIRECT, TYPE

_RECIPES = Path(__file__).parent / "recipes"
_PICTURE = "http://xmlns.com/foaf/0.1/depiction"
# The lists of predicates that mean one thing, and the predicate by which a build knows it.
_MEANINGS = {
    "labels": LABEL, "aliases": ALIAS, "descriptions": DESCRIPTION, "pictures": _PICTURE, "types": TYPE,
    "redirects": REDIRECT, "priors": PRIOR,
}  # fmt: skip
_WHOLE = (*_MEANINGS, "superclasses")


@dataclass(frozen=True, slots=True)
class SparqlRecipe:
    """How one endpoint is asked and read.

    The lists hold IRIs, whole or, but for those of predicates with a meaning, also beginnings that end in `*`. What
    every build knows (`rdfs:label`, `rdf:type`, `foaf:depiction` and so on) need not be named.
    """

    name: str = ""
    endpoint: str = ""
    entities: tuple[str, ...] = ()  # what is an entity; everything where none is named
    follow: tuple[str, ...] = ()  # predicates of links and facts; all where none is named
    leave_out: tuple[str, ...] = ()  # predicates that are not taken
    labels: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    redirects: tuple[str, ...] = ()
    priors: tuple[str, ...] = ()  # numbers: how well known an entity is
    classes: tuple[str, ...] = ()  # classes that are taken; all where none is named
    superclasses: tuple[str, ...] = ()  # from a class to those above it; where given, classes have labels too
    articles: tuple[str, ...] = ()  # pages that are `schema:about` an entity
    plain_texts: bool = True  # whether facts that are texts without language or type are taken: names, numbers, codes
    page_rows: int = 4000  # that an answer should have at most
    requests_per_second: float | None = None
    timeout_s: float = 100.0  # to wait for an answer
    user_agent: str = ""  # who asks, in place of our own name
    needs_contact: bool = False  # whether the endpoint's keepers want to know whom to write to
    prefixes: Mapping[str, str] = field(default_factory=dict)  # how an IRI may begin where people write it, and does

    def whole_iri(self, text: str) -> str:
        """Return the IRI that a text, which may begin with a prefix, stands for: `wd:Q42`."""
        short = max((prefix for prefix in self.prefixes if text.startswith(prefix)), key=len, default="")
        return self.prefixes[short] + text.removeprefix(short) if short else text

    @property
    def meanings(self) -> dict[str, str]:
        """By each predicate that the recipe names for something, the one by which a build knows that."""
        return {predicate: known for name, known in _MEANINGS.items() for predicate in getattr(self, name)}


PLAIN = SparqlRecipe()
"""What is asked of an endpoint without a recipe."""


def begins_as(iri: str, listed: tuple[str, ...]) -> bool:
    """Say whether an IRI is one of a list, or begins as one of it does; every IRI is one of an empty list."""
    return not listed or any(iri.startswith(one[:-1]) if one.endswith("*") else iri == one for one in listed)


def shipped_recipes() -> dict[str, Path]:
    """Return the recipes that ship, by name."""
    return {path.stem: path for path in sorted(_RECIPES.glob("*.toml"))}


def recipe_of_endpoint(endpoint: str) -> SparqlRecipe:
    """Return the recipe that ships for an endpoint, or an empty one."""
    recipes = map(read_recipe, shipped_recipes())
    return next((one for one in recipes if one.endpoint.rstrip("/") == endpoint.strip().rstrip("/")), PLAIN)


def read_recipe(name_or_path: str) -> SparqlRecipe:
    """Read a recipe that ships by its name, or a file of one's own.

    Raises:
        EndpointError: If there is none, or something in it is not what it should be; the text says what is.
    """
    shipped = shipped_recipes()
    path = shipped.get(name_or_path) or Path(name_or_path)
    try:
        values = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        wrong = f"the recipe {name_or_path!r} cannot be read ({error.strerror})"
        raise EndpointError(f"{wrong}; give a TOML file or one of {', '.join(shipped)}") from None
    except ValueError as error:
        raise EndpointError(f"the recipe {path} is not TOML: {error}") from None
    try:
        return _checked(path.stem, values)
    except ValueError as error:
        raise EndpointError(f"the recipe {path}: {error}") from None


def _checked(name: str, values: dict[str, Any]) -> SparqlRecipe:
    """Make a recipe of what a file says, or raise `ValueError`."""
    known = [one.name for one in fields(SparqlRecipe) if one.name != "name"]
    if unknown := [key for key in values if key not in known]:
        raise ValueError(f"unknown key {unknown[0]!r}; expected one of {', '.join(known)}")
    prefixes = values.pop("prefixes", {})
    if not isinstance(prefixes, dict) or not all(isinstance(iri, str) and is_iri(iri) for iri in prefixes.values()):
        raise ValueError("prefixes: expected a table from beginnings to IRIs, like 'wd:' = 'http://host/entity/'")
    recipe = SparqlRecipe(name, prefixes=prefixes)
    checked: dict[str, Any] = {key: _value(recipe, key, value) for key, value in values.items()}
    return replace(recipe, **checked)


def _value(recipe: SparqlRecipe, key: str, value: Any) -> object:
    """Return a checked value, or raise `ValueError`."""
    usual = getattr(recipe, key)
    if isinstance(usual, tuple):
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise ValueError(f"{key} = {value!r}: expected a list of IRIs in quotes")
        iris = tuple(map(recipe.whole_iri, value))
        for text, iri in zip(value, iris, strict=True):
            if not is_iri(iri.removesuffix("*")):
                raise ValueError(f"{key}: {text!r} is no absolute IRI; is its prefix in [prefixes]?")
            if key in _WHOLE and iri.endswith("*"):
                raise ValueError(f"{key}: {text!r} is a beginning; expected a whole IRI")
        return iris
    if isinstance(usual, str | bool):
        if not isinstance(value, type(usual)):
            raise ValueError(f"{key} = {value!r}: expected {'a text' if isinstance(usual, str) else 'true or false'}")
        return value
    kinds, what = ((int,), "a whole number") if isinstance(usual, int) else ((int, float), "a number")
    if isinstance(value, bool) or not isinstance(value, kinds) or not 0 < value < 1e6:
        raise ValueError(f"{key} = {value!r}: expected {what} above 0")
    return value
