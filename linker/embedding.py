"""The pictures of a graph as vectors: each content embedded once, and none that another index has embedded already.

Features are kept by content, in a scratch file of the form of the knowledge cache, until the image index is written
from them in one go. So embedding goes on where a killed one stopped, and only a few pictures are in memory at a time.
Pictures are decoded beside the network, in processes of their own, a little ahead of it.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from kg import CachedPicture, Graph, ImageMark, ImageRecord, KnowledgeCache, StoreError, mark_images
from linker.build_settings import Progress
from linker.index import open_images
from linker.manifest import GRAPH, IMAGES, count_statuses, read_manifest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vision import Encoder, Fingerprint, Picture, PictureError

S = TypeVar("S")
T = TypeVar("T")

_SCRATCH = "embedding.sqlite"
_EMBEDDED = 64  # pictures between two commits, at most
_EMBEDDED_PIXELS = 32_000_000  # of theirs, which bounds memory where pictures are long
_AHEAD = 32  # pictures that are decoded while the network is at others
_LOOKED_UP = 1024  # pictures that are looked up at a time
_READERS = max(4, os.cpu_count() or 1)  # they wait for the disk, and for the processes that decode

Loaded = tuple[list[ImageRecord], "Picture | PictureError"]
"""Pictures of one content, and that content."""


def embed_images(
    work_dir: Path, encoder: "Encoder", *, known_dir: Path | None = None, progress: Progress
) -> "Fingerprint":
    """Embed every picture of a graph that has not been, and write the image index.

    Args:
        work_dir: The folder of the graph, where the image index goes.
        encoder: The encoder.
        known_dir: A whole index by the same encoder, whose vectors are taken for pictures of the same content.
        progress: Told how far it is.

    Returns:
        The fingerprint of the image index.

    Raises:
        StoreError: The graph cannot be read or written.
        CacheError: The scratch file cannot be read or written.
        ImageIndexError: The image index cannot be written.
    """
    with KnowledgeCache.open(work_dir / _SCRATCH) as kept:
        if known_dir is not None:
            _learn(kept, known_dir)
        _embed_all(work_dir / GRAPH, kept, encoder, partial(progress, "pictures"))
        return _write(work_dir, kept, encoder)


def remove_scratch(work_dir: Path) -> None:
    """Remove what was kept to go on with, and what stands beside it (SQLite's files, one that was damaged)."""
    for path in work_dir.glob(f"{_SCRATCH}*"):
        path.unlink()


def _learn(kept: KnowledgeCache, index_dir: Path) -> None:
    """Keep the vectors of a whole index; one whose pictures cannot be read has none."""
    from vision import ImageIndexError

    manifest = read_manifest(index_dir)
    encoder = manifest.encoder.identity
    try:
        images = open_images(index_dir, manifest, device="cpu", thorough=True)
        with Graph.open(index_dir / GRAPH) as graph:
            for records in _chunks(graph.images(status="embedded")):
                known = kept.pictures([record.sha256 or "" for record in records], encoder)
                new = {record.sha256 or "": record for record in records if record.sha256 not in known}
                vectors = images.vectors([record.id for record in new.values()])
                kept.put(
                    [
                        _kept(digest, encoder, record.width or 0, record.height or 0, vector)
                        for (digest, record), vector in zip(new.items(), vectors, strict=True)
                    ]
                )
    except (ImageIndexError, StoreError):
        return


def _embed_all(
    graph_path: Path, kept: KnowledgeCache, encoder: "Encoder", progress: Callable[[int, int], None]
) -> None:
    """Go through the pictures, and mark what is found out about those without a vector."""
    with Graph.open(graph_path) as graph, ThreadPoolExecutor(_READERS) as readers, ThreadPoolExecutor(2) as network:
        total, done = sum(count_statuses(graph).values()), 0
        for records in _chunks(graph.images()):
            fresh = _mark_known(graph_path, records, kept, encoder.identity, readers)
            done += len(records) - sum(map(len, fresh))
            progress(done, total)
            encode = partial(_encode, encoder)
            # Two batches are in hand, so that the network waits neither for what is written nor for a batch's last one.
            for some, rows in _ahead(encode, _batches(_ahead(_load, fresh, readers, _AHEAD)), network, 2):
                mark_images(graph_path, _keep(some, rows, encoder.identity, kept))
                done += sum(len(same) for same, _ in some)
                progress(done, total)


def _mark_known(
    graph_path: Path, records: Sequence[ImageRecord], kept: KnowledgeCache, encoder: str, readers: ThreadPoolExecutor
) -> list[list[ImageRecord]]:
    """Mark the pictures whose content is kept, which are read but not decoded; return the others, by content."""
    held = kept.pictures([record.sha256 for record in records if record.sha256], encoder)
    waiting = [
        record
        for record in records
        if record.status == "pending" or (record.status == "embedded" and record.sha256 not in held)
    ]
    digests = dict(zip((record.id for record in waiting), readers.map(_digest, waiting), strict=True))
    known = kept.pictures([digest for digest in digests.values() if digest], encoder)
    marks = {image: _embedded(image, known[digest]) for image, digest in digests.items() if digest in known}
    mark_images(graph_path, list(marks.values()))
    fresh: dict[str | int, list[ImageRecord]] = {}
    for record in waiting:
        if record.id not in marks:
            fresh.setdefault(digests[record.id] or record.id, []).append(record)
    return list(fresh.values())


def _ahead(
    function: Callable[[S], T], items: Iterable[S], threads: ThreadPoolExecutor, most: int
) -> Iterator[tuple[S, T]]:
    """Each item with what a function makes of it, in order; so many are begun while the caller has one in hand."""
    begun: deque[tuple[S, Future[T]]] = deque()
    for item in items:
        begun.append((item, threads.submit(function, item)))
        if len(begun) > most:
            first, future = begun.popleft()
            yield first, future.result()
    for item, future in begun:
        yield item, future.result()


def _batches(loaded: Iterable[Loaded]) -> Iterator[list[Loaded]]:
    """Batches for the network: of so many pictures, and so many pixels, at most."""
    from vision import PictureError

    batch: list[Loaded] = []
    pixels = 0
    for same, one in loaded:
        batch.append((same, one))
        pixels += 0 if isinstance(one, PictureError) else one.image.width * one.image.height
        if len(batch) == _EMBEDDED or pixels >= _EMBEDDED_PIXELS:
            yield batch
            batch, pixels = [], 0
    if batch:
        yield batch


def _encode(encoder: "Encoder", loaded: Sequence[Loaded]) -> "list[NDArray[np.float16]]":
    """The vectors of the pictures that could be read, in their order, as an image index stores them."""
    from vision import PictureError, stored_form

    features = encoder.encode([one.image for _, one in loaded if not isinstance(one, PictureError)])
    return [stored_form(one.vector[None])[0] for one in features]


def _keep(
    loaded: Sequence[Loaded], rows: "Iterable[NDArray[np.float16]]", encoder: str, kept: KnowledgeCache
) -> list[ImageMark]:
    """Keep the vectors of some pictures, and return what is to be marked."""
    from vision import PictureError

    read = [one for _, one in loaded if not isinstance(one, PictureError)]
    known = {
        one.sha256: _kept(one.sha256, encoder, one.width, one.height, row) for one, row in zip(read, rows, strict=True)
    }
    kept.put(list(known.values()))
    return [
        _unusable(record.id, one) if isinstance(one, PictureError) else _embedded(record.id, known[one.sha256])
        for same, one in loaded
        for record in same
    ]


def _digest(record: ImageRecord) -> str | None:
    from vision import PictureError, picture_sha256

    try:
        return picture_sha256(Path(record.file or ""))
    except PictureError:
        return None


def _load(same: Sequence[ImageRecord]) -> "Picture | PictureError":
    from vision import PictureError, load_picture_apart

    try:
        return load_picture_apart(Path(same[0].file or ""))
    except PictureError as error:
        return error


def _kept(sha256: str, encoder: str, width: int, height: int, row: "NDArray[np.floating]") -> CachedPicture:
    """Features to keep; the vector is in the form in which an image index stores it."""
    vector = row.astype("<f4").tobytes()
    return CachedPicture(sha256=sha256, encoder=encoder, width=width, height=height, vector=vector, attributes=())


def _embedded(image: int, picture: CachedPicture) -> ImageMark:
    return ImageMark(image, status="embedded", sha256=picture.sha256, width=picture.width, height=picture.height)


def _unusable(image: int, error: "PictureError") -> ImageMark:
    status = error.kind if error.kind in {"missing", "too large"} else "unreadable"
    return ImageMark(image, status=status, reason=error.reason)


def _write(work_dir: Path, kept: KnowledgeCache, encoder: "Encoder") -> "Fingerprint":
    import numpy as np

    from vision import write_index

    def batches() -> "Iterator[tuple[NDArray[np.int64], NDArray[np.float16]]]":
        for records in _chunks(graph.images(status="embedded")):
            digests = [record.sha256 or "" for record in records]
            found = kept.pictures(digests, encoder.identity)
            rows = np.frombuffer(b"".join(found[digest].vector for digest in digests), "<f4")
            ids = np.array([record.id for record in records], np.int64)
            yield ids, rows.reshape(len(records), -1).astype(np.float16)

    with Graph.open(work_dir / GRAPH) as graph:
        return write_index(work_dir / IMAGES, batches(), dimension=encoder.dimension)


def _chunks(records: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(records)
    while chunk := list(islice(rest, _LOOKED_UP)):
        yield chunk
