"""``kg-cache``: look into an index and its knowledge cache."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scripts._cli import CommandError, Group

if TYPE_CHECKING:
    from linker import Index

_EXAMPLES = """
kg-cache demo/index stats
kg-cache demo/index show "Chad Smith"
kg-cache demo/index path Amman "Chicago Bulls"
kg-cache demo/index image examples/posts/images/chad-flag.jpg
kg-cache demo/index sql "select label, type from entity limit 5" --json
"""


@dataclass(frozen=True, slots=True)
class _Place:
    index: Path
    cache: Path

    @property
    def responses(self) -> Path:
        """Where the answers of SPARQL endpoints are kept."""
        from linker import RESPONSES

        return self.index / RESPONSES


_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
_at = click.pass_obj


def _limit(number: int) -> Callable[[Any], Any]:
    return click.option("--limit", type=click.IntRange(1), default=number, help="Rows to print, at most.")


@click.group(cls=Group, examples=_EXAMPLES)
@click.argument("index", type=click.Path(path_type=Path))
@click.option(
    "--cache",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The knowledge cache.  [default: INDEX/cache.sqlite]",
)
@click.pass_context
def main(ctx: click.Context, index: Path, cache: Path | None) -> None:
    """Look into an index and its knowledge cache.

    INDEX is a directory that build-kg-index made. An ENTITY is named by its IRI, its label or another name.
    """
    from linker import CACHE

    ctx.obj = _Place(index, cache or index / CACHE)


@main.command(examples="kg-cache demo/index stats\nkg-cache demo/index stats --json")
@_as_json
@_at
def stats(at: _Place, as_json: bool) -> None:
    """Say what the index and its cache hold."""
    from scripts._looking import describe_index
    from scripts._responses import describe_responses
    from scripts._tables import print_fields

    with _open(at) as index:
        fields = describe_index(index, at.cache)
    print_fields({**fields, "responses": describe_responses(at.responses)}, as_json=as_json)


@main.command(examples='kg-cache demo/index show Chad\nkg-cache demo/index show "http://dbpedia.org/resource/Chad"')
@click.argument("entity")
@_limit(20)
@_as_json
@_at
def show(at: _Place, entity: str, limit: int, as_json: bool) -> None:
    """Show an entity: its type, classes, names, facts and pictures."""
    from scripts._looking import describe_entity
    from scripts._tables import print_fields

    with _open(at) as index:
        print_fields(describe_entity(index, entity, limit=limit), as_json=as_json)


@main.command(examples="kg-cache demo/index search jordan\nkg-cache demo/index search '#ChicagoBulls' --limit 3")
@click.argument("text")
@_limit(10)
@_as_json
@_at
def search(at: _Place, text: str, limit: int, as_json: bool) -> None:
    """Find the entities that a text may mean."""
    from scripts._tables import print_rows

    with _open(at) as index:
        rows = [
            (
                match.fuzzy,
                match.entity.label,
                match.entity.type,
                match.alias,
                match.kind,
                match.entity.prior,
                match.entity.iri,
            )
            for match in index.aliases.candidates(text, limit=limit)
        ]
    print_rows(("fuzzy", "entity", "type", "name", "kind", "prior", "iri"), rows, as_json=as_json)


@main.command(
    examples="kg-cache demo/index neighbours Jordan\nkg-cache demo/index neighbours Jordan --hops 2 --limit 50"
)
@click.argument("entity")
@click.option("--hops", type=click.IntRange(1, 2), default=1, help="How far to go.")
@_limit(100)
@_as_json
@_at
def neighbours(at: _Place, entity: str, hops: int, limit: int, as_json: bool) -> None:
    """List the entities one or two hops away, the nearest first."""
    from scripts._looking import list_neighbours
    from scripts._tables import print_rows

    with _open(at) as index:
        rows = list_neighbours(index, entity, hops=hops, limit=limit)
    print_rows(("hop", "entity", "type", "prior", "iri"), rows, as_json=as_json)


@main.command(examples='kg-cache demo/index path Amman Petra\nkg-cache demo/index path "Elon Musk" "Falcon 9" --json')
@click.argument("start", metavar="A")
@click.argument("end", metavar="B")
@click.option("--hops", type=click.IntRange(1, 6), default=4, help="Longest path to look for.")
@_as_json
@_at
def path(at: _Place, start: str, end: str, hops: int, as_json: bool) -> None:
    """Show a shortest path between two entities."""
    from scripts._tables import print_rows

    with _open(at) as index:
        source, target = index.graph.find(start), index.graph.find(end)
        rows = index.graph.path([source.id], target.id, max_hops=hops)
        if not rows and source.id != target.id:
            raise CommandError(
                f"no path of {hops} hops or fewer from {source.label} to {target.label}: try a larger --hops"
            )
    triples = [(row.subject.label, row.predicate_label, row.object.label) for row in rows]
    print_rows(("subject", "predicate", "object"), triples, as_json=as_json)


@main.command(examples="kg-cache demo/index image examples/posts/images/chad-flag.jpg")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--threshold", type=click.FloatRange(-1, 1), default=0.5, help="Least cosine.")
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The encoder's weights, where they do not come with it.",
)
@_limit(10)
@_as_json
@_at
def image(at: _Place, file: Path, threshold: float, weights: Path | None, limit: int, as_json: bool) -> None:
    """Find the entities whose pictures look like this one."""
    from scripts._looking import search_picture
    from scripts._tables import print_rows

    with _open(at) as index:
        rows = search_picture(index, file, theta=threshold, weights=weights, limit=limit)
    print_rows(("cosine", "entity", "type", "picture", "iri"), rows, as_json=as_json)


@main.command(examples="kg-cache demo/index knowledge\nkg-cache demo/index knowledge chad-flag --json")
@click.argument("post", required=False)
@_limit(50)
@_as_json
@_at
def knowledge(at: _Place, post: str | None, limit: int, as_json: bool) -> None:
    """Show what the cache remembers of posts, or of one POST."""
    from scripts._looking import list_knowledge
    from scripts._tables import print_rows

    with _open(at):
        rows = list_knowledge(at.cache, post, limit=limit)
    print_rows(("post", "text", "pictured", "hop", "cosine", "knowledge"), rows, as_json=as_json)


@main.command(
    examples="""
