"""Which entities a text may mean: exact look-ups, and fuzzy ones over millions of names on the disk.

For a mention a few rows of `alias_segment` and `alias_word` are read (see `kg.names.keys` and `kg.names.index`). Every
name that is a typo or two away is in them, for however many names there are. Most other names in them are
left out by their letter masks, without looking at the names themselves.
"""

import json
import sqlite3
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from zlib import crc32

import numpy as np

from kg.entities import AliasMatch, Entity
from kg.graph_file import GraphFile

from .fuzzy import PART_BASE, PART_SHARE, REORDERED, Query, likenesses, names_nothing
from .keys import ENTITY_BITS, HASH_BITS, LONGEST_NAME, letter_mask, places, word_key
from .normal import squash

_MATCH = (
    "SELECT a.text, a.kind, a.weight, a.normal, e.id, e.iri, e.label, e.type, e.prior FROM json_each(?) wanted"
    " CROSS JOIN alias a ON a.entity = value ->> 0 AND a.normal = value ->> 1 CROSS JOIN entity e ON e.id = a.entity"
)
_HOLDERS = "SELECT key, entities FROM alias_normal WHERE key < ? ORDER BY key DESC"
_SEGMENT = "SELECT key, count, names FROM alias_segment WHERE key BETWEEN ? AND ? ORDER BY key DESC LIMIT 1"
_WORD = (
    "SELECT key, names FROM alias_word WHERE key BETWEEN"
    " coalesce((SELECT max(key) FROM alias_word WHERE key <= ?1), ?1) AND ?2 ORDER BY key"
)
_ROWS = "SELECT count(*) FROM alias_word WHERE key BETWEEN ? AND ?"
_NAMES_FOR_ONE = 4


class AliasIndex:
    """The names of a graph, as its file holds them: nothing is loaded beforehand.

    Args:
        graph: An open graph; it must stay open.
    """

    def __init__(self, graph: GraphFile) -> None:
        self._graph = graph

    def lookup(self, normals: Collection[str]) -> dict[str, tuple[AliasMatch, ...]]:
        """Return the entities whose names have exactly these normal forms, the surest first.

        Forms that no entity answers to are left out.
        """
        found: dict[str, list[AliasMatch]] = {}
        for normal, match in self._rows(dict.fromkeys(sorted(set(normals)), 1.0)):
            found.setdefault(normal, []).append(match)
        return {normal: _best_of_each(found[normal]) for normal in sorted(found)}

    def candidates(self, mention: str, *, limit: int = 10, min_fuzzy: float = 0.80) -> tuple[AliasMatch, ...]:
        """Return the entities that a mention may mean, each by its best name.

        Args:
            mention: Text as it stands in a post.
            limit: How many entities at most.
            min_fuzzy: How alike mention and name must be, see `kg.names.fuzzy`.

        Returns:
            The matches by falling fuzzy score, then weight, then prior, then by id.
        """
        query = Query.of(mention)
        if not query.variants or limit < 1:
            return ()
        ordered = sorted(similar_names(self._graph.connection, query, min_fuzzy, limit) | query.exact)
        scored = [
            (score, name) for score, name in zip(likenesses(query, ordered), ordered, strict=True) if score >= min_fuzzy
        ]
        scored.sort(key=lambda item: (-item[0], item[1]))
        best: dict[int, AliasMatch] = {}
        taken = 0
        while taken < len(scored) and len(best) < limit:
            # Names that are equally alike are taken together: their entities compete by weight and prior.
            end = taken + 1
            while end < len(scored) and (end < taken + limit or scored[end][0] == scored[end - 1][0]):
                end += 1
            rows = self._rows({name: score for score, name in scored[taken:end]})
            for match in _best_of_each(match for _, match in rows):
                best.setdefault(match.entity.id, match)
            taken = end
        return tuple(sorted(best.values(), key=_rank)[:limit])

    def _rows(self, fuzzy: Mapping[str, float]) -> Iterator[tuple[str, AliasMatch]]:
        """Yield each row of `alias` with one of these normal forms, which are given with their scores."""
        connection = self._graph.connection
        pairs = [(entity, normal) for normal in fuzzy for entity in entities_of(connection, normal)]
        for text, kind, weight, normal, *entity in connection.execute(_MATCH, (json.dumps(pairs),)):
            yield normal, AliasMatch(Entity(*entity), text, kind, weight, fuzzy[normal])


def entities_of(connection: sqlite3.Connection, normal: str) -> Sequence[int]:
    """Return the entities that may have a normal form as a name: all that do, and rarely some that do not."""
    low = crc32(normal.encode("utf-8", "surrogatepass")) << ENTITY_BITS
    high = low + (1 << ENTITY_BITS)
    found: list[int] = []
    # From the last row backwards: it is nearly always the only one.
    for first, blob in connection.execute(_HOLDERS, (high,)):
        keys = array("Q", blob)
        found[:0] = [key - low for key in keys[bisect_left(keys, low) : bisect_left(keys, high)]]
        if first <= low:
            break
    return found


def similar_names(connection: sqlite3.Connection, query: Query, min_fuzzy: float, limit: int) -> set[str]:
    """Return all names that are as like a mention as asked for, and some other names.

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
        lowest = length << 2 << HASH_BITS  # no key of these names lies below
        for key in keys:
            row = connection.execute(_SEGMENT, (lowest, key)).fetchone()
            if row is not None:
                rows[row[0]] = row[1:]
        parts = list(rows.values())
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
    for key, lines in connection.execute(_WORD, (word_key(telling, own), word_key(telling, LONGEST_NAME))):
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
        rows[word] = connection.execute(_ROWS, (word_key(word), word_key(word, LONGEST_NAME))).fetchone()[0]
    return min(rows, key=lambda word: (rows[word], -len(word), word))


def _lines_with(lines: str, text: str) -> Iterator[str]:
    """Yield the lines with a text, which may stand anywhere in them."""
    at = lines.find(text)
    while at >= 0:
        start, end = lines.rfind("\n", 0, at) + 1, lines.find("\n", at)
        end = len(lines) if end < 0 else end
        yield lines[start:end]
        at = lines.find(text, end)


def _best_of_each(matches: Iterable[AliasMatch]) -> tuple[AliasMatch, ...]:
    best: dict[int, AliasMatch] = {}
    for match in sorted(matches, key=lambda match: (*_rank(match), match.alias)):
        best.setdefault(match.entity.id, match)
    return tuple(best.values())


def _rank(match: AliasMatch) -> tuple[float, float, float, int]:
    return -match.fuzzy, -match.weight, -match.entity.prior, match.entity.id
