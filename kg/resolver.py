"""The steps from the stage to the graph, in their order.

Each is one transaction on the graph and can be done again: what it writes beside the graph (into the stage, into files)
it writes anew.
"""

import sqlite3
from collections.abc import Callable
from functools import cached_property

from .aliasrows import fill_aliases
from .bulk import insert_rows
from .describing import Find, describe_entities, fill_entities, fill_images, fill_literals
from .grams import fill_grams
from .keymap import KeyMap, sort_iris
from .relating import fill_classes, fill_triples, fill_vocabulary
from .resolving import resolve_entities
from .schema import create_indexes
from .staging import Stage

RESOLVE_STEPS = (
    "vocabulary",
    "iris",
    "entities",
    "triples",
    "classes",
    "descriptions",
    "entity rows",
    "literals",
    "images",
    "aliases",
    "grams",
    "indexes",
)


class Resolver:
    """Does the steps.

    Args:
        graph: The graph that is built, with the stage attached.
        stage: What the sources say.
        find: Gives a picture's identity and file, see `fill_images`.
    """

    def __init__(self, graph: sqlite3.Connection, stage: Stage, find: Find) -> None:
        self._graph = graph
        self._stage = stage
        self._find = find

    def prepare(self, name: str) -> None:
        """Do that part of a step that writes beside the graph only; call it outside of a transaction."""
        if name == "iris":
            sort_iris(self._stage.segments["iri"], self._stage.folder)
        elif name == "descriptions":
            describe_entities(self._stage, self._keys)

    def fill(self, name: str) -> None:
        """Do the part of a step that writes the graph, within a transaction that the caller holds."""
        graph, stage = self._graph, self._stage
        steps: dict[str, Callable[[], None]] = {
            "vocabulary": lambda: fill_vocabulary(graph, stage),
            "entities": self._resolve_entities,
            "triples": lambda: fill_triples(graph, stage, self._keys),
            "classes": lambda: fill_classes(graph, stage, self._keys),
            "entity rows": lambda: fill_entities(graph, stage, self._keys),
            "literals": lambda: fill_literals(graph),
            "images": lambda: fill_images(graph, stage, self._find),
            "aliases": lambda: fill_aliases(graph),
            "grams": lambda: fill_grams(graph),
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
