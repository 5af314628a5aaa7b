"""What items of Wikidata are: which of them are no entities, their classes by `P279`, and how many pages they have."""

import re

from kg.vocabulary import ABOUT, PAGE_CLASSES, SUBCLASS, WIKIDATA, WIKIDATA_ENTITY

from .stage import Stage
from .types import TypeMap

_NUMBER = re.compile(rf"(?:wd:|{re.escape(WIKIDATA_ENTITY)})?(Q\d+)")  # as a table of types may write a class
# Of each class, the classes above it that mean something to this build, and how many steps above; itself at 0.
_SEEDS = """
CREATE OR REPLACE TABLE above AS
SELECT hash(iri) AS class, hash(iri) AS ancestor, 0 AS steps FROM (SELECT DISTINCT unnest(?) AS iri)
"""
_SUBCLASSES = f"""
CREATE OR REPLACE TABLE subclass AS SELECT DISTINCT subject, object FROM triple WHERE predicate = hash('{SUBCLASS}')
"""  # noqa: S608 -- our own names
_STEP_DOWN = """
INSERT INTO above SELECT DISTINCT s.subject, a.ancestor, a.steps + 1
FROM above a JOIN subclass s ON s.object = a.class
WHERE a.steps = {steps} AND NOT EXISTS (FROM above b WHERE b.class = s.subject AND b.ancestor = a.ancestor)
"""
_MAPPED = """
CREATE OR REPLACE TABLE mapped AS SELECT hash(iri) AS class, type, depth, place
FROM (SELECT unnest(?) AS iri, unnest(?) AS type, unnest(?) AS depth, unnest(?) AS place)
"""
# Properties and records, items that are pages or nothing but classes of others, and pages about items.
_UNWANTED = f"""
CREATE OR REPLACE TABLE unwanted AS
WITH item AS (SELECT key, iri FROM node WHERE starts_with(iri, '{WIKIDATA}')),
page AS (SELECT t.subject AS key FROM type t JOIN above a USING (class)
    WHERE a.ancestor IN (SELECT hash(unnest({list(PAGE_CLASSES)})))),
class AS (SELECT class AS key FROM type UNION SELECT subject FROM subclass UNION SELECT object FROM subclass)
SELECT key FROM item WHERE regexp_matches(iri, '/(prop|reference|value)/|/entity/(P|L|statement)')
UNION SELECT key FROM page
UNION SELECT key FROM item WHERE key IN (FROM class) AND key NOT IN (SELECT subject FROM type)
UNION SELECT subject FROM triple WHERE predicate = hash('{ABOUT}') AND object IN (SELECT key FROM item)
"""  # noqa: S608 -- our own names
# What each thing is: as it is said, and, of what that is a subclass of, the classes that the table of types knows.
_TYPED = """
CREATE OR REPLACE TABLE typed AS
SELECT subject, class FROM type WHERE subject NOT IN (SELECT key FROM unwanted)
UNION SELECT t.subject, a.ancestor FROM type t JOIN above a USING (class)
WHERE a.ancestor IN (SELECT class FROM mapped) AND t.subject NOT IN (SELECT key FROM unwanted)
"""
# The nearest class above that has a type, at equal steps the one that comes first in the table.
_NEAREST = """
SELECT c.id, n.type, n.depth + n.steps FROM class_id c JOIN (
    SELECT a.class, unnest(arg_min({'type': m.type, 'depth': m.depth, 'steps': a.steps}, (a.steps, m.place)))
    FROM above a JOIN mapped m ON m.class = a.ancestor GROUP BY a.class
) n ON n.class = c.key
"""
_PAGES = f"""
CREATE OR REPLACE TABLE sitelinks AS SELECT key, max(count)::DOUBLE AS count FROM (
    SELECT subject AS key, sitelinks AS count FROM item
    UNION ALL SELECT t.object, count(*) FROM triple t JOIN node n ON n.key = t.object
    WHERE t.predicate = hash('{ABOUT}') AND starts_with(n.iri, '{WIKIDATA_ENTITY}Q') GROUP BY t.object
) GROUP BY key
"""  # noqa: S608 -- our own names
# The labels of properties and classes; those of a property of Wikidata are at the item that it is.
_LABELS = """
SELECT x.id, x.iri,
    arg_min(l.text, (language_place(CASE WHEN l.tag[1] = '@' THEN l.tag[2:] ELSE '' END), l.tag, l.text))
FROM {table}_id x LEFT JOIN label l ON l.subject = hash(replace(x.iri, '/prop/direct/', '/entity/'))
GROUP BY x.id, x.iri ORDER BY x.id
"""


def sort_items(stage: Stage, types: TypeMap) -> None:
    """Make the tables `subclass`, `above`, `unwanted`, `typed` and `sitelinks` of the stage, its nodes known.

    Args:
        stage: The stage.
        types: The types of classes.
    """
    execute = stage.connection.execute
    mapped = {
        WIKIDATA_ENTITY + found[1]: (type_, types.depths[name])
        for name, type_ in types.types.items()
        if (found := _NUMBER.fullmatch(name))
    }
    rows = [list(mapped), [type_ for type_, _ in mapped.values()], [depth for _, depth in mapped.values()]]
    execute(_MAPPED, [*rows, list(range(len(mapped)))])
    execute(_SUBCLASSES)
    execute(_SEEDS, [[*mapped, *PAGE_CLASSES]])
    steps = -1
    while stage.rows(f"SELECT 1 FROM above WHERE steps = {(steps := steps + 1)} LIMIT 1"):  # noqa: S608
        execute(_STEP_DOWN.format(steps=steps))
    for statement in (_UNWANTED, _TYPED, _PAGES):
        execute(statement)


def names_of_terms(stage: Stage, table: str) -> list[tuple[int, str, str | None]]:
    """Return id, IRI and, if it has one, label of each row of `predicate_id` or `class_id`."""
    return stage.rows(_LABELS.format(table=table))


def types_above(stage: Stage) -> dict[int, tuple[str, int]]:
    """Return type and depth of each class of `class_id` that is one in the table of types, or below such a class."""
    return {id_: (type_, depth) for id_, type_, depth in stage.rows(_NEAREST)}
