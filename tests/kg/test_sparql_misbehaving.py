"""An endpoint that lies, stalls and breaks: the graph is the true one, or the end is one clear line."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import lying_endpoint as lying
import pytest
import sparql_graph as world
import sparql_servers as servers

from kg import EndpointError, SparqlReport, SparqlRequest, fetch_sparql
from kg.sparql.client import MAX_WAIT_S, MAX_WAITS, RETRY_WAITS_S, Manner

SEEDS = tuple(world.R + name for name in (*world.ODD_NAMES[:6], "Alias_A"))


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if servers.missing_oxigraph():
        pytest.skip(servers.missing_oxigraph())
    folder = tmp_path_factory.mktemp("honest")
    with servers.oxigraph(world.write(world.small_graph(), folder / "small.nt"), folder) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def truth(honest: str, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("truth")
    fetch_sparql(SparqlRequest(honest, SEEDS), folder / "out", responses=folder / "r.sqlite")
    return world.fetched(folder / "out")


@pytest.fixture
def endpoint(honest: str) -> Iterator[lying.LyingEndpoint]:
    with lying.lying_endpoint(honest) as running:
        yield running


class Fetch:
    """Fetches without ever waiting, and remembers how long it would have waited."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.timeout_s = 20.0
        self.slept: list[float] = []
        self.said: list[str] = []

    def __call__(self, **options: object) -> SparqlReport:
        return fetch_sparql(
            SparqlRequest(self.url, SEEDS),
            self.folder / "out",
            responses=self.folder / "r.sqlite",
            timeout_s=self.timeout_s,
            manner=Manner(sleep=self.slept.append, now=lambda: lying.NOW),
            progress=lambda step, done, total: self.said.append(f"{step} {done}/{total}"),
            **options,  # type: ignore[arg-type]
        )

    @property
    def statements(self) -> set[str]:
        return world.fetched(self.folder / "out")


@pytest.fixture
def fetch(endpoint: lying.LyingEndpoint, tmp_path: Path) -> Fetch:
    return Fetch(endpoint.url, tmp_path)


def asked_about(query: str) -> int:
    """How many IRIs a query is about."""
    return query.split("VALUES ?x {")[-1].split("}")[0].count("<")


def once_in(number: int, fault: str) -> lying.Script:
    """Misbehave at every n-th request."""
    return lambda count, query: fault if count % number == 0 else ""


PASSING = [
    "half_json",
    "short",
    "dropped",
    "later",
    "later_by_date",
    "busy",
    "broken",
    "bad_gateway",
    "garbage",
    "html",
]
CUT = ["maxrows", "silent_cut", "anytime", "partial", "too_long"]


@pytest.mark.parametrize("fault", [*PASSING, "other_json"])
def test_what_passes_is_waited_for(fault: str, endpoint: lying.LyingEndpoint, fetch: Fetch, truth: set[str]) -> None:
    endpoint.script = once_in(3, fault)
    report = fetch()
    assert fetch.statements == truth
    assert report.requests == len(endpoint.queries)
    assert fetch.slept
    assert any(step.startswith("wait for 127.0.0.1") for step in fetch.said)
    before = len(endpoint.queries)
    assert fetch().requests == 0
    assert len(endpoint.queries) == before
    assert endpoint.most_open == 1, "one connection at a time"


@pytest.mark.parametrize("fault", [*CUT, "broken", "slow", "half_json"])
def test_what_is_too_much_is_asked_in_parts(
    fault: str, endpoint: lying.LyingEndpoint, fetch: Fetch, truth: set[str]
) -> None:
    too_much = 10 if fault == "slow" else 3
    fetch.timeout_s = 0.3 if fault == "slow" else 20.0
    endpoint.script = lambda count, query: fault if asked_about(query) > too_much else ""
    fetch()
    assert any(asked_about(query) > too_much for query in endpoint.queries)
    assert fetch.statements == truth
    assert fetch().requests == 0, "that a query is too much is remembered too"


