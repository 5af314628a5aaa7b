"""The same graph from real servers, also from one that cuts its answers, and nothing asked twice."""

import bz2
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sparql_graph as world
import sparql_servers as servers
import wikidata_world as items

from kg import EndpointError, SparqlReport, SparqlRequest, canonical_iri, fetch_sparql, read_recipe
from kg.ntriples import BrokenLineError, parse_line
from kg.sparql.client import Manner

Fetch = Callable[..., SparqlReport]
KINDS = ("oxigraph", "virtuoso", "virtuoso that cuts at 50 rows")


@pytest.fixture(scope="module")
def endpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, Path], str]]:
    """Start a server of some kind with a file, once for each."""
    started: dict[tuple[str, Path], str] = {}
    with servers.contextlib.ExitStack() as running:

        def start(kind: str, statements: Path) -> str:
            missing = servers.missing_oxigraph() if kind == "oxigraph" else servers.missing_virtuoso()
            if missing:
                pytest.skip(missing)
            if (kind, statements) not in started:
                folder = tmp_path_factory.mktemp("server")
                if kind == "oxigraph":
                    server = servers.oxigraph(statements, folder)
                else:
                    server = servers.virtuoso(statements, folder, max_rows=50 if "50" in kind else 10_000)
                started[kind, statements] = running.enter_context(server)
            return started[kind, statements]

        yield start


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return world.write(world.small_graph(), tmp_path_factory.mktemp("small") / "small.nt")


def request_of(endpoint: str, kind: str, seeds: tuple[str, ...], **options: object) -> SparqlRequest:
    return SparqlRequest(endpoint, seeds, graphs=() if kind == "oxigraph" else (servers.GRAPH,), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hops", [1, 2])
def test_a_fetch_is_what_a_plain_walk_finds(
    endpoints: Callable[[str, Path], str], small: Path, tmp_path: Path, kind: str, hops: int
) -> None:
    seeds = (world.R + "Réunion", world.R + "F%C3%B8royar", world.R + "Alias_A")
    request = request_of(endpoints(kind, small), kind, seeds, hops=hops, max_links=10_000)
    report = fetch_sparql(request, tmp_path / "out", responses=tmp_path / "r.sqlite")
    statements = world.fetched(tmp_path / "out")
    assert world.outline(statements) == world.plain_fetch(world.small_graph(), seeds, hops)
    assert report.statements == len(statements)
    assert (report.unknown_seeds, report.cut, report.missing, report.unusable) == ((), (), (), 0)
    again = fetch_sparql(request, tmp_path / "again", responses=tmp_path / "r.sqlite")
    assert again.requests == 0 < report.requests
    assert world.fetched(tmp_path / "again") == statements


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[world.Triple]]]:
    rng = random.Random(3)
    graphs = [world.random_graph(rng, number) for number in range(20)]
    path = tmp_path_factory.mktemp("many") / "many.nt"
    return world.write([triple for graph in graphs for triple in graph], path), graphs


@pytest.mark.parametrize("kind", KINDS)
def test_graphs_of_any_shape(
    endpoints: Callable[[str, Path], str], many: tuple[Path, list[list[world.Triple]]], tmp_path: Path, kind: str
) -> None:
    path, graphs = many
    endpoint, rng = endpoints(kind, path), random.Random(4)
    for number, triples in enumerate(graphs):
        seeds = tuple(rng.choice(triples)[0][1:-1] for _ in range(rng.randint(1, 2)))
        hops = rng.randint(1, 2)
        expected = world.plain_fetch(triples, seeds, hops)
        request = request_of(endpoint, kind, seeds, hops=hops)
        try:
            fetch_sparql(request, tmp_path / str(number), responses=tmp_path / "r.sqlite")
        except EndpointError:
            assert not expected, "an error only where there is nothing to be had"
        assert world.outline(world.fetched(tmp_path / str(number))) == expected, (number, seeds, hops)


def test_servers_that_write_literals_differently_give_the_same_files(
    endpoints: Callable[[str, Path], str], small: Path, tmp_path: Path
) -> None:
    for kind in KINDS:
        request = request_of(endpoints(kind, small), kind, (world.R + "Hub",))
        fetch_sparql(request, tmp_path / kind, responses=tmp_path / f"{kind}.sqlite")
    first, *others = [world.fetched(tmp_path / kind) for kind in KINDS]
    assert all(other == first for other in others)
    literals = {line.split(" ", 2)[1].split("/")[-1][:-1]: line for line in first if '"' in line}
    assert literals["double0"].endswith(f'"180"^^<{world.XSD}double> .')
    assert literals["boolean1"].endswith(f'"true"^^<{world.XSD}boolean> .')
    assert literals["int0"].endswith(f'"42"^^<{world.XSD}integer> .')
    assert literals["date1"].endswith(f'"-0044-03-15"^^<{world.XSD}date> .')
    assert literals["string0"].endswith('"typed as a string" .')
    mottos = {line.split("> ")[2] for line in first if f"<{world.O}motto>" in line}
    assert mottos == {'"shouted"@en .', '"British"@en-gb .'}, "regional forms too"


