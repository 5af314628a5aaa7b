"""Links in the IRIs of another graph, and gold in them."""

import json
import shutil
from pathlib import Path

import pytest
from made_up_results import make_candidate, make_mention, make_result

from kg import Graph
from linker import GoldAnswers
from scripts import link_and_tag

EXAMPLES = Path(link_and_tag.__file__).parents[1] / "examples"
WIKIDATA = "http://www.wikidata.org/entity/"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, run) -> Path:
    """The example graph with what Wikidata calls two of its entities."""
    folder = tmp_path_factory.mktemp("both")
    shutil.copytree(EXAMPLES / "graph", folder / "graph")
    same = "<http://dbpedia.org/resource/{}> <http://www.w3.org/2002/07/owl#sameAs> <" + WIKIDATA + "{}> .\n"
    pairs = [("Chad", "Q657"), ("Jordan", "Q810")]
    old = "<http://dbpedia.org/resource/Tchad> <http://dbpedia.org/ontology/wikiPageRedirects>"
    lines = [*(same.format(*pair) for pair in pairs), f"{old} <http://dbpedia.org/resource/Chad> .\n"]
    (folder / "graph" / "same.nt").write_text("".join(lines), encoding="utf-8")
    result = run("build-kg-index", folder / "index", "--dump", folder / "graph")
    assert result.exit_code == 0, result.output
    return folder


def test_links_and_pictures_are_given_in_them_and_what_is_unknown_is_said(both: Path, run) -> None:
    posts, out, page = EXAMPLES / "posts" / "posts.jsonl", both / "out.jsonl", both / "page.html"
    asked = ("link-and-tag", both / "index", posts, "--cache", "none", "-o")
    plain = run(*asked, both / "own.jsonl")
    result = run(*asked, out, "-o", page, "--iris", "wikidata")
    assert (plain.exit_code, result.exit_code) == (0, 0), result.output
    own, theirs = ([json.loads(line) for line in path.read_text().splitlines()] for path in (both / "own.jsonl", out))
    names = {
        "http://dbpedia.org/resource/Chad": WIKIDATA + "Q657",
        "http://dbpedia.org/resource/Jordan": WIKIDATA + "Q810",
    }
    linked = [mention["entity"]["iri"] for row in own for mention in row["mentions"] if mention["entity"]]
    linked += [row["pictured"]["iri"] for row in own if row["pictured"]]
    assert set(names) & set(linked)
    found = [mention["entity"]["iri"] for row in theirs for mention in row["mentions"] if mention["entity"]]
    found += [row["pictured"]["iri"] for row in theirs if row["pictured"]]
    assert found == [names.get(iri, iri) for iri in linked]
    unknown = set(linked) - names.keys()
    assert f"{len(unknown)} linked entities kept their own IRI, as the graph does not know wikidata's" in result.stderr
    assert "kept their own" not in plain.stderr
    assert page.read_text().count("data:image") > 0


@pytest.mark.parametrize(("iri", "wrong"), [("wd:Q657", ""), ("dbr:Tchad", ""), ("wd:Q810", "link"), (None, "link")])
def test_gold_beside_results_is_right_by_any_iri_of_the_entity(both: Path, iri: str | None, wrong: str) -> None:
    chad = make_candidate(iri="http://dbpedia.org/resource/Chad")
    gold = [{"start_char": 0, "end_char": 4, "iri": iri}]
    result = make_result(mentions=[make_mention(0, 1, entity=chad, candidates=[chad])], gold=gold)
    with Graph.open(both / "index" / "kg.sqlite") as graph:
        [compared] = GoldAnswers().compare(result, graph) or ()
    assert compared.wrong == wrong


def test_gold_in_the_other_graphs_iris_is_scored_with_the_index_as_the_mapping(both: Path, run, tmp_path: Path) -> None:
    row = {"id": 1, "text": "Chad looks great", "mentions": []}
    gold, results = tmp_path / "gold.jsonl", tmp_path / "results.jsonl"
    for path, iri in ((gold, "Q657"), (results, "http://dbpedia.org/resource/Chad")):
        mention = {"start_char": 0, "end_char": 4, "text": "Chad", "type": "LOC", "score": 1.0, "entity": {"iri": iri}}
        mention |= {"start": 0, "end": 1, "candidates": []}
        path.write_text(json.dumps(row | {"tokens": row["text"].split(), "mentions": [mention]}) + "\n")
    scores = tmp_path / "scores.json"
    for mapping, right in (((), 0), (("--same-as", both / "index"), 1)):
        result = run("evaluate-links", results, gold, *mapping, "--json", scores)
        assert result.exit_code == 0, result.output
        assert json.loads(scores.read_text())["scores"]["exact/all"]["right"] == right
    gold.write_text(gold.read_text().replace("Q657", "dbr:Tchad"))
    run("evaluate-links", results, gold, "--same-as", both / "index", "--json", scores)
    assert json.loads(scores.read_text())["scores"]["exact/all"]["right"] == 1
    result = run("evaluate-links", results, gold, "--same-as", tmp_path)
    assert result.exit_code == 1
    assert "does not exist; build it first" in result.stderr
