"""Where a build keeps what it has read until every source is known: rows of the `stage_` tables, a batch at a time.

An IRI is a 63-bit key there (`iris.iri_key`), so no dictionary of all IRIs is ever held: each batch knows its own only,
and the table `stage_iri` would show two IRIs that share a key.
"""

import sqlite3
from collections import defaultdict
from typing import Any

from .iris import canonical_iri, iri_key, words_of_name
from .typemap import TypeMap
from .vocabulary import NO_HOP

_INSERTS = {
    "predicate": "INSERT INTO predicate (id, iri, label, hop) VALUES (?, ?, ?, ?)",
    "class": "INSERT INTO class (id, iri, label, type, depth) VALUES (?, ?, ?, ?, ?)",
    "label": "INSERT INTO stage_label VALUES (?, ?, ?)",
    "name": "INSERT INTO stage_name VALUES (?, ?, ?, ?)",
    "redirect": "INSERT OR IGNORE INTO stage_redirect VALUES (?, ?)",
    "page": "INSERT OR IGNORE INTO stage_page VALUES (?, ?)",
    "type": "INSERT INTO stage_type VALUES (?, ?)",
    "coarse": "INSERT INTO stage_coarse VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE"
    " SET type = COALESCE(type, excluded.type), prior = COALESCE(prior, excluded.prior)",
    "triple": "INSERT INTO stage_triple VALUES (?, ?, ?)",
    "literal": "INSERT INTO stage_literal VALUES (?, ?, ?, ?, ?)",
    "image": "INSERT INTO stage_image VALUES (?, ?, ?)",
    "seen": "INSERT OR IGNORE INTO stage_seen VALUES (?)",
    "rejected": "INSERT INTO rejected (source, line, text, reason) VALUES (?, ?, ?, ?)",
}
_IRI_INSERT = (
    "INSERT INTO stage_iri (key, iri) VALUES (?, ?)"
    " ON CONFLICT (key) DO UPDATE SET clash = excluded.iri WHERE iri <> excluded.iri"
)


class Stage:
    """Collects rows and writes them with `flush`, which the caller wraps in a transaction.

    Args:
        connection: A graph that is being built.
        type_map: Gives new classes their coarse type and depth.
        source: Name of the file that is being read, as it stands in `rejected`.
    """

    def __init__(self, connection: sqlite3.Connection, type_map: TypeMap, source: str) -> None:
        self._connection = connection
        self._type_map = type_map
        self._source = source
        self._keys: dict[str, int] = {}
        self._rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        self._predicates = _ids(connection, "predicate")
        self._classes = _ids(connection, "class")
        self.records = 0
        self.ignored = 0
        self.rejected = 0

    def key(self, iri: str) -> int:
        """Return the key of an IRI in any of its forms."""
        key = self._keys.get(iri)
        if key is None:
            key = self._keys[iri] = iri_key(canonical_iri(iri))
        return key

    def add(self, table: str, *row: Any) -> None:
        """Keep one row for the stage table of that name."""
        self._rows[table].append(row)

    def reject(self, line_number: int, text: str, reason: str) -> None:
        """Keep a line that cannot be used, and count it."""
        self._rows["rejected"].append((self._source, line_number, text[:200], reason))
        self.rejected += 1

    def predicate(self, name: str) -> int:
        """Return the id of a predicate, given as an IRI or in words."""
        iri = canonical_iri(name)
        if iri not in self._predicates:
            self._predicates[iri] = len(self._predicates) + 1
            self.add("predicate", self._predicates[iri], iri, words_of_name(iri), int(iri not in NO_HOP))
        return self._predicates[iri]

    def class_(self, name: str) -> int:
        """Return the id of a class, given as an IRI or in words."""
        iri = canonical_iri(name)
        if iri not in self._classes:
            self._classes[iri] = len(self._classes) + 1
            coarse, depth = self._type_map.type_of(iri), self._type_map.depth_of(iri)
            self.add("class", self._classes[iri], iri, words_of_name(iri), coarse, depth)
        return self._classes[iri]

    def flush(self) -> None:
        """Write what was collected, and forget it."""
        self._connection.executemany(_IRI_INSERT, sorted((key, canonical_iri(iri)) for iri, key in self._keys.items()))
        for table, rows in self._rows.items():
            self._connection.executemany(_INSERTS[table], rows)
        self._keys.clear()
        self._rows.clear()


def _ids(connection: sqlite3.Connection, table: str) -> dict[str, int]:
    rows = connection.execute(f"SELECT iri, id FROM {table}")  # noqa: S608 -- one of our own two names
    return {str(iri): int(row_id) for iri, row_id in rows}
