"""Which entities a text may mean: exact look-ups, and fuzzy ones over millions of names on the disk."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice

from kg.records import AliasMatch, Entity
from kg.store import Graph

from .fuzzy import Query, likenesses
from .holders import entities_of
from .normal import normal_form, split_hashtag
from .shortlist import similar_names

__all__ = ["AliasIndex", "normal_form", "split_hashtag"]

_BATCH = 200
_MATCH = (
    "SELECT a.text, a.kind, a.weight, a.normal, e.id, e.iri, e.label, e.type, e.prior FROM wanted w"
    " CROSS JOIN alias a ON a.entity = w.column1 AND a.normal = w.column2 CROSS JOIN entity e ON e.id = a.entity"
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
        return self._matches(scored, limit)

    def _matches(self, scored: Sequence[tuple[float, str]], limit: int) -> tuple[AliasMatch, ...]:
        best: dict[int, AliasMatch] = {}
        taken = 0
        while taken < len(scored) and len(best) < limit:
            # Names that are equally alike go together: their entities compete by weight and prior.
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
        pairs = ((entity, normal) for normal in fuzzy for entity in entities_of(connection, normal))
        while batch := list(islice(pairs, _BATCH)):
            query = f"WITH wanted AS (VALUES {','.join(['(?,?)'] * len(batch))}) {_MATCH}"
            for text, kind, weight, normal, *entity in connection.execute(query, list(chain.from_iterable(batch))):
                yield normal, AliasMatch(Entity(*entity), text, kind, weight, fuzzy[normal])


def _best_of_each(matches: Iterable[AliasMatch]) -> tuple[AliasMatch, ...]:
    best: dict[int, AliasMatch] = {}
    for match in sorted(matches, key=lambda match: (*_rank(match), match.alias)):
        best.setdefault(match.entity.id, match)
    return tuple(best.values())


def _rank(match: AliasMatch) -> tuple[float, float, float, int]:
    return -match.fuzzy, -match.weight, -match.entity.prior, match.entity.id
