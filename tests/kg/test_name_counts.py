"""Counts of names: how often a name was seen to mean an entity, from a user's table."""

from pathlib import Path

import pytest

from kg import Graph, GraphSources, SourceError, build_difference, build_graph

ENTITIES = "iri,label,aliases\nurn:ny,New York Giants,Giants\nurn:sf,San Francisco Giants,Giants\n"
COUNTS = """alias,iri,count
Giants,urn:ny,90
giants,urn:ny,5
Giants,urn:sf,"12,5"
Giants,urn:sf,-3
Giants,urn:sf,many
G-Men,urn:ny,7
Giants,urn:nobody,4
,urn:ny,4
Giants,,4
"""


def build(folder: Path, counts: str | None) -> Path:
    (folder / "entities.csv").write_text(ENTITIES, "utf-8")
    (folder / "counts.csv").write_text(counts or "", "utf-8")
    build_graph(
        folder / "kg.sqlite",
        sources=GraphSources([folder / "entities.csv"], counts=None if counts is None else folder / "counts.csv"),
    )
    return folder / "kg.sqlite"


def test_counts_are_added_up_by_name_and_entity_and_the_rest_is_said(tmp_path: Path) -> None:
    with Graph.open(build(tmp_path, COUNTS)) as graph:
        ny, sf = graph.find("urn:ny").id, graph.find("urn:sf").id
        assert graph.has_name_counts()
        assert graph.name_counts(["giants", "g men", "mets"]) == {"giants": {ny: 95.0, sf: 12.5}, "g men": {ny: 7.0}}
        assert {(row.line, row.reason) for row in graph.rejected()} == {
            (5, "count '-3', expected a number from 0 on"),
            (6, "count 'many', expected a number from 0 on"),
            (8, "no entity of the graph has this IRI"),
            (9, "no alias"),
            (10, "no iri"),
        }
        assert graph.entity_by_iri("urn:nobody") is None


def test_without_a_table_nothing_is_counted(tmp_path: Path) -> None:
    with Graph.open(build(tmp_path, None)) as graph:
        assert not graph.has_name_counts()
        assert graph.name_counts(["giants"]) == {}


def test_another_table_makes_another_graph(tmp_path: Path) -> None:
    path, sources = build(tmp_path, COUNTS), [tmp_path / "entities.csv"]
    assert build_difference(path, GraphSources(sources, counts=tmp_path / "counts.csv")) == ""
    assert build_difference(path, GraphSources(sources)) != ""


@pytest.mark.parametrize("text", ["", "urn:ny,4\n", "Giants,urn:ny,often\n"])
def test_what_is_no_table_of_counts_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError, match="expected lines of alias,iri,count"):
        build(tmp_path, text)
