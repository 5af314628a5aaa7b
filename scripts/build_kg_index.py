"""``build-kg-index``: a graph and its pictures in; an index directory out."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scripts._build_report import print_summary, print_update, say_unused
from scripts._build_sparql import check_sparql, fetch_sources
from scripts._cli import FILE, Command, CommandError, device, weights

if TYPE_CHECKING:
    from kg import FetchSettings


_EXAMPLES = """
build-kg-index demo/index --dump examples/graph
build-kg-index dbpedia --dump dumps/labels_en.ttl.bz2 --dump dumps/images_en.ttl.bz2 --images pictures
build-kg-index dbpedia --dump dumps --images pictures --encoder vgg16 --weights vgg16.pth
build-kg-index dbpedia --dump dumps --fetch-images --contact you@example.org
build-kg-index people --dump entities.csv --dump triples.csv --types types.csv
build-kg-index places --dump dumps --language de,en
build-kg-index wikidata --dump latest-all.json.bz2 --keep "sitelinks>=5" --keep PER --keep Q515
build-kg-index chad --sparql https://dbpedia.org/sparql --seeds seeds.txt --hops 2 --contact me@example.org
build-kg-index adams --sparql wikidata --seeds items.txt --hops 2 --language en,de --contact me@example.org
build-kg-index clubs --sparql http://localhost:7878/query --seed-class http://dbpedia.org/ontology/SoccerClub
build-kg-index dbpedia --dump dumps --prior page-views.tsv
build-kg-index dbpedia --dump dumps --profiles all-MiniLM-L6-v2
build-kg-index dbpedia --dump dumps-of-today --images pictures --update
"""
_SECTIONS = {
    "Sources": ("dumps", "languages", "keep", "type_map", "priors", "counts"),
    "Pictures": (
        *(
            "images_dir",
            "encoder",
            "weights",
            "local_features",
            "fetch_images",
            "image_width",
            "image_hosts",
            "image_rate",
        ),
        *("max_picture_bytes", "retry_missing"),
    ),
    "A SPARQL endpoint": (
        *("sparql", "recipe", "seeds", "seed_classes", "limit", "hops", "max_links", "graphs"),
        *("requests_per_second", "contact", "refresh"),
    ),
}
_SETTINGS = (
    *("images_dir", "encoder", "weights", "device", "type_map", "priors", "counts", "languages", "keep", "profiles"),
    "memory_mb",
)
_WIDTHS = ("330", "500")  # kg.IMAGE_WIDTHS, which would load too much for --help; a test holds them together


def _split_tags(_ctx: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tags of some options, each of which may hold several."""
    return tuple(dict.fromkeys(tag.strip() for text in given for tag in text.split(",") if tag.strip()))


