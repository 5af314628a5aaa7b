"""What an index is built from, and what a build gives back: shared by building and updating."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from kg import FetchReport, FetchSettings, GraphDifferences, build_difference
from linker.manifest import IndexManifest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vision import Encoder

Progress = Callable[[str, int, int], None]
"""Called with the step's name, how much of it is done, and how much there is (0: not known)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSettings:
    """What an index is built from, and how.

    Attributes:
        sources: Dumps and tables, or folders of them: all that the index is to hold.
        images_dir: Folder with the pictures that the sources name; fetched ones go there too.
        encoder: Name of the picture encoder.
        weights: File with the encoder's weights, where they do not come with it.
        device: ``auto``, ``cpu`` or ``cuda``.
        type_map: A table from class to coarse type that replaces ours.
        priors: A table of IRIs and how often each is meant, in place of how many triples lead to it.
        counts: A table of names, IRIs and how often the name was seen to mean the entity.
        fetch: How to fetch the pictures that the sources name by web addresses, into `images_dir` or a folder of the
            index; None to fetch none. A whole index gains those that it lacks.
        memory_mb: Memory for the sources' joins and sorts; what does not fit is kept on the disk meanwhile.
    """

    sources: "Sequence[Path]"
    images_dir: Path | None = None
    encoder: str = "efficientnet-lite0"
    weights: Path | None = None
    device: str = "auto"
    type_map: Path | None = None
    priors: Path | None = None
    counts: Path | None = None
    fetch: FetchSettings | None = None
    memory_mb: int = 600

    @property
    def source_images(self) -> Path | None:
        """The folder of pictures as a source; where pictures are fetched, what is in it makes no other index."""
        return None if self.fetch else self.images_dir

    def difference(self, graph_path: Path) -> str:
        """Say in what a graph was built differently from these settings; "" where it was not."""
        return build_difference(
            graph_path,
            sources=self.sources,
            priors=self.priors,
            counts=self.counts,
            images_dir=self.source_images,
            type_map=self.type_map,
        )

    def encoder_loader(self) -> "Callable[[], Encoder]":
        """Return what loads the encoder, once; say now what can be known to be wrong before.

        Raises:
            WeightsError: The name is not known, or there is no such file of weights.
        """
        from vision import check_encoder, load_encoder

        check_encoder(self.encoder, weights=self.weights)
        return cache(partial(load_encoder, self.encoder, weights=self.weights, device=self.device))


@dataclass(frozen=True, slots=True)
class BuiltIndex:
    """What a build or an update made.

    Attributes:
        manifest: What ``index.json`` now says.
        fetched: What fetching pictures came to; None where none were to be fetched.
        differences: What an update changed; None where there was no index that could be compared.
        same_encoder: Whether vectors could be taken over.
    """

    manifest: IndexManifest
    fetched: FetchReport | None = None
    differences: GraphDifferences | None = None
    same_encoder: bool = True
