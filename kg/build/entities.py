"""From the stage to ids: which IRIs are entities, and which entity each other IRI stands for; in DuckDB.

An entity is an IRI in some statement that is neither a redirect nor a disambiguation page. Ids follow the order of
IRIs, so that they do not depend on the order of the sources.
"""

from kg.errors import StoreError
from kg.iris import words_of_name
from kg.vocabulary import NO_HOP

from .stage import LABELLED, STATED, Stage
from .types import TypeMap

_NODES = """
CREATE OR REPLACE TABLE node AS
SELECT key, min(iri) AS iri, bit_or(flags) AS flags, min(iri) <> max(iri) AS is_shared FROM iri GROUP BY key
"""
# Of several targets of a redirect, the first one holds. In `ending`, each redirect leads to the end of its chain.
_REDIRECTS = """
CREATE OR REPLACE TABLE ending AS
SELECT r.page, arg_min(r.target, n.iri) AS target FROM redirect r JOIN node n ON n.key = r.target GROUP BY r.page
"""
_LEAP = """
CREATE OR REPLACE TABLE leap AS
SELECT e.page, coalesce(f.target, e.target) AS target FROM {0} e LEFT JOIN {0} f ON f.page = e.target
"""
_ENTITIES = f"""
CREATE OR REPLACE TABLE entity AS
SELECT row_number() OVER () AS id, key, iri FROM (
    SELECT key, iri FROM node
    WHERE (flags & {STATED | LABELLED} > 0
           OR key IN (SELECT e.target FROM ending e JOIN node n ON n.key = e.page WHERE n.flags & {STATED} > 0))
        AND key NOT IN (SELECT page FROM meaning) AND key NOT IN (SELECT page FROM ending)
    ORDER BY iri
)
"""  # noqa: S608 -- our own names
# The entity that an IRI stands for: itself, or the one at the end of its redirects.
_STANDS_FOR = """
CREATE OR REPLACE TABLE stands_for AS
SELECT key, id FROM entity UNION ALL SELECT d.page, e.id FROM ending d JOIN entity e ON e.key = d.target
"""
_IDS = """
CREATE OR REPLACE TABLE {table}_id AS
SELECT row_number() OVER () AS id, key, iri FROM (
    SELECT key, iri FROM node WHERE key IN (SELECT {column} FROM {tables}) ORDER BY iri
)
"""


def resolve_entities(stage: Stage) -> None:
    """Give an id to every entity, predicate and class, and to each redirect the entity at the end of its chain.

    IRIs that redirect in a circle stand for themselves, and are kept as rejected.

    Raises:
        StoreError: If two IRIs share a key.
    """
    execute = stage.connection.execute
    execute(_NODES)
    shared = stage.rows("SELECT key FROM node WHERE is_shared LIMIT 1")
    if shared:
        [(one, other)] = stage.rows("SELECT min(iri), max(iri) FROM iri WHERE key = ?", shared[0])
        raise StoreError(f"the IRIs {one} and {other} have the same 64-bit key; leave one of them out")
    _follow_redirects(stage)
    execute(_ENTITIES)
    execute(_STANDS_FOR)
    both = "(SELECT predicate FROM triple UNION SELECT predicate FROM literal)"
    execute(_IDS.format(table="predicate", column="predicate", tables=both))
    execute(_IDS.format(table="class", column="class", tables="type"))


def name_predicates(stage: Stage) -> list[tuple[int, str, str, int]]:
    """Return the rows of `predicate`: id, IRI, words, and whether it brings two things nearer to each other."""
    rows = stage.rows("SELECT id, iri FROM predicate_id ORDER BY id")
    return [(id_, iri, words_of_name(iri), int(iri not in NO_HOP)) for id_, iri in rows]


def name_classes(stage: Stage, types: TypeMap) -> list[tuple[int, str, str, str | None, int | None]]:
    """Return the rows of `class` without their counts: id, IRI, words, coarse type and depth."""
    rows = stage.rows("SELECT id, iri FROM class_id ORDER BY id")
    return [(id_, iri, words_of_name(iri), types.type_of(iri), types.depth_of(iri)) for id_, iri in rows]


def _follow_redirects(stage: Stage) -> None:
    """Make `ending`, without the members of circles, and `circle`, which holds these."""
    execute = stage.connection.execute
    execute(_REDIRECTS)
    execute("CREATE OR REPLACE TABLE circle (key UBIGINT)")
    execute("CREATE OR REPLACE TABLE first_step AS SELECT * FROM ending")
    if _leap_to_ends(stage):
        return
    # What is left runs in circles, or into one; after so many steps, all of it has arrived there.
    execute("INSERT INTO circle SELECT DISTINCT target FROM ending WHERE target IN (SELECT page FROM ending)")
    execute("CREATE OR REPLACE TABLE ending AS SELECT * FROM first_step WHERE page NOT IN (SELECT key FROM circle)")
    _leap_to_ends(stage)


def _leap_to_ends(stage: Stage) -> bool:
    """Lead each redirect twice as far, again and again; return whether all came to an end."""
    query = "SELECT count(*) FROM ending WHERE target IN (SELECT page FROM ending)"
    [(on_the_way,)] = stage.rows(query)
    for _ in range(on_the_way.bit_length() + 1):
        if not on_the_way:
            return True
        stage.connection.execute(_LEAP.format("ending"))
        stage.connection.execute("CREATE OR REPLACE TABLE ending AS SELECT * FROM leap")
        [(on_the_way,)] = stage.rows(query)
    return not on_the_way
