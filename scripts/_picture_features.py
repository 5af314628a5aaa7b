"""The pictures of tagged posts as regions and attributes, for training and evaluation: computed once, kept in a file.

Shapes: ``C`` the width of a region.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scripts._cli import FILE, CommandError, check_file_place, say

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from linker import PostPicture
    from ner import TaggedPost
    from vision import Encoder

Progress = Callable[[str, int, int], None]

DEFAULT_ENCODER = "efficientnet-lite0"
FEATURES = "features.sqlite"
"""Where a run of training keeps them, in its folder."""

_BATCH = 32
_FORMAT_OF_ENDING = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WEBP", "bmp": "BMP"}
_SAME_FORMAT = {"MPO": "JPEG"}  # what some cameras and phones write: a JPEG with a second one behind it
_NAMED_TROUBLES = 3


def picture_options(kept_in: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command ``images``, ``picture_encoder`` and ``picture_cache``, whose default is said in words."""
    encoders = "efficientnet-lite0, unless the recipe or tagger names another; any name of docs/encoders.md"
    kept = f"The file that keeps what the encoder saw.  [default: {kept_in}]"
    options = (
        click.option("--picture-cache", type=FILE, metavar="FILE", help=kept),
        click.option("--picture-encoder", metavar="NAME", help=f"What looks at the pictures: {encoders}."),
        click.option("--images", type=FILE, metavar="DIR", help="The folder of the posts' pictures."),
    )
    return lambda command: reduce(lambda made, option: option(made), options, command)


def check_pictures(images: Path | None, cache: Path | None) -> None:
    """Say at once where ``--images`` and ``--picture-cache`` cannot be what they are asked to be.

    Raises:
        CommandError: There is no folder of pictures, or no place for the file, or none is looked at.
    """
    if images is not None and not images.is_dir():
        raise CommandError(f"--images {images}: is no folder: give the folder of the posts' pictures")
    if cache is not None:
        check_file_place("--picture-cache", cache)
        if images is None:
            raise CommandError("--picture-cache keeps what is seen in pictures: give --images DIR too")


@dataclass(frozen=True, slots=True)
class PictureCounts:
    """What became of the pictures that posts named: why some could not be used, by name, and how many of each kind."""

    named: int
    usable: int
    misnamed: int
    troubles: dict[str, str]
    kinds: dict[str, int]

    def __str__(self) -> str:
        text = f"{self.usable:,} of {self.named:,} pictures can be used"
        if self.misnamed:
            text += f"; {self.misnamed:,} have another format than their ending says, which does no harm"
        if self.kinds:
            text += "; not used: " + ", ".join(f"{count:,} {kind}" for kind, count in sorted(self.kinds.items()))
            shown = [f"{name}: {reason}" for name, reason in list(self.troubles.items())[:_NAMED_TROUBLES]]
            text += f" ({'; '.join(shown)}{'; ...' if len(self.troubles) > _NAMED_TROUBLES else ''})"
        return text


