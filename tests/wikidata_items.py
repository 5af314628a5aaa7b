"""Made-up items of Wikidata, in the form of its JSON dump and in that of its RDF."""

import json
from typing import Any

ENTITY = "http://www.wikidata.org/entity/"
DIRECT = "http://www.wikidata.org/prop/direct/"
XSD = "http://www.w3.org/2001/XMLSchema#"
_GREGORIAN, _JULIAN = ENTITY + "Q1985727", ENTITY + "Q1985786"


def claim(name: str, value: Any = None, *, rank: str = "normal", kind: str = "") -> dict[str, Any]:
    """A statement: an item by its number, a text, a dict for other values, None for an unknown one."""
    snak: dict[str, Any] = {"snaktype": "value", "property": name, "hash": "ab" * 20}
    if value is None:
        snak["snaktype"] = kind or "somevalue"
    elif isinstance(value, str) and value[:1] == "Q" and value[1:].isdigit() and not kind:
        number = {"entity-type": "item", "numeric-id": int(value[1:]), "id": value}
        snak |= {"datavalue": {"type": "wikibase-entityid", "value": number}, "datatype": "wikibase-item"}
    else:
        snak |= {"datavalue": {"type": kind or "string", "value": value}}
    reference = {"hash": "cd" * 20, "snaks": {"P248": [{"snaktype": "value", "property": "P248"}]}}
    return {"mainsnak": snak, "type": "statement", "id": f"Q1${name}", "rank": rank, "references": [reference]}


def time(text: str, *, precision: int = 11, julian: bool = False) -> dict[str, Any]:
    return {"time": text, "precision": precision, "calendarmodel": _JULIAN if julian else _GREGORIAN, "timezone": 0}


def item(number: str, label: str | None = None, **given: Any) -> dict[str, Any]:
    """An entity; `claims` is a list, `aliases` and `titles` are English, `labels` and the like are as in the dump."""
    claims: dict[str, list[Any]] = {}
    for one in given.pop("claims", ()):
        claims.setdefault(one["mainsnak"]["property"], []).append(one)
    kind = {"Q": "item", "P": "property", "L": "lexeme"}[number[0]]
    labels = {"en": {"language": "en", "value": label}} if label else []  # PHP's empty object
    aliases = {"en": [{"language": "en", "value": name} for name in given.pop("aliases", ())]}
    links = {site: {"site": site, "title": title, "badges": []} for site, title in given.pop("titles", {}).items()}
    made = {
        "type": kind,
        "id": number,
        "labels": labels,
        "descriptions": [],
        "aliases": aliases,
        "claims": claims or [],
    }
    return {**made, "sitelinks": links or [], **given}


def terms(**texts: str) -> dict[str, dict[str, str]]:
    return {tag.replace("_", "-"): {"language": tag, "value": text} for tag, text in texts.items()}


def dump(*items: dict[str, Any] | str) -> str:
    """A dump: an item a line between brackets, with commas at the ends; a text stands as it is."""
    lines = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in items]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def world() -> list[dict[str, Any]]:
    """A country, its capital, a woman, and all that stands around them in a dump."""
    monolingual, place = (
        {"text": "Freistaat Beispiel", "language": "de"},
        {"latitude": 52.516666666667, "longitude": 13},
    )
    return [
        item(
            "Q10", "Sampleland", aliases=["Republic of Sampleland"], descriptions=terms(en="country", de="Staat"),
            titles={"enwiki": "Sample & Land (country)", "dewiki": "Beispielland"},
            claims=[
                claim("P31", "Q901"), claim("P36", "Q11", rank="preferred"), claim("P36", "Q12"),
                claim("P41", "Flag of S'land (2).svg"), claim("P18", "View.jpg", rank="deprecated"),
                claim("P1448", monolingual, kind="monolingualtext"),
                claim("P571", time("+1752-09-02T00:00:00Z", julian=True), kind="time"),
                claim("P576"), claim("P582", kind="novalue"), claim("P530", "Q13", rank="deprecated"),
                claim("P625", {**place, "globe": ENTITY + "Q2"}, kind="globecoordinate"),
                claim("P2046", {"amount": "+357022.25", "unit": "1"}, kind="quantity"),
                claim("P214", "1234567"), claim("P910", "Q15"), claim("P856", "https://example.org/"),
            ],
        ),
        item("Q11", "Samplegrad", claims=[claim("P31", "Q515"), claim("P17", "Q10"), claim("P999", "Q12")]),
        item("Q12", "Jane Exemplar", labels=terms(mul="Jane Exemplar", de="Hanna Beispiel", fr="Jeanne"),
             claims=[claim("P31", "Q5"), claim("P569", time("-0044-00-00T00:00:00Z", precision=9), kind="time"),
                     claim("P742", "JX")]),
        item("Q13", "Sampleland", claims=[claim("P31", "Q22808320")]),
        item("Q15", "Category:Sampleland", claims=[claim("P31", "Q4167836")]),
        item("Q16", None, labels=terms(ja="見本", cs="Vzorek")),
        item("Q901", "free state", claims=[claim("P279", "Q902")], titles={"enwiki": "Free state"}),
        item("Q902", "country of some kind", claims=[claim("P279", "Q6256"), claim("P279", "Q901")]),
        item("Q515", "city", claims=[claim("P279", "Q950")]),
        item("Q5", "human", claims=[claim("P279", "Q950")]),
        item("P36", "capital", datatype="wikibase-item"),
        item("P17", "country", datatype="wikibase-item"),
        item("L7", None),
        {"type": "item", "entity": "Q14", "redirect": "Q10"},
    ]  # fmt: skip


