"""Results in the IRIs of another graph: what DBpedia or Wikidata calls an entity, as `owl:sameAs` told the graph."""

import re
from collections.abc import Sequence
from dataclasses import replace

from kg import Entity, Graph, same_iris
from linker.results import Candidate, LinkedMention, Result

_FORMS = {
    "dbpedia": re.compile(r"https?://dbpedia\.org/resource/(?P<name>.+)"),
    "wikidata": re.compile(
        r"https?://(?:www\.wikidata\.org/entity|wikidata\.dbpedia\.org/resource)/(?P<name>Q[1-9]\d*)"
    ),
}
_STARTS = {"dbpedia": "http://dbpedia.org/resource/", "wikidata": "http://www.wikidata.org/entity/"}


class OtherIris:
    """Puts the IRIs of another graph in place of a graph's own.

    The path from a candidate to the pictured entity stays as it is: it leads through this graph.

    Args:
        graph: The graph that the results are of.
        name: The other graph: ``dbpedia`` (the English one) or ``wikidata``.

    Attributes:
        unknown: The IRIs of linked entities of which the other graph's is not known, and which so stayed as they are.
    """

    def __init__(self, graph: Graph, name: str) -> None:
        self._graph = graph
        self._form, self._start = _FORMS[name], _STARTS[name]
        self.unknown: set[str] = set()

    def translate(self, results: Sequence[Result]) -> list[Result]:
        """Return results with the other graph's IRIs; of several for one entity, the shortest, then the first."""
        names = self._names({entity.id: entity for result in results for entity in _entities(result)})
        for result in results:
            chosen = [mention.entity.entity for mention in result.mentions if mention.entity]
            chosen += [result.pictured.entity] if result.pictured else []
            self.unknown.update(entity.iri for entity in chosen if entity.id not in names)
        return [_renamed(result, names) for result in results]

    def _names(self, entities: dict[int, Entity]) -> dict[int, str]:
        """What the other graph calls those entities that it knows, by id."""
        known = same_iris(self._graph, entities)
        names = {}
        for key, entity in entities.items():
            found = [form["name"] for iri in (entity.iri, *known.get(key, ())) if (form := self._form.fullmatch(iri))]
            if found:
                is_own = self._form.fullmatch(entity.iri) is not None
                names[key] = self._start + (found[0] if is_own else min(found, key=lambda name: (len(name), name)))
        return names


def _entities(result: Result) -> list[Entity]:
    found = [candidate.entity for mention in result.mentions for candidate in mention.candidates]
    return found + [one.entity for one in (result.pictured, result.nearest) if one]


def _renamed(result: Result, names: dict[int, str]) -> Result:
    def entity(one: Entity) -> Entity:
        return replace(one, iri=names.get(one.id, one.iri))

    def candidate(one: Candidate) -> Candidate:
        return replace(one, match=replace(one.match, entity=entity(one.entity)))

    def mention(one: LinkedMention) -> LinkedMention:
        candidates = tuple(map(candidate, one.candidates))
        return replace(one, entity=one.entity and candidate(one.entity), candidates=candidates)

    return replace(
        result,
        mentions=tuple(map(mention, result.mentions)),
        pictured=result.pictured and replace(result.pictured, entity=entity(result.pictured.entity)),
        nearest=result.nearest and replace(result.nearest, entity=entity(result.nearest.entity)),
    )
