"""What other graphs call an entity."""

from collections.abc import Callable

import pytest

from kg import Graph, same_iris

Build = Callable[..., Graph]
Line = Callable[[str, str, str], str]
SAME = "<http://www.w3.org/2002/07/owl#sameAs>"


def _same(graph: Graph, name: str) -> list[str]:
    entity = graph.find(name).id
    return same_iris(graph, [entity]).get(entity, [])


def test_both_directions_count_and_make_neither_entities_nor_hops(build: Build, line: Line) -> None:
    labels = line("Chad", "label", '"Chad"@en') + line("Mali", "label", '"Mali"@en') + line("Old", "redirect", "Chad")
    same = (
        f"<http://dbpedia.org/resource/Chad> {SAME} <http://www.wikidata.org/entity/Q657> .\n"
        f"<http://de.dbpedia.org/resource/Tschad> {SAME} <http://dbpedia.org/resource/Old> .\n"
        f'<http://dbpedia.org/resource/Chad> {SAME} "no thing" .\n'
        f"<http://wikidata.dbpedia.org/resource/Q912> {SAME} <http://dbpedia.org/resource/Mali> .\n"
        f"<http://wikidata.dbpedia.org/resource/Q912> {SAME} <http://fr.dbpedia.org/resource/Mali%C3%A9> .\n"
        f"<http://wikidata.dbpedia.org/resource/Q1> {SAME} <http://dbpedia.org/resource/Universe> .\n"
    )
    graph = build({"labels.nt": labels, "sameas.nt": same})
    assert (graph.counts()["entity"], graph.counts()["triple"], graph.counts()["same_as"]) == (2, 0, 5)
    assert _same(graph, "Chad") == [
        "http://dbpedia.org/resource/Old",
        "http://de.dbpedia.org/resource/Tschad",
        "http://www.wikidata.org/entity/Q657",
    ]
    assert _same(graph, "Mali") == ["http://fr.dbpedia.org/resource/Malié", "http://wikidata.dbpedia.org/resource/Q912"]
    assert graph.find("http://www.wikidata.org/entity/Q657").label == "Chad"
    [[name]] = graph.connection.execute("SELECT name FROM build_step WHERE source LIKE '%sameas.nt'")
    assert name == "load same_as"


@pytest.mark.parametrize(
    "written",
    [
        "http://dbpedia.org/resource/Tchad",
        "dbr:TCD",
        "dbpedia:Chad",
        "https://dbpedia.org/resource/Chad",
        "http://dbpedia.org/page/Chad",
        "http://dbpedia.org/resource/Chad/",
        "<http://dbpedia.org/resource/%43had>",
        "https://en.wikipedia.org/wiki/Chad#History",
        "Q657",
        "wd:Q657",
        "https://www.wikidata.org/wiki/Q657",
    ],
)
def test_an_entity_is_found_by_every_way_to_write_its_iris_and_by_old_ones(
    build: Build, line: Line, written: str
) -> None:
    lines = line("Chad", "label", '"Chad"@en') + line("Tchad", "redirect", "Chad") + line("TCD", "redirect", "Tchad")
    same = f"<http://dbpedia.org/resource/Chad> {SAME} <http://www.wikidata.org/entity/Q657> .\n"
    assert build({"labels.nt": lines, "sameas.nt": same}).find(written).label == "Chad"


def test_another_graphs_iris_are_found_with_the_other_scheme_and_end(build: Build) -> None:
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    graph = build({"own.nt": f'<https://a.org/x/> {label} "X" .\n<http://a.org/y> {label} "Y" .\n'})
    found = [graph.entity_by_iri(f"{scheme}://a.org/{end}") for scheme in ("http", "https") for end in ("x", "y/", "z")]
    assert [entity and entity.label for entity in found] == ["X", "Y", None] * 2


def test_a_thing_that_two_graphs_have_keeps_what_the_other_calls_it(build: Build) -> None:
    text = (
        '<http://a.org/x> <http://www.w3.org/2000/01/rdf-schema#label> "X of A" .\n'
        '<http://b.org/x> <http://www.w3.org/2000/01/rdf-schema#label> "X of B" .\n'
        f"<http://a.org/x> {SAME} <http://b.org/x> .\n<http://a.org/x> {SAME} <http://a.org/x> .\n"
    )
    graph = build({"own.nt": text})
    assert (_same(graph, "X of A"), _same(graph, "X of B")) == (["http://b.org/x"], ["http://a.org/x"])
