"""How fast dumps become a graph, beside `oxigraph load` on the same file in the same run, and in how much memory.

    python -m benchmarks.loading                 5 and 20 million object triples, plain; 5 million as .bz2, and literals
    python -m benchmarks.loading 1000000         other sizes

The triples are made by `benchmarks.generate` over the titles of `benchmarks.titles`. A reading is a whole process: the
start of the interpreter, the names and every index of the graph are in it. Memory is the most that was resident;
pages of mapped files, which the system may take back at any time, count too.
"""

import argparse
import bz2
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.generate import write_literals, write_triples
from benchmarks.sample import WORK
from benchmarks.titles import titles
from kg.build.files import read_blocks

_BUILD = (
    "import sys; from pathlib import Path; from kg import build_graph\n"
    "report = build_graph(Path(sys.argv[1]), sources=[Path(sys.argv[2])])\n"
    "names = ('entity', 'alias', 'triple', 'literal')\n"
    "print(' '.join(f'{report.counts[name]:,} {name}' for name in names), end=', ')\n"
    "peak = [line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')]\n"
    "print(f'at most {int(peak[0]) / 1024:.0f} MiB resident')"
)
_SIZES = (5_000_000, 20_000_000)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a process took.

    Attributes:
        seconds: From its start to its end.
        cpu_seconds: Of all its threads.
        output: What it printed.
    """

    seconds: float
    cpu_seconds: float
    output: str


def measure(command: Sequence[str]) -> Reading:
    """Run a command to its end and say what it took."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        output = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command[:2])
    return Reading(seconds, usage.ru_utime + usage.ru_stime, output.strip())


def dump_of(lines: int, *, what: str = "triples") -> Path:
    """Return a dump with so many lines of `triples` or `literals`, made if it is not there."""
    path = WORK / "loading" / f"{what}-{lines}.nt"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        names = titles().read_text(encoding="utf-8").splitlines()
        (write_literals if what == "literals" else write_triples)(names, path, lines=lines)
    return path


def build(dump: Path) -> Reading:
    """Build a graph from a dump, in a process of its own."""
    folder = WORK / "loading" / "graph"
    shutil.rmtree(folder, ignore_errors=True)
    reading = measure([sys.executable, "-c", _BUILD, str(folder / "kg.sqlite"), str(dump)])
    shutil.rmtree(folder)
    return reading


def load_by_oxigraph(dump: Path) -> Reading | None:
    """Load a dump into Oxigraph; None where it is not installed."""
    program = shutil.which("oxigraph", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if program is None:
        return None
    folder = WORK / "loading" / "oxigraph"
    shutil.rmtree(folder, ignore_errors=True)
    reading = measure([program, "load", "--location", str(folder), "--file", str(dump)])
    shutil.rmtree(folder)
    return reading


def show(title: str, lines: int, reading: Reading) -> None:
    """Print a reading."""
    cpu, rate = reading.cpu_seconds, lines / reading.seconds
    print(
        f"  {title:<14} {reading.seconds:6.1f} s ({cpu:.1f} s of CPU)  {rate:9,.0f} lines/s  {reading.output}",
        flush=True,
    )


def compare(lines: int, *, what: str = "triples") -> None:
    """Print our reading and Oxigraph's on the same dump."""
    dump = dump_of(lines, what=what)
    print(f"{lines:,} {what}, {dump.stat().st_size / 1e6:,.0f} MB of N-Triples", flush=True)
    ours = build(dump)
    show("build_graph", lines, ours)
    theirs = load_by_oxigraph(dump)
    if theirs is None:
        print("  oxigraph is not installed: pip install oxigraph")
        return
    show("oxigraph load", lines, Reading(theirs.seconds, theirs.cpu_seconds, ""))
    print(f"  build_graph is {theirs.seconds / ours.seconds:.2f} times as fast (target of triples: 0.6)")


def compare_bz2(lines: int) -> None:
    """Print how fast a .bz2 is decompressed, and how fast a graph is built from it."""
    plain = dump_of(lines)
    packed = plain.with_suffix(".nt.bz2")
    if not packed.exists():
        with plain.open("rb") as source, bz2.open(packed.with_suffix(".part"), "wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        packed.with_suffix(".part").replace(packed)
    print(f"{lines:,} lines as .bz2, {packed.stat().st_size / 1e6:,.0f} MB", flush=True)
    for name, seconds in (("one core (bz2)", _read_by_bz2(packed)), ("all cores (rapidgzip)", _read_by_us(packed))):
        megabytes = plain.stat().st_size / seconds / 1e6
        print(f"  decompress, {name:<24} {seconds:6.1f} s  {lines / seconds:10,.0f} lines/s  {megabytes:5.0f} MB/s")
    show("build_graph", lines, build(packed))


def _read_by_bz2(path: Path) -> float:
    start = time.perf_counter()
    with bz2.open(path) as file:
        while file.read(1 << 20):
            pass
    return time.perf_counter() - start


def _read_by_us(path: Path) -> float:
    start = time.perf_counter()
    for _ in read_blocks(path):
        pass
    return time.perf_counter() - start


def main(sizes: Sequence[int] = _SIZES) -> None:
    print("dump to SQLite, end to end, names and indexes included; targets: 150,000 lines/s, 0.6 of Oxigraph, 1 GiB")
    for lines in sizes:
        compare(lines)
    compare_bz2(min(sizes))
    compare(min(sizes), what="literals")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="*", type=int, default=list(_SIZES), help="numbers of lines")
    main(parser.parse_args().sizes)
