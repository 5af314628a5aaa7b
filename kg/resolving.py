"""From the stage to the graph: which IRIs are entities, and every row under its entity's id.

Each function does one step, within a transaction that the caller holds, and gives the same rows whenever it is run on
the same stage. Ids follow the order of IRIs, so they do not depend on the order of the sources.
"""

import sqlite3
from collections.abc import Callable, Iterator

from .errors import StoreError
from .iris import label_of_iri

_SEEN_COLUMNS = (
    ("stage_type", "key"),
    ("stage_triple", "subject"),
    ("stage_triple", "object"),
    ("stage_literal", "subject"),
    ("stage_image", "key"),
    ("stage_name", "key"),
    ("stage_coarse", "key"),
)


def resolve_redirects(connection: sqlite3.Connection) -> None:
    """Point each redirect at the end of its chain; the members of a cycle stand for themselves."""
    # Only redirects to redirects are held in memory: few in a real dump, none in a transitive one.
    chained = dict(
        connection.execute(
            "SELECT r.source, r.target FROM stage_redirect r JOIN stage_redirect s ON s.source = r.target ORDER BY 1"
        ).fetchall()
    )
    cyclic = _cycle_members(chained)
    for key in sorted(cyclic):
        connection.execute("DELETE FROM stage_redirect WHERE source = ?", (key,))
    ends = []
    for source, target in chained.items():
        end = target
        while end in chained and end not in cyclic:
            end = chained[end]
        if end not in cyclic:
            end = connection.execute("SELECT target FROM stage_redirect WHERE source = ?", (end,)).fetchone()[0]
        if source not in cyclic:
            ends.append((end, source))
    connection.executemany("UPDATE stage_redirect SET target = ? WHERE source = ?", ends)
    connection.executemany(
        "INSERT INTO rejected (source, line, text, reason)"
        " SELECT '', 0, iri, 'redirects in a circle' FROM stage_iri WHERE key = ?",
        [(key,) for key in sorted(cyclic)],
    )


def resolve_entities(connection: sqlite3.Connection) -> None:
    """Give an id to every IRI in some statement that is neither a redirect nor a disambiguation page."""
    clash = connection.execute("SELECT iri, clash FROM stage_iri WHERE clash IS NOT NULL").fetchone()
    if clash is not None:
        raise StoreError(f"the IRIs {clash[0]} and {clash[1]} have the same 63-bit key; leave one of them out")
    for table, column in _SEEN_COLUMNS:
        connection.execute(
            f"INSERT OR IGNORE INTO stage_seen SELECT COALESCE(r.target, t.{column}) FROM {table} t"  # noqa: S608
            f" LEFT JOIN stage_redirect r ON r.source = t.{column}"
        )
    connection.execute("INSERT OR IGNORE INTO stage_seen SELECT key FROM stage_label")
    connection.execute("DELETE FROM stage_seen WHERE key IN (SELECT page FROM stage_page)")
    connection.execute("DELETE FROM stage_seen WHERE key IN (SELECT source FROM stage_redirect)")
    connection.execute(
        "INSERT INTO entity (iri, label) SELECT i.iri, '' FROM stage_seen s JOIN stage_iri i USING (key) ORDER BY i.iri"
    )
    connection.execute(
        "INSERT INTO stage_entity SELECT i.key, e.id FROM entity e JOIN stage_iri i ON i.iri = e.iri"
        " JOIN stage_seen s ON s.key = i.key"
    )
    connection.execute(
        "INSERT OR IGNORE INTO stage_entity SELECT r.source, e.id FROM stage_redirect r"
        " JOIN stage_entity e ON e.key = r.target"
    )


def resolve_labels(connection: sqlite3.Connection) -> None:
    """Label each entity in English or without a language, else in the first language, else by its IRI."""
    rows = connection.execute(
        "SELECT e.id, l.text FROM stage_label l JOIN stage_entity s USING (key) JOIN stage_iri i USING (key)"
        " JOIN entity e ON e.id = s.id AND e.iri = i.iri"
        " ORDER BY e.id, (l.language NOT IN ('en', '')), l.language, l.text"
    )
    last = None
    labels = []
    for entity, text in rows:
        if entity != last:
            labels.append((text, entity))
            last = entity
    connection.executemany("UPDATE entity SET label = ? WHERE id = ?", labels)
    unnamed = connection.execute("SELECT id, iri FROM entity WHERE label = ''").fetchall()
    connection.executemany(
        "UPDATE entity SET label = ? WHERE id = ?", [(label_of_iri(iri), row) for row, iri in unnamed]
    )


