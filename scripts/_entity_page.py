"""What the pages of ``kg-cache serve`` show of an entity: its names, triples both ways a page at a time, a drawing."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts._look_up import others_of_that_name

if TYPE_CHECKING:
    from kg import Entity, KnowledgeCache
    from linker import Index

ROWS = 50
"""Rows of a page."""
_DRAWN = 12
_LOOKED_AT = 300  # triples each way among which the neighbours to draw are chosen: a hub has a million
_NAMES = """
SELECT text, kind, weight FROM alias WHERE entity = :id ORDER BY weight DESC, text LIMIT :limit OFFSET :offset"""
_OUT = """
SELECT p.label, e.label, e.iri FROM (SELECT predicate, object FROM triple WHERE subject = :id ORDER BY object, predicate
LIMIT :limit OFFSET :offset) t JOIN predicate p ON p.id = t.predicate JOIN entity e ON e.id = t.object"""
_IN = """
SELECT p.label, e.label, e.iri FROM (SELECT predicate, subject FROM triple WHERE object = :id
ORDER BY subject, predicate LIMIT :limit OFFSET :offset) t
JOIN predicate p ON p.id = t.predicate JOIN entity e ON e.id = t.subject"""
_LITERALS = """
SELECT p.label, l.value, l.datatype FROM (SELECT predicate, value, datatype FROM literal WHERE subject = :id
ORDER BY predicate LIMIT :limit OFFSET :offset) l JOIN predicate p ON p.id = l.predicate"""
_IMAGES = "SELECT id, source, status, reason FROM image WHERE entity = ? ORDER BY status <> 'embedded', id LIMIT 20"
_NEIGHBOURS = """
SELECT e.label, e.iri, e.prior, min(p.label), away FROM (
SELECT object AS other, predicate, 1 AS away FROM (SELECT * FROM triple WHERE subject = :id LIMIT :looked)
UNION ALL SELECT subject, predicate, 0 FROM (SELECT * FROM triple WHERE object = :id LIMIT :looked)
) t JOIN predicate p ON p.id = t.predicate JOIN entity e ON e.id = t.other WHERE p.hop = 1 AND e.id <> :id
GROUP BY e.id ORDER BY e.prior DESC, e.id LIMIT :drawn"""


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one kind, a page of them; each cell is a text, or a text and the IRI to which it leads. Or posts."""

    name: str  # of the page's number in the address
    title: str
    columns: Sequence[str]
    rows: Sequence[Any]
    page: int  # from 1
    more: bool  # whether another page follows


@dataclass(frozen=True, slots=True)
class Drawn:
    """A neighbour in the drawing, at pixels from its upper left corner."""

    label: str
    iri: str
    by: str  # the predicate
    away: bool  # whether the triple leads to it, and not from it
    x: float
    y: float


def entity_page(index: "Index", cache: "KnowledgeCache | None", text: str, pages: Mapping[str, int]) -> dict[str, Any]:
    """What the page of an entity shows.

    Args:
        index: The opened index.
        cache: The knowledge cache, where there is one.
        text: The IRI of the entity, or a name.
        pages: The number of the page of each part, from 1.

    Raises:
        EntityNotFoundError: Nothing answers to that name.
    """
    graph = index.graph
    entity = graph.find(text)

    def part(name: str, title: str, columns: Sequence[str], query: str, *, links: bool = False) -> Part:
        values = {"id": entity.id, "limit": ROWS + 1, "offset": ROWS * (pages.get(name, 1) - 1)}
        rows = list(graph.connection.execute(query, values))
        cells = [(by, (label, iri)) for by, label, iri in sorted(rows[:ROWS])] if links else rows[:ROWS]
        return Part(name, title, columns, cells, pages.get(name, 1), len(rows) > ROWS)

    parts = [
        part("out", f"What is said of {entity.label}", ("predicate", "object"), _OUT, links=True),
        part("in", f"Where {entity.label} is the object", ("predicate", "subject"), _IN, links=True),
        part("facts", "Texts, numbers and dates", ("predicate", "value", "datatype"), _LITERALS),
        part("names", "Names", ("name", "kind", "weight"), _NAMES),
    ]
    return {
        "entity": entity,
        "asked": text,
        "others": others_of_that_name(index, text, entity, limit=20),
        "classes": graph.classes(entity.id),
        "images": list(graph.connection.execute(_IMAGES, (entity.id,))),
        "parts": [one for one in parts if one.rows or one.page > 1],
        "posts": _posts(cache, entity, pages.get("posts", 1)),
        "drawn": _draw(index, entity),
    }


def _posts(cache: "KnowledgeCache | None", entity: "Entity", page: int) -> Part:
    found = cache.posts_of_entity(entity.iri, limit=ROWS + 1, offset=ROWS * (page - 1)) if cache else []
    return Part("posts", "Posts that mention or show it", (), found[:ROWS], page, len(found) > ROWS)


def _draw(index: "Index", entity: "Entity") -> list[Drawn]:
    """The neighbours that are meant most, of the first triples each way, around the middle at (360, 220)."""
    values = {"id": entity.id, "looked": _LOOKED_AT, "drawn": _DRAWN}
    found = list(index.graph.connection.execute(_NEIGHBOURS, values))
    angles = [2 * math.pi * (place + 0.5) / len(found) for place in range(len(found))]
    return [
        Drawn(label, iri, by, bool(away), 360 + 240 * math.cos(angle), 220 + 180 * math.sin(angle))
        for (label, iri, _, by, away), angle in zip(found, angles, strict=True)
    ]


def picture_file(index: "Index", image_id: int) -> Path | None:
    """The file of a picture of the graph, where it was read."""
    image = index.graph.image(image_id)
    return Path(image.file) if image and image.file and image.status == "embedded" else None
