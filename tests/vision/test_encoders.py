"""Features: their shapes, what the vectors tell apart, and that the batch never matters."""

import subprocess
import sys
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageEnhance

from vision import ENCODERS, Encoder, PictureFeatures, WeightsError, load_encoder
from vision.features import top_attributes


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder("efficientnet-lite0", device="cpu")


def noise(width: int, height: int, seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def tricolour(left: str, middle: str, right: str) -> Image.Image:
    flag = Image.new("RGB", (300, 200), left)
    draw = ImageDraw.Draw(flag)
    draw.rectangle((100, 0, 199, 199), middle)
    draw.rectangle((200, 0, 299, 199), right)
    return flag


def crest(ground: str, mark: str, text: str) -> Image.Image:
    picture = Image.new("RGB", (260, 300), "white")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((20, 20, 240, 280), ground, "black", 8)
    draw.polygon([(130, 60), (190, 220), (70, 220)], mark)
    draw.text((95, 235), text, "black")
    return picture


def changed_copies(picture: Image.Image) -> list[Image.Image]:
    """As posts show it: cropped, scaled, brighter, compressed."""
    width, height = picture.size
    jpeg = BytesIO()
    picture.save(jpeg, "JPEG", quality=40)
    return [
        picture.crop((width // 40, height // 40, width - width // 40, height - height // 40)),
        picture.resize((width // 2, height // 2)),
        picture.resize((width * 2, height * 2)),
        ImageEnhance.Brightness(picture).enhance(0.9),
        Image.open(jpeg).convert("RGB"),
    ]


def cosine(one: PictureFeatures, other: PictureFeatures) -> float:
    return float(one.vector.astype(np.float64) @ other.vector.astype(np.float64))


def same(one: PictureFeatures, other: PictureFeatures) -> bool:
    return (
        one.regions.tobytes() == other.regions.tobytes()
        and one.vector.tobytes() == other.vector.tobytes()
        and one.attributes == other.attributes
    )


def test_shapes_types_and_lengths(encoder: Encoder) -> None:
    (features,) = encoder.encode([noise(50, 90, 0)])
    assert (features.regions.dtype, features.regions.shape) == (np.float32, (49, encoder.region_dimension))
    assert (features.vector.dtype, features.vector.shape) == (np.float32, (encoder.dimension,))
    assert abs(np.linalg.norm(features.vector) - 1) < 1e-5
    assert np.isfinite(features.regions).all()
    assert encoder.name == "efficientnet-lite0"
    assert encoder.identity.startswith("efficientnet-lite0-")
    assert encoder.identity == load_encoder("efficientnet-lite0", device="cpu").identity


def test_any_picture_can_be_encoded(encoder: Encoder) -> None:
    odd = [Image.new("RGB", (1, 1)), Image.new("RGB", (2000, 1), "red"), Image.new("L", (9, 9), 127), noise(3, 700, 1)]
    for features in encoder.encode(odd):
        assert np.isfinite(features.vector).all()
        assert abs(np.linalg.norm(features.vector) - 1) < 1e-5
    assert encoder.encode([]) == []


def test_the_batch_never_matters(encoder: Encoder) -> None:
    pictures = [noise(40 + 30 * seed, 80, seed) for seed in range(7)]
    alone = [encoder.encode([picture])[0] for picture in pictures]
    assert all(map(same, encoder.encode(pictures), alone))
    assert all(map(same, encoder.encode(pictures[::-1]), alone[::-1]))


def test_the_number_of_threads_never_matters_and_is_left_alone(encoder: Encoder) -> None:
    pictures = [noise(64, 64, seed) for seed in range(4)]
    before, results = torch.get_num_threads(), []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            results.append(load_encoder("efficientnet-lite0", device="cpu").encode(pictures))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert all(map(same, *results))


def test_attributes_are_likely_first_and_readable(encoder: Encoder) -> None:
    (features,) = encoder.encode([tricolour("blue", "white", "red")])
    names, probabilities = zip(*features.attributes, strict=True)
    assert len(set(names)) == 5
    assert all(name == name.strip() and len(name) > 1 for name in names)
    assert list(probabilities) == sorted(probabilities, reverse=True)
    assert 0 < sum(probabilities) <= 1


def test_top_attributes_sum_to_one_over_all_classes_and_break_ties_by_class() -> None:
    logits = np.full(1000, -50.0)
    logits[[7, 3, 900]] = 5.0
    top = top_attributes(logits)
    assert [name for name, _ in top[:3]] == [top_attributes(np.eye(1000)[c] * 9)[0][0] for c in (3, 7, 900)]
    assert abs(sum(probability for _, probability in top) - 1) < 1e-9


def test_no_attribute_comes_twice() -> None:
    everything = [top_attributes(row)[0][0] for row in np.eye(1000) * 20]
    assert len(set(everything)) == 998
    for name in ("missile", "sunglasses"):
        logits = np.full(1000, -9.0)
        logits[[number for number, other in enumerate(everything) if other == name]] = 0.0
        assert [label for label, probability in top_attributes(logits) if probability > 0.4] == [name]
        assert top_attributes(logits)[0][1] > 0.9


def test_changed_copies_stay_near_and_other_pictures_do_not(encoder: Encoder) -> None:
    originals = [
        tricolour("blue", "white", "red"),
        tricolour("green", "white", "orange"),
        crest("navy", "gold", "UNITED"),
        crest("white", "red", "ROVERS"),
    ]
    features = encoder.encode(originals)
    for number, original in enumerate(originals):
        for copy in encoder.encode(changed_copies(original)):
            cosines = [cosine(copy, other) for other in features]
            assert cosines[number] >= 0.9
            assert cosines[number] == max(cosines)
    assert cosine(features[0], features[2]) < 0.6


def test_flags_that_differ_by_a_shade_rank_rightly(encoder: Encoder) -> None:
    chad, romania = tricolour("#002664", "#fecb00", "#c60c30"), tricolour("#002b7f", "#fcd116", "#ce1126")
    one, other = encoder.encode([chad, romania])
    for copy in encoder.encode(changed_copies(chad)[1:3]):
        assert cosine(copy, one) > cosine(copy, other)
    for copy in encoder.encode(changed_copies(romania)[1:3]):
        assert cosine(copy, other) > cosine(copy, one)


def _photographs() -> list[Image.Image]:
    import matplotlib.cbook

    skimage = pytest.importorskip("skimage.data", reason="needs the extra 'examples'")
    loaders: list[Callable[[], np.ndarray]] = [skimage.astronaut, skimage.rocket]
    pictures = [Image.fromarray(load()) for load in loaders]
    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file:
        return [*pictures, Image.open(file).convert("RGB")]


def test_real_photographs(encoder: Encoder) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra 'examples'")
    photographs = _photographs()
    collins, rocket, hopper = encoder.encode(photographs)
    assert max(cosine(collins, rocket), cosine(collins, hopper), cosine(rocket, hopper)) < 0.6
    for features, photograph in zip((collins, rocket, hopper), photographs, strict=True):
        assert min(cosine(features, copy) for copy in encoder.encode(changed_copies(photograph))) >= 0.9
    assert "missile" in {name for name, _ in rocket.attributes}
    assert "military uniform" in {name for name, _ in hopper.attributes}


def test_unknown_names_and_devices() -> None:
    for name in ("alexnet", "timm", "timm:", "clip:base", ""):
        with pytest.raises(WeightsError, match=r"no encoder .*efficientnet-lite0, vgg16.*timm:NAME, hub:NAME"):
            load_encoder(name)
    for device in ("tpu", "cuda:99", "meta", "cpu:x"):
        with pytest.raises(WeightsError, match=r"no device .*cpu"):
            load_encoder("efficientnet-lite0", device=device)
    assert ENCODERS == ("efficientnet-lite0", "vgg16", "vgg19", "resnet152", "inception-v3")


def test_nothing_heavy_is_imported_with_the_package() -> None:
    script = (
        "import sys, vision; vision.ENCODERS, vision.load_encoder, vision.PictureError;"
        "print([name for name in ('torch', 'PIL', 'faiss', 'torchvision') if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
