"""How often entities are meant, and names seen to mean them, by tables and the texts of links; and names by these."""

from .stage import Stage

ANCHOR_WEIGHT = 0.9
_FEWEST, _LEAST_SHARE = 2, 0.01
_COUNTED = """
CREATE OR REPLACE TABLE counted AS
SELECT normal, entity, sum(count) AS count, arg_max(text, (count, text)) AS text FROM (
    SELECT normal_form(text) AS normal, entity, text, count FROM (
        SELECT s.id AS entity, a.text, sum(a.count) AS count FROM anchor a JOIN stands_for s ON s.key = a.subject
        GROUP BY ALL)
    UNION ALL SELECT c.normal, s.id, c.alias, c.count FROM name_count c JOIN stands_for s ON s.key = c.subject
) WHERE normal <> '' AND count > 0 GROUP BY normal, entity
"""
# What means an entity once, or seldom among other things, is no name of it.
_NAMES = f"""
INSERT INTO given_name SELECT entity, text, 'anchor', {ANCHOR_WEIGHT} * share
FROM (SELECT *, count / sum(count) OVER (PARTITION BY normal) AS share FROM counted)
WHERE count >= {_FEWEST} AND share >= {_LEAST_SHARE}
"""  # noqa: S608 -- our own names
# Page views of a day or an hour come in several lines; of other numbers for one IRI the largest holds.
COUNTED_PRIORS = """
SELECT s.id AS entity, sum(c.count) AS prior FROM (
    SELECT subject, CASE WHEN any_value(step) IN (SELECT id FROM step WHERE name = 'load page views') THEN sum(count)
        ELSE max(count) END AS count FROM count GROUP BY subject
) c JOIN stands_for s ON s.key = c.subject GROUP BY s.id
"""
NAME_COUNTS = "SELECT normal, entity, count FROM counted ORDER BY ALL"


def add_counted_names(stage: Stage) -> None:
    """Make the table `counted` of the stage, and add to its table `given_name`."""
    stage.connection.execute(_COUNTED)
    stage.connection.execute(_NAMES)
