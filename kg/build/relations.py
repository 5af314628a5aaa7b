"""Triples, classes, types and priors of entities, from the stage, in DuckDB."""

from collections.abc import Sequence

from .stage import Stage

# A table's object that turns out to be an entity's IRI makes a triple too.
_EDGES = """
CREATE OR REPLACE TABLE edge AS
SELECT DISTINCT s.id::UINTEGER AS subject, o.id::UINTEGER AS object, p.id::UINTEGER AS predicate
FROM (SELECT subject, predicate, object FROM triple
      UNION ALL SELECT subject, predicate, may_be FROM literal WHERE may_be IS NOT NULL) t
JOIN stands_for s ON s.key = t.subject JOIN stands_for o ON o.key = t.object JOIN predicate_id p ON p.key = t.predicate
"""
_CLASSES = """
CREATE OR REPLACE TABLE entity_class AS
SELECT DISTINCT s.id AS entity, c.id AS class FROM type t
JOIN stands_for s ON s.key = t.subject JOIN class_id c ON c.key = t.class
"""
# Of its classes that have a type, the most specific one decides, unless a table gives the entity's type itself.
_TYPES = """
CREATE OR REPLACE TABLE entity_type AS
SELECT coalesce(g.entity, c.entity) AS entity, coalesce(g.type, c.type) AS type
FROM (SELECT s.id AS entity, min(g.type) AS type FROM given g JOIN stands_for s ON s.key = g.subject
      WHERE g.type IS NOT NULL GROUP BY s.id) g
FULL JOIN (SELECT e.entity, arg_min(r.type, r.place) AS type FROM entity_class e JOIN class_rank r ON r.id = e.class
           GROUP BY e.entity) c ON c.entity = g.entity
"""
_RANKS = """
CREATE OR REPLACE TABLE class_rank AS SELECT id, type, row_number() OVER (
    ORDER BY depth DESC NULLS LAST, instances, iri
) AS place FROM class WHERE type IS NOT NULL
"""
_IN_DEGREES = "SELECT object AS entity, count(*) AS prior FROM edge GROUP BY object"
_GIVEN_PRIORS = """
SELECT s.id AS entity, max(g.prior) AS prior FROM given g JOIN stands_for s ON s.key = g.subject
WHERE g.prior IS NOT NULL GROUP BY s.id
"""
_COUNTS = """
SELECT s.id AS entity, sum(c.count) AS prior
FROM (SELECT subject, max(count) AS count FROM count GROUP BY subject) c JOIN stands_for s ON s.key = c.subject
GROUP BY s.id
"""


def relate_entities(stage: Stage, classes: Sequence[tuple[int, str, str, str | None, int | None]]) -> None:
    """Make the tables `edge`, `entity_class`, `class`, `entity_type` and `prior` of the stage.

    The prior of an entity is what a file of priors counts, if one is given: 0 where it does not name the entity, the sum
    where it names several IRIs of it. Else it is the number that a table gives, else the entity's in-degree over
    distinct triples.

    Args:
        stage: The stage, its entities resolved.
        classes: See `kg.build.entities.name_classes`.
    """
    execute = stage.connection.execute
    execute(_EDGES)
    execute(_CLASSES)
    execute(
        "CREATE OR REPLACE TABLE class_name (id BIGINT, iri VARCHAR, label VARCHAR, type VARCHAR, depth BIGINT)"
    )
    if classes:
        stage.connection.executemany("INSERT INTO class_name VALUES (?, ?, ?, ?, ?)", classes)
    execute(
        "CREATE OR REPLACE TABLE class AS SELECT c.*, coalesce(n.instances, 0) AS instances FROM class_name c LEFT JOIN"
        " (SELECT class, count(*) AS instances FROM entity_class GROUP BY class) n ON n.class = c.id"
    )
    execute(_RANKS)
    execute(_TYPES)
    if stage.rows("SELECT 1 FROM count LIMIT 1"):
        execute(f"CREATE OR REPLACE TABLE prior AS {_COUNTS}")
    else:
        execute(
            f"CREATE OR REPLACE TABLE prior AS SELECT coalesce(g.entity, d.entity) AS entity,"
            f" coalesce(g.prior, d.prior::DOUBLE) AS prior FROM ({_GIVEN_PRIORS}) g"
            f" FULL JOIN ({_IN_DEGREES}) d ON d.entity = g.entity"
        )
