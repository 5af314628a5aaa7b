"""RDF in all its forms: the W3C's grammar, one answer of both readers of lines, Turtle and RDF/XML."""

import string
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, parse, serialize

from kg import Graph, build_graph

Build = Callable[..., Graph]
_TABLES = ("entity", "predicate", "triple", "literal", "alias")


def _rows(graph: Graph) -> list[object]:
    return [graph.connection.execute(f"SELECT * FROM {table}").fetchall() for table in _TABLES]


@pytest.mark.parametrize("suite", ["w3c-rdf-n-triples", "w3c-rdf-n-quads"])
def test_the_w3cs_files_are_read_or_rejected_with_a_reason(shared_data: Path, tmp_path: Path, suite: str) -> None:
    files = sorted((shared_data / "rdf-samples" / suite).glob("*.n[tq]"))
    assert len(files) > 60
    report = build_graph(tmp_path / "kg.sqlite", sources=files)
    wrong = [s.name for s in report.sources if (s.rejected > 0) != ("-bad-" in s.name)]
    assert wrong == []
    with Graph.open(tmp_path / "kg.sqlite") as graph:
        rejected = graph.rejected(1000)
    assert {row.source for row in rejected} == {str(path) for path in files if "-bad-" in path.name}
    assert all(row.line > 0 and row.text and row.reason for row in rejected)


