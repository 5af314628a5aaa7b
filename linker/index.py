"""Opening an index directory: read-only, by memory map, any number of processes at once."""

from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from kg import AliasIndex, Graph
from linker.manifest import GRAPH, IMAGES, IndexManifest, read_manifest

if TYPE_CHECKING:
    from vision import ImageIndex


class Index:
    """An opened index directory.

    Args:
        path: The directory.
        manifest: Its ``index.json``.
        device: Where to search the pictures: ``auto``, ``cpu`` or ``cuda``.
    """

    def __init__(self, path: Path, manifest: IndexManifest, *, device: str = "auto") -> None:
        self.path = path
        self.manifest = manifest
        self.graph = Graph.open(path / GRAPH)
        self.aliases = AliasIndex(self.graph)
        self._device = device

    @cached_property
    def images(self) -> "ImageIndex":
        """The entity-image index, opened when it is first asked for."""
        from vision import ImageIndex

        return ImageIndex.open(self.path / IMAGES, device=self._device)

    def close(self) -> None:
        """Close the files."""
        self.graph.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_index(index_dir: Path, *, device: str = "auto") -> Index:
    """Open an index that `build_index` made.

    Raises:
        IndexMissingError: There is no index.
        IndexIncompleteError: The build was stopped half-way.
        IndexVersionError: The format is another version's.
    """
    return Index(index_dir, read_manifest(index_dir), device=device)
