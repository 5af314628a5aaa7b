"""Tables as spreadsheets, exports and published graphs have them."""

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg import Graph, SourceError, build_graph
from kg.build.rows import read_rows
from kg.build.sources import detect

Build = Callable[..., Graph]

ROWS = "iri,label,type\nhttp://e/a,Zürich,LOC\nhttp://e/b,Beta,ORG\n"
OBJECTS = [
    {"iri": "http://e/a", "label": "Zürich", "type": "LOC"},
    {"iri": "http://e/b", "label": "Beta", "type": "ORG"},
]
SAVED: dict[str, str | bytes] = {
    "sep= and ;": "sep=;\r\n" + ROWS.replace(",", ";").replace("\n", "\r\n"),
    "sep= in quotes": '"sep=\t"\n' + ROWS.replace(",", "\t"),
    "sep= of another kind": "SEP=^\n" + ROWS.replace(",", "^"),
    "bars": ROWS.replace(",", "|"),
    "UTF-16": ROWS.encode("utf-16"),
    "UTF-16, big end first": ("\ufeff" + ROWS).encode("utf-16-be"),
    "UTF-16 without a mark": ROWS.replace(",", "\t").encode("utf-16-le"),
    "UTF-16, compressed": gzip.compress(ROWS.encode("utf-16")),
    "old line ends": ROWS.replace("\n", "\r"),
    "blanks behind commas": ROWS.replace(",", ", ").replace("Beta", '"Beta"'),
    "lines": "\n".join(map(json.dumps, OBJECTS)),
    "a list": json.dumps(OBJECTS),
    "a list on many lines": json.dumps(OBJECTS, indent=2, ensure_ascii=False),
    "a list with a row a line": "[\n" + ",\n".join(map(json.dumps, OBJECTS)) + "\n]\n",
    "a list that is a member": json.dumps({"data": OBJECTS, "meta": {"count": 2}}),
    "a list that is a member, on many lines": json.dumps({"rows": OBJECTS, "next": [{"page": 2}]}, indent=1),
    "objects on many lines": "\n".join(json.dumps(row, indent=2) for row in OBJECTS),
    "names of columns in capitals": "\n".join(json.dumps({k.title(): v for k, v in row.items()}) for row in OBJECTS),
    "a list in UTF-16": json.dumps(OBJECTS, ensure_ascii=False).encode("utf-16"),
}


@pytest.mark.parametrize("kind", SAVED)
def test_the_same_table_in_whatever_form(build: Build, kind: str) -> None:
    graph = build({"table": SAVED[kind]})
    found = graph.connection.execute("SELECT iri, label, type FROM entity").fetchall()
    assert found == [("http://e/a", "Zürich", "LOC"), ("http://e/b", "Beta", "ORG")]
    assert graph.rejected() == ()


def test_parquet(build: Build, tmp_path: Path) -> None:
    path = tmp_path / "a [1].parquet"
    query = (
        "SELECT * FROM (VALUES ('http://e/a', 'Zürich', ['Zurich', 'Turicum'], 2.5::DECIMAL(9, 2)),"
        " ('http://e/b', NULL, [], NULL)) t(iri, Label, aliases, prior)"
    )
    duckdb.sql(query).write_parquet(str(path))
    graph = build({path.name: path.read_bytes()})
    [entity] = [graph.find("Turicum")]
    assert (entity.label, entity.prior) == ("Zürich", 2.5)
    assert [(row.line, row.reason) for row in graph.rejected()] == [(2, "no label")]
    path.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(SourceError, match="damaged file of Parquet"):
        detect(path)


def test_long_cells(build: Build) -> None:
    quoted, bare = "x, " * 70_000, "y" * 200_000
    rows = f'iri,label,description\nhttp://e/a,A,"{quoted}"\nhttp://e/b,B,{bare}\nhttp://e/c,C,z\n'
    graph = build({"e.csv": rows})
    found = [value for (value,) in graph.connection.execute("SELECT value FROM literal ORDER BY subject")]
    assert found == [quoted.strip(), bare, "z"]
    objects = [{"iri": f"http://e/{n}", "label": str(n), "description": "y" * 400_000} for n in range(3)]
    for text in ("\n".join(map(json.dumps, objects)), json.dumps(objects), json.dumps({"data": objects})):
        graph = build({"e.csv": text})
        assert (graph.counts()["literal"], graph.rejected()) == (3, ())


