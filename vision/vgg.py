"""VGG16 of torchvision, the network of the papers; its weights are large and come from the user, a cache or the net."""

from pathlib import Path

import torch
from torch import nn

from .encoder import Encoder, choose_device
from .errors import WeightsError
from .weights import download_weights, fit_weights, read_weights

_NAME = "vgg16"
_REGION_DIMENSION = 512
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)


def load_vgg(*, weights: Path | None, device: str) -> Encoder:
    """Load VGG16. A weights file without the classifier is enough; there are no attributes then.

    Raises:
        WeightsError: The weights cannot be had, read or used, or there is no such device.
    """
    chosen = choose_device(device)
    path = weights or _cached_or_downloaded()
    state, digest = read_weights(path)
    network = _Vgg(classifier=any(key.startswith("classifier.") for key in state))
    fit_weights(network, state, path=path, name=_NAME)
    return Encoder(network, name=_NAME, digest=digest, region_dimension=_REGION_DIMENSION, device=chosen)


def _cached_or_downloaded() -> Path:
    from torchvision.models import VGG16_Weights

    url = VGG16_Weights.IMAGENET1K_V1.url
    path = Path(torch.hub.get_dir(), "checkpoints", Path(url).name)
    if not path.is_file():
        try:
            download_weights(url, path)
        except OSError as error:
            raise WeightsError(
                f"no weights for vgg16: give a .pth or .safetensors file (--weights FILE), or put {path.name} into "
                f"{path.parent}, or allow its download ({' '.join(str(error).split())}); or use efficientnet-lite0"
            ) from error
    return path


class _Vgg(nn.Module):
    """torchvision's VGG16, under its own tensor names, giving the last pooling's map beside the logits."""

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, *, classifier: bool) -> None:
        from torchvision.models import vgg16

        super().__init__()
        with torch.device("meta"):
            network = vgg16(weights=None)
        network.to_empty(device="cpu")
        self.features = network.features
        self.classifier = network.classifier if classifier else None
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(_DEVIATION).view(1, 3, 1, 1), persistent=False)

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """float32 (B, 3, 224, 224) from -1 to 1, to maps (B, 512, 7, 7) and logits (B, 1000) or None."""
        maps = self.features(((pixels + 1) / 2 - self.mean) / self.deviation)
        return maps, None if self.classifier is None else self.classifier(maps.flatten(1))