RDF = """
Q10 label "Sampleland"@en
Q10 altLabel "Republic of Sampleland"@en
Q10 description "country"@en
Q10 description "Staat"@de
Q10 wdt:P31 Q901
Q10 wdt:P36 Q11
Q10 wdt:P41 <http://commons.wikimedia.org/wiki/Special:FilePath/Flag%20of%20S%27land%20%282%29.svg>
Q10 wdt:P1448 "Freistaat Beispiel"@de
Q10 wdt:P571 "1752-09-13T00:00:00Z"^^xsd:dateTime
Q10 wdt:P576 <http://www.wikidata.org/.well-known/genid/0a>
Q10 a <http://www.wikidata.org/prop/novalue/P582>
Q10 wdt:P625 "Point(13 52.516666666)"^^<http://www.opengis.net/ont/geosparql#wktLiteral>
Q10 wdt:P2046 "+357022.25"^^xsd:decimal
Q10 wdt:P214 "1234567"
Q10 wdt:P910 Q15
Q10 wdt:P856 <https://example.org/>
Q10 p:P36 s:Q10-1
s:Q10-1 ps:P36 Q11
s:Q10-1 wikibase:rank wikibase:PreferredRank
s:Q10-1 <http://www.w3.org/ns/prov#wasDerivedFrom> <http://www.wikidata.org/reference/ab>
<http://www.wikidata.org/reference/ab> <http://www.wikidata.org/prop/reference/P248> Q99
<http://www.wikidata.org/value/ef> wikibase:timeValue "1752-09-13T00:00:00Z"^^xsd:dateTime
Q11 label "Samplegrad"@en
Q11 wdt:P31 Q515
Q11 wdt:P17 Q10
Q11 wdt:P999 Q12
Q12 label "Jane Exemplar"@mul
Q12 label "Hanna Beispiel"@de
Q12 label "Jeanne"@fr
Q12 wdt:P31 Q5
Q12 wdt:P569 "-0043-01-01T00:00:00Z"^^xsd:dateTime
Q12 wdt:P742 "JX"
Q13 label "Sampleland"@en
Q13 wdt:P31 Q22808320
Q15 label "Category:Sampleland"@en
Q15 wdt:P31 Q4167836
Q16 label "見本"@ja
Q16 label "Vzorek"@cs
Q901 label "free state"@en
Q901 wdt:P279 Q902
Q902 label "country of some kind"@en
Q902 wdt:P279 Q6256
Q902 wdt:P279 Q901
Q515 label "city"@en
Q515 wdt:P279 Q950
Q5 label "human"@en
Q5 wdt:P279 Q950
P36 label "capital"@en
P36 wikibase:propertyType wikibase:WikibaseItem
P36 wikibase:directClaim wdt:P36
P17 label "country"@en
L7 wikibase:lexicalCategory Q1084
Q14 sameAs Q10
<https://en.wikipedia.org/wiki/Sample_%26_Land_(country)> about Q10
<https://en.wikipedia.org/wiki/Sample_%26_Land_(country)> a <http://schema.org/Article>
<https://en.wikipedia.org/wiki/Sample_%26_Land_(country)> <http://schema.org/isPartOf> <https://en.wikipedia.org/>
<https://en.wikipedia.org/> wikibase:wikiGroup "wikipedia"
<https://de.wikipedia.org/wiki/Beispielland> about Q10
<https://en.wikipedia.org/wiki/Free_state> about Q901
<https://www.wikidata.org/wiki/Special:EntityData/Q10> about Q10
<https://www.wikidata.org/wiki/Special:EntityData/Q10> wikibase:sitelinks "2"^^xsd:integer
wikibase:Dump a <http://schema.org/Dataset>
"""
_PREFIXES = {
    "wdt:": DIRECT,
    "p:": "http://www.wikidata.org/prop/",
    "ps:": "http://www.wikidata.org/prop/statement/",
    "s:": ENTITY + "statement/",
    "wikibase:": "http://wikiba.se/ontology#",
}
_WORDS = {
    "a": "http://www.w3.org/1999/02/22-rdf-syntax-ns#type",
    "label": "http://www.w3.org/2000/01/rdf-schema#label",
    "altLabel": "http://www.w3.org/2004/02/skos/core#altLabel",
    "description": "http://schema.org/description",
    "about": "http://schema.org/about",
    "sameAs": "http://www.w3.org/2002/07/owl#sameAs",
}


def ntriples() -> str:
    """The same world as N-Triples, as the full dump has it."""

    def written(name: str) -> str:
        if name[0] == '"':
            return name.replace("xsd:", "<" + XSD) + ">" if "xsd:" in name else name
        if name[0] == "<":
            return name
        for prefix, iri in _PREFIXES.items():
            if name.startswith(prefix):
                return f"<{iri}{name.removeprefix(prefix)}>"
        return f"<{_WORDS.get(name, ENTITY + name)}>"

    rows = [line.split(" ", 2) for line in RDF.strip().splitlines()]
    return "".join(" ".join(map(written, row)) + " .\n" for row in rows)
