"""Triples, classes and priors of entities, from the stage to the graph.

Each function does one step within a transaction that the caller holds on the graph, and gives the same rows whenever it
is run on the same stage.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kg.ahead import ahead
from kg.bulk import insert_array, insert_rows
from kg.entities import ENTITY_TYPES

from . import scan
from .durable import write_array
from .edges import EdgeSorter, map_triples
from .keymap import KeyMap
from .pages import PageFile
from .resolving import staged_order
from .segments import Column
from .staging import Stage, unsigned
from .trees import Tree

IN_DEGREES = "entity.indegree"
TYPES = "entity.type"
_NO_CLASS = np.iinfo(np.int32).max


def fill_vocabulary(graph: sqlite3.Connection, stage: Stage) -> None:
    """Fill `predicate`, `class` and `rejected`."""
    predicates = [(id_, *row) for id_, (_, row) in enumerate(staged_order(stage, "predicate"), 1)]
    insert_rows(graph, "predicate", ("id", "iri", "label", "hop"), predicates)
    classes = [(id_, *row) for id_, (_, row) in enumerate(staged_order(stage, "class"), 1)]
    insert_rows(graph, "class", ("id", "iri", "label", "type", "depth"), classes)
    sources = dict(graph.execute("SELECT id, source FROM build_step").fetchall())
    for rows in stage.fetch("SELECT step, line, text, reason FROM stage_rejected ORDER BY step, line, rowid"):
        found = [(sources[step], line, text, reason) for step, line, text, reason in rows]
        insert_rows(graph, "rejected", ("source", "line", "text", "reason"), found)


def final_ids(stage: Stage, table: str) -> npt.NDArray[np.int64]:
    """Return the id of each staged predicate or class, by its number."""
    numbers = [number for number, _ in staged_order(stage, table)]
    ids = np.zeros(len(numbers) + 1, dtype=np.int64)
    ids[numbers] = np.arange(1, len(numbers) + 1)
    return ids


def fill_triples(pages: PageFile, stage: Stage, keys: KeyMap) -> None:
    """Fill `triple` and its index by objects, and count the distinct triples that lead to each entity.

    A table's object that is an entity's IRI becomes a triple too.
    """
    predicates = final_ids(stage, "predicate")
    rows = sum(len(segment[0]) for segment in stage.segments["triple"].segments())
    sizes = {"entities": len(keys.rank), "predicates": len(predicates), "rows": rows}
    with (
        EdgeSorter(stage.folder, "by_subject", **sizes) as by_subject,
        EdgeSorter(stage.folder, "by_object", **sizes) as by_object,
    ):
        for triples in ahead(map_triples(_staged_triples(stage, keys), keys, predicates)):
            by_subject.add(*triples)
            stage.segments["triple"].release()
        in_degrees = np.zeros(len(keys.rank) + 1, dtype=np.int64)
        tree = Tree(pages, "triple")
        for part in by_subject.sorted_parts():
            scan.count_each(np.ascontiguousarray(part[:, 1]), in_degrees)
            by_object.add(part[:, 1], part[:, 2], part[:, 0])
            tree.add(list(part.T))
        tree.finish()
        tree = Tree(pages, "triple_object")
        for part in by_object.sorted_parts():
            tree.add(list(part.T))
        tree.finish()
    write_array(stage.folder / IN_DEGREES, in_degrees)


def fill_classes(graph: sqlite3.Connection, stage: Stage, keys: KeyMap) -> None:
    """Fill `entity_class`, count each class's instances, and type each entity by its most specific class."""
    classes = final_ids(stage, "class")
    segments = list(stage.segments["type"].segments())
    rows = sum(len(segment[0]) for segment in segments)
    sizes = {"entities": len(keys.rank), "predicates": len(classes), "rows": rows}
    with EdgeSorter(stage.folder, "classes", **sizes) as sorter:
        for subjects, staged in segments:
            ids = keys.entities(subjects)
            known = ids > 0
            sorter.add(ids[known], classes[staged[known]], np.zeros(int(known.sum()), dtype=np.int64))
        instances = np.zeros(len(classes), dtype=np.int64)
        for part in sorter.sorted_parts():
            scan.count_each(np.ascontiguousarray(part[:, 2]), instances)
            insert_array(graph, "entity_class", ("entity", "class"), part[:, [0, 2]])
        graph.executemany(
            "UPDATE class SET instances = ? WHERE id = ?", [(n, id_) for id_, n in enumerate(instances.tolist()) if id_]
        )
        _type_entities(graph, stage, sorter, keys)


