"""What the stage says, worked out in DuckDB: which IRIs are entities, and all that is known of each.

An entity is an IRI in some statement that is neither a redirect nor a disambiguation page. Ids follow the order of
IRIs, so that they do not depend on the order of the sources.
"""

from kg.errors import StoreError
from kg.iris import local_name, words_of_name
from kg.vocabulary import NO_HOP, WIKIDATA

from .name_counts import COUNTED_PRIORS
from .ontology import Ancestors, leave_definitions_out
from .stage import LABELLED, STATED, Stage
from .titles import understand_titles
from .types import TypeMap
from .wikidata_classes import names_of_terms, sort_items, types_above

_NODES = """
CREATE OR REPLACE TABLE node AS SELECT hash(iri) AS key, iri, bit_or(flags) AS flags FROM iri GROUP BY iri
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
        AND key NOT IN (SELECT key FROM unwanted)
    ORDER BY iri
)
"""  # noqa: S608 -- our own names
# A name that a table has as an object is an entity, even if nothing else is known of it, where at least half of what
# its predicate leads to are entities, and the row's subject is a name too. Numbers, dates and long texts are none.
_NAMED = f"""
CREATE OR REPLACE TABLE named AS
WITH target AS (SELECT predicate, may_be AS key, bool_and(
        NOT regexp_matches(s.iri, '^[A-Za-z][A-Za-z0-9+.-]*:') AND regexp_full_match(l.value, '[^\\n]{{1,100}}')
        AND try_cast(l.value AS DOUBLE) IS NULL AND try_cast(l.value AS TIMESTAMP) IS NULL) AS is_name
    FROM literal l JOIN node s ON s.key = l.subject WHERE may_be IS NOT NULL GROUP BY ALL),
known AS (SELECT key FROM node WHERE flags & {STATED | LABELLED} > 0),
shared AS (SELECT predicate FROM (SELECT predicate, key FROM target UNION SELECT predicate, object FROM triple)
    WHERE predicate IN (SELECT predicate FROM target) GROUP BY predicate
    HAVING 2 * count(*) FILTER (key IN (FROM known)) >= count(*))
SELECT DISTINCT key FROM target WHERE is_name AND predicate IN (FROM shared) AND key NOT IN (FROM known)
"""  # noqa: S608 -- our own names
_NAMES_ARE_STATED = f"UPDATE node SET flags = flags | {STATED} WHERE key IN (SELECT key FROM named)"  # noqa: S608
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
# A table's object that turns out to be an entity's IRI makes a triple too.
_EDGES = """
CREATE OR REPLACE TABLE edge AS
SELECT DISTINCT s.id::UINTEGER AS subject, o.id::UINTEGER AS object, p.id::UINTEGER AS predicate
FROM (SELECT subject, predicate, object FROM triple
      UNION ALL SELECT subject, predicate, may_be FROM literal WHERE may_be IS NOT NULL) t
JOIN stands_for s ON s.key = t.subject JOIN stands_for o ON o.key = t.object JOIN predicate_id p ON p.key = t.predicate
ORDER BY ALL
"""
_CLASSES = """
CREATE OR REPLACE TABLE entity_class AS
SELECT DISTINCT s.id AS entity, c.id AS class FROM typed t
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
# Where it is known how many pages items of Wikidata have, an item without a number has none.
_PRIORS = f"""
SELECT e.id AS entity, coalesce(g.prior, w.prior,
    CASE WHEN starts_with(e.iri, '{WIKIDATA}') AND EXISTS (FROM sitelinks) THEN 0 END, d.prior::DOUBLE) AS prior
FROM entity e
LEFT JOIN (SELECT s.id AS entity, max(g.prior) AS prior FROM given g JOIN stands_for s ON s.key = g.subject
      WHERE g.prior IS NOT NULL GROUP BY s.id) g ON g.entity = e.id
LEFT JOIN (SELECT s.id AS entity, max(w.count) AS prior FROM sitelinks w JOIN stands_for s USING (key) GROUP BY s.id) w
    ON w.entity = e.id
