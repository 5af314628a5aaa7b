"""What ``kg-cache`` looks up and forgets, as rows and named values to print."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts._cli import CommandError, counted, say
from scripts._show import Rows

if TYPE_CHECKING:
    from kg import Entity
    from linker import Index

_NAMES = "SELECT DISTINCT text FROM alias WHERE entity = ? AND text <> ? ORDER BY weight DESC, text LIMIT ?"
_FACTS = """
SELECT s.label, p.label, o.label FROM triple t JOIN entity s ON s.id = t.subject JOIN predicate p ON p.id = t.predicate
JOIN entity o ON o.id = t.object WHERE t.subject = :id
UNION ALL
SELECT s.label, p.label, o.label FROM triple t JOIN entity s ON s.id = t.subject JOIN predicate p ON p.id = t.predicate
JOIN entity o ON o.id = t.object WHERE t.object = :id AND t.subject <> :id
UNION ALL
SELECT :label, p.label, l.value FROM literal l JOIN predicate p ON p.id = l.predicate WHERE l.subject = :id
LIMIT :limit
"""
_PICTURES = "SELECT coalesce(file, source), status, reason FROM image WHERE entity = ? ORDER BY id LIMIT ?"


def describe_index(index: "Index", cache: Path, responses: Path) -> dict[str, Any]:
    """Say what an index holds, from what it was built, how full its cache is, and what endpoints have answered."""
    manifest = index.manifest
    return {
        "index": str(index.path),
        "encoder": f"{manifest.encoder.name} ({manifest.encoder.dimension} values a picture)",
        "counts": {name: number for name, number in manifest.counts.items() if not name.startswith("image ")},
        "pictures": dict(manifest.images),
        "sources": [
            f"{s.name}: {counted(s.lines, 'line')}, {s.rejected:,} skipped, {counted(s.size_bytes, 'byte')}"
            + (f", from {s.endpoint}" if s.endpoint else "")
            for s in manifest.sources
        ],
        "cache": _describe_cache(cache),
        **_describe_downloads(index.path),
        "responses": _describe_responses(responses),
    }


def describe_entity(index: "Index", text: str, *, limit: int) -> dict[str, Any]:
    """Say what the graph knows about an entity."""
    graph = index.graph
    entity = graph.find(text)
    others = others_of_that_name(index, text, entity, limit=limit)
    values = {"id": entity.id, "label": entity.label, "limit": limit}
    pictures = graph.connection.execute(_PICTURES, (entity.id, limit))
    return {
        "iri": entity.iri,
        "label": entity.label,
        **({"also means": [f"{other.label} ({other.iri})" for other in others]} if others else {}),
        "type": entity.type,
        "prior": entity.prior,
        "classes": list(graph.classes(entity.id)),
        "names": [name for (name,) in graph.connection.execute(_NAMES, (entity.id, entity.label, limit))],
        "facts": [" -- ".join(row[:2]) + f" --> {row[2]}" for row in graph.connection.execute(_FACTS, values)],
        "pictures": [f"{place} ({status}{': ' + reason if reason else ''})" for place, status, reason in pictures],
    }


def others_of_that_name(index: "Index", text: str, entity: "Entity", *, limit: int) -> "list[Entity]":
    """The other entities that a name means, those that are meant most first; none where the text is the IRI."""
    from kg import normal_form

    if text.strip() == entity.iri:
        return []
    normal = normal_form(text)
    found = index.aliases.lookup([normal]).get(normal, ())
    return [match.entity for match in found if match.entity.id != entity.id][:limit]


def search_names(index: "Index", text: str, *, limit: int) -> Rows:
    """List the entities that a text may mean, by which of their names."""
    rows = [
        (found.fuzzy, e.label, e.type, found.alias, found.kind, e.prior, e.iri)
        for found in index.aliases.candidates(text, limit=limit)
        for e in [found.entity]
    ]
    return Rows(("fuzzy", "entity", "type", "name", "kind", "prior", "iri"), rows)


def list_neighbours(index: "Index", text: str, *, hops: int, limit: int) -> Rows:
    """List the neighbours of an entity: the nearest first, then those that are meant most."""
    graph = index.graph
    entity = graph.find(text)
    distances = graph.neighbours([entity.id], hops=hops)
    found = [(distances[other.id], other) for other in graph.entities(distances).values() if other.id != entity.id]
    found.sort(key=lambda pair: (pair[0], -pair[1].prior, pair[1].id))
    rows = [(hop, other.label, other.type, other.prior, other.iri) for hop, other in found[:limit]]
    return Rows(("hop", "entity", "type", "prior", "iri"), rows)


def find_path(index: "Index", start: str, end: str, *, hops: int) -> Rows:
    """List the triples of a shortest path between two entities.

    Raises:
        CommandError: There is none of so many hops.
    """
    source, target = index.graph.find(start), index.graph.find(end)
    steps = index.graph.path([source.id], target.id, max_hops=hops)
    if not steps and source.id != target.id:
        raise CommandError(
            f"no path of {hops} hops or fewer from {source.label} to {target.label}: try a larger --hops"
        )
    rows = [(step.subject.label, step.predicate_label, step.object.label) for step in steps]
    return Rows(("subject", "predicate", "object"), rows)


def search_picture(index: "Index", file: Path, *, threshold: float, weights: Path | None, limit: int) -> Rows:
    """List the entities whose pictures have at least cosine `threshold` with a picture."""
    import numpy as np

    from linker import load_encoder_of
    from vision import load_picture_apart

    picture = load_picture_apart(file)
    [features] = load_encoder_of(index, weights=weights, device="cpu").encode([picture.image])
    [found] = index.images.search(np.asarray([features.vector]), threshold)
    images = [(cosine, image) for image_id, cosine in found[:limit] if (image := index.graph.image(image_id))]
    entities = index.graph.entities(image.entity_id for _, image in images)
    rows = [
        (cosine, e.label, e.type, image.source, e.iri) for cosine, image in images for e in [entities[image.entity_id]]
    ]
    if not rows:
        say(f"of {counted(len(index.images.ids), 'picture')} in the index none has a cosine of {threshold:g} or more")
    return Rows(("cosine", "entity", "type", "picture", "iri"), rows)


def list_responses(path: Path, endpoint: str | None, *, limit: int, query_length: int | None = None) -> Rows:
    """List what endpoints have answered, the newest first, with the beginning of their queries or with the whole.

    Raises:
        CacheError: There are no answers.
    """
    from kg import ResponseCache

    with closing(ResponseCache.open(path, read_only=True)) as opened:
        kept = [found for _, found in zip(range(limit), opened.responses(endpoint), strict=False)]
    rows = [(r.created, r.endpoint, r.state, r.rows, r.size_bytes, r.note, r.query[:query_length]) for r in kept]
    return Rows(("time", "endpoint", "state", "rows", "bytes", "note", "query"), rows)


def prune(cache: Path, responses: Path, *, only: str | None, older_than_days: float | None) -> dict[str, Any]:
    """Forget what is older than so many days, or all: in the knowledge cache, and of the answers of endpoints.

    Raises:
        CommandError: There is nothing that could be forgotten.
    """
    from kg import KnowledgeCache, ResponseCache

    fields: dict[str, Any] = {}
    if only != "knowledge" and responses.is_file():
        with closing(ResponseCache.open(responses)) as answers:
            fields["responses file"] = str(responses)
            fields["responses forgotten"] = answers.prune(older_than_days=older_than_days)
            fields["responses left"] = answers.stats()["responses"]
    if only != "responses" and cache.is_file():
        with KnowledgeCache.open(cache) as knowledge:
            if knowledge.notice:
                say(knowledge.notice)
            removed = knowledge.prune(older_than_days=older_than_days)
            fields = {"file": str(cache), "rows forgotten": removed, **knowledge.stats(), **fields}
    if not fields:
        missing = responses if only == "responses" else cache
        raise CommandError(f"{missing} does not exist: there is nothing to forget")
    return fields


def _describe_cache(cache: Path) -> dict[str, Any] | str:
    from kg import CacheError, KnowledgeCache

    if not cache.is_file():
        return f"{cache} (none yet)"
    try:
        with KnowledgeCache.open(cache, read_only=True) as opened:
            return {"file": str(cache), **opened.stats()}
    except CacheError as error:
        return str(error)


def _describe_downloads(index: Path) -> dict[str, Any]:
    from kg import FetchError, count_downloads
    from linker import DOWNLOADS

    try:
        counts = count_downloads(index / DOWNLOADS)
    except FetchError as error:
        return {"downloads": str(error)}
    return {"downloads": counts} if counts else {}


def _describe_responses(path: Path) -> dict[str, Any] | str:
    from kg import ResponseCache

    if not path.is_file():
        return f"{path} (none: no endpoint was asked)"
    with closing(ResponseCache.open(path, read_only=True)) as opened:
        return {"file": str(path), **opened.stats()}
