"""The predicates that mean something to a build, and what they mean."""

_DBO = "http://dbpedia.org/ontology/"
_FOAF = "http://xmlns.com/foaf/0.1/"
_SKOS = "http://www.w3.org/2004/02/skos/core#"
_OWL = "http://www.w3.org/2002/07/owl#"
_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_SCHEMA = ("http://schema.org/", "https://schema.org/")  # it is written both ways

WIKIDATA = "http://www.wikidata.org/"
WIKIDATA_ENTITY = WIKIDATA + "entity/"
WIKIDATA_CLAIM = WIKIDATA + "prop/direct/"
SUBCLASS = WIKIDATA_CLAIM + "P279"
LABEL = _RDFS + "label"
ALIAS = _SKOS + "altLabel"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
REDIRECT = _DBO + "wikiPageRedirects"
SAME_AS = _OWL + "sameAs"
SUBCLASS_OF = _RDFS + "subClassOf"
DISAMBIGUATION = _DBO + "wikiPageDisambiguates"
ABOUT = "http://schema.org/about"  # from a page to its subject
PRIOR = "http://purl.org/voc/vrank#rankValue"  # how well known an entity is, as a number

# What a predicate's statements are: the dataset that they come from, as DBpedia names it.
DATASETS = {
    LABEL: "labels",
    _SKOS + "prefLabel": "labels",
    TYPE: "instance_types",
    REDIRECT: "redirects",
    DISAMBIGUATION: "disambiguations",
    SAME_AS: "same_as",
    _DBO + "wikiPageWikiLink": "page_links",
    "http://lexvo.org/ontology#label": "anchor_text",
    _FOAF + "depiction": "images",
    _FOAF + "img": "images",
    PRIOR: "priors",
    _DBO + "thumbnail": "images",
    **{start + name: "images" for start in _SCHEMA for name in ("image", "logo")},
    WIKIDATA_CLAIM + "P31": "instance_types",
    # A photo, a flag, arms, a logo, a seal, a collage, a place at night, as a panorama, from inside, from the air.
    **{
        WIKIDATA_CLAIM + name: "images"
        for name in ("P18", "P41", "P94", "P154", "P158", "P2716", "P3451", "P4291", "P5775", "P8592")
    },
}

# Literals that are other names of their subject: kind and weight. They are kept as literals too.
NAME_PREDICATES = {
    _FOAF + "nick": ("nickname", 0.9),
    _DBO + "nickname": ("nickname", 0.9),
    _DBO + "alias": ("alias", 0.9),
    _DBO + "abbreviation": ("alias", 0.9),
    _DBO + "commonName": ("alias", 0.9),
    _DBO + "longName": ("alias", 0.9),
    _DBO + "formerName": ("alias", 0.7),
    _DBO + "birthName": ("alias", 0.7),
    _DBO + "pseudonym": ("alias", 0.9),
    _FOAF + "name": ("alias", 0.9),
    **{start + "name": ("alias", 0.95) for start in _SCHEMA},
    **{start + name: ("alias", 0.9) for start in _SCHEMA for name in ("alternateName", "legalName")},
    ALIAS: ("alias", 0.9),
    _DBO + "demonym": ("demonym", 0.4),
    # Of Wikidata: official name, short name, native label, name in native language, pseudonym;
    # birth name; nickname; demonym.
    **{WIKIDATA_CLAIM + name: ("alias", 0.9) for name in ("P1448", "P1813", "P1705", "P1559", "P742")},
    WIKIDATA_CLAIM + "P1477": ("alias", 0.7),
    WIKIDATA_CLAIM + "P1449": ("nickname", 0.9),
    WIKIDATA_CLAIM + "P1549": ("demonym", 0.4),
}

# Predicates whose facts help to tell what a text is about, in the order in which they are given; IRIs or local names.
# Those of Wikidata beside ours; what its predicates are called depends on the language.
DEFAULT_PREDICATES = (
    "occupation", "P106", "profession", "position", "team", "P54", "league", "P118", "party", "P102", "office", "P39",
    "nationality", "P27", "birthPlace", "P19", "genre", "P136", "industry", "P452", "location", "P276", "locationCity",
    "headquarter", "P159", "city", "country", "P17", "capital", "P36", "continent", "P30", "language", "author", "P50",
    "director", "P57", "artist", "P175", "knownFor", "P800", "sport", "P641",
)  # fmt: skip

DESCRIPTION = "http://schema.org/description"  # of a table's column of that name

# Statements about pages, files and classes, not about the things: read, counted as ignored, and not kept; by what
# they are.
_OF_PAGES = {
    "addresses of pages about a thing": (_FOAF + "homepage", _FOAF + "page", _DBO + "wikiPageExternalLink"),
    "which page of Wikipedia a thing comes from": (
        _FOAF + "isPrimaryTopicOf",
        _FOAF + "primaryTopic",
        "http://www.w3.org/ns/prov#wasDerivedFrom",
    ),
    "categories of articles": ("http://purl.org/dc/terms/subject", _SKOS + "subject"),
    "rights in files": ("http://creativecommons.org/ns#license", "http://purl.org/dc/elements/1.1/rights"),
    "smaller forms of pictures": (_FOAF + "thumbnail",),
    "templates of pages": (_DBO + "wikiPageUsesTemplate", "http://dbpedia.org/property/wikiPageUsesTemplate"),
    "numbers, lengths and revisions of pages": tuple(
        f"{_DBO}wikiPage{name}"
        for name in (
            *("ID", "RevisionID", "RevisionLink", "HistoryLink", "EditLink", "Extracted", "Modified", "Length"),
            *("OutDegree", "InterLanguageLink", "LinkText", "InLinkCountCleaned", "OutLinkCountCleaned"),
        )
    ),
    "what an ontology says of its classes and properties beside their tree and labels": (
        *(_RDFS + name for name in ("domain", "range", "subPropertyOf", "isDefinedBy")),
        *(
            _OWL + name
            for name in ("equivalentClass", "equivalentProperty", "disjointWith", "propertyDisjointWith", "inverseOf")
        ),
    ),
}
IGNORED = {predicate: why for why, predicates in _OF_PAGES.items() for predicate in predicates}

# What items of Wikidata are that are pages of its sister projects: for disambiguation, a category, a template, a list;
# for people of one name, of a project, a module, of Wikimedia's own use, a report of Wikinews.
PAGE_CLASSES = tuple(
    WIKIDATA_ENTITY + name
    for name in (
        *("Q4167410", "Q4167836", "Q11266439", "Q13406463"),
        *("Q22808320", "Q14204246", "Q15184295", "Q17442446", "Q17633526"),
    )
)

# Entity-to-entity statements that are kept, but do not bring two things nearer to each other.
NO_HOP = frozenset(
    {
        _RDFS + "seeAlso",
        "http://www.w3.org/2002/07/owl#differentFrom",
        "http://purl.org/linguistics/gold/hypernym",
        WIKIDATA_CLAIM + "P1889",  # different from
    }
)


def dataset_of(predicate: str, *, is_literal: bool) -> str:
    """Return the dataset that a statement belongs to, by DBpedia's names; `ignored` for those that are not kept."""
    if predicate in IGNORED:
        return "ignored"
    return DATASETS.get(predicate, "mappingbased_literals" if is_literal else "mappingbased_objects")
