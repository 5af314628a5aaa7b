"""Endpoints that are asked by a recipe: Wikidata's, DBpedia's, one's own; and recipes that are wrong."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import lying_endpoint as lying
import pytest
import sparql_servers as servers
import wikidata_world as items
from index_content import tables_of

from kg import EndpointError, GraphSources, SparqlReport, SparqlRequest, build_graph, fetch_sparql, read_recipe
from kg.sparql.client import Manner

WIKIDATA, DBPEDIA = read_recipe("wikidata"), read_recipe("dbpedia")


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Oxigraph with what Wikidata's endpoint holds."""
    if servers.missing_oxigraph():
        pytest.skip(servers.missing_oxigraph())
    folder = tmp_path_factory.mktemp("wikidata")
    sitelinks = [f'wd:Q{2000 + number} wikibase:sitelinks "{number}"^^<{items.XSD}integer>' for number in range(3)]
    lines = [*items.truthy(), *items.only_there(), *sitelinks]
    with servers.oxigraph(items.write(lines, folder / "all.nt"), folder) as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(honest: str) -> Iterator[lying.LyingEndpoint]:
    with lying.lying_endpoint(honest) as running:
        yield running


def fetch(url: str, folder: Path, **options: object) -> tuple[SparqlReport, set[str]]:
    """Fetch without ever waiting; gives the report and the statements, without those of how well known things are."""
    options = {"languages": items.LANGUAGES, "recipe": WIKIDATA} | options
    seeds = options.pop("seeds", items.SEEDS)
    manner = Manner(answer_rows=options["recipe"].page_rows, sleep=lambda _: None, now=lambda: lying.NOW)  # type: ignore[attr-defined]
    request = SparqlRequest(url, seeds, **options)  # type: ignore[arg-type]
    report = fetch_sparql(request, folder / "out", responses=folder / "r.sqlite", manner=manner)
    lines = {line for path in report.files if path.stem != "priors" for line in path.read_text().splitlines()[1:]}
    return report, lines


def test_two_hops_around_fifty_items_are_the_graph_of_the_dump(honest: str, tmp_path: Path) -> None:
    report, _ = fetch(honest, tmp_path, hops=2)
    assert (report.unknown_seeds, report.bare_seeds, report.cut, report.missing, report.unusable) == ((), (), (), (), 0)
    dump = items.write(items.truthy(), tmp_path / "truthy.nt")
    files = [path for path in report.files if path.stem != "priors"]
    for name, sources in (("fetched", files), ("dumped", [dump])):
        build_graph(tmp_path / name, sources=GraphSources(sources, languages=items.LANGUAGES))
    fetched, dumped = tables_of(tmp_path / "fetched"), tables_of(tmp_path / "dumped")
    told = {"build_step", "sqlite_stat1"}  # the files and their numbers
    assert [name for name in dumped if name not in told and fetched[name] != dumped[name]] == []
    assert len(dumped["entity"]) >= 150


def test_sitelinks_are_priors(honest: str, tmp_path: Path) -> None:
    report, _ = fetch(honest, tmp_path)
    build_graph(tmp_path / "kg.sqlite", sources=GraphSources(list(report.files)))
    priors = {row[1].rpartition("/")[2]: row[4] for row in tables_of(tmp_path / "kg.sqlite")["entity"]}
    assert [priors[f"Q{2000 + number}"] for number in range(3)] == [0, 1, 2]


@pytest.mark.parametrize("fault", ["java", "java_cut"])
def test_what_takes_wikidata_too_long_is_asked_in_parts_at_once(
    fault: str, endpoint: lying.LyingEndpoint, honest: str, tmp_path: Path
) -> None:
    _, truth = fetch(honest, tmp_path / "truth")
    endpoint.script = lambda count, query: fault if query.count("<http://www.wikidata.org/entity/Q1") > 9 else ""
    _, lines = fetch(endpoint.url, tmp_path)
    assert lines == truth
    assert len(endpoint.queries) == len(set(endpoint.queries)), "a query that ran out of time is not asked again"


