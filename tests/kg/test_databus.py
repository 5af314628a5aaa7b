"""All kinds of file of DBpedia's Databus: each read, or named with the reason; nothing wrong made of any."""

from collections.abc import Callable, Iterator

import pytest
from databus import FILES, ONTOLOGY, RESOURCE, written

from kg import AliasIndex, Graph, build_graph, same_iris

Build = Callable[..., Graph]
NOT_KEPT = {
    "article-categories_lang=en": "categories of articles (1)",
    "category-labels_lang=en": "categories, templates and other pages that are no articles (1)",
    "category-labels_lang=de": "categories, templates and other pages that are no articles (1)",
    "categories-skos_lang=en": "categories, templates and other pages that are no articles (3)",
    "topical-concepts_lang=en": "categories of articles (1)",
    "homepages_lang=en": "addresses of pages about a thing (1)",
    "external-links_lang=en": "addresses of pages about a thing (1)",
    "page_lang=en_ids": "numbers, lengths and revisions of pages (1)",
    "page_lang=en_length": "numbers, lengths and revisions of pages (1)",
    "page_lang=en_out-degree": "numbers, lengths and revisions of pages (1)",
    "revisions_lang=en_ids": "numbers, lengths and revisions of pages (1)",
    "revisions_lang=en_uris": "which page of Wikipedia a thing comes from (1)",
    "wikipedia-links_lang=en": "pages of Wikipedia (2), which page of Wikipedia a thing comes from (2)",
    "nif-context_lang=en": "the text of pages, cut into pieces (NIF) (3)",
    "nif-text-links_lang=en": "the text of pages, cut into pieces (NIF) (2)",
}


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    folder = tmp_path_factory.mktemp("databus")
    for name, text in FILES.items():
        (folder / f"{name}.ttl").write_text(written(text), encoding="utf-8")
    build_graph(folder / "kg.sqlite", sources=sorted(folder.glob("*.ttl")))
    with Graph.open(folder / "kg.sqlite") as graph:
        yield graph


def _rows(graph: Graph, query: str) -> list[tuple[object, ...]]:
    return graph.connection.execute(query).fetchall()


def test_each_file_is_read_or_named_with_the_reason(graph: Graph) -> None:
    steps = _rows(
        graph, "SELECT source, lines, records, ignored, rejected, error FROM build_step WHERE name <> 'settings'"
    )
    found = {str(source).rpartition("/")[2].removesuffix(".ttl"): rest for source, *rest in steps}
    assert found.keys() == FILES.keys()
    for name, (lines, records, ignored, rejected, error) in found.items():
        assert (lines, rejected) == (FILES[name].count("\n") + 3, 0), name
        assert (records == 0) == (name in NOT_KEPT), name
        assert records + ignored == FILES[name].count("\n") + 1, name
        if name in NOT_KEPT:
            assert error == f"nothing of it is kept: {NOT_KEPT[name]}", name
    assert found["anchor-text_lang=en"][4] == "1 text of links to what is no entity of the graph"
    assert found["ontology--DEV_type=parsed"][4] == "2 classes and 1 property, which are no entities"
    assert graph.rejected() == ()


