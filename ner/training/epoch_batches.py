"""The batches of an epoch: training posts drawn, put in context, windowed, and sorted by length."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ner.formats import TaggedPost
from ner.networks.network import Inputs
from ner.spans import repair_tags
from ner.training.augment import Pool, training_example
from ner.training.recipes import Recipe
from ner.training.training_posts import Corpus

_BUCKET_BATCHES = 32


@dataclass(frozen=True, slots=True)
class Example:
    """A window with its tags, its style, and the post whose picture stands beside it."""

    post_id: str
    window: Any
    tags: tuple[str, ...]
    style: int
    pictured: TaggedPost | None = None


def epoch_batches(
    corpora: Sequence[Corpus], recipe: Recipe, epoch: int, inputs: Inputs, *, with_pictures: bool = False
) -> list[list[Example]]:
    """The batches of an epoch: the same for the same recipe and epoch, whatever came before.

    Pictures are only chosen here; their regions are large, and are read when a batch is due.
    """
    source = random.Random(f"{recipe.seed}/{epoch}")  # noqa: S311
    pool = Pool.of([post for corpus in corpora for post in corpus.posts], recipe.types)
    examples: list[Example] = []
    for corpus in corpora:
        with_picture = [post for post in corpus.posts if post.image] if with_pictures else []
        for post in _drawn(corpus, recipe, epoch, source):
            post_input, tags = training_example(post, pool, recipe.context, source)
            pictured = _draw_picture(post, with_picture, recipe, source) if with_picture else None
            if tags != post.tags:
                pictured = None  # it may show what was true before
            tags = repair_tags(tags)
            examples += [
                Example(post.id, window, tags[window.start : window.end], corpus.style, pictured)
                for window in inputs.windows(post_input)
            ]
    return _length_buckets(examples, recipe.schedule.batch_size, source)


def _drawn(corpus: Corpus, recipe: Recipe, epoch: int, source: random.Random) -> Sequence[TaggedPost]:
    if corpus.style == 0:
        return corpus.posts
    if epoch > recipe.schedule.auxiliary_epochs:
        return ()
    return source.sample(corpus.posts, int(len(corpus.posts) * recipe.schedule.auxiliary_share))


def _draw_picture(
    post: TaggedPost, with_picture: Sequence[TaggedPost], recipe: Recipe, source: random.Random
) -> TaggedPost | None:
    """The post whose picture is put beside a post: its own, another, or none."""
    choice = source.random()
    if choice < recipe.context.picture_dropped:
        return None
    if choice < recipe.context.picture_dropped + recipe.context.picture_swapped:
        return source.choice(with_picture)
    return post


def _length_buckets(examples: list[Example], size: int, source: random.Random) -> list[list[Example]]:
    """Batches of like lengths, so that little is padding, in an order that says nothing of length."""
    source.shuffle(examples)
    batches: list[list[Example]] = []
    for start in range(0, len(examples), size * _BUCKET_BATCHES):
        bucket = sorted(examples[start : start + size * _BUCKET_BATCHES], key=lambda e: e.window.size)
        batches += [bucket[i : i + size] for i in range(0, len(bucket), size)]
    source.shuffle(batches)
    return batches
