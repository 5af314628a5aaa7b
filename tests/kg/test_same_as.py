"""What other graphs call an entity."""

from collections.abc import Callable

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
    assert (graph.counts()["entity"], graph.counts()["triple"], graph.counts()["same_as"]) == (2, 0, 4)
    assert _same(graph, "Chad") == ["http://de.dbpedia.org/resource/Tschad", "http://www.wikidata.org/entity/Q657"]
    assert _same(graph, "Mali") == ["http://fr.dbpedia.org/resource/Malié", "http://wikidata.dbpedia.org/resource/Q912"]
    assert graph.find("http://www.wikidata.org/entity/Q657").label == "Chad"
    [[name]] = graph.connection.execute("SELECT name FROM build_step WHERE source LIKE '%sameas.nt'")
    assert name == "load same_as"


def test_a_thing_that_two_graphs_have_keeps_what_the_other_calls_it(build: Build) -> None:
    text = (
        '<http://a.org/x> <http://www.w3.org/2000/01/rdf-schema#label> "X of A" .\n'
        '<http://b.org/x> <http://www.w3.org/2000/01/rdf-schema#label> "X of B" .\n'
        f"<http://a.org/x> {SAME} <http://b.org/x> .\n<http://a.org/x> {SAME} <http://a.org/x> .\n"
    )
    graph = build({"own.nt": text})
    assert (_same(graph, "X of A"), _same(graph, "X of B")) == (["http://b.org/x"], ["http://a.org/x"])
