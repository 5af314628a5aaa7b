"""What a word looks like: case, digits, signs, and its letters as numbers.

An uncased encoder sees none of it. A post's own habits count too: a capital says little where every word has one.
"""

import re
import string
from collections.abc import Sequence

_LETTERS = " " + string.ascii_letters + string.digits + string.punctuation
_LETTER_IDS = {letter: number for number, letter in enumerate(_LETTERS, 1)}

PADDING_LETTER = 0
_EMOJI, _OTHER_LETTER = len(_LETTERS) + 1, len(_LETTERS) + 2
LETTERS = len(_LETTERS) + 3
"""How many letter numbers there are, padding included."""

WORD_LETTERS = 16
"""How many letters of a word are kept: half from its start, half from its end."""

_URL = re.compile(r"(?:https?:|www\.|t\.co/)", re.IGNORECASE)
_SENTENCE_END = frozenset((".", "!", "?", ":", "...", '"', "|", "-"))

SHAPE_FEATURES = 25
"""How many numbers describe a word's shape."""


def is_address(word: str) -> bool:
    """Whether a word is a web address."""
    return _URL.match(word) is not None


def letter_ids(word: str) -> list[int]:
    """The numbers of a word's letters, :data:`WORD_LETTERS` of them, padded behind."""
    half = WORD_LETTERS // 2
    kept = word if len(word) <= WORD_LETTERS else word[:half] + word[-half:]
    ids = [_letter_id(letter) for letter in kept]
    return ids + [PADDING_LETTER] * (WORD_LETTERS - len(ids))


def shape_features(words: Sequence[str]) -> list[list[float]]:
    """:data:`SHAPE_FEATURES` numbers in 0..1 for each word of a post."""
    own = [_own_features(word) for word in words]
    letters = [features for features in own if features[_WORDLIKE]]
    share = [sum(f[i] for f in letters) / max(len(letters), 1) for i in (_LOWER, _TITLE, _UPPER)]
    rows: list[list[float]] = []
    for position, features in enumerate(own):
        opens = position == 0 or words[position - 1] in _SENTENCE_END
        after_hash = position > 0 and words[position - 1] == "#"
        after_at = position > 0 and words[position - 1] == "@"
        rows.append([*features, float(opens), float(after_hash), float(after_at), *share])
    return rows


_LOWER, _TITLE, _UPPER, _WORDLIKE = 0, 1, 2, 18


def _own_features(word: str) -> list[float]:
    bare = word.lstrip("#@")
    has_letter = any(letter.isalpha() for letter in bare)
    upper, lower = bare.isupper(), bare.islower()
    title = has_letter and bare[:1].isupper() and not upper
    flags = (
        lower,
        title,
        upper and len(bare) > 1,
        has_letter and not (lower or title or upper),
        title and any(letter.isupper() for letter in bare[1:]),
        any(letter.isdigit() for letter in word),
        word.isdigit(),
        word.startswith("#"),
        word.startswith("@"),
        is_address(word),
        bool(word) and not any(letter.isalnum() for letter in word),
        not word.isascii(),
        "'" in word or "’" in word,
        "-" in word,
        word.endswith("."),
        len(word) == 1,
        word == "RT",
        upper and len(bare) == 1,
        has_letter and not word.startswith("@") and not is_address(word),
    )
    return [float(flag) for flag in flags]


def _letter_id(letter: str) -> int:
    if letter in _LETTER_IDS:
        return _LETTER_IDS[letter]
    return _OTHER_LETTER if letter.isalpha() else _EMOJI