LEFT JOIN (SELECT entity, sum(count) AS prior FROM (
    SELECT object AS entity, count(*) AS count FROM edge GROUP BY object
    UNION ALL SELECT s.id, l.count FROM link l JOIN stands_for s ON s.key = l.object
) GROUP BY entity) d ON d.entity = e.id
"""  # noqa: S608 -- our own names
# Names besides the labels, in the order of entities.
GIVEN_NAMES = "SELECT entity, text, kind, weight FROM given_name ORDER BY entity"

REDIRECT_WEIGHT, PAGE_WEIGHT, OTHER_LABEL_WEIGHT = 0.85, 0.5, 0.9

# Most labels that are read off an IRI need no Python. The number of an item, a record, a topic of Freebase is no name.
_LABEL_OF_IRI = """
CREATE OR REPLACE MACRO is_number(iri) AS
    regexp_matches(iri, '(^|[/:#])Q\\d+$|[/:#]\\d[\\d-]*[Xx]?$|(^|[/:#])[mg][./]0\\w+$')
    AND NOT regexp_matches(iri, '//([a-z]{2,3}(-[a-z-]+)?[.])?dbpedia[.]org/resource/');
CREATE OR REPLACE MACRO read_label(iri) AS coalesce(
    CASE WHEN starts_with(iri, 'http://dbpedia.org/resource/') AND NOT contains(iri, '%') AND strlen(iri) = length(iri)
        THEN nullif(trim(replace(substring(iri, 29), '_', ' ')), '') END,
    label_of_iri(iri))
"""
# An entity's own labels, the best first: in the wanted languages, then without one, in `mul`, in English, in others, of
# which those in Latin letters come first.
_OWN_LABELS = f"""
CREATE OR REPLACE TABLE own_label AS
SELECT e.id AS entity, l.text,
    min((language_place(language), is_foreign(language_place(language)) AND NOT regexp_matches(l.text, '[a-zA-ZÀ-ɏ]'),
        language, l.text)) AS place,
    any_value(starts_with(e.iri, '{WIKIDATA}')) AS is_item
FROM (SELECT *, CASE WHEN tag[1] = '@' THEN tag[2:] ELSE '' END AS language FROM label) l
JOIN entity e ON e.key = l.subject GROUP BY e.id, l.text
"""  # noqa: S608 -- our own names
_CHOSEN_LABELS = """
CREATE OR REPLACE TABLE chosen_label AS
SELECT entity, arg_min(text, place) AS text, min(place) AS place FROM own_label GROUP BY entity
"""
# What redirects and disambiguation pages are called: their labels, or the one that is read off their IRI.
_PAGE_NAMES = f"""
CREATE OR REPLACE TABLE page_name AS
WITH page AS (SELECT page AS key FROM ending UNION SELECT page FROM meaning)
SELECT p.key, l.text FROM page p JOIN label l ON l.subject = p.key
UNION ALL SELECT p.key, read_label(n.iri) FROM page p JOIN node n ON n.key = p.key WHERE n.flags & {LABELLED} = 0
    AND NOT is_number(n.iri)
