"""Titles and pages of Wikipedia in tables of numbers, where IRIs are expected: which entities they stand for."""

from .stage import Stage

_HAS_ANY = "SELECT 1 FROM (SELECT subject FROM count UNION ALL SELECT subject FROM name_count) LIMIT 1"
# DBpedia's IRI of a page, or of a title (in the language that most of the graph's own have), which is an entity's or is
# said to be the same as one.
_UNDERSTOOD = """
INSERT INTO stands_for
WITH own AS (SELECT coalesce((
    SELECT host FROM (SELECT regexp_extract(iri, '^https?://([a-z-]+[.])?dbpedia[.]org/resource/') AS host FROM entity)
    WHERE host <> '' GROUP BY host ORDER BY count(*) DESC, host LIMIT 1), 'http://dbpedia.org/resource/') AS host),
asked AS (SELECT key, iri, regexp_extract(iri, '^https?://([a-z-]+)[.](m[.])?wikipedia[.]org/wiki/', 1) AS language
    FROM node WHERE key IN (SELECT subject FROM count UNION SELECT subject FROM name_count)
    AND key NOT IN (SELECT key FROM stands_for)),
title AS (SELECT key, CASE language WHEN '' THEN (SELECT host FROM own) WHEN 'en' THEN 'http://dbpedia.org/resource/'
        ELSE 'http://' || language || '.dbpedia.org/resource/' END AS host,
    replace(CASE language WHEN '' THEN upper(iri[1]) || iri[2:] ELSE split_part(iri, '/wiki/', 2) END, ' ', '_')
    AS title FROM asked WHERE language <> '' OR NOT contains(iri, '://')),
known AS (SELECT key, id FROM stands_for
    UNION ALL SELECT x.object, s.id FROM same x JOIN stands_for s ON s.key = x.subject
    UNION ALL SELECT x.subject, s.id FROM same x JOIN stands_for s ON s.key = x.object)
SELECT t.key, min(k.id) FROM title t JOIN known k ON k.key = hash(t.host || t.title) GROUP BY t.key
"""


def understand_titles(stage: Stage) -> None:
    """Add to the table `stands_for` of the stage the titles and pages for which numbers are given."""
    if stage.rows(_HAS_ANY):
        stage.connection.execute(_UNDERSTOOD)
