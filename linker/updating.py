"""Bringing an index up to date: a new graph beside the old one, the vectors of pictures that it knows, then the switch.

What comes out equals an index that is built afresh from the same sources; only the embedding of unchanged pictures is
saved. The old index is used meanwhile as it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kg import GraphDifferences, StoreError, build_lock, compare_graphs
from linker.embedding import Progress
from linker.errors import IndexIncompleteError, IndexMissingError, IndexVersionError
from linker.freshness import has_other_pictures
from linker.indexing import encoder_loader, make_index, no_progress, recipe_of, record_of
from linker.manifest import GRAPH, MANIFEST, IndexManifest, read_manifest
from linker.publishing import discard, is_staged, publish, staged_index

if TYPE_CHECKING:
    from kg import FetchReport, FetchSettings


@dataclass(frozen=True, slots=True)
class IndexUpdate:
    """What an update did.

    Attributes:
        manifest: What ``index.json`` now says.
        differences: What is other than before; None where there was no index that could be compared.
        same_encoder: Whether vectors could be taken over.
    """

    manifest: IndexManifest
    differences: GraphDifferences | None
    same_encoder: bool = True


def update_index(
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
) -> IndexUpdate:
    """Bring an index up to date with its sources, with others, or with another encoder; build it if there is none.

    It goes on where an update that was stopped left off. Where nothing has changed, nothing is done.

    Args:
        index_dir: The index.
        sources: Dumps and tables, or folders of them: all that the index is to hold, not only what is new.
        images_dir: Folder with the pictures that the sources name.
        encoder: Name of the picture encoder; if it is not the one of the index, every picture is embedded anew.
        weights: File with the encoder's weights, where they do not come with it.
        device: ``auto``, ``cpu`` or ``cuda``.
        type_map: A table from class to coarse type that replaces ours.
        priors: A table of IRIs and how often each is meant, in place of how many triples lead to it.
        fetch: How to fetch the pictures that the sources name by web addresses; see `build_index`.
        on_fetched: Told what fetching came to.
        progress: Told how far each step is.

    Returns:
        What has changed.

    Raises:
        KgError: The sources cannot be read, or another build holds the directory.
        VisionError: The encoder's weights cannot be had, or the image index cannot be written.
    """
    recipe = recipe_of(index_dir, sources, images_dir, type_map, priors, fetch, on_fetched)
    load = encoder_loader(encoder, weights, device)
    index_dir.mkdir(parents=True, exist_ok=True)
    with build_lock(index_dir / MANIFEST):
        was_staged = is_staged(index_dir)
        differences = _publish(index_dir) if was_staged else None
        try:
            old = read_manifest(index_dir)
        except (IndexMissingError, IndexIncompleteError):
            return IndexUpdate(make_index(index_dir, recipe, load, progress=progress), None)
        except IndexVersionError:
            old = None
        same_encoder = old is not None and old.encoder == record_of(load())
        is_same = same_encoder and not recipe.difference(index_dir / GRAPH)
        if old and is_same and not has_other_pictures(index_dir, images_dir):
            if recipe.fetching is not None:
                from linker.fetching import gain_pictures

                gained = gain_pictures(index_dir, recipe, load, progress=progress or no_progress)
                if gained is not None:
                    return IndexUpdate(gained, _publish(index_dir))
            discard(index_dir)
            none = GraphDifferences(pictures_kept=old.images.get("embedded", 0))
            return IndexUpdate(old, differences if was_staged else none)
        known_dir = index_dir if same_encoder else None
        staged_index(index_dir).mkdir(exist_ok=True)
        manifest = make_index(staged_index(index_dir), recipe, load, known_dir=known_dir, progress=progress)
        return IndexUpdate(manifest, _publish(index_dir), same_encoder)


def _publish(index_dir: Path) -> GraphDifferences | None:
    """Put a whole update in its place; say what is other than before, where the index before can still be read."""
    try:
        differences = compare_graphs(index_dir / GRAPH, staged_index(index_dir) / GRAPH)
    except StoreError:
        differences = None
    publish(index_dir)
    return differences
