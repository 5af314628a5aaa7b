"""A column `description` of a table of entities is what is said of them."""

from pathlib import Path

from kg import Graph, build_graph

ENTITIES = """iri,label,description
urn:a,Ann Lee,"A painter, born 1901"
urn:b,Bob Lee,
urn:c,,No label
"""


def test_a_description_is_a_literal_of_its_entity(tmp_path: Path) -> None:
    (tmp_path / "entities.csv").write_text(ENTITIES, "utf-8")
    build_graph(tmp_path / "kg.sqlite", sources=[tmp_path])
    with Graph.open(tmp_path / "kg.sqlite") as graph:
        ann, bob = graph.find("urn:a").id, graph.find("urn:b").id
        asked = {"predicates": ["http://schema.org/description"], "limit": 5}
        assert [fact.object for fact in graph.facts(ann, **asked)] == ["A painter, born 1901"]
        assert graph.facts(bob, **asked) == ()
        assert graph.entity_by_iri("urn:c") is None
