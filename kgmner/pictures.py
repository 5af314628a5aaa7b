"""Pictures as people have them in Python: a path, the bytes of a file, or a PIL image."""

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from PIL import Image

ImageLike: TypeAlias = "str | os.PathLike[str] | bytes | Image.Image | None"

_PNG_MODES = {"1", "L", "LA", "P", "I;16", "RGB", "RGBA"}
_TIFF_MODES = {"I", "F"}  # whose numbers PNG cannot hold


def as_picture(image: Any) -> str | bytes | None:
    """A path, or what is in a file; no file is made.

    Raises:
        TypeError: It is no picture.
        OSError, SyntaxError, ValueError: It is a PIL image whose file is damaged or closed.
    """
    if image is None or isinstance(image, str):
        return image
    if isinstance(image, os.PathLike):
        return str(Path(image))
    if isinstance(image, bytes | bytearray | memoryview):
        return bytes(image)
    if hasattr(image, "mode") and hasattr(image, "save"):
        from PIL.ImageOps import exif_transpose

        content, picture = io.BytesIO(), exif_transpose(image)
        if picture.mode not in _PNG_MODES | _TIFF_MODES:
            picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
        picture.save(content, "TIFF" if picture.mode in _TIFF_MODES else "PNG", compress_level=1)
        return content.getvalue()
    raise TypeError(f"image is {type(image).__name__}: expected a path, the bytes of a file, a PIL image or None")
