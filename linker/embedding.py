"""The pictures of a graph as vectors: each content embedded once, and none that another index has embedded already.

Vectors are kept in a scratch database, by content, until the image index is written from them in one go. So embedding
goes on where a killed one stopped, and no more than a few pictures are in memory at a time.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from kg import Graph, ImageMark, ImageRecord, mark_images
from linker.manifest import GRAPH, IMAGES
from linker.vectors import VectorStore

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vision import Encoder, Picture, PictureError

T = TypeVar("T")

Progress = Callable[[str, int, int], None]
"""Called with the step's name, how much of it is done, and how much there is (0: not known)."""

SCRATCH = "embedding.sqlite"
_CHUNK = 64  # pictures between two commits
_LOOKED_UP = 1024  # pictures that are hashed between two commits
_READERS = 4  # decoding waits for the disk and releases the interpreter
_WRITTEN = 4096  # vectors in memory while the image index is written


@dataclass(frozen=True, slots=True)
class _Loaded:
    record: ImageRecord
    picture: "Picture | None"
    error: "PictureError | None"


def embed_images(
    work_dir: Path, encoder: "Encoder", *, known_dir: Path | None = None, progress: Progress
) -> dict[str, int]:
    """Embed every picture of a graph that has not been, and write the image index.

    Args:
        work_dir: The folder of the graph, where the image index goes.
        encoder: The encoder.
        known_dir: A whole index by the same encoder, whose vectors are taken for pictures of the same content.
        progress: Told how far it is.

    Returns:
        How many pictures have each status.

    Raises:
        StoreError: The graph cannot be read or written.
        ImageIndexError: The image index cannot be written.
    """
    graph_path = work_dir / GRAPH
    with closing(VectorStore(work_dir / SCRATCH, encoder.identity)) as store, ThreadPoolExecutor(_READERS) as readers:
        if known_dir is not None:
            store.learn(known_dir)
            reuse = partial(_reuse, store=store, readers=readers)
            _mark_all(graph_path, store, reuse, _LOOKED_UP, partial(progress, "known pictures"))
        embed = partial(_embed, encoder=encoder, store=store, readers=readers)
        _mark_all(graph_path, store, embed, _CHUNK, partial(progress, "pictures"))
        with Graph.open(graph_path) as graph:
            statuses = _count_statuses(graph)
            _write(graph, store, work_dir / IMAGES, statuses.get("embedded", 0), encoder.dimension)
    return statuses


def _mark_all(
    graph_path: Path,
    store: VectorStore,
    look: Callable[[Sequence[ImageRecord]], list[ImageMark]],
    rows: int,
    progress: Callable[[int, int], None],
) -> None:
    """Go through the pictures without a vector, some at a time, and mark what is found out about them."""
    with Graph.open(graph_path) as graph:
        total = sum(_count_statuses(graph).values())
        done = total - sum(1 for record in graph.images() if _needs_embedding(record, store))
        for chunk in _chunks((record for record in graph.images() if _needs_embedding(record, store)), rows):
            mark_images(graph_path, look(chunk))
            done += len(chunk)
            progress(done, total)


def _reuse(records: Sequence[ImageRecord], *, store: VectorStore, readers: ThreadPoolExecutor) -> list[ImageMark]:
    """Marks for the pictures whose content another index knows; they are read, but neither decoded nor embedded."""
    digests = dict(zip((record.id for record in records), readers.map(_digest, records), strict=True))
    known = store.take_known([digest for digest in digests.values() if digest])
    return [
        ImageMark(image, status="embedded", sha256=digest, width=known[digest].width, height=known[digest].height)
        for image, digest in digests.items()
        if digest in known
    ]


def _digest(record: ImageRecord) -> str | None:
    from vision import PictureError, picture_sha256

    try:
        return picture_sha256(Path(record.file or ""))
    except PictureError:
        return None


def _embed(
    records: Sequence[ImageRecord], *, encoder: "Encoder", store: VectorStore, readers: ThreadPoolExecutor
) -> list[ImageMark]:
    loaded = list(readers.map(_load, records))
    fresh: dict[str, Picture] = {}
    for item in loaded:
        if item.picture and item.picture.sha256 not in fresh and not store.holds(item.picture.sha256):
            fresh[item.picture.sha256] = item.picture
    features = encoder.encode([picture.image for picture in fresh.values()])
    store.add((digest, one.vector) for digest, one in zip(fresh, features, strict=True))
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


def _needs_embedding(record: ImageRecord, store: VectorStore) -> bool:
    lost = record.status == "embedded" and not store.holds(record.sha256 or "")
    return lost or record.status == "pending"


def _write(graph: Graph, store: VectorStore, path: Path, count: int, dimension: int) -> None:
    import numpy as np

    from vision import write_index_batches

    def batches() -> "Iterator[tuple[NDArray[np.int64], NDArray[np.float16]]]":
        for chunk in _chunks(graph.images(status="embedded"), _WRITTEN):
            ids = np.array([record.id for record in chunk], dtype=np.int64)
            yield ids, store.vectors([record.sha256 or "" for record in chunk])

    write_index_batches(path, batches(), count=count, dimension=dimension)


def _count_statuses(graph: Graph) -> dict[str, int]:
    prefix = "image "
    counts = {name.removeprefix(prefix): count for name, count in graph.counts().items() if name.startswith(prefix)}
    return dict(sorted(counts.items()))


def _chunks(records: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(records)
    while chunk := list(islice(rest, size)):
        yield chunk
