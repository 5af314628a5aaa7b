"""What can go wrong with pictures.

VisionError
├── PictureError       a file that cannot be used as a picture: missing, empty, unreadable, too large
├── WeightsError       an encoder that is not known, or whose weights cannot be had or do not fit
└── ImageIndexError    an index file that is missing, damaged or of another encoder; vectors that cannot be indexed

Every message is one line: the value, what was expected, the fix.
"""

from pathlib import Path
from typing import Literal

PictureProblem = Literal["missing", "empty", "unreadable", "too large"]


class VisionError(Exception):
    """Anything this package raises on purpose."""


class PictureError(VisionError):
    """A file cannot be used as a picture.

    Attributes:
        path: The file.
        reason: Why, in one line, without the path.
        kind: ``missing``, ``empty``, ``unreadable`` or ``too large``.
    """

    def __init__(self, path: Path, reason: str, kind: PictureProblem) -> None:
        super().__init__(f"{shown(path)}: {reason}")
        self.path = path
        self.reason = reason
        self.kind: PictureProblem = kind

    def __reduce__(self) -> tuple[type["PictureError"], tuple[Path, str, PictureProblem]]:
        """Pickle by the three arguments, so that worker processes can send it back."""
        return PictureError, (self.path, self.reason, self.kind)


class WeightsError(VisionError):
    """An encoder is not known, or its weights cannot be had, read or used."""


class ImageIndexError(VisionError):
    """An image index cannot be written, opened or asked."""


def shown(path: Path | str) -> str:
    """A path as one printable line: control characters and undecodable bytes escaped, letters of any script kept."""
    return repr(str(path))[1:-1]
