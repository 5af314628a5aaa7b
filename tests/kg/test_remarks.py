"""What a build says of its sources: what names nothing in the graph, and whose name is not as it was wanted."""

from pathlib import Path

import pytest

from kg import AliasIndex, BuildReport, Graph, GraphSources, build_graph, normal_form
from tests.wikidata_items import ENTITY, dump, item, terms

LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
GRAPH = f'<http://e/a> {LABEL} "Anna" .\n<http://e/b> {LABEL} "Bert" .\n'


def built(folder: Path, files: dict[str, str], **options: object) -> BuildReport:
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    dumps = [folder / name for name in files if name != "numbers.csv"]
    return build_graph(folder / "kg.sqlite", sources=GraphSources(dumps, **options))  # type: ignore[arg-type]


def labels(folder: Path) -> dict[str, str]:
    with Graph.open(folder / "kg.sqlite") as graph:
        rows = graph.connection.execute("SELECT iri, label FROM entity")
        return {iri.rpartition("/")[2]: label for iri, label in rows}


@pytest.mark.parametrize(
    ("numbers", "said", "prior"),
    [
        ("http://e/a,5\nhttp://e/c,1\n", "1 of its 2 IRIs are not in the graph, such as http://e/c", 5),
        ("http://E/c,5\n", "none of its 1 IRI is in the graph, such as http://E/c; expected the graph's own, such as"
         " http://e/a", 1),
        ("http://e/a,5\nhttp://e/b,1\n", None, 5),
    ],
)  # fmt: skip
def test_numbers_of_what_is_not_in_the_graph_are_told(
    tmp_path: Path, numbers: str, said: str | None, prior: int
) -> None:
    files = {"graph.nt": GRAPH + "<http://e/b> <http://e/knows> <http://e/a> .\n", "numbers.csv": numbers}
    report = built(tmp_path, files, priors=tmp_path / "numbers.csv")
    assert {Path(one.name).name: one.error for one in report.sources}["numbers.csv"] == said
    with Graph.open(tmp_path / "kg.sqlite") as graph:
        assert graph.find("http://e/a").prior == prior  # what names nothing takes nothing's place


def test_counts_that_name_nothing_are_told(tmp_path: Path) -> None:
    report = built(tmp_path, {"graph.nt": GRAPH, "numbers.csv": "Annie,e:a,5\n"}, counts=tmp_path / "numbers.csv")
    [said] = [source.error or "" for source in report.sources if source.name.endswith("csv")]
    assert said.startswith("none of its 1 IRI is in the graph, such as e:a")


@pytest.mark.parametrize(
    ("predicate", "what"),
    [("http://www.w3.org/2002/07/owl#sameAs", "2 IRIs of owl:sameAs"),
     ("http://dbpedia.org/ontology/wikiPageRedirects", "1 redirect"),
     ("http://dbpedia.org/ontology/wikiPageDisambiguates", "1 IRI")],
)  # fmt: skip
def test_statements_about_nothing_in_the_graph_are_told(tmp_path: Path, predicate: str, what: str) -> None:
    other = f"<http://other/x> <{predicate}> <http://other/y> .\n"
    report = built(tmp_path, {"graph.nt": GRAPH, "other.nt": other})
    [said] = [source.error or "" for source in report.sources if source.name.endswith("other.nt")]
    assert said.startswith(f"none of its {what} is in the graph, such as http://other/")
    fitting = built(tmp_path, {"graph.nt": GRAPH, "other.nt": other.replace("other/y", "e/a")})
    assert not any(source.error for source in fitting.sources)


def test_what_leads_on_from_the_same_is_known(tmp_path: Path) -> None:
    same = "<http://www.w3.org/2002/07/owl#sameAs>"
    files = {"one.nt": f"<http://e/a> {same} <http://m/1> .\n", "two.nt": f"<http://m/1> {same} <http://n/1> .\n"}
    report = built(tmp_path, {"graph.nt": GRAPH, **files})
    assert not any(source.error for source in report.sources)


def test_rules_that_keep_nothing_are_told(tmp_path: Path) -> None:
    table = {"entities.csv": "iri,label,type,class\nhttp://e/a,Anna,PER,http://e/Woman\n"}
    report = built(tmp_path, table, keep=("PER", "ORG", "http://e/Man", "http://e/Woman"))
    assert [remark for remark in report.remarks if "--keep" in remark] == [
        "--keep ORG: no entity of the sources is such",
        "--keep http://e/Man: no entity of the sources is such",
    ]


def test_classes_that_the_table_of_types_does_not_know_are_told(tmp_path: Path) -> None:
    table = "iri,label,class,type\nhttp://e/a,Anna,{},{}\n"
    report = built(tmp_path, {"entities.csv": table.format("http://e/Fresco", "")})
    assert report.remarks == (
        "the table of types knows none of 1 class in the graph, such as http://e/Fresco: give one that does with"
        " --types FILE",
    )
    assert built(tmp_path, {"entities.csv": table.format("http://e/Fresco", "PER")}).remarks == ()
    assert built(tmp_path, {"entities.csv": table.format("http://e/Person", "")}).remarks == ()


