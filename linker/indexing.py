"""Building an index directory: the graph (`kg`), then its pictures (`vision`), then ``index.json``.

Every step goes on where a killed one stopped. Vectors are kept in a scratch database, by content, until the image
index is written from them in one go; ``index.json`` comes last, so a directory that has it is whole.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from kg import BuildReport, Graph, ImageMark, ImageRecord, build_graph, build_lock, is_built_from, mark_images
from linker.errors import IndexConflictError, IndexIncompleteError, IndexMissingError
from linker.manifest import (
    GRAPH,
    IMAGES,
    MANIFEST,
    EncoderRecord,
    IndexManifest,
    SourceRecord,
    read_manifest,
    write_manifest,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vision import Encoder, Picture, PictureError

Progress = Callable[[str, int, int], None]
"""Called with the step's name, how much of it is done, and how much there is (0: not known)."""

_SCRATCH = "embedding.sqlite"
_CHUNK = 64  # pictures between two commits
_READERS = 4  # decoding waits for the disk and releases the interpreter


def build_index(
    index_dir: Path,
    *,
    sources: Sequence[Path],
    images_dir: Path | None = None,
    encoder: str = "efficientnet-lite0",
    weights: Path | None = None,
    device: str = "auto",
    type_map: Path | None = None,
    progress: Progress | None = None,
) -> IndexManifest:
    """Build an index directory, or go on with one that was left half-built.

    Args:
        index_dir: The directory to make.
        sources: Dumps and tables, or folders of them.
        images_dir: Folder with the pictures that the sources name.
        encoder: Name of the picture encoder.
        weights: File with the encoder's weights, where they do not come with it.
        device: ``auto``, ``cpu`` or ``cuda``.
        type_map: A table from class to coarse type that replaces ours.
        progress: Told how far each step is.

    Returns:
        What ``index.json`` now says.

    Raises:
        IndexConflictError: The directory holds an index of other sources or of another encoder.
        KgError: The sources cannot be read, or another build holds the directory.
        WeightsError: The encoder's weights cannot be had.
    """
    from vision import load_encoder

    progress = progress or _say_nothing
    loaded = load_encoder(encoder, weights=weights, device=device)
    record = EncoderRecord(name=loaded.name, identity=loaded.identity, dimension=loaded.dimension)
    index_dir.mkdir(parents=True, exist_ok=True)
    with build_lock(index_dir / MANIFEST):
        finished = _finished(index_dir, record)
        if finished:
            if is_built_from(index_dir / GRAPH, sources=sources, images_dir=images_dir, type_map=type_map):
                return finished
            raise IndexConflictError(index_dir, "its sources, its picture folder or its type table were others")
        report = build_graph(
            index_dir / GRAPH, sources=sources, images_dir=images_dir, type_map=type_map, progress=progress
        )
        statuses = _embed_images(index_dir, loaded, progress)
        manifest = IndexManifest(
            encoder=record, sources=_source_records(report), counts=_counts(index_dir), images=statuses
        )
        write_manifest(index_dir, manifest)
        (index_dir / _SCRATCH).unlink(missing_ok=True)
    return manifest


def _say_nothing(_step: str, _done: int, _total: int) -> None:
    pass


def _finished(index_dir: Path, encoder: EncoderRecord) -> IndexManifest | None:
    try:
        manifest = read_manifest(index_dir)
    except (IndexMissingError, IndexIncompleteError):
        return None
    if manifest.encoder != encoder:
        raise IndexConflictError(index_dir, f"its pictures were embedded by {manifest.encoder.identity}")
    return manifest


def _counts(index_dir: Path) -> dict[str, int]:
    with Graph.open(index_dir / GRAPH) as graph:
        return {name: count for name, count in graph.counts().items() if not name.startswith("image ")}


def _source_records(report: BuildReport) -> tuple[SourceRecord, ...]:
    return tuple(
        SourceRecord(
            name=Path(source.name).name,
            size_bytes=source.size_bytes,
            sha256=source.sha256,
            lines=source.lines,
            rejected=source.rejected,
        )
        for source in report.sources
    )


@dataclass(frozen=True, slots=True)
class _Loaded:
    record: ImageRecord
    picture: "Picture | None"
    error: "PictureError | None"


