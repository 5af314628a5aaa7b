"""From the folder of pictures and the table of downloads to the rows of `image`: which have a file, and why not."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from kg.entities import ImageMark, ImageRecord
from kg.store import Graph, mark_images

from .downloads import Download, Downloads
from .files import ImageFinder, is_address, picture_name
from .settings import FetchReport

_MARKS = 1000  # rows that are marked at once
_UNUSABLE = ("unreadable", "too large")
_NOT_ASKED = "not asked for yet; the same build command asks for it"


def lacks_file(record: ImageRecord) -> bool:
    """Say whether a row has no picture that could be read."""
    return record.file is None or record.status == "missing"


def count_images(graph: Graph, folder: Path, table: Downloads) -> FetchReport:
    """Count what became of the rows whose source is an address, and the rows that `attach_images` would change."""
    counts, changes = Counter[str](), 0
    for outcome, mark in _settle(graph, folder, table):
        counts.update([outcome] if outcome else [])
        changes += mark is not None
    return FetchReport(**counts, fetched_bytes=table.bytes_of_run(), changes=changes)


def attach_images(sqlite_path: Path, *, images_dir: Path, downloads: Path) -> None:
    """Mark the rows of a graph that have no file: `pending` where there is one now, else with what was found out.

    Args:
        sqlite_path: The graph.
        images_dir: The folder of pictures.
        downloads: The table of what was asked for.

    Raises:
        FetchError: If the table of downloads cannot be used.
        StoreError: If the graph cannot be read or written.
    """
    with Graph.open(sqlite_path) as graph, Downloads(downloads) as table:
        changes = (mark for _, mark in _settle(graph, images_dir, table) if mark is not None)
        while marks := list(islice(changes, _MARKS)):
            mark_images(sqlite_path, marks)


def _settle(graph: Graph, folder: Path, table: Downloads) -> Iterator[tuple[str | None, ImageMark | None]]:
    """Yield what became of each row's address, None if it has none, and how the row changes, None if it does not."""
    finder = ImageFinder(folder)
    for record in graph.images():
        outcome = "present" if is_address(record.source) else None
        if not lacks_file(record):
            yield outcome, None
            continue
        file = finder.find(record.source, "")[1]
        known = table.get(picture_name(record.source)) if outcome else None
        yield outcome and _outcome(file, known, table.run), _mark(record, file, known)


def _outcome(file: str | None, known: Download | None, run: int) -> str:
    """Return what became of an address, as `FetchReport` names it."""
    if file is not None:
        return "fetched" if known is not None and known.run == run else "present"
    if known is None or known.status == "fetched":
        return "left"
    return "unusable" if known.status in _UNUSABLE else known.status


def _mark(record: ImageRecord, file: str | None, known: Download | None) -> ImageMark | None:
    """Return how a row without a file changes, None if it does not."""
    if file is not None:
        return ImageMark(record.id, status="pending", file=file)
    if not is_address(record.source):
        return None
    status, reason = "missing", _NOT_ASKED
    if known is not None and known.status != "fetched":
        status = known.status if known.status in _UNUSABLE else "missing"
        reason = known.reason or ""
    return None if (status, reason) == (record.status, record.reason) else ImageMark(record.id, status, reason)
