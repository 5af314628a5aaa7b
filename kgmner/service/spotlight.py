"""DBpedia Spotlight's dialect: its parameters, and its JSON, so that its clients work unchanged.

As its own service has it (``AnnotationUnit`` and ``ResourceItem`` of dbpedia-spotlight-model): all values are texts,
and without entities there is no ``Resources``. Offsets count characters, as its Python clients count them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from kgmner.service.errors import ServiceError
from linker import Index, LinkedMention, Result

_COARSE = {
    "PER": ("DBpedia:Agent", "DBpedia:Person", "Schema:Person"),
    "LOC": ("DBpedia:Place", "Schema:Place"),
    "ORG": ("DBpedia:Agent", "DBpedia:Organisation", "Schema:Organization"),
}
_PREFIXES = {
    "http://dbpedia.org/ontology/": "DBpedia:",
    "http://schema.org/": "Schema:",
    "https://schema.org/": "Schema:",
    "http://www.wikidata.org/entity/": "Wikidata:",
}
_CLASSES = "SELECT c.iri FROM entity_class ec JOIN class c ON c.id = ec.class WHERE ec.entity = ? ORDER BY c.iri"
_MOST_TRIPLES = 100_000  # that are counted for an entity's support


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of a request, with Spotlight's defaults."""

    text: str
    confidence: float = 0.5
    support: int = 0
    types: str = ""
    sparql: str = ""
    policy: str = "whitelist"

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """Read the parameters; those that only Spotlight has use for are passed over.

        Raises:
            ServiceError: One cannot be used.
        """
        values = {name: str(value) for name, value in given.items() if value != ""}
        text = values.get("text", "")
        if not text:
            raise ServiceError(400, f"text={text}", "a text, as no address is fetched", "give text=...")
        try:
            confidence, support = float(values.get("confidence", 0.5)), int(values.get("support", 0))
            if not 0 <= confidence <= 1:
                raise ValueError(f"confidence={confidence}")
        except ValueError as error:
            raise ServiceError(400, str(error), "a confidence from 0 to 1, a whole support", "correct it") from None
        policy = values.get("policy", "whitelist")
        if policy not in ("whitelist", "blacklist"):
            raise ServiceError(400, f"policy={policy}", "whitelist or blacklist", "give one of them, or leave it out")
        if sparql := values.get("sparql", ""):
            raise ServiceError(400, f"sparql={sparql}", "no query, as there is no endpoint", "leave it out; use types")
        return cls(text, confidence, support, values.get("types", ""), sparql, policy)

    def wants(self, types: list[str]) -> bool:
        """Whether an entity of some types is asked for."""
        names = [name.strip().lower() for name in self.types.split(",") if name.strip()]
        wanted = {name if ":" in name else f"dbpedia:{name}" for name in names}
        is_named = not wanted.isdisjoint(name.lower() for name in types)
        return not wanted or is_named == (self.policy == "whitelist")


def annotation(result: Result, asked: Asked, index: Index) -> dict[str, Any]:
    """A result as Spotlight says it."""
    said: dict[str, Any] = {
        "@text": asked.text,
        "@confidence": str(asked.confidence),
        "@support": str(asked.support),
        "@types": asked.types,
        "@sparql": asked.sparql,
        "@policy": asked.policy,
    }
    found = [resource for mention in result.mentions if (resource := _resource(mention, asked, index))]
    return said | ({"Resources": found} if found else {})


def _resource(mention: LinkedMention, asked: Asked, index: Index) -> dict[str, str] | None:
    best = mention.entity
    if best is None or best.score < asked.confidence:
        return None
    types = _types(best.entity.id, best.entity.type, index)
    support = index.graph.degree([best.entity.id], limit=_MOST_TRIPLES)
    if support < asked.support or not asked.wants(types):
        return None
    second = max((other.score for other in mention.candidates if other.entity.id != best.entity.id), default=0.0)
    return {
        "@URI": best.entity.iri,
        "@support": str(support),
        "@types": ",".join(types),
        "@surfaceForm": mention.text,
        "@offset": str(mention.start_char),
        "@similarityScore": str(best.score),
        "@percentageOfSecondRank": str(second / best.score if best.score else 0.0),
    }


def _types(entity_id: int, coarse: str | None, index: Index) -> list[str]:
    """The types of an entity, named as Spotlight names them; a class of another ontology by its IRI."""
    names = list(_COARSE.get(coarse or "", ()))
    for (iri,) in index.graph.connection.execute(_CLASSES, (entity_id,)):
        start = next((start for start in _PREFIXES if iri.startswith(start)), "")
        names.append(_PREFIXES.get(start, "") + iri.removeprefix(start))
    return list(dict.fromkeys(names))