def test_a_silent_cut_of_every_answer_is_found_by_counting(
    endpoint: lying.LyingEndpoint, fetch: Fetch, truth: set[str]
) -> None:
    endpoint.script = lambda count, query: "silent_cut" if "SELECT ?x ?p ?y" in query and "ORDER" not in query else ""
    fetch()
    assert fetch.statements == truth


def test_what_is_counted_but_never_given_is_told(endpoint: lying.LyingEndpoint, fetch: Fetch, truth: set[str]) -> None:
    silent = f"VALUES ?x {{ <{SEEDS[0]}> }} ?x ?p ?y"
    endpoint.script = lambda count, query: "nothing" if silent in query or asked_about(query) > 1 else ""
    report = fetch()
    assert {(one.iri, one.what, one.kept) for one in report.missing} == {
        (SEEDS[0], "properties", 0),
        (SEEDS[0], "labels", 0),
        (SEEDS[0], "links from it", 0),
    }
    assert report.cut == ()
    assert fetch.statements < truth


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("broken", ["status 500", "Transaction timed out"]),
        ("half_json", ["half a JSON document"]),
        ("html", ["not JSON", "under maintenance"]),
        ("garbage", ["not JSON"]),
        ("other_json", ["not the result of a SELECT"]),
        ("anytime", ["S1TAT"]),
        ("dropped", ["connection broke"]),
        ("slow", ["no answer in time"]),
        ("gone", ["status 404", "no such page"]),
        ("moved", ["https://elsewhere.example/sparql"]),
        ("too_long", ["status 400", "query too long"]),
        ("later", ["status 429", "slow down"]),
        ("short", ["half an answer", "bytes came"]),
    ],
)
def test_what_does_not_pass_is_one_line_and_the_next_run_goes_on(
    fault: str, words: list[str], endpoint: lying.LyingEndpoint, fetch: Fetch, truth: set[str]
) -> None:
    good = 4
    fetch.timeout_s = 0.3 if fault == "slow" else 20.0
    endpoint.script = lambda count, query: fault if count > good else ""
    with pytest.raises(EndpointError) as caught:
        fetch()
    line = str(caught.value)
    assert "\n" not in line
    assert len(line) < 700
    assert all(word in line for word in [*words, endpoint.url, "query ", "the same command goes on where it stopped"])
    assert not list((fetch.folder / "out").glob("*"))
    known = endpoint.queries[:good]
    endpoint.script = lambda count, query: ""
    endpoint.queries.clear()
    fetch()
    assert fetch.statements == truth
    assert not set(known) & set(endpoint.queries)


def test_retry_after_is_obeyed_in_both_its_forms_and_capped(
    endpoint: lying.LyingEndpoint, fetch: Fetch, truth: set[str]
) -> None:
    faults = {2: "later", 4: "later_by_date", 6: "much_later", 8: "busy"}
    endpoint.script = lambda count, query: faults.get(count, "")
    fetch()
    assert sum(fetch.slept) == 7 + 12 + MAX_WAIT_S + RETRY_WAITS_S[0]
    assert max(fetch.slept) <= 1, "waits can be stopped, and show"
    assert fetch.statements == truth


def test_an_endpoint_that_never_lets_us_in_is_given_up(endpoint: lying.LyingEndpoint, fetch: Fetch) -> None:
    endpoint.script = lambda count, query: "later"
    with pytest.raises(EndpointError, match=r"11 times.*status 429"):
        fetch()
    assert len(endpoint.queries) == MAX_WAITS + 1


def test_a_wrong_address_is_found_at_the_first_request(
    endpoint: lying.LyingEndpoint, fetch: Fetch, tmp_path: Path
) -> None:
    for fault, most in (("gone", 1), ("moved", 1), ("too_long", 1), ("html", 2)):
        endpoint.script = lambda count, query, fault=fault: fault  # type: ignore[misc]
        endpoint.queries.clear()
        with pytest.raises(EndpointError, match="query 1:"):
            fetch()
        assert len(endpoint.queries) <= most
    fetch.url = "http://127.0.0.1:9/sparql"
    with pytest.raises(EndpointError, match="connection refused"):
        fetch()
    fetch.url = "http://no-such-host.invalid/sparql"
    with pytest.raises(EndpointError, match=r"no such host|connection broke"):
        fetch()


