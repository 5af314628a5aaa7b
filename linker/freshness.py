"""Whether the pictures on the disk are still those that an index was built from."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path

from kg import Graph, ImageRecord
from linker.manifest import GRAPH

_CHUNK = 1024
_READERS = 4


def has_other_pictures(index_dir: Path, images_dir: Path | None) -> bool:
    """Say whether a picture of an index has changed, has come or has gone since it was built.

    Each is read and its content compared; nothing is decoded but what could not be before.

    Args:
        index_dir: A whole index.
        images_dir: Folder with the pictures that its sources name.
    """
    with Graph.open(index_dir / GRAPH) as graph, ThreadPoolExecutor(_READERS) as readers:
        folders = sorted({source.parent for source in graph.sources()} | ({images_dir} if images_dir else set()))
        is_other = partial(_is_other, folders=folders)
        records = graph.images()
        while chunk := list(islice(records, _CHUNK)):
            if any(list(readers.map(is_other, chunk))):
                return True
    return False


def _is_other(record: ImageRecord, *, folders: Iterable[Path]) -> bool:
    from vision import PictureError, load_picture, picture_sha256

    if record.file is None:
        return "://" not in record.source and any(_is_file(folder / record.source) for folder in folders)
    try:
        if record.status == "embedded":
            return picture_sha256(Path(record.file)) != record.sha256
        load_picture(Path(record.file))
    except PictureError as error:
        # A file that was there when the graph was built and is gone is another reason than one that never was.
        return error.kind == "missing" or record.status == "embedded" or error.reason != record.reason
    return True


def _is_file(path: Path) -> bool:
    with suppress(OSError, ValueError):  # a name that no file system holds
        return path.is_file()
    return False
