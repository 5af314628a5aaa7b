"""Sources to a graph, in steps that a killed build goes on from.

The graph grows in `kg.sqlite.part` and takes its place when it is whole; what the sources say is kept in the folder
`kg.sqlite.stage` meanwhile. The table `build_step` is the plan and the state of each step: a step's data and its state
(while loading: its offset, in the stage) are committed together, so a build that was killed at any moment ends with the
same rows as one that was not.
"""

import ctypes
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from kg.entities import BuildReport, SourceReport
from kg.errors import SourceError, StoreError
from kg.lock import build_lock
from kg.pictures.files import ImageFinder
from kg.schema import create_tables, open_for_building, part_path, stage_path
from kg.store import count_rows
from kg.transactions import transaction

from .detect import SourceFile, detect_priors, find_sources
from .durable import is_of_this_boot, mark_boot, write_out, write_out_meanwhile
from .loading import load_statements
from .plan import Digests, Planned, difference, is_plan, read_plan, stamp_of
from .reading import DamagedFileError
from .resolver import RESOLVE_STEPS, Resolver
from .staging import Stage
from .tables import load_rows
from .typemap import TypeMap

# Raise it whenever the same sources give other rows than before: finished graphs are then built anew.
BUILD_VERSION = 4
# How often what was read is kept, so that a killed build can go on behind it.
CHECKPOINT_S = 1.0

_EMPTY = {"ignored": "none of its predicates is kept in a graph", "empty": "it holds no statement"}

Progress = Callable[[str, int, int], None]


