"""Every kind of picture file, good and bad, becomes RGB pixels or one clear line."""

import hashlib
import os
import pickle
import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vision import Picture, PictureError, VisionError, load_picture, picture_sha256

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def noise(width: int = 64, height: int = 48, seed: int = 0) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size, with hardly any pixels behind it."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100))


def refused(path: Path, kind: str, **options: int) -> str:
    with pytest.raises(PictureError) as caught:
        load_picture(path, **options)
    assert caught.value.kind == kind
    assert caught.value.path == path
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(caught.value.reason)
    assert isinstance(caught.value, VisionError)
    return caught.value.reason


def close(pixel: object, expected: tuple[int, int, int], tolerance: int = 6) -> bool:
    return bool(np.abs(np.array(pixel) - np.array(expected)).max() <= tolerance)


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM"])
def test_the_format_is_told_by_content_whatever_the_name(tmp_path: Path, format_name: str) -> None:
    for name in ("picture.jpg", "picture.png", "picture.txt", "picture"):
        path = tmp_path / name
        noise().save(path, format_name)
        picture = load_picture(path)
        assert (picture.format, picture.width, picture.height) == (format_name, 64, 48)
        assert (picture.image.mode, picture.image.size) == ("RGB", (64, 48))
        assert picture.sha256 == hashlib.sha256(path.read_bytes()).hexdigest() == picture_sha256(path)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int, format_name: str) -> None:
    upright = np.zeros((40, 80, 3), np.uint8)
    upright[:20, :40], upright[:20, 40:], upright[20:, :40], upright[20:, 40:] = RED, GREEN, BLUE, WHITE
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "turned"
    Image.fromarray(np.ascontiguousarray(stored)).save(path, format_name, exif=exif)
    picture = load_picture(path)
    assert (picture.width, picture.height) == picture.image.size == (80, 40)
    corners = [picture.image.getpixel(at) for at in ((5, 5), (74, 5), (5, 34), (74, 34))]
    assert all(close(pixel, colour, 20) for pixel, colour in zip(corners, (RED, GREEN, BLUE, WHITE), strict=True))


def test_a_damaged_exif_block_spoils_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    noise().save(path, exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01" * 30)
    assert load_picture(path).image.size == (64, 48)


def test_transparent_parts_are_white(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (4, 2), (0, 0, 0, 0))
    clear.putpixel((0, 0), (255, 0, 0, 255))
    clear.putpixel((1, 0), (0, 0, 255, 128))
    clear.save(tmp_path / "rgba.png")
    image = load_picture(tmp_path / "rgba.png").image
    assert [image.getpixel((x, 0)) for x in (0, 2)] == [RED, WHITE]
    assert close(image.getpixel((1, 0)), (127, 127, 255))
    Image.merge("LA", [clear.getchannel("R"), clear.getchannel("A")]).save(tmp_path / "la.png")
    assert load_picture(tmp_path / "la.png").image.getpixel((3, 1)) == WHITE
    palette = Image.new("P", (4, 2), 1)
    palette.putpalette([0, 0, 0, 255, 0, 0])
    palette.putpixel((0, 0), 0)
    palette.save(tmp_path / "p.png", transparency=0)
    assert [load_picture(tmp_path / "p.png").image.getpixel((x, 0)) for x in (0, 1)] == [WHITE, RED]
    palette.save(tmp_path / "p2.png", transparency=b"\x00\xff")
    assert [load_picture(tmp_path / "p2.png").image.getpixel((x, 0)) for x in (0, 1)] == [WHITE, RED]


@pytest.mark.parametrize("level", [255, 230, 0])
@pytest.mark.parametrize("format_name", ["PNG", "WEBP", "GIF"])
def test_a_transparent_logo_does_not_vanish(tmp_path: Path, level: int, format_name: str) -> None:
    """White logos came out as nothing but white, so that each was a copy of every other."""
    logo = Image.new("RGBA", (1200, 1000), (level, level, level, 0))
    logo.paste((level, level, level, 255), (0, 0, 600, 1000))
    logo.save(tmp_path / "logo", format_name, **({"lossless": True} if format_name == "WEBP" else {}))
    image = load_picture(tmp_path / "logo").image
    ground = WHITE if level == 0 else (0, 0, 0)
    found = [image.getpixel(at) for at in ((5, 5), (image.width - 5, image.height - 5))]
    assert all(close(pixel, colour) for pixel, colour in zip(found, ((level,) * 3, ground), strict=True))


def test_a_faint_shadow_and_what_is_all_transparent_stay_on_white(tmp_path: Path) -> None:
    faint = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    faint.save(tmp_path / "clear.png")
    faint.paste((0, 0, 0, 12), (0, 0, 20, 40))
    faint.save(tmp_path / "faint.png")
    for name in ("clear.png", "faint.png"):
        assert load_picture(tmp_path / name).image.getpixel((35, 35)) == WHITE


@pytest.mark.parametrize("format_name", ["GIF", "WEBP", "PNG", "TIFF"])
def test_animations_give_their_first_frame(tmp_path: Path, format_name: str) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in (RED, GREEN, BLUE)]
    path = tmp_path / "moving"
    frames[0].save(path, format_name, save_all=True, append_images=frames[1:])
    assert close(load_picture(path).image.getpixel((8, 8)), RED)


