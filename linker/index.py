"""Opening an index directory: read-only, by memory map, any number of processes at once."""

import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from kg import AliasIndex, Graph
from linker.errors import IndexChangedError, IndexIncompleteError, ProfilesError
from linker.manifest import GRAPH, IMAGES, INITIALS, MANIFEST, IndexManifest, read_manifest
from linker.publishing import is_staged

if TYPE_CHECKING:
    from linker.profile_vectors import ProfileVectors
    from linker.short_forms import InitialsIndex
    from vision import ImageIndex

# An update takes the place of an index in a few renames: whoever comes in between waits a moment.
_TRIES = 10
_PAUSE_S = 0.05


class Index:
    """An opened index directory.

    Args:
        path: The directory.
        manifest: Its ``index.json``.
        device: Where to search the pictures: ``auto``, ``cpu`` or ``cuda``.

    Raises:
        ProfilesError: The profiles that were embedded ahead are missing or damaged.
    """

    def __init__(self, path: Path, manifest: IndexManifest, *, device: str = "auto") -> None:
        self.path = path
        self.manifest = manifest
        self.graph = Graph.open(path / GRAPH)
        self.aliases = AliasIndex(self.graph)
        self._initials_file = _file_at(path / INITIALS)
        self.profiles = _open_profiles(path, manifest)
        self._device = device
        self._images_file = _file_at(path / IMAGES)

    @cached_property
    def images(self) -> "ImageIndex":
        """The entity-image index, opened when it is first asked for.

        Raises:
            IndexChangedError: It is not the one any more that was there when the graph was opened.
            ImageIndexError: It is missing or damaged.
        """
        try:
            return open_images(self.path, self.manifest, device=self._device)
        finally:
            if _file_at(self.path / IMAGES) != self._images_file:
                raise IndexChangedError(self.path)

    @cached_property
    def initials(self) -> "InitialsIndex":
        """The entities by the initials of their labels, opened when they are first asked for.

        Raises:
            IndexIncompleteError: The file is missing or was cut.
            IndexChangedError: The file is not the one any more that was there when the graph was opened.
        """
        from linker.short_forms import InitialsIndex

        try:
            return InitialsIndex.open(self.graph, self.path / INITIALS)
        finally:
            if _file_at(self.path / INITIALS) != self._initials_file:
                raise IndexChangedError(self.path)

    def close(self) -> None:
        """Close the files."""
        self.graph.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def open_index(index_dir: Path, *, device: str = "auto") -> Index:
    """Open an index that `build_index` made.

    Raises:
        IndexMissingError: There is no index.
        IndexIncompleteError: The build was stopped half-way.
        IndexVersionError: The format is another version's.
        IndexChangedError: It was updated just now.
        ProfilesError: The profiles that were embedded ahead are missing or damaged.
    """
    for _ in range(_TRIES):
        try:
            return _open(index_dir, device)
        except IndexChangedError:
            pass
        except IndexIncompleteError:
            if not is_staged(index_dir) and not (index_dir / MANIFEST).exists():
                raise
        time.sleep(_PAUSE_S)
    return _open(index_dir, device)


def open_images(index_dir: Path, manifest: IndexManifest, *, device: str, thorough: bool = False) -> "ImageIndex":
    """Open the image index of an index; see `vision.ImageIndex.open`.

    Raises:
        ImageIndexError: It is missing, damaged or not the one that was built.
    """
    from vision import Fingerprint, ImageIndex

    fingerprint = Fingerprint(manifest.images_size_bytes, manifest.images_sha256)
    return ImageIndex.open(index_dir / IMAGES, fingerprint, device=device, thorough=thorough)


def _open(index_dir: Path, device: str) -> Index:
    before = _file_at(index_dir / MANIFEST)
    try:
        index = Index(index_dir, read_manifest(index_dir), device=device)
    except ProfilesError:
        if before != _file_at(index_dir / MANIFEST):
            raise IndexChangedError(index_dir) from None
        raise
    if before != _file_at(index_dir / MANIFEST):
        index.close()
        raise IndexChangedError(index_dir)
    return index


def _open_profiles(path: Path, manifest: IndexManifest) -> "ProfileVectors | None":
    from linker.profile_vectors import ProfileVectors

    return ProfileVectors.open(path, manifest.profiles) if manifest.profiles is not None else None


def _file_at(path: Path) -> tuple[int, ...]:
    """Which file is at a path; nothing if there is none."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size
