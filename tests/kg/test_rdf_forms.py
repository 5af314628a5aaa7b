"""Turtle as people write it, TriG, RDF/XML and JSON-LD through real builds: the facts that pyoxigraph reads."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, parse, serialize

from kg import Graph, build_graph

Build = Callable[..., Graph]
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

_PREFIXES = """# A comment before them.
@base <http://e/> .
@prefix : <http://e/> .
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

"""
OWN_LINES = (
    _PREFIXES
    + """:Chad
    a
        :Country ;
    rdfs:label
        "Chad"@en ,
        "Tschad"@de ;
    :capital
        :N\\'Djamena ;
    :area
        1284000 ,
        1.284e6 ;
    :isLandlocked true ;
    :founded "1960-08-11"^^xsd:date ;
    :motto \"\"\"Unity,
Work; "Progress" .\"\"\" ;
    .
<#Lake> :in :Chad ; rdfs:label 'Lake Chad'@en .
<http://e/N'Djamena> rdfs:label "N'Djamena" .
"""
)
PLAIN = """<http://e/Chad>
    <http://e/capital>
        <http://e/Town> ;
    <http://www.w3.org/2000/01/rdf-schema#label>
        "Chad"@en .
<http://e/Town>
    <http://www.w3.org/2000/01/rdf-schema#label>
    "Town" .
"""
WITHOUT_SIGNS = """<http://e/Chad>
    <http://e/capital>
        <http://e/Town> .
<http://e/Chad>
    <http://www.w3.org/2000/01/rdf-schema#label>
        "Chad"@en .

<http://e/Town>
    <http://www.w3.org/2000/01/rdf-schema#label>
        "Town"@en .
