"""What a build says of single sources and of the whole graph: what was taken for what, what names nothing."""

from .stage import Stage

# What the objects of a table of triples were taken for.
_TAKEN_FOR = """
SELECT o.step, concat_ws(', ', counted(count(*) FILTER (key IN (SELECT key FROM stands_for)),
    'object taken for an entity', 'objects taken for entities') || CASE
        WHEN bool_or(key IN (SELECT key FROM named)) THEN ' (' || count(*) FILTER (key IN (SELECT key FROM named))
            || ' only because at least half of what their predicate leads to are)' ELSE '' END,
    count(*) FILTER (key IS NULL OR key NOT IN (SELECT key FROM stands_for)) || ' for texts') AS text
FROM (SELECT step, object AS key FROM triple UNION ALL SELECT step, may_be FROM literal) o
WHERE o.step IN (SELECT id FROM step WHERE name = 'load triples') GROUP BY o.step
"""
_SKIPPED = """
SELECT r.step, counted(count(*), 'line', 'lines') || ' skipped' || coalesce(', such as line ' || min(r.line), '')
    || ': ' || arg_min(r.reason, (r.line, r.number)) AS text
FROM rejected r JOIN step s ON s.id = r.step WHERE r.reason IS DISTINCT FROM s.error GROUP BY r.step
"""
_UNKNOWN_ANCHORS = """
SELECT step, counted(sum(count)::BIGINT, 'text', 'texts') || ' of links to what is no entity of the graph' AS text
FROM anchor WHERE subject NOT IN (SELECT key FROM stands_for) GROUP BY step
"""
_LEADING = ("count", "name_count", "redirect", "meaning", "same")
# Of tables of numbers, which of their IRIs the sources do not have; of other statements, if they have none of them.
_UNKNOWN_IRIS = """
SELECT step, if(known = 0, format('none of its {} is in the graph', counted(total, one, more)),
        format('{:,} of its {} are not in the graph', total - known, counted(total, one, more)))
    || format(', such as {}', n.iri)
    || if(known = 0, coalesce('; expected the graph''s own, such as ' || (SELECT min(iri) FROM entity), ''), '') AS text
FROM (
    WITH own AS (SELECT key FROM stands_for UNION ALL SELECT key FROM unwanted),
    known AS (FROM own UNION ALL SELECT unnest([subject, object]) FROM same
        WHERE subject IN (FROM own) OR object IN (FROM own)),
    said AS (
        SELECT DISTINCT step, 'IRI' AS one, 'IRIs' AS more, subject AS key
            FROM (SELECT step, subject FROM count UNION ALL SELECT step, subject FROM name_count)
        UNION ALL SELECT step, 'redirect', 'ends of redirects', target FROM redirect
        UNION ALL SELECT step, 'IRI', 'IRIs on disambiguation pages', target FROM meaning
        UNION ALL SELECT step, 'IRI', 'IRIs of owl:sameAs', unnest([subject, object]) FROM same)
    SELECT step, one, more, count(*) AS total, count(*) FILTER (is_known) AS known,
        min(key) FILTER (NOT is_known) AS key
    FROM (SELECT *, key IN (FROM known) AS is_known FROM said) GROUP BY ALL) u
JOIN node n USING (key) WHERE known = 0 OR more = 'IRIs'
"""
# What a source says of classes and properties, which are no entities.
_DEFINITIONS = """
SELECT step, counted(count(DISTINCT key) FILTER (is_class), 'class', 'classes') || ' and '
    || counted(count(DISTINCT key) FILTER (NOT is_class), 'property', 'properties') || ', which are no entities' AS text
FROM defined WHERE key IN (FROM unwanted) GROUP BY step
"""
# Classes of which the table of types knows none, where they were to give some entity its type.
_UNTYPED = """
SELECT 0, format('the table of types knows none of {} in the graph, such as {}: give one that does with --types FILE',
    counted(count(*), 'class', 'classes'), min(iri)) AS text
FROM class WHERE EXISTS (FROM entity_class WHERE entity NOT IN (SELECT entity FROM entity_type))
HAVING count(*) > 0 AND count(type) = 0
"""
_NAMED_OTHERWISE = """
SELECT 0, counted(count(*), 'entity has', 'entities have') || ' no name in {languages}: the name in another language is'
    || format(' taken, such as {} ({}); see --language', arg_min(text, entity), arg_min(place[3], entity))
FROM chosen_label WHERE NOT is_wanted(place[1]) HAVING count(*) > 0
"""
_NAMELESS = """
SELECT 0, counted(count(*), 'entity has', 'entities have') || ' no name, but a number such as ' || arg_min(label, id)
    || ': no text finds them'
FROM described WHERE name = '' AND id NOT IN (SELECT entity FROM given_name) HAVING count(*) > 0
"""
# What UTF-8 looks like that was read as Latin-1 or Windows-1252: `SÃ£o Paulo`, `People’s` with three signs for one.
_MISREAD = r"""
SELECT 0, counted(count(*), 'name looks', 'names look') || ' decoded wrongly, such as ' || min(label)
    || ': no text finds them; write the source as UTF-8 from what it was made of'
FROM described WHERE regexp_matches(label, '[ÃÂ][\x{80}-\x{AD}\x{AF}-\x{B1}\x{B3}-\x{BA}\x{BC}-\x{BF}]|â€[œ™“”˜]')
HAVING count(*) > 0
"""
_IDLE_RULES = "SELECT 0, '--keep ' || rule || ': no entity of the sources is such' FROM idle_rule"


def make_remarks(stage: Stage) -> None:
    """Make the table `remark` of the stage, its entities described; what is said of the whole graph has step 0."""
    parts = [
        _SKIPPED,
        _TAKEN_FOR,
        _UNKNOWN_ANCHORS,
        _DEFINITIONS,
        _UNTYPED,
        _NAMED_OTHERWISE,
        _NAMELESS,
        _MISREAD,
        _IDLE_RULES,
    ]
    if any(stage.rows(f"SELECT 1 FROM {table} LIMIT 1") for table in _LEADING):  # noqa: S608 -- our own names
        parts.append(_UNKNOWN_IRIS)
    said = " UNION ALL ".join(parts).replace("{languages}", ", ".join(stage.languages))
    text = "if(step = 0, string_agg(text, chr(10) ORDER BY text), string_agg(text, '; ' ORDER BY text)) AS text"
    query = f"SELECT step, {text} FROM ({said}) GROUP BY step"  # noqa: S608 -- our own names
    stage.connection.execute(f"CREATE OR REPLACE TABLE remark AS {query}")
