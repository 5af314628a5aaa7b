"""The local features of entities' pictures: made ahead in the index, or when they are first needed, and remembered."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from operator import methodcaller
from pathlib import Path
from typing import TYPE_CHECKING

from kg import CachedLocalFeatures, Graph, KnowledgeCache
from linker.index import Index
from linker.manifest import GRAPH, LOCAL_FEATURES_FILE
from linker.memory import Memory
from linker.recent import Recent

if TYPE_CHECKING:
    from vision import LocalFeatures

MOST_AHEAD = 40_000
"""Pictures whose features are made ahead, at most, some 50 kB each: those of the entities that are meant most."""

_REMEMBERED = 1_000  # pictures whose features stay in memory: some 50 MB
_AT_ONCE = 64


class EntityFeatures:
    """Reads local features: from memory, the index or the cache, else made and remembered.

    Args:
        index: The opened index.
        memory: The knowledge cache.
    """

    def __init__(self, index: Index, memory: Memory) -> None:
        self._index = index
        self._memory = memory
        self._made_ahead = Memory.open_read_only(index.path / LOCAL_FEATURES_FILE)
        self._recent: Recent[int, LocalFeatures] = Recent(_REMEMBERED)

    def of(self, images: Sequence[int]) -> "dict[int, LocalFeatures]":
        """The features of those of some pictures that can be read, by image id."""
        from vision import LOCAL_FEATURES, LocalFeatures

        features = self._recent.of(images)
        records = {image: self._index.graph.image(image) for image in images if image not in features}
        digests = [record.sha256 for record in records.values() if record and record.sha256]
        known: dict[str, CachedLocalFeatures] = {}
        for memory in (self._made_ahead, self._memory):
            if missing := [digest for digest in digests if digest not in known]:
                known |= memory.recall(methodcaller("local_features", missing, LOCAL_FEATURES))
        for image, record in records.items():
            if record is None or record.sha256 is None:
                continue
            held = known.get(record.sha256)
            if held is None and (held := make_local_features(Path(record.file or ""), record.sha256)):
                self._memory.keep(held)
            if held is not None:  # a fresh one too is read as it is kept, so that it gives what a remembered one will
                features[image] = LocalFeatures.from_bytes(held.blob)
        self._recent.keep(features)
        return {image: features[image] for image in images if image in features}


def make_local_features(file: Path, sha256: str) -> CachedLocalFeatures | None:
    """The local features of a picture as they are kept; None as of `local_features_of`."""
    from vision import LOCAL_FEATURES

    found = local_features_of(file, sha256)
    return None if found is None else CachedLocalFeatures(sha256, LOCAL_FEATURES, found.to_bytes())


def local_features_of(source: Path | bytes, sha256: str) -> "LocalFeatures | None":
    """The local features of a picture; None where it cannot be read any more, or is another one."""
    from vision import PictureError, find_local_features, load_picture_apart

    try:
        picture = load_picture_apart(source)
    except PictureError:
        return None
    return find_local_features(picture.image) if picture.sha256 == sha256 else None


def make_local_features_ahead(index_dir: Path, progress: Callable[[int, int], None]) -> None:
    """Make the local features of an index's pictures that are not there yet, up to `MOST_AHEAD`, into a file of it.

    They are known by the content of the pictures, so that an update of the index leaves them as they are.

    Raises:
        CacheError: The file cannot be written.
    """
    from vision import LOCAL_FEATURES

    with Graph.open(index_dir / GRAPH) as graph, _Ahead.open(index_dir / LOCAL_FEATURES_FILE) as ahead:
        files = list(graph.files_of_most_meant(MOST_AHEAD).items())
        with ThreadPoolExecutor() as threads:
            for start in range(0, len(files), _AT_ONCE):
                some = files[start : start + _AT_ONCE]
                known = ahead.local_features([sha256 for sha256, _ in some], LOCAL_FEATURES)
                fresh = [(Path(file), sha256) for sha256, file in some if sha256 not in known]
                made = threads.map(lambda one: make_local_features(*one), fresh)
                ahead.put([features for features in made if features is not None])
                progress(start + len(some), len(files))


class _Ahead(KnowledgeCache):
    """A file of the form of the knowledge cache that keeps more of them."""

    MOST_LOCAL_FEATURES = MOST_AHEAD
