"""What is known of entities, worked out from the stage in DuckDB: triples, classes, types, priors, labels and names."""

from collections.abc import Sequence

from .stage import LABELLED, Stage

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
_PRIORS = """
SELECT coalesce(g.entity, d.entity) AS entity, coalesce(g.prior, d.prior::DOUBLE) AS prior
FROM (SELECT s.id AS entity, max(g.prior) AS prior FROM given g JOIN stands_for s ON s.key = g.subject
      WHERE g.prior IS NOT NULL GROUP BY s.id) g
FULL JOIN (SELECT object AS entity, count(*) AS prior FROM edge GROUP BY object) d ON d.entity = g.entity
"""
_COUNTS = """
SELECT s.id AS entity, sum(c.count) AS prior
FROM (SELECT subject, max(count) AS count FROM count GROUP BY subject) c JOIN stands_for s ON s.key = c.subject
GROUP BY s.id
"""

# Names besides the labels, in the order of entities.
GIVEN_NAMES = "SELECT entity, text, kind, weight FROM given_name ORDER BY entity"

REDIRECT_WEIGHT, PAGE_WEIGHT, OTHER_LABEL_WEIGHT = 0.85, 0.5, 0.9

# Most labels that are read off an IRI need no Python.
_LABEL_OF_IRI = """
CREATE OR REPLACE MACRO read_label(iri) AS CASE
    WHEN starts_with(iri, 'http://dbpedia.org/resource/') AND NOT contains(iri, '%') AND strlen(iri) = length(iri)
        AND trim(replace(iri[29:], '_', ' ')) <> '' THEN trim(replace(iri[29:], '_', ' '))
    ELSE label_of_iri(iri) END
"""
# An entity's own labels, the best first: in English or without a language, then by language.
_OWN_LABELS = """
CREATE OR REPLACE TABLE own_label AS
SELECT e.id AS entity, l.text, min((language NOT IN ('', 'en'), language, l.text)) AS place
FROM (SELECT *, CASE WHEN tag[1] = '@' THEN tag[2:] ELSE '' END AS language FROM label) l
JOIN entity e ON e.key = l.subject GROUP BY e.id, l.text
"""
_CHOSEN_LABELS = """
CREATE OR REPLACE TABLE chosen_label AS SELECT entity, arg_min(text, place) AS text FROM own_label GROUP BY entity
"""
# What redirects and disambiguation pages are called: their labels, or the one that is read off their IRI.
_PAGE_NAMES = f"""
CREATE OR REPLACE TABLE page_name AS
WITH page AS (SELECT page AS key FROM ending UNION SELECT page FROM meaning)
SELECT p.key, l.text FROM page p JOIN label l ON l.subject = p.key
UNION ALL SELECT p.key, read_label(n.iri) FROM page p JOIN node n ON n.key = p.key WHERE n.flags & {LABELLED} = 0
"""  # noqa: S608 -- our own names
# A disambiguation page names what it leads to, and so does a redirect to such a page.
_GIVEN_NAMES = f"""
CREATE OR REPLACE TABLE given_name AS
SELECT s.id AS entity, n.text, n.kind, n.weight FROM name n JOIN stands_for s ON s.key = n.subject
UNION ALL
SELECT o.entity, o.text, 'alias', {OTHER_LABEL_WEIGHT} FROM own_label o JOIN chosen_label c ON c.entity = o.entity
WHERE o.text <> c.text
UNION ALL
SELECT e.id, n.text, 'redirect', {REDIRECT_WEIGHT}
FROM page_name n JOIN ending d ON d.page = n.key JOIN entity e ON e.key = d.target
UNION ALL
SELECT t.entity, n.text, 'disambiguation', {PAGE_WEIGHT}
FROM (SELECT page AS key, page FROM meaning
      UNION SELECT d.page, d.target FROM ending d JOIN meaning m ON m.page = d.target) p
JOIN page_name n ON n.key = p.key
JOIN (SELECT DISTINCT m.page, s.id AS entity FROM meaning m JOIN stands_for s ON s.key = m.target) t ON t.page = p.page
"""  # noqa: S608 -- our own names
IMAGES = """
SELECT DISTINCT s.id, i.source, i.folder FROM image i JOIN stands_for s ON s.key = i.subject ORDER BY ALL
"""
LITERALS = """
SELECT DISTINCT s.id, p.id, l.value, l.tag FROM literal l
JOIN stands_for s ON s.key = l.subject JOIN predicate_id p ON p.key = l.predicate
WHERE l.may_be IS NULL OR l.may_be NOT IN (SELECT key FROM stands_for)
ORDER BY ALL
"""


def relate_entities(stage: Stage, classes: Sequence[tuple[int, str, str, str | None, int | None]]) -> None:
    """Make the tables `edge`, `entity_class`, `class`, `entity_type` and `prior` of the stage.

    The prior of an entity is what a file of priors counts, if one is given: 0 where it does not name the entity, the
    sum where it names several IRIs of it. Else it is the number that a table gives, else the number of distinct triples
    that lead to the entity.

    Args:
        stage: The stage, its entities resolved.
        classes: See `kg.build.entities.name_classes`.
    """
    execute = stage.connection.execute
    execute(_EDGES)
    execute(_CLASSES)
    execute("CREATE OR REPLACE TABLE class_name (id BIGINT, iri VARCHAR, label VARCHAR, type VARCHAR, depth BIGINT)")
    if classes:
        stage.connection.executemany("INSERT INTO class_name VALUES (?, ?, ?, ?, ?)", classes)
    execute(
        "CREATE OR REPLACE TABLE class AS SELECT c.*, coalesce(n.instances, 0) AS instances FROM class_name c LEFT JOIN"
        " (SELECT class, count(*) AS instances FROM entity_class GROUP BY class) n ON n.class = c.id"
    )
    execute(_RANKS)
    execute(_TYPES)
    has_counts = stage.rows("SELECT 1 FROM count LIMIT 1")
    execute(f"CREATE OR REPLACE TABLE prior AS {_COUNTS if has_counts else _PRIORS}")


def describe_entities(stage: Stage) -> None:
    """Make the tables `chosen_label` and `given_name` of the stage, its entities resolved."""
    for statement in (_LABEL_OF_IRI, _OWN_LABELS, _CHOSEN_LABELS, _PAGE_NAMES, _GIVEN_NAMES):
        stage.connection.execute(statement)