_OPTIONS = (
    click.option(
        "--dump", "dumps", multiple=True, type=FILE, metavar="PATH",
        help="A dump, a table (entities.csv, triples.csv), or a folder of them; may be given again, or --dump *.ttl.",
    ),
    click.option(
        "--images", "images_dir", type=FILE, metavar="DIR", help="Folder with the pictures that the sources name."
    ),
    click.option(
        "--encoder", default="efficientnet-lite0", metavar="NAME", help="The network that turns pictures into vectors."
    ),
    weights,
    device,
    click.option(
        "--types", "type_map", type=FILE, metavar="FILE",
        help="Table from class to PER, LOC, ORG, OTHER, instead of ours.",
    ),
    click.option(
        "--prior", "priors", type=FILE, metavar="FILE",
        help="Table of iri,count: how often each entity is meant; without it, how many triples lead to it.",
    ),
    click.option(
        "--counts", type=FILE, metavar="FILE",
        help="Table of alias,iri,count: how often a name was seen to mean an entity.",
    ),
    click.option(
        "--profiles", metavar="ENCODER",
        help="Embed what every entity is ahead, once: by the package's vectors of words (ENCODER is: words), or by a"
        " sentence encoder (all-MiniLM-L6-v2, a folder, a name on the hub), by which posts are then read too.",
    ),
    click.option(
        "--local-features", is_flag=True,
        help="Make ahead what link-and-tag's second look compares, for up to 40,000 pictures (2 GB); else it is made"
        " when first needed.",
    ),
    click.option(
        "--memory", "memory_mb", type=click.IntRange(1), default=600, metavar="MB",
        help="Memory for sorting and joining the sources; what does not fit waits on the disk, beside INDEX.",
    ),
    click.option(
        "--update", is_flag=True,
        help="Bring a finished INDEX up to date with these sources; unchanged pictures are not embedded again.",
    ),
    click.option(
        "--fetch-images", is_flag=True,
        help="Fetch the pictures that the sources name by web addresses (Special:FilePath of Wikimedia Commons) into"
        " --images or INDEX/pictures; needs --contact.",
    ),
    click.option("--image-width", type=click.Choice(_WIDTHS), default="330", help="Width of the pictures, in pixels."),
    click.option(
        "--image-host", "image_hosts", multiple=True, metavar="HOST[:PORT]",
        help="A host that may be asked beside Wikimedia's; may be given again.",
    ),
    click.option(
        "--image-rate", type=click.FloatRange(0, min_open=True), default=5.0, metavar="NUMBER",
        help="Requests a second, at most.",
    ),
    click.option(
        "--max-picture-bytes", type=click.IntRange(1), default=20_000_000, metavar="BYTES",
        help="Keep no larger picture.",
    ),
    click.option(
        "--retry-missing", is_flag=True, help="Ask again for what the servers did not have or could not be used."
    ),
    click.option(
        "--sparql", metavar="URL",
        help="A SPARQL endpoint to fetch the surroundings of the seeds from; or wikidata, dbpedia.",
    ),
    click.option(
        "--recipe", metavar="NAME|FILE",
        help="How to ask the endpoint and what its predicates mean: wikidata, dbpedia, or a TOML file of your own,"
        " which may name the endpoint too (docs/graph-sources.md).",
    ),
    click.option(
        "--seeds", type=FILE, metavar="FILE",
        help="IRIs to start from, one a line; with the recipe wikidata also Q42, with dbpedia pages of Wikipedia.",
    ),
    click.option(
        "--seed-class", "seed_classes", multiple=True, metavar="IRI",
        help="Start from the instances of a class; may be given again.",
    ),
    click.option(
        "--limit", type=click.IntRange(1), default=1000, metavar="N", help="Instances of each --seed-class, at most."
    ),
    click.option("--hops", type=click.IntRange(1, 2), default=1, help="How far to follow links from the seeds."),
    click.option(
        "--max-links", type=click.IntRange(1), default=500, metavar="N",
        help="Links of an entity in each direction to follow, at most: the first by the IRI of the other end.",
    ),
    click.option(
        "--language", "languages", multiple=True, default=("en",), metavar="TAG[,TAG]", callback=_split_tags,
        help="Languages that labels should be in, the best first; with --sparql, those of the texts to fetch.",
    ),
    click.option(
        "--keep", multiple=True, metavar="RULE",
        help="Keep a part of the entities: of a type (PER, LOC, ORG, OTHER), of a class and those below it (Q515,"
        ' an IRI), of Wikidata with so many pages of Wikipedia and its sisters ("sitelinks>=5", in quotes). May be'
        " given again: of any of the types and classes, and with the sitelinks.",
    ),
    click.option(
        "--graph", "graphs", multiple=True, metavar="IRI", help="Ask only this named graph; may be given again."
    ),
    click.option(
        "--requests-per-second", type=click.FloatRange(0, min_open=True), metavar="N",
        help="Ask no faster.  [default: the recipe's, or 2; on this machine as fast as it answers]",
    ),
    click.option(
        "--contact", metavar="MAIL-OR-URL",
        help="Where a server's keeper can reach you; sent with every request. --fetch-images needs it.",
    ),
    click.option("--refresh", is_flag=True, help="Ask the endpoint again what it has answered before."),
)  # fmt: skip


