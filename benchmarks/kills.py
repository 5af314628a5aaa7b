"""Builds and updates that are killed at random moments, and gone on with: do they end as those that were not?

python -m benchmarks.kills

The real command, killed with SIGKILL (it and its children), on kg-sample's dumps with a generated dump beside them.
"""

import hashlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.options import take_no_options
from benchmarks.sample import SAMPLE, WORK
from linker import IndexIncompleteError, open_index

BUILDS, UPDATES = 20, 10
_LINES = 300_000
_ENTITIES = 60_000
_PICTURES = 80
_SEED = 20
_POLL_S = 0.01
_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Timing:
    """When the first file appeared, and when the command ended, in seconds from its start."""

    first_file_s: float
    end_s: float


def write_sources(folder: Path, *, version: int) -> list[str]:
    """Write a generated dump and a folder of pictures; the second version has other lines and other pictures."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "images").mkdir(parents=True)
    pictures = sorted((SAMPLE / "kg" / "images").iterdir())
    for picture in pictures[(version - 1) * 20 :: max(1, len(pictures) // _PICTURES)]:
        shutil.copyfile(picture, folder / "images" / picture.name)
    draw = random.Random(_SEED)
    with (folder / "links.nt").open("w", encoding="utf-8") as file:
        for number in range(_LINES):
            subject, other = draw.randrange(_ENTITIES), int(_ENTITIES ** draw.random())
            if number % 100 != version:
                file.write(f"<http://e/{subject}> <http://e/p{number % 20}> <http://e/{other}> .\n")
    with (folder / "names.nt").open("w", encoding="utf-8") as file:
        for number in range(_ENTITIES):
            label = "http://www.w3.org/2000/01/rdf-schema#label"
            file.write(f'<http://e/{number}> <{label}> "Entity {number * number % 9973} of {version}"@en .\n')
            for language in ("en", "fr")[: number % 3]:
                text = rf"\"{number % 7}\" of {number * version % 11} \u00e9"
                file.write(f'<http://e/{number}> <http://e/says> "{text}"@{language} .\n')
    return ["--dump", str(SAMPLE / "kg" / "dumps"), "--dump", str(folder / "links.nt"), "--dump",
            str(folder / "names.nt"), "--images", str(folder / "images")]  # fmt: skip


def start(index: Path, options: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start the command, in a process group of its own."""
    command = [sys.executable, "-m", "scripts.build_kg_index", str(index), *options]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )


def finish(index: Path, options: Sequence[str], work_dir: Path) -> Timing:
    """Run the command to its end, and note when it began to write in a folder."""
    began, first = time.monotonic(), 0.0
    with start(index, options) as process:
        while process.poll() is None:
            if not first and work_dir.is_dir() and any(work_dir.iterdir()):
                first = time.monotonic() - began
            time.sleep(_POLL_S)
        assert process.stderr is not None
        said = process.stderr.read().decode()
    if process.returncode:
        raise SystemExit(f"error: the command ended with {process.returncode}: {said}")
    return Timing(first, time.monotonic() - began)


