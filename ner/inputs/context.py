"""What is known beside the text, as words: of knowledge, of a caption, and of what the picture shows.

A transformer reads it as its second segment, a network on words as vectors. Knowledge comes first (``Chad is a
country``), then the caption, then what the picture shows; each part is bounded, so that none crowds out another or the
text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ner.taggers import TaggerInput

MATCH_FEATURES = 5
"""How many numbers say where a word of the text occurs in its context."""

_MAX_FACTS = 6
_MAX_ATTRIBUTES = 5
_MIN_PROBABILITY = 0.05
_MAX_KNOWLEDGE_WORDS = 40
_MAX_CAPTION_WORDS = 10
_WORD = re.compile(r"\w+")
_JOINED_WORD = re.compile(r"\w+(?:['’.-]\w+)*")

_SAYS_NOTHING = """
a an the this that these those some any each every no not
and or but nor so yet as if than then
of in on at by to from with without into onto over under above below up down out off through between behind beside
near next around across along during before after about against for while
is are was were be been being am has have had having do does did doing will would can could may might shall should
must
i you he she it we they me him her us them my your his its our their who whom whose which what where when why how
there here other another one very just also too
"""
FUNCTION_WORDS = frozenset(_SAYS_NOTHING.split())
"""Words of English that say nothing of what is seen."""


def context_parts(post: TaggerInput) -> tuple[str, ...]:
    """The parts of the second segment that a post has: facts, caption, attributes."""
    facts = " . ".join(" ".join(fact) for fact in post.knowledge[:_MAX_FACTS])
    shown = " , ".join(label for label, _ in _likely_attributes(post))
    return tuple(part for part in (facts, post.caption.strip(), shown) if part)


def match_features(post: TaggerInput) -> list[list[float]]:
    """For each token: is it a fact's whole subject, in a subject, in an object, in the caption; and are there facts.

    A fact about a word of the post says something about that word; this is how the tagger sees which word it is.
    """
    subjects = [plain_words(subject) for subject, _, _ in post.knowledge[:_MAX_FACTS]]
    whole = {subject[0] for subject in subjects if len(subject) == 1}
    within = {word for subject in subjects for word in subject}
    objects = {word for _, _, value in post.knowledge[:_MAX_FACTS] for word in plain_words(value)}
    caption = set(plain_words(post.caption))
    rows: list[list[float]] = []
    for token in post.tokens:
        key = "".join(plain_words(token))
        found = (key in whole, key in within, key in objects, key in caption, bool(subjects))
        rows.append([float(flag and bool(key)) for flag in found])
    return rows


def knowledge_words(post: TaggerInput) -> list[tuple[str, ...]]:
    """The words of each of a post's first facts, subject, predicate, object; no more than some dozens in all."""
    facts: list[tuple[str, ...]] = []
    left = _MAX_KNOWLEDGE_WORDS
    for fact in post.knowledge[:_MAX_FACTS]:
        words = tuple(_JOINED_WORD.findall(" ".join(fact)))[:left]
        left -= len(words)
        if words:
            facts.append(words)
    return facts


def attribute_words(post: TaggerInput) -> list[tuple[tuple[str, ...], float]]:
    """The words of what a post's picture shows, and how probable it is.

    Where the picture has no attributes, the content words of its caption stand for them, each as probable as another.
    """
    labels = [(tuple(_JOINED_WORD.findall(label.replace("_", " "))), p) for label, p in _likely_attributes(post)]
    if labels := [(words, weight) for words, weight in labels if words]:
        return labels
    said = dict.fromkeys(word.lower() for word in _JOINED_WORD.findall(post.caption))
    content = [word for word in said if word not in FUNCTION_WORDS][:_MAX_CAPTION_WORDS]
    return [((word,), 1 / len(content)) for word in content]


def words_beside(post: TaggerInput) -> Iterator[str]:
    """Every word that may stand beside a post, as a table must have it: of knowledge, attributes and caption."""
    for fact in knowledge_words(post):
        yield from fact
    for shown in (post, replace(post, attributes=())):  # training may leave the attributes out
        for words, _ in attribute_words(shown):
            yield from words


def _likely_attributes(post: TaggerInput) -> list[tuple[str, float]]:
    """The likeliest first."""
    likely = (attribute for attribute in post.attributes if attribute[1] >= _MIN_PROBABILITY)
    return sorted(likely, key=lambda attribute: -attribute[1])[:_MAX_ATTRIBUTES]


def plain_words(text: str) -> Sequence[str]:
    """The words of a text in small letters, without what stands around them."""
    return _WORD.findall(text.casefold())