def _with_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.command(cls=Command, examples=_EXAMPLES, sections=_SECTIONS, going_on="the same command goes on where it was")
@click.argument("index", type=FILE)
@_with_options
@click.argument("more", nargs=-1, type=FILE, metavar="")
def main(index: Path, dumps: tuple[Path, ...], more: tuple[Path, ...], update: bool, **asked: Any) -> None:
    """Build an index directory from a graph and the pictures of its entities.

    INDEX is the directory to make. Sources are told apart by what they contain: DBpedia's and Wikidata's dumps
    and any other RDF (N-Triples, N-Quads, Turtle, TriG, RDF/XML, JSON-LD), Wikidata's JSON, and tables of your own
    (CSV, TSV, JSON, Parquet); plain, .gz, .bz2, .xz or .zst. Of a folder, every file that is not used is named. A build
    that was stopped goes on where it was.

    A finished INDEX is left alone unless --update is given: then it becomes what the sources of this command give, and
    what they do not have is removed. It is used as it was until the new one is whole; both take their place on the
    disk.

    With --sparql, a part of an endpoint's graph is a source too: what lies a hop or two around the seeds. Every answer
    is kept in INDEX/responses.sqlite, and nothing is asked twice.
    """
    from linker import BuildSettings, build_index, make_local_features_ahead, update_index
    from scripts._progress import Progress

    dumps = (*dumps, *more)
    fetch = _fetch_settings(asked)
    check_sparql(asked)
    _check_paths(dumps, asked)
    say_unused(dumps, but=[path for path in (asked["priors"], asked["counts"], asked["type_map"]) if path])
    with Progress() as progress:
        sources = (*dumps, *fetch_sources(index, progress, asked))
        settings = BuildSettings(sources=sources, fetch=fetch, **{name: asked[name] for name in _SETTINGS})
        built = (update_index if update else build_index)(index, settings, progress=progress)
        if asked["local_features"]:
            make_local_features_ahead(index, partial(progress, "local features"))
    print_summary(index, built)
    if update:
        print_update(built)


def _check_paths(sources: tuple[Path, ...], asked: Mapping[str, Any]) -> None:
    images = asked["images_dir"]
    if not sources and asked["sparql"] is None and asked["recipe"] is None:
        raise click.UsageError("give at least one source: --dump PATH, or --sparql URL.")
    for path in sources:
        if not path.exists():
            raise CommandError(f"--dump {path}: no such file or folder: check the path")
        if not path.is_dir() and not path.is_file():
            raise CommandError(f"--dump {path}: a pipe, which can be read only once: write it to a file first")
    for option, name, columns in (("--prior", "priors", "iri,count"), ("--counts", "counts", "alias,iri,count")):
        if asked[name] is not None and not asked[name].is_file():
            raise CommandError(f"{option} {asked[name]}: no such file: expected a table of {columns}")
    if images is not None and not images.is_dir() and (not asked["fetch_images"] or images.exists()):
        raise CommandError(f"--images {images}: expected a folder with the pictures")


def _fetch_settings(asked: Mapping[str, Any]) -> "FetchSettings | None":
    """How to fetch pictures, or None where that is not asked for."""
    if not asked["fetch_images"]:
        if asked["image_hosts"] or asked["retry_missing"]:
            raise click.UsageError("--image-host and --retry-missing go with --fetch-images.")
        return None
    if not asked["contact"]:
        raise click.UsageError(
            "--fetch-images needs --contact with your mail address or a page about you: Wikimedia's policy asks"
            " that a program which fetches pictures says whose it is."
        )
    from kg import FetchSettings

    return FetchSettings(
        contact=asked["contact"],
        width=int(asked["image_width"]),
        hosts=asked["image_hosts"],
        max_bytes=asked["max_picture_bytes"],
        requests_per_s=asked["image_rate"],
        retry_missing=asked["retry_missing"],
    )


if __name__ == "__main__":
    main()
