"""What DBpedia's files say of things, among all that they say of pages, files, categories and records."""

from kg.vocabulary import TYPE

from .stage import Stage

# The namespaces of pages that are no articles, in the languages in which DBpedia comes: categories, files, templates.
_NAMESPACES = (
    "Category|Kategorie|Catégorie|Categoría|Categoria|Categorie|Kategoria|Kategori|Kategorija|Kategória|Kategorio|Luokka"
    "|Категория|Категорія|Катэгорыя|Категорија|Κατηγορία|カテゴリ|분류|تصنيف|رده|קטגוריה|Thể_loại|หมวดหมู่|Kategooria"
    "|File|Image|Datei|Fichier|Archivo|Bestand|Plik|Ficheiro|Fil|Файл|Tiedosto|ファイル|파일|ملف"
    "|Template|Vorlage|Modèle|Plantilla|Sjabloon|Szablon|Predefinição|Mall|Шаблон|틀"
    "|Portal|Portail|Help|Module|MediaWiki|Wikipedia|Draft|TimedText|User|Talk"
)
_HOST = "^https?://([a-z-]+[.])*dbpedia[.]org/"
_PAGE = f"{_HOST}resource/({_NAMESPACES}):[^_]"
# `Lionel_Messi__CareerStation__1`, as no article is called.
_RECORD = "__([A-Za-z]+__)?[0-9]+$"
_WIKIPEDIA = "^https?://[a-z-]+[.]wikipedia[.]org/wiki/"
_DC = "http://purl.org/dc/elements/1.1/"
_NIF = "http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#"
_ANY_URI = "http://www.w3.org/2001/XMLSchema#anyURI"

_HAS_ANY = "SELECT 1 FROM said WHERE contains(s, 'dbpedia.org/') OR contains(o, 'dbpedia.org/') LIMIT 1"
_NOT_IMAGES = "hp NOT IN (SELECT hp FROM route WHERE kind = 'images')"
# Of any graph: what is no thing, and why it is not kept.
_OF_ANY = {
    "files of pictures and sounds": f"contains(s, '/Special:FilePath/') OR contains(s, '/wiki/File:')"
    f" OR (contains(o, '/Special:FilePath/') OR contains(o, '/wiki/File:')) AND {_NOT_IMAGES}",
    "pages of Wikipedia": f"(p = '{_DC}language' OR p = '{TYPE}' AND o = 'http://xmlns.com/foaf/0.1/Document')"
    f" AND regexp_matches(s, '{_WIKIPEDIA}')",
    "that a thing has coordinates": f"p = '{TYPE}' AND o = 'http://www.w3.org/2003/01/geo/wgs84_pos#SpatialThing'",
}
_OF_DBPEDIA = {
    "the text of pages, cut into pieces (NIF)": f"starts_with(p, '{_NIF}') OR starts_with(o, '{_NIF}')"
    " OR starts_with(p, 'http://www.w3.org/2005/11/its/rdf#') OR contains(s, 'dbpedia.org/') AND contains(s, 'nif=')",
    "categories, templates and other pages that are no articles": " OR ".join(
        f"{end} LIKE '%dbpedia.org/resource/%:%' AND regexp_matches({end}, '{_PAGE}')" for end in "so"
    ),
}
_IS_RECORD = (
    f"contains({{end}}, '__') AND contains({{end}}, 'dbpedia.org/resource/') AND regexp_matches({{end}}, '{_RECORD}')"
)
# What a record says of its owner's relations, the owner says; its years and numbers alone mean nothing.
_RELATIONS = f"""
UPDATE said SET s = regexp_replace(s, '{_RECORD}', '')
WHERE {_IS_RECORD.format(end="s")} AND o IS NOT NULL AND p <> '{TYPE}'
"""  # noqa: S608 -- our own names
_RECORDS = " OR ".join(_IS_RECORD.format(end=end) for end in "so")
# What an infobox leads to outside of DBpedia is a page, and no thing.
_ADDRESSES = f"""
UPDATE said SET v = o, t = '{_ANY_URI}', o = NULL
WHERE contains(p, 'dbpedia.org/property/') AND o IS NOT NULL AND NOT contains(o, '/resource/')
"""  # noqa: S608 -- our own names


def take_dbpedia(stage: Stage) -> None:
    """Leave in the table `said` what is about things; what is not is counted as ignored, with the reason."""
    for why, what in _OF_ANY.items():
        _ignore(stage, why, what)
    if stage.rows(_HAS_ANY):
        for why, what in _OF_DBPEDIA.items():
            _ignore(stage, why, what)
        stage.connection.execute(_RELATIONS)
        _ignore(stage, "records between a thing and others", _RECORDS)
        stage.connection.execute(_ADDRESSES)


def _ignore(stage: Stage, why: str, what: str) -> None:
    [(count,)] = stage.rows(f"DELETE FROM said WHERE hp IS NOT NULL AND ({what})")  # noqa: S608 -- our own names
    stage.ignore(count, why)
