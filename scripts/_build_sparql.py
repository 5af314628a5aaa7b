"""What ``build-kg-index`` fetches from an endpoint."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scripts._build_report import say_fetch, say_seeds
from scripts._cli import CommandError, say

if TYPE_CHECKING:
    from kg import SparqlRecipe, SparqlReport


def check_sparql(asked: Mapping[str, Any]) -> None:
    """Check that there are seeds where an endpoint is asked, and an endpoint where there are seeds."""
    has_seeds = asked["seeds"] is not None or asked["seed_classes"]
    asks = asked["sparql"] is not None or asked["recipe"] is not None
    if not asks and (has_seeds or asked["refresh"]):
        raise click.UsageError("--seeds, --seed-class and --refresh go with --sparql URL.")
    if asks and not has_seeds:
        raise click.UsageError("--sparql needs seeds: give --seeds FILE or --seed-class IRI.")


def _endpoint(asked: Mapping[str, Any]) -> "tuple[str, SparqlRecipe]":
    """Return the endpoint to ask and the recipe for it: the one that is asked for, or the one that ships for it."""
    from kg import read_recipe, recipe_of_endpoint, shipped_recipes

    url, name = asked["sparql"], asked["recipe"]
    if url in shipped_recipes():
        url, name = None, name or url
    recipe = read_recipe(name) if name is not None else recipe_of_endpoint(url or "")
    url = url or recipe.endpoint
    if not url:
        raise CommandError(f"the recipe {name} names no endpoint: give --sparql URL too")
    if recipe.name:
        say(f"{url} is asked by the recipe {recipe.name}")
    return url, recipe


def fetch_sources(index: Path, progress: Callable[[str, int, int], None], asked: Mapping[str, Any]) -> tuple[Path, ...]:
    """Fetch what the options ask for, say what became of it, and return the files; none without ``--sparql``."""
    if asked["sparql"] is None and asked["recipe"] is None:
        return ()
    from kg import SparqlRequest, fetch_sparql, read_seeds
    from linker import RESPONSES, SPARQL

    endpoint, recipe = _endpoint(asked)
    seeds = read_seeds(asked["seeds"], recipe) if asked["seeds"] is not None else None
    if seeds is not None:
        say_seeds(asked["seeds"], seeds)
    request = SparqlRequest(
        endpoint=endpoint,
        seeds=seeds.iris if seeds is not None else (),
        seed_classes=tuple(map(recipe.whole_iri, asked["seed_classes"])),
        hops=asked["hops"],
        class_limit=asked["limit"],
        max_links=asked["max_links"],
        languages=asked["languages"],
        graphs=asked["graphs"],
        recipe=recipe,
    )
    report: SparqlReport = fetch_sparql(
        request,
        index / SPARQL,
        responses=index / RESPONSES,
        contact=asked["contact"],
        requests_per_second=asked["requests_per_second"],
        refresh=asked["refresh"],
        progress=progress,
    )
    say_fetch(report)
    return tuple(report.files)
