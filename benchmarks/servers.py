"""Real SPARQL servers on this machine, for tests and benchmarks: Oxigraph (PyPI) and Virtuoso (Debian)."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

GRAPH = "http://graph.example/"
"""The named graph that Virtuoso holds the statements in; it has no default one."""

_READY_S = 60.0
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
    store, program, port = folder / "oxigraph", _oxigraph() or "oxigraph", _free_port()
    load = [program, "load", "--location", str(store), "--lenient", "--file", str(statements)]
    subprocess.run(load, check=True, capture_output=True)
    serve = [program, "serve-read-only", "--location", str(store), "--bind", f"127.0.0.1:{port}"]
    with _running(serve, f"http://127.0.0.1:{port}/"):
        yield f"http://127.0.0.1:{port}/query"


@contextlib.contextmanager
def virtuoso(statements: Path, folder: Path, *, max_rows: int = 10_000) -> Iterator[str]:
    """Serve N-Triples by Virtuoso, in the graph `GRAPH`; gives the endpoint's address."""
    folder.mkdir(parents=True, exist_ok=True)
    sql_port, http_port = _free_port(), _free_port()
    ini = folder / "virtuoso.ini"
    ini.write_text(_VIRTUOSO_INI.format(folder=folder, sql_port=sql_port, http_port=http_port, max_rows=max_rows))
    copy = folder / "statements.nt"
    shutil.copyfile(statements, copy)
    serve = ["virtuoso-t", "+foreground", "+configfile", str(ini)]
    with _running(serve, f"http://127.0.0.1:{http_port}/sparql?query=ASK%20%7B%7D", cwd=folder):
        load = f"DB.DBA.TTLP_MT(file_to_string_output('{copy}'), '', '{GRAPH}', 255); checkpoint;"
        command = ["isql-vt", f"127.0.0.1:{sql_port}", "dba", "dba", "ERRORS=STDOUT", f"EXEC={load}"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        if "Error" in done.stdout:
            raise RuntimeError(done.stdout)
        yield f"http://127.0.0.1:{http_port}/sparql"


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
                return
        except urllib.error.HTTPError as error:
            error.close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"{process.args} did not start")


def _oxigraph() -> str | None:
    beside = Path(sys.executable).parent / "oxigraph"
    return str(beside) if beside.exists() else shutil.which("oxigraph")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
