"""Posts' pictures as regions and attributes for training and evaluation: computed once, kept on the disk.

Shapes: ``C`` the width of a region.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from scripts._picture_store import PictureStore, StoredPicture

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ner import TaggedPost
    from vision import Encoder, Picture, PictureError

T = TypeVar("T")
Progress = Callable[[str, int, int], None]

DEFAULT_ENCODER = "efficientnet-lite0"
ENDINGS = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp")
"""What a picture's file may end in where a post gives only its name; the content decides what it really is."""

_BATCH = 32
_FORMAT_OF_ENDING = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WEBP", "bmp": "BMP"}
_SAME_FORMAT = {"MPO": "JPEG"}  # what some cameras and phones write: a JPEG with a second one behind it
_NAMED_TROUBLES = 3


@dataclass(frozen=True, slots=True)
class PictureCounts:
    """What became of the pictures that posts named.

    Attributes:
        named: Different names.
        usable: Those whose picture could be read.
        misnamed: Usable ones whose ending says another format than they have.
        troubles: Why the others could not be used, by name, in the order of the posts.
        kinds: How many of them are ``missing``, ``empty``, ``unreadable`` or ``too large``.
    """

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

    Each content is encoded once, whatever it is called, and kept under its digest and the encoder's identity; a stopped
    run goes on from what is kept. Regions are kept as float16, so a fresh picture gives the same numbers as a kept one.
    A picture that is missing or broken is none: its post has no regions and no attributes, and it is counted.

    Args:
        folder: Where the pictures are.
        cache: The folder of what was computed; it may be shared by several runs and encoders.
        encoder_name: One of ``vision.ENCODERS``.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
        weights: A file in place of the encoder's usual weights.

    Raises:
        NotADirectoryError: There is no such folder of pictures.
        WeightsError: The encoder's name or weights are not there.
    """

    def __init__(
        self,
        folder: Path,
        cache: Path,
        encoder_name: str = DEFAULT_ENCODER,
        device: str = "auto",
        *,
        weights: Path | None = None,
    ) -> None:
        from vision import check_encoder

        if not folder.is_dir():
            raise NotADirectoryError(20, "no such folder of pictures", str(folder))
        check_encoder(encoder_name, weights=weights)
        self.encoder_name = encoder_name
        self._folder, self._cache, self._device, self._weights = folder, cache, device, weights
        self._seen: dict[str, str | PictureError] = {}  # name -> content or why there is none
        self._files: dict[str, Path] = {}
        self._formats: dict[str, str] = {}  # content -> format

    @property
    def region_width(self) -> int:
        """C."""
        return self._encoder.region_dimension

    @property
    def identity(self) -> str:
        """Encoder, weights and version of the design: features of equal identity can be compared."""
        return self._encoder.identity

    def regions(self, post: "TaggedPost") -> "NDArray[np.float32] | None":
        """The regions of a post's picture, float32 (49, C); None where it has none that can be used."""
        picture = self._picture(post)
        return None if picture is None else picture.regions.astype("float32")

    def attributes(self, post: "TaggedPost") -> tuple[tuple[str, float], ...]:
        """What a post's picture shows, with probabilities, the likeliest first; nothing where it has none."""
        picture = self._picture(post)
        return () if picture is None else picture.attributes

    def prepare(self, posts: Iterable["TaggedPost"], progress: Progress | None = None) -> PictureCounts:
        """Encode every picture of the posts that is not kept yet.

        Args:
            posts: Posts with pictures' names, as paths within the folder or without their endings.
            progress: Told ("pictures", done, all) as it goes.

        Returns:
            How many could be used, and why others could not.

        Raises:
            OSError: The cache cannot be written.
        """
        names = [name for name in dict.fromkeys(map(_name_of, posts)) if name]
        for start in range(0, len(names), _BATCH):
            self._encode(names[start : start + _BATCH])
            if progress is not None:
                progress("pictures", min(start + _BATCH, len(names)), len(names))
        return self._count(names)

    @cached_property
    def _encoder(self) -> "Encoder":
        from vision import load_encoder

        return load_encoder(self.encoder_name, weights=self._weights, device=self._device)

    @cached_property
    def _store(self) -> PictureStore:
        return PictureStore(self._cache, self._encoder.identity)

    def _picture(self, post: "TaggedPost") -> StoredPicture | None:
        name = _name_of(post)
        if not name:
            return None
        if name not in self._seen:
            self._encode([name])
        content = self._seen[name]
        if not isinstance(content, str):
            return None
        kept = self._store.get(content)
        if kept is None:  # it was removed or damaged since
            del self._formats[content]
            self._encode([name])
            kept = self._store.get(content)
        return kept

    def _encode(self, names: Sequence[str]) -> None:
        """Have the features of some pictures kept, and remember which content each name has."""
        from vision import PictureError, load_picture, picture_sha256

        fresh: dict[str, str] = {}  # content -> a name of it
        for name in names:
            self._files[name] = _file_of(self._folder, name)
            content = self._seen[name] = _attempt(picture_sha256, self._files[name])
            if not isinstance(content, str) or content in self._formats:
                continue
            kept = self._store.get(content)
            if kept is None:
                fresh.setdefault(content, name)
            else:
                self._formats[content] = kept.format
        with ThreadPoolExecutor() as threads:
            read = threads.map(lambda name: _attempt(load_picture, self._files[name]), fresh.values())
            found = dict(zip(fresh, read, strict=True))
        broken = {content: error for content, error in found.items() if isinstance(error, PictureError)}
        self._seen |= {name: broken[c] for name in names if isinstance(c := self._seen[name], str) and c in broken}
        self._keep({content: picture for content, picture in found.items() if not isinstance(picture, PictureError)})

    def _keep(self, pictures: "dict[str, Picture]") -> None:
        encoded = self._encoder.encode([picture.image for picture in pictures.values()]) if pictures else []
        for (content, picture), features in zip(pictures.items(), encoded, strict=True):
            regions = _half(features.regions)
            self._store.put(content, StoredPicture(regions, features.attributes, picture.format))
            self._formats[content] = picture.format

    def _count(self, names: Sequence[str]) -> PictureCounts:
        used = {name: content for name in names if isinstance(content := self._seen[name], str)}
        errors = {name: error for name in names if not isinstance(error := self._seen[name], str)}
        return PictureCounts(
            named=len(names),
            usable=len(used),
            misnamed=sum(_is_misnamed(self._files[name], self._formats[content]) for name, content in used.items()),
            troubles={name: error.reason for name, error in errors.items()},
            kinds=dict(Counter(error.kind for error in errors.values())),
        )


