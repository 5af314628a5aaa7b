"""What ``kg-cache`` looks up, as plain values to print."""

from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts._cli import CommandError

if TYPE_CHECKING:
    from kg import Entity, KnowledgeCache
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


def describe_index(index: "Index", cache: Path) -> dict[str, Any]:
    """Say what an index holds, from what it was built, and how full its cache is."""
    manifest = index.manifest
    return {
        "index": str(index.path),
        "encoder": f"{manifest.encoder.name} ({manifest.encoder.dimension} values a picture)",
        "counts": {name: number for name, number in manifest.counts.items() if not name.startswith("image ")},
        "pictures": dict(manifest.images),
        "sources": [
            f"{s.name}: {s.lines:,} lines, {s.rejected:,} skipped, {s.size_bytes:,} bytes"
            + (f", from {s.endpoint}" if s.endpoint else "")
            for s in manifest.sources
        ],
        "cache": _describe_cache(cache),
        **_describe_downloads(index.path),
    }


def describe_entity(index: "Index", text: str, *, limit: int) -> dict[str, Any]:
    """Say what the graph knows about an entity."""
    graph = index.graph
    entity = graph.find(text)
    values = {"id": entity.id, "label": entity.label, "limit": limit}
    pictures = graph.connection.execute(_PICTURES, (entity.id, limit))
    return {
        "iri": entity.iri,
        "label": entity.label,
        "type": entity.type,
        "prior": entity.prior,
        "classes": list(graph.classes(entity.id)),
        "names": [name for (name,) in graph.connection.execute(_NAMES, (entity.id, entity.label, limit))],
        "facts": [" -- ".join(row[:2]) + f" --> {row[2]}" for row in graph.connection.execute(_FACTS, values)],
        "pictures": [f"{place} ({status}{': ' + reason if reason else ''})" for place, status, reason in pictures],
    }


def list_neighbours(index: "Index", text: str, *, hops: int, limit: int) -> list[tuple[Any, ...]]:
    """List an entity's neighbours: the nearest first, then those that are meant most."""
    graph = index.graph
    entity = graph.find(text)
    distances = graph.neighbours([entity.id], hops=hops)
    found = [(distances[other.id], other) for other in graph.entities(distances).values() if other.id != entity.id]
    found.sort(key=lambda pair: (pair[0], -pair[1].prior, pair[1].id))
    return [(hop, *_entity_cells(other)) for hop, other in found[:limit]]


def search_picture(
    index: "Index", file: Path, *, theta: float, weights: Path | None, limit: int
) -> list[tuple[Any, ...]]:
    """List the entities whose pictures have at least cosine `theta` with a picture."""
    import numpy as np

    from linker import EncoderMismatchError
    from vision import load_encoder, load_picture

    picture = load_picture(file)
    made_by = index.manifest.encoder
    encoder = load_encoder(made_by.name, weights=weights, device="cpu")
    if encoder.identity != made_by.identity:
        raise EncoderMismatchError(index.path, made_by.identity, encoder.identity)
    [features] = encoder.encode([picture.image])
    [found] = index.images.search(np.asarray([features.vector]), theta)
    rows = []
    for image_id, cosine in found[:limit]:
        image = index.graph.image(image_id)
        assert image is not None
        entity = index.graph.entity(image.entity_id)
        rows.append((cosine, entity.label, entity.type, image.source, entity.iri))
    return rows


def entity_picture(index: "Index", iri: str, source: str) -> Path | None:
    """The file of an entity's picture; None where it is not there any more."""
    entity = index.graph.entity_by_iri(iri)
    if entity is None:
        return None
    for image_id in index.graph.entity_images([entity.id]).get(entity.id, ()):
        image = index.graph.image(image_id)
        if image is not None and image.source == source and image.file:
            return Path(image.file)
    return None


def list_knowledge(cache: Path, post: str | None, *, limit: int) -> list[tuple[Any, ...]]:
    """List what the cache remembers of posts, or of one post.

    Raises:
        CommandError: It remembers nothing of that post.
    """
    with closing(_open_cache(cache)) as opened:
        posts = list(islice(opened.all_posts(), limit) if post is None else opened.posts([post]).values())
        pictured = opened.pictured([seen.key for seen in posts if seen.key is not None])
    if post is not None and not posts:
        raise CommandError(f"{cache} remembers no post {post!r}: see which it has with kg-cache INDEX knowledge")
    rows: list[tuple[Any, ...]] = []
    for seen in posts:
        found = pictured.get(seen.key or "")
        if found is None:
            rows.append((seen.id, seen.text, None, None, None, []))
        else:
            facts = [" ".join(fact) for fact in found.knowledge]
            rows.append((seen.id, seen.text, found.entity_iri, found.hop, found.cosine, facts))
    return rows


def prune_cache(cache: Path, *, older_than_days: float | None) -> dict[str, Any]:
    """Forget what is older than so many days, or everything."""
    from kg import KnowledgeCache

    if not cache.is_file():
        raise CommandError(f"{cache} does not exist: there is nothing to forget")
    with closing(KnowledgeCache.open(cache)) as opened:
        gone = opened.prune(older_than_days=older_than_days)
        return {"file": str(cache), "rows forgotten": gone, **opened.stats()}


def serve_index(index: Path, cache: Path, *, port: int) -> None:
    """Show the databases of an index with Datasette, read-only and on this machine only."""
    import importlib.util
    import subprocess
    import sys

    from linker import GRAPH

    if importlib.util.find_spec("datasette") is None:
        raise CommandError("kg-cache serve needs Datasette, which is not installed: pip install datasette")
    databases = [str(path) for path in (index / GRAPH, cache) if path.is_file()]
    command = [sys.executable, "-m", "datasette", "serve", *databases, "--host", "127.0.0.1", "--port", str(port)]
    subprocess.run([*command, "--setting", "sql_time_limit_ms", "5000"], check=False)  # noqa: S603


def _describe_downloads(index: Path) -> dict[str, Any]:
    from kg import FetchError, count_downloads
    from linker import DOWNLOADS

    try:
        counts = count_downloads(index / DOWNLOADS)
    except FetchError as error:
        return {"downloads": str(error)}
    return {"downloads": counts} if counts else {}


def _describe_cache(cache: Path) -> dict[str, Any] | str:
    if not cache.is_file():
        return f"{cache} (none yet)"
    with closing(_open_cache(cache)) as opened:
        return {"file": str(cache), **opened.stats()}


def _open_cache(cache: Path) -> "KnowledgeCache":
    from kg import KnowledgeCache

    return KnowledgeCache.open(cache, read_only=True)


def _entity_cells(entity: "Entity") -> tuple[str, str | None, float, str]:
    return entity.label, entity.type, entity.prior, entity.iri
