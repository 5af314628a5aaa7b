"""What an encoder saw in pictures, on the disk: a small file a picture, by its content and the encoder's identity.

Shapes: ``C`` the width of a region.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ENDING = ".safetensors"


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """What is kept of a picture.

    Attributes:
        regions: float16 (49, C), in reading order.
        attributes: What it shows, with probabilities, the likeliest first.
        format: What the file really is: ``JPEG``, ``PNG``, ...
    """

    regions: "NDArray[np.float16]"
    attributes: tuple[tuple[str, float], ...]
    format: str


class PictureStore:
    """The pictures that one encoder has seen.

    A file is written beside its place and renamed, so a run that is killed leaves whole files only, and runs beside
    each other may share a folder. A file that cannot be read counts as not there.

    Args:
        folder: Where the features of all encoders are; made when the first picture is kept.
        identity: The encoder's; another encoder, or other weights of it, have a folder of their own.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        self._folder = folder / identity

    def __contains__(self, sha256: str) -> bool:
        return self._path(sha256).is_file()

    def get(self, sha256: str) -> StoredPicture | None:
        """What is kept of the picture with this content; None where there is nothing, or nothing whole."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self._path(sha256), framework="numpy") as file:
                texts = file.metadata() or {}
                labels = json.loads(texts["attributes"])
                return StoredPicture(
                    file.get_tensor("regions"), tuple((str(name), float(p)) for name, p in labels), texts["format"]
                )
        except (OSError, SafetensorError, KeyError, TypeError, ValueError):
            return None

    def put(self, sha256: str, picture: StoredPicture) -> None:
        """Keep a picture's features.

        Raises:
            OSError: The folder cannot be written.
        """
        from safetensors.numpy import save

        texts = {"attributes": json.dumps(picture.attributes), "format": picture.format}
        path = self._path(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        with _beside(path) as part:
            part.write_bytes(save({"regions": picture.regions}, texts))

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / f"{sha256}{_ENDING}"


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A place to write that takes the place of ``path`` when all went well."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
