"""Sources to a graph, in steps that a killed build goes on from.

The graph grows in `kg.sqlite.part` and takes its place when it is whole. The table `build_step` is the plan and the
state of each step: a step's data and its state (while loading: its offset) are committed together, so a build that was
killed at any moment ends with the same rows as one that was not.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from . import resolving
from .detect import SourceFile, find_sources
from .errors import SourceError, StoreError
from .grams import fill_grams
from .imagefiles import ImageFinder
from .loading import load_statements
from .lock import build_lock
from .naming import fill_aliases
from .reading import DamagedFileError, file_digest
from .records import BuildReport, SourceReport
from .schema import SCHEMA_VERSION, create_indexes, create_tables, open_for_building, part_path, stage_tables
from .staging import Stage
from .store import count_rows
from .tables import load_rows
from .typemap import TypeMap

# Raise it whenever the same sources give other rows than before: finished graphs are then built anew.
BUILD_VERSION = 1

Progress = Callable[[str, int, int], None]


def build_graph(
    sqlite_path: Path,
    *,
    sources: Sequence[Path],
    images_dir: Path | None = None,
    type_map: Path | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Build a graph, go on with one that was interrupted, or find that it is built already.

    Args:
        sqlite_path: Where the graph goes; its folder is made.
        sources: Dumps and tables, or folders of them, told apart by what they contain.
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
    build, skipped = _prepare(sources, images_dir, type_map, progress)
    try:
        sqlite_path.parent.mkdir(parents=True, exist_ok=True)
        with build_lock(sqlite_path):
            plan = build.plan(images_dir)
            if _plan_of(sqlite_path) != plan:
                _make(build, plan, sqlite_path)
    except OSError as error:
        raise StoreError(f"{sqlite_path} cannot be built: {error.strerror or error}") from None
    except sqlite3.OperationalError as error:
        raise StoreError(
            f"{sqlite_path} cannot be built: {error}; what is done is kept, run the same command again"
        ) from None
    with closing(sqlite3.connect(f"{sqlite_path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        return BuildReport(_source_reports(connection), count_rows(connection), tuple(skipped))


def is_built_from(
    sqlite_path: Path, *, sources: Sequence[Path], images_dir: Path | None = None, type_map: Path | None = None
) -> bool:
    """Say whether a graph is whole and was built from just these sources, with these settings, by this version.

    Args:
        sqlite_path: The graph.
        sources: As for `build_graph`; so are the others.
        images_dir: See `build_graph`.
        type_map: See `build_graph`.

    Raises:
        SourceError: If a source is missing or is none, or the type map is wrong.
    """
    build, _ = _prepare(sources, images_dir, type_map, None)
    return _plan_of(sqlite_path) == build.plan(images_dir)


def _prepare(
    sources: Sequence[Path], images_dir: Path | None, type_map: Path | None, progress: Progress | None
) -> "tuple[_Build, list[str]]":
    files, skipped = find_sources(sources)
    if images_dir is not None and not images_dir.is_dir():
        raise SourceError(f"image folder {images_dir} is no folder; give the one that holds the pictures, or none")
    return _Build(files, ImageFinder(images_dir), TypeMap.load(type_map), progress or _silent), skipped


@dataclass(frozen=True, slots=True)
class _Planned:
    """One step as it is planned; equal plans mean equal graphs."""

    name: str
    source: str = ""
    size_bytes: int = 0
    sha256: str = ""


class _Build:
    """The steps of one build and what they need."""

    def __init__(self, files: Sequence[SourceFile], images: ImageFinder, types: TypeMap, progress: Progress) -> None:
        self._files = {str(file.path): file for file in files}
        self._images = images
        self._types = types
        self._progress = progress
        self._resolve: dict[str, Callable[[sqlite3.Connection], None]] = {
            "redirects": resolving.resolve_redirects,
            "entities": resolving.resolve_entities,
            "labels": resolving.resolve_labels,
            "triples": resolving.resolve_triples,
            "literals": resolving.resolve_literals,
            "classes": resolving.resolve_classes,
            "priors": resolving.resolve_priors,
            "images": lambda connection: resolving.resolve_images(connection, images.find),
            "aliases": fill_aliases,
            "grams": fill_grams,
            "indexes": create_indexes,
            "clean up": _drop_stage,
        }

    def plan(self, images_dir: Path | None) -> list[_Planned]:
        """Return every step, in order; the first one holds the settings."""
        settings = {
            "build_version": BUILD_VERSION,
            "images_dir": str(images_dir.resolve()) if images_dir else None,
            "images": self._images.digest(),
            "types": self._types.digest,
        }
        steps = [_Planned("settings", json.dumps(settings))]
        for number, (name, file) in enumerate(self._files.items(), 1):
            self._progress(f"check {file.path.name}", number, len(self._files))
            steps.append(_Planned(f"load {file.dataset}", name, file.path.stat().st_size, file_digest(file.path)))
        return steps + [_Planned(name) for name in self._resolve]

    def run(self, connection: sqlite3.Connection) -> None:
        """Do every step that is not done."""
        steps = connection.execute(
            "SELECT id, name, source FROM build_step WHERE state <> 'done' ORDER BY id"
        ).fetchall()
        for step, name, source in steps:
            if source in self._files:
                self._load(connection, step, self._files[source])
            elif name in self._resolve:
                self._progress(name, 0, 1)
                with _transaction(connection):
                    _start(connection, step)
                    self._resolve[name](connection)
                    _finish(connection, step)
                self._progress(name, 1, 1)
            else:
                with _transaction(connection):
                    _finish(connection, step)

    def _load(self, connection: sqlite3.Connection, step: int, file: SourceFile) -> None:
        stage = Stage(connection, self._types, str(file.path))
        offset, lines = connection.execute(
            "SELECT offset_bytes, lines FROM build_step WHERE id = ?", (step,)
        ).fetchone()
        load = load_statements if file.form == "statements" else load_rows
        error = None
        try:
            for end, last_line in load(stage, file, offset_bytes=offset, lines_before=lines):
                with _transaction(connection):
                    _start(connection, step)
                    _advance(connection, step, stage, end, last_line)
                self._progress(f"load {file.path.name}", last_line, 0)
        except DamagedFileError as damage:
            error = str(damage)
        with _transaction(connection):
            if error is not None:
                row = connection.execute("SELECT lines FROM build_step WHERE id = ?", (step,)).fetchone()
                stage.reject(row[0], "", error)
                _advance(connection, step, stage, None, None)
            elif file.dataset == "ignored":
                error = "none of its predicates is kept in a graph"
            elif file.dataset == "empty":
                error = "it holds no statement"
            _finish(connection, step, error)


def _advance(connection: sqlite3.Connection, step: int, stage: Stage, end: int | None, last_line: int | None) -> None:
    """Write what the stage holds together with how far the file is read."""
    stage.flush()
    connection.execute(
        "UPDATE build_step SET offset_bytes = COALESCE(?, offset_bytes), lines = COALESCE(?, lines),"
        " records = records + ?, ignored = ignored + ?, rejected = rejected + ? WHERE id = ?",
        (end, last_line, stage.records, stage.ignored, stage.rejected, step),
    )
    stage.records = stage.ignored = stage.rejected = 0


def _make(build: _Build, plan: Sequence[_Planned], sqlite_path: Path) -> None:
    part = part_path(sqlite_path)
    if _plan_of(part) != plan:
        _remove(part)
    is_new = not part.exists()
    with closing(open_for_building(part)) as connection:
        if is_new:
            create_tables(connection)
            with _transaction(connection):
                connection.executemany(
                    "INSERT INTO build_step (name, source, size_bytes, sha256, state) VALUES (?, ?, ?, ?, 'waiting')",
                    [(step.name, step.source, step.size_bytes, step.sha256) for step in plan],
                )
        build.run(connection)
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("VACUUM")
    part.replace(sqlite_path)


def _plan_of(path: Path) -> list[_Planned]:
    """Return the plan that a graph file was made by; none for a file that is no graph of this version."""
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(path)) as connection:
            if connection.execute("PRAGMA user_version").fetchone()[0] != SCHEMA_VERSION:
                return []
            rows = connection.execute("SELECT name, source, size_bytes, sha256 FROM build_step ORDER BY id")
            return [_Planned(*row) for row in rows]
    except sqlite3.DatabaseError:
        return []


def _remove(part: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        part.with_name(part.name + suffix).unlink(missing_ok=True)


def _drop_stage(connection: sqlite3.Connection) -> None:
    for name in stage_tables(connection):
        connection.execute(f"DROP TABLE {name}")
    connection.execute("ANALYZE")


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


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
