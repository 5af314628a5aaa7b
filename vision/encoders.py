"""Which encoders there are, and how one is loaded by its name; a network loads only when it is asked for."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import WeightsError, shown

if TYPE_CHECKING:
    from .encoder import Encoder, Precision

# Where each is loaded: a module of this package and its function.
_LOADERS = {"efficientnet-lite0": "efficientnet.load_efficientnet"} | dict.fromkeys(
    ("vgg16", "vgg19", "resnet152", "inception-v3"), "torchvision_networks.load_torchvision"
)
_FAMILIES = {"timm": "timm_networks.load_timm", "hub": "hub_networks.load_hub"}

ENCODERS = tuple(_LOADERS)
"""The encoders by name; beside them ``timm:NAME`` and ``hub:NAME``."""


def check_encoder(name: str, *, weights: Path | None = None) -> None:
    """See whether an encoder can be had, as far as that is seen without loading a network.

    Raises:
        WeightsError: The name is not known, its library is not installed, or there are no such weights.
    """
    _loader_of(name)
    if name.startswith("timm:") and find_spec("timm") is None:
        raise WeightsError(f"{name} needs timm: pip install timm (or kgmner[timm])")
    if weights is None:
        return
    if name.startswith("hub:"):
        if not weights.is_dir():
            raise WeightsError(f"no folder {shown(weights)}; {name} takes one with config.json and model.safetensors")
    elif not weights.is_file():
        raise WeightsError(f"no weights file {shown(weights)}; expected a .pth or .safetensors file")


def load_encoder(
    name: str = "efficientnet-lite0",
    *,
    weights: Path | None = None,
    device: str = "auto",
    precision: "Precision | None" = None,
) -> "Encoder":
    """Load an encoder with its weights.

    Args:
        name: One of ``ENCODERS``, or ``timm:`` and a network of timm, or ``hub:`` and a picture model of transformers
            (CLIP, SigLIP, DINO) by its name on the hub or its folder.
        weights: A ``.pth`` or ``.safetensors`` file in place of the encoder's usual weights; for ``hub:`` the folder.
        device: ``auto`` (CUDA where there is one), ``cpu``, ``cuda`` or ``cuda:N``.
        precision: In what numbers the network computes; None for float16 on a GPU, float32 on a CPU.

    Returns:
        The encoder, ready.

    Raises:
        WeightsError: The name or the device is not known, or the weights cannot be had, read or used.

    Example:
        >>> encoder = load_encoder("inception-v3", weights=Path("inception_v3_google-0cc3c7bd.pth"))  # doctest: +SKIP
        >>> [features] = encoder.encode([load_picture(Path("flag.jpg")).image])  # doctest: +SKIP
        >>> features.regions.shape, features.attributes[0]  # doctest: +SKIP
        ((64, 2048), ('flagpole', 0.41))
    """
    check_encoder(name, weights=weights)
    module, function = _loader_of(name).split(".")
    load: Callable[..., Encoder] = getattr(import_module(f".{module}", __package__), function)
    return load(name, weights=weights, device=device, precision=precision)


def _loader_of(name: str) -> str:
    family, _, rest = name.partition(":")
    place = _FAMILIES.get(family) if rest else _LOADERS.get(name)
    if place is None:
        ways = ", ".join((*ENCODERS, *(f"{family}:NAME" for family in _FAMILIES)))
        raise WeightsError(f"no encoder {name!r}; choose one of {ways}")
    return place
