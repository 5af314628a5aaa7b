"""Other IRIs of the entities of a graph: what other graphs call them, from `owl:sameAs`, and old ones that redirect."""

_MOST_SAME = 1000
# What other graphs call an entity, whichever of the two the statement begins with; and what these are the same as,
# unless so much is that it cannot be true. An old IRI that redirects to the entity is its too.
SAME_AS = f"""
WITH pair AS (SELECT subject AS one, object AS other FROM same UNION SELECT object, subject FROM same),
near AS (SELECT s.id, p.other FROM pair p JOIN stands_for s ON s.key = p.one),
telling AS (SELECT one FROM pair GROUP BY one HAVING count(*) <= {_MOST_SAME}),
every AS (FROM near UNION
    SELECT n.id, p.other FROM near n JOIN pair p ON p.one = n.other WHERE n.other IN (FROM telling))
SELECT DISTINCT e.id, n.iri FROM every e JOIN node n ON n.key = e.other LEFT JOIN stands_for s ON s.key = e.other
WHERE s.id IS DISTINCT FROM e.id
UNION SELECT e.id, n.iri FROM ending d JOIN entity e ON e.key = d.target JOIN node n ON n.key = d.page ORDER BY ALL
"""  # noqa: S608 -- our own names
