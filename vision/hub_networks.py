"""Picture networks of transformers by their name on the Hugging Face hub: CLIP, SigLIP, DINO and their like."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from safetensors import SafetensorError
from torch import nn

from .encoder import Encoder, Precision, choose_device
from .errors import WeightsError, shown
from .features import Transform
from .weights import digest_of_files, digest_with, on_the_hub

_FILES = ("config.json", "*.safetensors", "preprocessor_config.json")


def load_hub(name: str, *, weights: Path | None, device: str, precision: Precision | None) -> Encoder:
    """Load a network of transformers.

    Args:
        name: ``hub:`` and its name on the hub (``hub:openai/clip-vit-base-patch32``), or a folder of it.
        weights: The folder, where the name is not one: with ``config.json``, ``preprocessor_config.json`` and
            ``model.safetensors``.
        device: Where to run.
        precision: In what numbers.

    Raises:
        WeightsError: It cannot be had or used, or there is no such device.
    """
    repository = name.partition(":")[2]
    chosen = choose_device(device)
    folder = weights or Path(repository)
    if weights is None and (folder / "config.json").is_file():
        name = f"hub:{folder.resolve()}"  # found again from wherever the next command runs
    if not (folder / "config.json").is_file():
        if weights is not None:
            raise WeightsError(f"{shown(weights)} has no config.json; expected a folder with {', '.join(_FILES)}")
        folder = on_the_hub(repository, name=name, files=_FILES)
    try:
        model, transform = _load(folder)
        network = _Network(model).eval()
        with torch.inference_mode():
            maps, _, hidden = network(torch.zeros(1, 3, transform.side, transform.side))
    except (OSError, ValueError, TypeError, AttributeError, RuntimeError, KeyError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:160]
        expected = "a model of pictures like CLIP, SigLIP or DINO"
        raise WeightsError(f"{shown(folder)} cannot be used for {name}, expected {expected}: {reason}") from error
    return Encoder(
        network,
        name=name,
        digest=digest_with(digest_of_files(folder.glob("*.safetensors")), transform),
        region_dimension=maps.shape[1],
        hidden_dimension=hidden.shape[1],
        device=chosen,
        transform=transform,
        precision=precision,
    )


class _Network(nn.Module):
    """The part of a network that looks at pictures.

    Of a model of pictures and texts (CLIP, SigLIP) the whole picture's vector is the one that is compared with texts;
    of one of pictures alone (DINO) its first token. Regions are the last layer's patches.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.compares_with_texts = hasattr(model, "vision_model")
        self.tower = model.vision_model if self.compares_with_texts else model
        self.projection = getattr(model, "visual_projection", None)
        self.patch: Any = getattr(self.tower.config, "patch_size", None)

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, None, torch.Tensor]:
        """float32 (B, 3, side, side), normalised, to maps (B, R, h, w), no logits, and hidden (B, H)."""
        seen = self.tower(pixel_values=pixels)
        tokens = seen.last_hidden_state
        if tokens.ndim == 4:  # a convolutional network's map
            return tokens, None, tokens.mean((2, 3))
        across = pixels.shape[-1] // self.patch
        patches = tokens[:, tokens.shape[1] - across**2 :]  # behind the tokens of the whole picture
        hidden = seen.pooler_output if self.compares_with_texts else tokens[:, 0]
        maps = patches.transpose(1, 2).unflatten(2, (across, across))
        return maps, None, hidden if self.projection is None else self.projection(hidden)


def _load(folder: Path) -> tuple[Any, Transform]:
    """The model, every tensor of its picture part from the file, and its transform, but for its cropping."""
    with _quiet():
        import transformers

        library: Any = transformers
        model, report = library.AutoModel.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, dtype=torch.float32, output_loading_info=True
        )
        theirs = library.AutoImageProcessor.from_pretrained(folder, local_files_only=True)
    parts = ("vision_model.", "visual_projection.") if hasattr(model, "vision_model") else ("",)
    missing = [key for key in sorted(report["missing_keys"]) if key.startswith(parts) and not key.startswith("pooler.")]
    if missing:
        raise ValueError(f"its file has no tensor {missing[0]!r}")
    sizes = dict(theirs.crop_size or {}) if getattr(theirs, "do_center_crop", False) else dict(theirs.size)
    side = int(sizes.get("height") or sizes.get("shortest_edge") or 224)
    mean, deviation = (tuple(map(float, values)) for values in (theirs.image_mean, theirs.image_std))
    return model, Transform(side, mean, deviation, Image.Resampling(int(theirs.resample)))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's loading reports and bars off the user's screen."""
    from transformers.utils import logging

    reports: Any = logging
    level, bars = reports.get_verbosity(), reports.is_progress_bar_enabled()
    reports.set_verbosity_error()
    reports.disable_progress_bar()
    try:
        yield
    finally:
        reports.set_verbosity(level)
        if bars:
            reports.enable_progress_bar()