kg-cache demo/index sql "select * from rejected"
kg-cache demo/index sql "select * from cache.pictured" --json
"""
)
@click.argument("query")
@click.option("--limit", type=click.IntRange(1), default=1000, help="Rows to print, at most.")
@click.option(
    "--timeout", type=click.FloatRange(0.1), default=30.0, metavar="SECONDS", help="Longest time for the query."
)
@_as_json
@_at
def sql(at: _Place, query: str, limit: int, timeout: float, as_json: bool) -> None:
    """Run a query that reads the graph and the cache.

    Tables of the graph have their own names; those of the knowledge cache stand under cache, as in cache.pictured.
    """
    from scripts._cli import say
    from scripts._sql import run_query
    from scripts._tables import print_rows

    with _open(at) as index:
        columns, rows, more = run_query(index.graph.sqlite_path, at.cache, query, limit=limit, timeout_s=timeout)
    print_rows(columns, rows, as_json=as_json)
    if more:
        say(f"only the first {limit:,} rows: see more with --limit")


@main.command(
    examples="""
kg-cache demo/index responses
kg-cache demo/index responses --endpoint https://dbpedia.org/sparql --limit 5 --json
"""
)
@click.option("--endpoint", metavar="URL", help="Only those of this endpoint.")
@_limit(50)
@_as_json
@_at
def responses(at: _Place, endpoint: str | None, limit: int, as_json: bool) -> None:
    """List what SPARQL endpoints have answered, the newest first."""
    from scripts._responses import list_responses
    from scripts._tables import print_rows

    if not at.responses.is_file():
        _open(at).close()
    rows = list_responses(at.responses, endpoint, limit=limit, query_length=None if as_json else 80)
    print_rows(("time", "endpoint", "state", "rows", "bytes", "note", "query"), rows, as_json=as_json)


@main.command(
    examples="""
kg-cache demo/index prune --older-than 30
kg-cache demo/index prune --all --only responses
"""
)
@click.option(
    "--older-than",
    "days",
    type=click.FloatRange(0),
    metavar="DAYS",
    help="Forget what was not made within so many days.",
)
@click.option("--all", "everything", is_flag=True, help="Forget everything.")
@click.option(
    "--only",
    type=click.Choice(["knowledge", "responses"]),
    help="Forget of the knowledge cache only, or of the endpoints' answers only.",
)
@_as_json
@_at
def prune(at: _Place, days: float | None, everything: bool, only: str | None, as_json: bool) -> None:
    """Forget what the knowledge cache remembers, and what SPARQL endpoints have answered."""
    from scripts._responses import prune_all
    from scripts._tables import print_fields

    if (days is None) == (not everything):
        raise click.UsageError("give either --older-than DAYS or --all.")
    if not at.responses.is_file():
        _open(at).close()
    print_fields(prune_all(at.cache, at.responses, only=only, older_than_days=days), as_json=as_json)


@main.command(examples="kg-cache demo/index serve --port 8001")
@click.option("--port", type=click.IntRange(1, 65535), default=8001, help="Port on this machine.")
@_at
def serve(at: _Place, port: int) -> None:
    """Show the index in a browser, with Datasette."""
    from scripts._looking import serve_index

    with _open(at) as index:
        serve_index(index.path, at.cache, port=port)


def _open(at: _Place) -> "Index":
    from linker import open_index

    return open_index(at.index)


if __name__ == "__main__":
    main()
