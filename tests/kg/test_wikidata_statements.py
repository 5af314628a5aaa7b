"""Wikidata's truthy statements: items are entities; pages, properties, records and mere classes are none."""

from collections.abc import Callable

from kg import Graph

Build = Callable[..., Graph]

PREFIXES = {
    "q:": "http://www.wikidata.org/entity/",
    "wdt:": "http://www.wikidata.org/prop/direct/",
    "label": "http://www.w3.org/2000/01/rdf-schema#label",
    "altLabel": "http://www.w3.org/2004/02/skos/core#altLabel",
    "sameAs": "http://www.w3.org/2002/07/owl#sameAs",
    "about": "http://schema.org/about",
    "name": "http://schema.org/name",
    "type": "http://www.w3.org/1999/02/22-rdf-syntax-ns#type",
    "wikibase:": "http://wikiba.se/ontology#",
    "wp:": "https://en.wikipedia.org/wiki/",
    "db:": "http://dbpedia.org/resource/",
    "file:": "http://commons.wikimedia.org/wiki/Special:FilePath/",
}
TRUTHY = """
q:Q10 type wikibase:Item
q:Q10 label "Sampleland"@en
q:Q10 label "Beispielland"@de
q:Q10 altLabel "Republic of Sampleland"@en
q:Q10 wdt:P31 q:Q6256
q:Q10 wdt:P41 file:Flag.svg
q:Q10 wdt:P36 q:Q11
q:Q11 label "Samplegrad"@en
q:Q11 wdt:P31 q:Q515
q:Q12 label "Jane Exemplar"@en
q:Q12 wdt:P31 q:Q5
q:Q5 type wikibase:Item
q:Q5 label "human"@en
q:Q5 label "Mensch"@de
q:Q6256 label "country"@en
q:Q515 label "city"@en
q:Q13 label "Sampleland"@en
q:Q13 wdt:P31 q:Q4167410
q:Q15 label "Category:Sampleland"@en
q:Q15 wdt:P31 q:Q4167836
q:Q14 sameAs q:Q10
wp:Sampleland about q:Q10
wp:Sampleland name "Sampleland"@en
q:P36 label "capital"@en
q:P36 wikibase:directClaim wdt:P36
q:L7 label "sample"@en
"""


def lines(text: str) -> str:
    """N-Triples of lines of short names."""

    def written(name: str) -> str:
        if name.startswith('"'):
            return name
        prefix = next(short for short in PREFIXES if name.startswith(short))
        return f"<{PREFIXES[prefix]}{name.removeprefix(prefix)}>"

    rows = [line.split(" ", 2) for line in text.strip().splitlines()]
    return "".join(" ".join(map(written, row)) + " .\n" for row in rows)


def entities(graph: Graph) -> list[tuple[str, str, str | None]]:
    rows = graph.connection.execute("SELECT iri, label, type FROM entity").fetchall()
    return [(iri.rpartition("/")[2], label, kind) for iri, label, kind in rows]


def names_of(graph: Graph) -> list[str]:
    return [text for (text,) in graph.connection.execute("SELECT text FROM alias WHERE entity = 1 ORDER BY text")]


def test_items_as_they_are_published(build: Build) -> None:
    graph = build({"truthy.nt": lines(TRUTHY)})
    assert entities(graph) == [
        ("Q10", "Sampleland", "LOC"), ("Q11", "Samplegrad", "LOC"), ("Q12", "Jane Exemplar", "PER"),
    ]  # fmt: skip
    assert names_of(graph) == ["Republic of Sampleland", "Sampleland"]
    assert graph.find(PREFIXES["q:"] + "Q12").label == "Jane Exemplar"
    classes = graph.connection.execute("SELECT label FROM class WHERE instances > 0 ORDER BY label").fetchall()
    assert classes == [("city",), ("country",), ("human",)]
    assert graph.connection.execute("SELECT source FROM image").fetchall() == [(PREFIXES["file:"] + "Flag.svg",)]
    [edge] = graph.connection.execute("SELECT p.label FROM triple t JOIN predicate p ON p.id = t.predicate").fetchall()
    assert (edge, graph.rejected()) == (("capital",), ())


def test_names_are_in_the_wanted_languages(build: Build) -> None:
    graph = build({"truthy.nt": lines(TRUTHY)}, languages=("de", "en"))
    assert entities(graph)[0] == ("Q10", "Beispielland", "LOC")
    assert names_of(graph) == ["Beispielland", "Republic of Sampleland", "Sampleland"]


def test_a_class_that_is_an_instance_too_is_an_entity(build: Build) -> None:
    graph = build({"truthy.nt": lines(TRUTHY + "q:Q5 wdt:P31 q:Q55983715\n")})
    assert ("Q5", "human", None) in entities(graph)


def test_other_graphs_pages_and_same_things_stay_what_they_are(build: Build) -> None:
    text = 'wp:Chad label "Chad"@en\nwp:Mali about wp:Chad\ndb:Chad label "Tchad"@en\ndb:Chad sameAs q:Q657\n'
    graph = build({"own.nt": lines(text)})
    assert [name for name, _, _ in entities(graph)] == ["Chad", "Chad", "Mali"]
