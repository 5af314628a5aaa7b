"""Local features and placements: what is the same picture again, and where it lies."""

import numpy as np
import pytest
from pictures_with_points import draw_flag, draw_poster
from PIL import Image, ImageEnhance, ImageOps

from vision import LocalFeatures, Placement, find_local_features, find_placement

POSTER = draw_poster(1)


def placed(picture: Image.Image, other: Image.Image) -> Placement | None:
    return find_placement(find_local_features(picture), find_local_features(other))


def pasted(picture: Image.Image) -> Image.Image:
    page = draw_poster(2, (640, 480))
    page.paste(picture.resize((240, 180)), (300, 90))
    return page


CHANGES = {
    "turned": POSTER.rotate(12, expand=True, fillcolor="grey"),
    "a cut": POSTER.crop((60, 40, 220, 170)),
    "dark": ImageEnhance.Brightness(POSTER).enhance(0.2),
    "grey": ImageOps.grayscale(POSTER).convert("RGB"),
    "stretched": POSTER.resize((390, 200)),
    "pasted": pasted(POSTER),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_picture_is_placed(change: str) -> None:
    found = placed(POSTER, CHANGES[change])
    assert found is not None
    assert found.inliers >= 15
    assert found.likeness > 0.8
    assert not found.mirrored


def test_a_mirrored_picture_is_placed_as_in_a_mirror() -> None:
    found = placed(POSTER, ImageOps.mirror(POSTER))
    assert found is not None
    assert found.mirrored
    assert (found.overlap, found.likeness) == (pytest.approx(1, abs=0.05), pytest.approx(1, abs=0.05))


def test_a_placement_says_how_much_is_seen() -> None:
    cut, page = placed(POSTER, CHANGES["a cut"]), placed(POSTER, CHANGES["pasted"])
    assert cut is not None
    assert page is not None
    assert cut.overlap == pytest.approx(160 * 130 / (260 * 200), abs=0.06)
    assert page.overlap == pytest.approx(1, abs=0.03)


def test_another_picture_does_not_agree() -> None:
    for seed in range(3, 9):
        found = placed(POSTER, draw_poster(seed))
        assert found is None or (found.inliers < 8 and found.likeness < 0.6)


def test_another_colour_is_told_where_points_agree() -> None:
    red, green, blue = POSTER.split()
    found = placed(POSTER, Image.merge("RGB", (blue, red, green)))
    assert found is None or found.likeness < 0.8


@pytest.mark.parametrize("tint", [(40, 0, 0), (0, 60, 30)])
def test_a_tint_is_no_other_colour(tint: tuple[int, int, int]) -> None:
    tinted = Image.fromarray((np.asarray(POSTER) * 0.7 + tint).astype(np.uint8))
    found = placed(POSTER, tinted)
    assert found is not None
    assert found.likeness > 0.97


def test_the_same_stripes_in_other_colours_are_not_alike() -> None:
    flag = draw_flag(("navy", "white", "firebrick"))
    for stripes in (("firebrick", "white", "navy"), ("darkgreen", "white", "firebrick"), ("navy", "gold", "firebrick")):
        found = placed(flag, draw_flag(stripes))
        assert found is None or found.likeness < 0.8
    grey = placed(flag, ImageOps.grayscale(flag).convert("RGB"))
    assert grey is not None
    assert grey.likeness > 0.97


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (64, 64), (3000, 4)])
def test_a_picture_without_points_has_no_placement(size: tuple[int, int]) -> None:
    plain = Image.new("RGB", size, "teal")
    assert len(find_local_features(plain).points) == 0
    assert placed(POSTER, plain) is None
    assert placed(plain, POSTER) is None


def test_features_come_back_from_their_bytes() -> None:
    for picture in (POSTER, Image.new("RGB", (7, 900))):
        features = find_local_features(picture)
        blob = features.to_bytes()
        back = LocalFeatures.from_bytes(blob)
        assert back.to_bytes() == blob
        assert back.aspect == pytest.approx(features.aspect)
        np.testing.assert_allclose(back.points, features.points, atol=1e-4)
        np.testing.assert_array_equal(back.descriptors, features.descriptors)
        np.testing.assert_array_equal(back.thumbnail, features.thumbnail)


def test_features_are_bounded() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (900, 900, 3), dtype=np.uint8))
    features = find_local_features(noise)
    assert 0 < len(features.points) <= 300
    assert len(features.to_bytes()) < 60_000
