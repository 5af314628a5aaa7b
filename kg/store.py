"""A finished graph, read-only: its entities, their neighbours, classes, facts and pictures."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from functools import cached_property
from hashlib import sha256
from itertools import chain, groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from .entities import Entity, Fact, ImageMark, ImageRecord, RejectedLine, TripleRow
from .entity_texts import class_labels
from .errors import EntityNotFoundError, StoreError
from .graph_file import GraphFile
from .hops import HopFinder
from .iris import canonical_iri, iri_forms
from .names.normal import normal_form
from .schema import open_for_reading
from .vocabulary import DEFAULT_PREDICATES

if TYPE_CHECKING:
    import networkx

IS_A = "is a"

_ENTITY = "id, iri, label, type, prior"
_CALLED = "id = coalesce((SELECT id FROM entity WHERE iri = ?1), (SELECT min(entity) FROM same_as WHERE iri = ?1))"
_IMAGE = "id, entity, source, file, sha256, width, height, status, reason"
_TRIPLES_OF = (
    "SELECT t.object, p.iri, p.label FROM triple t JOIN predicate p ON p.id = t.predicate WHERE t.subject = ?"
    " ORDER BY t.object, p.id"
)
_COUNTED = (
    "entity", "alias", "predicate", "class", "entity_class", "triple", "literal", "same_as", "image", "rejected",
)  # fmt: skip
_LISTED = "IN (SELECT value FROM json_each(?))"
_OBJECTS = (
    "SELECT e.label FROM triple t JOIN entity e ON e.id = t.object WHERE t.subject = ? AND t.predicate = ?"
    " ORDER BY e.prior DESC, e.id LIMIT ?"
)
_VALUES = "SELECT value FROM literal WHERE subject = ? AND predicate = ? ORDER BY id LIMIT ?"


class Graph(GraphFile):
    """A finished graph. Threads may share one: each gets a connection of its own.

    Use `Graph.open`, and close it, or use it as a context manager.
    """

    @property
    def _hop_finder(self) -> HopFinder:
        """This thread's own, which keeps what it learned about hubs."""
        connection = self.connection  # first, as it may be closed
        if not hasattr(self._thread, "finder"):
            self._thread.finder = HopFinder(connection)
        finder: HopFinder = self._thread.finder
        return finder

    def entity(self, entity_id: int) -> Entity:
        """Return an entity.

        Raises:
            EntityNotFoundError: If there is none with this id.
        """
        for entity in self._entities("id = ?", entity_id):
            return entity
        raise EntityNotFoundError(str(entity_id))

    def entities(self, entity_ids: Iterable[int]) -> dict[int, Entity]:
        """Return those of some entities that exist, by id."""
        return {entity.id: entity for entity in self._entities(f"id {_LISTED}", _listed(entity_ids))}

    def entities_by_iri(self, iris: Iterable[str]) -> dict[str, Entity]:
        """Return those entities that exist of some IRIs, by IRI as the graph writes it."""
        return {entity.iri: entity for entity in self._entities(f"iri {_LISTED}", _listed(iris))}

    def entity_by_iri(self, iri: str) -> Entity | None:
        """Return the entity with an IRI, in any form; also one that another graph calls so, or that it redirects to."""
        return next((entity for form in iri_forms(iri) for entity in self._entities(_CALLED, form)), None)

    def find(self, text: str) -> Entity:
        """Return the entity that a text names: by IRI, label or alias; of several, the one that is meant most.

        Raises:
            EntityNotFoundError: If none answers to it; the error suggests labels that look alike.
        """
        if (entity := self.entity_by_iri(text.strip())) is not None:
            return entity
        from .names.lookup import AliasIndex  # not before it is needed: it loads rapidfuzz

        index, normal = AliasIndex(self), normal_form(text)
        if found := index.lookup([normal]).get(normal, ()):
            return min(found, key=lambda match: match.entity.label != text.strip()).entity
        matches = index.candidates(text, limit=3, min_fuzzy=0.6)
        raise EntityNotFoundError(text, [match.entity.label for match in matches])

    def hop_distances(self, sources: Iterable[int], targets: Iterable[int], *, max_hops: int = 2) -> dict[int, int]:
        """Return the least hop of each target that lies within `max_hops` of any source; 0 for a source itself.

        Hubs, on either side, are asked for what they share with the others, and not expanded up to two hops.
        """
        return self._hop_finder.distances(sources, targets, max_hops=max_hops)

    def neighbours(self, entity_ids: Iterable[int], *, hops: int) -> dict[int, int]:
        """Return every entity within `hops` of some entities, with its least hop; they themselves are at 0."""
        return self._hop_finder.within(entity_ids, hops=hops)

    def degree(self, entity_ids: Iterable[int], *, limit: int) -> int:
        """Return how many triples lie around some entities, counted up to `limit`."""
        return self._hop_finder.links.degree(entity_ids, limit=limit)

    def path(self, sources: Iterable[int], target: int, *, max_hops: int = 2) -> tuple[TripleRow, ...]:
        """Return a shortest way from a source to the target, ties broken by ids; empty if there is none or no need.

        Each triple is given in the direction in which it is stored, whichever way it is walked.
        """
        steps = self._hop_finder.path(sources, target, max_hops=max_hops)
        entities = self.entities({end for subject, _, _, target in steps for end in (subject, target)})
        return tuple(TripleRow(entities[s], iri, label, entities[o]) for s, iri, label, o in steps)

    def classes(self, entity_id: int) -> tuple[str, ...]:
        """Return the labels of an entity's classes, most specific first, each once.

        A class that the type map places deeper stands before a shallower one; classes that it does not know come after
        those, the rarer one (fewer instances in this graph) first.
        """
        return class_labels(self, [entity_id]).get(entity_id, ())

    def facts(
        self, entity_id: int, *, predicates: Sequence[str], limit: int, each: int | None = None
    ) -> tuple[Fact, ...]:
        """Return an entity's facts under some predicates, in their order; objects are labels or literals' texts.

        Args:
            entity_id: The entity.
            predicates: IRIs, local names or labels.
            limit: How many facts at most.
            each: How many of one predicate at most.
        """
        subject, most = self.entity(entity_id).label, min(each or limit, limit)
        facts: dict[Fact, None] = {}
        for predicate, words in self._find_predicates(predicates):
            arguments = (entity_id, predicate, most)
            texts = [row[0] for query in (_OBJECTS, _VALUES) for row in self.connection.execute(query, arguments)]
            facts.update(dict.fromkeys(Fact(subject, words, text) for text in texts[:most]))
            if len(facts) >= limit:
                break
        return tuple(islice(facts, limit))

    def conceptual(self, entity_id: int) -> tuple[Fact, ...]:
        """Return what an entity is, most specific first, and then a few facts of `DEFAULT_PREDICATES`."""
        label = self.entity(entity_id).label
        classes = tuple(Fact(label, IS_A, name) for name in self.classes(entity_id))
        return classes + self.facts(entity_id, predicates=DEFAULT_PREDICATES, limit=8, each=3)

    def images(self, *, status: str | None = None) -> Iterator[ImageRecord]:
        """Yield the image rows by id, or those with one status; rows may be marked meanwhile."""
        last = 0
        where = "id > ?1 AND status = coalesce(?2, status) ORDER BY id LIMIT 1000"
        while records := list(self._images(where, last, status)):
            yield from records
            last = records[-1].id

    def entity_images(self, entity_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
        """Return the ids of the embedded images of those entities that have any."""
        query = f"SELECT entity, id FROM image WHERE status = 'embedded' AND entity {_LISTED} ORDER BY entity, id"  # noqa: S608
        found = groupby(self.connection.execute(query, (_listed(entity_ids),)), key=itemgetter(0))
        return {entity: tuple(image for _, image in rows) for entity, rows in found}

    def files_of_most_meant(self, limit: int) -> dict[str, str]:
        """Return the files of embedded pictures by their sha256, those of the entities that are meant most first."""
        query = (
            "SELECT i.sha256, i.file FROM image i JOIN entity e ON e.id = i.entity WHERE i.status = 'embedded'"
            " AND i.file IS NOT NULL GROUP BY i.sha256 ORDER BY max(e.prior) DESC, min(i.id) LIMIT ?"
        )
        return dict(self.connection.execute(query, (limit,)))

    def image_entities(self, image_ids: Iterable[int]) -> dict[int, int]:
        """Return the entity of each of some images."""
        query = f"SELECT id, entity FROM image WHERE id {_LISTED}"  # noqa: S608
        return dict(self.connection.execute(query, (_listed(image_ids),)))

    def image(self, image_id: int) -> ImageRecord | None:
        """Return one image row, None if there is none."""
        return next(self._images("id = ?", image_id), None)

    def neighbourhood(self, entity_id: int, *, hops: int) -> "networkx.MultiDiGraph[int]":
        """Return the entities within `hops`, and all triples among them, as a networkx graph.

        Nodes are entity ids with `iri`, `label`, `type` and `hop`; edges carry `predicate` (an IRI, also their key)
        and `label`.
        """
        import networkx

        distances = self.neighbours([self.entity(entity_id).id], hops=hops)
        graph: networkx.MultiDiGraph[int] = networkx.MultiDiGraph()
        for entity in self.entities(distances).values():
            kept = {"iri": entity.iri, "label": entity.label, "type": entity.type or "", "hop": distances[entity.id]}
            graph.add_node(entity.id, **kept)
        for subject in list(graph):
            for target, iri, label in self.connection.execute(_TRIPLES_OF, (subject,)):
                if target in graph:
                    graph.add_edge(subject, target, key=iri, predicate=iri, label=label)
        return graph

    def labels(self) -> Iterator[tuple[int, str]]:
        """Yield the id and the label of every entity, by id."""
        yield from self.connection.execute("SELECT id, label FROM entity ORDER BY id")

    def identity(self) -> str:
        """Return a digest of what the graph was built from and how: where two are equal, so is what is built."""
        rows = self.connection.execute("SELECT name, source, size_bytes, sha256 FROM build_step ORDER BY id").fetchall()
        return sha256(json.dumps(rows).encode()).hexdigest()

    def has_triples(self) -> bool:
        """Say whether any two entities are linked."""
        return self.connection.execute("SELECT 1 FROM triple LIMIT 1").fetchone() is not None

    def has_name_counts(self) -> bool:
        """Say whether the graph knows how often names were seen to mean entities."""
        return self.connection.execute("SELECT 1 FROM name_count LIMIT 1").fetchone() is not None

    def name_counts(self, normals: Iterable[str]) -> dict[str, dict[int, float]]:
        """Return how often names were seen to mean each entity, by normal form and id; other names are left out."""
        found: dict[str, dict[int, float]] = {}
        query = f"SELECT normal, entity, count FROM name_count WHERE normal {_LISTED}"  # noqa: S608
        for normal, entity, count in self.connection.execute(query, (_listed(normals),)):
            found.setdefault(normal, {})[entity] = count
        return found

    def sources(self) -> tuple[Path, ...]:
        """Return the files that the graph was read from."""
        rows = self.connection.execute("SELECT source FROM build_step WHERE name GLOB 'load *' ORDER BY id")
        return tuple(Path(source) for (source,) in rows)

    def counts(self) -> dict[str, int]:
        """Return the number of rows of each table, and of images by status (`image embedded`)."""
        return count_rows(self.connection)

    def rejected(self, limit: int = 100) -> tuple[RejectedLine, ...]:
        """Return the first lines that could not be used."""
        query = "SELECT source, line, text, reason FROM rejected ORDER BY id LIMIT ?"
        return tuple(RejectedLine(*row) for row in self.connection.execute(query, (limit,)))

    def _find_predicates(self, names: Sequence[str]) -> list[tuple[int, str]]:
        known = self._predicates
        return list(dict.fromkeys(chain.from_iterable(known.get(canonical_iri(name), ()) for name in names)))

    @cached_property
    def _predicates(self) -> dict[str, list[tuple[int, str]]]:
        """The predicates by their IRI, what it ends in, and label; Wikidata has twelve thousand."""
        found: dict[str, list[tuple[int, str]]] = {}
        for row, iri, label in self.connection.execute("SELECT id, iri, label FROM predicate ORDER BY id"):
            for name in {iri, label, iri.rpartition("/")[2], iri.rpartition("#")[2]}:
                found.setdefault(name, []).append((row, label))
        return found

    def _entities(self, where: str, *arguments: object) -> Iterator[Entity]:
        rows = self.connection.execute(f"SELECT {_ENTITY} FROM entity WHERE {where}", arguments)  # noqa: S608
        return (Entity(*row) for row in rows)

    def _images(self, where: str, *arguments: object) -> Iterator[ImageRecord]:
        rows = self.connection.execute(f"SELECT {_IMAGE} FROM image WHERE {where}", arguments)  # noqa: S608
        return (ImageRecord(*row) for row in rows)


def mark_images(sqlite_path: Path, marks: Collection[ImageMark]) -> None:
    """Write what became of some pictures, or where their files now are, all or none of it.

    Raises:
        StoreError: If the graph is missing, or cannot be written.
    """
    open_for_reading(sqlite_path).close()
    update = (
        "UPDATE image SET status = :status, reason = :reason, file = COALESCE(:file, file), sha256 = :sha256,"
        " width = :width, height = :height WHERE id = :image_id"
    )
    try:
        with closing(sqlite3.connect(sqlite_path, timeout=30)) as connection, connection:
            connection.executemany(update, map(asdict, marks))
    except sqlite3.Error as error:
        raise StoreError(f"{sqlite_path} cannot be written: {error}") from None


def count_rows(connection: sqlite3.Connection) -> dict[str, int]:
    """Return the number of rows of each table of a graph, and of images by status."""
    tables = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in _COUNTED)  # noqa: S608
    statuses = connection.execute("SELECT 'image ' || status, count(*) FROM image GROUP BY status ORDER BY status")
    return {**dict(connection.execute(tables)), **dict(statuses)}


def _listed(ids: Iterable[int | str]) -> str:
    return json.dumps(list(ids))
