"""The steps from the stage to the graph, in their order.

Each is one transaction on the graph and can be done again: what it writes beside the graph (into the stage, into files)
it writes anew.
"""

import sqlite3
from collections.abc import Callable, Iterable
from functools import cached_property

from kg.bulk import insert_rows
from kg.names.beside import NamesBeside
from kg.names.rows import Labels
from kg.schema import create_indexes

from .describing import Find, describe_entities, fill_entities, fill_images, fill_literals, read_labels
from .keymap import KeyMap, sort_iris
from .relating import fill_classes, fill_triples, fill_vocabulary
from .resolving import resolve_entities
from .staging import Stage

RESOLVE_STEPS = (
    "vocabulary",
    "iris",
    "entities",
    "classes",
    "descriptions",
    "triples",
    "entity rows",
    "literals",
    "images",
    "names",
    "indexes",
)
# From here on the names are filled beside the steps.
_NAMES_BEGIN = "triples"


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
        self._names: NamesBeside | None = None

    def close(self) -> None:
        """Stop what goes on beside the steps."""
        if self._names is not None:
            self._names.close()

    def prepare(self, name: str) -> None:
        """Do that part of a step that writes beside the graph only; call it outside of a transaction."""
        if name == "iris":
            sort_iris(self._stage.segments["iri"], self._stage.folder)
        elif name == "descriptions":
            describe_entities(self._stage, self._keys)
        elif RESOLVE_STEPS.index(name) >= RESOLVE_STEPS.index(_NAMES_BEGIN) and name != "indexes":
            names = self._names = self._names or NamesBeside(self._stage.folder, self._labels)
            if name == "names":
                names.wait()
                self._graph.execute("ATTACH ? AS names", (str(names.path),))

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
            "names": self._copy_names,
            "indexes": lambda: create_indexes(graph),
        }
        if name in steps:
            steps[name]()

    @cached_property
    def _keys(self) -> KeyMap:
        return KeyMap(self._stage.folder)

    def _labels(self, connection: sqlite3.Connection) -> Iterable[Labels]:
        return read_labels(self._keys, connection, self._stage.folder)

    def _copy_names(self) -> None:
        assert self._names is not None
        self._names.copy_into(self._graph)

    def _resolve_entities(self) -> None:
        rows = [("", 0, iri, "redirects in a circle") for iri in resolve_entities(self._stage, self._keys)]
        insert_rows(self._graph, "rejected", ("source", "line", "text", "reason"), rows)
