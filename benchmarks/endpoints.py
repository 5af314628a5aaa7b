"""Two hops around 50 entities of kg-sample from Oxigraph and Virtuoso: requests, time, and whether both are one graph.

python -m benchmarks.endpoints
"""

import bz2
import contextlib
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks import servers
from benchmarks.options import take_no_options
from benchmarks.sample import SAMPLE
from kg import SparqlReport, SparqlRequest, fetch_sparql

SEEDS = 50
HOPS = 2
CUTTING_ROWS = 50
_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_EVERY = 35  # of the 1,775 entities

_Server = Callable[[Path, Path], AbstractContextManager[str]]
_SERVERS: dict[str, tuple[_Server, Callable[[], str]]] = {
    "Oxigraph": (servers.oxigraph, servers.missing_oxigraph),
    "Virtuoso": (servers.virtuoso, servers.missing_virtuoso),
    f"Virtuoso that cuts at {CUTTING_ROWS} rows": (
        lambda statements, folder: servers.virtuoso(statements, folder, max_rows=CUTTING_ROWS),
        servers.missing_virtuoso,
    ),
}


def write_sample(path: Path) -> tuple[str, ...]:
    """Write the sample's statements to one file, without its broken lines; returns the seeds."""
    seeds = []
    with path.open("w", encoding="utf-8") as file:
        for dump in sorted((SAMPLE / "kg" / "dumps").glob("*.bz2")):
            for line in bz2.decompress(dump.read_bytes()).decode("utf-8").split("\n"):
                terms = line.split(" ")
                if line.startswith("<") and len(terms) >= 4 and terms[1].startswith("<") and line.endswith("."):
                    file.write(line + "\n")
                    if terms[1] == _TYPE:
                        seeds.append(terms[0][1:-1])
    return tuple(seeds[::_EVERY][:SEEDS])


def read_statements(folder: Path) -> set[str]:
    """Return every statement of a fetch's files."""
    lines = {line for path in folder.glob("*.nt") for line in path.read_text("utf-8").splitlines()}
    return {line for line in lines if not line.startswith("#")}


def main() -> None:
    """Fetch twice from each server, and compare."""
    print(f"{'server':<30}{'requests':>10}{'seconds':>10}{'statements':>12}{'entities':>10}{'second run':>26}")
    graphs: dict[str, set[str]] = {}
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        seeds = write_sample(work / "sample.nt")
        for number, (title, (start, missing)) in enumerate(_SERVERS.items()):
            if missing():
                print(f"{title:<30}{missing()}")
                continue
            folder = work / str(number)
            with contextlib.ExitStack() as running:
                endpoint = running.enter_context(start(work / "sample.nt", folder / "server"))
                named = () if title == "Oxigraph" else (servers.GRAPH,)
                request = SparqlRequest(endpoint, seeds, hops=HOPS, graphs=named)
                first, first_s = _timed(request, folder)
                second, second_s = _timed(request, folder)
            print(
                f"{title:<30}{first.requests:>10,}{first_s:>10.2f}{first.statements:>12,}{first.entities:>10,}"
                f"{f'{second.requests} requests, {second_s:.2f} s':>26}"
            )
            graphs[title] = read_statements(folder / "out")
    first_graph = next(iter(graphs.values()), set())
    if len(graphs) > 1:
        is_same = all(graph == first_graph for graph in graphs.values())
        print(f"\nthe same graph from {len(graphs)} servers: {'yes' if is_same else 'NO'}")


def _timed(request: SparqlRequest, folder: Path) -> tuple[SparqlReport, float]:
    start_s = time.perf_counter()
    report = fetch_sparql(request, folder / "out", responses=folder / "responses.sqlite")
    return report, time.perf_counter() - start_s


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
