"""Sources to a graph, in steps that a stopped build goes on from.

What the sources say is collected in the folder `kg.sqlite.stage`; source by source, it is on the disk there, so that a
build whose process was killed or whose machine was switched off goes on behind those that are done, and in the middle
of a file of lines. The graph is made from it as `kg.sqlite.part`, and takes its place when it is whole.
"""

import errno
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from kg.entities import BuildReport, SourceReport
from kg.errors import SourceError, StoreError
from kg.iris import is_language
from kg.lock import build_lock
from kg.pictures.files import FOUND_AS, ImageFinder
from kg.schema import part_path, stage_path
from kg.store import count_rows

from .copy_graph import copy_graph
from .files import DamagedFileError
from .fill import Progress, fill_graph
from .keep import Keep
from .lines import load_lines
from .plan import Digests, Planned, difference, is_plan, read_plan, stamp_of
from .rdf import FORMATS, load_rdf
from .source_file import GraphSources, SourceFile
from .sources import find_sources
from .stage import Stage
from .table_forms import detect_numbers
from .tables import load_table
from .types import TypeMap
from .wikidata_json import load_wikidata

# Raise it whenever the same sources give other rows than before: finished graphs are then built anew.
BUILD_VERSION = 11
MEMORY_MB = 600

_EMPTY = "it holds no statement"
# All other forms are tables.
_LOADERS = {"lines": load_lines, "wikidata": load_wikidata, **dict.fromkeys(FORMATS, load_rdf)}


