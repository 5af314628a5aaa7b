"""Posts whose entities are given other names, so that a tagger cannot know them by heart.

What such a name is, only the words around it tell, and, where a list of names knows it, that list. So this is where the
tagger learns to listen to lists.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from ner.formats import TaggedPost
from ner.inputs.context import plain_words
from ner.spans import Span, spans_from_tags, tags_from_spans

_RENAMED = 0.7
_ANOTHER, _MIXED = 0.35, 0.7  # below the first: a name of this type; below the second: parts of several; else words


def renamed(
    post: TaggedPost, names: Sequence[tuple[str, str]], source: random.Random
) -> tuple[TaggedPost, tuple[Span, ...]]:
    """The post with other names in the place of most of its own, and the places of the new ones.

    Args:
        post: The post; what is known of its names is left out, and a caption that says one of them, as they would speak
            of the old ones.
        names: Names and their types.
        source: Where chance comes from.
    """
    tokens: list[str] = []
    spans: list[Span] = []
    new: list[Span] = []
    old: set[str] = set()
    position = 0
    for span in spans_from_tags(post.tags):
        tokens += post.tokens[position : span.start]
        words = post.tokens[span.start : span.end]
        is_renamed = source.random() < _RENAMED
        if is_renamed:
            old.update(plain_words(" ".join(words)))
            words = _like(words, _new_name(span.type, post.tokens, names, source))
        spans.append(Span(len(tokens), len(tokens) + len(words), span.type))
        if is_renamed:
            new.append(spans[-1])
        tokens += words
        position = span.end
    tokens += post.tokens[position:]
    tags = tags_from_spans(spans, len(tokens))
    caption = post.caption if old.isdisjoint(plain_words(post.caption)) else ""
    changed = replace(post, tokens=tuple(tokens), tags=tags, caption=caption, knowledge=(), known_names=())
    return changed, tuple(new)


def _new_name(
    kind: str, words: Sequence[str], names: Sequence[tuple[str, str]], source: random.Random
) -> tuple[str, ...]:
    chance = source.random()
    same = [name for name, other in source.choices(names, k=24) if other == kind and name] if names else []
    if chance < _ANOTHER and same:
        return tuple(same[0].split())
    if chance < _MIXED and len(same) > 1:
        return tuple(_blend(a, b) for a, b in zip(same[0].split(), same[1].split(), strict=False))
    plain = [word for word in words if word.isalpha() and len(word) > 3]
    chosen = source.sample(plain, min(len(plain), source.choice((1, 1, 2, 2, 3))))
    return tuple(word.title() for word in chosen) or tuple(same[0].split() if same else ("Xandor",))


def _blend(first: str, second: str) -> str:
    """The start of one word and the end of another."""
    return first[: (len(first) + 1) // 2] + second[len(second) // 2 :]


def _like(old: Sequence[str], new: Sequence[str]) -> tuple[str, ...]:
    """A new name written as the old one was: as a hashtag, in small letters, in capitals."""
    if old[0][:1] in "#@" and len(old[0]) > 1:
        return (old[0][0] + "".join(word.lstrip("#@") for word in new),)
    text = "".join(old)
    if text.islower():
        return tuple(word.lower() for word in new)
    if text.isupper() and len(text) > 4:
        return tuple(word.upper() for word in new)
    return tuple(new)