def test_links_that_cannot_be_sorted_in_time_are_some(endpoint: lying.LyingEndpoint, tmp_path: Path) -> None:
    def hub(_: int, query: str) -> str:
        return "java" if "?p NOT IN" in query and ("COUNT" in query or "ORDER BY STR" in query) else ""

    endpoint.script = hub
    report, lines = fetch(endpoint.url, tmp_path, seeds=(items.WD + "Q1000",), max_links=2)
    assert [(cut.what, cut.kept, cut.total) for cut in report.cut] == [("links from it", 2, None)]
    assert any("/prop/direct/P36>" in line for line in lines)
    before = len(endpoint.queries)
    assert fetch(endpoint.url, tmp_path, seeds=(items.WD + "Q1000",), max_links=2)[0].requests == 0
    assert len(endpoint.queries) == before


def test_wikidata_wants_to_know_who_asks(tmp_path: Path) -> None:
    request = SparqlRequest(WIKIDATA.endpoint, items.SEEDS, recipe=WIKIDATA)
    with pytest.raises(EndpointError, match="wikidata ask who is asking: give --contact"):
        fetch_sparql(request, tmp_path / "out", responses=tmp_path / "r.sqlite")
    assert not list(tmp_path.iterdir())


DBPEDIA_LINES = """
http://dbpedia.org/resource/Chad http://dbpedia.org/ontology/capital http://dbpedia.org/resource/NDjamena
http://dbpedia.org/resource/Chad http://dbpedia.org/property/leader http://dbpedia.org/resource/Somebody
http://dbpedia.org/resource/Chad http://dbpedia.org/property/motto "Unity"@en
http://dbpedia.org/resource/Chad http://www.w3.org/1999/02/22-rdf-syntax-ns#type http://dbpedia.org/ontology/Country
http://dbpedia.org/resource/Chad http://www.w3.org/1999/02/22-rdf-syntax-ns#type http://dbpedia.org/class/yago/Nation1
http://dbpedia.org/resource/Chad http://dbpedia.org/ontology/leader http://example.org/elsewhere
http://example.org/elsewhere http://www.w3.org/2000/01/rdf-schema#label "Elsewhere"@en
http://dbpedia.org/resource/NDjamena http://www.w3.org/2000/01/rdf-schema#label "N'Djamena"@en
"""
OWN_LINES = """
http://own/1 http://own/name "First"
http://own/1 http://own/nick "Number one"
http://own/1 http://own/about "The first of all"
http://own/1 http://own/photo http://own/1.jpg
http://own/1 http://xmlns.com/foaf/0.1/depiction http://own/another.jpg
http://own/1 http://own/is http://own/Person
http://own/1 http://own/fame "7.5"
http://own/1 http://own/knows http://own/2
http://own/1 http://own/internal http://own/3
http://own/2 http://own/name "Second"
http://own/old http://own/now http://own/1
"""
OWN_RECIPE = """
endpoint = "{url}"
labels = ["o:name"]
aliases = ["o:nick"]
descriptions = ["o:about"]
pictures = ["o:photo"]
types = ["o:is"]
redirects = ["o:now"]
priors = ["o:fame"]
leave_out = ["o:int*", "http://xmlns.com/foaf/0.1/depiction"]
page_rows = 50
user_agent = "our-lab/2.0"

[prefixes]
"o:" = "http://own/"
"""


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Oxigraph with a bit of DBpedia and a bit of a graph of one's own."""
    if servers.missing_oxigraph():
        pytest.skip(servers.missing_oxigraph())
    folder = tmp_path_factory.mktemp("other")
    rows = [line.split(" ", 2) for line in (DBPEDIA_LINES + OWN_LINES).splitlines() if line]
    ends = [(s, p, o if o.startswith('"') else f"<{o}>") for s, p, o in rows]
    (folder / "all.nt").write_text("".join(f"<{s}> <{p}> {o} .\n" for s, p, o in ends))
    with servers.oxigraph(folder / "all.nt", folder) as endpoint:
        yield endpoint


