"""Files to pictures, safely: whatever a file is called and whatever is in it, it becomes RGB or one clear error."""

import hashlib
import io
import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageStat, UnidentifiedImageError

from .errors import PictureError

#: Only formats that Pillow decodes by itself; EPS, for one, would start Ghostscript on a stranger's program.
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "MPO", "AVIF", "ICO", "JPEG2000")

MAX_BYTES = 256 * 1024 * 1024
MAX_PIXELS = 89_000_000

#: A picture is shrunk by a whole factor while its shorter side stays at least this long, twice what the encoders look
#: at: a batch of large photographs fits in memory, and a JPEG of 12 megapixels is decoded as fast as a small one.
_LEAST_SIDE = 448
#: What is still larger is hundreds of times as long as it is wide: its long side is shrunk more than the other.
_MOST_PIXELS = 4_000_000
#: Pixels that are turned into RGB at a time, as a picture may take four times its size in memory on the way.
_STRIP_PIXELS = 1_000_000
#: Levels of grey from darkest to lightest, of 255: with fewer on white, a transparent picture is tried on black too.
_LEAST_CONTRAST = 64

_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_EXIF_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was read."""

    # upright RGB pixels; a large picture is shrunk by a whole factor, its shorter side to no less than 448
    image: Image.Image
    format: str  # the real format, told from the content: ``JPEG``, ``PNG``, ...
    width: int  # pixels across, upright, as the file has them
    height: int  # pixels down, upright, as the file has them
    sha256: str  # of the file's bytes, in hexadecimal


def load_picture(source: Path | bytes, *, max_pixels: int = MAX_PIXELS, max_bytes: int = MAX_BYTES) -> Picture:
    """Read a picture: its first frame, turned upright as EXIF says, transparent parts over white.

    Over black where what it shows would vanish on white, as a white logo does.

    Args:
        source: The file, or what is in it. Its name does not matter.
        max_pixels: Refuse more, by the header, before anything is decoded. (Pillow itself refuses twice its own
            ``MAX_IMAGE_PIXELS``, so a higher limit than that has no effect.)
        max_bytes: Refuse a larger file before it is read.

    Returns:
        The picture.

    Raises:
        PictureError: It is missing, empty, not a picture, damaged or too large.
    """
    content = _read(source, max_bytes=max_bytes)
    path = named(source)
    with _quiet_pillow():
        image = _open(path, content, max_pixels=max_pixels)
        width, height = image.size
        try:
            image.draft(None, (_LEAST_SIDE, _LEAST_SIDE))
            image.load()
            orientation = _orientation(image)  # after loading, as Pillow turns a TIFF upright by itself
            pixels = _shrunk(image)
            if orientation in _UPRIGHT:
                pixels = pixels.transpose(_UPRIGHT[orientation])
        except MemoryError as error:
            reason = f"{width:,} x {height:,} pixels need more memory than may be used; make it smaller"
            raise PictureError(path, reason, "too large") from error
        except Exception as error:
            raise PictureError(path, f"damaged {image.format} picture: {_one_line(error)}", "unreadable") from error
    if orientation >= 5:
        width, height = height, width
    return Picture(pixels, image.format or "unknown", width, height, hashlib.sha256(content).hexdigest())


def picture_sha256(source: Path | bytes, *, max_bytes: int = MAX_BYTES) -> str:
    """The SHA-256 of a file's bytes, without decoding it.

    Args:
        source: The file, or what is in it.
        max_bytes: Refuse a larger file before it is read.

    Returns:
        64 hexadecimal digits, the same as ``load_picture(source).sha256``.

    Raises:
        PictureError: It is missing, empty, not an ordinary file or too large.
    """
    return hashlib.sha256(_read(source, max_bytes=max_bytes)).hexdigest()


def named(source: Path | bytes) -> Path:
    """What a picture is called in messages."""
    return source if isinstance(source, Path) else Path("picture")


def _read(source: Path | bytes, *, max_bytes: int) -> bytes:
    content = source if isinstance(source, bytes) else _read_file(source, max_bytes=max_bytes)
    if not content:
        raise PictureError(named(source), "is an empty file", "empty")
    if isinstance(source, bytes):
        check_size(source, max_bytes=max_bytes)
    return content


def check_size(content: bytes, *, max_bytes: int) -> None:
    """Refuse a picture of too many bytes.

    Raises:
        PictureError: It has more than max_bytes.
    """
    if len(content) > max_bytes:
        raise PictureError(named(content), f"has {len(content):,} bytes; the limit is {max_bytes:,}", "too large")


def _read_file(path: Path, *, max_bytes: int) -> bytes:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise PictureError(path, "is a folder, not a picture", "unreadable")
        if not stat.S_ISREG(status.st_mode):  # reading a pipe or a device might never end
            raise PictureError(path, "is not an ordinary file", "unreadable")
        if status.st_size > max_bytes:
            raise PictureError(path, f"has {status.st_size:,} bytes; the limit is {max_bytes:,}", "too large")
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise PictureError(path, "no such file", "missing") from error
    except (OSError, ValueError) as error:  # no permission, a name too long, a NUL in the name
        raise PictureError(path, f"cannot be read: {_one_line(error)}", "unreadable") from error


def _open(path: Path, content: bytes, *, max_pixels: int) -> Image.Image:
    """Parse the header, and refuse by it; no pixel is decoded here."""
    try:
        image = Image.open(io.BytesIO(content), formats=_known_formats())
    except Image.DecompressionBombError as error:
        reason = f"more than {max_pixels:,} pixels by its header, the limit; make it smaller"
        raise PictureError(path, reason, "too large") from error
    except UnidentifiedImageError as error:
        raise PictureError(path, _not_a_picture(content), "unreadable") from error
    except Exception as error:
        raise PictureError(path, f"damaged header: {_one_line(error)}", "unreadable") from error
    width, height = image.size
    if width * height > max_pixels:
        reason = f"{width:,} x {height:,} pixels by its header; the limit is {max_pixels:,} pixels; make it smaller"
        raise PictureError(path, reason, "too large")
    return image


def _known_formats() -> list[str]:
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]  # AVIF and others depend on how Pillow was built


def _not_a_picture(content: bytes) -> str:
    start = content[:65536].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<html" in start[:4096] or start.startswith(b"<!doctype html"):
        return "is a web page, not a picture; perhaps a download that failed"
    if b"<svg" in start:
        return "is an SVG drawing; convert it to PNG first"
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return "is a HEIC picture, as telephones write; convert it to JPEG first"
    if content[4:8] == b"ftyp" and content[8:12] not in (b"avif", b"avis"):
        return "is a video; give one of its pictures"
    if start.startswith(b"%pdf"):
        return "is a PDF document; convert its page to PNG first"
    words = b" ".join(content[:60].split())
    if words.isascii() and words.decode().isprintable():
        return f"is a text, not a picture: {words.decode()!r}"
    return f"is not a picture that can be read; expected one of {', '.join(_known_formats())}"


def _orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 to 8; a damaged EXIF block says nothing and spoils nothing."""
    try:
        value = image.getexif().get(_EXIF_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - the pixels are good even where the EXIF parser stumbles
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _shrunk(image: Image.Image, background: str = "white") -> Image.Image:
    """A decoded picture as RGB, shrunk by whole factors: strip by strip, with the pixels of the whole at once."""
    across, down = (max(1, min(image.size) // _LEAST_SIDE),) * 2
    width, height = image.size
    longer = -(-width * height // (across * down * _MOST_PIXELS))
    across, down = (across * longer, down) if width > height else (across, down * longer)
    rows = max(1, _STRIP_PIXELS // (width * down)) * down
    strips = [(0, top, width, min(top + rows, height)) for top in range(0, height, rows)]
    top_level = max(_top_level(image.crop(strip)) for strip in strips) if _is_deep(image) else 0.0
    shrunk = Image.new("RGB", (-(-width // across), -(-height // down)))
    for strip in strips:
        part = image if len(strips) == 1 else image.crop(strip)
        shrunk.paste(_rgb(part, top_level, background).reduce((across, down)), (0, strip[1] // down))
    if background == "white" and image.has_transparency_data and _contrast(shrunk) < _LEAST_CONTRAST:
        return max(shrunk, _shrunk(image, "black"), key=_contrast)
    return shrunk


def _contrast(image: Image.Image) -> int:
    [(darkest, lightest)] = ImageStat.Stat(image.convert("L")).extrema
    return lightest - darkest


def _rgb(image: Image.Image, top_level: float, background: str) -> Image.Image:
    if _is_deep(image):
        image = _eight_bits(image, top_level)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        under = Image.new("RGBA", image.size, background)
        under.alpha_composite(image)
        image = under
    return image.convert("RGB")


def _is_deep(image: Image.Image) -> bool:
    """Whether its levels are of 16 bits, 32 bits or floats, which Pillow's own conversion would clip to white."""
    return image.mode in {"I", "F"} or image.mode.startswith("I;16")


def _top_level(image: Image.Image) -> float:
    """The level that becomes white, for what is in this part of a picture."""
    import numpy as np

    most = float(np.nan_to_num(np.asarray(image, dtype=np.float64)).max())
    if image.mode != "F":
        return max(65535.0, most)
    return next(limit for limit in (1.0, 255.0, 65535.0, most) if most <= limit)


def _eight_bits(image: Image.Image, top_level: float) -> Image.Image:
    import numpy as np

    values = np.nan_to_num(np.asarray(image, dtype=np.float64))
    return Image.fromarray(np.clip(np.round(values * (255.0 / top_level)), 0, 255).astype(np.uint8))


_quiet_lock = threading.Lock()
_quiet_depth = 0
_quiet_filters: "warnings.catch_warnings[None] | None" = None


@contextmanager
def _quiet_pillow() -> Iterator[None]:
    """Keep Pillow's warnings (odd EXIF, sizes near the limit) from leaking, also when several threads read pictures.

    ``warnings.catch_warnings`` swaps a global list, so overlapping uses would restore each other's; the first reader
    in sets the filter and the last one out takes it away.
    """
    global _quiet_depth, _quiet_filters
    with _quiet_lock:
        if _quiet_depth == 0:
            _quiet_filters = warnings.catch_warnings(action="ignore")
            _quiet_filters.__enter__()
        _quiet_depth += 1
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet_depth -= 1
            if _quiet_depth == 0 and _quiet_filters is not None:
                _quiet_filters.__exit__(None, None, None)
                _quiet_filters = None


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error.strerror if isinstance(error, OSError) and error.strerror else error).split())
    return text[:200] or type(error).__name__