"""  # noqa: S608 -- our own names
# A disambiguation page names what it leads to, and so does a redirect to such a page. Of the labels of Wikidata, in
# hundreds of languages, those in the wanted ones are names.
_GIVEN_NAMES = f"""
CREATE OR REPLACE TABLE given_name AS
SELECT s.id AS entity, n.text, n.kind, n.weight FROM name n JOIN stands_for s ON s.key = n.subject
UNION ALL
SELECT o.entity, o.text, 'alias', {OTHER_LABEL_WEIGHT} FROM own_label o JOIN chosen_label c ON c.entity = o.entity
WHERE o.text <> c.text AND (is_wanted(o.place[1]) OR NOT o.is_item)
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
# An entity without a label may say, by schema.org, what it is called: a name that is more than an alias.
_DESCRIBED = """
CREATE OR REPLACE TABLE described AS
WITH called AS (SELECT entity, min(text) AS text FROM given_name WHERE kind = 'alias' AND weight > 0.9 GROUP BY entity)
SELECT e.id, e.iri, coalesce(l.text, n.text, read_label(e.iri)) AS label, t.type, coalesce(p.prior, 0)::DOUBLE AS prior,
    CASE WHEN l.text IS NULL AND n.text IS NULL AND is_number(e.iri) THEN '' ELSE label END AS name
FROM entity e LEFT JOIN chosen_label l ON l.entity = e.id LEFT JOIN entity_type t ON t.entity = e.id
LEFT JOIN called n ON n.entity = e.id LEFT JOIN prior p ON p.entity = e.id ORDER BY e.id
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


def resolve_entities(stage: Stage, types: TypeMap) -> None:
    """Give an id to every entity, predicate and class, and to each redirect the entity at the end of its chain.

    IRIs that redirect in a circle stand for themselves, and are kept as rejected.

    Args:
        stage: The stage, its sources read.
        types: The types of classes.

    Raises:
        StoreError: If two IRIs share a key.
    """
    execute = stage.connection.execute
    execute(_NODES)
    if stage.rows("SELECT 1 FROM node HAVING count(DISTINCT key) < count(*)"):
        shared = "SELECT min(iri), max(iri) FROM node GROUP BY key HAVING count(*) > 1 LIMIT 1"
        [(one, other)] = stage.rows(shared)
        raise StoreError(f"the IRIs {one} and {other} have the same 64-bit key; leave one of them out")
    _follow_redirects(stage)
    execute(_NAMED)
    execute(_NAMES_ARE_STATED)
    sort_items(stage, types)
    leave_definitions_out(stage)
    number_entities(stage)


def number_entities(stage: Stage) -> None:
    """Give the ids, again after more was added to the table `unwanted` of the stage."""
    execute = stage.connection.execute
    execute(_ENTITIES)
    execute(_STANDS_FOR)
    understand_titles(stage)
    both = "(SELECT predicate FROM triple UNION SELECT predicate FROM literal)"
    execute(_IDS.format(table="predicate", column="predicate", tables=both))
    execute(_IDS.format(table="class", column="class", tables="typed"))


def name_predicates(stage: Stage) -> list[tuple[int, str, str, int]]:
    """Return the rows of `predicate`: id, IRI, words, and whether it brings two things nearer to each other."""
    rows = names_of_terms(stage, "predicate")
    return [(id_, iri, label or words_of_name(iri), int(iri not in NO_HOP)) for id_, iri, label in rows]


def class_entities(stage: Stage, types: TypeMap) -> None:
    """Make the tables `entity_class`, `class` and `entity_type` of the stage, its entities resolved."""
    execute, classes = stage.connection.execute, _name_classes(stage, types)
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


def relate_entities(stage: Stage) -> None:
    """Make the tables `edge` and `prior` of the stage, its entities resolved.

    The prior of an entity is what a file of priors counts, if one is given: 0 where it does not name the entity, the
    sum where it names several IRIs of it. Else it is the number that a table gives, else, for an item of Wikidata, how
    many pages of Wikipedia and its sisters it has, else how many distinct triples, and links of pages where a source
    has these, lead to the entity.
    """
    execute = stage.connection.execute
    execute(_EDGES)
    has_counts = stage.rows("SELECT 1 FROM count c JOIN stands_for s ON s.key = c.subject LIMIT 1")
    execute(f"CREATE OR REPLACE TABLE prior AS {COUNTED_PRIORS if has_counts else _PRIORS}")


def describe_entities(stage: Stage) -> None:
    """Make the tables `described` and `given_name` of the stage, its entities related."""
    for statement in (_LABEL_OF_IRI, _OWN_LABELS, _CHOSEN_LABELS, _PAGE_NAMES, _GIVEN_NAMES, _DESCRIBED):
        stage.connection.execute(statement)


def _name_classes(stage: Stage, types: TypeMap) -> list[tuple[int, str, str, str | None, int | None]]:
    """Return the rows of `class` without their counts: id, IRI, words, coarse type and depth."""
    above, tree, rows = types_above(stage), Ancestors(stage, types), []
    for id_, iri, label in names_of_terms(stage, "class"):
        name = label.title().replace(" ", "") if label and iri.startswith(WIKIDATA) else iri
        type_, depth = above.get(id_) or tree.type_of(name)
        words = label or types.labels.get(local_name(iri)) or words_of_name(iri)
        rows.append((id_, iri, words, type_, depth))
    return rows


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
