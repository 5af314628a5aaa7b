"""``build-kg-index --sparql``: its options, and what the fetch has to say."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scripts._cli import say

if TYPE_CHECKING:
    from kg import SparqlReport

_SHOWN = 3

_OPTIONS = (
    click.option("--sparql", metavar="URL", help="A SPARQL endpoint to fetch the surroundings of the seeds from."),
    click.option(
        "--seeds",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="IRIs to start from, one a line.",
    ),
    click.option(
        "--seed-class",
        "seed_classes",
        multiple=True,
        metavar="IRI",
        help="Start from the instances of a class; may be given again.",
    ),
    click.option(
        "--limit", type=click.IntRange(1), default=1000, metavar="N", help="Instances of each --seed-class, at most."
    ),
    click.option("--hops", type=click.IntRange(1, 2), default=1, help="How far to follow links from the seeds."),
    click.option(
        "--max-links",
        type=click.IntRange(1),
        default=500,
        metavar="N",
        help="Links of an entity in each direction to follow, at most: the first by the IRI of the other end.",
    ),
    click.option(
        "--language",
        "languages",
        multiple=True,
        default=("en",),
        metavar="TAG",
        help="Language of the texts to fetch, besides those without one; may be given again.",
    ),
    click.option(
        "--graph", "graphs", multiple=True, metavar="IRI", help="Ask only this named graph; may be given again."
    ),
    click.option(
        "--requests-per-second",
        type=click.FloatRange(0, min_open=True),
        metavar="N",
        help="Ask no faster.  [default: 2, on this machine as fast as it answers]",
    ),
    click.option(
        "--contact",
        metavar="MAIL-OR-URL",
        help="Where a server's keeper can reach you; sent with every request. --fetch-images needs it.",
    ),
    click.option("--refresh", is_flag=True, help="Ask the endpoint again what it has answered before."),
)


def sparql_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a fetch."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def fetch_sources(index: Path, progress: Callable[[str, int, int], None], asked: Mapping[str, Any]) -> tuple[Path, ...]:
    """Fetch what the options ask for, say what became of it, and return the files; none without ``--sparql``.

    Raises:
        click.UsageError: The options do not go together.
    """
    has_seeds = asked["seeds"] is not None or asked["seed_classes"]
    if asked["sparql"] is None:
        if has_seeds or asked["refresh"]:
            raise click.UsageError("--seeds, --seed-class and --refresh go with --sparql URL.")
        return ()
    if not has_seeds:
        raise click.UsageError("--sparql needs seeds: give --seeds FILE or --seed-class IRI.")
    from kg import SparqlRequest, fetch_sparql, read_seeds
    from linker import RESPONSES, SPARQL

    seeds = read_seeds(asked["seeds"]) if asked["seeds"] is not None else None
    if seeds is not None and seeds.broken:
        say(f"{asked['seeds']}: {_count(len(seeds.broken), 'line')} skipped, no IRI: {_some(seeds.broken)}")
    request = SparqlRequest(
        endpoint=asked["sparql"],
        seeds=seeds.iris if seeds is not None else (),
        seed_classes=asked["seed_classes"],
        hops=asked["hops"],
        class_limit=asked["limit"],
        max_links=asked["max_links"],
        languages=asked["languages"],
        graphs=asked["graphs"],
    )
    report = fetch_sparql(
        request,
        index / SPARQL,
        responses=index / RESPONSES,
        contact=asked["contact"],
        requests_per_second=asked["requests_per_second"],
        refresh=asked["refresh"],
        progress=progress,
    )
    _say_report(report)
    return tuple(report.files)


def _say_report(report: "SparqlReport") -> None:
    say(
        f"{report.endpoint}: {report.entities:,} entities, {report.statements:,} statements"
        f" from {_count(report.seeds, 'seed')}, by {_count(report.queries, 'query', 'queries')}"
        f" ({_count(report.requests, 'request')}, the other answers were kept)"
    )
    if report.unknown_seeds:
        say(f"{_count(len(report.unknown_seeds), 'seed')} unknown to the endpoint: {_some(report.unknown_seeds)}")
    if report.cut:
        left = sum((cut.total or cut.kept) - cut.kept for cut in report.cut)
        worst = [f"{cut.iri} ({cut.kept:,} of {_total(cut.total)} {cut.what})" for cut in report.cut]
        say(f"{_count(len(report.cut), 'list')} cut, {left:,} left out; read more with --max-links: {_some(worst)}")
    if report.missing:
        short = [f"{one.iri} ({one.kept:,} of {_total(one.total)} {one.what})" for one in report.missing]
        say(f"the endpoint counts more than it gives, try --refresh: {_some(short)}")
    if report.unusable:
        say(f"{_count(report.unusable, 'statement')} unusable: {_some(report.unusable_examples, report.unusable)}")


def _count(number: int, noun: str, nouns: str | None = None) -> str:
    return f"1 {noun}" if number == 1 else f"{number:,} {nouns or noun + 's'}"


def _total(number: int | None) -> str:
    return "an unknown number of" if number is None else f"{number:,}"


def _some(texts: tuple[str, ...] | list[str], total: int | None = None) -> str:
    shown = texts[:_SHOWN]
    more = (len(texts) if total is None else total) - len(shown)
    return "; ".join(shown) + (f"; and {more:,} more" if more > 0 else "")