def test_every_mode_becomes_rgb(tmp_path: Path) -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    Image.fromarray(ramp).save(tmp_path / "grey.png")
    Image.fromarray(ramp).convert("1").save(tmp_path / "one.png")
    noise().convert("P").save(tmp_path / "palette.png")
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "cmyk.jpg")
    Image.fromarray(ramp.astype(np.uint16) * 257).save(tmp_path / "deep.png")
    Image.fromarray(ramp.astype(np.float32) / 255).save(tmp_path / "unit.tiff")
    Image.fromarray(ramp.astype(np.float32) * 100).save(tmp_path / "float.tiff")
    Image.fromarray(ramp.astype(np.int32) * 70_000).save(tmp_path / "int.tiff")
    Image.fromarray(np.full((4, 4), np.nan, np.float32)).save(tmp_path / "nan.tiff")
    for path in sorted(tmp_path.iterdir()):
        assert load_picture(path).image.mode == "RGB", path
    grey = np.stack([ramp] * 3, axis=2)
    for name in ("grey.png", "deep.png", "unit.tiff"):
        assert np.array_equal(np.asarray(load_picture(tmp_path / name).image), grey), name
    assert np.abs(np.asarray(load_picture(tmp_path / "int.tiff").image, int) - grey).max() <= 1
    assert close(load_picture(tmp_path / "cmyk.jpg").image.getpixel((4, 4)), RED, 40)


def test_a_large_picture_is_shrunk_and_keeps_its_size_on_record(tmp_path: Path) -> None:
    big = noise(8, 4).resize((4000, 2000), Image.Resampling.NEAREST)
    for name in ("big.jpg", "big.bmp"):
        big.save(tmp_path / name)
        picture = load_picture(tmp_path / name)
        assert (picture.width, picture.height) == (4000, 2000)
        assert 448 <= min(picture.image.size) < 900
        assert abs(picture.image.width - 2 * picture.image.height) <= 2


def test_the_smallest_picture_is_fine(tmp_path: Path) -> None:
    Image.new("RGB", (1, 1), GREEN).save(tmp_path / "a.png")
    assert load_picture(tmp_path / "a.png").image.getpixel((0, 0)) == GREEN


