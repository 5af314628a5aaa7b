"""The post's picture as numbers: from the knowledge cache where it was seen before, else loaded and encoded."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from linker.memory import Memory
    from vision import Encoder, Picture


@dataclass(frozen=True, slots=True)
class PostPicture:
    """What is known of a post's picture.

    Attributes:
        sha256: Digest of the file; empty where it could not be read.
        vector: Global vector, float32 (C,), L2-normalised; None where the picture could not be used.
        attributes: Labels with probabilities.
        regions: float32 (49, C'), where they were asked for.
        error: Why the picture was not used.
    """

    sha256: str = ""
    vector: "NDArray[np.float32] | None" = None
    attributes: tuple[tuple[str, float], ...] = ()
    regions: "NDArray[np.float32] | None" = None
    error: str | None = None


def read_pictures(
    paths: Sequence[Path | None], encoder: "Encoder", memory: "Memory", *, with_regions: bool
) -> list[PostPicture | None]:
    """Read and encode the pictures of a batch of posts, each content once.

    Args:
        paths: A file for each post, or None.
        encoder: The encoder that embedded the index's pictures.
        memory: Where features are remembered, by content and encoder.
        with_regions: Whether the tagger looks at regions.

    Returns:
        For each post its picture; None for a post without one.
    """
    from vision import PictureError, load_picture, picture_sha256

    known: dict[str, PostPicture] = {}
    fresh: dict[str, Picture] = {}
    digests: list[str | PictureError | None] = []
    for path in paths:
        if path is None:
            digests.append(None)
            continue
        try:
            digest = picture_sha256(path)
            if digest not in known and digest not in fresh:
                remembered = memory.features(digest, encoder.identity, with_regions=with_regions)
                if remembered:
                    known[digest] = remembered
                else:
                    fresh[digest] = load_picture(path)
            digests.append(digest)
        except PictureError as error:
            digests.append(error)
    for digest, features in zip(fresh, encoder.encode([p.image for p in fresh.values()]), strict=True):
        known[digest] = PostPicture(
            sha256=digest,
            vector=features.vector,
            attributes=features.attributes,
            regions=features.regions if with_regions else None,
        )
        memory.remember_features(known[digest], encoder.identity, fresh[digest].width, fresh[digest].height)
    return [
        None if digest is None else known[digest] if isinstance(digest, str) else PostPicture(error=digest.reason)
        for digest in digests
    ]
