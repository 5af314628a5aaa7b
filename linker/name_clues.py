"""Name clues: how a mention stands to the name by which a candidate was found."""

import math
import re
from collections.abc import Sequence
from functools import lru_cache

from kg import AliasMatch, normal_form

NAME_CLUES = (
    "exact",
    "near",
    "part",
    "acronym",
    "fuzzy",
    "exact_label",
    "same_spelling",
    "same_letters",
    "same_capitals",
    "alias_weight",
    "whole_but_qualifier",
    "part_of_label",
    "first_words",
    "last_words",
    "before_particle",
    "share_of_name",
    "words_left",
    "qualified",
    "several_words",
    "rest_in_post",
    "goes_on",
    "full_form_before",
    "full_form_after",
    "rivals",
    "best_form",
)

_PARTICLES = frozenset(
    (word,)
    for word in (
        *("af", "al", "av", "bin", "da", "de", "del", "den", "der", "des", "di", "du", "ibn", "la", "le", "of", "the"),
        *("van", "von"),
    )
)
_SMALL_WORDS = frozenset(["a", "an", "and", "at", "by", "de", "for", "in", "la", "of", "on", "the", "to"])
_ACRONYM = re.compile(r"[A-Z](?:\.?[A-Z]){1,5}\.?")
_NOT_SPELLING = re.compile("['’‘ʼ`´ʻ\\s]")
ACRONYM = "acronym"
"""The kind of a match that an acronym led to."""

_QUALIFIER = re.compile(r",.*| \(.*")
_NEAR = 0.86  # the fuzzy score of a part of a name is at most 0.85, that of a typo or two more


def name_clues(
    text: str, matches: Sequence[AliasMatch], before: Sequence[str], after: Sequence[str]
) -> list[tuple[float, ...]]:
    """The clues of each candidate of a mention, one value for each of `NAME_CLUES`.

    Args:
        text: The mention as it stands in the post.
        matches: Its candidates.
        before: The post's words before the mention, in normal form.
        after: Those after it.
    """
    mention = words_in(text)
    around = frozenset(before) | frozenset(after)
    spaced_before, spaced_after = f" {' '.join(before)} ", f" {' '.join(after)} "
    forms = [form_of(text, match) for match in matches]
    best = max(forms, default=0)
    rivals = {form: math.log1p(forms.count(form)) for form in set(forms)}
    rows: list[tuple[float, ...]] = []
    for match, form in zip(matches, forms, strict=True):
        own = words_in(match.alias)
        label = words_in(match.entity.label)
        place = place_in(mention, own)
        rest = [word for word in label if word not in mention]
        full = f" {' '.join(label)} "
        label_place = place_in(mention, label)
        is_longer = len(label) > len(mention)
        rows.append(
            (
                float(form == 3),
                float(form == 2),
                float(form == 1),
                float(is_acronym_of(text, match)),
                (match.fuzzy - 0.8) / 0.2,
                float(form == 3 and own == label),
                float(text == match.alias),
                float(_bare(text) == _bare(match.alias)),
                float(text[:1].isupper() == match.alias[:1].isupper()),
                match.weight,
                float(form == 2 and _is_all_but_qualifier(mention, match)),
                float(form == 1 and label_place >= 0),
                float(place == 0 and len(own) > len(mention)),
                float(place >= 0 and len(own) > len(mention) and place + len(mention) == len(own)),
                float(place >= 0 and own[place + len(mention) : place + len(mention) + 1] in _PARTICLES),
                sum(map(len, mention)) / max(sum(map(len, own)), 1) if place >= 0 else 1.0,
                min(max(len(own) - len(mention), 0), 5) / 5,
                float("(" in match.entity.label or "," in match.entity.label),
                float(len(mention) > 1),
                sum(word in around for word in rest) / len(rest) if rest and form < 3 else 0.0,
                _goes_on(label, label_place, len(mention), before, after),
                float(is_longer and full in spaced_before),
                float(is_longer and full in spaced_after),
                rivals[form],
                float(form == best),
            )
        )
    return rows


