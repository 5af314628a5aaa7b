"""``build-kg-index``: a graph and its pictures in; an index directory out."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts._cli import Command, CommandError, say

if TYPE_CHECKING:
    from linker import IndexManifest

_EXAMPLES = """
build-kg-index demo/index --dump examples/graph
build-kg-index dbpedia --dump dumps/labels_en.ttl.bz2 --dump dumps/images_en.ttl.bz2 --images pictures
build-kg-index dbpedia --dump dumps --images pictures --encoder vgg16 --weights vgg16.pth
build-kg-index people --dump entities.csv --dump triples.csv --types types.csv
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
@click.argument("more", nargs=-1, type=click.Path(path_type=Path), metavar="")
def main(
    index: Path,
    dumps: tuple[Path, ...],
    images: Path | None,
    encoder: str,
    weights: Path | None,
    device: str,
    types: Path | None,
    more: tuple[Path, ...],
) -> None:
    """Build an index directory from a graph and the pictures of its entities.

    INDEX is the directory to make. Sources are told apart by what they contain: DBpedia's dumps (Turtle or N-Triples,
    plain, .bz2 or .gz) and tables of your own. A build that was stopped goes on where it was.
    """
    from linker import build_index
    from scripts._progress import Progress

    if not dumps:
        raise click.UsageError("give at least one source: --dump PATH.")
    for path in (*dumps, *more):
        if not path.exists():
            raise CommandError(f"--dump {path}: no such file or folder: check the path")
    if images is not None and not images.is_dir():
        raise CommandError(f"--images {images}: expected a folder with the pictures")
    with Progress() as progress:
        manifest = build_index(
            index,
            sources=(*dumps, *more),
            images_dir=images,
            encoder=encoder,
            weights=weights,
            device=device,
            type_map=types,
            progress=progress,
        )
    _print_summary(index, manifest)


def _print_summary(index: Path, manifest: "IndexManifest") -> None:
    counts, images = manifest.counts, manifest.images
    entities, names, triples = (counts.get(table, 0) for table in ("entity", "alias", "triple"))
    click.echo(f"{index}: {entities:,} entities, {names:,} names, {triples:,} triples")
    total = sum(images.values())
    others = ", ".join(f"{number:,} {status}" for status, number in images.items() if status != "embedded")
    click.echo(f"pictures: {images.get('embedded', 0):,} of {total:,} embedded" + (f" ({others})" if others else ""))
    for source in manifest.sources:
        skipped = f", {source.rejected:,} skipped" if source.rejected else ""
        click.echo(f"  {source.name}: {source.lines:,} lines{skipped}")
    if manifest.rejected:
        lines = "1 line" if manifest.rejected == 1 else f"{manifest.rejected:,} lines"
        say(f'{lines} skipped; see them with: kg-cache {index} sql "select * from rejected"')  # noqa: S608
    if total - images.get("embedded", 0):
        query = "select source, status, reason from image where status <> 'embedded'"
        say(f'some pictures could not be used; see them with: kg-cache {index} sql "{query}"')


if __name__ == "__main__":
    main()
