"""``kg-cache``: look into an index and its knowledge cache."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scripts import _cli, _decisions, _look_up
from scripts._cli import FILE, Group, counted, say
from scripts._show import Rows
from scripts._show import show as show_values
from scripts._sql import run_query

if TYPE_CHECKING:
    from linker import Index

_EXAMPLES = """
kg-cache demo/index stats
kg-cache demo/index show "Chad Smith"
kg-cache demo/index path Amman "Chicago Bulls"
kg-cache demo/index image examples/posts/images/chad-flag.jpg
kg-cache demo/index sql "select label, type from entity limit 5" --json
"""


_Shown = Rows | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Place:
    index: Path
    cache: Path
    responses: Path

    def open(self) -> "Index":
        """The index, closed when the command is done."""
        from linker import open_index

        return click.get_current_context().with_resource(open_index(self.index))


@click.group(cls=Group, examples=_EXAMPLES)
@click.argument("index", type=FILE)
@click.option("--cache", type=FILE, metavar="FILE", help="The knowledge cache.  [default: INDEX/cache.sqlite]")
@click.pass_context
def main(ctx: click.Context, index: Path, cache: Path | None) -> None:
    """Look into an index and its knowledge cache.

    INDEX is a directory that build-kg-index made. An ENTITY is named by its IRI, its label or another name.
    """
    from linker import CACHE, RESPONSES

    ctx.obj = _Place(index, cache or index / CACHE, index / RESPONSES)


def _command(examples: str, *, limit: int | None = None) -> Callable[[Callable[..., _Shown | None]], click.Command]:
    """Make a command of a function: what it returns is printed as a table, or as JSON; None was printed before."""

    def make(look_up: Callable[..., _Shown | None]) -> click.Command:
        @wraps(look_up)
        def command(at: _Place, *, as_json: bool, **given: Any) -> None:
            shown = look_up(at, **given)
            if shown is not None:
                show_values(shown, as_json=as_json)

        with_options = _cli.as_json(command)
        if limit is not None:
            option = click.option("--limit", type=click.IntRange(1), default=limit, help="Rows to print, at most.")
            with_options = option(with_options)
        return main.command(examples=examples)(click.pass_obj(with_options))

    return make


@_command("kg-cache demo/index stats\nkg-cache demo/index stats --json")
def stats(at: _Place) -> _Shown:
    """Say what the index and its cache hold."""
    return _look_up.describe_index(at.open(), at.cache, at.responses)


@_command('kg-cache demo/index show Chad\nkg-cache demo/index show "http://dbpedia.org/resource/Chad"', limit=20)
@click.argument("entity")
def show(at: _Place, entity: str, limit: int) -> _Shown:
    """Show an entity: its type, classes, names, facts and pictures."""
    return _look_up.describe_entity(at.open(), entity, limit=limit)


@_command("kg-cache demo/index search jordan\nkg-cache demo/index search '#ChicagoBulls' --limit 3", limit=10)
@click.argument("text")
def search(at: _Place, text: str, limit: int) -> _Shown:
    """Find the entities that a text may mean."""
    return _look_up.search_names(at.open(), text, limit=limit)


@_command("kg-cache demo/index neighbours Jordan\nkg-cache demo/index neighbours Jordan --hops 2 --limit 50", limit=100)
@click.argument("entity")
@click.option("--hops", type=click.IntRange(1, 2), default=1, help="How far to go.")
def neighbours(at: _Place, entity: str, hops: int, limit: int) -> _Shown:
    """List the entities one or two hops away, the nearest first."""
    return _look_up.list_neighbours(at.open(), entity, hops=hops, limit=limit)


@_command('kg-cache demo/index path Amman Petra\nkg-cache demo/index path "Elon Musk" "Falcon 9" --json')
@click.argument("start", metavar="A")
@click.argument("end", metavar="B")
@click.option("--hops", type=click.IntRange(1, 6), default=4, help="Longest path to look for.")
def path(at: _Place, start: str, end: str, hops: int) -> _Shown:
    """Show a shortest path between two entities."""
    return _look_up.find_path(at.open(), start, end, hops=hops)


@_command("kg-cache demo/index image examples/posts/images/chad-flag.jpg", limit=10)
@click.argument("file", type=FILE)
@click.option("--threshold", type=click.FloatRange(-1, 1), default=0.5, help="Least cosine.")
@_cli.weights
def image(at: _Place, file: Path, threshold: float, weights: Path | None, limit: int) -> _Shown:
    """Find the entities whose pictures look like this one."""
    return _look_up.search_picture(at.open(), file, threshold=threshold, weights=weights, limit=limit)


@_command("kg-cache demo/index knowledge\nkg-cache demo/index knowledge chad-flag --json", limit=50)
@click.argument("post", required=False)
def knowledge(at: _Place, post: str | None, limit: int) -> _Shown | None:
    """Show what the cache remembers of posts, or the whole decision about those with the id POST."""
    index = at.open()
    if post is None or click.get_current_context().params["as_json"]:
        return _decisions.list_knowledge(at.cache, post, limit=limit)
    _decisions.print_decisions(index, at.cache, post)
    return None


@_command("kg-cache demo/index posts Chad\nkg-cache demo/index posts Amman --limit 5 --json", limit=50)
@click.argument("entity")
def posts(at: _Place, entity: str, limit: int) -> _Shown:
    """List the posts that mention an entity or show it, as far as the cache remembers them."""
    return _decisions.list_posts(at.open(), at.cache, entity, limit=limit)


@_command(
    """
