"""Which entities a graph keeps: of some types, of some classes and what is below them, with so many sitelinks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kg.entities import ENTITY_TYPES
from kg.errors import SourceError
from kg.iris import canonical_iri
from kg.vocabulary import SUBCLASS_OF, WIKIDATA, WIKIDATA_ENTITY

from .entities import number_entities
from .stage import LABELLED, Stage

_SITELINKS = re.compile(r"sitelinks\s*>=\s*(\d{1,9})")
_NUMBER = re.compile(r"(?:wd:)?(Q\d+)")
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
# Of each class that is named, the classes below it, itself among them.
_BELOW = f"""
CREATE OR REPLACE TABLE below AS
WITH RECURSIVE tree AS MATERIALIZED (
    FROM subclass UNION SELECT subject, object FROM triple WHERE predicate = hash('{SUBCLASS_OF}')),
found(rule, class) AS (
    SELECT rule, rule FROM (SELECT hash(unnest(?)) AS rule)
    UNION SELECT f.rule, t.subject FROM found f JOIN tree t ON t.object = f.class)
FROM found
"""  # noqa: S608 -- our own names
_OUT = f"""
CREATE OR REPLACE TABLE left_out AS
SELECT e.key, e.iri FROM entity e LEFT JOIN entity_type t ON t.entity = e.id LEFT JOIN sitelinks l ON l.key = e.key
WHERE ({{asks_kind}} AND coalesce(t.type, '') NOT IN (SELECT unnest(?)) AND e.id NOT IN (
        SELECT s.id FROM type c JOIN stands_for s ON s.key = c.subject WHERE c.class IN (SELECT class FROM below)))
    OR (starts_with(e.iri, '{WIKIDATA}') AND coalesce(l.count, -1) < ?)
"""  # noqa: S608 -- our own names
# Each is counted for the first source that has it; an item of Wikidata of which nothing was said is not counted.
_COUNT_OUT = f"""
CREATE OR REPLACE TABLE out_count AS SELECT step, count(*) AS count FROM (
    SELECT min(i.step) AS step FROM iri i JOIN left_out l USING (iri)
    GROUP BY i.iri HAVING bit_or(i.flags) & {LABELLED} > 0 OR NOT starts_with(i.iri, '{WIKIDATA}')
) GROUP BY step
"""  # noqa: S608 -- our own names
_IDLE = """
CREATE OR REPLACE TABLE idle_rule AS
SELECT rule FROM (SELECT unnest(?) AS rule) WHERE rule NOT IN (SELECT type FROM entity_type)
UNION SELECT rule FROM (SELECT unnest(?) AS rule) WHERE hash(rule) NOT IN (
    SELECT b.rule FROM type t JOIN below b USING (class))
"""


@dataclass(frozen=True, slots=True)
class Keep:
    """What an entity must be to be kept: of one of the types or classes, if any are named, and with the sitelinks."""

    types: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()  # IRIs
    sitelinks: int = -1  # of items of Wikidata: at least so many pages of Wikipedia and its sisters; -1: not asked

    @classmethod
    def of(cls, rules: Sequence[str]) -> "Keep":
        """Read rules: `PER`, `sitelinks>=5`, `Q515`, `http://dbpedia.org/ontology/City`.

        Raises:
            SourceError: If one is none of these.
        """
        types, classes, sitelinks = [], [], -1
        for rule in map(str.strip, rules):
            if rule.upper() in ENTITY_TYPES:
                types.append(rule.upper())
            elif found := _SITELINKS.fullmatch(rule):
                sitelinks = max(sitelinks, int(found[1]))
            elif found := _NUMBER.fullmatch(rule):
                classes.append(WIKIDATA_ENTITY + found[1])
            elif _IRI.fullmatch(rule):
                classes.append(canonical_iri(rule))
            else:
                raise SourceError(
                    f"--keep {rule!r}: expected PER, LOC, ORG or OTHER, a class (Q515, or its IRI), or"
                    ' "sitelinks>=5", in quotes for the shell'
                )
        return cls(tuple(types), tuple(classes), sitelinks)


def leave_out(stage: Stage, keep: Keep) -> bool:
    """Leave out of the stage's entities, whose types are known, those that are not to be kept; say if any are.

    How many they are is in the table `out_count` then, by the source that each is from.
    """
    execute, types, classes = stage.connection.execute, list(keep.types), list(keep.classes)
    execute(_BELOW, [classes])
    execute(_OUT.format(asks_kind=str(bool(types or classes)).lower()), [types, keep.sitelinks])
    execute(_COUNT_OUT)
    execute(_IDLE, [types, classes])
    if not stage.rows("SELECT 1 FROM left_out LIMIT 1"):
        return False
    execute("INSERT INTO unwanted SELECT key FROM left_out")
    number_entities(stage)
    return True
