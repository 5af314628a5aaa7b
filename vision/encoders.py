"""Which encoders there are, and how one is loaded by its name; a network loads only when it is asked for."""

from pathlib import Path
from typing import TYPE_CHECKING

from .errors import WeightsError, shown

if TYPE_CHECKING:
    from .encoder import Encoder

ENCODERS = ("efficientnet-lite0", "vgg16")


def check_encoder(name: str, *, weights: Path | None = None) -> None:
    """See whether an encoder can be had, as far as that is seen without loading a network.

    Raises:
        WeightsError: The name is not known, or there is no such file of weights.
    """
    if name not in ENCODERS:
        raise WeightsError(f"no encoder {name!r}; choose one of {', '.join(ENCODERS)}")
    if weights is not None and not weights.is_file():
        raise WeightsError(f"no weights file {shown(weights)}; expected a .pth or .safetensors file")


def load_encoder(name: str = "efficientnet-lite0", *, weights: Path | None = None, device: str = "auto") -> "Encoder":
    """Load an encoder with its weights.

    Args:
        name: One of ``ENCODERS``.
        weights: A ``.pth`` or ``.safetensors`` file in place of the encoder's usual weights.
        device: ``auto`` (CUDA where there is one), ``cpu``, ``cuda`` or ``cuda:N``.

    Returns:
        The encoder, ready.

    Raises:
        WeightsError: The name or the device is not known, or the weights cannot be had, read or used.
    """
    check_encoder(name, weights=weights)
    if name == "efficientnet-lite0":
        from .efficientnet import load_efficientnet

        return load_efficientnet(weights=weights, device=device)
    from .vgg import load_vgg

    return load_vgg(weights=weights, device=device)