def test_of_dbpedia_what_its_dumps_have_is_taken(other: str, tmp_path: Path) -> None:
    seed = DBPEDIA.whole_iri("https://en.wikipedia.org/wiki/Chad")
    report, lines = fetch(other, tmp_path, seeds=(seed,), recipe=DBPEDIA)
    said = {tuple(part.rpartition("/")[2].rstrip("> .") for part in line.split(" ", 2)) for line in lines}
    facts = {("Chad", "capital", "NDjamena"), ("Chad", "22-rdf-syntax-ns#type", "Country")}
    assert said == facts | {("NDjamena", "rdf-schema#label", '"N\'Djamena"@en')}
    assert report.entities == 2


def test_a_recipe_of_ones_own(other: str, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    with lying.lying_endpoint(other) as endpoint:
        path.write_text(OWN_RECIPE.format(url=endpoint.url))
        recipe = read_recipe(str(path))
        report, _ = fetch(recipe.endpoint, tmp_path, seeds=(recipe.whole_iri("o:old"),), recipe=recipe)
        assert endpoint.headers[0]["User-Agent"].startswith("our-lab/2.0 (build-kg-index)")
        assert all(int(query.rpartition("LIMIT ")[2]) <= 52 for query in endpoint.queries if "COUNT" not in query)
    build_graph(tmp_path / "kg.sqlite", sources=GraphSources(list(report.files)))
    tables = tables_of(tmp_path / "kg.sqlite")
    assert [(row[1], row[2], row[4]) for row in tables["entity"]] == [
        ("http://own/1", "First", 7.5),
        ("http://own/2", "Second", 1.0),
    ]
    assert {"Number one", "old"} <= {cell for row in tables["alias"] for cell in row}
    assert "The first of all" in {cell for row in tables["literal"] for cell in row}
    assert [row[1] for row in tables["class"]] == ["http://own/Person"]
    assert {cell for row in tables["image"] for cell in row if ".jpg" in str(cell)} == {"http://own/1.jpg"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("labels = [", "is not TOML"),
        ('label = ["http://own/name"]', "unknown key 'label'; expected one of endpoint, "),
        ('labels = "http://own/name"', "labels = 'http://own/name': expected a list of IRIs"),
        ('labels = ["o:na me"]', "labels: 'o:na me' is no absolute IRI; is its prefix in [prefixes]?"),
        ('labels = ["http://own/*"]', "labels: 'http://own/*' is a beginning; expected a whole IRI"),
        ('follow = ["wdt P31"]', "follow: 'wdt P31' is no absolute IRI"),
        ("page_rows = 0", "page_rows = 0: expected a whole number above 0"),
        ("page_rows = 10.5", "page_rows = 10.5: expected a whole number"),
        ('timeout_s = "long"', "timeout_s = 'long': expected a number above 0"),
        ("requests_per_second = true", "requests_per_second = True: expected a number"),
        ("needs_contact = 1", "needs_contact = 1: expected true or false"),
        ("endpoint = 1", "endpoint = 1: expected a text"),
        ('[prefixes]\n"o:" = "own"', "prefixes: expected a table"),
    ],
)
def test_a_wrong_recipe_says_what_is_wrong(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(EndpointError) as caught:
        read_recipe(str(path))
    assert words in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_recipe_of_the_docs_is_one_and_shows_every_key(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "graph-sources.md").read_text("utf-8")
    text = page.partition("```toml\n")[2].partition("```")[0]
    path = tmp_path / "docs.toml"
    path.write_text(text, "utf-8")
    recipe = read_recipe(str(path))
    assert recipe.superclasses == ("http://www.w3.org/2000/01/rdf-schema#subClassOf",)
    assert all(f"\n{one.name} = " in "\n" + text for one in fields(recipe) if one.name not in ("name", "prefixes"))


def test_a_recipe_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(EndpointError, match=r"'wikidate' cannot be read .* or one of dbpedia, wikidata"):
        read_recipe("wikidate")
