"""What statements of Wikidata say of items, among all that they say of records, pages and properties.

In the full dump nine statements of ten are about statements, references and values; here they go before they cost more.
"""

from kg.vocabulary import (
    ABOUT,
    ALIAS,
    DATASETS,
    DESCRIPTION,
    LABEL,
    NAME_PREDICATES,
    REDIRECT,
    SAME_AS,
    WIKIDATA,
    WIKIDATA_CLAIM,
    WIKIDATA_ENTITY,
)

from .stage import Stage

DBPEDIA = "http://dbpedia.org/resource/"
_WIKIBASE = "http://wikiba.se/ontology"
_ENGLISH = "https://en.wikipedia.org/wiki/"
_RECORD = "https://www.wikidata.org/wiki/Special:EntityData/"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_ITEM = WIKIDATA_ENTITY + "Q"
_PICTURES = [predicate for predicate, dataset in DATASETS.items() if dataset == "images"]

_HAS_ANY = f"""
SELECT 1 FROM said WHERE starts_with(s, '{WIKIDATA}') OR starts_with(o, '{WIKIDATA}') OR starts_with(s, '{_WIKIBASE}')
LIMIT 1
"""  # noqa: S608 -- our own names
# The title of an English article is a name of its item, and what DBpedia calls the same thing.
_TITLES = f"""
INSERT INTO said SELECT -1, o, '{{predicate}}', hash('{{predicate}}'), {{end}}, NULL FROM said
WHERE hp IS NOT NULL AND p = '{ABOUT}' AND starts_with(s, '{_ENGLISH}') AND starts_with(o, '{_ITEM}')
"""  # noqa: S608 -- our own names
_SITELINKS = f"""
INSERT INTO item SELECT {{step}}, hash('{WIKIDATA_ENTITY}' || s[{len(_RECORD) + 1}:]), try_cast(v AS INTEGER) FROM said
WHERE hp IS NOT NULL AND p = '{_WIKIBASE}#sitelinks' AND starts_with(s, '{_RECORD}') AND try_cast(v AS INTEGER) >= 0
"""  # noqa: S608 -- our own names
# Of an item, its labels and claims stay: what leads to items or pictures, names, numbers, dates, places. A plain text
# is a number in some catalogue, or a code, if it is no name.
_UNKEPT = f"""
DELETE FROM said WHERE hp IS NOT NULL AND (
    starts_with(p, '{_WIKIBASE}') OR starts_with(o, '{_WIKIBASE}') OR starts_with(s, '{_WIKIBASE}')
    OR starts_with(s, '{_RECORD}')
    OR p = 'http://schema.org/isPartOf' AND regexp_matches(o, '^https?://[a-z.-]+\\.org/$')
    OR starts_with(s, '{WIKIDATA}') AND (
        NOT starts_with(s, '{WIKIDATA_ENTITY}') OR starts_with(s, '{WIKIDATA_ENTITY}statement/')
        OR p = 'http://schema.org/name' OR starts_with(o, '{WIKIDATA}prop/')
        OR starts_with(p, '{WIKIDATA}prop/') AND NOT starts_with(p, '{WIKIDATA_CLAIM}')
        OR NOT starts_with(s, '{_ITEM}') AND p <> '{LABEL}'
        OR p IN ('{ALIAS}', '{DESCRIPTION}') AND NOT is_wanted(language_place(t[2:]))
        OR starts_with(p, '{WIKIDATA_CLAIM}') AND (
            NOT starts_with(o, '{_ITEM}') AND p NOT IN {tuple(_PICTURES)}
            OR v IS NOT NULL AND t = '' AND p NOT IN {tuple(NAME_PREDICATES)})
    )
)
"""  # noqa: S608 -- our own names
# One form for numbers and dates, however a file was written; a merged item is another name of the one that is left.
_PLAINLY = f"""
UPDATE said SET v = ltrim(v, '+') WHERE starts_with(p, '{WIKIDATA_CLAIM}') AND t = '{_XSD}decimal';
UPDATE said SET v = v[:-7] || 'Z'
WHERE starts_with(p, '{WIKIDATA_CLAIM}') AND t = '{_XSD}dateTime' AND ends_with(v, '+00:00');
UPDATE said SET p = '{REDIRECT}', hp = hash('{REDIRECT}')
WHERE p = '{SAME_AS}' AND starts_with(s, '{_ITEM}') AND starts_with(o, '{_ITEM}');
"""  # noqa: S608 -- our own names


def take_wikidata(stage: Stage) -> None:
    """Leave in the table `said` what is to be kept of Wikidata's statements; the others are counted as ignored."""
    if not stage.rows(_HAS_ANY):
        return
    execute = stage.connection.execute
    title = f"s[{len(_ENGLISH) + 1}:]"
    execute(_TITLES.format(predicate=SAME_AS, end=f"'{DBPEDIA}' || {title}, NULL, NULL"))
    execute(_TITLES.format(predicate=ALIAS, end=f"NULL, label_of_iri('{DBPEDIA}' || {title}), '@en'"))
    execute(_SITELINKS.format(step=stage.step))
    [(unkept,)] = stage.rows(_UNKEPT)
    stage.ignored += unkept
    execute(_PLAINLY)