LONELY = 'http://e/r,"Lonely quote,OTHER'


@pytest.mark.parametrize(
    "closer",
    [
        'http://e/s,Other lonely",OTHER',  # would make three cells of three rows
        'http://e/s,"Quoted",ORG',
        'http://e/s,12"" Single,ORG,,',
        'http://e/s",x,y,z',
    ],
)
def test_a_quote_that_another_row_seems_to_close_costs_its_own_line(build: Build, closer: str) -> None:
    graph = build({"e.csv": f"iri,label,type\n{LONELY}\nhttp://e/e1,One,ORG\n{closer}\nhttp://e/e2,Two,ORG\n"})
    assert {"http://e/e1", "http://e/e2"} <= {iri for (iri,) in graph.connection.execute("SELECT iri FROM entity")}
    assert [row.text for row in graph.rejected()][:1] == [LONELY]
    assert len(graph.rejected()) + graph.counts()["entity"] == 4


def test_a_cell_of_several_lines_may_hold_commas_and_quotes(build: Build) -> None:
    text = 'first, line\nsecond, "line", and more\n\nthird'
    cell = text.replace('"', '""')
    graph = build({"e.csv": f'iri,label,description\nhttp://e/a,A,"{cell}"\nhttp://e/b,B,b\n'})
    assert graph.connection.execute("SELECT value FROM literal").fetchall() == [(text,), ("b",)]
    assert graph.rejected() == ()


def test_quotes_are_read_as_they_are_meant(build: Build) -> None:
    commas = 'iri,label,description\nhttp://e/a,"The "Rock" band",x\nhttp://e/b,"a" b,y\n'
    tabs = 'iri\tlabel\tdescription\nhttp://e/c\t"The ""Rock"" band"\t"two\nlines"\nhttp://e/d\t"Lonely\tz\n'
    graph = build({"a.csv": commas, "b.tsv": tabs})
    labels = [label for (label,) in graph.connection.execute("SELECT label FROM entity ORDER BY iri")]
    assert labels == ['The "Rock" band', '"a" b', 'The "Rock" band', '"Lonely']
    assert graph.connection.execute("SELECT value FROM literal WHERE value LIKE 'two%'").fetchall() == [("two\nlines",)]
    assert graph.rejected() == ()


HEADERLESS = {
    "IRIs and commas": "http://e/a,http://e/p,http://e/b\nhttp://e/b,http://e/q,text\n",
    "IRIs and tabs": "<http://e/a>\t<http://e/p>\t<http://e/b>\n‹http://e/b›\t‹http://e/q›\ttext\n",
    "IRIs in quotes and tabs": '"http://e/a"\t"http://e/p"\t"http://e/b"\n"http://e/b"\t"http://e/q"\t"text"\n',
    "IRIs and blanks": "<http://e/a> <http://e/p> <http://e/b>\n<http://e/b> <http://e/q> text\n",
    "s p o": "s,p,o\nhttp://e/a,http://e/p,http://e/b\nhttp://e/b,http://e/q,text\n",
    "head relation tail, as JSON": '{"head": "http://e/a", "relation": "http://e/p", "tail": "http://e/b"}\n'
    '{"head": "http://e/b", "relation": "http://e/q", "tail": "text"}',
    "head relation tail": "head\trelation\ttail\nhttp://e/a\thttp://e/p\thttp://e/b\nhttp://e/b\thttp://e/q\ttext\n",
}


@pytest.mark.parametrize("kind", HEADERLESS)
def test_triples_by_their_form(build: Build, kind: str) -> None:
    graph = build({"t": HEADERLESS[kind]})
    assert [iri for (iri,) in graph.connection.execute("SELECT iri FROM entity")] == ["http://e/a", "http://e/b"]
    assert (graph.counts()["triple"], graph.counts()["literal"]) == (1, 1)


