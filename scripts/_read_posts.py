"""How ``link-and-tag`` reads posts: its options for that, pictures from the web, and what is said of the posts."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from scripts._cli import CommandError, say

if TYPE_CHECKING:
    from kg import FetchSettings
    from linker import Post, PostError

_SHOWN = 5
_LEAST_POSTS = 3  # from which on it is said that most are in other languages


@dataclass(frozen=True, slots=True)
class Reading:
    """How posts are read."""

    names: Mapping[str, str] = field(default_factory=dict)  # what fields are called in the file
    fetch: "FetchSettings | None" = None  # how their pictures are fetched from the web; None: they are not

    @classmethod
    def take(cls, asked: dict[str, Any]) -> "Reading":
        """Take the options of `reading_options` out of a command's."""
        names, wanted = _names(asked.pop("field")), asked.pop("fetch_images")
        contact, hosts = asked.pop("contact"), asked.pop("image_host")
        if not wanted:
            if hosts or contact:
                raise click.UsageError("--image-host and --contact go with --fetch-images.")
            return cls(names)
        from kg import FetchSettings

        if contact is None:
            raise click.UsageError(
                "--fetch-images needs --contact: your mail address or a page about you, which image servers are told."
            )
        return cls(names, FetchSettings(contact=contact, hosts=hosts))


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that `Reading.take` takes."""
    options = (
        click.option("--image-host", multiple=True, metavar="HOST", help="Another host that --fetch-images may ask."),
        click.option("--contact", help="Where a server's keeper can reach you. --fetch-images needs it."),
        click.option("--fetch-images", is_flag=True, help="Fetch the pictures that posts name by web addresses."),
        click.option(
            "--field",
            multiple=True,
            metavar="OURS=THEIRS",
            help="What a field is called in POSTS: text=body, within others text=record.text; may be given again.",
        ),
    )
    return reduce(lambda made, option: option(made), options, command)


def read(source: str, images: Path | None, reading: Reading) -> "Iterator[Post | PostError]":
    """Read the posts of a file ("-": stdin), and say what it was taken for."""
    from linker import read_posts

    place = sys.stdin.buffer if source == "-" else _far(source) if "://" in source else Path(source)
    return read_posts(place, pictures=images, names=reading.names, tell=say)


def _far(source: str) -> IO[bytes]:
    """A file of another machine: ``s3://bucket/posts.jsonl``, ``gs://``, ``hdfs://``."""
    from pyarrow.fs import FileSystem
    from pyarrow.lib import ArrowException

    try:
        system, path = FileSystem.from_uri(source)
        file: IO[bytes] = system.open_input_file(path)
    except (ArrowException, ValueError) as error:
        raise CommandError(f"{source}: expected an address such as s3://bucket/posts.jsonl ({error})") from error
    return file


def with_fetched(posts: "Iterable[Post]", reading: Reading) -> "Iterator[Post]":
    """The posts, with the pictures that they name by web addresses, where these are to be fetched."""
    from kg import FetchError, PictureFetcher

    with PictureFetcher(reading.fetch) if reading.fetch else nullcontext() as fetcher:
        for post in posts:
            if not post.image_url or fetcher is None:
                yield post
                continue
            try:
                yield replace(post, image=fetcher.fetch(post.image_url), image_error="")
            except FetchError as error:
                yield replace(post, image_error=str(error))


class PostNotes:
    """What is to be said of posts when all were read: ids that occur again, and posts that are not in English."""

    def __init__(self) -> None:
        self._ids: set[int] = set()  # hashes, which are small
        self._again: Counter[str | int] = Counter()
        self._english: Counter[bool | None] = Counter()

    def note(self, post: "Post") -> None:
        """Take note of a post."""
        from linker import looks_english

        key = hash(post.id)
        if key in self._ids:
            self._again[post.id] += 1
        self._ids.add(key)
        self._english[looks_english(post.tokens)] += 1

    def __iter__(self) -> Iterator[str]:
        if self._again:
            shown = ", ".join(repr(name) for name, _ in self._again.most_common(_SHOWN))
            more = ", ..." if len(self._again) > _SHOWN else ""
            yield (
                f"repeated ids: {self._again.total():,} ({shown}{more}); "
                "the results of such posts can only be told apart by their order"
            )
        if self._english[False] >= max(_LEAST_POSTS, self._english[True] + 1):
            yield (
                f"{self._english[False]:,} posts do not look like English, for which the tagger was made: in other "
                "languages it is less sure, and in other scripts only names of the graph are found, to the letter"
            )


def _names(given: Iterable[str]) -> dict[str, str]:
    from linker import POST_FIELDS

    names = {}
    for text in given:
        ours, _, theirs = text.partition("=")
        if ours not in POST_FIELDS or not theirs:
            raise click.UsageError(f"--field {text}: expected OURS=THEIRS, OURS one of {', '.join(POST_FIELDS)}.")
        names[ours] = theirs
    return names
