"""What an index is built from, and what a build gives back: shared by building and updating."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from kg import FetchReport, FetchSettings, GraphDifferences, GraphSources
from linker.manifest import IndexManifest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vision import Encoder

Progress = Callable[[str, int, int], None]
"""Called with the step's name, how much of it is done, and how much there is (0: not known)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSettings:
    """What an index is built from, and how."""

    sources: "Sequence[Path]"  # dumps and tables, or folders of them: all that the index is to hold
    images_dir: Path | None = None  # folder with the pictures that the sources name; fetched ones go there too
    encoder: str = "efficientnet-lite0"  # name of the picture encoder
    weights: Path | None = None  # file with the encoder's weights, where they do not come with it
    device: str = "auto"  # ``auto``, ``cpu`` or ``cuda``
    type_map: Path | None = None  # A table from class to coarse type that replaces ours
    priors: Path | None = None  # A table of IRIs and how often each is meant, in place of how many triples lead to it
    counts: Path | None = None  # a table of names, IRIs and how often the name was seen to mean the entity
    languages: "Sequence[str]" = ("en",)  # what labels should be in, the best first
    keep: "Sequence[str]" = ()  # which entities are kept: `PER`, `sitelinks>=5`, a class; all if it is empty
    # How to fetch the pictures that the sources name by web addresses, into `images_dir` or a folder of the index; None
    # to fetch none. A whole index gains those that it lacks.
    fetch: FetchSettings | None = None
    # By what every entity's profile is embedded ahead: ``words`` or a sentence encoder. None leaves the index as it is
    # in this: without such profiles, or with new ones by the same encoder.
    profiles: str | None = None
    memory_mb: int = 600  # memory for the sources' joins and sorts; what does not fit is kept on the disk meanwhile

    @property
    def graph_sources(self) -> GraphSources:
        """What the graph is built from."""
        return GraphSources(
            paths=self.sources,
            priors=self.priors,
            counts=self.counts,
            images_dir=None if self.fetch else self.images_dir,  # what is fetched makes no other index
            type_map=self.type_map,
            languages=self.languages,
            keep=self.keep,
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
    """What a build or an update made."""

    manifest: IndexManifest  # what ``index.json`` now says
    fetched: FetchReport | None = None  # what fetching pictures came to; None where none were to be fetched
    # what an update changed; None where there was no index that could be compared
    differences: GraphDifferences | None = None
    same_encoder: bool = True  # whether vectors could be taken over
    # what is to be said of single sources: that they hold nothing, what was taken for what
    remarks: tuple[str, ...] = ()
