"""From a mention to the names that may be like it: a few rows of `alias_segment` and `alias_word` (see `keys.py`).

Every name that is a typo or two away is in the rows that are read, for however many names there are. Most others in
them are told by their letter masks, without looking at the names themselves.
"""

import sqlite3
from collections.abc import Iterator, Sequence

import numpy as np

from .fuzzy import PART_BASE, PART_SHARE, REORDERED, Query, names_nothing
from .keys import letter_mask, lowest_key, places, word_key, word_key_end
from .normal import squash

_SEGMENT = "SELECT key, count, names FROM alias_segment WHERE key BETWEEN ? AND ? ORDER BY key DESC LIMIT 1"
_WORD = (
    "SELECT key, names FROM alias_word WHERE key BETWEEN"
    " coalesce((SELECT max(key) FROM alias_word WHERE key <= ?1), ?1) AND ?2 ORDER BY key"
)
_ROWS = "SELECT count(*) FROM alias_word WHERE key BETWEEN ? AND ?"
_NAMES_FOR_ONE = 4


def similar_names(connection: sqlite3.Connection, query: Query, min_fuzzy: float, limit: int) -> set[str]:
    """Return all names that are as like a mention as asked for, besides others.

    Of the names that a mention is only a part of, the best are enough: some for each entity that is asked for.
    """
    names: set[str] = set()
    for spelling, factor in query.variants:
        names.update(_by_segments(connection, spelling, min_fuzzy / factor))
    for words, _ in query.readings:
        names.update(_by_words(connection, words, min_fuzzy, _NAMES_FOR_ONE * limit))
    return names


def _by_segments(connection: sqlite3.Connection, spelling: str, min_fuzzy: float) -> Iterator[str]:
    mask = np.uint32(letter_mask(spelling))
    for length, edits, keys in places(spelling, min_fuzzy):
        rows = {}
        lowest = lowest_key(length)
        for key in keys:
            row = connection.execute(_SEGMENT, (lowest, key)).fetchone()
            if row is not None:
                rows[row[0]] = row
        counts = [count for _, count, _ in rows.values()]
        blobs = [blob for _, _, blob in rows.values()]
        parts = list(zip(counts, blobs, strict=True))
        masks = np.frombuffer(b"".join([blob[: 4 * count] for count, blob in parts]), dtype="<u4")
        # Each letter too many or too few changes a bit, each exchanged one two.
        most = 2 * edits - abs(length - len(spelling))
        kept = np.flatnonzero(np.bitwise_count(masks ^ mask) <= most)
        if len(kept):
            extras = np.frombuffer(b"".join([blob[4 * count : 5 * count] for count, blob in parts]), dtype=np.uint8)
            text = b"".join([blob[5 * count :] for count, blob in parts])
            sizes = extras + np.int64(length)
            ends = np.cumsum(sizes)[kept]
            for start, end in zip((ends - sizes[kept]).tolist(), ends.tolist(), strict=True):
                yield text[start:end].decode()


def _by_words(connection: sqlite3.Connection, words: Sequence[str], min_fuzzy: float, wanted: int) -> set[str]:
    """Return the names that have all the words in another order, and the shortest that have them side by side."""
    found: set[str] = set()
    is_part_enough = min_fuzzy <= PART_BASE + PART_SHARE and not names_nothing(words)
    if not is_part_enough and (len(words) < 2 or min_fuzzy > REORDERED):
        return found
    own, phrase, ordered = len("".join(words)), " ".join(words), sorted(words)
    telling = _rarest(connection, words)
    length_of_last = None
    for key, lines in connection.execute(_WORD, (word_key(telling, own), word_key_end(telling))):
        if key <= word_key(telling, own):
            found.update(name for name in _lines_with(lines, telling) if sorted(name.split()) == ordered)
        for name in _lines_with(lines, phrase):
            length = len(squash(name))
            if length_of_last is not None and length > length_of_last:
                return found
            if length > own and f" {phrase} " in f" {name} ":
                found.add(name)
                if len(found) >= wanted:
                    length_of_last = length
    return found


def _rarest(connection: sqlite3.Connection, words: Sequence[str]) -> str:
    """Return the word that is spread over the fewest rows; of several, the longest."""
    if len(words) == 1:
        return words[0]
    rows = {}
    for word in dict.fromkeys(words):
        rows[word] = connection.execute(_ROWS, (word_key(word), word_key_end(word))).fetchone()[0]
    return min(rows, key=lambda word: (rows[word], -len(word), word))


def _lines_with(lines: str, text: str) -> Iterator[str]:
    """Yield the lines with a text, which may stand anywhere in them."""
    at = lines.find(text)
    while at >= 0:
        start, end = lines.rfind("\n", 0, at) + 1, lines.find("\n", at)
        end = len(lines) if end < 0 else end
        yield lines[start:end]
        at = lines.find(text, end)