class PictureFeatures:
    """Regions and attributes of the pictures that posts name, from a folder of pictures.

    Each content is encoded once, whatever it is called, and kept in a knowledge cache; a stopped run goes on from what
    is kept. A picture that is missing or broken is counted; its post has no regions and no attributes.

    Args:
        folder: Where the pictures are.
        cache: The file of what was computed; it may be shared by several runs and encoders.
        encoder_name: One of ``vision.ENCODERS``.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.

    Raises:
        NotADirectoryError: There is no such folder of pictures.
        CacheError: The file cannot be written.
        WeightsError: There is no such encoder.
    """

    def __init__(self, folder: Path, cache: Path, encoder_name: str = DEFAULT_ENCODER, device: str = "auto") -> None:
        from kg import KnowledgeCache
        from linker import Memory
        from vision import check_encoder

        if not folder.is_dir():
            raise NotADirectoryError(20, "no such folder of pictures", str(folder))
        check_encoder(encoder_name)
        self.encoder_name = encoder_name
        self._folder, self._device = folder, device
        kept = KnowledgeCache.open(cache)
        if kept.notice:
            say(kept.notice)
        self.memory = Memory(kept)
        self._seen: dict[str, tuple[Path, PostPicture]] = {}  # by name, without the numbers

    @property
    def region_width(self) -> int:
        """C."""
        return self._encoder.region_dimension

    def regions(self, post: "TaggedPost") -> "NDArray[np.float32] | None":
        """The regions of a post's picture, float32 (49, C); None where it has none that can be used."""
        return self._picture(post).regions

    def attributes(self, post: "TaggedPost") -> tuple[tuple[str, float], ...]:
        """What a post's picture shows, with probabilities, the likeliest first; nothing where it has none."""
        return self._picture(post).attributes

    def informed(self, posts: Sequence["TaggedPost"]) -> list["TaggedPost"]:
        """Posts with what their pictures show; where these show nothing, what the file says is left."""
        return [replace(post, attributes=self.attributes(post) or post.attributes) for post in posts]

    def file(self, post: "TaggedPost") -> Path | None:
        """Where a post's picture is, or would be; None where it names none."""
        from linker import find_picture

        return find_picture(self._folder, str(post.image)) if post.image else None

    def prepare(self, posts: Iterable["TaggedPost"], progress: Progress | None = None) -> PictureCounts:
        """Encode every picture of the posts that is not kept yet; names are paths in the folder, or without an ending.

        Raises:
            CacheError: The file cannot be written.
        """
        names = [name for name in dict.fromkeys(str(post.image or "") for post in posts) if name]
        for start in range(0, len(names), _BATCH):
            self._look(names[start : start + _BATCH])
            if progress is not None:
                progress("pictures", min(start + _BATCH, len(names)), len(names))
        return self._count(names)

    def close(self) -> None:
        """Close the file."""
        self.memory.close()

    @cached_property
    def _encoder(self) -> "Encoder":
        from vision import load_encoder

        return load_encoder(self.encoder_name, device=self._device)

    def _picture(self, post: "TaggedPost") -> "PostPicture":
        from linker import PostPicture, recall_pictures

        name = str(post.image or "")
        if not name:
            return PostPicture()
        if name not in self._seen:
            return self._look([name])[0]
        _, picture = self._seen[name]
        if picture.error:
            return picture
        known = recall_pictures([picture.sha256], self._encoder.identity, self.memory, with_regions=True)
        return known.get(picture.sha256) or self._look([name])[0]

    def _look(self, names: Sequence[str]) -> "list[PostPicture]":
        """Read some pictures, have their features kept, and note which content each name has."""
        from kg import CacheError
        from linker import find_picture, read_pictures

        files = [find_picture(self._folder, name) for name in names]
        pictures = read_pictures(files, self._encoder, self.memory, with_regions=True)
        self.memory.flush()
        if self.memory.problem:
            raise CacheError(self.memory.problem)
        for name, file, picture in zip(names, files, pictures, strict=True):
            self._seen[name] = file, replace(picture, vector=None, regions=None)
        return pictures

    def _count(self, names: Sequence[str]) -> PictureCounts:
        used = [(file, picture) for file, picture in map(self._seen.__getitem__, names) if picture.error is None]
        errors = {name: error for name in names if (error := self._seen[name][1].error)}
        return PictureCounts(
            named=len(names),
            usable=len(used),
            misnamed=sum(_is_misnamed(file, picture.format) for file, picture in used),
            troubles={name: error.reason for name, error in errors.items()},
            kinds=dict(Counter(error.kind for error in errors.values())),
        )


def _is_misnamed(file: Path, real: str) -> bool:
    said = _FORMAT_OF_ENDING.get(file.suffix.lower().lstrip("."))
    return said is not None and said != _SAME_FORMAT.get(real, real)
