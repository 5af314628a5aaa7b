"""Networks of timm and of transformers by name, tiny and with random weights, through the code that loads real ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from safetensors.torch import load_file, save_file

from vision import Encoder, PictureFeatures, WeightsError, load_encoder

TINY = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}
PICTURES = {**TINY, "image_size": 32, "patch_size": 8}
ALONE = {key: value for key, value in PICTURES.items() if key != "intermediate_size"}
TEXTS = {**TINY, "vocab_size": 50, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
SQUARE = {"size": {"height": 32, "width": 32}}
CROPPED = {"size": {"shortest_edge": 40}, "crop_size": {"height": 32, "width": 32}}


def clip() -> tuple[Any, Any]:
    config = transformers.CLIPConfig(text_config=TEXTS, vision_config=PICTURES, projection_dim=12)
    return transformers.CLIPModel(config), transformers.CLIPImageProcessor(**CROPPED)


def siglip() -> tuple[Any, Any]:
    config = transformers.SiglipConfig(text_config=TEXTS, vision_config=PICTURES)
    return transformers.SiglipModel(config), transformers.SiglipImageProcessor(**SQUARE)


def dino() -> tuple[Any, Any]:
    model = transformers.ViTModel(transformers.ViTConfig(**PICTURES), add_pooling_layer=False)
    return model, transformers.ViTImageProcessor(**SQUARE)


def dinov2() -> tuple[Any, Any]:
    return transformers.Dinov2Model(transformers.Dinov2Config(**ALONE)), transformers.BitImageProcessor(**CROPPED)


def dinov2_with_registers() -> tuple[Any, Any]:
    config = transformers.Dinov2WithRegistersConfig(**ALONE, num_register_tokens=4)
    return transformers.Dinov2WithRegistersModel(config), transformers.BitImageProcessor(**CROPPED)


def swin() -> tuple[Any, Any]:
    """Its last layer has fewer places than it has patches."""
    config = transformers.SwinConfig(
        image_size=32, patch_size=4, embed_dim=8, depths=[1, 1], num_heads=[1, 1], window_size=2
    )
    return transformers.SwinModel(config), transformers.ViTImageProcessor(**SQUARE)


def saved(folder: Path, make: Callable[[], tuple[Any, Any]]) -> Any:
    """Save a model as the hub has them, and return it."""
    torch.manual_seed(0)
    model, processor = make()
    transformers.utils.logging.disable_progress_bar()
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return model.eval()


def see(encoder: Encoder, picture: Image.Image) -> PictureFeatures:
    return encoder.encode([picture])[0]


def noise(side: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(2).integers(0, 256, (side, side, 3), dtype=np.uint8))


def content(features: PictureFeatures) -> Any:
    """The part of the vector that is not the colour layout, of length 1."""
    part = features.vector[:-192]
    return part / np.linalg.norm(part)


@pytest.mark.parametrize("make", [clip, siglip, dino, dinov2, dinov2_with_registers])
def test_regions_and_vectors_are_those_of_transformers(tmp_path: Path, make: Callable[[], tuple[Any, Any]]) -> None:
    model = saved(tmp_path, make)
    picture = noise(32)
    processor = transformers.AutoImageProcessor.from_pretrained(tmp_path)
    pixels = processor(picture, return_tensors="pt", size={"height": 32, "width": 32})["pixel_values"]
    with torch.inference_mode():
        tower = getattr(model, "vision_model", model)
        seen = tower(pixel_values=pixels)
        whole = seen.pooler_output if make in (clip, siglip) else seen.last_hidden_state[:, 0]
        whole = model.visual_projection(whole) if make is clip else whole
    encoder = load_encoder(f"hub:{tmp_path}", device="cpu")
    features = see(encoder, picture)
    assert np.allclose(features.regions, seen.last_hidden_state[0, -16:].numpy(), atol=1e-4)
    assert np.allclose(content(features), (whole[0] / whole[0].norm()).numpy(), atol=1e-4)
    assert features.attributes == ()
    assert encoder.dimension == len(features.vector) == (12 if make is clip else 16) + 192
    assert encoder.region_dimension == 16


def test_a_folder_may_be_named_by_weights_and_its_transform_counts(tmp_path: Path) -> None:
    saved(tmp_path / "one", dinov2)
    named = load_encoder("hub:someone/dino", weights=tmp_path / "one", device="cpu")
    assert named.name == "hub:someone/dino"
    text = (tmp_path / "one" / "preprocessor_config.json").read_text()
    (tmp_path / "one" / "preprocessor_config.json").write_text(text.replace("0.48145466", "0.5"))
    assert load_encoder("hub:someone/dino", weights=tmp_path / "one", device="cpu").identity != named.identity


def test_what_cannot_be_used_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(tmp_path / "part", dino)
    saved(tmp_path / "swin", swin)
    file = tmp_path / "part" / "model.safetensors"
    state = load_file(file)
    save_file({key: value for key, value in state.items() if "layernorm" not in key}, file, {"format": "pt"})
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "config.json").write_text("hello")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    for name, weights, words in (
        (f"hub:{tmp_path / 'part'}", None, "has no tensor"),
        (f"hub:{tmp_path / 'text'}", None, "cannot be used"),
        (f"hub:{tmp_path / 'swin'}", None, "expected a model of pictures like CLIP"),
        (f"hub:{tmp_path / 'empty'}", None, "no weights for"),
        ("hub:a/b", tmp_path / "empty", "has no config.json"),
        ("hub:a/b", tmp_path / "none", "no folder"),
        ("hub:a b", None, "no weights for hub:a b"),
    ):
        with pytest.raises(WeightsError, match=words) as caught:
            load_encoder(name, weights=weights, device="cpu")
        assert "\n" not in str(caught.value)


class TestTimm:
    """Skipped where timm, an extra, is not installed."""

    @pytest.fixture(autouse=True)
    def _needs_timm(self) -> None:
        pytest.importorskip("timm", reason="needs the extra 'timm'")

    @pytest.mark.parametrize(
        ("name", "regions", "hidden", "classes"),
        [
            ("mobilenetv3_small_050", (49, 288), 1024, 1000),
            ("vit_tiny_patch16_224.augreg_in21k", (196, 192), 192, 21843),
            ("resnet10t", (36, 512), 512, 1000),
        ],
    )
    def test_its_networks_by_name(
        self, tmp_path: Path, name: str, regions: tuple[int, int], hidden: int, classes: int
    ) -> None:
        import timm

        torch.manual_seed(0)
        model = timm.create_model(name, pretrained=False).eval()
        torch.save(model.state_dict(), tmp_path / "weights.pth")
        encoder = load_encoder(f"timm:{name}", weights=tmp_path / "weights.pth", device="cpu")
        data = timm.data.resolve_model_data_config(model)
        side = data["input_size"][-1]
        features = see(encoder, noise(side))
        assert features.regions.shape == regions
        assert encoder.dimension == hidden + 192
        pixels = torch.from_numpy(np.array(noise(side), np.float32)).permute(2, 0, 1)[None] / 255
        pixels = (pixels - torch.tensor(data["mean"]).view(1, 3, 1, 1)) / torch.tensor(data["std"]).view(1, 3, 1, 1)
        with torch.inference_mode():
            logits = model(pixels)[0]
            whole = model.forward_head(model.forward_features(pixels), pre_logits=True)[0]
        assert len(logits) == classes
        assert np.allclose(content(features), (whole / whole.norm()).numpy(), atol=1e-3)
        top = features.attributes[0][1]
        assert top >= float(torch.softmax(logits, 0).max()) - 1e-4
        assert all(isinstance(label, str) and label for label, _ in features.attributes)

    def test_no_network_and_no_weights_are_one_line(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
        with pytest.raises(WeightsError, match=r"timm has no network 'nope'; timm.list_models\(\)"):
            load_encoder("timm:nope")
        with pytest.raises(
            WeightsError, match=r"no weights for timm:resnet18: .*--weights.*timm/resnet18.a1_in1k"
        ) as e:
            load_encoder("timm:resnet18", device="cpu")
        assert "\n" not in str(e.value)
