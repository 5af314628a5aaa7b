"""How alike a mention and a name are, in 0..1.

| score | when |
|---|---|
| 1.0 | equal normal forms, also of the words of a joined hashtag |
| 0.99 | equal but for blanks: `spider man`, `Spiderman` |
| 0.98 | equal without a possessive `'s` or a leading `the`; 0.97 with letters that are not repeated: `Marshmelloooo` |
| 0.95 | the same words in another order |
| 1 - edits / length | one typo in names from four letters on, two from eight on (of the longer one, without blanks) |
| 0.80 to 0.85 | some telling words of the name, side by side: `Kobe` for `Kobe Bryant`; more, the more of it they are |

An edit is an insertion, deletion, substitution, or exchange of two neighbours; the factors of 0.98 and 0.97 apply to
names with typos and to words in another order too. Of words in part (`the Bulls`, `Kobe's`, and with 0.97 `Marleys`)
they make the share less. Names of up to three letters match exactly or not at all.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from .normal import normal_form, split_hashtag, squash, words

BLANKS, POSSESSIVE, ARTICLE, REPEATED, PLURAL, REORDERED = 0.99, 0.98, 0.98, 0.97, 0.97, 0.95
PART_BASE, PART_SHARE = 0.80, 0.05
_PART_MIN_LENGTH = 3
_PLURAL_MIN_LENGTH = 5
# Parts of names that name nothing by themselves.
_COMMON_WORDS = words(
    "afc and association city club company county de del der des di du el fc for from great in la las le league les los"
    " mount new north of old on or saint san santa school sir south st state states team the to united university van"
    " von west with"
)

_POSSESSIVE = re.compile(r"['’]s?\s*$")
_REPEATED = re.compile(r"(.)\1{2,}")


@dataclass(frozen=True, slots=True)
class Query:
    """A mention in the forms in which it is compared."""

    exact: frozenset[str]  # normal forms that a name may equal
    # Its words, for names in another order or in part, in each way to read them, with a factor as well.
    readings: tuple[tuple[tuple[str, ...], float], ...]
    # Spellings without blanks, each with the factor that its likeness is multiplied by, best first.
    variants: tuple[tuple[str, float], ...]

    @classmethod
    def of(cls, mention: str) -> "Query":
        """Prepare a mention for comparing it with many names."""
        normal, split = normal_form(mention), normal_form(split_hashtag(mention))
        own = split if " " not in normal else normal
        variants, readings = {squash(normal): 1.0}, {own: 1.0}
        if mention[:1] not in ("#", "@"):
            readings.setdefault(normal, 1.0)  # McDonald is not Mc Donald
        for form, factor in _without_additions(mention, own):
            variants.setdefault(squash(form), factor)
            readings.setdefault(form, factor)
        if len(own) >= _PLURAL_MIN_LENGTH and own[-1] == "s" and own[-2] != "s":
            readings.setdefault(own[:-1], PLURAL)
        for spelling, factor in list(variants.items()):
            for kept in (r"\1\1", r"\1"):
                variants.setdefault(_REPEATED.sub(kept, spelling), factor * REPEATED)
        return cls(
            frozenset({normal, split}),
            tuple((tuple(form.split()), factor) for form, factor in readings.items() if form),
            tuple(item for item in variants.items() if item[0]),
        )


def _without_additions(mention: str, normal: str) -> Iterator[tuple[str, float]]:
    """Yield what a mention is without what does not belong to a name, with a factor."""
    bare = normal_form(_POSSESSIVE.sub("", mention)) if _POSSESSIVE.search(mention) else ""
    if bare:
        yield bare, POSSESSIVE
    for form, factor in ((normal, 1.0), (bare, POSSESSIVE)):
        if form.startswith("the "):
            yield form.removeprefix("the "), factor * ARTICLE


def edits_allowed(length: int) -> int:
    """Return how many typos a name of so many letters may have."""
    return 0 if length < 4 else 1 if length < 8 else 2


def names_nothing(words: Sequence[str]) -> bool:
    """Say whether words are too common, or too short, to stand for a name that they are a part of."""
    return sum(map(len, words)) < _PART_MIN_LENGTH or all(word in _COMMON_WORDS for word in words)


def likenesses(query: Query, names: Sequence[str]) -> list[float]:
    """Return how alike a mention is to each of some names, which are normal forms."""
    squashed = [squash(name) for name in names]
    scores = [_by_words(query, name, letters) for name, letters in zip(names, squashed, strict=True)]
    for spelling, factor in query.variants:
        allowed = edits_allowed(len(spelling))
        for letters, edits, index in process.extract(
            spelling, squashed, scorer=OSA.distance, score_cutoff=allowed, limit=None
        ):
            scores[index] = max(scores[index], min(BLANKS, factor * _by_edits(spelling, letters, int(edits))))
    return scores


def _by_edits(spelling: str, letters: str, edits: int) -> float:
    if edits == 0:
        return 1.0
    if edits > edits_allowed(min(len(spelling), len(letters))):
        return 0.0
    return 1 - edits / max(len(spelling), len(letters))


def _by_words(query: Query, name: str, letters: str) -> float:
    if name in query.exact:
        return 1.0
    if " " not in name:
        return 0.0
    return max((_by_reading(words, factor, name, letters) for words, factor in query.readings), default=0.0)


def _by_reading(words: tuple[str, ...], factor: float, name: str, letters: str) -> float:
    if words[0] not in name:
        return 0.0
    parts = name.split()
    if len(words) > len(parts) or words[0] not in parts:
        return 0.0
    if len(words) == len(parts):
        return REORDERED * factor if sorted(words) == sorted(parts) else 0.0
    if names_nothing(words):
        return 0.0
    starts = range(len(parts) - len(words) + 1)
    if any(tuple(parts[start : start + len(words)]) == words for start in starts):
        return PART_BASE + PART_SHARE * factor * sum(map(len, words)) / len(letters)
    return 0.0
