"""The networks of the papers, as torchvision has them: VGG16, VGG19, ResNet-152 and Inception-v3.

Their weights are large and come from the user, from torchvision's cache or from the net. A file without the classifier
is enough; there are no attributes then.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import nn

from .encoder import Encoder, Precision, choose_device
from .features import Transform
from .weights import cached_or_downloaded, digest_with, fit_weights, read_weights

_RESAMPLING = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


@dataclass(frozen=True, slots=True)
class _Architecture:
    """A network of torchvision, and where in it the features are."""

    model: str  # torchvision's name
    weights: str  # torchvision's name of the weights
    maps: str  # the layer whose map is the regions
    head: str  # what the classifier's layers are called
    region_dimension: int  # R
    centred: bool = False  # whether its weights are for pixels from -1 to 1, whatever torchvision's transform says
    makes_up_weights: bool = True  # torchvision makes up first weights, and takes seconds, unless it is told not to


_ARCHITECTURES = {
    # the last pooling, 7 x 7 x 512
    "vgg16": _Architecture("vgg16", "IMAGENET1K_V1", "features.30", "classifier", 512),
    "vgg19": _Architecture("vgg19", "IMAGENET1K_V1", "features.36", "classifier", 512),
    # the last convolution, 7 x 7 x 2048
    "resnet152": _Architecture("resnet152", "IMAGENET1K_V1", "layer4", "fc", 2048, makes_up_weights=False),
    # 8 x 8 x 2048, whose mean is the final hidden vector. Its weights are Google's, for pixels from -1 to 1, to which
    # torchvision turns its own transform back (`transform_input`).
    "inception-v3": _Architecture("inception_v3", "IMAGENET1K_V1", "Mixed_7c", "fc", 2048, centred=True),
}


def load_torchvision(name: str, *, weights: Path | None, device: str, precision: Precision | None) -> Encoder:
    """Load a network of torchvision.

    Args:
        name: One of ``vision.ENCODERS``.
        weights: A file of its weights, under torchvision's tensor names.
        device: Where to run.
        precision: In what numbers.

    Raises:
        WeightsError: The weights cannot be had, read or used, or there is no such device.
    """
    from torchvision.models import get_model_weights

    chosen = choose_device(device)
    architecture = _ARCHITECTURES[name]
    published = get_model_weights(architecture.model)[architecture.weights]
    path = weights or cached_or_downloaded(published.url, name)
    state, digest = read_weights(path)
    network = _Network(architecture, classifies=any(key.startswith(f"{architecture.head}.") for key in state))
    fit_weights(network.layers, state, path=path, name=name)
    transform = _transform(published.transforms(), centred=architecture.centred)
    return Encoder(
        network,
        name=name,
        digest=digest_with(digest, transform),
        region_dimension=architecture.region_dimension,
        device=chosen,
        transform=transform,
        precision=precision,
    )


class _Network(nn.Module):
    """The layers of a network up to its map and, where it classifies, its logits; under torchvision's tensor names."""

    def __init__(self, architecture: _Architecture, *, classifies: bool) -> None:
        from torchvision.models import get_model
        from torchvision.models.feature_extraction import create_feature_extractor

        super().__init__()
        nodes = {architecture.maps: "maps"} | ({architecture.head: "logits"} if classifies else {})
        options = {"init_weights": False} if architecture.makes_up_weights else {}
        with torch.device("meta"):  # the weights are read
            model = get_model(architecture.model, weights=None, **options).eval()
        self.layers = create_feature_extractor(model, nodes, suppress_diff_warning=True).to_empty(device="cpu")

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """float32 (B, 3, side, side), normalised, to maps (B, R, h, w) and logits (B, 1000) or None."""
        found = self.layers(pixels)
        return found["maps"], found.get("logits")


def _transform(theirs: object, *, centred: bool) -> Transform:
    """The transform of published weights, but for its cropping."""
    values = vars(theirs)
    side, resampling = values["crop_size"][0], _RESAMPLING[values["interpolation"].value]
    if centred:
        return Transform(side, resampling=resampling)
    return Transform(side, tuple(values["mean"]), tuple(values["std"]), resampling)
