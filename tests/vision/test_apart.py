"""Pictures in a process of their own: the same as in this one, and what stops a decoder costs one picture."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vision import PictureError, load_picture, load_picture_apart


def decoders() -> list[int]:
    found = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [int(pid) for pid in found if b"vision.apart" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (700, 900, 3), dtype=np.uint8)).save(tmp_path / "a.jpg")
    return tmp_path / "a.jpg"


def test_a_picture_is_the_same_in_another_process(picture: Path) -> None:
    here = load_picture(picture)
    with ThreadPoolExecutor(4) as threads:
        for one in threads.map(load_picture_apart, [picture] * 12):
            assert one.image.tobytes() == here.image.tobytes()
            assert (one.format, one.width, one.height, one.sha256) == ("JPEG", 900, 700, here.sha256)
    assert 1 <= len(decoders()) <= (os.cpu_count() or 1)


def test_what_is_refused_here_is_refused_there(tmp_path: Path, picture: Path) -> None:
    (tmp_path / "text.jpg").write_text("words")
    for path, limits in ((tmp_path / "none", {}), (tmp_path / "text.jpg", {}), (picture, {"max_pixels": 9})):
        with pytest.raises(PictureError) as here:
            load_picture(path, **limits)
        with pytest.raises(PictureError) as there:
            load_picture_apart(path, **limits)
        assert (str(there.value), there.value.kind) == (str(here.value), here.value.kind)


def test_a_decoder_that_dies_costs_one_picture(picture: Path) -> None:
    load_picture_apart(picture)
    for pid in decoders():
        os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)
    refused = 0
    for _ in range(4):
        try:
            assert load_picture_apart(picture).width == 900
        except PictureError as error:
            assert "its decoder crashed" in error.reason
            refused += 1
    assert refused <= (os.cpu_count() or 1)
    assert load_picture_apart(picture).width == 900


def test_processor_time_is_limited_for_each_picture(tmp_path: Path, picture: Path) -> None:
    Image.new("RGBA", (9400, 9400), (9, 8, 7, 6)).save(tmp_path / "slow.png", compress_level=1)
    with pytest.raises(PictureError, match="takes more than 0 s to decode") as caught:
        load_picture_apart(tmp_path / "slow.png", cpu_s=0)
    assert caught.value.kind == "too large"
    assert load_picture_apart(picture, cpu_s=1).width == 900


def test_a_relative_path_is_of_the_folder_that_one_is_in_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, colour in (("here", "red"), ("there", "blue")):
        (tmp_path / name).mkdir()
        Image.new("RGB", (8, 8), colour).save(tmp_path / name / "picture.png")
        monkeypatch.chdir(tmp_path / name)
        pixel = load_picture_apart(Path("picture.png")).image.getpixel((0, 0))
        assert pixel == Image.new("RGB", (1, 1), colour).getpixel((0, 0))