_NAMES = st.text(string.ascii_letters + "é%25C3%89_(),'", min_size=1, max_size=6)
_TEXTS = st.text(st.characters(exclude_characters='"\\\n\r', exclude_categories=["Cs"]), max_size=8)
_TAGS = st.sampled_from(
    ["", "@en", "@EN-gb", "^^<http://www.w3.org/2001/XMLSchema#string>", "^^<http://www.w3.org/2001/XMLSchema#date>",
     "^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#langString>", "^^<relative>", "@1"]
)  # fmt: skip
_PREDICATES = st.sampled_from(
    ["http://e/near", "http://www.w3.org/2000/01/rdf-schema#label", "http://dbpedia.org/ontology/demonym", "p"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=8)
@given(st.lists(st.tuples(_NAMES, _PREDICATES, st.one_of(_NAMES, st.tuples(_TEXTS, _TAGS))), max_size=60))
def test_plain_lines_and_others_say_the_same(build: Build, said: list[tuple[str, str, str | tuple[str, str]]]) -> None:
    """A comment behind the dot makes a line one that is read by the whole grammar."""
    lines = []
    for subject, predicate, target in said:
        end = f"<http://e/{target}>" if isinstance(target, str) else f'"{target[0]}"{target[1]}'
        lines.append(f"<http://e/{subject}> <{predicate}> {end} .")
    good = "<http://e/a> <http://e/b> <http://e/c> .\n"
    plain = build({"d.nt": good + "".join(f"{line}\n" for line in lines)}, name="plain.sqlite")
    odd = build({"d.nt": good + "".join(f"{line} # odd\n" for line in lines)}, name="odd.sqlite")
    assert _rows(plain) == _rows(odd)
    assert [(row.line, row.reason) for row in plain.rejected()] == [(row.line, row.reason) for row in odd.rejected()]


def test_terms_need_no_blanks_between_them_and_tags_no_case(build: Build) -> None:
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    text = (
        f'<http://e/a>{label}"Alpha Tight"@EN.\n<http://e/b> {label} "Beta Loose"@en .\n'
        '<http://e/b><http://e/near><http://e/a>.\n<http://e/b> <http://e/size> "12"@En-GB .\n'
        '<http://e/b> <http://e/size> "13"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#langString> .\n'
    )
    graph = build({"tight.nt": text})
    assert (graph.counts()["entity"], graph.counts()["triple"], graph.rejected()) == (2, 1, ())
    assert graph.find("Alpha Tight").iri == "http://e/a"
    assert graph.connection.execute("SELECT value, datatype FROM literal ORDER BY id").fetchall() == [
        ("12", "@en-gb"), ("13", ""),
    ]  # fmt: skip


_TURTLE = """@prefix e: <http://e/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
e:a rdfs:label "Alpha"@EN ;
    e:near e:b, [ e:near e:c ] ;
    e:size 12 .
e:b a e:Thing ; rdfs:label \"\"\"Beta\"\"\" .
"""
_XML = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/"
         xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#">
  <rdf:Description rdf:about="http://e/a">
    <rdfs:label xml:lang="en">Alpha</rdfs:label>
    <e:near rdf:resource="http://e/b"/>
    <e:near><rdf:Description><e:near rdf:resource="http://e/c"/></rdf:Description></e:near>
    <e:size rdf:datatype="http://www.w3.org/2001/XMLSchema#integer">12</e:size>
  </rdf:Description>
  <e:Thing rdf:about="http://e/b"><rdfs:label>Beta</rdfs:label></e:Thing>
</rdf:RDF>
"""
_LINES = """<http://e/a> <http://www.w3.org/2000/01/rdf-schema#label> "Alpha"@en .
<http://e/a> <http://e/near> <http://e/b> .
<http://e/a> <http://e/near> _:x .
_:x <http://e/near> <http://e/c> .
<http://e/a> <http://e/size> "12"^^<http://www.w3.org/2001/XMLSchema#integer> .
<http://e/b> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://e/Thing> .
<http://e/b> <http://www.w3.org/2000/01/rdf-schema#label> "Beta" .
"""


_SPREAD = """PREFIX e: <http://e/>
@base <http://e/> .
<a>
    <http://www.w3.org/2000/01/rdf-schema#label>
        "Alpha"@en
    ;
    e:near
        <b> ,
        _:x
    ; # a remark
    e:size
        12
.
_:x
    e:near
        e:c .
e:b
    a
        e:Thing ;
    <http://www.w3.org/2000/01/rdf-schema#label>
        "Beta"
.
"""
_UNPREFIXED = """<http://e/a>
\t<http://www.w3.org/2000/01/rdf-schema#label>
\t\t"Alpha"@en ;
\t<http://e/near>
\t\t<http://e/b>, _:x ;
\t<http://e/size>
\t\t12 .
_:x
\t<http://e/near>
\t\t<http://e/c> .
<http://e/b>
\ta
\t\t<http://e/Thing> ;
\t<http://www.w3.org/2000/01/rdf-schema#label>
\t\t"Beta" .
"""
_GRAPHS = _SPREAD.replace(
    "_:x\n    e:near\n        e:c .", "<g>\n{\n    _:x\n        e:near\n            e:c\n    .\n}"
)


@pytest.mark.parametrize("text", [_SPREAD, _UNPREFIXED, _GRAPHS, _XML])
def test_terms_on_lines_of_their_own_are_read_as_pyoxigraph_reads_them(build: Build, text: str) -> None:
    form = RdfFormat.RDF_XML if text is _XML else RdfFormat.TRIG
    quads = list(parse(text, format=form, base_iri="http://e/"))
    graph = build({"data": text})
    lines = build(
        {"data.nt": serialize((quad.triple for quad in quads), format=RdfFormat.N_TRIPLES)}, name="lines.sqlite"
    )
    assert (graph.rejected(), len(quads)) == ((), 7)
    assert _rows(graph) == _rows(lines)
    assert (graph.counts()["entity"], graph.counts()["triple"]) == (2, 1), "what a blank node says is not kept"


@pytest.mark.parametrize("text", [_TURTLE, f"{_TURTLE}e:g {{ e:a e:near e:b }}\n", _XML])
def test_turtle_trig_and_rdf_xml_say_what_lines_say(build: Build, text: str) -> None:
    graph, lines = build({"data": text}), build({"data": _LINES}, name="lines.sqlite")
    assert graph.rejected() == ()
    assert _rows(graph) == _rows(lines)


def test_a_turtle_file_is_read_up_to_its_first_error_and_the_rest_is_said(tmp_path: Path) -> None:
    path = tmp_path / "data.ttl"
    path.write_text(_TURTLE + "e:c e:near .\n" + "e:d e:near e:a .\n" * 9)
    report = build_graph(tmp_path / "kg.sqlite", sources=[path])
    assert report.counts["entity"] == 2
    assert report.sources[0].rejected == 1
    with Graph.open(tmp_path / "kg.sqlite") as graph:
        [row] = graph.rejected()
    assert row.line == 7
    assert "10 of 16 lines were not read" in row.reason
    assert report.sources[0].error == row.reason
    path.write_text(_TURTLE + "e:c e:near ", "utf-8")
    [cut] = build_graph(tmp_path / "kg.sqlite", sources=[path]).sources
    assert (cut.error or "").endswith("; its last statement was not read (a download that was cut?)")


def test_a_real_wikidata_item_is_the_same_as_turtle_and_as_lines(shared_data: Path, tmp_path: Path) -> None:
    counts = []
    for name in ("Q42.ttl", "Q42.nt"):
        graph = tmp_path / f"{name}.sqlite"
        counts.append(build_graph(graph, sources=[shared_data / "rdf-samples" / "wikidata" / name]).counts)
    assert counts[0] == counts[1]
    assert counts[0]["rejected"] == 0
