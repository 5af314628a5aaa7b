"""Real SPARQL servers on this machine: Oxigraph (PyPI) and Virtuoso (Debian)."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

GRAPH = "http://graph.example/"
"""The named graph that Virtuoso holds the statements in; it has no default one."""

_READY_S = 60.0
_ATTEMPTS = 5
_VIRTUOSO_INI = """\
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql_port}
DirsAllowed = {folder}
NumberOfBuffers = 4000
MaxDirtyBuffers = 3000
ServerThreads = 10
ThreadsPerQuery = 1
[HTTPServer]
ServerPort = 127.0.0.1:{http_port}
ServerThreads = 4
[SPARQL]
ResultSetMaxRows = {max_rows}
"""


def missing_oxigraph() -> str:
    """Say why Oxigraph cannot run here, or nothing."""
    return "" if _oxigraph() else "needs the program oxigraph: pip install oxigraph"


def missing_virtuoso() -> str:
    """Say why Virtuoso cannot run here, or nothing."""
    found = shutil.which("virtuoso-t") and shutil.which("isql-vt")
    return "" if found else "needs virtuoso-t and isql-vt: apt-get install virtuoso-opensource-7"


@contextlib.contextmanager
def oxigraph(statements: Path, folder: Path) -> Iterator[str]:
    """Serve N-Triples by Oxigraph; gives the endpoint's address."""
    folder.mkdir(parents=True, exist_ok=True)
    store, program = folder / "oxigraph", _oxigraph() or "oxigraph"
    load = [program, "load", "--location", str(store), "--lenient", "--file", str(statements)]
    subprocess.run(load, check=True, capture_output=True)

    def serve(_attempt: int, ports: list[int]) -> contextlib.AbstractContextManager[None]:
        command = [program, "serve-read-only", "--location", str(store), "--bind", f"127.0.0.1:{ports[0]}"]
        return _running(command, f"http://127.0.0.1:{ports[0]}/")

    with contextlib.ExitStack() as stack:
        [port] = _started(stack, 1, serve)
        yield f"http://127.0.0.1:{port}/query"


@contextlib.contextmanager
def virtuoso(statements: Path, folder: Path, *, max_rows: int = 10_000) -> Iterator[str]:
    """Serve N-Triples by Virtuoso, in the graph `GRAPH`; gives the endpoint's address."""

    def serve(attempt: int, ports: list[int]) -> contextlib.AbstractContextManager[None]:
        place = folder / f"attempt-{attempt}"
        place.mkdir(parents=True)
        shutil.copyfile(statements, place / "statements.nt")
        sql_port, http_port = ports
        ini = place / "virtuoso.ini"
        ini.write_text(_VIRTUOSO_INI.format(folder=place, sql_port=sql_port, http_port=http_port, max_rows=max_rows))
        url = f"http://127.0.0.1:{http_port}/sparql?query=ASK%20%7B%7D"
        return _running(["virtuoso-t", "+foreground", "+configfile", str(ini)], url, cwd=place)

    with contextlib.ExitStack() as stack:
        sql_port, http_port = _started(stack, 2, serve)
        copy = max(folder.glob("attempt-*")) / "statements.nt"
        load = f"DB.DBA.TTLP_MT(file_to_string_output('{copy}'), '', '{GRAPH}', 255); checkpoint;"
        command = ["isql-vt", f"127.0.0.1:{sql_port}", "dba", "dba", "ERRORS=STDOUT", f"EXEC={load}"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        if "Error" in done.stdout:
            raise RuntimeError(done.stdout)
        yield f"http://127.0.0.1:{http_port}/sparql"


def _started(
    stack: contextlib.ExitStack,
    port_count: int,
    serve: Callable[[int, list[int]], contextlib.AbstractContextManager[None]],
) -> list[int]:
    """Start a server on free ports, and again on others if it ends at once: another program may take one first."""
    for attempt in range(_ATTEMPTS):
        ports = _free_ports(port_count)
        try:
            stack.enter_context(serve(attempt, ports))
        except RuntimeError:
            if attempt + 1 == _ATTEMPTS:
                raise
        else:
            return ports
    raise AssertionError("there is at least one attempt")


@contextlib.contextmanager
def _running(command: list[str], url: str, cwd: Path | None = None) -> Iterator[None]:
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    try:
        _wait_for(url, process)
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end_s = time.monotonic() + _READY_S
    while time.monotonic() < end_s and process.poll() is None:
        try:
            with opener.open(url, timeout=5):
                pass
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            time.sleep(0.05)
            continue
        if process.poll() is None:  # else it was another program that answered
            return
    raise RuntimeError(f"{process.args} did not start")


def _oxigraph() -> str | None:
    beside = Path(sys.executable).parent / "oxigraph"
    return str(beside) if beside.exists() else shutil.which("oxigraph")


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
