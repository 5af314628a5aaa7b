"""The posts of a run: what it is trained and validated on, what stands beside them, and the words in all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ner.embeddings.word_table import WordTable
from ner.errors import TrainingError
from ner.formats import TaggedPost, captioned, read_posts, tagger_input, with_captions
from ner.inputs.context import words_beside
from ner.networks.registry import REGISTRY
from ner.spans import TYPES, split_tag
from ner.tag_types import AS_WRITTEN, TypeTable, type_key
from ner.taggers import TaggerInput
from ner.training.recipes import Recipe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RegionsOf = Callable[[TaggedPost], "NDArray[np.float32] | None"]
"""The regions of a post's picture, float32 (R, C); None where it has none that can be used."""

Informed = Callable[[Sequence[TaggedPost]], Sequence[TaggedPost]]
"""Gives posts what is known beside their text: what their pictures show, what a graph knows."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Posts annotated in one style; style 0 is the one that taggers tag in."""

    posts: tuple[TaggedPost, ...]
    style: int


@dataclass(frozen=True, slots=True)
class Validation:
    """Posts to validate on."""

    name: str  # what reports call it
    posts: tuple[TaggedPost, ...]  # the posts, with what stands beside them
    with_pictures: bool = False  # whether their pictures stand beside them too

    def inputs(self, posts: Sequence[TaggedPost], regions: RegionsOf | None) -> list[TaggerInput]:
        """Some of its posts as a tagger sees them."""
        found = [tagger_input(post) for post in posts]
        if regions is None or not self.with_pictures:
            return found
        return [replace(one, regions=regions(post)) for one, post in zip(found, posts, strict=True)]


def read_training_posts(
    paths: Sequence[str | Path],
    captions: Mapping[str, str],
    informed: Informed | None,
    *,
    types: TypeTable | None = None,
    tell: Callable[[str], None] | None = None,
) -> list[TaggedPost]:
    """The posts of some files that have any words, with captions and with what is known beside them.

    Args:
        paths: Files of tagged posts.
        captions: Captions by the pictures' names.
        informed: Gives posts what is known beside them; None leaves what stands in the files.
        types: What the files' types are called here.
        tell: Told a line for each file that is not plain BIO with our types.

    Raises:
        FormatError: A file cannot be read.
        TrainingError: There are no posts.
    """
    found = [post for path in paths for post in read_posts(path, types=types, tell=tell)]
    posts = [post for post in with_captions(found, captions) if post.tokens]
    if not posts:
        raise TrainingError(f"{', '.join(map(str, paths)) or 'train'}: no posts: give a file of tagged posts")
    if captions and tell is not None:
        tell(f"{', '.join(map(str, paths))}: {captioned(posts)}")
    return posts if informed is None else list(informed(posts))


def types_in_files(paths: Sequence[str | Path]) -> tuple[str, ...]:
    """The types that some files' tags have, as they are written: those of :data:`ner.spans.TYPES`, then by name.

    Types that differ in case alone, or have `_` for `-`, are one, written as it is first met.

    Raises:
        FormatError: A file cannot be read.
        TrainingError: No post has an entity.
    """
    found: dict[str, str] = {}
    for path in paths:
        for post in read_posts(path, types=AS_WRITTEN):
            for tag in post.tags:
                if kind := split_tag(tag)[1]:
                    found.setdefault(type_key(kind), kind)
    if not found:
        raise TrainingError(
            f"{', '.join(map(str, paths))}: no entity is tagged: give posts with tags such as B-PRODUCT"
        )
    return (*(kind for kind in TYPES if kind in found), *sorted(found[name] for name in found.keys() - set(TYPES)))


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


def word_table(recipe: Recipe, corpora: Sequence[Corpus], validations: Sequence[Validation]) -> WordTable | None:
    """The word vectors of a run whose network reads words; None for any other.

    It has every word that the run will meet: training words are numbered; those of the validations, and of what stands
    beside posts, have vectors alone.

    Raises:
        FormatError: The vectors cannot be read.
        MissingExtraError: A package that they take is not installed.
    """
    if REGISTRY[recipe.tagger].family != "words":
        return None
    training = [post for corpus in corpora for post in corpus.posts]
    validated = [post for validation in validations for post in validation.posts]
    others = [post.tokens for post in validated]
    others += [tuple(words_beside(tagger_input(post))) for post in (*training, *validated)]
    return WordTable.build(str(recipe.vectors), [post.tokens for post in training], others, recipe.table)
