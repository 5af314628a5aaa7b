"""The post's picture as numbers: from the knowledge cache where it was seen before, else loaded and encoded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from linker.memory import Memory
    from vision import Encoder, Picture, PictureError

T = TypeVar("T")


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

    digests = [_attempt(picture_sha256, path) if path else None for path in paths]
    wanted = list(dict.fromkeys(digest for digest in digests if isinstance(digest, str)))
    known = memory.features(wanted, encoder.identity, with_regions=with_regions)
    fresh: dict[str, Picture] = {}
    for path, digest in zip(paths, digests, strict=True):
        if path is None or not isinstance(digest, str) or digest in known or digest in fresh:
            continue
        picture = _attempt(load_picture, path)
        if isinstance(picture, PictureError):
            known[digest] = PostPicture(error=picture.reason)
        else:
            fresh[digest] = picture
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


def _attempt(read: "Callable[[Path], T]", path: Path) -> "T | PictureError":
    from vision import PictureError

    try:
        return read(path)
    except PictureError as error:
        return error
