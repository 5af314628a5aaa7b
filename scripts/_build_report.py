"""What ``build-kg-index`` says: of the sources that it does not use, of what it fetched, and of the index it made."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts._cli import counted, say, some

if TYPE_CHECKING:
    from kg import FetchReport, SeedFile, SparqlReport
    from linker import BuiltIndex

_UNUSED_SHOWN = 20
_A_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|bmp|tiff?|avif) is a binary file", re.IGNORECASE)
_LIKE_A_SOURCE = re.compile(r"\.(?:ttl|nt|nq|n3|csv|tsv|jsonl?|parquet|rdf|owl|xml|zip|7z|zst|tar|gz|bz2|xz) ")


def say_unused(sources: Sequence[Path], *, but: Sequence[Path]) -> None:
    """Account for the files of the folders that are not sources, except for some: the first by name, all by ending."""
    from kg import SourceError, find_sources

    try:
        _, skipped = find_sources(sources)
    except SourceError:  # the build says so itself
        return
    known = tuple(f"{path} " for path in but)
    unused = [reason for reason in skipped if not reason.startswith(known)]
    others = [reason for reason in unused if not _A_PICTURE.search(reason)]
    pictures, unused = len(unused) - len(others), others
    unused.sort(key=lambda reason: _LIKE_A_SOURCE.search(reason) is None)  # what looks like one comes first
    for reason in unused[:_UNUSED_SHOWN]:
        say(f"not used: {reason}")
    rest = Counter(_ending_of(reason) for reason in unused[_UNUSED_SHOWN:])
    if rest:
        endings = some([f"{n:,} {ending}" for ending, n in rest.most_common()])
        say(f"not used: {counted(rest.total(), 'more file')} ({endings})")
    if pictures:
        say(f"{counted(pictures, 'picture')} beside the sources: used where a source names them")


def _ending_of(reason: str) -> str:
    """Return the ending of the file that a reason begins with, or what stands for none."""
    found = re.match(r".*?(\.[A-Za-z0-9]{1,8}) (?:is|has|lacks|starts|cannot) ", reason)
    return found[1].lower() if found else "others"


def say_seeds(path: Path, seeds: "SeedFile") -> None:
    """Name the lines of a file of seeds that hold no IRI."""
    if seeds.broken:
        say(f"{path}: {counted(len(seeds.broken), 'line')} skipped, no IRI: {some(seeds.broken)}")


def say_fetch(report: "SparqlReport") -> None:
    """Say what an endpoint gave, and what it did not."""
    say(
        f"{report.endpoint}: {counted(report.entities, 'entity', 'entities')},"
        f" {counted(report.statements, 'statement')} from {counted(report.seeds, 'seed')},"
        f" by {counted(report.queries, 'query', 'queries')}"
        f" ({counted(report.requests, 'request')}, the other answers were kept)"
    )
    if report.unknown_seeds:
        say(f"{counted(len(report.unknown_seeds), 'seed')} unknown to the endpoint: {some(report.unknown_seeds)}")
    if report.bare_seeds:
        bare = some(report.bare_seeds)
        say(f"of {counted(len(report.bare_seeds), 'seed')} the endpoint says nothing that a graph takes: {bare}")
    if report.cut:
        left = sum((cut.total or cut.kept) - cut.kept for cut in report.cut)
        worst = [f"{cut.iri} ({cut.kept:,} of {_total(cut.total)} {cut.what})" for cut in report.cut]
        say(f"{counted(len(report.cut), 'list')} cut, {left:,} left out; read more with --max-links: {some(worst)}")
    if report.missing:
        short = [f"{one.iri} ({one.kept:,} of {_total(one.total)} {one.what})" for one in report.missing]
        say(f"the endpoint counts more than it gives, try --refresh: {some(short)}")
    if report.unusable:
        say(f"{counted(report.unusable, 'statement')} unusable: {some(report.unusable_examples, report.unusable)}")


def print_summary(index: Path, built: "BuiltIndex") -> None:
    """Print what is in an index, and say what was skipped on the way."""
    from kg import Graph
    from linker import GRAPH

    manifest = built.manifest
    counts, images = manifest.counts, manifest.images
    nouns = (("entity", "entity", "entities"), ("alias", "name", "names"), ("triple", "triple", "triples"))
    click.echo(f"{index}: " + ", ".join(counted(counts.get(table, 0), *noun) for table, *noun in nouns))
    if not counts.get("entity"):
        say(f"{index} holds no entity, so nothing will be found: check what the sources contain")
    total = sum(images.values())
    others = ", ".join(f"{number:,} {status}" for status, number in images.items() if status != "embedded")
    click.echo(f"pictures: {images.get('embedded', 0):,} of {total:,} embedded" + (f" ({others})" if others else ""))
    if manifest.profiles is not None:
        made = manifest.profiles
        click.echo(
            f"profiles: by {made.name}, {counted(made.dimension, 'number')} each, {made.size_bytes / 1e6:,.1f} MB"
        )
    if built.fetched is not None:
        click.echo(_describe_pictures(built.fetched))
    for source in manifest.sources:
        skipped = f", {source.rejected:,} skipped" if source.rejected else ""
        click.echo(f"  {source.name}: {counted(source.lines, 'line')}{skipped}")
    for remark in built.remarks:
        say(remark)
    if manifest.rejected:
        lines = counted(manifest.rejected, "line")
        say(f'{lines} skipped; see them with: kg-cache {index} sql "select * from rejected"')  # noqa: S608
    if unused := total - images.get("embedded", 0):
        query = "select source, status, reason from image where status <> 'embedded'"
        with Graph.open(index / GRAPH) as graph:
            source, _, reason = graph.connection.execute(f"{query} order by id limit 1").fetchone()
        said = f"{counted(unused, 'picture')} could not be used, such as {source} ({reason})"
        say(f'{said}; see them with: kg-cache {index} sql "{query}"')


def print_update(built: "BuiltIndex") -> None:
    """Print what an update changed."""
    found = built.differences
    if found is None:
        click.echo("there was no index to compare it with")
        return
    entities = found.entities_added, found.entities_removed, found.entities_changed
    if not any((*entities, found.pictures_added, found.pictures_dropped)) and built.same_encoder:
        click.echo("nothing has changed")
        return
    click.echo("entities: {:,} added, {:,} removed, {:,} changed".format(*entities))
    for what, names, total in zip(
        ("added", "removed", "changed"), (found.added, found.removed, found.changed), entities, strict=True
    ):
        if names:
            rest = f" and {total - len(names):,} more" if total > len(names) else ""
            click.echo(f"  {what}: {', '.join(names)}{rest}")
    fresh, kept = found.pictures_added, found.pictures_kept
    if not built.same_encoder:
        fresh, kept = fresh + kept, 0
    click.echo(f"pictures: {fresh:,} embedded anew, {kept:,} taken over, {found.pictures_dropped:,} dropped")


def _describe_pictures(report: "FetchReport") -> str:
    parts = [
        f"{report.fetched:,} fetched ({report.fetched_bytes / 1_000_000:,.1f} MB)",
        f"{report.present:,} there before",
    ]
    others = {
        "missing on the server": report.missing,
        "refused": report.refused,
        "no usable picture": report.unusable,
        "failed": report.failed,
    }
    parts += [f"{number:,} {what}" for what, number in others.items() if number]
    again = "; the same command asks for those that failed again" if report.failed else ""
    return f"web pictures: {', '.join(parts)}{again}"


def _total(number: int | None) -> str:
    return "an unknown number of" if number is None else f"{number:,}"