kg-cache demo/index sql "select * from rejected"
kg-cache demo/index sql "select * from cache.pictured" --json
""",
    limit=1000,
)
@click.argument("query")
@click.option(
    "--timeout", type=click.FloatRange(0.1), default=30.0, metavar="SECONDS", help="Longest time for the query."
)
def sql(at: _Place, query: str, limit: int, timeout: float) -> _Shown:
    """Run a query that reads the graph and the cache.

    Tables of the graph have their own names; those of the knowledge cache stand under cache, as in cache.pictured.
    """
    rows, is_cut = run_query(at.open().graph.sqlite_path, at.cache, query, limit=limit, timeout_s=timeout)
    if is_cut:
        say(f"only the first {counted(limit, 'row')}: see more with --limit")
    return rows


@_command(
    """
kg-cache demo/index responses
kg-cache demo/index responses --endpoint https://dbpedia.org/sparql --limit 5 --json
""",
    limit=50,
)
@click.option("--endpoint", metavar="URL", help="Only those of this endpoint.")
def responses(at: _Place, endpoint: str | None, limit: int) -> _Shown:
    """List what SPARQL endpoints have answered, the newest first."""
    if not at.responses.is_file():
        at.open()
    whole = click.get_current_context().params["as_json"]
    return _look_up.list_responses(at.responses, endpoint, limit=limit, query_length=None if whole else 80)


@_command("kg-cache demo/index prune --older-than 30\nkg-cache demo/index prune --all --only responses")
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
def prune(at: _Place, days: float | None, everything: bool, only: str | None) -> _Shown:
    """Forget what the knowledge cache remembers, and what SPARQL endpoints have answered."""
    if (days is None) == (not everything):
        raise click.UsageError("give either --older-than DAYS or --all.")
    if not at.responses.is_file():
        at.open()
    return _look_up.prune(at.cache, at.responses, only=only, older_than_days=days)


@main.command(examples="kg-cache demo/index serve\nkg-cache demo/index serve --host 0.0.0.0 --port 8080")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at; 0.0.0.0 is every one.")
@click.option("--port", type=click.IntRange(0, 65535), default=8001, help="Port; 0 takes one that is free.")
@click.pass_obj
def serve(at: _Place, host: str, port: int) -> None:
    """Show the index in a browser, with Datasette: read-only, and on this machine only unless told otherwise."""
    try:
        from scripts._serve_index import serve_index
    except ImportError as error:
        raise _cli.CommandError(f"kg-cache serve needs Datasette ({error}): pip install 'kgmner[datasette]'") from None
    serve_index(at.open(), at.cache, host=host, port=port)


if __name__ == "__main__":
    main()