def build_graph(
    sqlite_path: Path,
    *,
    sources: GraphSources | Sequence[Path],
    memory_mb: int = MEMORY_MB,
    known: Path | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Build a graph, go on with one that was interrupted, or find that it is built already.

    Args:
        sqlite_path: Where the graph goes; its folder is made.
        sources: What it is built from; dumps, tables and folders alone stand for a `GraphSources` of them.
        memory_mb: How much memory the sorting and joining may take; beyond it, files beside the graph are used.
        known: Another graph, which is taken over if it was built from the same sources with other pictures.
        progress: Called with the step, what is done of it (lines), and how much there is (0: unknown).

    Returns:
        What was read and made.

    Raises:
        SourceError: If a source is missing or is not one, or the type map is wrong.
        BuildLockedError: If another process builds this graph.
        StoreError: If the graph cannot be written.
    """
    build, skipped = _prepare(sources, progress)
    with closing(build), _told_plainly(sqlite_path):
        sqlite_path.parent.mkdir(parents=True, exist_ok=True)
        with build_lock(sqlite_path):
            found, folder = read_plan(sqlite_path), stage_path(sqlite_path)
            plan = build.plan(wait=bool(found or known) or folder.exists())
            if not is_plan(found, plan):
                if known is None or folder.exists() or not build.take_over(known, plan, sqlite_path):
                    build.make(plan, sqlite_path, memory_mb=memory_mb)
            elif folder.exists():  # killed just before this was removed
                shutil.rmtree(folder)
    with closing(sqlite3.connect(f"{sqlite_path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        [(remarks,)] = connection.execute("SELECT coalesce(error, '') FROM build_step WHERE name = 'settings'")
        remarks = (*remarks.splitlines(), *_picture_remarks(connection))
        return BuildReport(_source_reports(connection), count_rows(connection), tuple(skipped), remarks)


def build_difference(sqlite_path: Path, sources: GraphSources) -> str:
    """Say in what a graph was built differently: by another version, with other settings, from other sources; or "".

    Raises:
        SourceError: If a source is missing or is not one, or the type map is wrong.
    """
    build, _ = _prepare(sources, None)
    found = read_plan(sqlite_path)
    with closing(build):
        return difference(found, build.plan(wait=True))


def _prepare(given: GraphSources | Sequence[Path], progress: Progress | None) -> "tuple[_Build, list[str]]":
    sources = given if isinstance(given, GraphSources) else GraphSources(given)
    files, skipped = find_sources(sources.paths)
    for dataset, path in (("priors", sources.priors), ("counts", sources.counts)):
        if path is not None:
            files = [file for file in files if file.path.resolve() != path.resolve()] + [detect_numbers(path, dataset)]
    images = sources.images_dir
    if images is not None and not images.is_dir():
        raise SourceError(f"image folder {images} is not a folder; give the one that holds the pictures, or none")
    if not all(map(is_language, sources.languages)):
        raise SourceError(f"not languages: {', '.join(sources.languages)}; give tags like en or pt-BR")
    return _Build(sources, files, progress or (lambda *_: None)), skipped


class _Build:
    """The steps of one build and what they need."""

    def __init__(self, sources: GraphSources, files: Sequence[SourceFile], progress: Progress) -> None:
        self._files = {str(file.path): file for file in files}
        self._images_dir = sources.images_dir
        self._images = ImageFinder(sources.images_dir)
        self._types = TypeMap.load(sources.type_map)
        self._languages = [language.lower() for language in sources.languages]
        self._keep = Keep.of(sources.keep)
        self._progress = progress
        self._digests = Digests({name: file.path for name, file in self._files.items()})

    def plan(self, *, wait: bool) -> list[Planned]:
        """Return every step, in order; the first one holds the settings.

        Args:
            wait: For the digests of the files; else they have their stamps only.
        """
        settings = {
            "build_version": BUILD_VERSION,
            "images_dir": str(self._images_dir.resolve()) if self._images_dir else None,
            "images": self._images.digest(),
            "types": self._types.digest,
            "languages": self._languages,
            "keep": [sorted(self._keep.types), sorted(self._keep.classes), self._keep.sitelinks],
        }
        steps = [Planned("settings", json.dumps(settings))]
        for number, (name, file) in enumerate(self._files.items(), 1):
            stamp, size_bytes = stamp_of(file.path), file.path.stat().st_size
            if wait:
                self._progress(f"check {file.path.name}", number, len(self._files))
            digest = self._digests.of(name) if wait else stamp
            steps.append(Planned(f"load {file.dataset}", name, size_bytes, digest, stamp))
        return steps

    def close(self) -> None:
        """Stop what goes on beside the steps."""
        self._digests.close()

    def take_over(self, known: Path, plan: Sequence[Planned], sqlite_path: Path) -> bool:
        """Make the graph of another one, whose pictures are looked for anew, if that is all in which they differ."""
        is_taken = copy_graph(known, plan, part_path(sqlite_path), self._images.find)
        if is_taken:
            _put_in_place(sqlite_path)
        return is_taken

    def make(self, plan: Sequence[Planned], sqlite_path: Path, *, memory_mb: int) -> None:
        """Read the sources that are not read yet, and make the graph of all of them."""
        part, folder = part_path(sqlite_path), stage_path(sqlite_path)
        with closing(self._open_stage(folder, plan, memory_mb)) as stage:
            stage.min_sitelinks = self._keep.sitelinks
            for step, source in stage.rows("SELECT id, source FROM step WHERE NOT is_done ORDER BY id"):
                self._load(stage, step, self._files[source])
            for suffix in ("", "-wal", "-shm", "-journal"):
                part.with_name(part.name + suffix).unlink(missing_ok=True)
            stage.limit_memory(memory_mb * 5 // 6)  # the rest is what reading has left of Python's own
            find, progress = self._images.find, self._progress
            fill_graph(part, stage, self._types, self._keep, find=find, progress=progress)
        _put_in_place(sqlite_path)
        shutil.rmtree(folder)

    def _load(self, stage: Stage, step: int, file: SourceFile) -> None:
        name, started, error = f"load {file.path.name}", _now(), None
        self._progress(name, 0, 0)
        stage.begin(step)
        lines = stage.known_lines
        try:
            for lines in _LOADERS.get(file.form, load_table)(stage, file):
                self._progress(name, lines, 0)
        except DamagedFileError as problem:
            error = str(problem)
            stage.reject(problem.line or lines or None, "", error)
        with stage.transaction():
            stage.flush()
            stage.mark(lines)
            stage.connection.execute(
                "UPDATE step SET is_done = true, error = ?, sha256 = ?, started = ?, finished = ? WHERE id = ?",
                (error or file.remark or _remark(file, stage), self._digests.of(str(file.path)), started, _now(), step),
            )
        self._progress(name, lines, lines)

    def _open_stage(self, folder: Path, plan: Sequence[Planned], memory_mb: int) -> Stage:
        """Open the stage of this plan, or begin it; reading needs only half of the memory, beside what it reads."""
        if folder.exists():
            try:
                stage = Stage(folder, memory_mb=memory_mb // 2, languages=self._languages)
                found = stage.rows("SELECT name, source, size_bytes, sha256 FROM step ORDER BY id")
                if is_plan([Planned(*row) for row in found], plan):
                    return stage
                stage.close()
            except duckdb.Error:  # cut short when it was made, or damaged: it is only a stage
                pass
            shutil.rmtree(folder)
        stage = Stage(folder, memory_mb=memory_mb // 2, languages=self._languages)
        rows = [
            (id_, step.name, step.source, step.size_bytes, step.sha256, step.name == "settings")
            for id_, step in enumerate(plan)
        ]
        with stage.transaction():
            query = "INSERT INTO step (id, name, source, size_bytes, sha256, is_done) VALUES (?, ?, ?, ?, ?, ?)"
            stage.connection.executemany(query, rows)
        return stage


def _remark(file: SourceFile, stage: Stage) -> str | None:
    """Say why nothing of a file is kept; None where something is, or all was rejected."""
    if file.dataset == "empty":
        return _EMPTY
    if stage.records or not stage.reasons:
        return None
    reasons = sorted(stage.reasons.items(), key=lambda reason: (-reason[1], reason[0]))
    return f"nothing of it is kept: {', '.join(f'{why} ({count:,})' for why, count in reasons)}"


@contextmanager
def _told_plainly(path: Path) -> Iterator[None]:
    """Turn what the disk and the databases say into one line."""
    again = "what is done is kept, run the same command again"
    try:
        yield
    except OSError as error:
        raise StoreError(f"{path} cannot be built: {error.strerror or error}") from None
    except sqlite3.OperationalError as error:
        raise StoreError(f"{path} cannot be built: {error}; {again}") from None
    except (
        duckdb.IOException,
        duckdb.OutOfMemoryException,
        duckdb.FatalException,
        duckdb.TransactionException,
    ) as error:
        said = str(error).split("\n")[0]
        if "No space left" in said or "max_temp_directory_size" in str(error):
            full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            raise StoreError(f"{path} cannot be built: {full.strerror}") from full
        if isinstance(error, duckdb.OutOfMemoryException):
            raise StoreError(f"{path} cannot be built in so little memory: {said}; give more, and {again}") from None
        raise StoreError(f"{path} cannot be built: {said}; {again}") from None


def _put_in_place(sqlite_path: Path) -> None:
    """Let the graph that was made beside it take its place, when all of it is on the disk."""
    part = part_path(sqlite_path)
    _bring_to_disk(part)
    part.replace(sqlite_path)
    _bring_to_disk(sqlite_path.parent)


def _bring_to_disk(path: Path) -> None:
    """Return when all of a file or folder is on the disk."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _source_reports(connection: sqlite3.Connection) -> tuple[SourceReport, ...]:
    rows = connection.execute(
        "SELECT source, size_bytes, sha256, substr(name, 6), lines, records, ignored, rejected, error FROM build_step"
        " WHERE name GLOB 'load *' ORDER BY id"
    )
    return tuple(SourceReport(*row) for row in rows)


def _picture_remarks(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Say how many pictures were found only by another name, and one of them."""
    query = "SELECT count(*), min(file) FROM image WHERE file IS NOT NULL AND reason GLOB ?"
    [(count, file)] = connection.execute(query, (f"{FOUND_AS} *",))
    if not count:
        return ()
    return (f"pictures found only by the name of a download, or in a sub-folder: {count:,}, such as {file}",)
