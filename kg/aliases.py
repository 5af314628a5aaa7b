"""Which entities a text may mean: exact look-ups, and fuzzy ones over millions of names on the disk.

A fuzzy look-up reads the postings of a mention's trigrams, rarest first. An edit changes four of them at most, so a
name that holds too few of them is never fetched.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import TypeVar

import numpy as np

from .fuzzy import Query, likenesses
from .grams import Ids, trigrams_of
from .normal import normal_form, split_hashtag
from .records import AliasMatch, Entity
from .store import Graph

__all__ = ["AliasIndex", "normal_form", "split_hashtag"]

_Key = TypeVar("_Key", int, str)

_BATCH = 400
_POSTINGS_BUDGET = 300_000
_SHORTLIST = 3000
_NAMES_OF_A_WORD = 100
_MATCH = (
    "a.text, a.kind, a.weight, e.id, e.iri, e.label, e.type, e.prior, a.normal"
    " FROM alias a JOIN entity e ON e.id = a.entity"
)


class AliasIndex:
    """The names of a graph, as its file holds them: nothing is loaded beforehand.

    Args:
        graph: An open graph; it must stay open.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def lookup(self, normals: Collection[str]) -> dict[str, tuple[AliasMatch, ...]]:
        """Return the entities whose names have exactly these normal forms, the surest first.

        Forms that no entity answers to are left out.
        """
        found: dict[str, tuple[AliasMatch, ...]] = {}
        for normal, group in groupby(self._rows(sorted(set(normals))), key=lambda row: row[0]):
            found[normal] = _best_of_each(match for _, match in group)
        return found

    def candidates(self, mention: str, *, limit: int = 10, min_fuzzy: float = 0.80) -> tuple[AliasMatch, ...]:
        """Return the entities that a mention may mean, each by its best name.

        Args:
            mention: Text as it stands in a post.
            limit: How many entities at most.
            min_fuzzy: How alike mention and name must be, see `kg.fuzzy`.

        Returns:
            The matches by falling fuzzy score, then weight, then prior, then by id.
        """
        query = Query.of(mention)
        if not query.variants or limit < 1:
            return ()
        names = self._names(self._shortlist(query)) | query.exact
        ordered = sorted(names)
        scored = [
            (score, name) for score, name in zip(likenesses(query, ordered), ordered, strict=True) if score >= min_fuzzy
        ]
        scored.sort(key=lambda item: (-item[0], item[1]))
        return self._matches(scored, limit)

    def _matches(self, scored: Sequence[tuple[float, str]], limit: int) -> tuple[AliasMatch, ...]:
        best: dict[int, AliasMatch] = {}
        taken = 0
        while taken < len(scored):
            # Names that are equally alike go together: their entities compete by weight and prior.
            end = taken + 1
            while end < len(scored) and (end < taken + 50 or scored[end][0] == scored[end - 1][0]):
                end += 1
            fuzzy = {name: score for score, name in scored[taken:end]}
            rows = (match for _, match in self._rows(sorted(fuzzy), fuzzy))
            for match in _best_of_each(rows):
                best.setdefault(match.entity.id, match)
            if len(best) >= limit:
                break
            taken = end
        return tuple(sorted(best.values(), key=_rank)[:limit])

    def _rows(self, normals: Sequence[str], fuzzy: dict[str, float] | None = None) -> Iterator[tuple[str, AliasMatch]]:
        for batch in _batches(normals):
            query = f"SELECT {_MATCH} WHERE a.normal IN ({','.join('?' * len(batch))}) ORDER BY a.normal"
            for text, kind, weight, entity, iri, label, coarse, prior, normal in self._graph.connection.execute(
                query, batch
            ):
                score = fuzzy[normal] if fuzzy else 1.0
                yield normal, AliasMatch(Entity(entity, iri, label, coarse, prior), text, kind, weight, score)

    def _names(self, name_ids: Iterable[int]) -> set[str]:
        names: set[str] = set()
        for batch in _batches([int(name) for name in name_ids]):
            query = f"SELECT normal FROM alias WHERE id IN ({','.join('?' * len(batch))})"  # noqa: S608
            names.update(row[0] for row in self._graph.connection.execute(query, batch))
        return names

    def _shortlist(self, query: Query) -> set[int]:
        found: set[int] = set()
        for spelling, _ in query.variants:
            found.update(self._by_trigrams(spelling).tolist())
        return found | self._by_words(query.words)

    def _by_trigrams(self, spelling: str) -> Ids:
        grams = [int(gram) for gram in trigrams_of(spelling)]
        counts = self._counts("trigram", grams)
        lost = _trigrams_lost(len(spelling))
        chosen: list[int] = []
        total = 0
        for gram in sorted(grams, key=lambda gram: (counts.get(gram, 0), gram)):
            total += counts.get(gram, 0)
            if len(chosen) > lost and total > _POSTINGS_BUDGET:
                break
            chosen.append(gram)
        postings = [self._postings("trigram", gram) for gram in chosen if gram in counts]
        if not postings:
            return np.array([], dtype=np.uint32)
        ids, hits = np.unique(np.concatenate(postings), return_counts=True)
        ids, hits = ids[hits >= len(chosen) - lost], hits[hits >= len(chosen) - lost]
        if len(ids) > _SHORTLIST:
            ids = ids[np.argsort(-hits, kind="stable")[:_SHORTLIST]]
        return ids

    def _by_words(self, words: Sequence[str]) -> set[int]:
        counts = self._counts("word", words)
        if not words or any(word not in counts for word in words):
            return set()
        distinct = sorted(set(words), key=lambda word: (counts[word], word))
        if len(distinct) == 1:
            return set(self._postings("word", distinct[0], limit=_NAMES_OF_A_WORD).tolist())
        found = self._postings("word", distinct[0])
        for word in distinct[1:]:
            found = np.intersect1d(found, self._postings("word", word))
        return set(found[:_SHORTLIST].tolist())

    def _counts(self, column: str, keys: Sequence[_Key]) -> dict[_Key, int]:
        counts: dict[_Key, int] = {}
        for batch in _batches(keys):
            query = (
                f"SELECT {column}, sum(count) FROM alias_{column} WHERE {column} IN ({','.join('?' * len(batch))})"  # noqa: S608
                f" GROUP BY {column}"
            )
            counts.update(self._graph.connection.execute(query, batch).fetchall())
        return counts

    def _postings(self, column: str, key: int | str, *, limit: int | None = None) -> Ids:
        query = f"SELECT postings FROM alias_{column} WHERE {column} = ? ORDER BY chunk"  # noqa: S608
        rows = self._graph.connection.execute(query, (key,))
        parts = [np.frombuffer(row[0], dtype="<u4")[:limit] for row in rows]
        return np.concatenate(parts) if parts else np.array([], dtype=np.uint32)


def _trigrams_lost(length: int) -> int:
    """Return how many trigrams of a mention a name with a likeness of 0.8 may lack.

    An exchange costs four, an insertion two. Names that differ by two edits have ten letters at least, so a mention of
    eight letters has lost two, and one of nine has lost one.
    """
    return 0 if length < 4 else 4 if length < 9 else 6 if length == 9 else 8


def _best_of_each(matches: Iterable[AliasMatch]) -> tuple[AliasMatch, ...]:
    best: dict[int, AliasMatch] = {}
    for match in sorted(matches, key=lambda match: (*_rank(match), match.alias)):
        best.setdefault(match.entity.id, match)
    return tuple(best.values())


def _rank(match: AliasMatch) -> tuple[float, float, float, int]:
    return -match.fuzzy, -match.weight, -match.entity.prior, match.entity.id


def _batches(items: Iterable[_Key]) -> Iterator[list[_Key]]:
    iterator = iter(items)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