@pytest.mark.parametrize("form", ["json", "lines", "turtle"])
def test_a_name_in_another_language_is_told_and_english_before_a_foreign_script(tmp_path: Path, form: str) -> None:
    texts = {
        "Q1": terms(ar="دوغلاس", en="Douglas", de="Duglas"),
        "Q2": terms(ar="تشاد", mul="Chad", en="Tchad"),
        "Q3": terms(ar="تشاد", fr="Tchad", de="Tschad"),
        "Q4": terms(ar="تشاد", ja="チャド"),
        "Q5": terms(ar="تشاد", it="Ciad"),
    }
    if form == "json":
        files = {"items.json": dump(*(item(name, None, labels=given) for name, given in texts.items()))}
    else:
        lines = [
            f'<{ENTITY}{name}> {LABEL} "{text["value"]}"@{tag} .'
            for name, given in texts.items()
            for tag, text in given.items()
        ]
        files = {"items.nt" if form == "lines" else "items.ttl": "# labels\n" + "\n".join(lines) + "\n"}
    report = built(tmp_path, files, languages=("it",))
    assert labels(tmp_path) == {"Q1": "Douglas", "Q2": "Chad", "Q3": "Tschad", "Q4": "تشاد", "Q5": "Ciad"}
    [said] = report.remarks
    assert said.startswith("3 entities have no name in it: the name in another language is taken, such as Douglas (en)")


@pytest.mark.parametrize(
    ("iri", "is_found"),
    [
        ("http://www.wikidata.org/entity/Q14", False),
        ("http://wikidata.dbpedia.org/resource/Q14", False),
        ("https://d-nb.info/gnd/118540238", False),
        ("http://rdf.freebase.com/ns/m.0abc", False),
        ("http://dbpedia.org/resource/1984", True),
        ("http://de.dbpedia.org/resource/Q7", True),
        ("http://e/U2", True),
    ],
)
def test_an_identifier_is_no_name(tmp_path: Path, iri: str, is_found: bool) -> None:
    redirects = "<http://dbpedia.org/ontology/wikiPageRedirects>"
    report = built(
        tmp_path,
        {"graph.nt": f'{GRAPH}<{iri}> <http://e/knows> <http://e/a> .\n<{iri}0> {redirects} <http://e/b> .\n'},
    )  # fmt: skip
    text = iri.replace(".", "/").rpartition("/")[2]
    with Graph.open(tmp_path / "kg.sqlite") as graph:
        found = AliasIndex(graph).lookup([normal_form(text), normal_form(text + "0")])
        assert len(found) == (2 if is_found else 0)
        assert graph.find(iri).iri == iri
    assert bool(report.remarks) == (not is_found)


def test_a_number_that_is_given_as_a_label_is_a_name(tmp_path: Path) -> None:
    report = built(tmp_path, {"graph.nt": f'<{ENTITY}Q14> {LABEL} "Q14"@en .\n'})
    with Graph.open(tmp_path / "kg.sqlite") as graph:
        assert AliasIndex(graph).lookup(["q14"]).keys() == {"q14"}
    assert report.remarks == ()


@pytest.mark.parametrize(
    ("name", "table", "idle"),
    [
        ("a.csv", "iri,label,Alias,logo,\nhttp://e/a,Anna,A,a.jpg,\n", "alias, logo (used are iri, label"),
        ("a.json", '[{"iri": "http://e/a", "label": "Anna", "alias": "A"}]', "alias (used are iri, label"),
        ("a.tsv", "iri\tlabel\tclass\tclass\nhttp://e/a\tAnna\tx\ty\n", "class (stands again) (used are iri"),
        ("a.csv", "s,p,o,year\nhttp://e/a,http://e/p,http://e/b,1\n", "year (used are subject"),
    ],
)
def test_columns_that_are_not_used_are_told(tmp_path: Path, name: str, table: str, idle: str) -> None:
    [said] = [source.error or "" for source in built(tmp_path, {name: table}).sources if source.name.endswith(name)]
    assert said.startswith(f"columns that are not used: {idle}")


def test_names_that_were_decoded_wrongly_are_told(tmp_path: Path) -> None:
    names = ["SÃ£o Paulo", "Peopleâ€™s Party", "SÃO JOÃO", "Läuft", "Â", "Ângela", "Ação"]
    table = "iri,label\n" + "".join(f"http://e/{number},{name}\n" for number, name in enumerate(names))
    [remark] = built(tmp_path, {"a.csv": table}).remarks
    assert remark.startswith("2 names look decoded wrongly, such as Peopleâ€™s Party: ")
