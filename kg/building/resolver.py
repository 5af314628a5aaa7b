"""The steps from the stage to the graph, in their order.

Each is one transaction on the graph and can be done again: what it writes beside the graph (into the stage, into files)
or to its pages it writes anew.
"""

import sqlite3
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from kg.bulk import insert_rows
from kg.schema import create_indexes

from .describing import Find, describe_entities, fill_images
from .filling import fill_large_tables
from .keymap import KeyMap, sort_iris
from .relating import fill_classes, fill_vocabulary
from .resolving import resolve_entities
from .staging import Stage

RESOLVE_STEPS = (
    "vocabulary",
    "iris",
    "entities",
    "classes",
    "descriptions",
    "images",
    "triples, literals, entities and names",
    "indexes",
)


class Resolver:
    """Does the steps.

    Args:
        graph: The graph that is built, with the stage attached.
        path: Its file.
        stage: What the sources say.
        find: Gives a picture's identity and file, see `fill_images`.
    """

    def __init__(self, graph: sqlite3.Connection, path: Path, stage: Stage, find: Find) -> None:
        self._graph = graph
        self._stage = stage
        self._find = find
        self._path = path

    def prepare(self, name: str) -> None:
        """Do that part of a step that writes beside the graph, or to its file itself; call it between transactions."""
        if name == "iris":
            sort_iris(self._stage.segments["iri"], self._stage.folder)
        elif name == "descriptions":
            describe_entities(self._stage, self._keys)
        elif name == "triples, literals, entities and names":
            fill_large_tables(self._path, self._stage, self._keys)

    def fill(self, name: str) -> None:
        """Do the part of a step that writes the graph, within a transaction that the caller holds."""
        graph, stage = self._graph, self._stage
        steps: dict[str, Callable[[], None]] = {
            "vocabulary": lambda: fill_vocabulary(graph, stage),
            "entities": self._resolve_entities,
            "classes": lambda: fill_classes(graph, stage, self._keys),
            "images": lambda: fill_images(graph, stage, self._find),
            "indexes": lambda: create_indexes(graph),
        }
        if name in steps:
            steps[name]()

    @cached_property
    def _keys(self) -> KeyMap:
        return KeyMap(self._stage.folder)

    def _resolve_entities(self) -> None:
        rows = [("", 0, iri, "redirects in a circle") for iri in resolve_entities(self._stage, self._keys)]
        insert_rows(self._graph, "rejected", ("source", "line", "text", "reason"), rows)
