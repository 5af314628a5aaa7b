"""Pictures as people have them in Python: a path, the bytes of a file, or a PIL image."""

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from PIL import Image

ImageLike: TypeAlias = "str | os.PathLike[str] | bytes | Image.Image | None"

_PNG_MODES = {"1", "L", "LA", "P", "PA", "I", "I;16", "RGB", "RGBA"}


def as_picture(image: Any) -> str | bytes | None:
    """A path, or what is in a file; no file is made.

    Raises:
        TypeError: It is no picture.
    """
    if image is None or isinstance(image, str):
        return image
    if isinstance(image, os.PathLike):
        return str(Path(image))
    if isinstance(image, bytes | bytearray | memoryview):
        return bytes(image)
    if hasattr(image, "mode") and hasattr(image, "save"):
        content = io.BytesIO()
        picture = image if image.mode in _PNG_MODES else image.convert("RGB")
        picture.save(content, "PNG", compress_level=1)
        return content.getvalue()
    raise TypeError(f"image is {type(image).__name__}: expected a path, the bytes of a file, a PIL image or None")
