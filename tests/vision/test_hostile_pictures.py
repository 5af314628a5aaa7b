"""Pictures made to do harm: each is read or refused with its reason, in this process and in one that can die."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from vision import PictureError, load_picture, load_picture_apart

MIB = 1 << 20


def made(format_name: str, size: tuple[int, int] = (40, 30), **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, format_name, **options)
    return file.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(*chunks: bytes, size: tuple[int, int] = (40, 30), stream: bytes | None = None) -> bytes:
    """A black PNG with some chunks before its pixels."""
    width, height = size
    pixels = zlib.compress(bytes((1 + 3 * width) * height)) if stream is None else stream
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def with_a_zip_behind() -> bytes:
    file = io.BytesIO(made("PNG"))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("run.sh", "echo no")
    return file.getvalue()


def gif_and_script() -> bytes:
    """Its width spells the start of a comment, and behind the picture a script goes on."""
    return b"GIF89a/*" + made("GIF")[8:] + b"*/=1;alert(1)//"


def gif_of_frames(count: int) -> bytes:
    still = made("GIF", (8, 8))
    start = still.index(b",\0\0\0\0")
    return still[:start] + still[start:-1] * count + b";"


def gif_with_a_frame_larger_than_itself() -> bytes:
    still = bytearray(made("GIF", (8, 8)))
    start = still.index(b",\0\0\0\0")
    still[start + 5 : start + 9] = struct.pack("<HH", 60_000, 60_000)
    return bytes(still)


def jpeg_with_exif(size: int) -> bytes:
    """An EXIF block whose first entry says that it is far longer than the block."""
    entry = struct.pack(">HHII", 0x010E, 2, 0x7FFFFFFF, 26)
    return made("JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01" + entry + bytes(size))


def zeros(mebibytes: int) -> bytes:
    """So many MiB of them in few bytes."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(MIB)) for _ in range(mebibytes)) + packer.flush()


Case = tuple[tuple[int, int], Callable[[], bytes]]
READ: dict[str, Case] = {
    "a PNG with a ZIP behind it": ((40, 30), with_a_zip_behind),
    "a JPEG with a web page behind it": ((40, 30), lambda: made("JPEG") + b"<html><script>alert(1)</script>"),
    "a GIF that is a script": ((10_799, 30), gif_and_script),
    "a GIF of 300,000 frames": ((8, 8), lambda: gif_of_frames(300_000)),
    "an ICC profile of 10 MiB": ((40, 30), lambda: made("JPEG", icc_profile=bytes(10 * MIB))),
    "an EXIF block that lies about its length": ((40, 30), lambda: jpeg_with_exif(60_000)),
    "an EXIF block of 10 MiB": ((40, 30), lambda: png(chunk(b"eXIf", b"MM\0*\0\0\0\x08\xff\xff" + bytes(10 * MIB)))),
    "a plain text of 10 MiB": ((40, 30), lambda: png(chunk(b"tEXt", b"Comment\0" + b"a" * 10 * MIB))),
    "more behind the pixels than its header says": ((40, 30), lambda: png(stream=zeros(100))),
    "many pixels from few bytes": ((5000, 5000), lambda: png(size=(5000, 5000), stream=zeros(72))),
}
SVG = b"<?xml version='1.0'?>\n<!-- drawn -->\n<svg xmlns='http://www.w3.org/2000/svg'/>"
REFUSED: dict[str, tuple[str, bytes]] = {
    "HEIC": ("is a HEIC picture", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(500)),
    "SVG": ("is an SVG drawing", SVG),
    "SVG behind a mark": ("is an SVG drawing", b"\xef\xbb\xbf\n <SVG width='9' height='9'></SVG>"),
    "a header of 100 million pixels": ("10,000 x 10,000 pixels by its header", png(size=(10_000, 10_000), stream=b"")),
    "a GIF whose frame is larger than itself": ("pixels by its header", gif_with_a_frame_larger_than_itself()),
    "a text that grows to 100 MiB": ("data too large", png(chunk(b"zTXt", b"Comment\0\0" + zeros(100)))),
    "a profile that grows to 100 MiB": ("data too large", png(chunk(b"iCCP", b"icc\0\0" + zeros(100)))),
}


@pytest.mark.parametrize("name", READ)
def test_what_does_no_harm_is_read(name: str) -> None:
    size, make = READ[name]
    content = make()
    here, there = load_picture(content), load_picture_apart(content)
    assert (here.width, here.height) == (there.width, there.height) == size
    assert here.image.tobytes() == there.image.tobytes()


@pytest.mark.parametrize("name", REFUSED)
def test_what_may_is_refused(name: str, tmp_path: Path) -> None:
    reason, content = REFUSED[name]
    (tmp_path / "a.png").write_bytes(content)
    for load in (load_picture, load_picture_apart):
        with pytest.raises(PictureError, match=reason) as caught:
            load(tmp_path / "a.png")
        assert caught.value.kind in {"unreadable", "too large"}
