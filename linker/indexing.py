"""Building an index directory: the graph (`kg`), then its pictures (`vision`), then ``index.json``.

Every step goes on where a killed one stopped. ``index.json`` comes last, so a directory that has it is whole.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from kg import BuildReport, Graph, build_difference, build_graph, build_lock, fetched_from
from linker.embedding import SCRATCH, Progress, embed_images
from linker.errors import IndexConflictError, IndexIncompleteError, IndexMissingError
from linker.manifest import (
    GRAPH,
    MANIFEST,
    EncoderRecord,
    IndexManifest,
    SourceRecord,
    digest_of_file,
    digest_of_pictures,
    read_manifest,
    write_manifest,
)
from linker.publishing import is_staged, publish

if TYPE_CHECKING:
    from kg import FetchReport, FetchSettings
    from linker.fetching import Fetching
    from vision import Encoder

LoadEncoder = Callable[[], "Encoder"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an index is built from, but for its encoder.

    Attributes:
        sources: Dumps and tables, or folders of them.
        images_dir: Folder with the pictures that the sources name.
        type_map: A table from class to coarse type that replaces ours.
        priors: A table of IRIs and how often each is meant.
        fetching: How to fetch pictures. The folder that they go to is no source then, and `images_dir` is None: what is
            in it does not make the index another one.
    """

    sources: Sequence[Path]
    images_dir: Path | None = None
    type_map: Path | None = None
    priors: Path | None = None
    fetching: "Fetching | None" = None

    def difference(self, graph_path: Path) -> str:
        """Say in what a graph was built otherwise than by this recipe; "" where it was not."""
        return build_difference(
            graph_path,
            sources=self.sources,
            priors=self.priors,
            images_dir=self.images_dir,
            type_map=self.type_map,
        )


def build_index(
    index_dir: Path,
    *,
    sources: Sequence[Path],
    images_dir: Path | None = None,
    encoder: str = "efficientnet-lite0",
    weights: Path | None = None,
    device: str = "auto",
    type_map: Path | None = None,
    priors: Path | None = None,
    fetch: "FetchSettings | None" = None,
    on_fetched: "Callable[[FetchReport], None] | None" = None,
    progress: Progress | None = None,
) -> IndexManifest:
    """Build an index directory, or go on with one that was left half-built.

    Args:
        index_dir: The directory to make.
        sources: Dumps and tables, or folders of them.
        images_dir: Folder with the pictures that the sources name.
        encoder: Name of the picture encoder.
        weights: File with the encoder's weights, where they do not come with it.
        device: ``auto``, ``cpu`` or ``cuda``.
        type_map: A table from class to coarse type that replaces ours.
        priors: A table of IRIs and how often each is meant, in place of how many triples lead to it.
        fetch: How to fetch the pictures that the sources name by web addresses, into `images_dir` or a folder of the
            index; None to fetch none. A whole index gains those that it lacks.
        on_fetched: Told what fetching came to.
        progress: Told how far each step is.

    Returns:
        What ``index.json`` now says.

    Raises:
        IndexConflictError: The directory holds an index of other sources or of another encoder.
        KgError: The sources cannot be read, or another build holds the directory.
        WeightsError: The encoder's weights cannot be had.
    """
    recipe = recipe_of(index_dir, sources, images_dir, type_map, priors, fetch, on_fetched)
    load = encoder_loader(encoder, weights, device)
    index_dir.mkdir(parents=True, exist_ok=True)
    with build_lock(index_dir / MANIFEST):
        if is_staged(index_dir) and not (index_dir / MANIFEST).exists():
            publish(index_dir)
        finished = _finished(index_dir, load)
        if finished is None:
            return make_index(index_dir, recipe, load, progress=progress)
        if otherwise := recipe.difference(index_dir / GRAPH):
            raise IndexConflictError(index_dir, otherwise)
        if recipe.fetching is not None:
            from linker.fetching import gain_pictures

            gained = gain_pictures(index_dir, recipe, load, progress=progress or no_progress)
            if gained is not None:
                publish(index_dir)
                return gained
        return finished


def recipe_of(
    index_dir: Path,
    sources: Sequence[Path],
    images_dir: Path | None,
    type_map: Path | None,
    priors: Path | None,
    fetch: "FetchSettings | None",
    on_fetched: "Callable[[FetchReport], None] | None",
) -> Recipe:
    """The recipe of an index, from what `build_index` and others are given."""
    if fetch is None:
        return Recipe(sources, images_dir, type_map, priors)
    from linker.fetching import Fetching

    return Recipe(sources, None, type_map, priors, Fetching.of_index(index_dir, fetch, images_dir, on_fetched))


def make_index(
    work_dir: Path,
    recipe: Recipe,
    load: "LoadEncoder",
    *,
    known_dir: Path | None = None,
    progress: Progress | None = None,
) -> IndexManifest:
    """Make every file of an index, ``index.json`` last; the caller holds the lock.

    Args:
        work_dir: Where the files go; what is there of them is gone on with.
        recipe: What the index is built from.
        load: Loads the encoder of its pictures; called when the graph is there, so that they do not share the memory.
        known_dir: An index by the same encoder, whose vectors are taken for pictures of the same content.
        progress: Told how far each step is.

    Returns:
        What ``index.json`` says.
    """
    progress = progress or no_progress
    report = build_graph(
        work_dir / GRAPH,
        sources=recipe.sources,
        priors=recipe.priors,
        images_dir=recipe.images_dir,
        type_map=recipe.type_map,
        progress=progress,
    )
    if recipe.fetching is not None:
        recipe.fetching.run(work_dir / GRAPH, progress)
    encoder = load()
    statuses = embed_images(work_dir, encoder, known_dir=known_dir, progress=progress)
    with Graph.open(work_dir / GRAPH) as graph:
        manifest = IndexManifest(
            encoder=record_of(encoder),
            sources=_source_records(report),
            counts={name: count for name, count in graph.counts().items() if not name.startswith("image ")},
            images=statuses,
            pictures_sha256=digest_of_pictures(graph.images()),
            types_sha256=digest_of_file(recipe.type_map),
        )
    write_manifest(work_dir, manifest)
    (work_dir / SCRATCH).unlink(missing_ok=True)
    return manifest


def record_of(encoder: "Encoder") -> EncoderRecord:
    """What ``index.json`` says of an encoder."""
    return EncoderRecord(name=encoder.name, identity=encoder.identity, dimension=encoder.dimension)


def no_progress(_step: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def encoder_loader(name: str, weights: Path | None, device: str) -> "LoadEncoder":
    """Return what loads an encoder, once; say at once what can be known to be wrong before.

    Raises:
        WeightsError: The name is not known, or there is no such file of weights.
    """
    from vision import check_encoder, load_encoder

    check_encoder(name, weights=weights)
    return cache(partial(load_encoder, name, weights=weights, device=device))


def _finished(index_dir: Path, load: "LoadEncoder") -> IndexManifest | None:
    try:
        manifest = read_manifest(index_dir)
    except (IndexMissingError, IndexIncompleteError):
        return None
    if manifest.encoder != record_of(load()):
        raise IndexConflictError(index_dir, f"its pictures were embedded by {manifest.encoder.identity}")
    return manifest


def _source_records(report: BuildReport) -> tuple[SourceRecord, ...]:
    return tuple(
        SourceRecord(
            name=Path(source.name).name,
            size_bytes=source.size_bytes,
            sha256=source.sha256,
            lines=source.lines,
            rejected=source.rejected,
            endpoint=fetched_from(Path(source.name)),
        )
        for source in report.sources
    )
