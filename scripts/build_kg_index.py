"""``build-kg-index``: a graph and its pictures in; an index directory out."""

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scripts._cli import Command, CommandError, say
from scripts._fetching import describe_fetched, fetch_options
from scripts._sparql import fetch_sources, sparql_options

_SHOWN = 5
_LIKE_A_SOURCE = re.compile(r"\.(?:ttl|nt|nq|n3|csv|tsv|jsonl?|rdf|owl|xml)(?:\.bz2|\.gz)? ")

if TYPE_CHECKING:
    from kg import FetchReport, FetchSettings
    from linker import IndexManifest, IndexUpdate

_EXAMPLES = """
build-kg-index demo/index --dump examples/graph
build-kg-index dbpedia --dump dumps/labels_en.ttl.bz2 --dump dumps/images_en.ttl.bz2 --images pictures
build-kg-index dbpedia --dump dumps --images pictures --encoder vgg16 --weights vgg16.pth
build-kg-index dbpedia --dump dumps --fetch-images --contact you@example.org
build-kg-index people --dump entities.csv --dump triples.csv --types types.csv
build-kg-index chad --sparql https://dbpedia.org/sparql --seeds seeds.txt --hops 2 --contact me@example.org
build-kg-index clubs --sparql http://localhost:7878/query --seed-class http://dbpedia.org/ontology/SoccerClub
build-kg-index dbpedia --dump dumps --prior page-views.tsv
build-kg-index dbpedia --dump dumps-of-today --images pictures --update
"""


@click.command(cls=Command, examples=_EXAMPLES, going_on="the same command goes on where it was")
@click.argument("index", type=click.Path(path_type=Path))
@click.option(
    "--dump",
    "dumps",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A dump, a table (entities.csv, triples.csv), or a folder of them; may be given again, or as --dump *.ttl.",
)
@click.option(
    "--images", type=click.Path(path_type=Path), metavar="DIR", help="Folder with the pictures that the sources name."
)
@click.option(
    "--encoder", default="efficientnet-lite0", metavar="NAME", help="The network that turns pictures into vectors."
)
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The encoder's weights, where they do not come with it.",
)
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", help="Where to compute.")
@click.option(
    "--types",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Table from class to PER, LOC, ORG, OTHER, instead of ours.",
)
@click.option(
    "--prior",
    "priors",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Table of iri,count: how often each entity is meant; else, how many triples lead to it.",
)
@click.option(
    "--update",
    is_flag=True,
    help="Bring a finished INDEX up to date with these sources; unchanged pictures are not embedded again.",
)
@fetch_options
@sparql_options
@click.argument("more", nargs=-1, type=click.Path(path_type=Path), metavar="")
def main(
    index: Path,
    dumps: tuple[Path, ...],
    images: Path | None,
    encoder: str,
    weights: Path | None,
    device: str,
    types: Path | None,
    priors: Path | None,
    update: bool,
    fetch: "FetchSettings | None",
    more: tuple[Path, ...],
    **asked: Any,
) -> None:
    """Build an index directory from a graph and the pictures of its entities.

    INDEX is the directory to make. Sources are told apart by what they contain: DBpedia's dumps (Turtle or N-Triples,
    plain, .bz2 or .gz) and tables of your own. A build that was stopped goes on where it was.

    A finished INDEX is left alone unless --update is given: then it becomes what the sources of this command give, and
    what they do not have goes. It is used as it was until the new one is whole; both take their place on the disk.

    With --sparql, a part of an endpoint's graph is a source too: what lies a hop or two around the seeds. Every answer
    is kept in INDEX/responses.sqlite, and nothing is asked twice.
    """
    from linker import IndexManifest, IndexUpdate, build_index, update_index
    from scripts._progress import Progress

    if not dumps and not asked["sparql"]:
        raise click.UsageError("give at least one source: --dump PATH, or --sparql URL.")
    for path in (*dumps, *more):
        if not path.exists():
            raise CommandError(f"--dump {path}: no such file or folder: check the path")
    if priors is not None and not priors.is_file():
        raise CommandError(f"--prior {priors}: no such file: expected a table of iri,count")
    if images is not None and not images.is_dir() and (fetch is None or images.exists()):
        raise CommandError(f"--images {images}: expected a folder with the pictures")
    _say_unused((*dumps, *more), but=[f"{path} " for path in (priors, types) if path])
    pictures: list[FetchReport] = []
    with Progress() as progress:
        fetched = fetch_sources(index, progress, asked)
        build = partial(
            update_index if update else build_index,
            index,
            sources=(*dumps, *more, *fetched),
            images_dir=images,
            encoder=encoder,
            weights=weights,
            device=device,
            type_map=types,
            priors=priors,
            fetch=fetch,
            on_fetched=pictures.append,
            progress=progress,
        )
        done = build()
    manifest = done if isinstance(done, IndexManifest) else done.manifest
    _print_summary(index, manifest, pictures)
    if isinstance(done, IndexUpdate):
        _print_update(done)


def _say_unused(sources: Sequence[Path], *, but: Sequence[str]) -> None:
    """Name the files of the folders that look like a source by their names and are none, but for some."""
    from kg import SourceError, find_sources

    try:
        _, skipped = find_sources(sources)
    except SourceError:  # the build says so itself
        return
    unused = [reason for reason in skipped if _LIKE_A_SOURCE.search(reason) and not reason.startswith(tuple(but))]
    for reason in unused[:_SHOWN]:
        say(f"not used: {reason}")
    if len(unused) > _SHOWN:
        say(f"not used: {len(unused) - _SHOWN:,} more files")


def _print_summary(index: Path, manifest: "IndexManifest", pictures: "list[FetchReport]") -> None:
    counts, images = manifest.counts, manifest.images
    entities, names, triples = (counts.get(table, 0) for table in ("entity", "alias", "triple"))
    click.echo(f"{index}: {entities:,} entities, {names:,} names, {triples:,} triples")
    total = sum(images.values())
    others = ", ".join(f"{number:,} {status}" for status, number in images.items() if status != "embedded")
    click.echo(f"pictures: {images.get('embedded', 0):,} of {total:,} embedded" + (f" ({others})" if others else ""))
    for report in pictures:
        click.echo(describe_fetched(report))
    for source in manifest.sources:
        skipped = f", {source.rejected:,} skipped" if source.rejected else ""
        click.echo(f"  {source.name}: {source.lines:,} lines{skipped}")
    if manifest.rejected:
        lines = "1 line" if manifest.rejected == 1 else f"{manifest.rejected:,} lines"
        say(f'{lines} skipped; see them with: kg-cache {index} sql "select * from rejected"')  # noqa: S608
    if total - images.get("embedded", 0):
        query = "select source, status, reason from image where status <> 'embedded'"
        say(f'some pictures could not be used; see them with: kg-cache {index} sql "{query}"')


def _print_update(update: "IndexUpdate") -> None:
    found = update.differences
    if found is None:
        click.echo("there was no index to compare it with")
        return
    entities = found.entities_added, found.entities_removed, found.entities_changed
    if not any((*entities, found.pictures_added, found.pictures_dropped)) and update.same_encoder:
        click.echo("nothing has changed")
        return
    click.echo("entities: {:,} added, {:,} removed, {:,} changed".format(*entities))
    fresh, kept = found.pictures_added, found.pictures_kept
    if not update.same_encoder:
        fresh, kept = fresh + kept, 0
    click.echo(f"pictures: {fresh:,} embedded anew, {kept:,} taken over, {found.pictures_dropped:,} dropped")


if __name__ == "__main__":
    main()