def _type_entities(graph: sqlite3.Connection, stage: Stage, sorter: EdgeSorter, keys: KeyMap) -> None:
    """Write the place of each entity's type in `ENTITY_TYPES`, plus one (0: none), to a file."""
    ranked = graph.execute("SELECT id, type FROM class ORDER BY depth DESC NULLS LAST, instances, iri").fetchall()
    order = np.full(len(ranked) + 1, _NO_CLASS, dtype=np.int32)
    of_place = np.zeros(len(ranked), dtype=np.uint8)
    for place, (id_, coarse) in enumerate(ranked):
        if coarse is not None:
            order[id_] = place
            of_place[place] = ENTITY_TYPES.index(coarse) + 1
    best = np.full(len(keys.rank) + 1, _NO_CLASS, dtype=np.int32)
    for part in sorter.sorted_parts():
        np.minimum.at(best, part[:, 0], order[part[:, 2]])
    types = np.where(best == _NO_CLASS, 0, of_place[np.minimum(best, max(len(ranked) - 1, 0))] if ranked else 0)
    types = types.astype(np.uint8)
    given: dict[int, str] = {}
    for rows in stage.fetch("SELECT key, type FROM stage_coarse WHERE type IS NOT NULL"):
        for entity, (_, coarse) in zip(keys.entities(unsigned([row[0] for row in rows])).tolist(), rows, strict=True):
            given[entity] = min(coarse, given.get(entity, coarse))
    for entity, coarse in given.items():
        types[entity] = ENTITY_TYPES.index(coarse) + 1
    write_array(stage.folder / TYPES, types)


def read_types(folder: Path) -> npt.NDArray[np.uint8]:
    """Return the place of each entity's type in `ENTITY_TYPES`, plus one (0: none), by id."""
    return np.fromfile(folder / TYPES, dtype=np.uint8)


def read_priors(stage: Stage, keys: KeyMap) -> npt.NDArray[np.float64]:
    """Return each entity's prior, by id.

    The counts of a file of priors, if one is given: 0 where it does not name an entity, the sum where it names several
    IRIs of it. Else the number that a table gives, else the entity's in-degree over distinct triples.
    """
    if stage.connection.execute("SELECT 1 FROM stage_count LIMIT 1").fetchone():
        counts = np.zeros(len(keys.rank) + 1, dtype=np.float64)
        for rows in stage.fetch("SELECT key, max(count) FROM stage_count GROUP BY key"):
            some, values = zip(*rows, strict=True)
            np.add.at(counts, keys.entities(unsigned(some)), np.array(values, dtype=np.float64))
        return counts
    priors = np.fromfile(stage.folder / IN_DEGREES, dtype=np.int64).astype(np.float64)
    given: dict[int, float] = {}
    for rows in stage.fetch("SELECT key, prior FROM stage_coarse WHERE prior IS NOT NULL"):
        for entity, (_, prior) in zip(keys.entities(unsigned([row[0] for row in rows])).tolist(), rows, strict=True):
            given[entity] = max(prior, given.get(entity, prior))
    for entity, prior in given.items():
        priors[entity] = prior
    return priors


def known_objects(objects: Column, keys: KeyMap) -> npt.NDArray[np.int64]:
    """Return which of some staged literals are an IRI that was kept, by the keys of what may be one."""
    given = np.flatnonzero(objects)
    return given[keys.has(objects[given])]


def _staged_triples(stage: Stage, keys: KeyMap) -> Iterator[list[Column]]:
    yield from stage.segments["triple"].segments()
    for subjects, predicates, _, objects, *_ in stage.segments["literal"].segments():
        known = known_objects(objects, keys)
        if len(known):
            yield [subjects[known], predicates[known], objects[known]]
