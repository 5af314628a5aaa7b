"""Pictures as people have them in Python: a path, the bytes of a file, or a PIL image."""

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from PIL import Image

ImageLike: TypeAlias = "str | os.PathLike[str] | bytes | Image.Image | None"

_PNG_MODES = {"1", "L", "LA", "P", "PA", "I", "I;16", "RGB", "RGBA"}


def as_picture(image: Any) -> Path | bytes | None:
    """A picture as the linker takes it: a file, or what is in one; no file is made.

    Raises:
        TypeError: It is no picture.
    """
    if image is None:
        return None
    if isinstance(image, str | os.PathLike):
        return Path(image)
    if isinstance(image, bytes | bytearray | memoryview):
        return bytes(image)
    if hasattr(image, "mode") and hasattr(image, "save"):
        return _png(image)
    raise TypeError(f"image is {type(image).__name__}: expected a path, the bytes of a file, a PIL image or None")


def _png(image: "Image.Image") -> bytes:
    """A PIL image as the bytes of a file, with the pixels as they are."""
    content = io.BytesIO()
    picture = image if image.mode in _PNG_MODES else image.convert("RGB")
    picture.save(content, "PNG", compress_level=1)
    return content.getvalue()