def kill_at(index: Path, options: Sequence[str], moment_s: float) -> float | None:
    """Run the command and kill it after some seconds; return how long it took if it had ended by then."""
    began = time.monotonic()
    with start(index, options) as process:
        try:
            process.wait(moment_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return None
    return time.monotonic() - began


def content_of(index: Path) -> dict[str, str]:
    """A digest of every table, of the vectors and of index.json; and the files' names."""
    content = {"files": " ".join(sorted(path.name for path in index.iterdir())), **tables_of(index / "kg.sqlite")}
    for name in ("images.faiss", "index.json"):
        content[name] = hashlib.sha256((index / name).read_bytes()).hexdigest()
    return content


def tables_of(graph: Path) -> dict[str, str]:
    """A digest of every table of a graph, but for the times of day."""
    content = {}
    with closing(sqlite3.connect(graph)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
            kept = ", ".join(column for column in columns if column not in {"started", "finished"})
            digest = hashlib.sha256()
            for row in connection.execute(f"SELECT {kept} FROM {name}"):
                digest.update(repr(row).encode())
            content[name] = digest.hexdigest()
    return content


def kill_builds(folder: Path, options: Sequence[str], draw: random.Random) -> int:
    """Kill builds; return how many ended as one that was not killed."""
    reference = folder / "whole"
    timing = finish(reference, options, reference)
    expected = content_of(reference)
    print(f"a build takes {timing.end_s:.1f} s and writes from {timing.first_file_s:.1f} s on", flush=True)
    equal = 0
    for number in range(BUILDS):
        index = folder / f"killed-{number}"
        moment, timing = _kill(index, None, options, timing, (number + draw.random()) / BUILDS)
        left = ", ".join(sorted(path.name for path in index.iterdir())) if index.exists() else "nothing"
        finish(index, options, index)
        same = content_of(index) == expected
        equal += same
        print(f"  killed at {moment:5.1f} s, left {left}: {'equal' if same else 'NOT EQUAL'}", flush=True)
        shutil.rmtree(index)
    return equal


def kill_updates(folder: Path, options: Sequence[str], old: Path, draw: random.Random) -> int:
    """Kill updates; return how many left an index that could be used or gone on with, and ended as a fresh build."""
    fresh, updated = folder / "fresh", folder / "updated"
    finish(fresh, options, fresh)
    expected, before = content_of(fresh), content_of(old)
    shutil.copytree(old, updated)
    timing = finish(updated, [*options, "--update"], updated / "update")
    print(
        f"an update takes {timing.end_s:.1f} s; equal to a fresh build: {content_of(updated) == expected}", flush=True
    )
    equal = 0
    for number in range(UPDATES):
        index = folder / f"killed-update-{number}"
        share = (number + draw.random()) / UPDATES
        moment, timing = _kill(index, old, [*options, "--update"], timing, share)
        try:
            open_index(index).close()
            found = {name: digest for name, digest in content_of(index).items() if name != "files"}
            state = {id(before): "the old one", id(expected): "the new one"}.get(
                next((id(c) for c in (before, expected) if found.items() <= c.items()), 0), "A MIX"
            )
        except IndexIncompleteError:
            state = "to be gone on with"
        finish(index, [*options, "--update"], index / "update")
        same = content_of(index) == expected and state != "A MIX"
        equal += same
        print(f"  killed at {moment:5.1f} s, the index is {state}: {'equal' if same else 'NOT EQUAL'}", flush=True)
        shutil.rmtree(index)
    return equal


def _kill(index: Path, old: Path | None, options: Sequence[str], timing: Timing, share: float) -> tuple[float, Timing]:
    """Kill a command at a share of its time; return the second, and the timing, which a faster run corrects."""
    while True:
        shutil.rmtree(index, ignore_errors=True)
        if old is not None:
            shutil.copytree(old, index)
        moment = timing.first_file_s + share * (timing.end_s - timing.first_file_s)
        took = kill_at(index, options, moment)
        is_whole = (index / "index.json").exists() and not (index / "index.json.lock").exists()
        if took is None and (old is not None or not is_whole):
            return moment, timing
        took = took or 0.95 * timing.end_s  # killed when all was done
        timing = Timing(timing.first_file_s * took / timing.end_s, took)


def main() -> None:
    """Print the two counts."""
    folder = WORK / "kills"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    draw = random.Random(_SEED)
    builds = kill_builds(folder, write_sources(folder / "first", version=1), draw)
    print(f"builds killed and gone on with, equal to one that was not: {builds} of {BUILDS}")
    updates = kill_updates(folder, write_sources(folder / "second", version=2), folder / "whole", draw)
    print(f"updates killed and gone on with, equal to a fresh build: {updates} of {UPDATES}")
    shutil.rmtree(folder)


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
