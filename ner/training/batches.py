"""Training posts in batches: drawn, put in context, windowed, and sorted by length for an epoch."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from ner.formats import TaggedPost
from ner.networks.network import Inputs, Window
from ner.spans import repair_tags
from ner.training.augment import Pool, training_example
from ner.training.recipes import Recipe

_BUCKET_BATCHES = 32


@dataclass(frozen=True, slots=True)
class Corpus:
    """Posts annotated in one style; style 0 is the one that taggers tag in."""

    posts: tuple[TaggedPost, ...]
    style: int


@dataclass(frozen=True, slots=True)
class Example:
    """A window with its tags and its style."""

    post_id: str
    window: Window
    tags: tuple[str, ...]
    style: int


def epoch_batches(corpora: Sequence[Corpus], recipe: Recipe, epoch: int, inputs: Inputs) -> list[list[Example]]:
    """The batches of an epoch: the same for the same recipe and epoch, whatever came before."""
    source = random.Random(f"{recipe.seed}/{epoch}")  # noqa: S311
    pool = Pool.of([post for corpus in corpora for post in corpus.posts])
    examples: list[Example] = []
    for corpus in corpora:
        for post in _drawn(corpus, recipe, epoch, source):
            post_input, tags = training_example(post, pool, recipe.context, source)
            tags = repair_tags(tags)
            examples += [
                Example(post.id, window, tags[window.start : window.end], corpus.style)
                for window in inputs.windows(post_input)
            ]
    return _length_buckets(examples, recipe.schedule.batch_size, source)


def _drawn(corpus: Corpus, recipe: Recipe, epoch: int, source: random.Random) -> Sequence[TaggedPost]:
    if corpus.style == 0:
        return corpus.posts
    if epoch > recipe.schedule.auxiliary_epochs:
        return ()
    return source.sample(corpus.posts, int(len(corpus.posts) * recipe.schedule.auxiliary_share))


def _length_buckets(examples: list[Example], size: int, source: random.Random) -> list[list[Example]]:
    """Batches of like lengths, so that little is padding, in an order that says nothing of length."""
    source.shuffle(examples)
    batches: list[list[Example]] = []
    for start in range(0, len(examples), size * _BUCKET_BATCHES):
        bucket = sorted(examples[start : start + size * _BUCKET_BATCHES], key=lambda e: e.window.size)
        batches += [bucket[i : i + size] for i in range(0, len(bucket), size)]
    source.shuffle(batches)
    return batches