def resolve_triples(connection: sqlite3.Connection) -> None:
    """Fill `triple`; a table's object that is an entity's IRI becomes one too."""
    connection.execute(
        "INSERT OR IGNORE INTO triple (subject, predicate, object)"
        " SELECT s.id, t.predicate, o.id FROM stage_triple t"
        " JOIN stage_entity s ON s.key = t.subject JOIN stage_entity o ON o.key = t.object ORDER BY 1, 3, 2"
    )
    connection.execute(
        "INSERT OR IGNORE INTO triple (subject, predicate, object)"
        " SELECT s.id, t.predicate, o.id FROM stage_literal t"
        " JOIN stage_entity s ON s.key = t.subject JOIN stage_entity o ON o.key = t.object ORDER BY 1, 3, 2"
    )


def resolve_literals(connection: sqlite3.Connection) -> None:
    """Fill `literal`."""
    connection.execute(
        "INSERT INTO literal (subject, predicate, value, datatype)"
        " SELECT DISTINCT s.id, t.predicate, t.value, t.datatype FROM stage_literal t"
        " JOIN stage_entity s ON s.key = t.subject LEFT JOIN stage_entity o ON o.key = t.object"
        " WHERE o.id IS NULL ORDER BY 1, 2, 3, 4"
    )


def resolve_classes(connection: sqlite3.Connection) -> None:
    """Fill `entity_class`, count each class's instances, and type each entity by its most specific class."""
    connection.execute(
        "INSERT OR IGNORE INTO entity_class SELECT s.id, t.class FROM stage_type t"
        " JOIN stage_entity s USING (key) ORDER BY 1, 2"
    )
    connection.execute(
        "WITH counted AS (SELECT class, count(*) AS n FROM entity_class GROUP BY class)"
        " UPDATE class SET instances = counted.n FROM counted WHERE counted.class = class.id"
    )
    connection.execute(
        "WITH ranked AS (SELECT ec.entity, c.type, row_number() OVER"
        " (PARTITION BY ec.entity ORDER BY c.depth DESC NULLS LAST, c.instances, c.iri) AS place"
        " FROM entity_class ec JOIN class c ON c.id = ec.class WHERE c.type IS NOT NULL)"
        " UPDATE entity SET type = ranked.type FROM ranked WHERE ranked.entity = entity.id AND ranked.place = 1"
    )
    connection.execute(
        "UPDATE entity SET type = given.type FROM (SELECT s.id, min(c.type) AS type FROM stage_coarse c"
        " JOIN stage_entity s USING (key) WHERE c.type IS NOT NULL GROUP BY s.id) AS given WHERE given.id = entity.id"
    )


def resolve_priors(connection: sqlite3.Connection) -> None:
    """Set each entity's prior: the number a table gives, else its in-degree over distinct triples."""
    connection.execute(
        "UPDATE entity SET prior = counted.n FROM"
        " (SELECT object, count(*) AS n FROM triple GROUP BY object) AS counted WHERE counted.object = entity.id"
    )
    connection.execute(
        "UPDATE entity SET prior = given.prior FROM (SELECT s.id, max(c.prior) AS prior FROM stage_coarse c"
        " JOIN stage_entity s USING (key) WHERE c.prior IS NOT NULL GROUP BY s.id) AS given WHERE given.id = entity.id"
    )


def resolve_images(
    connection: sqlite3.Connection, find: Callable[[str, str], "tuple[str, str | None, str | None]"]
) -> None:
    """Fill `image`, one row for an entity and picture.

    Args:
        connection: The graph.
        find: Gives the picture's identity, its file and, where there is none, the reason, for an image's source and the
            folder of the table that names it.
    """
    rows = connection.execute(
        "SELECT DISTINCT e.id, t.source, t.folder FROM stage_image t JOIN stage_entity e USING (key) ORDER BY 1, 2, 3"
    )

    def images() -> Iterator[tuple[int, str, str | None, str, str | None]]:
        entity, seen = None, set[str]()
        for row_entity, source, folder in rows:
            if row_entity != entity:
                entity, seen = row_entity, set()
            identity, file, reason = find(source, folder)
            if identity not in seen:
                seen.add(identity)
                yield row_entity, source, file, "pending" if file else "missing", reason

    connection.executemany("INSERT INTO image (entity, source, file, status, reason) VALUES (?, ?, ?, ?, ?)", images())


def _cycle_members(edges: dict[int, int]) -> set[int]:
    members: set[int] = set()
    done: set[int] = set()
    for start in edges:
        walk: dict[int, None] = {}
        node = start
        while node in edges and node not in done and node not in walk:
            walk[node] = None
            node = edges[node]
        if node in walk:
            ordered = list(walk)
            members.update(ordered[ordered.index(node) :])
        done.update(walk)
    return members
