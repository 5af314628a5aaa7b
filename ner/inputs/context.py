"""What is known beside the text, as words for the encoder's second segment.

Knowledge comes first (``Chad is a country``), then the caption, then what the picture shows; each part is bounded, so
that none crowds out another or the text.
"""

import re
from collections.abc import Sequence

from ner.taggers import TaggerInput

MAX_FACTS = 6
MAX_ATTRIBUTES = 5
MIN_PROBABILITY = 0.05
MATCH_FEATURES = 5
"""How many numbers say where a word of the text occurs in its context."""

_WORD = re.compile(r"\w+")


def context_parts(post: TaggerInput) -> tuple[str, ...]:
    """The parts of the second segment that a post has: facts, caption, attributes."""
    facts = " . ".join(" ".join(fact) for fact in post.knowledge[:MAX_FACTS])
    likely = sorted((a for a in post.attributes if a[1] >= MIN_PROBABILITY), key=lambda a: -a[1])
    shown = " , ".join(label for label, _ in likely[:MAX_ATTRIBUTES])
    return tuple(part for part in (facts, post.caption.strip(), shown) if part)


def match_features(post: TaggerInput) -> list[list[float]]:
    """For each token: is it a fact's whole subject, in a subject, in an object, in the caption; and are there facts.

    A fact about a word of the post says something about that word; this is how the tagger sees which word it is.
    """
    subjects = [_words(subject) for subject, _, _ in post.knowledge[:MAX_FACTS]]
    whole = {subject[0] for subject in subjects if len(subject) == 1}
    within = {word for subject in subjects for word in subject}
    objects = {word for _, _, value in post.knowledge[:MAX_FACTS] for word in _words(value)}
    caption = set(_words(post.caption))
    rows: list[list[float]] = []
    for token in post.tokens:
        key = "".join(_words(token))
        found = (key in whole, key in within, key in objects, key in caption, bool(subjects))
        rows.append([float(flag and bool(key)) for flag in found])
    return rows


def _words(text: str) -> Sequence[str]:
    return _WORD.findall(text.casefold())