"""
TRIG = (
    _PREFIXES
    + """GRAPH :one {
    :Chad a :Country ; rdfs:label "Chad"@en
}
:two {
    :Town
        :in :Chad ;
        rdfs:label "Town" .
}
{ :Town a :City }
"""
)


def _facts_of_build(graph: Graph) -> dict[str, set[tuple[str, ...]]]:
    def rows(query: str) -> set[tuple[str, ...]]:
        return set(graph.connection.execute(query).fetchall())

    subject, predicate = "JOIN entity s ON s.id = x.subject", "JOIN predicate p ON p.id = x.predicate"
    return {
        "triples": rows(
            f"SELECT s.iri, p.iri, o.iri FROM triple x {subject} {predicate} JOIN entity o ON o.id = x.object"
        ),
        "literals": rows(f"SELECT s.iri, p.iri, x.value, x.datatype FROM literal x {subject} {predicate}"),
        "classes": rows(
            "SELECT s.iri, c.iri FROM entity_class x JOIN entity s ON s.id = x.entity JOIN class c ON c.id = x.class"
        ),
        "names": rows("SELECT s.iri, x.text FROM alias x JOIN entity s ON s.id = x.entity"),
    }


def _facts_of_pyoxigraph(text: str, form: RdfFormat) -> dict[str, set[tuple[str, ...]]]:
    found: dict[str, set[tuple[str, ...]]] = {name: set() for name in ("triples", "literals", "classes", "names")}
    for quad in parse(text, format=form, base_iri="http://e/"):
        subject, predicate, target = quad.subject.value, quad.predicate.value, quad.object
        if isinstance(target, NamedNode):
            is_type = predicate == TYPE
            found["classes" if is_type else "triples"].add(
                (subject, target.value) if is_type else (subject, predicate, target.value)
            )
        elif predicate == LABEL:
            found["names"].add((subject, target.value))
        else:
            assert isinstance(target, Literal)
            plain = "" if target.datatype.value.endswith("#string") else target.datatype.value
            found["literals"].add(
                (subject, predicate, target.value, f"@{target.language}" if target.language else plain)
            )
    return found


@pytest.mark.parametrize("text", [OWN_LINES, PLAIN, WITHOUT_SIGNS], ids=["own lines", "whole IRIs", "no ; or ,"])
def test_turtle_with_predicates_on_lines_of_their_own(build: Build, text: str) -> None:
    graph = build({"data": text})
    assert graph.rejected() == ()
    assert _facts_of_build(graph) == _facts_of_pyoxigraph(text, RdfFormat.TURTLE)


def test_trig(build: Build) -> None:
    graph = build({"data": TRIG})
    assert graph.rejected() == ()
    assert _facts_of_build(graph) == _facts_of_pyoxigraph(TRIG, RdfFormat.TRIG)


FORMS = [RdfFormat.TURTLE, RdfFormat.TRIG, RdfFormat.RDF_XML, RdfFormat.JSON_LD]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
@pytest.mark.parametrize("prefixes", [{}, {"e": "http://e/", "rdfs": LABEL[:-5]}], ids=["whole IRIs", "prefixes"])
def test_what_pyoxigraph_writes(build: Build, form: RdfFormat, prefixes: dict[str, str]) -> None:
    quads = [quad.triple for quad in parse(OWN_LINES, format=RdfFormat.TURTLE)]
    text = serialize(quads, format=form, prefixes=prefixes)
    assert text is not None
    graph = build({"data": text})
    assert graph.rejected() == ()
    assert _facts_of_build(graph) == _facts_of_pyoxigraph(OWN_LINES, RdfFormat.TURTLE)


@pytest.mark.parametrize("start", ["http://schema.org/", "https://schema.org/"])
def test_json_ld_with_the_names_and_pictures_of_schema_org(build: Build, start: str) -> None:
    chad = {"@id": "http://e/1", "name": "Chad", "alternateName": "Tchad", "logo": {"@id": "http://e/a.png"}}
    lake = {"@id": "http://e/2", "name": {"@value": "Lake Chad", "@language": "en"}, "containedInPlace": chad}
    for value in ({"@context": {"@vocab": start}, "@graph": [lake]}, [{"@context": {"@vocab": start}, **lake}]):
        graph = build({"data.json": json.dumps(value, indent=1)})
        assert _facts_of_build(graph)["names"] == {
            ("http://e/1", "Chad"), ("http://e/1", "Tchad"), ("http://e/2", "Lake Chad")
        }  # fmt: skip
        assert _facts_of_build(graph)["triples"] == {("http://e/2", f"{start}containedInPlace", "http://e/1")}
        assert [image.source for image in graph.images()] == ["http://e/a.png"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"@context": "https://schema.org", "@id": "http://e/1", "name": "Chad"}', "@context is at an address"),
        ('[{"@id": "http://e/1", "http://schema.org/name": "Chad"}, {"@id": "http', "Unexpected end of file"),
    ],
)
def test_json_ld_that_cannot_be_read_is_said(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "data").write_text(text)
    report = build_graph(tmp_path / "kg.sqlite", sources=[tmp_path / "data"])
    assert said in str(report.sources[0].error)


def test_a_table_with_a_field_of_json_ld_is_a_table(build: Build) -> None:
    row = {"iri": "http://e/1", "label": "Chad", "@id": "x", "source": {"@id": "y"}}
    assert _facts_of_build(build({"data.jsonl": json.dumps(row) + "\n"}))["names"] == {("http://e/1", "Chad")}


def test_a_label_comes_before_a_name_of_schema_org(build: Build) -> None:
    text = f'<http://e/1> <{LABEL}> "Lionel Messi"@en .\n<http://e/1> <http://schema.org/name> "Leo"@en .\n'
    text += '<http://e/two-x> <http://schema.org/name> "Two" .\n<http://e/3> <http://xmlns.com/foaf/0.1/name> "Ann" .\n'
    graph = build({"data.ttl": text})
    rows = graph.connection.execute("SELECT iri, label FROM entity ORDER BY iri").fetchall()
    assert rows == [("http://e/1", "Lionel Messi"), ("http://e/3", "3"), ("http://e/two-x", "Two")]