def form_of(text: str, match: AliasMatch) -> int:
    """How a mention stands to the candidate's name: 3 to the letter, 2 nearly, 1 a part, 0 less.

    An acronym of it, and all of it but a qualifier (`Chilton` for `Chilton, Wisconsin`), are nearly.
    """
    if match.fuzzy >= 1.0:
        return 3
    words = words_in(text)
    if match.fuzzy >= _NEAR or is_acronym_of(text, match) or _is_all_but_qualifier(words, match):
        return 2
    return int(place_in(words, words_in(match.alias)) >= 0)


def _is_all_but_qualifier(mention: tuple[str, ...], match: AliasMatch) -> bool:
    bare = _QUALIFIER.sub("", match.entity.label)
    return bare != match.entity.label and mention == words_in(bare)


def is_acronym_of(text: str, match: AliasMatch) -> bool:
    """Whether a mention is an acronym of the candidate: its label's initials in capitals, or explained in the post."""
    return match.kind == ACRONYM or letters_of_acronym(text) in initials_of(match.entity.label)


def explains(tokens: Sequence[str], start: int, end: int) -> bool:
    """Whether an acronym in brackets follows a name, with letters that the name has in their order.

    After Schwartz and Hearst (2003), "A simple algorithm for identifying abbreviation definitions in biomedical text".

    >>> explains(["Midway", "Airport", "(", "MDW", ")"], 0, 2)
    True
    """
    if len(tokens) < end + 3 or tokens[end] != "(" or tokens[end + 2] != ")":
        return False
    letters = letters_of_acronym(tokens[end + 1])
    return bool(letters) and re.search(rf"\b{'.*'.join(letters)}", normal_form(" ".join(tokens[start:end]))) is not None


def place_in(mention: tuple[str, ...], name: tuple[str, ...]) -> int:
    """Where the mention's words stand side by side in a name; -1 where they do not."""
    size = len(mention)
    return next((start for start in range(len(name) - size + 1) if name[start : start + size] == mention), -1)


def _goes_on(label: tuple[str, ...], place: int, size: int, before: Sequence[str], after: Sequence[str]) -> float:
    """Whether the label goes on as the post does: `Elizabeth` in `Elizabeth I`, for Elizabeth I of England."""
    if place < 0:
        return 0.0
    following = label[place + size : place + size + 1]
    preceding = label[max(place - 1, 0) : place]
    return float(bool(following) and tuple(after[:1]) == following) + float(
        bool(preceding) and tuple(before[-1:]) == preceding
    )


def _bare(name: str) -> str:
    """A name in small letters, without blanks and apostrophes: what else it is spelt with tells (`C++`, `C#`)."""
    return _NOT_SPELLING.sub("", name).casefold()


@lru_cache(maxsize=100_000)
def words_in(name: str) -> tuple[str, ...]:
    """The words of a name in normal form."""
    return tuple(normal_form(name).split())


def letters_of_acronym(text: str) -> str:
    """The letters of a mention that looks like an acronym, in lower case; empty for any other.

    >>> letters_of_acronym("#N.Y.C.")
    'nyc'
    """
    text = text.lstrip("#@")
    return text.replace(".", "").lower() if _ACRONYM.fullmatch(text) else ""


@lru_cache(maxsize=100_000)
def initials_of(label: str) -> tuple[str, ...]:
    """The initials of a label of two to six words, with its small words and without them.

    >>> initials_of("Federal Bureau of Investigation (United States)")
    ('fboi', 'fbi')
    """
    words = normal_form(label.partition(" (")[0].partition(",")[0]).split()
    every = "".join(word[0] for word in words)
    telling = "".join(word[0] for word in words if word not in _SMALL_WORDS)
    return tuple(dict.fromkeys(initials for initials in (every, telling) if 2 <= len(initials) <= 6))
