"""What a user's own tables become."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kg import Graph, GraphSources, SourceError, build_graph

Build = Callable[..., Graph]

_CSV = """iri,label,type,aliases,image,class,prior
http://e/chad,Chad,LOC,Tchad|Republic of Chad,flags/chad.png,Country,12
http://e/smith,Chad Smith,per,Chad,smith.png,MusicalArtist,
http://e/odd,Odd,PLANT,,,,many
,Nameless,LOC,,,,
http://e/short,Short
"""


def test_csv_entities(build: Build, tmp_path: Path) -> None:
    folder = tmp_path / "sources of kg.sqlite" / "flags"
    folder.mkdir(parents=True)
    (folder / "chad.png").write_bytes(b"")
    graph = build({"entities.csv": _CSV})
    chad, smith, odd = graph.find("Tchad"), graph.find("http://e/smith"), graph.find("Odd")
    assert (chad.label, chad.type, chad.prior) == ("Chad", "LOC", 12)
    assert (smith.type, graph.classes(smith.id)) == ("PER", ("musical artist",))
    assert (odd.type, odd.prior) == (None, 0)
    assert {image.source: image.status for image in graph.images()} == {
        "flags/chad.png": "pending",
        "smith.png": "missing",
    }
    reasons = [(row.line, row.reason.split(",")[0].split(";")[0]) for row in graph.rejected()]
    assert reasons == [(4, "type 'PLANT'"), (4, "prior 'many'"), (5, "no iri"), (6, "2 cells")]


def test_json_lines_say_the_same_as_csv(build: Build) -> None:
    rows = [
        {"iri": "http://e/chad", "label": "Chad", "type": "LOC", "aliases": ["Tchad"], "image": ["a.png"], "prior": 3},
        {"iri": "http://e/mali", "label": "Mali", "aliases": None},
    ]
    text = "\n".join([*map(json.dumps, rows), "{broken", "[1]", ""])
    graph = build({"things": gzip.compress(text.encode())})
    csv = build(
        {
            "e.csv": 'iri,label,type,aliases,image,prior\nhttp://e/chad,"Chad",LOC,Tchad,a.png,3\nhttp://e/mali,Mali,,,,\n'
        },
        name="csv.sqlite",
    )
    assert [(row.line, row.reason) for row in graph.rejected()] == [(3, "not a JSON object"), (4, "not a JSON object")]
    for table in ("entity", "alias", "image"):
        query = f"SELECT * FROM {table} ORDER BY 1, 2, 3"
        assert graph.connection.execute(query).fetchall() == csv.connection.execute(query).fetchall()


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl"])
def test_triples_tell_entities_from_texts(build: Build, form: str) -> None:
    rows = [
        ("Q1", "capital", "Q2"),
        ("Q1", "motto", "Unity, Work"),
        ("Q1", "page", "http://e/x y"),
        ("Q1", "sees", "http://e/new"),
    ]
    if form == "jsonl":
        triples = "".join(
            json.dumps(dict(zip(("subject", "predicate", "object"), row, strict=True))) + "\n" for row in rows
        )
    else:
        cut = "\t" if form == "tsv" else ","
        triples = "\n".join(
            cut.join(f'"{cell}"' for cell in row) for row in [("subject", "predicate", "object"), *rows]
        )
    graph = build({"entities.csv": "iri,label\nQ1,Chad\nQ2,Ndjamena\n", "triples": triples})
    chad = graph.find("Chad").id
    assert graph.counts()["triple"] == 2
    assert [fact.object for fact in graph.facts(chad, predicates=["capital", "motto", "page"], limit=9)] == [
        "Ndjamena",
        "Unity, Work",
        "http://e/x y",
    ]
    assert len(graph.facts(chad, predicates=["capital", "motto", "page"], limit=2)) == 2


def test_cells_may_hold_line_breaks_and_unclosed_quotes_do_no_harm(build: Build) -> None:
    text = 'iri,label\nhttp://e/a,"A\nB"\nhttp://e/c,C\n'
    graph = build({"e.csv": text + 'http://e/d,"never closed\nhttp://e/f,F\n'})
    assert [entity.label for entity in map(graph.find, ("http://e/a", "http://e/c"))] == ["A\nB", "C"]


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("iri,name,type\n", "label"),
        ("label,type\nx,y\n", "iri"),
        ("subject,object\na,b\n", "predicate"),
        ('{"iri": "x"}', "label"),
    ],
)
def test_a_missing_column_is_named(tmp_path: Path, text: str, missing: str) -> None:
    path = tmp_path / "table"
    path.write_text(text)
    with pytest.raises(SourceError, match=f"lacks the column {missing}"):
        build_graph(tmp_path / "kg.sqlite", sources=[path])


@pytest.mark.parametrize("nothing", ["", "\ufeff", "\ufeff\r\n", "\xa0\n\u3000\n"])
def test_empty_tables_make_an_empty_graph(build: Build, nothing: str) -> None:
    graph = build({"entities.csv": "iri,label\n", "nothing.nt": nothing})
    [(said,)] = graph.connection.execute("SELECT error FROM build_step WHERE source GLOB '*.nt'")
    assert said.startswith("it holds no statement")
    assert graph.counts()["entity"] == 0
    assert list(graph.images()) == []


def test_same_row_twice_is_one_entity(build: Build) -> None:
    graph = build({"e.csv": "iri,label,aliases\nhttp://e/a,A,x\nhttp://e/a,A,x\nhttp://e/a,Ay,x\n"})
    assert graph.counts()["entity"] == 1
    assert graph.counts()["alias"] == 3
    assert graph.entity(1).label == "A"


def test_the_type_map_must_make_sense(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("iri,label\n")
    table = tmp_path / "types.csv"
    for text in ("name,kind\n", "class,type\nPerson,HUMAN\n", "type,class\nPER\n", "type,class\nPER,\n"):
        table.write_text(text)
        with pytest.raises(SourceError, match="type map"):
            build_graph(tmp_path / "kg.sqlite", sources=GraphSources([tmp_path / "e.csv"], type_map=table))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("iri,count\nhttp://e/a,7\nhttp://e/old,5\nhttp://e/b,many\nhttp://e/unknown,3\n", {"A": 12, "B": 0, "C": 0}),
        ("http://e/b\t2.5\nhttp://e/c\t1e3\nhttp://e/c\t1e3\n", {"A": 0, "B": 2.5, "C": 1000}),
    ],
)
def test_a_file_of_priors_replaces_in_degrees(tmp_path: Path, text: str, expected: dict[str, float]) -> None:
    label, redirect = "http://www.w3.org/2000/01/rdf-schema#label", "http://dbpedia.org/ontology/wikiPageRedirects"
    dump = tmp_path / "dump.nt"
    lines = [f'<http://e/{name.lower()}> <{label}> "{name}" .' for name in "ABC"]
    lines += ["<http://e/a> <http://e/near> <http://e/b> .", f"<http://e/old> <{redirect}> <http://e/a> ."]
    dump.write_text("\n".join(lines) + "\n")
    (tmp_path / "priors").write_text(text)
    report = build_graph(tmp_path / "kg.sqlite", sources=GraphSources([dump], priors=tmp_path / "priors"))
    assert report.sources[-1].rejected == ("many" in text)
    with Graph.open(tmp_path / "kg.sqlite") as graph:
        assert {name: graph.find(name).prior for name in "ABC"} == expected
    build_graph(tmp_path / "plain.sqlite", sources=[dump])
    with Graph.open(tmp_path / "plain.sqlite") as graph:
        assert {name: graph.find(name).prior for name in "ABC"} == {"A": 0, "B": 1, "C": 0}
    (tmp_path / "priors").write_text("<http://e/a> what\n")
    with pytest.raises(SourceError, match="is not a file of priors: expected lines of iri,count"):
        build_graph(tmp_path / "other.sqlite", sources=GraphSources([dump], priors=tmp_path / "priors"))


def test_half_a_character_is_a_bad_row_and_its_neighbours_go_on(build: Build) -> None:
    rows = [
        r'{"iri": "http://e/a", "label": "Fine \ud83d\ude00"}',
        r'{"iri": "http://e/b", "label": "Half \ud83d"}',
        r'{"iri": "http://e/c\ud83d", "label": "Half"}',
        r'{"iri": "http://e/d", "label": "Fine \\ud83d"}',
    ]
    graph = build({"things.jsonl": "\n".join(rows)})
    assert graph.find("http://e/a").label == "Fine 😀"
    assert graph.find("http://e/d").label == r"Fine \ud83d"
    assert graph.counts()["entity"] == 2
    assert [(row.line, row.reason) for row in graph.rejected()] == [
        (2, r"half a character (\ud83d alone)"),
        (3, r"half a character (\ud83d alone)"),
    ]


def test_between_tabs_a_quote_is_a_letter(build: Build) -> None:
    rows = [("a", "Alpha"), ("q", '"Weird" Sample'), ("r", '"Lonely quote'), ("e", "Entity"), ("s", '12" Single')]
    entities = "iri\tlabel\ttype\n" + "".join(f"http://e/{iri}\t{label}\tORG\n" for iri, label in rows)
    triples = 'subject\tpredicate\tobject\nhttp://e/r\tmotto\t"never closed\nhttp://e/e\tin\thttp://e/a\n'
    graph = build({"entities.tsv": entities, "triples.tsv": triples})
    assert [graph.find(f"http://e/{iri}").label for iri, _ in rows] == [label for _, label in rows]
    assert (graph.counts()["entity"], graph.counts()["triple"], graph.counts()["literal"]) == (5, 1, 1)
    assert graph.rejected() == ()


def test_a_quote_that_is_never_closed_costs_its_own_row(build: Build) -> None:
    rows = "".join(f"http://e/e{n},Entity {n},ORG\n" for n in range(5))
    graph = build(
        {"e.csv": f'iri,label,type\nhttp://e/r,"Lonely quote,OTHER\n{rows}http://e/s,"A ""quoted"" name",ORG\n'}
    )
    assert graph.counts()["entity"] == 6
    assert [(row.line, row.text, row.reason) for row in graph.rejected()] == [
        (2, 'http://e/r,"Lonely quote,OTHER', "a quote that is not closed")
    ]
    assert graph.find("http://e/s").label == 'A "quoted" name'


def test_a_table_as_a_german_spreadsheet_saves_it(build: Build) -> None:
    graph = build({"e.csv": "\ufeffiri;label;type;prior\r\nhttp://e/a;Alpha, Town;LOC;2,5\r\n"})
    [entity] = [graph.find("Alpha, Town")]
    assert (entity.iri, entity.type, entity.prior, graph.counts()["entity"]) == ("http://e/a", "LOC", 2.5, 1)


def test_brackets_around_iris_are_not_part_of_them(build: Build) -> None:
    entities = 'iri,label\n<http://e/a>,A\n"<http://e/b>",B\n‹http://e/c›,C\n'
    graph = build({"e.csv": entities, "t.csv": "subject,predicate,object\n<http://e/a>,<http://e/p>,‹http://e/b›\n"})
    assert [graph.find(name).iri for name in "ABC"] == ["http://e/a", "http://e/b", "http://e/c"]
    assert graph.connection.execute("SELECT iri FROM predicate").fetchall() == [("http://e/p",)]
    assert graph.counts()["triple"] == 1


def test_names_of_entities_are_entities_even_if_they_are_never_subjects(build: Build) -> None:
    triples = "Q7604,P1412,Q188\nQ7604,P18,Euler.jpg\nQ7604,P1,B52\nwd:Q1,wdt:P2,wd:Q2\nQ7604,motto,Live: well\n"
    graph = build({"t.csv": f"subject,predicate,object\n{triples}"})
    iris = [iri for (iri,) in graph.connection.execute("SELECT iri FROM entity")]
    assert iris == ["Q188", "Q7604", "wd:Q1", "wd:Q2"]
    assert (graph.counts()["triple"], graph.counts()["literal"]) == (2, 3)
