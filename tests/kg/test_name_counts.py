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
Giants,urn:sf,"1,234"
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
            (11, "count '1,234', expected 1234 or 1.234: a comma may mean either"),
        }
        assert graph.entity_by_iri("urn:nobody") is None


@pytest.mark.parametrize("header", ["alias\tiri\tcount\n", ""])
def test_between_tabs_a_quote_is_a_letter(tmp_path: Path, header: str) -> None:
    counts = header + '"Heroes\turn:ny\t5\nLow\turn:sf\t"7,5"\nStation"\turn:ny\t3\n'
    with Graph.open(build(tmp_path, counts)) as graph:
        ny, sf = graph.find("urn:ny").id, graph.find("urn:sf").id
        assert graph.name_counts(["heroes", "low", "station"]) == {
            "heroes": {ny: 5}, "low": {sf: 7.5}, "station": {ny: 3},
        }  # fmt: skip
        assert graph.rejected() == ()


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


LABEL, SAME = "<http://www.w3.org/2000/01/rdf-schema#label>", "<http://www.w3.org/2002/07/owl#sameAs>"
TITLES = (
    f'<http://dbpedia.org/resource/Barack_Obama> {LABEL} "Barack Obama"@en .\n'
    f'<http://dbpedia.org/resource/C%C3%B4te_d\'Azur> {LABEL} "Azur"@en .\n'
    f'<http://www.wikidata.org/entity/Q64> {LABEL} "Berlin"@en .\n'
    f"<http://de.dbpedia.org/resource/Berlin> {SAME} <http://www.wikidata.org/entity/Q64> .\n"
)
VIEWS = {
    "table": "iri,count\nBarack Obama,5\nhttps://en.wikipedia.org/wiki/C%C3%B4te_d'Azur,3\n"
    "https://de.wikipedia.org/wiki/Berlin,2\nNobody,9\n",
    "a day": "en.wikipedia Barack_Obama 534366 desktop 3 A1B2\nen.wikipedia Barack_Obama null mobile-web 2 C2\n"
    "en.wikipedia C%C3%B4te_d'Azur 12 desktop 3 A3\nde.wikipedia Berlin 3 desktop 2 A2\n"
    "en.wikibooks Berlin 3 desktop 7 A7\nen.wikipedia Nobody 7 desktop many A1\n",
    "an hour": "en Barack_Obama 4 0\nen.m Barack_Obama 1 0\nen Côte_d'Azur 3 0\nde Berlin 2 0\nen.b Berlin 7 0\n",
}


@pytest.mark.parametrize("form", VIEWS)
def test_page_views_count_for_the_things_of_their_pages(tmp_path: Path, form: str) -> None:
    (tmp_path / "labels.nt").write_text(TITLES, "utf-8")
    (tmp_path / "views").write_text(VIEWS[form], "utf-8")
    sources = GraphSources([tmp_path / "labels.nt"], priors=tmp_path / "views")
    report = build_graph(tmp_path / "kg.sqlite", sources=sources)
    with Graph.open(tmp_path / "kg.sqlite") as graph:
        priors = dict(graph.connection.execute("SELECT label, prior FROM entity"))
        reasons = [row.reason for row in graph.rejected()]
    assert priors == {"Barack Obama": 5, "Azur": 3, "Berlin": 2}
    assert reasons == (["count 'many', expected a number from 0 on"] if form == "a day" else [])
    assert report.sources[1].ignored == (form != "table")


def test_counted_names_may_say_titles_and_become_names(tmp_path: Path) -> None:
    (tmp_path / "labels.nt").write_text(TITLES, "utf-8")
    (tmp_path / "anchors.tsv").write_text("Obama\tBarack_Obama\t90\nBarry\tBarack Obama\t1\nCity\tBerlin\t4\n", "utf-8")
    sources = GraphSources([tmp_path / "labels.nt"], counts=tmp_path / "anchors.tsv")
    build_graph(tmp_path / "kg.sqlite", sources=sources)
    with Graph.open(tmp_path / "kg.sqlite") as graph:
        obama = graph.find("http://dbpedia.org/resource/Barack_Obama").id
        assert graph.name_counts(["obama", "barry", "city"]) == {"obama": {obama: 90}, "barry": {obama: 1}}
        names = graph.connection.execute("SELECT text, kind, weight FROM alias WHERE entity = ?", (obama,)).fetchall()
        assert sorted(names) == [("Barack Obama", "label", 1.0), ("Obama", "anchor", 0.9)]
        assert [row.reason for row in graph.rejected()] == ["no entity of the graph has this IRI"]
