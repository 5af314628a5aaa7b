"""`build-kg-index --sparql`, as a user has it: mistakes, an interruption, going on, and looking at what was kept."""

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import lying_endpoint as lying
import pytest
import sparql_graph as world
import sparql_servers as servers

from kg import shipped_recipes


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if servers.missing_oxigraph():
        pytest.skip(servers.missing_oxigraph())
    folder = tmp_path_factory.mktemp("honest")
    with servers.oxigraph(world.write(world.small_graph(), folder / "small.nt"), folder) as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(honest: str) -> Iterator[lying.LyingEndpoint]:
    with lying.lying_endpoint(honest) as running:
        yield running


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    path = tmp_path / "seeds.txt"
    path.write_text(f"# two entities\n{world.R}Føroyar\n{world.R}Alias_A\nnot an iri\n{world.R}Nobody\n", "utf-8")
    return path


def assert_one_line(result, *words: str) -> None:
    assert result.exit_code == 1, result.output
    [line] = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert all(word in line for word in words), line
    assert "Traceback" not in result.stderr


def build(run, index: Path, endpoint: lying.LyingEndpoint, seeds: Path, *more: object):
    return run("build-kg-index", index, "--sparql", endpoint.url, "--seeds", seeds, *more)


def test_an_index_from_an_endpoint_and_the_whole_over_again(
    run, endpoint: lying.LyingEndpoint, seeds: Path, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    result = build(run, index, endpoint, seeds, "--hops", 2)
    assert result.exit_code == 0, result.output
    assert "1 line skipped, no IRI: line 4: not an iri" in result.stderr
    assert f"1 seed unknown to the endpoint: {world.R}Nobody" in result.stderr
    assert "from 3 seeds" in result.stderr
    assert "labels.nt" in result.stdout
    shown = json.loads(run("kg-cache", index, "show", "label of Føroyar", "--json").stdout)
    assert (shown["iri"], shown["label"]) == (world.R + "Føroyar", "label of Føroyar")
    assert "old name 0" in shown["names"]
    [head] = [line for line in (index / "sparql" / "labels.nt").read_text("utf-8").splitlines() if line[0] == "#"]
    assert endpoint.url in head
    sources = json.loads((index / "index.json").read_text())["sources"]
    assert {source["endpoint"] for source in sources} == {endpoint.url}
    assert f"from {endpoint.url}" in run("kg-cache", index, "stats").stdout
    before, made = len(endpoint.queries), (index / "kg.sqlite").stat().st_mtime_ns
    again = build(run, index, endpoint, seeds, "--hops", 2)
    assert again.exit_code == 0
    assert "0 requests" in again.stderr
    assert len(endpoint.queries) == before
    assert (index / "kg.sqlite").stat().st_mtime_ns == made


def test_a_dump_and_an_endpoint_together(run, endpoint: lying.LyingEndpoint, seeds: Path, tmp_path: Path) -> None:
    dump = tmp_path / "more.nt"
    dump.write_text(f'<{world.R}Extra> <{world.LABEL}> "Something extra"@en .\n')
    result = build(run, tmp_path / "index", endpoint, seeds, "--dump", dump)
    assert result.exit_code == 0, result.output
    for name in ("Something extra", "label of Føroyar"):
        assert run("kg-cache", tmp_path / "index", "show", name).exit_code == 0


def test_hubs_are_cut_and_told(run, endpoint: lying.LyingEndpoint, tmp_path: Path) -> None:
    seeds = tmp_path / "hub.txt"
    seeds.write_text(world.R + "Hub\n")
    result = build(run, tmp_path / "index", endpoint, seeds, "--max-links", 20)
    assert result.exit_code == 0, result.output
    assert f"{world.R}Hub (20 of 152 links to it)" in result.stderr
    assert "--max-links" in result.stderr


def test_classes_as_seeds(run, endpoint: lying.LyingEndpoint, tmp_path: Path) -> None:
    place = world.O + "Place"
    result = run("build-kg-index", tmp_path / "i", "--sparql", endpoint.url, "--seed-class", place, "--limit", 4)
    assert result.exit_code == 0, result.output
    assert "from 4 seeds" in result.stderr
    assert f"{place} (4 of {len(world.ODD_NAMES)} instances)" in result.stderr


def test_mistakes(run, endpoint: lying.LyingEndpoint, seeds: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    wrong = [
        (["--sparql", endpoint.url], "--sparql needs seeds"),
        (["--seeds", seeds], "--sparql URL"),
        (["--dump", tmp_path, "--seeds", seeds], "go with --sparql URL"),
        (["--sparql", endpoint.url, "--seeds", seeds, "--hops", 3], "--hops"),
    ]
    for options, words in wrong:
        result = run("build-kg-index", index, *options)
        assert result.exit_code == 2
        assert words in result.stderr
    empty = tmp_path / "empty.txt"
    empty.write_text("# nothing\n")
    assert_one_line(build(run, index, endpoint, tmp_path / "none.txt"), "none.txt", "one IRI a line")
    assert_one_line(build(run, index, endpoint, empty), "empty.txt", "holds no IRI")
    endpoint.url, url = "sparql.example", endpoint.url
    assert_one_line(build(run, index, endpoint, seeds), "sparql.example", "not the address")
    endpoint.url = "http://127.0.0.1:9/sparql"
    assert_one_line(build(run, index, endpoint, seeds), "127.0.0.1:9", "connection refused")
    endpoint.url = url
    assert_one_line(build(run, index, endpoint, seeds, "--graph", "x> } DROP ALL #"), "the graph 'x>")
    assert_one_line(build(run, index, endpoint, seeds, "--contact", "a\nb"), "the contact")
    assert not endpoint.queries
    endpoint.script = lambda count, query: "gone"
    assert_one_line(build(run, index, endpoint, seeds), url, "status 404")
    assert not (index / "index.json").exists()


def test_a_recipe_of_ones_own_names_the_endpoint(
    run, endpoint: lying.LyingEndpoint, seeds: Path, tmp_path: Path
) -> None:
    recipe, index = tmp_path / "own.toml", tmp_path / "index"
    seeds.write_text("r:Hub\n")
    text = f'leave_out = ["{world.O}f*"]\n[prefixes]\n"r:" = "{world.R}"\n'
    recipe.write_text(text)
    options = (index, "--recipe", recipe, "--seeds", seeds)
    assert_one_line(run("build-kg-index", *options), "the recipe", "names no endpoint: give --sparql URL too")
    recipe.write_text(f'endpoint = "{endpoint.url}"\n{text}')
    result = run("build-kg-index", *options)
    assert result.exit_code == 0, result.output
    assert f"{endpoint.url} is asked by the recipe own" in result.stderr
    facts = (index / "sparql" / "objects.nt").read_text("utf-8")
    assert world.O + "near" in facts
    assert world.O + "far" not in facts
    recipe.write_text("speed = 3")
    assert_one_line(run("build-kg-index", *options), "own.toml: unknown key 'speed'; expected one of endpoint")


def test_recipes_that_ship_go_by_their_names_and_their_endpoints(run, seeds: Path, tmp_path: Path) -> None:
    for option in ("wikidata", "https://query.wikidata.org/sparql"):
        result = run("build-kg-index", tmp_path / "index", "--sparql", option, "--seeds", seeds)
        assert_one_line(result, "the keepers of wikidata ask who is asking: give --contact")
    assert all(name in run("build-kg-index", "--help").stdout for name in shipped_recipes())
    result = run("build-kg-index", tmp_path / "index", "--recipe", "wikidate", "--seeds", seeds)
    assert_one_line(result, "'wikidate' cannot be read", "dbpedia, wikidata")


def test_a_stopped_fetch_goes_on_where_it_was(
    run, start, endpoint: lying.LyingEndpoint, seeds: Path, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    arguments = (index, "--sparql", endpoint.url, "--seeds", seeds)

    def crawl(count: int, query: str) -> str:
        time.sleep(0.0 if count < 5 else 0.2)
        return ""

    endpoint.script = crawl
    for signal, code in ((2, 130), (9, -9)):
        process = start("build-kg-index", *arguments)
        before = len(endpoint.queries)
        while len(endpoint.queries) < before + 2:
            assert process.poll() is None, process.stderr.read().decode()
            time.sleep(0.01)
        process.send_signal(signal)
        errors = process.communicate()[1].decode()
        assert process.returncode == code
        assert (errors.splitlines()[-1] == "stopped; the same command goes on where it was") == (code == 130)
        assert not list((index / "sparql").glob("*.nt"))
    with sqlite3.connect(index / "responses.sqlite") as connection:
        answered = {query for (query,) in connection.execute("SELECT query FROM response WHERE state = 'answered'")}
    connection.close()
    assert answered
    endpoint.script = lambda count, query: ""
    endpoint.queries.clear()
    assert build(run, index, endpoint, seeds).exit_code == 0
    assert not answered & set(endpoint.queries)
    other = tmp_path / "other"
    assert build(run, other, endpoint, seeds).exit_code == 0
    assert world.fetched(index / "sparql") == world.fetched(other / "sparql")
    assert sorted(path.name for path in (index / "sparql").iterdir()) == sorted(
        path.name for path in (other / "sparql").iterdir()
    )


def test_what_was_answered_can_be_looked_at_and_forgotten(
    run, endpoint: lying.LyingEndpoint, seeds: Path, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    assert_one_line(run("kg-cache", index, "responses"), "build-kg-index")
    assert build(run, index, endpoint, seeds).exit_code == 0
    number = len(endpoint.queries)
    kept = json.loads(run("kg-cache", index, "stats", "--json").stdout)["responses"]
    assert (kept["responses"], kept["endpoints"]) == (number, [endpoint.url])
    assert kept["oldest"] <= kept["newest"]
    rows = json.loads(run("kg-cache", index, "responses", "--limit", 3, "--json").stdout)
    assert len(rows) == 3
    assert {row["endpoint"] for row in rows} == {endpoint.url}
    assert all(row["query"].startswith("SELECT") for row in rows)
    assert run("kg-cache", index, "responses", "--endpoint", "http://other.example/", "--json").stdout.strip() == "[]"
    old = json.loads(run("kg-cache", index, "prune", "--older-than", 1, "--json").stdout)
    assert (old["responses forgotten"], old["responses left"]) == (0, number)
    assert_one_line(run("kg-cache", index, "prune", "--all", "--only", "knowledge"), "nothing to forget")
    gone = json.loads(run("kg-cache", index, "prune", "--all", "--only", "responses", "--json").stdout)
    assert (gone["responses forgotten"], gone["responses left"]) == (number, 0)
    endpoint.queries.clear()
    assert build(run, index, endpoint, seeds).exit_code == 0
    assert len(endpoint.queries) == number


def test_a_refresh_asks_again(run, endpoint: lying.LyingEndpoint, seeds: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    assert build(run, index, endpoint, seeds).exit_code == 0
    number = len(endpoint.queries)
    result = build(
        run, index, endpoint, seeds, "--refresh", "--requests-per-second", 1000, "--contact", "me@example.org"
    )
    assert result.exit_code == 0, result.output
    assert len(endpoint.queries) == 2 * number
    assert "me@example.org" in endpoint.headers[-1]["User-Agent"]


def test_another_fetch_brings_a_finished_index_up_to_date(run, endpoint: lying.LyingEndpoint, tmp_path: Path) -> None:
    index, seeds = tmp_path / "index", tmp_path / "hub.txt"
    seeds.write_text(world.R + "Hub\n")

    def entities() -> int:
        return int(json.loads(run("kg-cache", index, "stats", "--json").stdout)["counts"]["entity"])

    assert build(run, index, endpoint, seeds, "--max-links", 20).exit_code == 0
    before = entities()
    assert_one_line(build(run, index, endpoint, seeds, "--max-links", 60), "already holds another index", "--update")
    assert entities() == before
    result = build(run, index, endpoint, seeds, "--max-links", 60, "--update")
    assert result.exit_code == 0, result.output
    assert entities() > before + 30