def test_a_request_says_who_asks(endpoint: lying.LyingEndpoint, fetch: Fetch) -> None:
    fetch(contact="mailto:someone@example.org")
    agents = {headers["User-Agent"] for headers in endpoint.headers}
    assert len(agents) == 1
    assert re.fullmatch(r"kgmner/\S+ \(build-kg-index; mailto:someone@example\.org\) SPARQLWrapper/\S+", agents.pop())
    assert {headers["Accept"].split(",")[0] for headers in endpoint.headers} == {"application/sparql-results+json"}


def test_a_refresh_asks_everything_again_also_when_it_was_stopped(
    endpoint: lying.LyingEndpoint, fetch: Fetch, truth: set[str]
) -> None:
    first = fetch().requests
    endpoint.script = lambda count, query: "gone" if count == first + 5 else ""
    with pytest.raises(EndpointError):
        fetch(refresh=True)
    endpoint.script = lambda count, query: ""
    assert fetch(refresh=True).requests == first - 4
    assert fetch().requests == 0
    stop = len(endpoint.queries) + 5
    endpoint.script = lambda count, query: "gone" if count == stop else ""
    with pytest.raises(EndpointError):
        fetch(refresh=True)
    endpoint.script = lambda count, query: ""
    assert fetch().requests == first - 4, "what was to be refreshed is refreshed"
    assert fetch(refresh=True).requests == first
    assert fetch.statements == truth


def test_requests_keep_their_distance(endpoint: lying.LyingEndpoint, fetch: Fetch, tmp_path: Path) -> None:
    clock = [0.0]
    starts: list[float] = []
    endpoint.script = lambda count, query: starts.append(clock[0]) or ""  # type: ignore[func-returns-value]

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    manner = Manner(4.0, sleep=sleep, clock=lambda: clock[0], now=lambda: lying.NOW)
    request = SparqlRequest(endpoint.url, SEEDS[:2])
    fetch_sparql(request, tmp_path / "out", responses=tmp_path / "r.sqlite", manner=manner)
    assert len(starts) > 4
    assert all(later - earlier >= 0.25 for earlier, later in itertools.pairwise(starts))


@pytest.mark.parametrize(
    "url", ["ftp://host/sparql", "sparql", "", "http://", "http://h ost/", "file:///etc/passwd", "http://[::1/"]
)
def test_texts_that_are_not_an_address(url: str, tmp_path: Path) -> None:
    with pytest.raises(EndpointError, match="is not the address of an endpoint"):
        fetch_sparql(SparqlRequest(url, SEEDS), tmp_path / "out", responses=tmp_path / "r.sqlite")
    assert not list(tmp_path.iterdir())


def test_passwords_are_not_kept(tmp_path: Path) -> None:
    with pytest.raises(EndpointError) as caught:
        fetch_sparql(SparqlRequest("http://me:secret@host/", SEEDS), tmp_path / "out", responses=tmp_path / "r")
    assert "secret" not in str(caught.value)


def test_seeds_that_nobody_knows_are_reported(fetch: Fetch, tmp_path: Path) -> None:
    known, unknown = world.R + "Hub", world.R + "Nobody"
    request = SparqlRequest(fetch.url, (known, unknown))
    report = fetch_sparql(request, tmp_path / "out", responses=tmp_path / "r.sqlite")
    assert report.unknown_seeds == (unknown,)
    with pytest.raises(EndpointError, match="knows nothing of the seeds \\(1\\)"):
        fetch_sparql(SparqlRequest(fetch.url, (unknown,)), tmp_path / "x", responses=tmp_path / "r.sqlite")
    with pytest.raises(EndpointError, match="no instance of"):
        nothing = SparqlRequest(fetch.url, seed_classes=(unknown,))
        fetch_sparql(nothing, tmp_path / "x", responses=tmp_path / "r.sqlite")
    with pytest.raises(EndpointError, match="holds no statement in http://no"):
        elsewhere = SparqlRequest(fetch.url, (known,), graphs=("http://no.example/",))
        fetch_sparql(elsewhere, tmp_path / "x", responses=tmp_path / "r.sqlite")
