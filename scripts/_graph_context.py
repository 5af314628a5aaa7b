"""What an index knows beside tagged posts, for training and evaluation: what `link-and-tag` would give a tagger."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts._cli import FILE, CommandError, counted, say
from scripts._picture_features import PictureFeatures

if TYPE_CHECKING:
    from linker import Post
    from ner import TaggedPost, TaggerInput

_BATCH = 64

index_option = click.option(
    "--index",
    type=FILE,
    metavar="INDEX",
    help="An index: its knowledge, its names and its attributes stand beside the posts, as link-and-tag gives them.",
)
"""Gives a command ``index``."""


def encoder_of_index(index: Path, asked: str | None) -> str:
    """The picture encoder of an index.

    Raises:
        CommandError: Another one is asked for.
        LinkerError: There is no index that can be used.
    """
    from linker import read_manifest

    name = read_manifest(index).encoder.name
    if asked not in (None, name):
        raise CommandError(f"picture encoder {asked!r}: expected {name!r}, with which {index} was built: leave it out")
    return name


class GraphContext:
    """Puts beside posts what an index knows of their pictures and names, before anybody has tagged them.

    What the pictures show is remembered by their content, and by the index, in the file of the features.

    Args:
        index: The index.
        features: The posts' pictures; None for posts without.
        device: Where an encoder runs.

    Raises:
        LinkerError: The index cannot be used.
        VisionError: Its encoder cannot be loaded.
    """

    def __init__(self, index: Path, features: PictureFeatures | None, device: str) -> None:
        from linker import InputFinder, Memory, Settings, load_encoder_of, open_index

        self._features, self._memory = features, features.memory if features else Memory()
        self._index = open_index(index, device=device)
        encoder = load_encoder_of(self._index, weights=None, device=device) if features else None
        self._finder = InputFinder(self._index, encoder, self._memory, Settings())

    def informed(self, posts: Sequence["TaggedPost"]) -> list["TaggedPost"]:
        """Posts with their pictures' attributes, the graph's knowledge of these, and the graph's names in the text.

        Where there is nothing of one of the three, what the file says is left.
        """
        found: list[TaggerInput] = []
        for start in range(0, len(posts), _BATCH):
            batch = [self._untagged(post) for post in posts[start : start + _BATCH]]
            found += self._finder.first_look(batch, with_regions=False).inputs
        self._memory.flush()
        known, named = sum(bool(post.knowledge) for post in found), sum(bool(post.known_names) for post in found)
        say(f"of {counted(len(found), 'post')} the graph knows names in {named:,} and the pictures of {known:,}")
        return [
            replace(
                post,
                attributes=one.attributes or post.attributes,
                knowledge=one.knowledge or post.knowledge,
                known_names=one.known_names or post.known_names,
            )
            for post, one in zip(posts, found, strict=True)
        ]

    def close(self) -> None:
        """Close the index; the file of the features stays open."""
        self._index.close()

    def _untagged(self, post: "TaggedPost") -> "Post":
        from linker import Post

        return Post(post.id, post.tokens, self._features.file(post) if self._features else None, post.caption)
