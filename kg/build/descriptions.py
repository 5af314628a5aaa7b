"""Labels, names and images of entities, from the stage, in DuckDB."""

from .stage import LABELLED, Stage

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
"""
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
FROM (SELECT page AS key, page FROM meaning UNION SELECT d.page, d.target FROM ending d JOIN meaning m ON m.page = d.target) p
JOIN page_name n ON n.key = p.key
JOIN (SELECT DISTINCT m.page, s.id AS entity FROM meaning m JOIN stands_for s ON s.key = m.target) t ON t.page = p.page
"""
IMAGES = """
SELECT DISTINCT s.id, i.source, i.folder FROM image i JOIN stands_for s ON s.key = i.subject ORDER BY ALL
"""
LITERALS = """
SELECT DISTINCT s.id, p.id, l.value, l.tag FROM literal l
JOIN stands_for s ON s.key = l.subject JOIN predicate_id p ON p.key = l.predicate
WHERE l.may_be IS NULL OR l.may_be NOT IN (SELECT key FROM stands_for)
ORDER BY ALL
"""


def describe_entities(stage: Stage) -> None:
    """Make the tables `chosen_label` and `given_name` of the stage, its entities resolved."""
    for statement in (_LABEL_OF_IRI, _OWN_LABELS, _CHOSEN_LABELS, _PAGE_NAMES, _GIVEN_NAMES):
        stage.connection.execute(statement)
