"""An update takes the place of the index that is there: whole, or not at all, and never mixed with it.

The new index is built in a folder within the old one, its ``index.json`` last: from then on it is whole. Publishing
takes the old ``index.json`` away, moves the new files to their places, and the new ``index.json`` last of all. A reader
that finds none is told so; one that finds the same before and after it has opened the files has files of one index. A
publisher that is killed is followed by another one, who moves what is left.
"""

import os
import shutil
from pathlib import Path

from linker.manifest import GRAPH, IMAGES, INITIALS, MANIFEST, PROFILES, STAGING


def staged_index(index_dir: Path) -> Path:
    """Where an update of an index is built."""
    return index_dir / STAGING


def is_staged(index_dir: Path) -> bool:
    """Whether an update is whole and waits for its place, or is half-way there."""
    return (staged_index(index_dir) / MANIFEST).is_file()


def publish(index_dir: Path) -> None:
    """Put an update that is whole in its place, or go on with it; the caller holds the index's lock."""
    staging = staged_index(index_dir)
    (index_dir / MANIFEST).unlink(missing_ok=True)
    _write_through(index_dir)
    for name in (INITIALS, PROFILES, IMAGES, GRAPH):
        if (staging / name).exists():
            for ending in ("-journal", "-wal", "-shm"):  # of the old file: SQLite would apply them to the new one
                (index_dir / (name + ending)).unlink(missing_ok=True)
            (staging / name).replace(index_dir / name)
    _write_through(index_dir)
    (staging / MANIFEST).replace(index_dir / MANIFEST)
    _write_through(index_dir)
    discard(index_dir)


def discard(index_dir: Path) -> None:
    """Remove what an update has left or begun."""
    if staged_index(index_dir).is_dir():
        shutil.rmtree(staged_index(index_dir))


def _write_through(folder: Path) -> None:
    """Have the disk hold the names in a folder as they are now."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
