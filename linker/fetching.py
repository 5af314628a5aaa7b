"""Fetching the pictures that the sources of an index name by web addresses."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kg import FetchReport, FetchSettings, FetchStoppedError, attach_images, fetch_images
from linker.manifest import DOWNLOADS, GRAPH, MANIFEST, PICTURES, IndexManifest
from linker.publishing import discard, staged_index

if TYPE_CHECKING:
    from linker.indexing import LoadEncoder, Recipe

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Fetching:
    """How an index comes by its pictures.

    Attributes:
        settings: Who asks, how, and with what limits.
        images_dir: Where the pictures go.
        downloads: The table of what was asked for.
        on_fetched: Told what it came to.
    """

    settings: FetchSettings
    images_dir: Path
    downloads: Path
    on_fetched: Callable[[FetchReport], None] | None = None

    @classmethod
    def of_index(
        cls,
        index_dir: Path,
        settings: FetchSettings,
        images_dir: Path | None,
        on_fetched: Callable[[FetchReport], None] | None,
    ) -> "Fetching":
        """Fetching for an index: the table is kept in it, and so are the pictures if there is no folder for them."""
        return cls(settings, images_dir or index_dir / PICTURES, index_dir / DOWNLOADS, on_fetched)

    def fetch(self, graph_path: Path, progress: Progress) -> FetchReport:
        """Fetch what a graph names and has no file; the graph is left as it is.

        Raises:
            FetchStoppedError: One picture after another failed, as where there is no network.
            KgError: The settings, the graph or the table of downloads cannot be used.
            OSError: The folder cannot be written.
        """
        report = fetch_images(
            graph_path,
            images_dir=self.images_dir,
            downloads=self.downloads,
            settings=self.settings,
            check=check_picture,
            progress=progress,
        )
        if self.on_fetched is not None:
            self.on_fetched(report)
        return report

    def attach(self, graph_path: Path) -> None:
        """Mark the rows of a graph: with the files that are there now, or with why there is none."""
        attach_images(graph_path, images_dir=self.images_dir, downloads=self.downloads)

    def run(self, graph_path: Path, progress: Progress) -> None:
        """Fetch, and mark the rows; they are marked also where fetching had to stop."""
        try:
            self.fetch(graph_path, progress)
        except FetchStoppedError:
            self.attach(graph_path)
            raise
        self.attach(graph_path)


def gain_pictures(
    index_dir: Path, recipe: "Recipe", load: "LoadEncoder", *, progress: Progress
) -> IndexManifest | None:
    """Fetch for a whole index what it lacks; where that changes it, build it anew as an update that is to be published.

    The index is used meanwhile as it is. The graph is not built again, and no picture embedded that was before.

    Args:
        index_dir: The index; the caller holds its lock.
        recipe: What it was built from, with how to fetch.
        load: Loads the encoder of its pictures.
        progress: Told how far each step is.

    Returns:
        What ``index.json`` of the update says; None if nothing changes.
    """
    from linker.indexing import make_index

    assert recipe.fetching is not None
    if not recipe.fetching.fetch(index_dir / GRAPH, progress).changes:
        return None
    staging = staged_index(index_dir)
    (staging / MANIFEST).unlink(missing_ok=True)
    if recipe.difference(staging / GRAPH):  # else it was left by a run like this one that was stopped
        discard(index_dir)
        staging.mkdir()
        shutil.copyfile(index_dir / GRAPH, staging / f"{GRAPH}.copy").replace(staging / GRAPH)
    recipe.fetching.attach(staging / GRAPH)
    return make_index(staging, replace(recipe, fetching=None), load, known_dir=index_dir, progress=progress)


def check_picture(path: Path) -> tuple[str, str] | None:
    """Say why a file is no picture that can be embedded, by its content alone; None if it is one."""
    from vision import PictureError, load_picture

    try:
        load_picture(path)
    except PictureError as error:
        return "too large" if error.kind == "too large" else "unreadable", error.reason
    return None
