"""``kgmner-serve``: an index in; a service that reads posts over HTTP out."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from scripts._cli import FILE, Command, is_quiet
from scripts._read_posts import Reading, reading_options, with_fetched
from scripts.link_and_tag import main as link_and_tag

_EXAMPLES = """
kgmner-serve demo/index
kgmner-serve demo/index --port 8080 --workers 2
kgmner-serve demo/index --host 0.0.0.0 --timeout 10 --max-waiting 200
"""
_OF_PIPELINE = ("tagger", "threshold", "second_look", "hops", "min_link_score", "weights", "device")
_LONGEST_FETCH_S = 10.0


@click.command(
    cls=Command,
    examples=_EXAMPLES,
    sections={
        "Where": ("port", "host", "workers"),
        "Limits": ("max_body_mb", "max_posts", "max_post_chars", "max_waiting", "timeout_s"),
        "Pictures": ("threshold", "second_look", "hops", "weights", "fetch_images", "contact", "image_host"),
    },
    params=[option for option in link_and_tag.params if option.name in _OF_PIPELINE],
)
@click.argument("index", type=FILE)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, help="The port; 0 is any that is free.")
@click.option("--host", default="127.0.0.1", help="The address to listen at; 0.0.0.0 is open to every machine.")
@click.option("--workers", type=click.IntRange(1), default=1, help="Processes; they share the files of the index.")
@click.option("--max-body-mb", type=click.FloatRange(0.001), default=20.0, help="Largest body of a request, in MB.")
@click.option("--max-posts", type=click.IntRange(1), default=100, help="Most posts in a request.")
@click.option(
    "--max-post-chars", type=click.IntRange(1), default=20_000, help="Longest post as JSON, without its picture."
)
@click.option("--max-waiting", type=click.IntRange(1), default=500, help="Most posts that wait in a worker.")
@click.option(
    "--timeout", "timeout_s", type=click.FloatRange(0.001), default=30.0, help="Longest time for a request, in seconds."
)
@click.option(
    "--cache",
    type=FILE,
    metavar="FILE",
    help="Remember pictures and what they show in this file.  [default: nothing is kept]",
)
@reading_options
def main(index: Path, cache: Path | None, max_body_mb: float, **options: Any) -> None:
    """Read posts over HTTP: for programs, for clients of DBpedia Spotlight, and on a page for people.

    INDEX is a directory that build-kg-index made. The page is at /, posts are POSTed to /v1/annotate, Spotlight's
    clients ask /spotlight/annotate; /openapi.json says all (docs/service.md). Nobody is asked who they are: let only
    those reach the port who may.
    """
    from kgmner import ServiceSettings, serve
    from linker import Settings

    reading = Reading.take(options)
    fetch = None
    if reading.fetch is not None:
        quick = replace(reading.fetch, tries=1, read_s=_LONGEST_FETCH_S, picture_s=_LONGEST_FETCH_S)
        fetch = partial(with_fetched, reading=replace(reading, fetch=quick))
    of_pipeline = {name: options.pop(name) for name in _OF_PIPELINE}
    service = ServiceSettings(
        index=index,
        reading=Settings.called(cache, keep_cache=False, **of_pipeline),
        max_body_bytes=round(max_body_mb * 1e6),
        fetch=fetch,
        names=reading.names,
        **options,
    )
    serve(service, quiet=is_quiet())


if __name__ == "__main__":
    main()