def _embed_images(index_dir: Path, encoder: "Encoder", progress: Progress) -> dict[str, int]:
    """Embed every picture that has not been, write the image index, and count the statuses."""
    import numpy as np

    from vision import write_index

    graph_path = index_dir / GRAPH
    with Graph.open(graph_path) as graph:
        records = list(graph.images())
    with closing(_open_scratch(index_dir / _SCRATCH, encoder.identity)) as scratch:
        pending = [record for record in records if _needs_embedding(record, scratch)]
        done = len(records) - len(pending)
        for chunk in _chunks(pending):
            mark_images(graph_path, _embed_chunk(chunk, encoder, scratch))
            done += len(chunk)
            progress("pictures", done, len(records))
        with Graph.open(graph_path) as graph:
            embedded = list(graph.images(status="embedded"))
            statuses = _count_statuses(graph)
        vectors = [_stored_vector(scratch, record.sha256 or "") for record in embedded]
    matrix = np.stack(vectors) if vectors else np.zeros((0, encoder.dimension), dtype=np.float32)
    write_index(index_dir / IMAGES, np.array([record.id for record in embedded], dtype=np.int64), matrix)
    return statuses


def _embed_chunk(chunk: Sequence[ImageRecord], encoder: "Encoder", scratch: sqlite3.Connection) -> list[ImageMark]:
    with ThreadPoolExecutor(_READERS) as readers:
        loaded = list(readers.map(_load, chunk))
    fresh: dict[str, Picture] = {}
    for item in loaded:
        if item.picture and item.picture.sha256 not in fresh and not _is_stored(scratch, item.picture.sha256):
            fresh[item.picture.sha256] = item.picture
    features = encoder.encode([picture.image for picture in fresh.values()])
    with scratch:
        scratch.executemany(
            "INSERT INTO vector (sha256, data) VALUES (?, ?)",
            [(sha256, one.vector.tobytes()) for sha256, one in zip(fresh, features, strict=True)],
        )
    return [_mark(item) for item in loaded]


def _load(record: ImageRecord) -> _Loaded:
    from vision import PictureError, load_picture

    try:
        return _Loaded(record, load_picture(Path(record.file or "")), None)
    except PictureError as error:
        return _Loaded(record, None, error)


def _mark(item: _Loaded) -> ImageMark:
    if item.picture is None:
        assert item.error is not None
        status = item.error.kind if item.error.kind in {"missing", "too large"} else "unreadable"
        return ImageMark(item.record.id, status=status, reason=item.error.reason)
    return ImageMark(
        item.record.id,
        status="embedded",
        sha256=item.picture.sha256,
        width=item.picture.width,
        height=item.picture.height,
    )


def _open_scratch(path: Path, identity: str) -> sqlite3.Connection:
    """Open the scratch database; one that another encoder filled is emptied."""
    scratch = sqlite3.connect(path)
    with scratch:
        scratch.execute("CREATE TABLE IF NOT EXISTS vector (sha256 TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID")
        scratch.execute("CREATE TABLE IF NOT EXISTS encoder (identity TEXT NOT NULL)")
        if scratch.execute("SELECT identity FROM encoder").fetchone() != (identity,):
            scratch.execute("DELETE FROM vector")
            scratch.execute("DELETE FROM encoder")
            scratch.execute("INSERT INTO encoder VALUES (?)", (identity,))
    return scratch


def _needs_embedding(record: ImageRecord, scratch: sqlite3.Connection) -> bool:
    lost = record.status == "embedded" and not _is_stored(scratch, record.sha256 or "")
    return lost or record.status == "pending"


def _is_stored(scratch: sqlite3.Connection, sha256: str) -> bool:
    return scratch.execute("SELECT 1 FROM vector WHERE sha256 = ?", (sha256,)).fetchone() is not None


def _stored_vector(scratch: sqlite3.Connection, sha256: str) -> "NDArray[np.float32]":
    import numpy as np

    [data] = scratch.execute("SELECT data FROM vector WHERE sha256 = ?", (sha256,)).fetchone()
    return np.frombuffer(data, dtype=np.float32)


def _count_statuses(graph: Graph) -> dict[str, int]:
    counts: dict[str, int] = {}
    for record in graph.images():
        counts[record.status] = counts.get(record.status, 0) + 1
    return dict(sorted(counts.items()))


def _chunks(records: Sequence[ImageRecord]) -> Iterator[list[ImageRecord]]:
    rest = iter(records)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
