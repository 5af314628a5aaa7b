"""Bringing an index up to date: a new graph beside the old one, the vectors of pictures that it knows, then the switch.

What comes out equals an index that is built afresh from the same sources; only the embedding of unchanged pictures is
saved. The old index is used meanwhile as it is.
"""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

from kg import Graph, GraphDifferences, ImageRecord, StoreError, build_difference, build_lock, compare_graphs
from linker.build_settings import BuildSettings, BuiltIndex, Progress
from linker.building import Builder
from linker.errors import IndexIncompleteError, IndexMissingError, IndexVersionError
from linker.manifest import GRAPH, MANIFEST, read_manifest
from linker.publishing import discard, is_staged, publish, staged_index

_CHUNK = 1024  # pictures that are compared at a time
_READERS = 4


def update_index(index_dir: Path, settings: BuildSettings, *, progress: Progress | None = None) -> BuiltIndex:
    """Bring an index up to date with its sources, with others, or with another encoder; build it if there is none.

    It goes on where an update that was stopped left off. Where nothing has changed, nothing is done.

    Args:
        index_dir: The index.
        settings: What it is to be built from, and how. A different encoder embeds every picture anew.
        progress: Told how far each step is.

    Returns:
        What ``index.json`` now says, and what has changed.

    Raises:
        KgError: The sources cannot be read, or another build holds the directory.
        VisionError: The encoder's weights cannot be had, or the image index cannot be written.
    """
    builder = Builder(index_dir, settings, progress)
    index_dir.mkdir(parents=True, exist_ok=True)
    with build_lock(index_dir / MANIFEST):
        was_staged = is_staged(index_dir)
        differences = _publish(index_dir) if was_staged else None
        try:
            old = read_manifest(index_dir)
        except (IndexMissingError, IndexIncompleteError):
            return builder.make(index_dir)
        except IndexVersionError:
            old = None
        same_encoder = old is not None and old.encoder == builder.encoder_record()
        is_same = same_encoder and not build_difference(index_dir / GRAPH, settings.graph_sources)
        if (
            old
            and is_same
            and builder.has_whole_images(old)
            and not _has_other_pictures(index_dir, settings.images_dir)
        ):
            gained, fetched = builder.gain_pictures()
            if gained is not None:
                return BuiltIndex(gained, fetched, _publish(index_dir))
            discard(index_dir)
            none = GraphDifferences(pictures_kept=old.images.get("embedded", 0))
            return BuiltIndex(builder.gain_profiles(old), fetched, differences if was_staged else none)
        staged_index(index_dir).mkdir(exist_ok=True)
        made = builder.make(staged_index(index_dir), known_dir=index_dir if same_encoder else None)
        return replace(made, differences=_publish(index_dir), same_encoder=same_encoder)


def _publish(index_dir: Path) -> GraphDifferences | None:
    """Put a whole update in its place; say what it changes, where the index before can still be read."""
    try:
        differences = compare_graphs(index_dir / GRAPH, staged_index(index_dir) / GRAPH)
    except StoreError:
        differences = None
    publish(index_dir)
    return differences


def _has_other_pictures(index_dir: Path, images_dir: Path | None) -> bool:
    """Say whether a picture of an index has changed, has come or is gone since it was built.

    Each is read and its content compared; nothing is decoded but what could not be before.
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
    from vision import PictureError, load_picture_apart, picture_sha256

    if record.file is None:
        places = (folder / record.source for folder in folders)
        return "://" not in record.source and any(map(os.path.isfile, places))  # no error for a name that no disk holds
    try:
        if record.status == "embedded":
            return picture_sha256(Path(record.file)) != record.sha256
        load_picture_apart(Path(record.file))
    except PictureError as error:
        # A file that was there when the graph was built and is gone is another reason than one that never was.
        return error.kind == "missing" or record.status == "embedded" or error.reason != record.reason
    return True