def test_the_entities_are_the_things_and_nothing_else(graph: Graph) -> None:
    assert _rows(graph, "SELECT iri, label, type, prior FROM entity ORDER BY id") == [
        (RESOURCE + "Asparagus", "Asparagus", "OTHER", 0),
        (RESOURCE + "FC_Barcelona", "FC Barcelona", "ORG", 2),
        (RESOURCE + "Lionel_Messi", "Lionel Messi", "PER", 2),
        (RESOURCE + "Rosario", "Rosario", None, 1),
        ("http://de.dbpedia.org/resource/Köln", "Köln", None, 0),
        ("http://de.dbpedia.org/resource/Lionel_Messi", "Lionel Messi", None, 0),
        ("http://wikidata.dbpedia.org/resource/Q615", "Q615", None, 0),
    ]
    ends = "JOIN entity s ON s.id = t.subject JOIN entity o ON o.id = t.object JOIN predicate p ON p.id = t.predicate"
    assert sorted(_rows(graph, f"SELECT s.label, p.iri, o.label FROM triple t {ends}")) == [
        ("Lionel Messi", ONTOLOGY + "birthPlace", "Rosario"),
        ("Lionel Messi", ONTOLOGY + "team", "FC Barcelona"),
        ("Lionel Messi", "http://dbpedia.org/property/clubs", "FC Barcelona"),
    ]
    literals = "SELECT p.iri, l.value FROM literal l JOIN predicate p ON p.id = l.predicate"
    said = {str(iri).replace("#", "/").rpartition("/")[2]: value for iri, value in _rows(graph, literals)}
    assert (said["website"], said["lat"], said["long"]) == ("http://www.example.org/messi", "-32.95", "-60.64")
    assert (said["comment"], said["abstract"]) == ('An Argentine "footballer".', "An Argentine footballer, and more.")
    assert not {"years", "sound"} & said.keys()
    assert len(list(graph.images())) == 1


def test_names_come_from_links_and_are_counted(graph: Graph) -> None:
    messi = next(e for e in graph.entities(range(1, 9)).values() if e.iri == RESOURCE + "Lionel_Messi")
    names = dict(graph.connection.execute("SELECT text, kind FROM alias WHERE entity = ?", (messi.id,)))
    assert names == {
        "Lionel Messi": "label", "Messi": "redirect", "Leo Messi": "redirect", "La Pulga": "nickname",
        "Messi, Lionel": "alias", "the Flea": "anchor",
    }  # fmt: skip
    [match] = AliasIndex(graph).lookup(["the flea"])["the flea"]
    assert (match.entity, round(match.weight, 4)) == (messi, 0.675)
    assert graph.name_counts(["the flea", "here"]) == {
        "the flea": {messi.id: 3, graph.find("Asparagus").id: 1}, "here": {graph.find("Rosario").id: 1},
    }  # fmt: skip


def test_classes_get_their_type_and_label_from_the_ontology(graph: Graph) -> None:
    rows = {
        str(iri).rpartition("/")[2]: rest for iri, *rest in _rows(graph, "SELECT iri, label, type, depth FROM class")
    }
    assert rows["SoccerPlayer"][:2] == ["soccer player", "PER"]
    [(plant,)] = _rows(graph, "SELECT type FROM entity WHERE label = 'Asparagus'")
    assert rows["Vegetal"] == ["edible plant", plant, rows["Vegetal"][2]]
    assert rows["Vegetal"][2] >= 2
    assert "SpatialThing" not in {name.rpartition("#")[2] for name in rows}
    assert _rows(graph, f"SELECT label FROM predicate WHERE iri = '{ONTOLOGY}team'") == [("club",)]


def test_what_other_graphs_call_it_is_known_through_a_third(graph: Graph) -> None:
    ids = {entity.iri: entity.id for entity in graph.entities(range(1, 9)).values()}
    same = same_iris(graph, ids.values())
    assert "http://www.wikidata.org/entity/Q615" in same[ids["http://de.dbpedia.org/resource/Lionel_Messi"]]
    assert same[ids["http://wikidata.dbpedia.org/resource/Q615"]] == [
        RESOURCE + "Lionel_Messi", "http://de.dbpedia.org/resource/Lionel_Messi", "http://www.wikidata.org/entity/Q615",
    ]  # fmt: skip


def test_the_terms_of_an_ontology_alone_are_entities(build: Build) -> None:
    """As of diseases or genes, which posts may be linked to."""
    text = 'o:Flu rdf:type owl:Class\no:Flu rdfs:label "flu"@en\no:Flu rdfs:subClassOf o:Disease\n'
    text += 'o:Disease rdf:type owl:Class\no:Disease rdfs:label "disease"@en\no:has rdf:type owl:ObjectProperty'
    graph = build({"diseases.nt": written(text)})
    assert [row[0] for row in _rows(graph, "SELECT label FROM entity ORDER BY label")] == ["disease", "flu"]
    assert graph.counts()["triple"] == 1