@pytest.mark.parametrize(
    "text",
    [
        "/m/027rn\t/location/form_of_government\t/m/06cx9\n/m/017dcd\t/tv/tv_program/cast./tv/cast/actor\t/m/06v8s0\n",
        "Q1\tP31\tQ2\nQ3\tP31\tQ4\n",
        "dog\t_hypernym\tmammal\nmammal\t_hypernym\tanimal\n",
    ],
)
def test_triples_of_names_as_graphs_are_published(tmp_path: Path, text: str) -> None:
    (tmp_path / "train.txt").write_text(text)
    report = build_graph(tmp_path / "kg.sqlite", sources=[tmp_path / "train.txt"])
    assert (report.counts["triple"], report.counts["literal"]) == (2, 0)
    assert "no header" in (report.sources[0].error or "")


@pytest.mark.parametrize(
    "text",
    [
        "class,type,superclass\nBand,ORG,Group\nTown,LOC,Place\n",
        "name,age,town\nAnna,31,Ulm\nBert,31,Bonn\n",
        "http://e/a,http://e/1.jpg,A\nhttp://e/b,http://e/2.jpg,B\nhttp://e/c,http://e/3.jpg,C\nhttp://e/d,http://e/4.jpg,D\n",
        "One two three.\nThey are not.\n",
    ],
)
def test_three_columns_alone_are_no_triples(tmp_path: Path, text: str) -> None:
    (tmp_path / "table").write_text(text)
    with pytest.raises(SourceError, match=r"neither statements nor a table|lacks the column"):
        detect(tmp_path / "table")


def test_a_bare_name_is_an_entity_where_the_others_are_and_that_is_said(tmp_path: Path) -> None:
    rows = ["Anna,knows,Bert", "Bert,knows,Cara", "Bert,knows,Zoe Zett", "Anna,likes,Tea", "Bert,likes,Rain"]
    rows += ["Anna,born,1998-02-03", "http://e/x,knows,Nobody"]
    table = tmp_path / "t.csv"
    table.write_text("subject,predicate,object\n" + "\n".join([*rows, "Cara,likes,Tea"]))
    report = build_graph(tmp_path / "kg.sqlite", sources=[table])
    with Graph.open(tmp_path / "kg.sqlite") as graph:
        iris = {iri for (iri,) in graph.connection.execute("SELECT iri FROM entity")}
        assert iris == {"Anna", "Bert", "Cara", "Zoe Zett", "http://e/x"}
    assert (report.counts["triple"], report.counts["literal"]) == (3, 5)
    said = (
        "3 objects taken for entities (1 only because at least half of what their predicate leads to are), 5 for texts"
    )
    assert report.sources[0].error == said


_GOOD = {
    "csv": lambda n: f'http://e/{n},"Name, {n}",LOC',
    "tsv": lambda n: f"http://e/{n}\tName {n}\tLOC",
    "jsonl": lambda n: json.dumps({"iri": f"http://e/{n}", "label": f"Näme {n}", "aliases": ["x"]}, ensure_ascii=False),
}
_HEADS = {"csv": "iri,label,type\n", "tsv": "iri\tlabel\ttype\n", "jsonl": '{"iri": "http://e/0", "label": "First"}\n'}
_NOISE = ['"', ",", "\t", "{", "}", "]", "\\", "\\ud800", "\x00", "\xff", "é", "\r", ":", " ", "'", "null"]


def mutate(line: str, chance: random.Random) -> bytes:
    """A line with a few letters put in, taken out or repeated; some are not UTF-8 afterwards."""
    for _ in range(chance.choice([0, 0, 1, 1, 2, 5])):
        at = chance.randrange(len(line) + 1)
        end = at + chance.choice([0, 0, 1, 4])
        line = line[:at] + chance.choice(_NOISE) * chance.choice([1, 1, 2]) + line[end:]
    return line.encode("latin-1" if "\xff" in line else "utf-8", "replace")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(st.sampled_from(sorted(_GOOD)), st.integers(0, 2**32))
def test_every_line_of_a_spoilt_table_is_in_a_row(tmp_path: Path, form: str, seed: int) -> None:
    chance = random.Random(seed)
    lines = [mutate(_GOOD[form](n), chance) for n in range(1, 30)]
    path = tmp_path / "table"
    path.write_bytes(_HEADS[form].encode() + b"\n".join(lines))
    rows = list(read_rows(detect(path)))
    found = "\n".join(row.text for row in rows[form == "jsonl" :])
    assert "".join(found.split()) == "".join(b"\n".join(lines).decode("utf-8", "replace").split())
    assert [row.line for row in rows] == sorted(row.line for row in rows)
