"""What a run is validated on: each file with its text alone, and with what else stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ner.formats import TaggedPost, tagger_input
from ner.taggers import TaggerInput
from ner.training.batches import RegionsOf


@dataclass(frozen=True, slots=True)
class Validation:
    """Posts to validate on.

    Attributes:
        name: What reports call it.
        posts: The posts, with what stands beside them.
        with_pictures: Whether their pictures stand beside them too.
    """

    name: str
    posts: tuple[TaggedPost, ...]
    with_pictures: bool = False

    def inputs(self, posts: Sequence[TaggedPost], regions: RegionsOf | None) -> list[TaggerInput]:
        """Some of its posts as a tagger sees them."""
        found = [tagger_input(post) for post in posts]
        if regions is None or not self.with_pictures:
            return found
        return [replace(one, regions=regions(post)) for one, post in zip(found, posts, strict=True)]


def validations_of(name: str, posts: Sequence[TaggedPost], regions: RegionsOf | None) -> list[Validation]:
    """A file's posts as text alone, and, where there is any, with captions, then all that is known, then pictures."""
    bare = [replace(post, caption="", knowledge=(), attributes=(), known_names=()) for post in posts]
    found = [Validation(name, tuple(bare))]
    if any(post.caption for post in posts):
        captioned = [replace(one, caption=post.caption) for one, post in zip(bare, posts, strict=True)]
        found.append(Validation(f"{name} + captions", tuple(captioned)))
    if any(post.knowledge or post.attributes or post.known_names for post in posts):
        found.append(Validation(f"{name} + context", tuple(posts)))
    if regions is not None and any(regions(post) is not None for post in posts):
        found.append(Validation(f"{name} + pictures", tuple(posts), with_pictures=True))
    return found
