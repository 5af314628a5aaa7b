"""The predicates that mean something to a build, and what they mean."""

_DBO = "http://dbpedia.org/ontology/"
_FOAF = "http://xmlns.com/foaf/0.1/"
_SKOS = "http://www.w3.org/2004/02/skos/core#"
_RDFS = "http://www.w3.org/2000/01/rdf-schema#"

WIKIDATA = "http://www.wikidata.org/"
_CLAIM = WIKIDATA + "prop/direct/"
LABEL = _RDFS + "label"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
REDIRECT = _DBO + "wikiPageRedirects"
SAME_AS = "http://www.w3.org/2002/07/owl#sameAs"
DISAMBIGUATION = _DBO + "wikiPageDisambiguates"

# What a predicate's statements are: the dataset that they come from, as DBpedia names it.
DATASETS = {
    LABEL: "labels",
    _SKOS + "prefLabel": "labels",
    TYPE: "instance_types",
    REDIRECT: "redirects",
    DISAMBIGUATION: "disambiguations",
    SAME_AS: "same_as",
    _FOAF + "depiction": "images",
    _FOAF + "img": "images",
    _DBO + "thumbnail": "images",
    "http://schema.org/image": "images",
    _CLAIM + "P31": "instance_types",
    **{_CLAIM + name: "images" for name in ("P18", "P41", "P94", "P154")},  # a photo, a flag, arms, a logo
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
    "http://schema.org/alternateName": ("alias", 0.9),
    _SKOS + "altLabel": ("alias", 0.9),
    _DBO + "demonym": ("demonym", 0.4),
}

DESCRIPTION = "http://schema.org/description"  # of a table's column of that name

# Statements about pages and files, not about the things: read, counted as ignored, and not kept.
IGNORED = frozenset(
    {
        "http://creativecommons.org/ns#license",
        "http://www.w3.org/ns/prov#wasDerivedFrom",
        "http://purl.org/dc/terms/subject",
        _FOAF + "homepage",
        _FOAF + "page",
        _FOAF + "isPrimaryTopicOf",
        _FOAF + "primaryTopic",
        _FOAF + "thumbnail",
        *(
            _DBO + name
            for name in (
                "wikiPageWikiLink",
                "wikiPageExternalLink",
                "wikiPageID",
                "wikiPageRevisionID",
                "wikiPageRevisionLink",
                "wikiPageHistoryLink",
                "wikiPageEditLink",
                "wikiPageExtracted",
                "wikiPageModified",
                "wikiPageLength",
                "wikiPageOutDegree",
                "wikiPageInterLanguageLink",
                "wikiPageUsesTemplate",
                "wikiPageLinkText",
            )
        ),
    }
)

# What items of Wikidata are that are pages of its sister projects: for disambiguation, a category, a template, a list.
PAGE_CLASSES = tuple(f"{WIKIDATA}entity/{name}" for name in ("Q4167410", "Q4167836", "Q11266439", "Q13406463"))

# Entity-to-entity statements that are kept, but do not bring two things nearer to each other.
NO_HOP = frozenset(
    {_RDFS + "seeAlso", "http://www.w3.org/2002/07/owl#differentFrom", "http://purl.org/linguistics/gold/hypernym"}
)


def dataset_of(predicate: str, *, is_literal: bool) -> str:
    """Return the dataset that a statement belongs to, by DBpedia's names; `ignored` for those that are not kept."""
    if predicate in IGNORED:
        return "ignored"
    known = DATASETS.get(predicate)
    if known is not None:
        return known
    return "mappingbased_literals" if is_literal else "mappingbased_objects"
