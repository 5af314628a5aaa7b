"""Pictures to regions: each content once, kept on the disk, and no bad picture stops the others."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import vision
from kg import CacheError, KnowledgeCache
from ner import TaggedPost
from scripts._picture_features import PictureFeatures
from vision import WeightsError


class CountingEncoder:
    """Its regions are the picture's mean colour, and it counts what it was shown."""

    name, identity = "counting", "counting-v1"
    dimension = region_dimension = 3

    def __init__(self) -> None:
        self.shown = 0

    def encode(self, pictures: Sequence[Image.Image]) -> list[vision.PictureFeatures]:
        self.shown += len(pictures)
        colours = [np.asarray(p, dtype=np.float32).mean((0, 1)) for p in pictures]
        return [
            vision.PictureFeatures(np.tile(c, (49, 1)), c, (("flag", float(c[0]) / 255), ("pole", 0.125)))
            for c in colours
        ]


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> CountingEncoder:
    encoder = CountingEncoder()
    monkeypatch.setattr(vision, "load_encoder", lambda *_, **__: encoder)
    return encoder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, colour in (("1.jpg", "red"), ("2.png", "blue")):
        Image.new("RGB", (40, 30), colour).save(folder / name)
    return folder


def post(image: str | None) -> TaggedPost:
    return TaggedPost(str(image), ("Chad",), ("O",), image=image)


def make(folder: Path) -> PictureFeatures:
    return PictureFeatures(folder, folder.parent / "features.sqlite")


def test_a_picture_is_found_under_its_name_whatever_its_ending(folder: Path, encoder: CountingEncoder) -> None:
    features = make(folder)
    for name in ("2", "2.png", "2.jpg", "elsewhere/2.png"):
        regions = features.regions(post(name))
        assert regions is not None
        assert (regions.dtype, regions.shape, regions[0].tolist()) == (np.float32, (49, 3), [0.0, 0.0, 255.0])
    assert features.attributes(post("2")) == (("flag", 0.0), ("pole", 0.125))
    assert (encoder.shown, features.region_width, features.encoder_name) == (1, 3, "efficientnet-lite0")


def test_a_post_without_a_picture_has_none(folder: Path, encoder: CountingEncoder) -> None:
    features = make(folder)
    for name in (None, "", "9", "../9", "a\0b", ".", "x" * 300):
        assert features.regions(post(name)) is None
        assert features.attributes(post(name)) == ()


def test_nothing_is_encoded_twice(folder: Path, encoder: CountingEncoder) -> None:
    (folder / "copy.jpg").write_bytes((folder / "1.jpg").read_bytes())
    posts, heard = [post(name) for name in ("1", "2", "copy", "1", None)], []
    counts = make(folder).prepare(posts, lambda *told: heard.append(told))
    assert (counts.named, counts.usable, encoder.shown, heard) == (3, 3, 2, [("pictures", 3, 3)])
    again = make(folder)
    assert again.prepare(posts) == counts
    assert encoder.shown == 2
    assert again.regions(posts[2]).tolist() == again.regions(posts[0]).tolist()


def test_a_stopped_run_goes_on_from_what_is_kept(folder: Path, encoder: CountingEncoder) -> None:
    for number in range(40):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(folder / f"many{number}.png")
    posts = [post(f"many{number}") for number in range(40)]

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(folder).prepare(posts, stop)
    assert 0 < encoder.shown < 40
    assert make(folder).prepare(posts).usable == 40
    assert encoder.shown == 40


def test_bad_pictures_are_counted_and_named(folder: Path, encoder: CountingEncoder) -> None:
    (folder / "empty.jpg").touch()
    (folder / "page.jpg").write_text("<html>not found</html>")
    (folder / "cut.jpg").write_bytes((folder / "1.jpg").read_bytes()[:300])
    (folder / "lies.jpg").write_bytes((folder / "2.png").read_bytes())
    posts = [post(name) for name in ("1", "empty", "page", "cut", "lies", "absent")]
    counts = make(folder).prepare(posts)
    assert (counts.named, counts.usable, counts.misnamed) == (6, 2, 1)
    assert counts.kinds == {"empty": 1, "unreadable": 2, "missing": 1}
    assert list(counts.troubles) == ["empty", "page", "cut", "absent"]
    assert "web page" in counts.troubles["page"]
    said = str(counts)
    assert said.startswith("2 of 6 pictures can be used; 1 have another format")
    assert "1 empty, 1 missing, 2 unreadable (empty: is an empty file; page:" in said
    assert [features is None for features in map(make(folder).regions, posts)] == [False, True, True, True, False, True]


def test_what_is_lost_is_made_again(folder: Path, encoder: CountingEncoder, capsys) -> None:
    features = make(folder)
    whole = features.regions(post("1"))
    with KnowledgeCache.open(folder.parent / "features.sqlite") as other:
        other.prune()
    assert features.regions(post("1")).tolist() == whole.tolist()
    features.close()
    (folder.parent / "features.sqlite").write_bytes(b"no database" * 500)
    assert make(folder).regions(post("1")).tolist() == whole.tolist()
    assert encoder.shown == 3
    assert "features.sqlite cannot be used" in capsys.readouterr().err


def test_another_encoder_has_a_place_of_its_own(folder: Path, encoder: CountingEncoder) -> None:
    make(folder).prepare([post("1")])
    encoder.identity = "counting-v2"
    make(folder).prepare([post("1")])
    assert encoder.shown == 2


def test_a_write_that_fails_is_an_error(folder: Path, encoder: CountingEncoder) -> None:
    features = make(folder)
    with sqlite3.connect(folder.parent / "features.sqlite") as other:
        other.execute("CREATE TRIGGER t BEFORE INSERT ON regions BEGIN SELECT RAISE(ABORT, 'it is full'); END")
    other.close()
    with pytest.raises(CacheError, match="it is full"):
        features.prepare([post("1")])


def test_what_float16_cannot_hold_is_held_at_its_bound(folder: Path, encoder: CountingEncoder, monkeypatch) -> None:
    huge = np.full((49, 3), 1e9, dtype=np.float32)
    monkeypatch.setattr(encoder, "encode", lambda p: [vision.PictureFeatures(huge, huge[0], ()) for _ in p])
    assert make(folder).regions(post("1")).max() == np.finfo(np.float16).max


def test_what_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match="no such folder of pictures"):
        PictureFeatures(tmp_path / "none", tmp_path / "features.sqlite")
    with pytest.raises(WeightsError, match="lite7"):
        PictureFeatures(tmp_path, tmp_path / "features.sqlite", "lite7")
    with pytest.raises(CacheError, match="folder does not exist"):
        PictureFeatures(tmp_path, tmp_path / "none" / "features.sqlite")


def test_the_packaged_encoder(folder: Path) -> None:
    features = PictureFeatures(folder, folder.parent / "features.sqlite", device="cpu")
    fresh = features.regions(post("1"))
    direct = vision.load_encoder(device="cpu").encode([vision.load_picture(folder / "1.jpg").image])[0]
    assert fresh.shape == (49, features.region_width)
    np.testing.assert_allclose(fresh, direct.regions, rtol=1e-3, atol=1e-3)
    assert features.attributes(post("1")) == direct.attributes
