"""A tagger's input without its picture, and with a wrong one: what a picture is worth, and what harm another does.

What a picture tells is its regions, its attributes, its caption, the knowledge about the entity in it, and how near to
this entity the names in the text are. A wrong picture is near none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ner.taggers import TaggerInput


def without_picture(post: TaggerInput) -> TaggerInput:
    """The post's text, and what is known of the names in it."""
    names = tuple(replace(name, nearness=0.0) for name in post.known_names)
    return replace(post, attributes=(), caption="", knowledge=(), regions=None, known_names=names)


def has_picture(post: TaggerInput) -> bool:
    """Whether a post's picture tells anything."""
    is_near = any(name.nearness for name in post.known_names)
    return post.regions is not None or is_near or bool(post.attributes or post.caption or post.knowledge)


def with_wrong_pictures(
    posts: Sequence[TaggerInput], names: Sequence[str | None], *, seed: int = 0
) -> list[TaggerInput]:
    """Every post with a picture gets another post's, drawn once for all; a post without one stays as it is.

    Posts are put in a random order, those of one picture side by side, and each takes what stands as many places
    further as the commonest picture has posts. So every picture is used as often as before, and none stays where it was
    unless more than half of the posts share it: what would keep its own then gets none.

    Args:
        posts: What a tagger is given.
        names: Their pictures' names; None is a picture of its own.
        seed: Where the order comes from.
    """
    keys = [name if name is not None else f"\0{number}" for number, name in enumerate(names)]
    numbers = [number for number, post in enumerate(posts) if has_picture(post)]
    of_picture: dict[str, list[int]] = {}
    for number in numbers:
        of_picture.setdefault(keys[number], []).append(number)
    pictures = list(of_picture)
    shuffled = np.random.default_rng(seed).permutation(len(pictures))
    order = [number for place in shuffled for number in of_picture[pictures[place]]]
    step = max(map(len, of_picture.values()), default=0)
    changed = list(posts)
    for place, number in enumerate(order):
        giver = order[(place + step) % len(order)]
        plain = without_picture(posts[number])
        changed[number] = plain if keys[giver] == keys[number] else _with_picture_of(plain, posts[giver])
    return changed


def _with_picture_of(post: TaggerInput, giver: TaggerInput) -> TaggerInput:
    return replace(
        post, attributes=giver.attributes, caption=giver.caption, knowledge=giver.knowledge, regions=giver.regions
    )
