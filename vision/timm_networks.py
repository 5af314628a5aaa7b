"""Any network of timm (PyTorch Image Models) that gives its maps, with its own transform and classes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import nn

from .encoder import Encoder, Precision, choose_device
from .errors import WeightsError
from .features import Transform
from .weights import digest_with, fit_weights, on_the_hub, read_weights

_FILE = "model.safetensors"
_IMAGENET = 1000


def load_timm(name: str, *, weights: Path | None, device: str, precision: Precision | None) -> Encoder:
    """Load a network of timm.

    Args:
        name: ``timm:`` and its name, as ``timm:vit_tiny_patch16_224`` or with its weights' tag
            ``timm:vit_tiny_patch16_224.augreg_in21k_ft_in1k``.
        weights: A file of its weights, under timm's tensor names.
        device: Where to run.
        precision: In what numbers.

    Raises:
        WeightsError: There is no such network or device, timm is not installed, or the weights cannot be had or used.
    """
    model_name = name.partition(":")[2]
    chosen = choose_device(device)
    model, published = _create(name, model_name)
    if weights is None:
        if not published:
            raise WeightsError(f"no weights are published for {name}: give a file (--weights FILE), or name its tag")
        weights = on_the_hub(published, name=name, files=(_FILE,)) / _FILE
    state, digest = read_weights(weights)
    fit_weights(model, state, path=weights, name=name)
    transform, labels = _transform(model), _labels(model)
    network = _Network(model, classifies=bool(labels) or model.num_classes == _IMAGENET).eval()
    with torch.inference_mode():
        maps, _, hidden = network(torch.zeros(1, 3, transform.side, transform.side))
    return Encoder(
        network,
        name=name,
        digest=digest_with(digest, transform),
        region_dimension=maps.shape[1],
        hidden_dimension=hidden.shape[1],
        device=chosen,
        transform=transform,
        labels=labels,
        precision=precision,
    )


class _Network(nn.Module):
    """A network of timm, giving its last map, its logits where it has classes, and what these are made from."""

    def __init__(self, model: Any, *, classifies: bool) -> None:
        super().__init__()
        self.model = model
        self.classifies = classifies

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor]:
        """float32 (B, 3, side, side), normalised, to maps (B, R, h, w), logits (B, classes) or None, hidden (B, H)."""
        final, maps = self.model.forward_intermediates(pixels, indices=1, norm=True)
        hidden = self.model.forward_head(final, pre_logits=True).flatten(1)
        return maps[-1], self.model.forward_head(final) if self.classifies else None, hidden


def _create(name: str, model_name: str) -> tuple[Any, str | None]:
    """A network without its weights, and where on the hub these are."""
    try:
        import timm
    except ImportError as error:
        raise WeightsError(f"{name} needs timm: pip install timm (or kgmner[timm])") from error
    try:
        model: Any = timm.create_model(model_name, pretrained=False).eval()
    except RuntimeError as error:  # timm's own, for a name or a tag that it does not know
        raise WeightsError(f"timm has no network {model_name!r}; timm.list_models() names them") from error
    if not hasattr(model, "forward_intermediates"):
        raise WeightsError(f"{name} gives no maps of its pictures; choose another network, such as timm:resnet50")
    return model, model.pretrained_cfg.get("hf_hub_id")


def _transform(model: Any) -> Transform:
    """The network's own transform, but for its cropping."""
    values = _data().resolve_model_data_config(model)
    resampling = getattr(Image.Resampling, values["interpolation"].upper(), Image.Resampling.BICUBIC)
    return Transform(values["input_size"][-1], tuple(values["mean"]), tuple(values["std"]), resampling)


def _labels(model: Any) -> Sequence[str]:
    """What timm calls the network's classes; none where it does not know them, or where they are ImageNet's 1,000."""
    subset = _data().infer_imagenet_subset(model) if model.num_classes != _IMAGENET else None
    return list(_data().ImageNetInfo(subset).label_descriptions()) if subset else ()


def _data() -> Any:
    """What timm knows of transforms and classes, without the types that it has only in part."""
    import timm.data

    return timm.data