def build_graph(
    sqlite_path: Path,
    *,
    sources: Sequence[Path],
    priors: Path | None = None,
    images_dir: Path | None = None,
    type_map: Path | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Build a graph, go on with one that was interrupted, or find that it is built already.

    Args:
        sqlite_path: Where the graph goes; its folder is made.
        sources: Dumps and tables, or folders of them, told apart by what they contain.
        priors: A table of IRIs and how often each is meant, in place of in-degrees.
        images_dir: The folder where `Special:FilePath/Name` is looked up.
        type_map: A table `class,type` (and `superclass`) in place of the shipped one.
        progress: Called with the step, what is done of it (lines), and how much there is (0: unknown).

    Returns:
        What was read and made.

    Raises:
        SourceError: If a source is missing or is none, or the type map is wrong.
        BuildLockedError: If another process builds this graph.
        StoreError: If the graph cannot be written.
    """
    build, skipped = _prepare(sources, priors, images_dir, type_map, progress)
    try:
        sqlite_path.parent.mkdir(parents=True, exist_ok=True)
        with build_lock(sqlite_path):
            found, half = read_plan(sqlite_path), read_plan(part_path(sqlite_path))
            plan = build.plan(images_dir, wait=bool(found or half))
            if not is_plan(found, plan):
                _make(build, plan, sqlite_path)
            elif stage_path(sqlite_path).exists():  # killed just before this was removed
                shutil.rmtree(stage_path(sqlite_path))
    except OSError as error:
        raise StoreError(f"{sqlite_path} cannot be built: {error.strerror or error}") from None
    except sqlite3.OperationalError as error:
        raise StoreError(
            f"{sqlite_path} cannot be built: {error}; what is done is kept, run the same command again"
        ) from None
    finally:
        build.close()
    with closing(sqlite3.connect(f"{sqlite_path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        return BuildReport(_source_reports(connection), count_rows(connection), tuple(skipped))


def build_difference(
    sqlite_path: Path,
    *,
    sources: Sequence[Path],
    priors: Path | None = None,
    images_dir: Path | None = None,
    type_map: Path | None = None,
) -> str:
    """Say in what a graph was built otherwise: by another version, with other settings, from other sources; or "".

    Args:
        sqlite_path: The graph.
        sources: As for `build_graph`; so are the others.
        priors: See `build_graph`.
        images_dir: See `build_graph`.
        type_map: See `build_graph`.

    Raises:
        SourceError: If a source is missing or is none, or the type map is wrong.
    """
    build, _ = _prepare(sources, priors, images_dir, type_map, None)
    found = read_plan(sqlite_path)
    with closing(build):
        return difference(found, build.plan(images_dir, wait=True))


def _prepare(
    sources: Sequence[Path],
    priors: Path | None,
    images_dir: Path | None,
    type_map: Path | None,
    progress: Progress | None,
) -> "tuple[_Build, list[str]]":
    files, skipped = find_sources(sources)
    if priors is not None:
        files = [file for file in files if file.path.resolve() != priors.resolve()] + [detect_priors(priors)]
    if images_dir is not None and not images_dir.is_dir():
        raise SourceError(f"image folder {images_dir} is no folder; give the one that holds the pictures, or none")
    return _Build(files, ImageFinder(images_dir), TypeMap.load(type_map), progress or _silent), skipped


class _Build:
    """The steps of one build and what they need."""

    def __init__(self, files: Sequence[SourceFile], images: ImageFinder, types: TypeMap, progress: Progress) -> None:
        self._files = {str(file.path): file for file in files}
        self._images = images
        self._types = types
        self._progress = progress
        self._digests = Digests({name: file.path for name, file in self._files.items()})

    def plan(self, images_dir: Path | None, *, wait: bool) -> list[Planned]:
        """Return every step, in order; the first one holds the settings.

        Args:
            images_dir: The folder with the pictures.
            wait: For the digests of the files; else they have their stamps only.
        """
        settings = {
            "build_version": BUILD_VERSION,
            "images_dir": str(images_dir.resolve()) if images_dir else None,
            "images": self._images.digest(),
            "types": self._types.digest,
        }
        self._digests.start()
        steps = [Planned("settings", json.dumps(settings))]
        for number, (name, file) in enumerate(self._files.items(), 1):
            stamp, size_bytes = stamp_of(file.path), file.path.stat().st_size
            if wait:
                self._progress(f"check {file.path.name}", number, len(self._files))
            digest = self._digests.of(name) if wait else stamp
            steps.append(Planned(f"load {file.dataset}", name, size_bytes, digest, stamp))
        return steps + [Planned(name) for name in RESOLVE_STEPS]

    def close(self) -> None:
        """Stop what goes on beside the steps."""
        self._digests.close()

    def run(self, graph: sqlite3.Connection, part: Path, folder: Path) -> None:
        """Do every step that is not done."""
        steps = graph.execute("SELECT id, name, source FROM build_step WHERE state <> 'done' ORDER BY id").fetchall()
        with closing(Stage(folder, self._types)) as stage:
            graph.execute("ATTACH ? AS stage", (str(folder / "stage.sqlite"),))
            resolver = Resolver(graph, part, stage, self._images.find)
            for step, name, source in steps:
                if source in self._files:
                    self._load(graph, stage, step, self._files[source])
                elif name in RESOLVE_STEPS:
                    stage.forget()
                    self._resolve(graph, resolver, step, name)
                    write_out_meanwhile(part)
                else:
                    with transaction(graph):
                        _finish(graph, step)
            graph.execute("DETACH stage")

    def _resolve(self, graph: sqlite3.Connection, resolver: Resolver, step: int, name: str) -> None:
        self._progress(name, 0, 1)
        resolver.prepare(name)
        with transaction(graph):
            _start(graph, step)
            resolver.fill(name)
            _finish(graph, step)
        _give_back_memory()
        self._progress(name, 1, 1)

    def _load(self, graph: sqlite3.Connection, stage: Stage, step: int, file: SourceFile) -> None:
        offset, lines = stage.start(step)
        with transaction(graph):
            _start(graph, step)
        load = load_statements if file.form == "statements" else load_rows
        damage = error = None
        kept = monotonic()
        end, last_line = offset, lines
        try:
            for end, last_line in load(stage, file, offset_bytes=offset, lines_before=lines):
                if monotonic() - kept >= CHECKPOINT_S:
                    stage.checkpoint(end, last_line)
                    kept = monotonic()
                self._progress(f"load {file.path.name}", last_line, 0)
        except DamagedFileError as problem:
            damage = error = str(problem)
        stage.checkpoint(end, last_line)
        if error is None and file.dataset in _EMPTY:
            error = _EMPTY[file.dataset]
        with transaction(graph):
            if damage is not None:
                graph.execute(
                    "INSERT INTO rejected (source, line, text, reason) VALUES (?, ?, '', ?)",
                    (str(file.path), last_line, damage),
                )
            graph.execute(
                "UPDATE build_step SET offset_bytes = ?, lines = ?, records = ?, ignored = ?, rejected = ? + ?,"
                " sha256 = ? WHERE id = ?",
                (*stage.progress(step), int(damage is not None), self._digests.of(str(file.path)), step),
            )
            _finish(graph, step, error)


def _make(build: _Build, plan: Sequence[Planned], sqlite_path: Path) -> None:
    part, folder = part_path(sqlite_path), stage_path(sqlite_path)
    if not is_plan(read_plan(part), plan) or not is_of_this_boot(folder):
        _remove(part, folder)
    is_new = not part.exists()
    folder.mkdir(exist_ok=True)
    mark_boot(folder)
    with closing(open_for_building(part)) as connection:
        if is_new:
            create_tables(connection)
            with transaction(connection):
                connection.executemany(
                    "INSERT INTO build_step (name, source, size_bytes, sha256, state) VALUES (?, ?, ?, ?, 'waiting')",
                    [(step.name, step.source, step.size_bytes, step.sha256) for step in plan],
                )
        build.run(connection, part, folder)
    write_out(part)
    part.replace(sqlite_path)
    shutil.rmtree(folder)


def _give_back_memory() -> None:
    """Return what was freed to the system, where the C library can: the next step needs it otherwise."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim is not None:
        trim(0)


def _remove(part: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for suffix in ("", "-wal", "-shm", "-journal"):
        part.with_name(part.name + suffix).unlink(missing_ok=True)


def _start(connection: sqlite3.Connection, step: int) -> None:
    connection.execute(
        "UPDATE build_step SET state = 'running', started = COALESCE(started, ?) WHERE id = ?", (_now(), step)
    )


def _finish(connection: sqlite3.Connection, step: int, error: str | None = None) -> None:
    connection.execute(
        "UPDATE build_step SET state = 'done', error = ?, started = COALESCE(started, ?), finished = ? WHERE id = ?",
        (error, _now(), _now(), step),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _source_reports(connection: sqlite3.Connection) -> tuple[SourceReport, ...]:
    rows = connection.execute(
        "SELECT source, size_bytes, sha256, substr(name, 6), lines, records, ignored, rejected, error FROM build_step"
        " WHERE name GLOB 'load *' ORDER BY id"
    )
    return tuple(SourceReport(*row) for row in rows)


def _silent(step: str, done: int, total: int) -> None:
    """Report nothing."""
