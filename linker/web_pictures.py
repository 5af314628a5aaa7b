"""The pictures that the sources of an index name by web addresses: fetched, and marked in its graph."""

from pathlib import Path

from kg import FetchReport, attach_images, fetch_images
from linker.build_settings import BuildSettings, Progress
from linker.manifest import DOWNLOADS, PICTURES


def fetch_pictures(graph_path: Path, index_dir: Path, settings: BuildSettings, progress: Progress) -> FetchReport:
    """Fetch what a graph names and has no file; the graph is left as it is.

    Args:
        graph_path: The graph.
        index_dir: The index, where the table of downloads is, and the pictures if there is no other folder for them.
        settings: Who asks, how, and with what limits.
        progress: Told how far it is.

    Raises:
        FetchStoppedError: One picture after another failed, as where there is no network.
        KgError: The settings, the graph or the table of downloads cannot be used.
        OSError: The folder cannot be written.
    """
    assert settings.fetch is not None
    return fetch_images(
        graph_path,
        images_dir=settings.images_dir or index_dir / PICTURES,
        downloads=index_dir / DOWNLOADS,
        settings=settings.fetch,
        check=check_picture,
        progress=progress,
    )


def attach_pictures(graph_path: Path, index_dir: Path, settings: BuildSettings) -> None:
    """Mark the rows of a graph: with the files that are there now, or with why there is none."""
    attach_images(graph_path, images_dir=settings.images_dir or index_dir / PICTURES, downloads=index_dir / DOWNLOADS)


def check_picture(path: Path) -> tuple[str, str] | None:
    """Say why a file is no picture that can be embedded, by its content alone; None if it is one."""
    from vision import PictureError, load_picture_apart

    try:
        load_picture_apart(path)
    except PictureError as error:
        return "too large" if error.kind == "too large" else "unreadable", error.reason
    return None
