"""Made-up lists of names, so that a tagger learns what a user's own list is worth before it ever sees one.

A list knows some names and not others, types a few of them wrongly, and holds titles and teams that are ordinary words.
How much of each differs from list to list, and within a list a name is always treated alike.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ner.formats import TaggedPost
from ner.spans import TYPES, Span, spans_from_tags
from ner.taggers import KnownName

LISTS = 64
"""How many lists there are."""

_MOST_KNOWN = {"PER": 0.35, "LOC": 0.8, "ORG": 0.6, "OTHER": 0.5}
_MOST_ORDINARY_CAPITALS, _MOST_ORDINARY = 0.3, 0.12
_MOST_WRONG_TYPES = 0.25
_ORDINARY_WORDS_ARE = (("OTHER", 0.52), ("ORG", 0.92), ("LOC", 0.98), ("PER", 1.0))  # where a draw is below
_LEAST_LETTERS = 4


@dataclass(frozen=True, slots=True)
class NameList:
    """What one list is like."""

    number: int  # which list; everything it knows comes from this number
    known: dict[str, float]  # which share of the names of each type it knows
    wrong_types: float  # which share of them it types wrongly, or as several things
    ordinary_capitals: float  # which share of the other words with a capital are names in it
    ordinary: float  # the same for words without one
    linked: bool  # whether its entities are linked to one another, so that it knows how often each is meant

    @classmethod
    def of(cls, number: int) -> NameList:
        """The list of a number."""
        source = random.Random(f"list/{number}")  # noqa: S311
        coverage = source.random()
        linked = source.random() < 0.4
        clutter = source.random() * (0.3 if linked else 1.0)
        return cls(
            number,
            known={kind: most * (0.3 * source.random() + 0.7 * coverage) for kind, most in _MOST_KNOWN.items()},
            wrong_types=_MOST_WRONG_TYPES * source.random(),
            ordinary_capitals=_MOST_ORDINARY_CAPITALS * clutter,
            ordinary=_MOST_ORDINARY * clutter * source.random(),
            linked=linked,
        )

    def names_in(self, post: TaggedPost) -> tuple[KnownName, ...]:
        """The names that the list knows in a post, the longest of overlapping ones."""
        spans = spans_from_tags(post.tags)
        found = [*self._of_entities(post.tokens, spans), *self._of_words(post.tokens)]
        return longest(found)

    def told_of(self, post: TaggedPost, span: Span) -> KnownName:
        """What the list says of an entity that it knows for certain."""
        words = post.tokens[span.start : span.end]
        return self._name(span.start, span.end, _form(words), span.type, post.tokens)

    def _of_entities(self, tokens: Sequence[str], spans: Sequence[Span]) -> Iterator[KnownName]:
        for span in spans:
            form = _form(tokens[span.start : span.end])
            if form and self._draw("known", form) < self.known.get(span.type, self.known["OTHER"]):
                yield self._name(span.start, span.end, form, span.type, tokens)

    def _of_words(self, tokens: Sequence[str]) -> Iterator[KnownName]:
        """Ordinary words, pairs of them, and parts of entities, that are names in the list."""
        for position, token in enumerate(tokens):
            form = _form([token])
            if len(form) < _LEAST_LETTERS or not form.isalpha():
                continue
            capital = token.lstrip("#@")[:1].isupper()
            share = self.ordinary_capitals if capital else self.ordinary
            if self._draw("ordinary", form) < share:
                yield self._name(position, position + 1, form, self._ordinary_type(form), tokens)
            pair = tokens[position : position + 2]
            if len(pair) == 2 and pair[1].isalpha():
                form = _form(pair)
                if self._draw("ordinary", form) < share * 0.15:
                    yield self._name(position, position + 2, form, self._ordinary_type(form), tokens)

    def _name(self, start: int, end: int, form: str, kind: str, tokens: Sequence[str]) -> KnownName:
        kind = kind if kind in TYPES else "OTHER"  # as a graph has it
        types: tuple[tuple[str, float], ...] = ((kind, 1.0),)
        odd = self._draw("type", form)
        if odd < self.wrong_types:
            other = [name for name in TYPES if name != kind][int(self._draw("other", form) * (len(TYPES) - 1))]
            types = ((other, 1.0),) if odd < self.wrong_types / 2 else ((kind, 0.5), (other, 0.5))
        chance = self._draw("weight", form)
        weight = 1.0 if chance < 0.8 else 0.85 if chance < 0.9 else 0.65
        prior = float(int(40 * self._draw("prior", form) ** 3)) if self.linked else 0.0
        capital = all(word.lstrip("#@")[:1].isupper() for word in tokens[start:end] if word.isalpha())
        return KnownName(start, end, types, weight, prior, same_case=capital and self._draw("case", form) < 0.9)

    def _ordinary_type(self, form: str) -> str:
        drawn = self._draw("kind", form)
        return next(kind for kind, below in _ORDINARY_WORDS_ARE if drawn < below)

    def _draw(self, what: str, form: str) -> float:
        """A number in 0..1 that is always the same for a name in this list."""
        digest = hashlib.blake2b(f"{self.number}/{what}/{form}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64


def longest(names: Sequence[KnownName]) -> tuple[KnownName, ...]:
    """Of names that overlap, the longest, then the first given; by their place."""
    kept: list[KnownName] = []
    covered: set[int] = set()
    for name in sorted(names, key=lambda name: (name.start - name.end, name.start)):
        place = range(name.start, name.end)
        if covered.isdisjoint(place):
            kept.append(name)
            covered.update(place)
    return tuple(sorted(kept, key=lambda name: name.start))


def _form(words: Sequence[str]) -> str:
    return " ".join(words).lstrip("#@").casefold()