def _name_of(post: "TaggedPost") -> str:
    return str(post.image or "")


def _file_of(folder: Path, name: str) -> Path:
    """The file of a picture: under its name, with an ending that it lacks, or with another one than it says."""
    given = folder / name
    try:
        stems = (given, given.with_suffix("")) if given.suffix.lower() in ENDINGS else (given,)
        places = [given, *(stem.with_name(stem.name + ending) for stem in stems for ending in ENDINGS)]
        places += [folder / place.name for place in places]
        return next((place for place in places if place.is_file()), given)
    except (OSError, ValueError):  # a name that no file can have
        return given


def _is_misnamed(file: Path, real: str) -> bool:
    said = _FORMAT_OF_ENDING.get(file.suffix.lower().lstrip("."))
    return said is not None and said != _SAME_FORMAT.get(real, real)


def _half(regions: "NDArray[np.float32]") -> "NDArray[np.float16]":
    """As float16, what is too large for it held at its greatest value."""
    import numpy as np

    greatest = float(np.finfo(np.float16).max)
    return np.clip(regions, -greatest, greatest).astype(np.float16)


def _attempt(read: Callable[[Path], T], path: Path) -> "T | PictureError":
    from vision import PictureError

    try:
        return read(path)
    except PictureError as error:
        return error