def test_missing_empty_folder_pipe_and_odd_names(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.jpg", "missing") == "no such file"
    (tmp_path / "empty.jpg").touch()
    assert refused(tmp_path / "empty.jpg", "empty") == "is an empty file"
    assert refused(tmp_path / "empty.jpg" / "below.jpg", "missing") == "no such file"
    assert "folder" in refused(tmp_path, "unreadable")
    os.mkfifo(tmp_path / "pipe")
    assert "ordinary" in refused(tmp_path / "pipe", "unreadable")
    refused(tmp_path / ("x" * 300), "unreadable")
    refused(Path("a\0b.jpg"), "unreadable")
    refused(tmp_path / "two\nlines.jpg", "missing")
    for path in (tmp_path / "none.jpg", tmp_path / "empty.jpg", tmp_path):
        with pytest.raises(PictureError):
            picture_sha256(path)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"just words", "a text, not a picture: 'just words'"),
        (b'{"error":\n"not found"}' + bytes(90), "is not a picture that can be read"),
        (b'{"error":\n"not found"}', """a text, not a picture: '{"error": "not found"}'"""),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a", "version https://git-lfs.github.com/spec/v1"),
        (b"\xff\xfe\xfd" * 90, "is not a picture that can be read"),
        (b"\0\0\0\x18ftypisom\0\0\0\0" + bytes(90), "is a video"),
        (b"<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC 'x'>\n<html><svg/>", "web page"),
        (b"<?xml version='1.0'?><!--" + b"drawn " * 2000 + b"--><svg xmlns='x'/>", "SVG"),
        (b"\0" * 5000, "not a picture"),
        (b"<!DOCTYPE html><p>404", "web page"),
        (b"\xef\xbb\xbf<html>", "web page"),
        (b"<?xml version='1.0'?><svg xmlns='x'/>", "SVG"),
        (b"%PDF-1.7 ", "PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
        (b"\xff\xd8\xff", ""),
        (b"\x89PNG\r\n\x1a\n", ""),
        (b"GIF89a", ""),
        (b"RIFF\x10\0\0\0WEBPVP8 ", ""),
    ],
)
def test_what_is_no_picture_is_named(tmp_path: Path, content: bytes, word: str) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    assert word in refused(tmp_path / "a.jpg", "unreadable")


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_a_truncated_picture_is_refused(tmp_path: Path, format_name: str) -> None:
    noise(200, 200).save(tmp_path / "whole", format_name)
    content = (tmp_path / "whole").read_bytes()
    for keep in (0.1, 0.5, 0.8):
        (tmp_path / "part").write_bytes(content[: int(len(content) * keep)])
        refused(tmp_path / "part", "unreadable")


@pytest.mark.parametrize("side", [20_000, 10_000, 60_000])
def test_a_huge_picture_is_refused_by_its_header(tmp_path: Path, side: int) -> None:
    # There are hardly any pixels behind the header: had it been decoded, the picture would be called damaged.
    (tmp_path / "bomb.png").write_bytes(png_header(side, side))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "by its header" in refused(tmp_path / "bomb.png", "too large")


def test_a_real_picture_of_400_million_pixels_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "big.pbm").open("wb") as file:
        file.write(b"P4 20000 20000\n")
        file.truncate(15 + 20_000 * 20_000 // 8)  # all of its pixels are there, and black
    assert "by its header" in refused(tmp_path / "big.pbm", "too large")


def test_the_limits_can_be_set(tmp_path: Path) -> None:
    noise().save(tmp_path / "a.png")
    assert "64 x 48" in refused(tmp_path / "a.png", "too large", max_pixels=64 * 48 - 1)
    assert load_picture(tmp_path / "a.png", max_pixels=64 * 48).width == 64
    assert "bytes" in refused(tmp_path / "a.png", "too large", max_bytes=100)


def test_no_byte_flip_raises_anything_else(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    for format_name in ("JPEG", "PNG", "GIF", "WEBP", "TIFF"):
        noise().save(tmp_path / "whole", format_name)
        content = np.frombuffer((tmp_path / "whole").read_bytes(), np.uint8)
        for _ in range(25):
            damaged = content.copy()
            damaged[generator.integers(0, len(content), 12)] = generator.integers(0, 256, 12)
            (tmp_path / "damaged").write_bytes(damaged.tobytes())
            try:
                assert isinstance(load_picture(tmp_path / "damaged"), Picture)
            except PictureError as error:
                assert "\n" not in str(error)


def test_the_warnings_of_pillow_do_not_leak_and_those_of_others_come_back(tmp_path: Path) -> None:
    (tmp_path / "near.png").write_bytes(png_header(9_999, 9_999))
    noise().save(tmp_path / "a.png")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(load_picture, [tmp_path / "a.png"] * 40))
        refused(tmp_path / "near.png", "too large")
        assert not caught
        warnings.warn("still heard", stacklevel=1)
    assert len(caught) == 1


def test_the_error_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(PictureError(Path("a.jpg"), "no such file", "missing")))
    assert (str(error), error.kind, error.path) == ("a.jpg: no such file", "missing", Path("a.jpg"))
