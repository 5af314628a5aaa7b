"""Gold and predicted tags that are made up: as a strategy, and as many posts from a seed."""

import random

from hypothesis import strategies as st

from ner.spans import TAGS

PAIRS = st.lists(
    st.lists(st.tuples(st.sampled_from(TAGS), st.sampled_from(TAGS)), min_size=1, max_size=9), min_size=1, max_size=5
)
"""Posts of (gold, predicted) tags, a pair a token."""


def unzipped(posts: list[list[tuple[str, str]]]) -> tuple[list[list[str]], list[list[str]]]:
    """Gold tags and predicted tags of what :data:`PAIRS` drew."""
    return [[gold for gold, _ in post] for post in posts], [[found for _, found in post] for post in posts]


def made_up(posts: int, seed: int, *, right: float = 0.7) -> tuple[list[list[str]], list[list[str]]]:
    """Gold tags drawn at random, and tags of which a share ``right`` surely agrees."""
    source = random.Random(seed)
    gold = [[source.choice(TAGS) for _ in range(source.randint(3, 9))] for _ in range(posts)]
    predicted = [[tag if source.random() < right else source.choice(TAGS) for tag in tags] for tags in gold]
    return gold, predicted