@pytest.mark.parametrize("sorted_by_the_endpoint", [10, 100_000])
def test_a_hubs_links_are_cut_alike_everywhere_and_counted(
    endpoints: Callable[[str, Path], str],
    small: Path,
    tmp_path: Path,
    sorted_by_the_endpoint: int,
) -> None:
    manner = Manner(most_sorted=sorted_by_the_endpoint)
    hub, near = world.iri("Hub"), world.O + "near"
    everything = sorted(s[1:-1] for s, p, o in world.small_graph() if (p, o) == (near, hub))
    for kind in KINDS:
        request = request_of(endpoints(kind, small), kind, (world.R + "Hub",), max_links=60)
        report = fetch_sparql(request, tmp_path / kind, responses=tmp_path / f"{kind}.sqlite", manner=manner)
        [cut] = report.cut
        assert (cut.iri, cut.what, cut.kept, cut.total) == (world.R + "Hub", "links to it", 60, len(everything))
        incoming = {line for line in world.fetched(tmp_path / kind) if f"<{near}> {hub}" in line}
        # The hub's own link to itself is read from the other side too.
        assert incoming == {f"<{canonical_iri(s)}> <{near}> {hub} ." for s in [*everything[:60], world.R + "Hub"]}


def test_instances_of_a_class_are_seeds(endpoints: Callable[[str, Path], str], small: Path, tmp_path: Path) -> None:
    for kind in KINDS:
        endpoint = endpoints(kind, small)
        graphs = () if kind == "oxigraph" else (servers.GRAPH,)
        request = SparqlRequest(endpoint, seed_classes=(world.O + "Place",), class_limit=5, graphs=graphs)
        report = fetch_sparql(request, tmp_path / kind, responses=tmp_path / f"{kind}.sqlite")
        assert report.seeds == 5
        [cut] = report.cut
        assert (cut.iri, cut.what, cut.kept, cut.total) == (world.O + "Place", "instances", 5, len(world.ODD_NAMES))
        places = {f"Far_{number}" for number in sorted(range(len(world.ODD_NAMES)), key=str)[:5]}
        types = (tmp_path / kind / "types.nt").read_text("utf-8").splitlines()[1:]
        assert {line.split("> ")[0].split("/")[-1] for line in types if "Place" in line} == places


def test_a_recipe_asks_every_server_for_the_same(
    endpoints: Callable[[str, Path], str], tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    lines = [*items.truthy(), *items.only_there()]
    path = items.write(lines, tmp_path_factory.mktemp("items") / "items.nt")
    recipe, found = replace(read_recipe("wikidata"), leave_out=(items.WDT + "P19*",)), []
    for kind in KINDS:
        request = request_of(endpoints(kind, path), kind, items.SEEDS[:5], hops=2, recipe=recipe)
        fetch_sparql(request, tmp_path / kind, responses=tmp_path / f"{kind}.sqlite")
        found.append(world.fetched(tmp_path / kind))
    assert found[0] == found[1] == found[2]
    assert {line.split("> ")[1].rpartition("/")[2] for line in found[0]} >= {"P36", "P17", "P279", "description"}
    assert not any("/P190>" in line or "fr.wiki" in line for line in found[0])


def test_two_hops_around_fifty_entities_of_the_sample(
    endpoints: Callable[[str, Path], str], shared_data: Path, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    sample = tmp_path_factory.mktemp("sample") / "sample.nt"
    seeds = []
    with sample.open("w", encoding="utf-8") as file:
        for dump in sorted((shared_data / "kg-sample" / "kg" / "dumps").glob("*.bz2")):
            for line in bz2.decompress(dump.read_bytes()).decode("utf-8").splitlines(keepends=True):
                try:
                    statement = parse_line(line.rstrip("\n"))
                except BrokenLineError:
                    continue
                if statement is not None:
                    file.write(line)
                    if statement.predicate == world.TYPE and statement.subject:
                        seeds.append(statement.subject)
    chosen = tuple(seeds[:: len(seeds) // 50][:50])
    found = []
    for kind in KINDS:
        request = request_of(endpoints(kind, sample), kind, chosen, hops=2)
        report = fetch_sparql(request, tmp_path / kind, responses=tmp_path / f"{kind}.sqlite")
        assert (report.seeds, report.unknown_seeds, report.unusable) == (50, (), 0)
        again = fetch_sparql(request, tmp_path / kind, responses=tmp_path / f"{kind}.sqlite")
        assert again.requests == 0
        found.append(world.fetched(tmp_path / kind))
    assert len(found[0]) > 2000
    assert found[0] == found[1] == found[2]
