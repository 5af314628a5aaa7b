"""The pictures of posts as numbers: from the knowledge cache where they were seen before, else loaded and encoded.

Regions are rounded to float16, as they are kept: so a fresh picture gives the same numbers as a remembered one.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from kg import CachedPicture, CachedRegions
from linker.memory import Memory
from linker.results import PostPicture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vision import Encoder, Picture, PictureError

T = TypeVar("T")


def read_pictures(
    sources: Sequence[Path | bytes | None], encoder: "Encoder | None", memory: Memory, *, with_regions: bool
) -> list[PostPicture]:
    """Read and encode the pictures of a batch of posts, each content once.

    Args:
        sources: A file for each post, or what is in it, or None.
        encoder: The encoder that embedded the pictures of the index; None where no post has a picture.
        memory: Where features are remembered, by content and encoder.
        with_regions: Whether the tagger looks at regions.

    Returns:
        For each post its picture; an empty one for a post without.
    """
    if encoder is None or not any(source is not None for source in sources):
        return [PostPicture()] * len(sources)
    from vision import picture_sha256

    digests = [None if source is None else _attempt(picture_sha256, source) for source in sources]
    files = {
        digest: source
        for source, digest in zip(sources, digests, strict=True)
        if source is not None and isinstance(digest, str)
    }
    known = recall_pictures(list(files), encoder.identity, memory, with_regions=with_regions)
    fresh = {digest: file for digest, file in files.items() if digest not in known}
    known |= _encode(fresh, encoder, memory, with_regions=with_regions)
    return [known[digest] if isinstance(digest, str) else PostPicture(error=digest) for digest in digests]


def recall_pictures(
    digests: Sequence[str], encoder: str, memory: Memory, *, with_regions: bool
) -> dict[str, PostPicture]:
    """What is remembered of pictures, by content; not those whose regions are asked for and are not kept."""
    pictures = memory.recall(lambda cache: cache.pictures(digests, encoder)) if digests else {}
    regions = memory.recall(lambda cache: cache.regions(pictures, encoder)) if pictures and with_regions else {}
    return {
        digest: PostPicture(
            sha256=digest,
            format=picture.format,
            vector=np.frombuffer(picture.vector, dtype="<f4"),
            attributes=picture.attributes,
            regions=_from_half(regions[digest]) if with_regions else None,
        )
        for digest, picture in pictures.items()
        if not with_regions or digest in regions
    }


def _encode(
    files: Mapping[str, Path | bytes], encoder: "Encoder", memory: Memory, *, with_regions: bool
) -> dict[str, PostPicture]:
    """Load, encode and remember pictures, by content."""
    from vision import PictureError, load_picture_apart

    with ThreadPoolExecutor() as threads:
        loaded = dict(
            zip(files, threads.map(lambda file: _attempt(load_picture_apart, file), files.values()), strict=True)
        )
    found = {digest: PostPicture(error=error) for digest, error in loaded.items() if isinstance(error, PictureError)}
    fresh: dict[str, Picture] = {
        digest: picture for digest, picture in loaded.items() if not isinstance(picture, PictureError)
    }
    encoded = encoder.encode([picture.image for picture in fresh.values()]) if fresh else []
    for (digest, picture), features in zip(fresh.items(), encoded, strict=True):
        vector, sha256 = features.vector.astype("<f4").tobytes(), picture.sha256  # the file may be another by now
        memory.keep(
            CachedPicture(
                *(sha256, encoder.identity, picture.width, picture.height),
                *(vector, features.attributes, picture.format),
            )
        )
        regions = None
        if with_regions:
            kept = CachedRegions(sha256, encoder.identity, _half(features.regions).tobytes(), features.regions.shape)
            memory.keep(kept)
            regions = _from_half(kept)
        found[digest] = PostPicture(sha256, picture.format, features.vector, features.attributes, regions)
    return found


def _half(regions: "NDArray[np.float32]") -> "NDArray[np.float16]":
    """As float16; what is too large for it becomes its greatest value."""
    greatest = float(np.finfo(np.float16).max)
    return np.clip(regions, -greatest, greatest).astype("<f2")


def _from_half(regions: CachedRegions) -> "NDArray[np.float32]":
    return np.frombuffer(regions.blob, dtype="<f2").reshape(regions.shape).astype(np.float32)


def _attempt(read: "Callable[[Path | bytes], T]", source: Path | bytes) -> "T | PictureError":
    from vision import PictureError

    try:
        return read(source)
    except PictureError as error:
        return error
